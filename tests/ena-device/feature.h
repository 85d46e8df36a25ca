/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_FEATURE_H
#define ENA_DEVICE_FEATURE_H

#include "admin.h"

/* What this driver may use: one bit an enum ena_admin_aq_feature_id. */
u32 feature_bits(const struct ena_dev *dev);
admin_handler feature_get, feature_set;

#endif
