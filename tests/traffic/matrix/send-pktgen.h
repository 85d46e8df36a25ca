/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SEND_PKTGEN_H
#define SEND_PKTGEN_H

#include "parse-cell.h"

/* Sends all frames of a cell at once: 0, or -1 and errno. */
int pktgen_send(const struct cell *c, const char *dev);
/* Its frames hold a header of its own, with the time, and zeros. */
bool pktgen_matches(const struct cell *c, const unsigned char *frame,
		    unsigned int len);

#endif
