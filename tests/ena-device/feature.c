// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "feature.h"

#define ADDR_WIDTH		48
#define QUEUE_EXT_VERSION	1
#define MIN_MTU			68

static u8 get_device_attributes(struct ena_dev *dev,
				const union admin_command *cmd,
				union admin_response *resp)
{
	struct ena_admin_device_attr_feature_desc *attr =
		&resp->get_feature.u.dev_attr;

	attr->impl_id = htole32(dev->config.profile.implementation);
	attr->supported_features = htole32(feature_bits(dev));
	attr->capabilities = htole32(metrics_capabilities(dev));
	attr->phys_addr_width = htole32(ADDR_WIDTH);
	attr->virt_addr_width = htole32(ADDR_WIDTH);
	attr->max_mtu = htole32(dev->config.profile.mtu);
	memcpy(attr->mac_addr, dev->config.mac, sizeof(attr->mac_addr));
	return ENA_ADMIN_SUCCESS;
}

/* This feature has one depth for both directions. */
static u32 min_depth(const struct profile *profile)
{
	return profile->tx_depth < profile->rx_depth ? profile->tx_depth :
						       profile->rx_depth;
}

static u8 get_max_queues(struct ena_dev *dev, const union admin_command *cmd,
			 union admin_response *resp)
{
	struct ena_admin_queue_feature_desc *max =
		&resp->get_feature.u.max_queue;
	const struct profile *profile = &dev->config.profile;

	max->max_sq_num = htole32(dev->config.queues);
	max->max_cq_num = htole32(dev->config.queues);
	max->max_sq_depth = htole32(min_depth(profile));
	max->max_cq_depth = htole32(min_depth(profile));
	max->max_header_size = htole32(dev->config.max_header_size);
	max->max_packet_tx_descs = htole16((u16)dev->config.max_tx_descs);
	max->max_packet_rx_descs = htole16(RX_MAX_DESCS);
	return ENA_ADMIN_SUCCESS;
}

static u8 get_max_queues_ext(struct ena_dev *dev,
			     const union admin_command *cmd,
			     union admin_response *resp)
{
	struct ena_admin_queue_ext_feature_desc *ext =
		&resp->get_feature.u.max_queue_ext;
	u8 version = cmd->get_feature.feat_common.feature_version;
	u32 queues = htole32(dev->config.queues);
	u32 tx_depth = htole32(dev->config.profile.tx_depth);
	u32 rx_depth = htole32(dev->config.profile.rx_depth);

	if (version < QUEUE_EXT_VERSION)
		return admin_refuse(dev, "feature_version: 1 or later",
				    version);
	ext->version = QUEUE_EXT_VERSION;
	ext->max_queue_ext = (struct ena_admin_queue_ext_feature_fields){
		.max_tx_sq_num = queues,
		.max_tx_cq_num = queues,
		.max_rx_sq_num = queues,
		.max_rx_cq_num = queues,
		.max_tx_sq_depth = tx_depth,
		.max_tx_cq_depth = tx_depth,
		.max_rx_sq_depth = rx_depth,
		.max_rx_cq_depth = rx_depth,
		.max_tx_header_size = htole32(dev->config.max_header_size),
		.max_per_packet_tx_descs =
			htole16((u16)dev->config.max_tx_descs),
		.max_per_packet_rx_descs = htole16(RX_MAX_DESCS),
	};
	return ENA_ADMIN_SUCCESS;
}

/* All hints 0: the driver's own defaults. */
static u8 get_hw_hints(struct ena_dev *dev, const union admin_command *cmd,
		       union admin_response *resp)
{
	return ENA_ADMIN_SUCCESS;
}

static u8 get_offload(struct ena_dev *dev, const union admin_command *cmd,
		      union admin_response *resp)
{
	struct ena_admin_feature_offload_desc *offload =
		&resp->get_feature.u.offload;

	offload->tx = htole32(dev->config.profile.tx_offload);
	offload->rx_supported = htole32(dev->config.profile.rx_offload);
	offload->rx_enabled = htole32(dev->config.profile.rx_offload);
	return ENA_ADMIN_SUCCESS;
}

static u8 set_mtu(struct ena_dev *dev, const union admin_command *cmd,
		  union admin_response *resp)
{
	u32 mtu = le32toh(cmd->set_feature.u.mtu.mtu);

	if (mtu < MIN_MTU || mtu > dev->config.profile.mtu) {
		guest_error(dev, "MTU %u", mtu);
		return admin_illegal(dev, "mtu: from 68 to max_mtu");
	}
	dev->mtu = mtu;
	return ENA_ADMIN_SUCCESS;
}

