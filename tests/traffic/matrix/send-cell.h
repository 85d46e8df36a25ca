/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SEND_CELL_H
#define SEND_CELL_H

#include "parse-cell.h"
#include "frame-io.h"

/* Where frames go in. */
struct ports {
	const char *dev;	/* of all sources but taps */
	const char *tap;
	const char *macvtap;
};

void senders_open(const struct ports *ports);

/* Sends the cell's frames by its source; how many were taken. The errno of
 * the first that was not is in *error.
 */
unsigned int send_cell(const struct cell *c, int *error);

/* A short frame to tell the receiver that there are no more. */
#define END_LEN	131
#define END_TYPE	0x88b6
void send_end(const char *dev, const unsigned char *dmac, unsigned int id);

#endif
