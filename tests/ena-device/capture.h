/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_CAPTURE_H
#define ENA_DEVICE_CAPTURE_H

#include "ena_defs.h"

/* A file of frames: pcap, or pcapng, which also has drops and comments. */
struct capture {
	int fd;		/* -1: none */
	bool pcapng;
	unsigned int function;
};

/* What the comment in a pcapng file says of a frame. */
struct capture_note {
	bool received;
	bool on_wire;		/* a pcap file has only these */
	int sq;			/* -1: it met no queue */
	u32 header_length;	/* of a TX packet, for drops */
	const char *drop;	/* NULL: none */
};

void capture_init(struct capture *capture, unsigned int function);
/* 0 or a negative errno. */
int capture_open(struct capture *capture, const char *path, bool pcapng);
void capture_close(struct capture *capture);
void capture_frame(struct capture *capture, const struct capture_note *note,
		   const u8 *frame, u32 len);

#endif
