// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest.h"

const struct ena_config guest_config = {
	.mac = { 0x02, 0xec, 0x20, 0, 0, 1 },
	.queues = 2,
	.max_header_size = 96,
	.max_tx_descs = 17,
};

static void open_ram(struct guest *g)
{
	int fd = memfd_create("ram", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, RAM_SIZE), 0);
	g->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      0);
	assert_ptr_not_equal(g->ram, MAP_FAILED);
	assert_int_equal(dma_map(&g->dev.dma, RAM_BASE, RAM_SIZE,
				 DMA_READ | DMA_WRITE, fd, 0), 0);
	close(fd);
}

void pci_command(struct ena_dev *dev, u16 value)
{
	value = htole16(value);
	assert_int_equal(pci_vfu_ops.region_write(dev,
						  VFIO_PCI_CONFIG_REGION_INDEX,
						  PCI_COMMAND, (u8 *)&value,
						  sizeof(value)), 0);
}

struct guest *guest_new(const struct ena_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct ena_config with_profile = *config;
	int ends[2];

	assert_non_null(g);
	with_profile.profile = profile_find("c5-metal");
	ena_dev_init(&g->dev, 0, &with_profile);
	open_ram(g);
	pci_command(&g->dev, PCI_COMMAND_MASTER);
	for (u32 i = 0; i < GUEST_VECTORS; i++) {
		g->eventfd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		irq_set_eventfd(&g->dev, i, dup(g->eventfd[i]));
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				    ends), 0);
	g->wire = ends[0];
	g->dev.port.tap = ends[1];
	return g;
}

void guest_free(struct guest *g)
{
	ena_dev_disconnect(&g->dev);
	wire_port_release(&g->dev.port);
	munmap(g->ram, RAM_SIZE);
	close(g->wire);
	for (u32 i = 0; i < GUEST_VECTORS; i++)
		close(g->eventfd[i]);
	free(g);
}

int guest_setup(void **state)
{
	struct guest *g = guest_new(&guest_config);

	admin_up(g);
	*state = g;
	return 0;
}

int guest_setup_queues(void **state)
{
	guest_setup(state);
	create_queues(*state, QUEUE_DEPTH);
	return 0;
}

int guest_teardown(void **state)
{
	guest_free(*state);
	return 0;
}

void *ram_at(struct guest *g, u64 addr)
{
	assert_true(addr >= RAM_BASE && addr < RAM_END);
	return g->ram + (addr - RAM_BASE);
}

void reg_write(struct guest *g, u32 offset, u32 value)
{
	bar0_write(&g->dev, offset, value, 4);
}

u32 reg_read(struct guest *g, u32 offset)
{
	return bar0_read(&g->dev, offset, 4);
}

static u32 admin_caps(u32 depth)
{
	return depth | 64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT;
}

void admin_up(struct guest *g)
{
	reg_write(g, ENA_REGS_AQ_BASE_LO_OFF, (u32)AQ_ADDR);
	reg_write(g, ENA_REGS_AQ_BASE_HI_OFF, AQ_ADDR >> 32);
	reg_write(g, ENA_REGS_ACQ_BASE_LO_OFF, (u32)ACQ_ADDR);
	reg_write(g, ENA_REGS_ACQ_BASE_HI_OFF, ACQ_ADDR >> 32);
	reg_write(g, ENA_REGS_AQ_CAPS_OFF, admin_caps(ADMIN_DEPTH));
	reg_write(g, ENA_REGS_ACQ_CAPS_OFF, admin_caps(ADMIN_DEPTH));
	reg_write(g, ENA_REGS_AENQ_BASE_LO_OFF, (u32)AENQ_ADDR);
	reg_write(g, ENA_REGS_AENQ_BASE_HI_OFF, AENQ_ADDR >> 32);
	reg_write(g, ENA_REGS_AENQ_CAPS_OFF, admin_caps(ADMIN_DEPTH));
	g->aq_tail = 0;
	g->acq_head = 0;
}

u8 admin_run(struct guest *g, union admin_command *cmd,
	     union admin_response *resp)
{
	union admin_response *slot;
	union admin_command *entry;

	cmd->common.command_id = htole16(g->aq_tail & 0xfff);
	cmd->common.flags &= (u8)~1;
	cmd->common.flags |= ring_phase(g->aq_tail, ADMIN_DEPTH);
	entry = ram_at(g, AQ_ADDR + g->aq_tail % ADMIN_DEPTH * sizeof(*cmd));
	*entry = *cmd;
	slot = ram_at(g, ACQ_ADDR + g->acq_head % ADMIN_DEPTH * sizeof(*slot));
	g->aq_tail++;
	reg_write(g, ENA_REGS_AQ_DB_OFF, g->aq_tail);
	assert_int_equal(slot->common.flags & 1,
			 ring_phase(g->acq_head, ADMIN_DEPTH));
	assert_int_equal(le16toh(slot->common.command),
			 (u16)(g->aq_tail - 1) & 0xfff);
	assert_int_equal(le16toh(slot->common.sq_head_indx), g->aq_tail);
	g->acq_head++;
	if (resp)
		*resp = *slot;
	return slot->common.status;
}

