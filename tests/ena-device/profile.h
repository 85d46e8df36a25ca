/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PROFILE_H
#define ENA_DEVICE_PROFILE_H

#include "ena_defs.h"

/* What a kind of ENA device is and offers; read from a file in profiles/. */
struct profile {
	char name[32];
	u32 version;
	u32 controller_version;
	u32 implementation;
	u32 features;		/* one bit an enum ena_admin_aq_feature_id */
	u32 tx_offload;		/* ENA_ADMIN_FEATURE_OFFLOAD_DESC_* */
	u32 rx_offload;
	u32 capabilities;	/* one bit an enum ena_admin_aq_caps_id */
	u32 aenq_groups;	/* one bit an enum ena_admin_aenq_group */
	u32 rss_functions;	/* one bit an enum ena_admin_hash_functions */
	u32 rx_offset;		/* bytes, for drivers that take it */
	u32 link_mbps;
	u32 mtu;
	u32 queues;
	u32 tx_depth;
	u32 rx_depth;
	u32 max_header_size;
	u32 max_tx_descs;
	/* As enum ena_admin_llq_* and ena_admin_accel_mode_feat have them. */
	u32 llq_queues;
	u32 llq_depth;
	u32 llq_entry_sizes;
	u32 llq_descs_before_header;
	u32 llq_strides;
	u32 llq_accel;
	u32 llq_burst;		/* bytes */
};

/*
 * Loads a profile by the name that it was built in with, or from a path with a
 * slash. If false, the message is on stderr.
 */
bool profile_load(struct profile *profile, const char *name);
/* The same from a text, which is taken apart. */
bool profile_parse(struct profile *profile, const char *name, char *text);

#endif
