// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#define ORDER_FAULT	GENMASK(7, 0)
#define ORDER_TIMES	GENMASK(31, 16)

static const char *const names[FAULTS] = {
	[FAULT_TX_LOST] = "tx_lost",
	[FAULT_TX_TWICE] = "tx_twice",
	[FAULT_TX_REQ_ID] = "tx_req_id",
	[FAULT_RX_REQ_ID] = "rx_req_id",
	[FAULT_ADMIN_LOST] = "admin_lost",
	[FAULT_KEEP_ALIVE] = "keep_alive",
	[FAULT_LINK_DOWN] = "link_down",
	[FAULT_FATAL_ERROR] = "fatal_error",
	[FAULT_WARNING] = "warning",
	[FAULT_NOTIFICATION] = "notification",
	[FAULT_PHC_ERROR] = "phc_error",
};

const char *fault_name(enum fault fault)
{
	return names[fault];
}

void faults_power_on(struct ena_dev *dev)
{
	const struct fault_plan *plan = &dev->config.plan;

	for (u32 i = 0; i < FAULTS; i++) {
		dev->faults.left[i] = plan->order[i].times;
		dev->faults.wait[i] = plan->order[i].after;
	}
}

static bool has_events(const struct profile *profile, u32 group)
{
	return profile->features & BIT(ENA_ADMIN_AENQ_CONFIG) &&
	       profile->aenq_groups & BIT(group);
}

bool fault_possible(const struct profile *profile, enum fault fault)
{
	switch (fault) {
	case FAULT_KEEP_ALIVE:
		return has_events(profile, ENA_ADMIN_KEEP_ALIVE);
	case FAULT_LINK_DOWN:
		return has_events(profile, ENA_ADMIN_LINK_CHANGE);
	case FAULT_FATAL_ERROR:
		return has_events(profile, ENA_ADMIN_FATAL_ERROR);
	case FAULT_WARNING:
		return has_events(profile, ENA_ADMIN_WARNING);
	case FAULT_NOTIFICATION:
		return has_events(profile, ENA_ADMIN_NOTIFICATION);
	case FAULT_PHC_ERROR:
#ifdef ENA_HAS_PHC
		return profile->features & BIT(ENA_ADMIN_PHC_CONFIG);
#else
		return false;
#endif
	default:
		return true;
	}
}

void fault_order(struct ena_dev *dev, u32 value)
{
	u32 fault = field_get(ORDER_FAULT, value);

	if (fault == FAULT_NONE || fault >= FAULTS ||
	    !fault_possible(&dev->config.profile, (enum fault)fault)) {
		guest_error(dev, "order of fault %u, which it cannot have",
			    fault);
		return;
	}
	dev->faults.left[fault] = (u16)field_get(ORDER_TIMES, value);
	dev->faults.wait[fault] = 0;
	dev_trace(dev, "fault %s ordered %u times", names[fault],
		  dev->faults.left[fault]);
	if (fault == FAULT_LINK_DOWN)
		aenq_link_changed(dev);
}

bool fault_pending(const struct ena_dev *dev, enum fault fault)
{
	return dev->faults.left[fault] && !dev->faults.wait[fault];
}

bool fault_due(struct ena_dev *dev, enum fault fault)
{
	if (!dev->faults.left[fault])
		return false;
	if (dev->faults.wait[fault]) {
		dev->faults.wait[fault]--;
		return false;
	}
	dev->faults.left[fault]--;
	dev->faults.done[fault]++;
	trace(dev, "fault %s left=%u", names[fault], dev->faults.left[fault]);
	return true;
}
