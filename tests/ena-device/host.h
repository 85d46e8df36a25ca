/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_HOST_H
#define ENA_DEVICE_HOST_H

#include "admin.h"
#include "ena_defs.h"

/* What the driver said of itself. */
struct host {
	u32 os;			/* enum ena_admin_os_type, 0: it said nothing */
	u32 features;		/* driver_supported_features */
};

admin_handler host_set_attributes;
/* The features that this driver may see, of those offered. */
u32 host_may_see(const struct host *host, u32 features);
bool host_takes_rx_offset(const struct host *host);

#endif
