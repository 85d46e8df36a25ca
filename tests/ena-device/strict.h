/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_STRICT_H
#define ENA_DEVICE_STRICT_H

#include "ena_defs.h"
#include "stats.h"

struct ena_dev;
struct ena_sq;

/*
 * With --strict: one line for each packet that breaks the interface's words,
 * with its queue, the index of its first descriptor, that descriptor's words,
 * and what was broken by the field's name.
 */
void strict_packet(struct ena_dev *dev, const struct ena_sq *sq,
		   enum tx_drop drop);

#endif