static u8 get_aenq(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	resp->get_feature.u.aenq.supported_groups =
		htole32(dev->config.profile.aenq_groups);
	resp->get_feature.u.aenq.enabled_groups = htole32(dev->aenq.groups);
	return ENA_ADMIN_SUCCESS;
}

static u8 set_aenq(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	return aenq_set_groups(dev,
			       le32toh(cmd->set_feature.u.aenq.enabled_groups));
}

/* The interface has no bit for other speeds. */
static u32 speed_bit(u32 mbps)
{
	static const u32 speeds[] = { 1000, 2500, 5000, 10000, 25000, 40000,
				      50000, 100000, 200000, 400000 };

	for (u32 i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i] == mbps)
			return ENA_ADMIN_LINK_SPEED_1G << i;
	return 0;
}

static u8 get_link(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	struct ena_admin_get_feature_link_desc *link =
		&resp->get_feature.u.link;

	link->speed = htole32(dev->config.profile.link_mbps);
	link->supported = htole32(speed_bit(dev->config.profile.link_mbps));
	link->flags = htole32(ENA_ADMIN_GET_FEATURE_LINK_DESC_DUPLEX_MASK);
	return ENA_ADMIN_SUCCESS;
}

static u8 get_moderation(struct ena_dev *dev, const union admin_command *cmd,
			 union admin_response *resp)
{
	resp->get_feature.u.intr_moderation.intr_delay_resolution =
		htole16(IRQ_DELAY_USEC);
	return ENA_ADMIN_SUCCESS;
}

struct feature {
	admin_handler *get;
	admin_handler *set;
};

static const struct feature features[ENA_ADMIN_FEATURES_OPCODE_NUM] = {
	[ENA_ADMIN_DEVICE_ATTRIBUTES] = { .get = get_device_attributes },
	[ENA_ADMIN_MAX_QUEUES_NUM] = { .get = get_max_queues },
	[ENA_ADMIN_HW_HINTS] = { .get = get_hw_hints },
	[ENA_ADMIN_LLQ] = { .get = llq_get_feature, .set = llq_set_feature },
	[ENA_ADMIN_MAX_QUEUES_EXT] = { .get = get_max_queues_ext },
	[ENA_ADMIN_RSS_HASH_FUNCTION] = { .get = rss_get_function,
					  .set = rss_set_function },
	[ENA_ADMIN_STATELESS_OFFLOAD_CONFIG] = { .get = get_offload },
	[ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG] = { .get = rss_get_table,
						     .set = rss_set_table },
	[ENA_ADMIN_MTU] = { .set = set_mtu },
	[ENA_ADMIN_RSS_HASH_INPUT] = { .get = rss_get_input,
				       .set = rss_set_input },
	[ENA_ADMIN_INTERRUPT_MODERATION] = { .get = get_moderation },
	[ENA_ADMIN_AENQ_CONFIG] = { .get = get_aenq, .set = set_aenq },
	[ENA_ADMIN_LINK_CONFIG] = { .get = get_link },
	[ENA_ADMIN_HOST_ATTR_CONFIG] = { .set = host_set_attributes },
#ifdef ENA_HAS_PHC
	[ENA_ADMIN_PHC_CONFIG] = { .get = phc_get_feature,
				   .set = phc_set_feature },
#endif
};

#define ALWAYS	(BIT(ENA_ADMIN_DEVICE_ATTRIBUTES) | \
		 BIT(ENA_ADMIN_MAX_QUEUES_NUM))

u32 feature_bits(const struct ena_dev *dev)
{
	u32 offered = dev->config.profile.features | ALWAYS;
	u32 bits = 0;

	for (u32 id = 0; id < ARRAY_SIZE(features); id++)
		if (features[id].get || features[id].set)
			bits |= BIT(id);
	if (!dev->llq.window)
		bits &= ~BIT(ENA_ADMIN_LLQ);
	return host_may_see(&dev->host, bits & offered);
}

/* NULL if the function does not have it. */
static const struct feature *find(struct ena_dev *dev, u8 id)
{
	dev_trace(dev, "feature %u", id);
	if (id < ARRAY_SIZE(features) && feature_bits(dev) & BIT(id))
		return &features[id];
	return NULL;
}

u8 feature_get(struct ena_dev *dev, const union admin_command *cmd,
	       union admin_response *resp)
{
	const struct feature *feature =
		find(dev, cmd->get_feature.feat_common.feature_id);

	if (!feature || !feature->get)
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	return feature->get(dev, cmd, resp);
}

u8 feature_set(struct ena_dev *dev, const union admin_command *cmd,
	       union admin_response *resp)
{
	const struct feature *feature =
		find(dev, cmd->set_feature.feat_common.feature_id);

	if (!feature || !feature->set)
		return ENA_ADMIN_UNSUPPORTED_OPCODE;
	return feature->set(dev, cmd, resp);
}
