/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_H
#define XDP_H

/* split: the length of the first buffer, 0 for a single one. 0, or -1 and
 * errno.
 */
int xdp_send(unsigned int ifindex, const unsigned char *frame,
	     unsigned int len, unsigned int split);

#endif
