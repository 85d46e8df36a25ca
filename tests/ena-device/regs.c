// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#define DMA_ADDR_WIDTH		48
#define NOT_DEV_RESET	(ENA_REGS_DEV_CTL_AQ_RESTART_MASK | \
			 ENA_REGS_DEV_CTL_QUIESCENT_MASK | \
			 ENA_REGS_DEV_CTL_IO_RESUME_MASK)
#define RESET_REASON_EXT_MASK	GENMASK(27, 24)
#define RESET_TIMEOUT_100MS	31	/* the most: emulated CPUs are slow */

void regs_reset(struct ena_dev *dev)
{
	dev->regs.mmio_resp = 0;
	dev->regs.reset_finished = false;
}

static u32 read_version(struct ena_dev *dev)
{
	return dev->config.profile.version;
}

static u32 read_controller_version(struct ena_dev *dev)
{
	const struct profile *profile = &dev->config.profile;

	return profile->controller_version |
	       field_prep(ENA_REGS_CONTROLLER_VERSION_IMPL_ID_MASK,
			  profile->implementation);
}

static u32 read_dev_sts(struct ena_dev *dev)
{
	if (dev->regs.resetting)
		return ENA_REGS_DEV_STS_RESET_IN_PROGRESS_MASK;
	return ENA_REGS_DEV_STS_READY_MASK |
	       (dev->regs.reset_finished ?
			ENA_REGS_DEV_STS_RESET_FINISHED_MASK : 0);
}

static u32 read_acq_tail(struct ena_dev *dev)
{
	return dev->admin.acq_tail;
}

static u32 read_aenq_tail(struct ena_dev *dev)
{
	return dev->aenq.tail;
}

static void write_intr_mask(struct ena_dev *dev, u32 value)
{
	if (value & 1)
		irq_mask(dev, IRQ_ADMIN_VECTOR);
	else
		irq_unmask(dev, IRQ_ADMIN_VECTOR);
}

/* The vendor's drivers have eight bits for it, the high half in 27:24. */
static u32 reset_reason(u32 value)
{
	u32 reason = field_get(ENA_REGS_DEV_CTL_RESET_REASON_MASK, value) |
		     field_get(RESET_REASON_EXT_MASK, value) << 4;

	return reason < RESET_REASON_OTHER ? reason : RESET_REASON_OTHER;
}

static void write_dev_ctl(struct ena_dev *dev, u32 value)
{
	u32 reason = reset_reason(value);

	if (value & ENA_REGS_DEV_CTL_DEV_RESET_MASK) {
		dev->stats.resets++;
		dev->stats.reset_reason[reason]++;
		trace(dev, "reset reason=%s", reset_reason_name(reason));
		dev_trace(dev, "reset, reason %s", reset_reason_name(reason));
		ena_dev_reset(dev);
		dev->regs.resetting = true;
	} else if (value & NOT_DEV_RESET) {
		guest_error(dev, "write of 0x%x to DEV_CTL, which just resets",
			    value);
	} else if (dev->regs.resetting) {
		dev->regs.resetting = false;
		dev->regs.reset_finished = true;
	}
}

/* A readless read: the answer is written into guest memory. */
static void write_mmio_reg_read(struct ena_dev *dev, u32 value)
{
	u16 offset = (u16)field_get(ENA_REGS_MMIO_REG_READ_REG_OFF_MASK, value);
	u16 req_id = (u16)field_get(ENA_REGS_MMIO_REG_READ_REQ_ID_MASK, value);
	struct ena_admin_ena_mmio_req_read_less_resp resp = {
		.req_id = htole16(req_id),
		.reg_off = htole16(offset),
		.reg_val = htole32(regs_read(dev, offset)),
	};

	if (!dma_publish(&dev->dma, dev->regs.mmio_resp, &resp, sizeof(resp),
			 0))
		guest_address_error(dev, "readless response",
				    dev->regs.mmio_resp);
}

/* A register is a constant, half of an address in ena_dev, or has functions. */
struct reg {
	enum { REG_FUNCTIONS, REG_CONSTANT, REG_LOW, REG_HIGH } kind;
	u32 value;	/* the constant, or the address's offset */
	u32 (*read)(struct ena_dev *dev);
	void (*write)(struct ena_dev *dev, u32 value);
};

