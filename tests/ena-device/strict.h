/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_STRICT_H
#define ENA_DEVICE_STRICT_H

#include "admin.h"
#include "ena_defs.h"
#include "stats.h"

struct ena_dev;
struct ena_sq;

/*
 * With --strict: one line for whatever breaks the interface's words, with its
 * queue, the index of its first descriptor, that descriptor's words, and what
 * was broken by the field's name. The rest of what is against the words is
 * counted as a named exception.
 */
void strict_packet(struct ena_dev *dev, const struct ena_sq *sq,
		   enum tx_drop drop);
/* What each descriptor must be by itself. */
void strict_tx_desc(struct ena_dev *dev, const struct ena_sq *sq,
		    const struct ena_eth_io_tx_desc *desc);
void strict_rx_desc(struct ena_dev *dev, const struct ena_sq *sq,
		    const struct ena_eth_io_rx_desc *desc);
/* The descriptor in front of the queue's head breaks this rule. */
void strict_desc(struct ena_dev *dev, const struct ena_sq *sq,
		 const void *desc, const char *rule);
/* A write of that value; where it went is printed. */
void strict_write(struct ena_dev *dev, u32 value, const char *rule,
		  const char *where, ...)
	__attribute__((format(printf, 4, 5)));
/* If admin_illegal() was called for it. */
void strict_command(struct ena_dev *dev, const union admin_command *cmd);

#endif
