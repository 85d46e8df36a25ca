/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_DEVICE_H
#define ENA_DEVICE_DEVICE_H

#include "admin.h"
#include "aenq.h"
#include "dma.h"
#include "ena_defs.h"
#include "exception.h"
#include "fault.h"
#include "host.h"
#include "irq.h"
#include "llq.h"
#include "log.h"
#include "metrics.h"
#include "pci.h"
#include "phc.h"
#include "profile.h"
#include "queue.h"
#include "regs.h"
#include "rss.h"
#include "rx.h"
#include "stats.h"
#include "trace.h"
#include "wire.h"

#define ENA_MAX_MTU		9216
/* header_length has eight bits, and the driver keeps the limit in eight. */
#define ENA_MAX_HEADER_SIZE	255
#define ENA_ETH_HLEN		14
#define ENA_VLAN_HLEN		4
/* With two VLAN tags. */
#define ENA_MAX_FRAME		(ENA_MAX_MTU + ENA_ETH_HLEN + 2 * ENA_VLAN_HLEN)
/* Before TSO: a datagram of 64 KiB and the longest headers in front of it. */
#define ENA_MAX_TSO_FRAME	(0x10000 + 256)

/*
 * What a function does before others have a turn: so many frames and TX
 * descriptors, and so many doorbells and admin commands. One doorbell can be
 * for two million frames, and commands do not wait for them.
 */
#define ENA_TURN		128

enum header_rule {
	HEADER_RULE_STRICT,
	HEADER_RULE_SPEC,
	HEADER_RULE_OFF,
	HEADER_RULE_L3,
};

struct ena_config {
	u8 mac[6];
	struct profile profile;
	/* 0: as the profile says */
	u32 queues;
	enum header_rule header_rule;
	u32 max_header_size;
	u32 max_tx_descs;	/* for one packet, as reported to drivers */
	u32 pps;		/* packets a second; 0: no limit */
	bool llq_trapped;	/* the LLQ window is not given to the client */
	bool strict;
	bool faults;
	struct fault_plan plan;
	bool verbose;
};

/* One ENA function: everything that its guest can reach. */
struct ena_dev {
	unsigned int index;
	struct ena_config config;
	struct dma dma;
	struct irq irq;
	struct llq llq;
	struct pci pci;
	struct regs regs;
	struct admin admin;
	struct aenq aenq;
	struct host host;
	struct metrics metrics;
	struct phc phc;
	struct faults faults;
	struct rss rss;
	struct ena_cq cq[ENA_MAX_CQS];
	struct ena_sq sq[ENA_MAX_SQS];
	struct wire_port port;
	struct stats stats;
	struct log_limit log_limit;
	FILE *trace;		/* not ours; NULL: none */
	bool connected;
	u32 mtu;
	u32 frames_left;	/* of its turn; 0: some may wait */
	u32 commands_left;
	u32 tx_next;		/* the SQ that the next turn begins with */
	u8 frame[ENA_MAX_TSO_FRAME];	/* the frame being sent */
};

void ena_dev_init(struct ena_dev *dev, unsigned int index,
		  const struct ena_config *config);
/* The reset in DEV_CTL: queues and settings are lost, PCI stays. */
void ena_dev_reset(struct ena_dev *dev);
/* A bus reset or the end of the client: back to power-on. */
void ena_dev_power_on(struct ena_dev *dev);
void ena_dev_disconnect(struct ena_dev *dev);
/* If the profile has LLQ; without a window the function does not offer it. */
int ena_dev_open_llq(struct ena_dev *dev);

static inline void ena_dev_spend(u32 *left, u64 units)
{
	*left -= units < *left ? (u32)units : *left;
}

/* Something may wait for the next turn. */
static inline bool ena_dev_has_work(const struct ena_dev *dev)
{
	return !dev->frames_left || !dev->commands_left;
}

static inline u16 ena_dev_vectors(const struct ena_dev *dev)
{
	return (u16)(dev->config.queues + 1);
}

#endif
