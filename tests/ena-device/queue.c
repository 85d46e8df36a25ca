// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "feature.h"
#include "strict.h"

#define SQ_ENTRY_SIZE	sizeof(struct ena_eth_io_tx_desc)
#define PAGE_MASK_4K	0xfffull
#define SQ_ALIGNMENT	64
/* A driver that polls asks for interrupts and names this vector. */
#define NO_VECTOR	0xffffffffu

void queues_reset(struct ena_dev *dev)
{
	memset(dev->cq, 0, sizeof(dev->cq));
	memset(dev->sq, 0, sizeof(dev->sq));
}

/* A completion queue does not say what it will be for. */
static u32 max_depth(const struct ena_dev *dev)
{
	const struct profile *profile = &dev->config.profile;

	return profile->tx_depth > profile->rx_depth ? profile->tx_depth :
						       profile->rx_depth;
}

static u8 cq_parse(struct ena_dev *dev,
		   const struct ena_admin_aq_create_cq_cmd *cmd,
		   struct ena_cq *cq)
{
	u32 words = cmd->cq_caps_2 &
		    ENA_ADMIN_AQ_CREATE_CQ_CMD_CQ_ENTRY_SIZE_WORDS_MASK;

	*cq = (struct ena_cq){
		.live = true,
		.interrupts = cmd->cq_caps_1 &
			ENA_ADMIN_AQ_CREATE_CQ_CMD_INTERRUPT_MODE_ENABLED_MASK,
		.entry_size = (u8)(words * sizeof(u32)),
		.depth = le16toh(cmd->cq_depth),
		.vector = le32toh(cmd->msix_vector),
		.base = mem_addr(&cmd->cq_ba),
	};
	if (words != 2 && words != 4 && words != 8)
		return admin_refuse(dev, "cq_entry_size_words: 4 or 8", words);
	if (ring_bad_depth(cq->depth, max_depth(dev)))
		return admin_refuse(dev,
				    "cq_depth: a power of 2, and no more than reported",
				    cq->depth);
	if (cq->interrupts && cq->vector == NO_VECTOR) {
		cq->interrupts = false;
		exception_allow(dev, EXCEPTION_CQ_VECTOR, cq->vector);
	}
	if (cq->interrupts && (cq->vector == IRQ_ADMIN_VECTOR ||
			       cq->vector >= ena_dev_vectors(dev)))
		return admin_refuse(dev, "msix_vector: assigned to this queue",
				    cq->vector);
	if (cq->base & 7 ||
	    !dma_valid(&dev->dma, cq->base, (u64)cq->depth * cq->entry_size,
		       DMA_WRITE))
		return admin_refuse(dev,
				    "cq_ba: memory that the device may write",
				    cq->base);
	if (words == 2)
		exception_allow(dev, EXCEPTION_CQ_ENTRY_SIZE, words);
	return ENA_ADMIN_SUCCESS;
}

u8 cq_create(struct ena_dev *dev, const union admin_command *cmd,
	     union admin_response *resp)
{
	u32 limit = 2u * dev->config.queues;
	struct ena_cq cq;
	u32 index = 0;
	u8 status = cq_parse(dev, &cmd->create_cq, &cq);

	if (status != ENA_ADMIN_SUCCESS)
		return status;
	while (index < limit && dev->cq[index].live)
		index++;
	if (index == limit)
		return ENA_ADMIN_RESOURCE_ALLOCATION_FAILURE;
	dev->cq[index] = cq;
	resp->create_cq.cq_idx = htole16((u16)index);
	resp->create_cq.cq_actual_depth = htole16(cq.depth);
	resp->create_cq.cq_interrupt_unmask_register_offset =
		htole32(BAR0_CQ_INTR + index * 4);
	return ENA_ADMIN_SUCCESS;
}

u8 cq_destroy(struct ena_dev *dev, const union admin_command *cmd,
	      union admin_response *resp)
{
	u16 index = le16toh(cmd->destroy_cq.cq_idx);

	if (index >= ENA_MAX_CQS || !dev->cq[index].live)
		return admin_refuse(dev, "cq_idx: of a queue that exists",
				    index);
	if (dev->cq[index].users)
		return ENA_ADMIN_RESOURCE_BUSY;
	memset(&dev->cq[index], 0, sizeof(dev->cq[index]));
	return ENA_ADMIN_SUCCESS;
}

static bool entry_fits(const struct ena_cq *cq, u8 direction)
{
	if (direction == ENA_ADMIN_SQ_DIRECTION_TX)
		return cq->entry_size >= sizeof(struct ena_eth_io_tx_cdesc);
	return cq->entry_size >= sizeof(struct ena_eth_io_rx_cdesc_base);
}

