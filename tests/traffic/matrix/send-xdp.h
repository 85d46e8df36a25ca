/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SEND_XDP_H
#define SEND_XDP_H

/* split: the length of the first buffer, 0 for a single one. 0, or -1 and
 * errno.
 */
int xdp_send(unsigned int ifindex, const unsigned char *frame,
	     unsigned int len, unsigned int split);

#endif
