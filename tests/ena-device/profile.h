/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PROFILE_H
#define ENA_DEVICE_PROFILE_H

#include "ena_defs.h"

/* What a kind of ENA device offers, as its feature descriptors say it. */
struct profile {
	const char *name;
	u32 tx_offload;		/* ENA_ADMIN_FEATURE_OFFLOAD_DESC_* */
	u32 rx_offload;
	u32 link_mbps;
	u32 link_supported;	/* enum ena_admin_link_types */
};

const struct profile *profile_find(const char *name);

#endif
