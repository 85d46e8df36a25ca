/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_FAULT_H
#define ENA_DEVICE_FAULT_H

#include "ena_defs.h"

struct ena_dev;
struct profile;

/*
 * What a device should never do. The guest orders it with a 32-bit write to the
 * fault register, in a vendor-specific capability of configuration space: which
 * fault (bits 0 to 7) and how many times (bits 16 to 31).
 */
enum fault {
	FAULT_NONE,
	FAULT_TX_LOST,		/* sent, but not completed */
	FAULT_TX_TWICE,		/* completed twice */
	FAULT_TX_REQ_ID,	/* completed with an id never given */
	FAULT_RX_REQ_ID,
	FAULT_ADMIN_LOST,	/* neither executed nor completed */
	FAULT_KEEP_ALIVE,	/* a second without keep-alive event */
	FAULT_LINK_DOWN,	/* a second in which it reports no link */
	FAULT_FATAL_ERROR,	/* an event of that group */
	FAULT_WARNING,
	FAULT_NOTIFICATION,	/* new hints */
	FAULT_PHC_ERROR,	/* a time that is not right */
	FAULTS,
};

#define FAULT_BAD_REQ_ID	0xffff

struct fault_order {
	u16 times;
	u32 after;	/* as many occasions pass first */
};

/* What happens from power-on, without an order by the guest. */
struct fault_plan {
	struct fault_order order[FAULTS];
};

struct faults {
	u16 left[FAULTS];
	u32 wait[FAULTS];
	u64 done[FAULTS];
};

const char *fault_name(enum fault fault);
void faults_power_on(struct ena_dev *dev);
/* False if a device of that profile has no occasion for it. */
bool fault_possible(const struct profile *profile, enum fault fault);
void fault_order(struct ena_dev *dev, u32 value);
/* True if one was ordered; it is then used up, and so is an occasion. */
bool fault_due(struct ena_dev *dev, enum fault fault);
/* True if it is the next one's turn. */
bool fault_pending(const struct ena_dev *dev, enum fault fault);

#endif
