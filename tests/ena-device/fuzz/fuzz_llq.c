// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of a low latency queue. The input is the header rule, the layout and
 * how many entries there are; of each how it is made, then its bytes.
 */
#include <stdlib.h>

#include "target.h"

#define PHASE_IS_RIGHT	0x80
#define ADDRESS_IS_TAME	0x40

static void choose_layout(struct guest *g, u8 choice)
{
	static const u16 sizes[] = { ENA_ADMIN_LIST_ENTRY_SIZE_128B,
				     ENA_ADMIN_LIST_ENTRY_SIZE_256B,
				     ENA_ADMIN_LIST_ENTRY_SIZE_192B,
				     ENA_ADMIN_LIST_ENTRY_SIZE_192B };
	union admin_command cmd = set_feature(ENA_ADMIN_LLQ);
	struct ena_admin_feature_llq_desc *llq = &cmd.set_feature.u.llq;
	u16 stride = choice & 2 ? ENA_ADMIN_SINGLE_DESC_PER_ENTRY :
				  ENA_ADMIN_MULTIPLE_DESCS_PER_ENTRY;

	g->dev.config.profile.llq_entry_sizes |= ENA_ADMIN_LIST_ENTRY_SIZE_192B;
	llq->header_location_ctrl_enabled = htole16(ENA_ADMIN_INLINE_HEADER);
	llq->entry_size_ctrl_enabled =
		htole16(sizes[(choice & 1) | (choice >> 5 & 2)]);
	llq->desc_num_before_header_enabled =
		htole16((u16)(1 << (choice >> 2 & 0xf) % 3));
	llq->descriptors_stride_ctrl_enabled = htole16(stride);
	llq->accel_mode.u.set.enabled_flags = htole16(choice >> 4 & 3);
	if (admin_run(g, &cmd, NULL) != ENA_ADMIN_SUCCESS)
		abort();
}

static u16 create(struct guest *g)
{
	union admin_command cq = cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2,
					    IO_VECTOR);
	union admin_command sq = sq_command(ENA_ADMIN_SQ_DIRECTION_TX, 0,
					    QUEUE_DEPTH, 0);
	union admin_response resp;

	sq.create_sq.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_DEV;
	if (admin_run(g, &cq, NULL) != ENA_ADMIN_SUCCESS ||
	    admin_run(g, &sq, &resp) != ENA_ADMIN_SUCCESS)
		abort();
	return le16toh(resp.create_sq.sq_idx);
}

/* The delays of interrupts: the vector's, in either direction. */
static void moderate(struct guest *g, u8 choice)
{
	u32 unmask = ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK;
	u32 delay = field_prep(ENA_ETH_IO_INTR_REG_TX_INTR_DELAY_MASK, 100);

	reg_write(g, BAR0_CQ_INTR, unmask | (choice & 0x80 ? delay : 0));
}

static void mend(u8 *slot, u8 how, u16 tail)
{
	struct ena_eth_io_tx_desc desc;
	u32 len_ctrl, hi;

	memcpy(&desc, slot, sizeof(desc));
	len_ctrl = le32toh(desc.len_ctrl);
	hi = le32toh(desc.buff_addr_hi_hdr_sz);
	if (how & PHASE_IS_RIGHT && len_ctrl) {
		len_ctrl &= ~ENA_ETH_IO_TX_DESC_PHASE_MASK;
		len_ctrl |= field_prep(ENA_ETH_IO_TX_DESC_PHASE_MASK,
				       ring_phase(tail, QUEUE_DEPTH));
		desc.len_ctrl = htole32(len_ctrl);
	}
	if (how & ADDRESS_IS_TAME && len_ctrl) {
		desc.buff_addr_lo = htole32((u32)(BUFFERS_ADDR +
			(le32toh(desc.buff_addr_lo) & (BUFFERS_SIZE - 1))));
		desc.buff_addr_hi_hdr_sz = htole32(hi & 0xff000000);
	}
	memcpy(slot, &desc, sizeof(desc));
}

static void push(struct guest *g, struct input *in, u16 sq, u16 tail)
{
	u32 size = g->dev.llq.entry_size;
	u8 entry[LLQ_MAX_ENTRY];
	u8 how = input_u8(in);

	input_take(in, entry, size);
	for (u32 i = 0; i <= how % 16u && i < size / LLQ_DESC_SIZE; i++)
		mend(entry + i * LLQ_DESC_SIZE, how, tail);
	memcpy(g->dev.llq.window + g->dev.sq[sq].area * LLQ_AREA_SIZE +
	       tail % QUEUE_DEPTH * size, entry, size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input in = { data, len };
	struct guest *g = fuzz_guest("nitro", input_u8(&in) % 3);
	const struct stats *s = &g->dev.stats;
	u16 tail = 0, sq, count;
	u8 layout;

	layout = input_u8(&in);
	choose_layout(g, layout);
	sq = create(g);
	moderate(g, layout);
	count = input_u8(&in) % (3 * QUEUE_DEPTH);
	while (tail < count) {
		push(g, &in, sq, tail++);
		if (tail % 8 == 0 || tail == count)
			reg_write(g, BAR0_SQ_DOORBELL + 4u * sq, tail);
	}
	irq_run_delayed(&g->dev, ~0ull);
	if (g->dev.irq.next || g->dev.sq[sq].head != tail ||
	    s->tx_frames != s->rx_frames + stats_rx_drops(s) ||
	    s->llq_frames != s->tx_frames)
		abort();
	return 0;
}
