// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"
#include "strict.h"

static_assert(sizeof(struct ena_eth_io_tx_desc) == LLQ_DESC_SIZE, "LLQ slot");
static_assert(LLQ_AREAS == ENA_MAX_QUEUES, "an area for each TX queue");

/* The client gets the file: it must not be able to take pages from us. */
static int open_sealed(void)
{
	int fd = memfd_create("ena-llq", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, LLQ_WINDOW_SIZE) &&
	    !fcntl(fd, F_ADD_SEALS,
		   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int llq_open(struct llq *llq)
{
	int err;

	llq_close(llq);
	llq->fd = open_sealed();
	if (llq->fd < 0)
		return llq->fd;
	llq->window = mmap(NULL, LLQ_WINDOW_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED, llq->fd, 0);
	if (llq->window != MAP_FAILED)
		return 0;
	err = -errno;
	llq->window = NULL;
	llq_close(llq);
	return err;
}

void llq_close(struct llq *llq)
{
	if (llq->window)
		munmap(llq->window, LLQ_WINDOW_SIZE);
	if (llq->fd >= 0)
		close(llq->fd);
	*llq = (struct llq){ .fd = -1 };
}

void llq_reset(struct llq *llq)
{
	*llq = (struct llq){ .fd = llq->fd, .window = llq->window };
}

u8 llq_get_feature(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	struct ena_admin_feature_llq_desc *desc = &resp->get_feature.u.llq;
	struct ena_admin_accel_mode_get *accel = &desc->accel_mode.u.get;
	const struct profile *profile = &dev->config.profile;
	u32 queues = profile->llq_queues;

	if (queues > dev->config.queues)
		queues = dev->config.queues;
	desc->max_llq_num = htole32(queues);
	desc->max_llq_depth = htole32(profile->llq_depth);
	desc->header_location_ctrl_supported = htole16(ENA_ADMIN_INLINE_HEADER);
	desc->entry_size_ctrl_supported =
		htole16((u16)profile->llq_entry_sizes);
	desc->desc_num_before_header_supported =
		htole16((u16)profile->llq_descs_before_header);
	desc->descriptors_stride_ctrl_supported =
		htole16((u16)profile->llq_strides);
	accel->supported_flags = htole16((u16)profile->llq_accel);
	accel->max_tx_burst_size = htole16((u16)profile->llq_burst);
	return ENA_ADMIN_SUCCESS;
}

static bool one_of(u16 chosen, u32 offered)
{
	return is_power_of_2(chosen) && chosen & offered;
}

static u32 entry_bytes(u16 size)
{
	switch (size) {
	case ENA_ADMIN_LIST_ENTRY_SIZE_128B:
		return 128;
	case ENA_ADMIN_LIST_ENTRY_SIZE_192B:
		return 192;
	default:
		return 256;
	}
}

static bool have_queues(const struct ena_dev *dev)
{
	for (u32 i = 0; i < ENA_MAX_SQS; i++)
		if (dev->sq[i].live && dev->sq[i].llq)
			return true;
	return false;
}

u8 llq_set_feature(struct ena_dev *dev, const union admin_command *cmd,
		   union admin_response *resp)
{
	const struct ena_admin_feature_llq_desc *desc = &cmd->set_feature.u.llq;
	const struct profile *profile = &dev->config.profile;
	u16 header = le16toh(desc->header_location_ctrl_enabled);
	u16 size = le16toh(desc->entry_size_ctrl_enabled);
	u16 before = le16toh(desc->desc_num_before_header_enabled);
	u16 stride = le16toh(desc->descriptors_stride_ctrl_enabled);
	u16 accel = le16toh(desc->accel_mode.u.set.enabled_flags);

	if (header != ENA_ADMIN_INLINE_HEADER ||
	    !one_of(size, profile->llq_entry_sizes) ||
	    !one_of(before, profile->llq_descs_before_header) ||
	    !one_of(stride, profile->llq_strides)) {
		guest_error(dev,
			    "LLQ header 0x%x, entry 0x%x, descriptors 0x%x, stride 0x%x",
			    header, size, before, stride);
		return admin_illegal(dev,
				     "header_location_ctrl_enabled, entry_size_ctrl_enabled, desc_num_before_header_enabled, descriptors_stride_ctrl_enabled: one bit of what is supported");
	}
	if (have_queues(dev))
		return ENA_ADMIN_RESOURCE_BUSY;
	if (accel & ~profile->llq_accel)
		exception_allow(dev, EXCEPTION_LLQ_ACCEL, accel);
	accel &= (u16)profile->llq_accel;
	dev->llq.entry_size = entry_bytes(size);
	dev->llq.descs_before_header = before;
	dev->llq.multiple_stride = stride == ENA_ADMIN_MULTIPLE_DESCS_PER_ENTRY;
	dev->llq.no_meta_caching = accel & BIT(ENA_ADMIN_DISABLE_META_CACHING);
	return ENA_ADMIN_SUCCESS;
}

bool llq_take_area(struct ena_dev *dev, u32 depth, u8 *area)
{
	u32 taken = 0;

	if (depth * dev->llq.entry_size > LLQ_AREA_SIZE)
		return false;
	for (u32 i = 0; i < ENA_MAX_SQS; i++)
		if (dev->sq[i].live && dev->sq[i].llq)
			taken |= BIT(dev->sq[i].area);
	for (*area = 0; *area < LLQ_AREAS; (*area)++)
		if (!(taken & BIT(*area)))
			return true;
	return false;
}

void llq_check_burst(struct ena_dev *dev, const struct ena_sq *sq, u16 tail)
{
	u32 bytes = (u16)(tail - sq->tail) * dev->llq.entry_size;
	u32 limit = dev->config.profile.llq_burst;

	if (dev->config.profile.llq_accel & BIT(ENA_ADMIN_LIMIT_TX_BURST) &&
	    limit && bytes > limit) {
		guest_error(dev, "a burst of %u bytes, limit %u", bytes, limit);
		strict_write(dev, tail,
			     "max_tx_burst_size: no more bytes between two doorbells",
			     "SQ %d, doorbell", (int)(sq - dev->sq));
	}
}

static bool begins_packet(const struct llq_entry *entry)
{
	u32 len_ctrl;

	memcpy(&len_ctrl, entry->bytes, sizeof(len_ctrl));
	return le32toh(len_ctrl) & ENA_ETH_IO_TX_DESC_FIRST_MASK;
}

void llq_fetch(struct ena_dev *dev, struct ena_sq *sq, struct llq_entry *entry)
{
	const struct llq *llq = &dev->llq;
	u32 slot = sq->head & (sq->depth - 1u);
	u32 header = llq->descs_before_header * LLQ_DESC_SIZE;

	memcpy(entry->bytes, llq->window + sq->area * LLQ_AREA_SIZE +
			     slot * llq->entry_size, llq->entry_size);
	entry->phase = ring_phase(sq->head, sq->depth);
	sq->head++;
	if (begins_packet(entry)) {
		entry->descs = llq->descs_before_header;
		memcpy(sq->header, entry->bytes + header,
		       llq->entry_size - header);
	} else {
		entry->descs = llq->multiple_stride ?
			       llq->entry_size / LLQ_DESC_SIZE : 1;
	}
}

bool llq_desc(const struct llq_entry *entry, u32 index, void *desc)
{
	static const u8 empty[LLQ_DESC_SIZE];

	memcpy(desc, entry->bytes + index * LLQ_DESC_SIZE, LLQ_DESC_SIZE);
	return memcmp(desc, empty, sizeof(empty)) != 0;
}
