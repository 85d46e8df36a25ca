/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PHC_H
#define ENA_DEVICE_PHC_H

#include "admin.h"
#include "ena_defs.h"

/* The PTP clock: a doorbell asks, and the time is written into guest memory. */
struct phc {
	u64 output;	/* 0 until the driver gives it */
};

#ifdef ENA_HAS_PHC
admin_handler phc_get_feature, phc_set_feature;
void phc_doorbell(struct ena_dev *dev, u32 value);
#endif

#endif