static u8 sq_parse_policy(struct ena_dev *dev,
			  const struct ena_admin_aq_create_sq_cmd *cmd,
			  struct ena_sq *sq)
{
	u32 placement =
		field_get(ENA_ADMIN_AQ_CREATE_SQ_CMD_PLACEMENT_POLICY_MASK,
			  cmd->sq_caps_2);
	u32 completion =
		field_get(ENA_ADMIN_AQ_CREATE_SQ_CMD_COMPLETION_POLICY_MASK,
			  cmd->sq_caps_2);

	sq->direction =
		(u8)field_get(ENA_ADMIN_AQ_CREATE_SQ_CMD_SQ_DIRECTION_MASK,
			      cmd->sq_identity);
	sq->on_demand = completion ==
			ENA_ADMIN_COMPLETION_POLICY_DESC_ON_DEMAND;
	if (sq->direction != ENA_ADMIN_SQ_DIRECTION_TX &&
	    sq->direction != ENA_ADMIN_SQ_DIRECTION_RX)
		return admin_refuse(dev, "sq_direction: TX or RX",
				    sq->direction);
	sq->llq = placement == ENA_ADMIN_PLACEMENT_POLICY_DEV;
	if (placement != ENA_ADMIN_PLACEMENT_POLICY_HOST &&
	    (!sq->llq || !dev->llq.entry_size ||
	     sq->direction != ENA_ADMIN_SQ_DIRECTION_TX))
		return admin_refuse(dev,
				    "placement_policy: 1 or, for TX with LLQ, 3",
				    placement);
	if (completion > ENA_ADMIN_COMPLETION_POLICY_DESC_ON_DEMAND)
		return admin_refuse(dev, "completion_policy: 0 or 1",
				    completion);
	if (!(cmd->sq_caps_3 &
	      ENA_ADMIN_AQ_CREATE_SQ_CMD_IS_PHYSICALLY_CONTIGUOUS_MASK))
		return admin_refuse(dev, "is_physically_contiguous: required",
				    cmd->sq_caps_3);
	return ENA_ADMIN_SUCCESS;
}

static u32 max_sq_depth(const struct ena_dev *dev, const struct ena_sq *sq)
{
	const struct profile *profile = &dev->config.profile;

	if (sq->llq)
		return profile->llq_depth;
	return sq->direction == ENA_ADMIN_SQ_DIRECTION_TX ? profile->tx_depth :
							    profile->rx_depth;
}

static u8 sq_parse(struct ena_dev *dev,
		   const struct ena_admin_aq_create_sq_cmd *cmd,
		   struct ena_sq *sq)
{
	u8 status = sq_parse_policy(dev, cmd, sq);

	if (status != ENA_ADMIN_SUCCESS)
		return status;
	sq->live = true;
	sq->depth = le16toh(cmd->sq_depth);
	sq->cq = le16toh(cmd->cq_idx);
	sq->base = mem_addr(&cmd->sq_ba);
	if (ring_bad_depth(sq->depth, max_sq_depth(dev, sq)))
		return admin_refuse(dev,
				    "sq_depth: a power of 2, and no more than reported",
				    sq->depth);
	if (sq->cq >= ENA_MAX_CQS || !dev->cq[sq->cq].live ||
	    !entry_fits(&dev->cq[sq->cq], sq->direction))
		return admin_refuse(dev,
				    "cq_idx: created before, with entries of this direction's size",
				    sq->cq);
	if (sq->llq)
		return ENA_ADMIN_SUCCESS;
	if (sq->base % SQ_ALIGNMENT ||
	    !dma_valid(&dev->dma, sq->base, sq->depth * SQ_ENTRY_SIZE,
		       DMA_READ))
		return admin_refuse(dev,
				    "sq_ba: aligned memory that the device may read",
				    sq->base);
	if (sq->base & PAGE_MASK_4K)
		exception_allow(dev, EXCEPTION_SQ_ALIGNMENT, sq->base);
	return ENA_ADMIN_SUCCESS;
}

static u32 sq_count(const struct ena_dev *dev, u8 direction)
{
	u32 count = 0;

	for (u32 i = 0; i < ENA_MAX_SQS; i++)
		if (dev->sq[i].live && dev->sq[i].direction == direction)
			count++;
	return count;
}

static u32 llq_count(const struct ena_dev *dev)
{
	u32 count = 0;

	for (u32 i = 0; i < ENA_MAX_SQS; i++)
		if (dev->sq[i].live && dev->sq[i].llq)
			count++;
	return count;
}

u8 sq_create(struct ena_dev *dev, const union admin_command *cmd,
	     union admin_response *resp)
{
	struct ena_sq sq = { 0 };
	u32 index = 0;
	u8 status = sq_parse(dev, &cmd->create_sq, &sq);

