/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PCI_H
#define ENA_DEVICE_PCI_H

#include "ena_defs.h"
#include "vfio_user.h"

struct ena_dev;

#define PCI_CONFIG_SIZE	256

/*
 * BAR0, offsets:
 *	0x0000	registers (ena_regs_defs.h)
 *	0x1000	submission queue doorbells, one word a queue
 *	0x2000	completion queue interrupt registers, one word a queue
 * BAR1: the MSI-X table and, in its second half, the pending bits. QEMU keeps
 * the table to itself and asks for the pending bits.
 * BAR2, with LLQ alone: the window for low latency queues.
 */
#define BAR0_SIZE		0x4000
#define BAR0_SQ_DOORBELL	0x1000
#define BAR0_CQ_INTR		0x2000
#define BAR1_SIZE		0x1000
#define BAR1_PBA		0x800

/* With config.faults: a vendor-specific capability, then the fault register. */
#define PCI_FAULT_CAP		0x50
#define PCI_FAULT_REG		(PCI_FAULT_CAP + 4)

struct pci {
	u8 config[PCI_CONFIG_SIZE];
	u8 writable[PCI_CONFIG_SIZE];
};

extern const struct vfu_ops pci_vfu_ops;

void pci_reset(struct ena_dev *dev);

u32 bar0_read(struct ena_dev *dev, u64 offset, u32 count);
void bar0_write(struct ena_dev *dev, u64 offset, u32 value, u32 count);

#endif
