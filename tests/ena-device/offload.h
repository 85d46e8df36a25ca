/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_OFFLOAD_H
#define ENA_DEVICE_OFFLOAD_H

#include "packet.h"
#include "stats.h"
#include "tx.h"

struct ena_dev;

/*
 * Does what the packet's descriptors ask of the frame in dev->frame, and sends
 * what comes of it.
 */
enum tx_drop offload_send(struct ena_dev *dev, u32 len, const struct packet *p,
			  const struct tx_packet *packet);

/* The verdict on a received frame's checksums, as bits of its completion. */
u32 offload_verdict(const struct ena_dev *dev, const u8 *frame,
		    const struct packet *p);

#endif
