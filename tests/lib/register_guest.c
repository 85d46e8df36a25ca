// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "register_guest.h"

#define check(ok) \
	((ok) ? (void)0 : guest_failed(#ok, __FILE__, __LINE__))

const struct ena_config guest_config = {
	.mac = { 0x02, 0xec, 0x20, 0, 0, 1 },
	.queues = 2,
	.max_header_size = 96,
	.max_tx_descs = 17,
};

static void map_ram(struct guest *g, u64 size)
{
	int fd = memfd_create("ram", MFD_CLOEXEC);

	check(fd >= 0 && !ftruncate(fd, (off_t)size));
	g->ram_size = size;
	g->ram = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(g->ram != MAP_FAILED);
	check(!dma_map(&g->dev.dma, RAM_BASE, size, DMA_READ | DMA_WRITE, fd,
		       0));
	close(fd);
}

void pci_command(struct ena_dev *dev, u16 value)
{
	value = htole16(value);
	check(!pci_vfu_ops.region_write(dev, VFIO_PCI_CONFIG_REGION_INDEX,
					PCI_COMMAND, (u8 *)&value,
					sizeof(value)));
}

void guest_init(struct guest *g, const struct ena_config *config, u64 ram_size)
{
	struct ena_config with_profile = *config;

	if (!config->profile.queues)
		check(profile_load(&with_profile.profile, "c5-metal"));
	ena_dev_init(&g->dev, 0, &with_profile);
	check(!ena_dev_open_llq(&g->dev));
	map_ram(g, ram_size);
	pci_command(&g->dev, PCI_COMMAND_MASTER);
}

void *ram_at(struct guest *g, u64 addr)
{
	check(addr - RAM_BASE < g->ram_size);
	return g->ram + (addr - RAM_BASE);
}

void reg_write(struct guest *g, u32 offset, u32 value)
{
	bar0_write(&g->dev, offset, value, 4);
	while (ena_dev_has_work(&g->dev))
		tx_turn(&g->dev);
}

u32 reg_read(struct guest *g, u32 offset)
{
	return bar0_read(&g->dev, offset, 4);
}

/* Admin queues */

static void set_ring(struct guest *g, u32 base_lo, u32 base_hi, u32 caps,
		     u64 addr)
{
	reg_write(g, base_lo, (u32)addr);
	reg_write(g, base_hi, (u32)(addr >> 32));
	reg_write(g, caps,
		  QUEUE_DEPTH | 64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT);
}

void admin_up(struct guest *g)
{
	set_ring(g, ENA_REGS_AQ_BASE_LO_OFF, ENA_REGS_AQ_BASE_HI_OFF,
		 ENA_REGS_AQ_CAPS_OFF, AQ_ADDR);
	set_ring(g, ENA_REGS_ACQ_BASE_LO_OFF, ENA_REGS_ACQ_BASE_HI_OFF,
		 ENA_REGS_ACQ_CAPS_OFF, ACQ_ADDR);
	set_ring(g, ENA_REGS_AENQ_BASE_LO_OFF, ENA_REGS_AENQ_BASE_HI_OFF,
		 ENA_REGS_AENQ_CAPS_OFF, AENQ_ADDR);
	g->aq_tail = 0;
	g->acq_head = 0;
}

void admin_push(struct guest *g, const union admin_command *cmd)
{
	union admin_command *aq = ram_at(g, AQ_ADDR);

	aq[g->aq_tail++ % QUEUE_DEPTH] = *cmd;
	reg_write(g, ENA_REGS_AQ_DB_OFF, g->aq_tail);
}

u8 admin_run(struct guest *g, union admin_command *cmd,
	     union admin_response *resp)
{
	union admin_response *slot = ram_at(g, ACQ_ADDR);
	u16 id = g->aq_tail & 0xfff;

	slot += g->acq_head % QUEUE_DEPTH;
	cmd->common.command_id = htole16(id);
	cmd->common.flags &= (u8)~ENA_ADMIN_AQ_COMMON_DESC_PHASE_MASK;
	cmd->common.flags |= ring_phase(g->aq_tail, QUEUE_DEPTH);
	admin_push(g, cmd);
	check((slot->common.flags & 1) == ring_phase(g->acq_head, QUEUE_DEPTH));
	check(le16toh(slot->common.command) == id);
	check(le16toh(slot->common.sq_head_indx) == g->aq_tail);
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

static u16 create(struct guest *g, union admin_command cmd)
{
	union admin_response resp;

	static_assert(offsetof(struct ena_admin_acq_create_sq_resp_desc,
			       sq_idx) ==
		      offsetof(struct ena_admin_acq_create_cq_resp_desc,
			       cq_idx), "index of the queue created");
	check(admin_run(g, &cmd, &resp) == ENA_ADMIN_SUCCESS);
	return le16toh(resp.create_sq.sq_idx);
}

void create_queues(struct guest *g)
{
	g->tx_cq = create(g, cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2, IO_VECTOR));
	g->tx_sq = create(g, sq_command(ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR,
					QUEUE_DEPTH, g->tx_cq));
	g->rx_cq = create(g, cq_command(RX_CQ_ADDR, QUEUE_DEPTH, 4, IO_VECTOR));
	g->rx_sq = create(g, sq_command(ENA_ADMIN_SQ_DIRECTION_RX, RX_SQ_ADDR,
					QUEUE_DEPTH, g->rx_cq));
	g->tx_tail = 0;
	g->rx_tail = 0;
}

/* I/O queues */

void tx_raw(struct guest *g, const void *desc)
{
	struct ena_eth_io_tx_desc *sq = ram_at(g, TX_SQ_ADDR);

	memcpy(&sq[g->tx_tail++ % QUEUE_DEPTH], desc, sizeof(*sq));
}

u32 tx_phase(const struct guest *g)
{
	return field_prep(ENA_ETH_IO_TX_DESC_PHASE_MASK,
			  ring_phase(g->tx_tail, QUEUE_DEPTH));
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

struct ena_eth_io_tx_cdesc tx_cdesc(struct guest *g, u16 index)
{
	const struct ena_eth_io_tx_cdesc *cq = ram_at(g, TX_CQ_ADDR);

	return cq[index % QUEUE_DEPTH];
}

void rx_raw(struct guest *g, const struct ena_eth_io_rx_desc *desc)
{
	struct ena_eth_io_rx_desc *sq = ram_at(g, RX_SQ_ADDR);

	sq[g->rx_tail++ % QUEUE_DEPTH] = *desc;
}

void rx_post(struct guest *g, u64 addr, u16 len, u16 req_id)
{
	struct ena_eth_io_rx_desc desc = {
		.length = htole16(len),
		.ctrl = (u8)(ring_phase(g->rx_tail, QUEUE_DEPTH) | 0x1c),
		.req_id = htole16(req_id),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi = htole16((u16)(addr >> 32)),
	};

	rx_raw(g, &desc);
}

void rx_ring(struct guest *g)
{
	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->rx_sq, g->rx_tail);
}

struct ena_eth_io_rx_cdesc_base rx_cdesc(struct guest *g, u16 index)
{
	const struct ena_eth_io_rx_cdesc_base *cq = ram_at(g, RX_CQ_ADDR);

	return cq[index % QUEUE_DEPTH];
}

ssize_t send_fds(int sock, const void *data, size_t len, const int *fds,
		 size_t count)
{
	union {
		char buf[CMSG_SPACE(253 * sizeof(int))];	/* SCM_MAX_FD */
		struct cmsghdr header;
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (count) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}
