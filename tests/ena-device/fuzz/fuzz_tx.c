// SPDX-License-Identifier: GPL-2.0
/*
 * TX descriptors and the frames that they point to; RX too, since the wire
 * leads back. The input is the header rule, how many TX and RX descriptors
 * there are, these, and what is in the buffers.
 */
#include <stdlib.h>

#include "target.h"
#include "packet.h"

/* What no profile offers, and the model has. */
#define FULL_CHECKSUMS \
	(ENA_ADMIN_FEATURE_OFFLOAD_DESC_TX_L4_IPV4_CSUM_FULL_MASK | \
	 ENA_ADMIN_FEATURE_OFFLOAD_DESC_TX_L4_IPV6_CSUM_FULL_MASK)

static void post_tx(struct guest *g, struct input *in)
{
	struct ena_eth_io_tx_desc desc;
	u32 len_ctrl, hi;

	input_take(in, &desc, sizeof(desc));
	hi = le32toh(desc.buff_addr_hi_hdr_sz);
	if (!(hi & 0x8000)) {
		len_ctrl = le32toh(desc.len_ctrl);
		len_ctrl &= ~ENA_ETH_IO_TX_DESC_PHASE_MASK;
		desc.len_ctrl = htole32(len_ctrl | tx_phase(g));
		desc.buff_addr_lo = htole32((u32)(BUFFERS_ADDR +
			(le32toh(desc.buff_addr_lo) & (BUFFERS_SIZE - 1))));
		desc.buff_addr_hi_hdr_sz = htole32(hi & 0xff000000);
	}
	tx_raw(g, &desc);
}

static void post_rx(struct guest *g, struct input *in)
{
	u8 how = input_u8(in);
	u64 addr = BUFFERS_ADDR + BUFFERS_SIZE / 2 + (how & 0x3f) * 64u;
	struct ena_eth_io_rx_desc desc = {
		.length = htole16((u16)((how & 0x3f) * 128)),
		.ctrl = (u8)(ring_phase(g->rx_tail, QUEUE_DEPTH) ^
			     (how == 0xff)),
		.req_id = htole16(g->rx_tail),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi = htole16(how == 0xfe),
	};

	rx_raw(g, &desc);
}

/* Every descriptor is consumed and every frame is accounted for once. */
static void check_counters(const struct guest *g)
{
	const struct stats *s = &g->dev.stats;

	if (g->dev.sq[g->tx_sq].head != g->tx_tail)
		abort();
	if (s->tx_frames + stats_tx_drops(s) > g->tx_tail)
		abort();
	if (s->tx_frames != s->rx_frames + stats_rx_drops(s))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input in = { data, len };
	struct guest *g = fuzz_guest("c5-metal", input_u8(&in) % 3);
	u16 tx = input_u8(&in) % (QUEUE_DEPTH + 1);
	u16 rx = input_u8(&in) % (QUEUE_DEPTH + 1);

	g->dev.config.profile.tx_offload |= FULL_CHECKSUMS;
	create_queues(g);
	while (rx--)
		post_rx(g, &in);
	rx_ring(g);
	while (tx--)
		post_tx(g, &in);
	input_take(&in, ram_at(g, BUFFERS_ADDR), BUFFERS_SIZE);
	tx_ring(g);
	check_counters(g);
	return 0;
}
