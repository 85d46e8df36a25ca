// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

static const struct ena_config config = {
	.mac = { 0x02, 0xec, 0x20, 0, 0, 1 },
	.queues = 2,
	.max_header_size = 96,
	.max_tx_descs = TX_MAX_DESCS,
	.faults = true,
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct machine *machine_get(void)
{
	static struct machine m;
	int fd;

	if (m.ram)
		return &m;
	fd = memfd_create("ram", MFD_CLOEXEC);
	check(fd >= 0 && !ftruncate(fd, RAM_SIZE));
	m.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(m.ram != MAP_FAILED);
	m.dev.config = config;
	m.dev.config.profile = profile_find("c5-metal");
	irq_init(&m.dev.irq);
	wire_port_init(&m.dev.port, &m.dev);
	wire_join(&m.dev.port, &m.dev.port);
	check(!dma_map(&m.dev.dma, RAM_BASE, RAM_SIZE, DMA_READ | DMA_WRITE,
		       fd, 0));
	close(fd);
	return &m;
}

void *machine_ram(struct machine *m, u64 addr)
{
	return m->ram + (addr - RAM_BASE);
}

static void reg_write(struct machine *m, u32 offset, u64 value)
{
	bar0_write(&m->dev, offset, (u32)value, 4);
}

static void admin_up(struct machine *m)
{
	u32 caps = QUEUE_DEPTH | 64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT;

	reg_write(m, ENA_REGS_AQ_BASE_LO_OFF, AQ_ADDR);
	reg_write(m, ENA_REGS_ACQ_BASE_LO_OFF, ACQ_ADDR);
	reg_write(m, ENA_REGS_AENQ_BASE_LO_OFF, AENQ_ADDR);
	reg_write(m, ENA_REGS_MMIO_RESP_LO_OFF, READLESS_ADDR);
	reg_write(m, ENA_REGS_AQ_CAPS_OFF, caps);
	reg_write(m, ENA_REGS_ACQ_CAPS_OFF, caps);
	reg_write(m, ENA_REGS_AENQ_CAPS_OFF, caps);
	reg_write(m, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	m->aq_tail = 0;
}

void machine_bus_master(struct ena_dev *dev)
{
	const u8 command = PCI_COMMAND_MASTER;

	check(!pci_vfu_ops.region_write(dev, VFIO_PCI_CONFIG_REGION_INDEX,
					PCI_COMMAND, &command,
					sizeof(command)));
}

void machine_restart(struct machine *m, enum header_rule rule)
{
	memset(m->ram, 0, RAM_SIZE);
	memset(&m->dev.stats, 0, sizeof(m->dev.stats));
	m->dev.config.header_rule = rule;
	ena_dev_power_on(&m->dev);
	machine_bus_master(&m->dev);
	admin_up(m);
}

void machine_admin(struct machine *m, union admin_command *cmd, bool good)
{
	u64 slot = m->aq_tail % QUEUE_DEPTH;

	if (good) {
		cmd->common.flags &= (u8)~ENA_ADMIN_AQ_COMMON_DESC_PHASE_MASK;
		cmd->common.flags |= ring_phase(m->aq_tail, QUEUE_DEPTH);
	}
	memcpy(machine_ram(m, AQ_ADDR + slot * sizeof(*cmd)), cmd,
	       sizeof(*cmd));
	reg_write(m, ENA_REGS_AQ_DB_OFF, ++m->aq_tail);
}

static void set_addr(struct ena_common_mem_addr *to, u64 addr)
{
	to->mem_addr_low = htole32((u32)addr);
	to->mem_addr_high = htole16((u16)(addr >> 32));
}

static u16 last_created(struct machine *m)
{
	const union admin_response *resp = machine_ram(m, ACQ_ADDR);

	resp += (m->aq_tail - 1) % QUEUE_DEPTH;
	check(resp->common.status == ENA_ADMIN_SUCCESS);
	return le16toh(resp->create_sq.sq_idx);
}

static u16 create_cq(struct machine *m, u64 base, u8 words)
{
	union admin_command cmd = {
		.create_cq = {
			.aq_common_descriptor.opcode = ENA_ADMIN_CREATE_CQ,
			.cq_caps_2 = words,
			.cq_depth = htole16(QUEUE_DEPTH),
		},
	};

	set_addr(&cmd.create_cq.cq_ba, base);
	machine_admin(m, &cmd, true);
	return last_created(m);
}

static u16 create_sq(struct machine *m, u8 direction, u64 base, u16 cq)
{
	union admin_command cmd = {
		.create_sq = {
			.aq_common_descriptor.opcode = ENA_ADMIN_CREATE_SQ,
			.sq_identity = (u8)(direction << 5),
			.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_HOST,
			.sq_caps_3 = 1,
			.cq_idx = htole16(cq),
			.sq_depth = htole16(QUEUE_DEPTH),
		},
	};

	set_addr(&cmd.create_sq.sq_ba, base);
	machine_admin(m, &cmd, true);
	return last_created(m);
}

void machine_queues(struct machine *m)
{
	m->tx_sq = create_sq(m, ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR,
			     create_cq(m, TX_CQ_ADDR, 2));
	m->rx_sq = create_sq(m, ENA_ADMIN_SQ_DIRECTION_RX, RX_SQ_ADDR,
			     create_cq(m, RX_CQ_ADDR, 4));
}

size_t input_take(struct input *in, void *to, size_t len)
{
	size_t have = in->len < len ? in->len : len;

	memcpy(to, in->data, have);
	memset((u8 *)to + have, 0, len - have);
	in->data += have;
	in->len -= have;
	return have;
}

u8 input_u8(struct input *in)
{
	u8 value;

	input_take(in, &value, sizeof(value));
	return value;
}

u16 input_u16(struct input *in)
{
	u16 value;

	input_take(in, &value, sizeof(value));
	return le16toh(value);
}

u32 input_u32(struct input *in)
{
	u32 value;

	input_take(in, &value, sizeof(value));
	return le32toh(value);
}
