/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_METRICS_H
#define ENA_DEVICE_METRICS_H

#include "admin.h"
#include "ena_defs.h"

struct ena_dev;

/* Packets of this second, against the allowance of config.pps. */
struct metrics {
	u32 packets;
	u64 pps_exceeded;
};

admin_handler metrics_get_stats;
u32 metrics_capabilities(const struct ena_dev *dev);
/* False if the function has used up its packets of this second. */
bool metrics_allow(struct ena_dev *dev);
void metrics_new_second(struct ena_dev *dev);

#endif
