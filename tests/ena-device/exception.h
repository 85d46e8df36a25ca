/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_EXCEPTION_H
#define ENA_DEVICE_EXCEPTION_H

#include "ena_defs.h"

struct ena_dev;

/*
 * What drivers in use are known to do against the interface's words. The model
 * allows it, and counts it by name.
 */
enum exception {
	EXCEPTION_COMP_REQ,	/* not on the first descriptor, a meta's */
	EXCEPTION_CQ_ENTRY_SIZE,	/* of two words, which TX needs */
	EXCEPTION_CQ_VECTOR,	/* interrupts on, but the vector is ~0 */
	EXCEPTION_CTRL_DATA_INDIRECT,	/* and the buffer's own address */
	EXCEPTION_DF,		/* not what the IPv4 header says, or not 1 */
	EXCEPTION_HEADER_LENGTH,	/* of a frame that needs none, or 0 */
	EXCEPTION_LLQ_ACCEL,	/* acceleration flags that are not offered */
	EXCEPTION_LLQ_HEADER,	/* longer than max_header_size */
	EXCEPTION_RX_RESERVED5,	/* 0, and must be 1 */
	EXCEPTION_SQ_ALIGNMENT,	/* the base is not aligned to a page */
	EXCEPTION_STATS_SCOPE,	/* one queue's, meant as the function's */
	EXCEPTION_TSO_L4_PROTO,	/* not TCP, and meant so */
	EXCEPTION_TX_DESCS,	/* the meta's and the head's are not counted */
	EXCEPTIONS,
};

const char *exception_name(enum exception exception);
/* With --verbose the first of each kind is logged. */
void exception_allow(struct ena_dev *dev, enum exception exception, u64 value);

#endif
