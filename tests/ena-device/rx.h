/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_RX_H
#define ENA_DEVICE_RX_H

#include "ena_defs.h"

struct ena_dev;

#define RX_MAX_DESCS	19	/* for one packet */

void rx_deliver(struct ena_dev *dev, const u8 *frame, u32 len);

#endif
