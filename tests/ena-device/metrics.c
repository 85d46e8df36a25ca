// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"

#define METRICS		6	/* of enum ena_admin_customer_metrics_id */

bool metrics_allow(struct ena_dev *dev)
{
	struct metrics *metrics = &dev->metrics;

	if (!dev->config.pps || metrics->packets < dev->config.pps) {
		metrics->packets++;
		return true;
	}
	metrics->pps_exceeded++;
	return false;
}

void metrics_new_second(struct ena_dev *dev)
{
	dev->metrics.packets = 0;
}

u32 metrics_capabilities(const struct ena_dev *dev)
{
	return dev->config.profile.capabilities;
}

static bool has(const struct ena_dev *dev, u32 capability)
{
	return metrics_capabilities(dev) & BIT(capability);
}

static u8 get_basic(struct ena_dev *dev, const union admin_command *cmd,
		    union admin_response *resp)
{
	struct ena_admin_basic_stats *s = &resp->get_stats.u.basic_stats;

	put_halves(&s->tx_bytes_low, &s->tx_bytes_high, dev->stats.tx_bytes);
	put_halves(&s->tx_pkts_low, &s->tx_pkts_high, dev->stats.tx_frames);
	put_halves(&s->rx_bytes_low, &s->rx_bytes_high, dev->stats.rx_bytes);
	put_halves(&s->rx_pkts_low, &s->rx_pkts_high, dev->stats.rx_frames);
	put_halves(&s->rx_drops_low, &s->rx_drops_high,
		   stats_rx_drops_shown(&dev->stats));
	put_halves(&s->tx_drops_low, &s->tx_drops_high,
		   stats_tx_drops_shown(&dev->stats));
	return ENA_ADMIN_SUCCESS;
}

/* Of the allowances the model has just that of packets. */
static u8 get_eni(struct ena_dev *dev, const union admin_command *cmd,
		  union admin_response *resp)
{
	if (!has(dev, ENA_ADMIN_ENI_STATS))
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	resp->get_stats.u.eni_stats.pps_allowance_exceeded =
		htole64(dev->metrics.pps_exceeded);
	return ENA_ADMIN_SUCCESS;
}

#ifdef ENA_HAS_METRICS

/* SRD is off: frames could go by it, and none does. */
static u8 get_srd(struct ena_dev *dev, const union admin_command *cmd,
		  union admin_response *resp)
{
	if (!has(dev, ENA_ADMIN_ENA_SRD_INFO))
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	resp->get_stats.u.ena_srd_info.ena_srd_stats.ena_srd_eligible_tx_pkts =
		htole64(dev->stats.tx_frames);
	return ENA_ADMIN_SUCCESS;
}

static u32 fill_metrics(const struct ena_dev *dev, u64 wanted, u64 *values)
{
	const u64 known[METRICS] = {
		[ENA_ADMIN_PPS_ALLOWANCE_EXCEEDED] = dev->metrics.pps_exceeded,
	};
	u32 count = 0;

	for (u32 id = 0; id < METRICS; id++)
		if (wanted & BIT(id))
			values[count++] = htole64(known[id]);
	return count;
}

/* Without a buffer the driver asks what there is. */
static u8 get_customer(struct ena_dev *dev, const union admin_command *cmd,
		       union admin_response *resp)
{
	const struct ena_admin_ctrl_buff_info *buffer =
		&cmd->get_stats.u.control_buffer;
	u64 wanted = le64toh(cmd->get_stats.requested_metrics) &
		     ENA_ADMIN_CUSTOMER_METRICS_SUPPORT_MASK;
	u64 values[METRICS] = { 0 };
	u32 size = fill_metrics(dev, wanted, values) * (u32)sizeof(values[0]);

	if (!has(dev, ENA_ADMIN_CUSTOMER_METRICS))
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	if (le32toh(buffer->length) &&
	    (le32toh(buffer->length) < size ||
	     !dma_write(&dev->dma, mem_addr(&buffer->address), values, size))) {
		guest_error(dev, "buffer of %u bytes for metrics, %u wanted",
			    le32toh(buffer->length), size);
		return admin_illegal(dev,
				     "control_buffer: length of all requested_metrics, in memory");
	}
	resp->get_stats.u.customer_metrics.reported_metrics = htole64(wanted);
	return ENA_ADMIN_SUCCESS;
}

#endif

static admin_handler *const handlers[] = {
	[ENA_ADMIN_GET_STATS_TYPE_BASIC] = get_basic,
	[ENA_ADMIN_GET_STATS_TYPE_ENI] = get_eni,
#ifdef ENA_HAS_METRICS
	[ENA_ADMIN_GET_STATS_TYPE_ENA_SRD] = get_srd,
	[ENA_ADMIN_GET_STATS_TYPE_CUSTOMER_METRICS] = get_customer,
#endif
};

u8 metrics_get_stats(struct ena_dev *dev, const union admin_command *cmd,
		     union admin_response *resp)
{
	u8 type = cmd->get_stats.type;

	if (type >= ARRAY_SIZE(handlers) || !handlers[type])
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	if (cmd->get_stats.scope > ENA_ADMIN_ETH_TRAFFIC)
		return admin_refuse(dev, "scope: 0 or 1", cmd->get_stats.scope);
	if (cmd->get_stats.scope != ENA_ADMIN_ETH_TRAFFIC)
		exception_allow(dev, EXCEPTION_STATS_SCOPE,
				cmd->get_stats.scope);
	return handlers[type](dev, cmd, resp);
}
