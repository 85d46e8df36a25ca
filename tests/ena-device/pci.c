// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define PCI_VENDOR_ID_AMAZON	0x1d0f
#define PCI_DEVICE_ID_ENA_VF	0xec20
#define MSIX_CAP		0x40

static void set16(u8 *p, u32 value)
{
	p[0] = (u8)value;
	p[1] = (u8)(value >> 8);
}

static void set32(u8 *p, u32 value)
{
	set16(p, value);
	set16(p + 2, value >> 16);
}

static void config_msix(struct ena_dev *dev)
{
	u8 *cap = dev->pci.config + MSIX_CAP;

	cap[PCI_CAP_LIST_ID] = PCI_CAP_ID_MSIX;
	set16(cap + PCI_MSIX_FLAGS, (u32)ena_dev_vectors(dev) - 1);
	set32(cap + PCI_MSIX_TABLE, 0 | 1);
	set32(cap + PCI_MSIX_PBA, BAR1_PBA | 1);
	set16(dev->pci.writable + MSIX_CAP + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

static void config_fault(struct ena_dev *dev)
{
	u8 *cap = dev->pci.config + PCI_FAULT_CAP;

	dev->pci.config[MSIX_CAP + PCI_CAP_LIST_NEXT] = PCI_FAULT_CAP;
	cap[PCI_CAP_LIST_ID] = PCI_CAP_ID_VNDR;
	cap[PCI_CAP_FLAGS] = PCI_FAULT_REG + 4 - PCI_FAULT_CAP;
	set32(dev->pci.writable + PCI_FAULT_REG, ~0u);
}

/*
 * Conventional PCI: a PCIe capability would make the kernel offer a function
 * level reset that the driver does not expect.
 */
void pci_reset(struct ena_dev *dev)
{
	u8 *config = dev->pci.config;
	u8 *writable = dev->pci.writable;

	memset(&dev->pci, 0, sizeof(dev->pci));
	dev->dma.master = false;
	set16(config + PCI_VENDOR_ID, PCI_VENDOR_ID_AMAZON);
	set16(config + PCI_DEVICE_ID, PCI_DEVICE_ID_ENA_VF);
	set16(config + PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_AMAZON);
	set16(config + PCI_SUBSYSTEM_ID, PCI_DEVICE_ID_ENA_VF);
	set16(config + PCI_CLASS_DEVICE, 0x0200);
	set16(config + PCI_STATUS, PCI_STATUS_CAP_LIST);
	config[PCI_CAPABILITY_LIST] = MSIX_CAP;
	set16(writable + PCI_COMMAND,
	      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	      PCI_COMMAND_INTX_DISABLE);
	writable[PCI_CACHE_LINE_SIZE] = 0xff;
	writable[PCI_INTERRUPT_LINE] = 0xff;
	set32(writable + PCI_BASE_ADDRESS_0, ~(BAR0_SIZE - 1u));
	set32(writable + PCI_BASE_ADDRESS_1, ~(BAR1_SIZE - 1u));
	if (dev->llq.window) {
		set32(config + PCI_BASE_ADDRESS_2,
		      PCI_BASE_ADDRESS_MEM_PREFETCH);
		set32(writable + PCI_BASE_ADDRESS_2, ~(LLQ_WINDOW_SIZE - 1u));
	}
	config_msix(dev);
	if (dev->config.faults)
		config_fault(dev);
}

static bool within(u64 offset, u32 count, u64 size)
{
	return count <= size && offset <= size - count;
}

u32 bar0_read(struct ena_dev *dev, u64 offset, u32 count)
{
	if (count != sizeof(u32) || offset % sizeof(u32)) {
		guest_error(dev, "%u-byte read at BAR0+0x%llx", count,
			    (unsigned long long)offset);
		return ~0u;
	}
	if (offset < BAR0_SQ_DOORBELL)
		return regs_read(dev, (u32)offset);
	return 0;	/* doorbells and interrupt registers are write-only */
}

void bar0_write(struct ena_dev *dev, u64 offset, u32 value, u32 count)
{
	if (count != sizeof(u32) || offset % sizeof(u32))
		guest_error(dev, "%u-byte write at BAR0+0x%llx", count,
			    (unsigned long long)offset);
	else if (offset < BAR0_SQ_DOORBELL)
		regs_write(dev, (u32)offset, value);
	else if (offset < BAR0_CQ_INTR)
		sq_doorbell(dev, (u32)(offset - BAR0_SQ_DOORBELL) / 4, value);
	else
		cq_intr_write(dev, (u32)(offset - BAR0_CQ_INTR) / 4, value);
}

static int region_read(void *opaque, u32 region, u64 offset, u8 *buf,
		       u32 count)
{
	struct ena_dev *dev = opaque;
	u32 value;

	if (region == VFIO_PCI_CONFIG_REGION_INDEX &&
	    within(offset, count, PCI_CONFIG_SIZE)) {
		memcpy(buf, dev->pci.config + offset, count);
		return 0;
	}
	if (region == VFIO_PCI_BAR0_REGION_INDEX &&
	    within(offset, count, BAR0_SIZE)) {
		value = htole32(bar0_read(dev, offset, count));
		memset(buf, 0xff, count);
		memcpy(buf, &value, count < sizeof(value) ? count :
							   sizeof(value));
		return 0;
	}
	if (region == VFIO_PCI_BAR1_REGION_INDEX &&
	    within(offset, count, BAR1_SIZE)) {
		memset(buf, 0, count);
		return 0;
	}
	if (region == VFIO_PCI_BAR2_REGION_INDEX && dev->llq.window &&
	    within(offset, count, LLQ_WINDOW_SIZE)) {
		memcpy(buf, dev->llq.window + offset, count);
		return 0;
	}
	return -EINVAL;
}

/* Writing the last byte of the fault register orders the fault. */
static void config_write(struct ena_dev *dev, u64 offset, const u8 *buf,
			 u32 count)
{
	struct pci *pci = &dev->pci;
	u32 order;

	for (; count--; offset++, buf++) {
		u8 mask = pci->writable[offset];

		pci->config[offset] = (u8)((pci->config[offset] & ~mask) |
					   (*buf & mask));
		if (offset == PCI_COMMAND)
			dev->dma.master = *buf & PCI_COMMAND_MASTER;
		if (offset != PCI_FAULT_REG + 3 || !mask)
			continue;
		memcpy(&order, pci->config + PCI_FAULT_REG, sizeof(order));
		fault_order(dev, le32toh(order));
	}
}

static int region_write(void *opaque, u32 region, u64 offset, const u8 *buf,
			u32 count)
{
	struct ena_dev *dev = opaque;
	u32 value = 0;

	if (region == VFIO_PCI_CONFIG_REGION_INDEX &&
	    within(offset, count, PCI_CONFIG_SIZE)) {
		config_write(dev, offset, buf, count);
		return 0;
	}
	if (region == VFIO_PCI_BAR0_REGION_INDEX &&
	    within(offset, count, BAR0_SIZE)) {
		if (count == sizeof(value))
			memcpy(&value, buf, sizeof(value));
		bar0_write(dev, offset, le32toh(value), count);
		return 0;
	}
	if (region == VFIO_PCI_BAR1_REGION_INDEX &&
	    within(offset, count, BAR1_SIZE))
		return 0;
	if (region == VFIO_PCI_BAR2_REGION_INDEX && dev->llq.window &&
	    within(offset, count, LLQ_WINDOW_SIZE)) {
		memcpy(dev->llq.window + offset, buf, count);
		dev->stats.llq_trapped++;
		return 0;
	}
	return -EINVAL;
}

static u64 region_size(void *opaque, u32 region)
{
	const struct ena_dev *dev = opaque;

	switch (region) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return BAR0_SIZE;
	case VFIO_PCI_BAR1_REGION_INDEX:
		return BAR1_SIZE;
	case VFIO_PCI_BAR2_REGION_INDEX:
		return dev->llq.window ? LLQ_WINDOW_SIZE : 0;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return PCI_CONFIG_SIZE;
	default:
		return 0;
	}
}

static int region_fd(void *opaque, u32 region)
{
	const struct ena_dev *dev = opaque;

	if (region != VFIO_PCI_BAR2_REGION_INDEX || dev->config.llq_trapped)
		return -1;
	return dev->llq.fd;
}

static u32 irq_count(void *opaque, u32 index)
{
	return index == VFIO_PCI_MSIX_IRQ_INDEX ? ena_dev_vectors(opaque) : 0;
}

static void set_eventfd(void *opaque, u32 vector, int fd)
{
	/* A full eventfd must not block our only thread. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	irq_set_eventfd(opaque, vector, fd);
}

static void trigger(void *opaque, u32 vector)
{
	irq_trigger(opaque, vector);
}

static int client_dma_map(void *opaque, const struct vfu_dma_map *map, int fd)
{
	struct ena_dev *dev = opaque;

	return dma_map(&dev->dma, map->addr, map->size,
		       map->flags & (DMA_READ | DMA_WRITE), fd, map->offset);
}

static int client_dma_unmap(void *opaque, u64 addr, u64 size)
{
	struct ena_dev *dev = opaque;

	return dma_unmap(&dev->dma, addr, size);
}

static void client_dma_unmap_all(void *opaque)
{
	struct ena_dev *dev = opaque;

	dma_unmap_all(&dev->dma);
}

static void client_connected(void *opaque)
{
	struct ena_dev *dev = opaque;

	dev->connected = true;
	dev->stats.connections++;
	dev_trace(dev, "client connected");
}

static void client_reset(void *opaque)
{
	dev_trace(opaque, "bus reset");
	ena_dev_power_on(opaque);
}

static void begin_turn(void *opaque)
{
	tx_turn(opaque);
}

static bool turn_is_over(void *opaque)
{
	const struct ena_dev *dev = opaque;

	return !dev->commands_left;
}

static bool has_work(void *opaque)
{
	return ena_dev_has_work(opaque);
}

static void client_disconnected(void *opaque)
{
	dev_trace(opaque, "client disconnected");
	ena_dev_disconnect(opaque);
}

const struct vfu_ops pci_vfu_ops = {
	.num_regions = VFIO_PCI_NUM_REGIONS,
	.num_irqs = VFIO_PCI_MSIX_IRQ_INDEX + 1,
	.connected = client_connected,
	.disconnected = client_disconnected,
	.reset = client_reset,
	.begin_turn = begin_turn,
	.turn_is_over = turn_is_over,
	.has_work = has_work,
	.region_size = region_size,
	.region_fd = region_fd,
	.region_read = region_read,
	.region_write = region_write,
	.irq_count = irq_count,
	.set_eventfd = set_eventfd,
	.trigger = trigger,
	.dma_map = client_dma_map,
	.dma_unmap = client_dma_unmap,
	.dma_unmap_all = client_dma_unmap_all,
};