void set_addr(struct ena_common_mem_addr *to, u64 addr)
{
	to->mem_addr_low = htole32((u32)addr);
	to->mem_addr_high = htole16((u16)(addr >> 32));
}

union admin_command cq_command(u64 base, u16 depth, u8 words, u32 vector)
{
	u8 interrupts = ENA_ADMIN_AQ_CREATE_CQ_CMD_INTERRUPT_MODE_ENABLED_MASK;
	union admin_command cmd = {
		.create_cq = {
			.aq_common_descriptor.opcode = ENA_ADMIN_CREATE_CQ,
			.cq_caps_1 = interrupts,
			.cq_caps_2 = words,
			.cq_depth = htole16(depth),
			.msix_vector = htole32(vector),
		},
	};

	set_addr(&cmd.create_cq.cq_ba, base);
	return cmd;
}

union admin_command sq_command(u8 direction, u64 base, u16 depth, u16 cq)
{
	union admin_command cmd = {
		.create_sq = {
			.aq_common_descriptor.opcode = ENA_ADMIN_CREATE_SQ,
			.sq_identity = (u8)(direction << 5),
			.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_HOST,
			.sq_caps_3 = 1,
			.cq_idx = htole16(cq),
			.sq_depth = htole16(depth),
		},
	};

	set_addr(&cmd.create_sq.sq_ba, base);
	return cmd;
}

union admin_command get_feature(u8 id, u8 version)
{
	return (union admin_command){
		.get_feature = {
			.aq_common_descriptor.opcode = ENA_ADMIN_GET_FEATURE,
			.feat_common.feature_id = id,
			.feat_common.feature_version = version,
		},
	};
}

union admin_command set_feature(u8 id)
{
	return (union admin_command){
		.set_feature = {
			.aq_common_descriptor.opcode = ENA_ADMIN_SET_FEATURE,
			.feat_common.feature_id = id,
		},
	};
}

static u16 create_cq(struct guest *g, u64 base, u16 depth, u8 words)
{
	union admin_command cmd = cq_command(base, depth, words, IO_VECTOR);
	union admin_response resp;

	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	return le16toh(resp.create_cq.cq_idx);
}

static u16 create_sq(struct guest *g, u8 direction, u64 base, u16 depth, u16 cq)
{
	union admin_command cmd = sq_command(direction, base, depth, cq);
	union admin_response resp;

	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	return le16toh(resp.create_sq.sq_idx);
}

void create_queues(struct guest *g, u16 depth)
{
	g->tx_cq = create_cq(g, TX_CQ_ADDR, depth, 2);
	g->tx_sq = create_sq(g, ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR, depth,
			     g->tx_cq);
	g->rx_cq = create_cq(g, RX_CQ_ADDR, depth, 4);
	g->rx_sq = create_sq(g, ENA_ADMIN_SQ_DIRECTION_RX, RX_SQ_ADDR, depth,
			     g->rx_cq);
	for (u32 i = 0; i < GUEST_VECTORS; i++)
		interrupts(g, i);
}

void tx_raw(struct guest *g, const void *desc)
{
	u16 depth = g->dev.sq[g->tx_sq].depth;

	memcpy(ram_at(g, TX_SQ_ADDR + (g->tx_tail & (depth - 1)) * 16), desc,
	       16);
	g->tx_tail++;
}

static u32 tx_phase(struct guest *g)
{
	return (u32)ring_phase(g->tx_tail, g->dev.sq[g->tx_sq].depth)
	       << ENA_ETH_IO_TX_DESC_PHASE_SHIFT;
}

void tx_desc(struct guest *g, u64 addr, u16 len, u32 flags, u8 header_length,
	     u16 req_id, u32 meta_ctrl)
{
	struct ena_eth_io_tx_desc desc = {
		.len_ctrl = htole32(len | flags | tx_phase(g) |
				    (u32)(req_id >> 10) << 16),
		.meta_ctrl = htole32(meta_ctrl | (u32)req_id << 22),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi_hdr_sz = htole32((u32)(addr >> 32 & 0xffff) |
					       (u32)header_length << 24),
	};

	tx_raw(g, &desc);
}

