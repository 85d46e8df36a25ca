// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "profile.h"

#define TX_IPV4_CSUM ENA_ADMIN_FEATURE_OFFLOAD_DESC_TX_L4_IPV4_CSUM_PART_MASK

static const struct profile profiles[] = {
	{
		.name = "c5-metal",
		.tx_offload = TX_IPV4_CSUM,
		.rx_offload = ENA_ADMIN_FEATURE_OFFLOAD_DESC_RX_HASH_MASK,
		.link_mbps = 25000,
		.link_supported = ENA_ADMIN_LINK_SPEED_25G,
	},
};

const struct profile *profile_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}
