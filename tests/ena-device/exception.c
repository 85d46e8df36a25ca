// SPDX-License-Identifier: GPL-2.0
#include "device.h"

static const char *const names[EXCEPTIONS] = {
	[EXCEPTION_COMP_REQ] = "comp_req",
	[EXCEPTION_CQ_ENTRY_SIZE] = "cq_entry_size",
	[EXCEPTION_CQ_VECTOR] = "cq_vector",
	[EXCEPTION_CTRL_DATA_INDIRECT] = "ctrl_data_indirect",
	[EXCEPTION_DF] = "df",
	[EXCEPTION_HEADER_LENGTH] = "header_length",
	[EXCEPTION_LLQ_ACCEL] = "llq_accel",
	[EXCEPTION_LLQ_HEADER] = "llq_header",
	[EXCEPTION_RX_RESERVED5] = "rx_reserved5",
	[EXCEPTION_SQ_ALIGNMENT] = "sq_alignment",
	[EXCEPTION_STATS_SCOPE] = "stats_scope",
	[EXCEPTION_TSO_L4_PROTO] = "tso_l4_proto",
	[EXCEPTION_TX_DESCS] = "tx_descs",
};

const char *exception_name(enum exception exception)
{
	return names[exception];
}

void exception_allow(struct ena_dev *dev, enum exception exception, u64 value)
{
	if (!dev->stats.exceptions[exception]++)
		dev_trace(dev, "allowed exception %s: 0x%llx",
			  names[exception], (unsigned long long)value);
}