	if (status != ENA_ADMIN_SUCCESS)
		return status;
	if (sq_count(dev, sq.direction) >= dev->config.queues)
		return ENA_ADMIN_RESOURCE_ALLOCATION_FAILURE;
	if (sq.llq && (llq_count(dev) >= dev->config.profile.llq_queues ||
		       !llq_take_area(dev, sq.depth, &sq.area)))
		return ENA_ADMIN_RESOURCE_ALLOCATION_FAILURE;
	while (dev->sq[index].live)
		index++;
	dev->sq[index] = sq;
	dev->cq[sq.cq].users++;
	resp->create_sq.sq_idx = htole16((u16)index);
	resp->create_sq.sq_doorbell_offset =
		htole32(BAR0_SQ_DOORBELL + index * 4);
	if (sq.llq)
		resp->create_sq.llq_descriptors_offset =
			htole32(sq.area * LLQ_AREA_SIZE);
	return ENA_ADMIN_SUCCESS;
}

u8 sq_destroy(struct ena_dev *dev, const union admin_command *cmd,
	      union admin_response *resp)
{
	u16 index = le16toh(cmd->destroy_sq.sq.sq_idx);
	u32 direction = field_get(ENA_ADMIN_SQ_SQ_DIRECTION_MASK,
				  cmd->destroy_sq.sq.sq_identity);

	if (index >= ENA_MAX_SQS || !dev->sq[index].live ||
	    dev->sq[index].direction != direction)
		return admin_refuse(dev,
				    "sq_idx: of a queue of this direction that exists",
				    index);
	dev->cq[dev->sq[index].cq].users--;
	memset(&dev->sq[index], 0, sizeof(dev->sq[index]));
	return ENA_ADMIN_SUCCESS;
}

void sq_doorbell(struct ena_dev *dev, u32 index, u32 value)
{
	struct ena_sq *sq;
	u16 tail = (u16)value;

	ena_dev_spend(&dev->commands_left, 1);
	if (index >= ENA_MAX_SQS || !dev->sq[index].live) {
		guest_error(dev, "doorbell of SQ %u, which is not there",
			    index);
		strict_write(dev, value,
			     "sq_doorbell_offset: of a queue that exists",
			     "SQ %u, doorbell", index);
		return;
	}
	sq = &dev->sq[index];
	if ((u16)(tail - sq->head) > sq->depth) {
		guest_error(dev, "SQ %u doorbell %u, head %u, depth %u", index,
			    value, sq->head, sq->depth);
		strict_write(dev, value,
			     "sq_depth: no more entries than the queue has",
			     "SQ %u, doorbell", index);
		return;
	}
	trace(dev, "doorbell sq=%u tail=%u head=%u", index, tail, sq->head);
	if (sq->llq)
		llq_check_burst(dev, sq, tail);
	sq->tail = tail;
	if (sq->direction == ENA_ADMIN_SQ_DIRECTION_TX)
		tx_process(dev, sq);
}

void cq_intr_write(struct ena_dev *dev, u32 index, u32 value)
{
	if (index >= ENA_MAX_CQS || !dev->cq[index].live) {
		guest_error(dev, "interrupt register of absent CQ %u", index);
		strict_write(dev, value,
			     "cq_interrupt_unmask_register_offset: of a queue that exists",
			     "CQ %u, interrupt register", index);
		return;
	}
	if (!dev->cq[index].interrupts)
		return;
	if (feature_bits(dev) & BIT(ENA_ADMIN_INTERRUPT_MODERATION))
		irq_moderate(dev, dev->cq[index].vector,
			     value & ENA_ETH_IO_INTR_REG_RX_INTR_DELAY_MASK,
			     field_get(ENA_ETH_IO_INTR_REG_TX_INTR_DELAY_MASK,
				       value));
	if (value & ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK)
		irq_unmask(dev, dev->cq[index].vector);
}

bool sq_fetch(struct ena_dev *dev, struct ena_sq *sq, void *desc, u8 *phase)
{
	u16 slot = sq->head & (u16)(sq->depth - 1);
	u64 addr = sq->base + slot * SQ_ENTRY_SIZE;

	*phase = ring_phase(sq->head, sq->depth);
	sq->head++;
	if (dma_read(&dev->dma, addr, desc, SQ_ENTRY_SIZE))
		return true;
	guest_address_error(dev, "SQ entry", addr);
	strict_write(dev, sq->tail, "sq_ba: memory that the device may read",
		     "SQ %d, doorbell", (int)(sq - dev->sq));
	return false;
}

void cq_post(struct ena_dev *dev, struct ena_cq *cq, const void *cdesc)
{
	u16 slot = cq->tail & (u16)(cq->depth - 1);
	u64 addr = cq->base + (u64)slot * cq->entry_size;

	trace_entry(dev, "completion", "cq", (u32)(cq - dev->cq), slot, cdesc,
		    cq->entry_size);
	cq->tail++;
	if (!dma_publish(&dev->dma, addr, cdesc, cq->entry_size, 0))
		guest_address_error(dev, "CQ entry", addr);
}

void cq_notify(struct ena_dev *dev, const struct ena_cq *cq, u8 direction)
{
	if (cq->interrupts)
		irq_raise_delayed(dev, cq->vector,
				  direction == ENA_ADMIN_SQ_DIRECTION_TX);
}
