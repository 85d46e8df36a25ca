// SPDX-License-Identifier: GPL-2.0
/*
 * TX descriptors, the frames that they point to, and the RX side, since the
 * wire leads back. The first bytes: the header rule and how many descriptors
 * of each kind; then those, then what lies in the buffers.
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "packet.h"

static void set_phase(struct ena_eth_io_tx_desc *desc, u16 tail)
{
	u32 len_ctrl = le32toh(desc->len_ctrl);
	u32 phase = field_prep(ENA_ETH_IO_TX_DESC_PHASE_MASK,
			       ring_phase(tail, QUEUE_DEPTH));

	len_ctrl &= ~ENA_ETH_IO_TX_DESC_PHASE_MASK;
	desc->len_ctrl = htole32(len_ctrl | phase);
}

static void post_tx(struct machine *m, struct input *in, u16 tail)
{
	struct ena_eth_io_tx_desc desc;
	u32 hi;

	input_take(in, &desc, sizeof(desc));
	hi = le32toh(desc.buff_addr_hi_hdr_sz);
	if (!(hi & 0x8000)) {
		set_phase(&desc, tail);
		desc.buff_addr_lo = htole32((u32)(BUFFERS_ADDR +
			(le32toh(desc.buff_addr_lo) & (BUFFERS_SIZE - 1))));
		desc.buff_addr_hi_hdr_sz = htole32(hi & 0xff000000);
	}
	memcpy(machine_ram(m, TX_SQ_ADDR + tail % QUEUE_DEPTH * sizeof(desc)),
	       &desc, sizeof(desc));
}

static void post_rx(struct machine *m, struct input *in, u16 tail)
{
	u8 how = input_u8(in);
	u64 addr = BUFFERS_ADDR + BUFFERS_SIZE / 2 + (how & 0x3f) * 64u;
	struct ena_eth_io_rx_desc desc = {
		.length = htole16((u16)((how & 0x3f) * 128)),
		.ctrl = (u8)(ring_phase(tail, QUEUE_DEPTH) ^ (how == 0xff)),
		.req_id = htole16(tail),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi = htole16(how == 0xfe),
	};

	memcpy(machine_ram(m, RX_SQ_ADDR + tail % QUEUE_DEPTH * sizeof(desc)),
	       &desc, sizeof(desc));
}

static void doorbell(struct machine *m, u16 sq, u16 tail)
{
	bar0_write(&m->dev, BAR0_SQ_DOORBELL + 4u * sq, tail, 4);
}

/* Every descriptor is consumed and every frame is accounted for once. */
static void check_counters(struct machine *m, u16 tail)
{
	const struct stats *s = &m->dev.stats;

	if (m->dev.sq[m->tx_sq].head != tail)
		abort();
	if (s->tx_frames + stats_tx_drops(s) > tail)
		abort();
	if (s->tx_frames != s->rx_frames + stats_rx_drops(s))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct machine *m = machine_get();
	struct input in = { data, len };
	u8 rule = input_u8(&in) % 3;
	u16 tx = input_u8(&in) % (QUEUE_DEPTH + 1);
	u16 rx = input_u8(&in) % (QUEUE_DEPTH + 1);

	machine_restart(m, rule);
	machine_queues(m);
	for (u16 i = 0; i < rx; i++)
		post_rx(m, &in, i);
	doorbell(m, m->rx_sq, rx);
	for (u16 i = 0; i < tx; i++)
		post_tx(m, &in, i);
	input_take(&in, machine_ram(m, BUFFERS_ADDR), BUFFERS_SIZE);
	doorbell(m, m->tx_sq, tx);
	check_counters(m, tx);
	return 0;
}
