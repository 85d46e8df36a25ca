/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_RX_H
#define ENA_DEVICE_RX_H

#include "ena_defs.h"
#include "stats.h"

struct ena_dev;

#define RX_MAX_DESCS	19	/* for one packet */

/* Says which submission queue it met, or -1. */
enum rx_drop rx_deliver(struct ena_dev *dev, const u8 *frame, u32 len,
			int *queue);

#endif