void tx_meta(struct guest *g, u8 l3_offset, u8 l3_len, u32 flags)
{
	struct ena_eth_io_tx_meta_desc desc = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK |
				    ENA_ETH_IO_TX_META_DESC_ETH_META_TYPE_MASK |
				    flags | tx_phase(g)),
		.word2 = htole32((u32)l3_offset << 8 | l3_len),
	};

	tx_raw(g, &desc);
}

void tx_ring(struct guest *g)
{
	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->tx_sq, g->tx_tail);
}

void tx_frame(struct guest *g, const void *frame, u16 len, u8 header_length)
{
	memcpy(ram_at(g, BUFFERS_ADDR), frame, len);
	tx_desc(g, BUFFERS_ADDR, len, TX_FIRST | TX_LAST | TX_COMP,
		header_length, 7, 0);
	tx_ring(g);
}

struct ena_eth_io_tx_cdesc tx_cdesc(struct guest *g, u16 index)
{
	u16 depth = g->dev.cq[g->tx_cq].depth;
	struct ena_eth_io_tx_cdesc cdesc;

	memcpy(&cdesc, ram_at(g, TX_CQ_ADDR + (index & (depth - 1)) * 8), 8);
	return cdesc;
}

void assert_tx_completions(struct guest *g, u16 count)
{
	u16 depth = g->dev.cq[g->tx_cq].depth;

	if (count)
		assert_int_equal(tx_cdesc(g, count - 1).flags & 1,
				 ring_phase(count - 1, depth));
	assert_int_not_equal(tx_cdesc(g, count).flags & 1,
			     ring_phase(count, depth));
}

void assert_tx_dropped(struct guest *g, enum tx_drop why)
{
	u8 frame[ENA_MAX_FRAME];

	assert_int_equal(wire_frame(g, frame, sizeof(frame)), 0);
	assert_int_equal(g->dev.stats.tx_frames, 0);
	assert_int_equal(stats_tx_drops(&g->dev.stats), 1);
	assert_int_equal(g->dev.stats.tx_drop[why], 1);
}

size_t wire_frame(struct guest *g, u8 *frame, size_t size)
{
	ssize_t len = recv(g->wire, frame, size, 0);

	return len > 0 ? (size_t)len : 0;
}

void rx_post(struct guest *g, u64 addr, u16 len, u16 req_id)
{
	u16 depth = g->dev.sq[g->rx_sq].depth;
	struct ena_eth_io_rx_desc desc = {
		.length = htole16(len),
		.ctrl = (u8)(ring_phase(g->rx_tail, depth) | 0x1c),
		.req_id = htole16(req_id),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi = htole16((u16)(addr >> 32)),
	};

	memcpy(ram_at(g, RX_SQ_ADDR + (g->rx_tail & (depth - 1)) * 16), &desc,
	       16);
	g->rx_tail++;
}

void rx_ring(struct guest *g)
{
	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->rx_sq, g->rx_tail);
}

struct ena_eth_io_rx_cdesc_base rx_cdesc(struct guest *g, u16 index)
{
	u16 depth = g->dev.cq[g->rx_cq].depth;
	struct ena_eth_io_rx_cdesc_base cdesc;

	memcpy(&cdesc, ram_at(g, RX_CQ_ADDR + (index & (depth - 1)) * 16), 16);
	return cdesc;
}

u64 interrupts(struct guest *g, u32 vector)
{
	u64 count;

	if (read(g->eventfd[vector], &count, sizeof(count)) < 0)
		return 0;
	return count;
}

void put16(u8 *p, u16 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
}

static size_t frame_l2(u8 *frame, size_t len, int vlans, u16 type)
{
	static const u8 macs[] = { 2, 0xec, 0x20, 0, 0, 2,
				   2, 0xec, 0x20, 0, 0, 1 };
	size_t at = sizeof(macs);

	for (size_t i = 0; i < len; i++)
		frame[i] = (u8)(i * 7);
	memcpy(frame, macs, sizeof(macs));
	if (vlans == VLAN_TWO) {
		put16(frame + at, 0x88a8);
		at += 4;
	}
	if (vlans != VLAN_NONE) {
		put16(frame + at, 0x8100);
		at += 4;
	}
	put16(frame + at, type);
	return at + 2;
}

size_t frame_ipv4(u8 *frame, size_t len, u8 proto, int vlans)
{
	size_t l3 = frame_l2(frame, len, vlans, 0x0800);
	u8 *ip = frame + l3;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (u16)(len - l3));
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, (const u8[]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
	return l3 + 20;
}

size_t frame_ipv6(u8 *frame, size_t len, u8 proto)
{
	size_t l3 = frame_l2(frame, len, VLAN_NONE, 0x86dd);
	u8 *ip = frame + l3;

	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, (u16)(len - l3 - 40));
	ip[6] = proto;
	ip[7] = 64;
	ip[23] = 1;
	ip[39] = 2;
	return l3 + 40;
}
