/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PARSE_CELL_H
#define PARSE_CELL_H

#include <linux/virtio_net.h>

#include "ena_shape.h"
#include "frame.h"

#define WORD_MAX	128
#define COUNT_MAX	8

/* One path by one shape: what to send, and how. */
struct cell {
	char shape[WORD_MAX];
	char source[WORD_MAX];
	struct frame frame;
	unsigned int count;
	unsigned int reach;	/* how many one frame is at the driver */
	bool partial;
	bool loose;		/* is completed in the wrong place */
	struct virtio_net_hdr vnet;
	unsigned int split;	/* of AF_XDP: bytes in the first buffer */
	unsigned int pkt_frags;	/* of pktgen */
	unsigned int clone_skb;
	struct ena_shape_request skb;
};

/* From "key=value ..."; says what is wrong and exits if something is. */
void cell_parse(struct cell *cell, char *line);

#endif
