/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_AENQ_H
#define ENA_DEVICE_AENQ_H

#include "ena_defs.h"

struct ena_dev;

struct aenq {
	u64 base;
	u16 depth;
	u16 tail;
	u16 limit;	/* the head doorbell: entries up to here may be used */
	u32 groups;
	bool link_reported;
};

void aenq_reset(struct ena_dev *dev);
void aenq_caps(struct ena_dev *dev, u32 value);
void aenq_doorbell(struct ena_dev *dev, u32 value);
u8 aenq_set_groups(struct ena_dev *dev, u32 groups);
/* Tells the driver again whether there is a link. */
void aenq_link_changed(struct ena_dev *dev);
/*
 * Once a second: the events that are due. A driver resets a device that is
 * silent for six.
 */
void aenq_tick(struct ena_dev *dev);

#endif
