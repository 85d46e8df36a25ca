// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>

#include "device.h"

#define CAN(name)	ENA_ADMIN_HOST_INFO_##name##_MASK

/* A driver that cannot do this does not see that feature. */
static const struct {
	u32 feature;
	u32 needs;
} conditions[] = {
	{ BIT(ENA_ADMIN_RSS_HASH_FUNCTION),
	  CAN(RSS_CONFIGURABLE_FUNCTION_KEY) },
	{ BIT(ENA_ADMIN_INTERRUPT_MODERATION), CAN(INTERRUPT_MODERATION) },
#ifdef ENA_HAS_PHC
	{ BIT(ENA_ADMIN_PHC_CONFIG), CAN(PHC) },
#endif
};

u32 host_may_see(const struct host *host, u32 features)
{
	for (u32 i = 0; i < ARRAY_SIZE(conditions); i++)
		if (!(host->features & conditions[i].needs))
			features &= ~conditions[i].feature;
	return features;
}

bool host_takes_rx_offset(const struct host *host)
{
	return host->features & CAN(RX_OFFSET);
}

static bool optional_page(struct ena_dev *dev, u64 addr, u64 len)
{
	return !addr || dma_valid(&dev->dma, addr, len, DMA_READ);
}

/* A guest's text must not end a line of the trace, nor reach a terminal. */
static void make_printable(char *text, size_t len)
{
	for (size_t i = 0; i < len && text[i]; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
}

static void take_info(struct ena_dev *dev, struct ena_admin_host_info *info)
{
	char *kernel = (char *)info->kernel_ver_str;

	make_printable(kernel, sizeof(info->kernel_ver_str));
	dev->host = (struct host){
		.os = le32toh(info->os_type),
		.features = le32toh(info->driver_supported_features),
	};
	dev_trace(dev, "OS %u, kernel %.32s, interface %u.%u, features %#x",
		  dev->host.os, kernel,
		  le16toh(info->ena_spec_version) >> 8,
		  le16toh(info->ena_spec_version) & 0xff, dev->host.features);
}

u8 host_set_attributes(struct ena_dev *dev, const union admin_command *cmd,
		       union admin_response *resp)
{
	const struct ena_admin_set_feature_host_attr_desc *attr =
		&cmd->set_feature.u.host_attr;
	struct ena_admin_host_info info;
	u64 addr = mem_addr(&attr->os_info_ba);

	if (!optional_page(dev, addr, sizeof(info)) ||
	    !optional_page(dev, mem_addr(&attr->debug_ba),
			   le32toh(attr->debug_area_size))) {
		guest_error(dev, "host attributes are not in RAM");
		return admin_illegal(dev,
				     "os_info_ba, debug_ba: memory that the device may read");
	}
	if (addr && dma_read(&dev->dma, addr, &info, sizeof(info)))
		take_info(dev, &info);
	return ENA_ADMIN_SUCCESS;
}
