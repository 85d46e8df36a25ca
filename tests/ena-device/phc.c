// SPDX-License-Identifier: GPL-2.0
#include <time.h>

#include "device.h"
#include "strict.h"

#ifdef ENA_HAS_PHC

static_assert(sizeof(struct ena_admin_phc_resp) == 64, "PHC response");

/* Both times are 0: the driver's own. */
u8 phc_get_feature(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	struct ena_admin_feature_phc_desc *phc = &resp->get_feature.u.phc;

	phc->type = ENA_ADMIN_PHC_TYPE_READLESS;
	phc->doorbell_offset = htole32(ENA_REGS_PHC_DB_OFF);
	return ENA_ADMIN_SUCCESS;
}

u8 phc_set_feature(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	const struct ena_admin_feature_phc_desc *phc = &cmd->set_feature.u.phc;
	u64 addr = mem_addr(&phc->output_address);
	u32 len = le32toh(phc->output_length);

	if (len < sizeof(struct ena_admin_phc_resp) ||
	    !dma_valid(&dev->dma, addr, sizeof(struct ena_admin_phc_resp),
		       DMA_WRITE)) {
		guest_error(dev, "PHC output of %u bytes at 0x%llx", len,
			    (unsigned long long)addr);
		return admin_illegal(dev,
				     "output_address, output_length: memory that the device may write");
	}
	dev->phc.output = addr;
	return ENA_ADMIN_SUCCESS;
}

/* The id, which the driver polls, is written last. */
void phc_doorbell(struct ena_dev *dev, u32 value)
{
	struct timespec now;
	struct ena_admin_phc_resp resp = {
		.req_id = htole16((u16)(value & ENA_REGS_PHC_DB_REQ_ID_MASK)),
	};

	if (!dev->phc.output) {
		guest_error(dev, "PHC doorbell, and no output address");
		strict_write(dev, value, "phc_db: once output_address is set",
			     "PHC, doorbell");
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	resp.timestamp = htole64((u64)now.tv_sec * 1000000000 +
				 (u64)now.tv_nsec);
	if (fault_due(dev, FAULT_PHC_ERROR))
		resp.error_flags =
			htole32(ENA_ADMIN_PHC_ERROR_FLAG_TIMESTAMP);
	if (!dma_publish(&dev->dma, dev->phc.output, &resp, sizeof(resp), 0))
		guest_address_error(dev, "PHC output", dev->phc.output);
}

#else

static_assert(true, "the interface headers are of a driver without it");

#endif
