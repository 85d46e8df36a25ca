/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_AENQ_H
#define ENA_DEVICE_AENQ_H

#include "ena_defs.h"

struct ena_dev;

#define AENQ_SUPPORTED_GROUPS	(BIT(ENA_ADMIN_LINK_CHANGE) | \
				 BIT(ENA_ADMIN_KEEP_ALIVE))

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
/* Once a second: the driver resets a device that is silent for six. */
void aenq_keep_alive(struct ena_dev *dev);

#endif
