/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_STATS_H
#define ENA_DEVICE_STATS_H

#include <stdio.h>

#include "ena_defs.h"
#include "exception.h"

struct ena_dev;

enum tx_drop {
	TX_DROP_NONE,
	TX_DROP_HEADER_LENGTH,		/* the header rule */
	TX_DROP_HEADER_TOO_LONG,	/* header_length > max_header_size */
	TX_DROP_MALFORMED,		/* first/last/phase/meta out of order */
	TX_DROP_TOO_MANY_DESCS,
	TX_DROP_TOO_LONG,
	TX_DROP_RUNT,
	TX_DROP_BAD_ADDRESS,
	TX_DROP_OFFLOAD,		/* asked for, not offered */
	TX_DROP_CHECKSUM,		/* field outside of the frame */
	TX_DROP_TSO,			/* headers or MSS make no segments */
	TX_DROP_ALLOWANCE,		/* too many packets in this second */
	TX_DROP_NO_PEER,
	TX_DROP_TAP,
	TX_DROPS,
};

enum rx_drop {
	RX_DROP_NONE,
	RX_DROP_NO_QUEUE,		/* link or queues not up */
	RX_DROP_NO_BUFFER,
	RX_DROP_MALFORMED,
	RX_DROP_TOO_LONG,
	RX_DROP_BAD_ADDRESS,
	RX_DROP_ALLOWANCE,
	RX_DROPS,
};

/* All that a header names, and one for the rest. */
#define RESET_REASON_OTHER	20
#define RESET_REASONS		(RESET_REASON_OTHER + 1)

struct stats {
	u64 tx_frames;
	u64 tx_bytes;
	u64 tx_drop[TX_DROPS];
	u64 llq_frames;		/* of tx_frames */
	u64 llq_trapped;	/* writes into the LLQ window that we saw */
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_drop[RX_DROPS];
	u64 guest_errors;
	u64 violations;		/* that --strict reported */
	u64 exceptions[EXCEPTIONS];
	u64 resets;
	u64 reset_reason[RESET_REASONS];
	u64 connections;
	u64 admin_commands;
	u64 admin_failures;
	u64 aenq_events;
	u64 interrupts;
};

/* NULL for none. */
const char *tx_drop_name(enum tx_drop drop);
const char *rx_drop_name(enum rx_drop drop);
/* The name in enum ena_regs_reset_reason_types, in small letters. */
const char *reset_reason_name(u32 reason);
u64 stats_tx_drops(const struct stats *stats);
u64 stats_rx_drops(const struct stats *stats);
/* To the driver: what is beyond an allowance is counted as that alone. */
u64 stats_tx_drops_shown(const struct stats *stats);
u64 stats_rx_drops_shown(const struct stats *stats);

void stats_print(FILE *out, const struct ena_dev *const *devs, size_t count);
#define STATS_TEMP	".tmp"	/* behind its name, until it is whole */

/*
 * Atomically: a reader sees the old file or the new one. 0 or -errno; -EEXIST
 * if something else than a file has that name or the one behind it.
 */
int stats_save(const char *path, const struct ena_dev *const *devs,
	       size_t count);

/* The guest did what the interface forbids: counted, and logged a few times. */
void guest_error(struct ena_dev *dev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void guest_address_error(struct ena_dev *dev, const char *what, u64 addr);
/* With --verbose only. */
void dev_trace(struct ena_dev *dev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
