/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_REGS_H
#define ENA_DEVICE_REGS_H

#include "ena_defs.h"

struct ena_dev;

struct regs {
	u64 mmio_resp;	/* where readless reads are answered */
	bool resetting;
	bool reset_finished;
};

void regs_reset(struct ena_dev *dev);
u32 regs_read(struct ena_dev *dev, u32 offset);
void regs_write(struct ena_dev *dev, u32 offset, u32 value);

#endif