#define REG(name)	(ENA_REGS_##name##_OFF / 4)
#define CONSTANT(number)	{ .kind = REG_CONSTANT, .value = number }
#define LOW(member) \
	{ .kind = REG_LOW, .value = offsetof(struct ena_dev, member) }
#define HIGH(member) \
	{ .kind = REG_HIGH, .value = offsetof(struct ena_dev, member) }

static const struct reg registers[] = {
	[REG(VERSION)] = { .read = read_version },
	[REG(CONTROLLER_VERSION)] = { .read = read_controller_version },
	[REG(CAPS)] = CONSTANT(ENA_REGS_CAPS_CONTIGUOUS_QUEUE_REQUIRED_MASK |
			       RESET_TIMEOUT_100MS <<
				       ENA_REGS_CAPS_RESET_TIMEOUT_SHIFT |
			       DMA_ADDR_WIDTH <<
				       ENA_REGS_CAPS_DMA_ADDR_WIDTH_SHIFT),
	[REG(CAPS_EXT)] = CONSTANT(0),
	[REG(AQ_BASE_LO)] = LOW(admin.aq_base),
	[REG(AQ_BASE_HI)] = HIGH(admin.aq_base),
	[REG(AQ_CAPS)] = { .write = admin_aq_caps },
	[REG(ACQ_BASE_LO)] = LOW(admin.acq_base),
	[REG(ACQ_BASE_HI)] = HIGH(admin.acq_base),
	[REG(ACQ_CAPS)] = { .write = admin_acq_caps },
	[REG(AQ_DB)] = { .write = admin_doorbell },
	[REG(ACQ_TAIL)] = { .read = read_acq_tail },
	[REG(AENQ_CAPS)] = { .write = aenq_caps },
	[REG(AENQ_BASE_LO)] = LOW(aenq.base),
	[REG(AENQ_BASE_HI)] = HIGH(aenq.base),
	[REG(AENQ_HEAD_DB)] = { .write = aenq_doorbell },
	[REG(AENQ_TAIL)] = { .read = read_aenq_tail },
	[REG(INTR_MASK)] = { .write = write_intr_mask },
	[REG(DEV_CTL)] = { .write = write_dev_ctl },
	[REG(DEV_STS)] = { .read = read_dev_sts },
	[REG(MMIO_REG_READ)] = { .write = write_mmio_reg_read },
	[REG(MMIO_RESP_LO)] = LOW(regs.mmio_resp),
	[REG(MMIO_RESP_HI)] = HIGH(regs.mmio_resp),
#ifdef ENA_HAS_PHC
	[REG(PHC_DB)] = { .write = phc_doorbell },
#endif
};

static const struct reg *find(u32 offset)
{
	if (offset % 4 || offset / 4 >= ARRAY_SIZE(registers))
		return NULL;
	return &registers[offset / 4];
}

static void write_half(struct ena_dev *dev, const struct reg *reg, u32 value)
{
	u64 *addr = (u64 *)((u8 *)dev + reg->value);

	if (reg->kind == REG_LOW)
		*addr = (*addr & ~0xffffffffull) | value;
	else
		*addr = (*addr & 0xffffffffull) | (u64)value << 32;
}

u32 regs_read(struct ena_dev *dev, u32 offset)
{
	const struct reg *reg = find(offset);

	if (reg && reg->kind == REG_CONSTANT)
		return reg->value;
	if (reg && reg->read)
		return reg->read(dev);
	guest_error(dev, "read of register 0x%x", offset);
	return ~0u;
}

void regs_write(struct ena_dev *dev, u32 offset, u32 value)
{
	const struct reg *reg = find(offset);

	if (reg && (reg->kind == REG_LOW || reg->kind == REG_HIGH))
		write_half(dev, reg, value);
	else if (reg && reg->write)
		reg->write(dev, value);
	else
		guest_error(dev, "write of 0x%x to register 0x%x", value,
			    offset);
}
