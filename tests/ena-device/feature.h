/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_FEATURE_H
#define ENA_DEVICE_FEATURE_H

#include "admin.h"

admin_handler feature_get, feature_set;

#endif
