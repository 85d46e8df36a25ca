/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_TX_H
#define ENA_DEVICE_TX_H

#include "ena_defs.h"
#include "packet.h"
#include "stats.h"

struct ena_dev;
struct ena_sq;

/* For one packet with its meta descriptor: the most that an skb can need. */
#define TX_MAX_DESCS	19

struct tx_meta {
	u8 l3_offset;
	u8 l3_len;
	u8 l4_words;	/* of the TCP header, in 32-bit words; with TSO */
	u16 mss;
};

struct tx_buffer {
	u64 addr;
	u16 len;
};

/* A packet being gathered; it may span doorbells. */
struct tx_packet {
	bool open;
	bool complete;		/* a completion is wanted */
	u8 header_length;
	u16 req_id;
	u16 index;		/* of its first descriptor in the ring */
	u32 word[4];		/* of that descriptor */
	u32 len;		/* of the frame, 0 until it is gathered */
	struct packet parsed;	/* what the frame itself says */
	u16 descs;		/* at most TX_MAX_DESCS */
	u16 buffers;
	u32 meta_ctrl;
	enum tx_drop drop;	/* the first thing that was wrong with it */
	struct tx_meta meta;
	struct tx_buffer buffer[TX_MAX_DESCS];
};

/* Sends what was rung for, or until the turn is over. */
void tx_process(struct ena_dev *dev, struct ena_sq *sq);
/* Begins the next turn with what the last one left, queue by queue. */
void tx_turn(struct ena_dev *dev);

#endif
