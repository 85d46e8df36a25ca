/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_ADMIN_H
#define ENA_DEVICE_ADMIN_H

#include "ena_defs.h"

struct ena_dev;

struct admin {
	u64 aq_base;
	u64 acq_base;
	u16 aq_depth;	/* 0 until valid capabilities are written */
	u16 acq_depth;
	u16 aq_head;
	u16 acq_tail;
	const char *broken;	/* what the command broke, or NULL */
};

union admin_command {
	struct ena_admin_aq_entry entry;
	struct ena_admin_aq_common_desc common;
	struct ena_admin_aq_create_sq_cmd create_sq;
	struct ena_admin_aq_destroy_sq_cmd destroy_sq;
	struct ena_admin_aq_create_cq_cmd create_cq;
	struct ena_admin_aq_destroy_cq_cmd destroy_cq;
	struct ena_admin_get_feat_cmd get_feature;
	struct ena_admin_set_feat_cmd set_feature;
	struct ena_admin_aq_get_stats_cmd get_stats;
};

union admin_response {
	struct ena_admin_acq_entry entry;
	struct ena_admin_acq_common_desc common;
	struct ena_admin_acq_create_sq_resp_desc create_sq;
	struct ena_admin_acq_create_cq_resp_desc create_cq;
	struct ena_admin_get_feat_resp get_feature;
	struct ena_admin_acq_get_stats_resp get_stats;
};

static_assert(sizeof(union admin_command) == 64, "admin command");
static_assert(sizeof(union admin_response) == 64, "admin response");

/* Returns an enum ena_admin_aq_completion_status. */
typedef u8 admin_handler(struct ena_dev *dev, const union admin_command *cmd,
			 union admin_response *resp);

/*
 * The depth that a capability register says, 0 if it is refused: AQ, ACQ and
 * AENQ share its layout, and the size of an entry.
 */
u16 admin_queue_depth(struct ena_dev *dev, const char *name, u32 caps);

/* Both return ILLEGAL_PARAMETER; the rule begins with the fields it is of. */
u8 admin_illegal(struct ena_dev *dev, const char *rule);
/* With a guest error that has the value. */
u8 admin_refuse(struct ena_dev *dev, const char *rule, u64 value);

void admin_reset(struct ena_dev *dev);
void admin_aq_caps(struct ena_dev *dev, u32 value);
void admin_acq_caps(struct ena_dev *dev, u32 value);
void admin_doorbell(struct ena_dev *dev, u32 value);

#endif
