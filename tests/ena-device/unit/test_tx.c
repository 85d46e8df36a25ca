// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"
#include "packet.h"

#define IPV4_CSUM	(ENA_ETH_IO_L3_PROTO_IPV4 | \
			 ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK | \
			 ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK)
#define TCP_CSUM	(IPV4_CSUM | (u32)ENA_ETH_IO_L4_PROTO_TCP << 8)
#define UDP_CSUM	(IPV4_CSUM | (u32)ENA_ETH_IO_L4_PROTO_UDP << 8)

static u8 *buffer(struct guest *g)
{
	return ram_at(g, BUFFERS_ADDR);
}

QUEUE_TEST(one_frame)
{
	u8 frame[64], sent[ENA_MAX_FRAME];
	struct ena_eth_io_tx_cdesc cdesc;

	make_frame(frame, "v4-tcp", sizeof(frame));
	memcpy(buffer(g), frame, sizeof(frame));
	tx_desc(g, BUFFERS_ADDR, sizeof(frame), TX_WHOLE, 64, 0xabcd, 0);
	assert_tx_completions(g, 0);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), sizeof(frame));
	assert_memory_equal(sent, frame, sizeof(frame));
	assert_tx_completions(g, 1);
	cdesc = tx_cdesc(g, 0);
	assert_int_equal(le16toh(cdesc.req_id), 0xabcd);
	assert_int_equal(le16toh(cdesc.sq_head_idx), 1);
	assert_int_equal(cdesc.status, 0);
	assert_int_equal(cdesc.flags, 1);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_int_equal(g->dev.stats.tx_bytes, sizeof(frame));
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

QUEUE_TEST(three_buffers)
{
	u8 frame[9014], sent[ENA_MAX_FRAME];

	make_frame(frame, "v4-tcp", sizeof(frame));
	memcpy(buffer(g), frame, 52);
	memcpy(buffer(g) + 0x1001, frame + 52, 4096);
	memcpy(buffer(g) + 0x3000, frame + 4148, sizeof(frame) - 4148);
	tx_desc(g, BUFFERS_ADDR, 52, TX_FIRST | TX_COMP, 0, 3, 0);
	tx_desc(g, BUFFERS_ADDR + 0x1001, 4096, 0, 0, 0, 0);
	tx_desc(g, BUFFERS_ADDR + 0x3000, sizeof(frame) - 4148, TX_LAST, 0, 0,
		0);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), sizeof(frame));
	assert_memory_equal(sent, frame, sizeof(frame));
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 3);
	assert_int_equal(le16toh(tx_cdesc(g, 0).sq_head_idx), 3);
	assert_tx_completions(g, 1);
}

QUEUE_TEST(a_packet_over_two_doorbells)
{
	u8 sent[ENA_MAX_FRAME];

	tx_desc(g, BUFFERS_ADDR, 100, TX_FIRST | TX_COMP, 0, 3, 0);
	tx_ring(g);
	assert_tx_completions(g, 0);
	tx_desc(g, BUFFERS_ADDR + 100, 50, TX_LAST, 0, 0, 0);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 150);
	assert_tx_completions(g, 1);
}

QUEUE_TEST(phases_flip_at_the_wrap)
{
	u8 frame[60], sent[ENA_MAX_FRAME];
	u16 count = 0x10000 / QUEUE_DEPTH + 3;

	make_frame(frame, "v4-udp", sizeof(frame));
	for (u16 i = 0; i < count; i++) {
		for (int j = 0; j < QUEUE_DEPTH; j++)
			tx_desc(g, BUFFERS_ADDR, 60,
				TX_WHOLE, 0, j, 0);
		tx_ring(g);
		assert_tx_completions(g, (u16)((i + 1) * QUEUE_DEPTH));
		while (wire_frame(g, sent, sizeof(sent)))
			;
	}
	assert_int_equal(g->dev.stats.guest_errors, 0);
	assert_int_equal(g->dev.stats.tx_frames +
			 g->dev.stats.tx_drop[TX_DROP_TAP],
			 (u64)count * QUEUE_DEPTH);
}

QUEUE_TEST(completion_on_demand)
{
	g->dev.sq[g->tx_sq].on_demand = true;
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST, 0, 1, 0);
	tx_ring(g);
	assert_tx_completions(g, 0);
	tx_buffer(g, BUFFERS_ADDR, 60, 2);
	assert_tx_completions(g, 1);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 2);
}

/* Drivers ask with the first buffer, the words with the first descriptor. */
QUEUE_TEST(completion_on_demand_behind_a_meta)
{
	const u64 *exceptions = g->dev.stats.exceptions;

	g->dev.sq[g->tx_sq].on_demand = true;
	tx_meta(g, 14, 20, TX_FIRST | TX_COMP);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST, 0, 1, 0);
	tx_ring(g);
	assert_tx_completions(g, 1);
	assert_int_equal(exceptions[EXCEPTION_COMP_REQ], 0);
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 0, 2, 0);
	tx_ring(g);
	assert_tx_completions(g, 2);
	assert_int_equal(exceptions[EXCEPTION_COMP_REQ], 1);
	tx_desc(g, BUFFERS_ADDR, 30, TX_FIRST, 0, 3, 0);
	tx_desc(g, BUFFERS_ADDR, 30, TX_LAST | TX_COMP, 0, 0, 0);
	tx_ring(g);
	assert_tx_completions(g, 2);
	assert_int_equal(g->dev.stats.tx_frames, 3);
}

/* What is in the buffer, for the device to checksum with a meta descriptor. */
static size_t send_partial(struct guest *g, u16 len, u32 meta_ctrl, u8 *sent)
{
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, len, TX_LAST | TX_COMP, 54, 9, meta_ctrl);
	tx_ring(g);
	return wire_frame(g, sent, ENA_MAX_FRAME);
}

static void assert_checksummed(const u8 *sent, const char *name, size_t len)
{
	u8 whole[ENA_MAX_FRAME];

	make_frame(whole, name, len);
	assert_memory_equal(sent, whole, len);
}

QUEUE_TEST(checksum_tcp)
{
	u8 sent[ENA_MAX_FRAME];

	/* An odd length too. */
	for (u16 len = 100; len < 103; len++) {
		make_partial_frame(buffer(g), "v4-tcp", len);
		assert_int_equal(send_partial(g, len, TCP_CSUM, sent), len);
		assert_checksummed(sent, "v4-tcp", len);
	}
}

QUEUE_TEST(checksum_meta_is_cached)
{
	u8 sent[ENA_MAX_FRAME];

	make_partial_frame(buffer(g), "v4-tcp", 200);
	tx_meta(g, 14, 20,
		TX_FIRST | ENA_ETH_IO_TX_META_DESC_META_STORE_MASK);
	tx_desc(g, BUFFERS_ADDR, 200, TX_LAST | TX_COMP, 54, 9, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 200);
	make_partial_frame(buffer(g), "v4-udp", 300);
	tx_desc(g, BUFFERS_ADDR, 300, TX_WHOLE, 54, 9, UDP_CSUM);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 300);
	assert_checksummed(sent, "v4-udp", 300);
	assert_tx_completions(g, 2);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 9);
}

QUEUE_TEST(checksum_meta_without_store)
{
	u8 sent[ENA_MAX_FRAME];

	buffer(g)[12] = 8;
	assert_int_equal(send_partial(g, 100, TCP_CSUM, sent), 100);
	tx_desc(g, BUFFERS_ADDR, 100, TX_FIRST | TX_LAST, 0, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM], 1);
}

QUEUE_TEST(checksum_udp_is_never_zero)
{
	u8 *frame = buffer(g);
	size_t l4 = make_partial_frame(frame, "v4-udp", 44);
	u8 sent[ENA_MAX_FRAME];
	u16 sum;

	memset(frame + l4 + 8, 0, 2);
	sum = htobe16(packet_checksum(frame + l4, 10));
	memcpy(frame + l4 + 8, &sum, 2);	/* now the sum of all is 0 */
	assert_int_equal(send_partial(g, 44, UDP_CSUM, sent), 44);
	assert_int_equal(be16_at(sent + l4 + 6), 0xffff);
}

QUEUE_TEST(checksum_leaves_padding_out)
{
	u8 sent[ENA_MAX_FRAME];

	make_partial_frame(buffer(g), "v4-tcp", 54);
	memset(buffer(g) + 54, 0x33, 6);
	assert_int_equal(send_partial(g, 60, TCP_CSUM, sent), 60);
	assert_checksummed(sent, "v4-tcp", 54);
}

QUEUE_TEST(checksum_outside_of_the_frame)
{
	u8 sent[ENA_MAX_FRAME];
	u16 dropped = 0;

	for (u16 len = 14; len < 52; len++) {
		assert_int_equal(send_partial(g, len, TCP_CSUM, sent), 0);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM],
				 ++dropped);
	}
	tx_meta(g, 255, 255, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 300, TX_LAST | TX_COMP, 0, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM], ++dropped);
	assert_tx_completions(g, dropped);
}

QUEUE_TEST(checksum_of_an_unknown_protocol)
{
	u8 sent[ENA_MAX_FRAME];

	send_partial(g, 300, IPV4_CSUM | 5u << 8, sent);
	assert_tx_dropped(g, TX_DROP_CHECKSUM);
}

QUEUE_TEST(offloads_not_offered)
{
	static const u32 meta_ctrl[] = {
		ENA_ETH_IO_TX_DESC_TSO_EN_MASK | TCP_CSUM,
		ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK | TCP_CSUM,
		TCP_CSUM & ~ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK,
		(TCP_CSUM & ~0xfu) | ENA_ETH_IO_L3_PROTO_IPV6,
	};
	u8 sent[ENA_MAX_FRAME];

	for (u16 i = 0; i < ARRAY_SIZE(meta_ctrl); i++) {
		send_partial(g, 300, meta_ctrl[i], sent);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_OFFLOAD], i + 1);
		assert_tx_completions(g, i + 1);
	}
}

/* Is a frame sent under each header rule? "off" sends them all. */
struct rule_case {
	const char *frame;
	u16 len;
	u8 header_length;
	bool strict;
	bool spec;
};

static void check_rule(struct guest *g, const struct rule_case *c,
		       enum header_rule rule, bool sent)
{
	u64 before = g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH];
	u16 completed = g->dev.cq[g->tx_cq].tail;
	u8 frame[ENA_MAX_FRAME], got[ENA_MAX_FRAME];

	make_frame(frame, c->frame, c->len);
	g->dev.config.header_rule = rule;
	tx_frame(g, frame, c->len, c->header_length);
	if (wire_frame(g, got, sizeof(got)) != (sent ? c->len : 0))
		fail_msg("%s, len %u, header_length %u, rule %d: expected %s",
			 c->frame, c->len, c->header_length, rule,
			 sent ? "sent" : "dropped");
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH],
			 before + !sent);
	/* Dropped or not, the driver gets its buffer back. */
	assert_int_equal(g->dev.cq[g->tx_cq].tail, completed + 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

static void check_rules(struct guest *g, const struct rule_case *cases,
			size_t count)
{
	for (; count--; cases++) {
		check_rule(g, cases, HEADER_RULE_STRICT, cases->strict);
		check_rule(g, cases, HEADER_RULE_SPEC, cases->spec);
		check_rule(g, cases, HEADER_RULE_OFF, true);
	}
}

QUEUE_TEST(rule_ipv4_tcp)
{
	static const struct rule_case cases[] = {
		{ "v4-tcp", 5066, 52, false, false },
		{ "v4-tcp", 5066, 53, false, false },
		{ "v4-tcp", 5066, 54, true, true },
		{ "v4-tcp", 5066, 55, true, true },
		{ "v4-tcp", 5066, 96, true, true },
		{ "v4-tcp", 5066, 1, false, false },
		{ "v4-tcp", 5066, 14, false, false },
		{ "v4-tcp", 5066, 0, true, false },
		{ "v4-tcp", 97, 0, true, false },
		{ "v4-tcp", 96, 0, true, true },
		{ "v4-tcp", 96, 52, false, false },
		{ "v4-tcp", 60, 52, false, false },
		{ "v4-tcp", 60, 54, true, true },
		{ "v4-tcp", 54, 52, false, false },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_ipv6_tcp)
{
	static const struct rule_case cases[] = {
		{ "v6-tcp", 5086, 54, false, false },
		{ "v6-tcp", 5086, 72, false, false },
		{ "v6-tcp", 5086, 73, false, false },
		{ "v6-tcp", 5086, 74, true, true },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_udp)
{
	static const struct rule_case cases[] = {
		{ "v4-udp", 5000, 41, false, false },
		{ "v4-udp", 5000, 42, true, true },
		{ "v4-udp", 5000, 14, false, false },
		{ "v4-udp", 42, 42, true, true },
		{ "v6-udp", 5000, 61, false, false },
		{ "v6-udp", 5000, 62, true, true },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_vlan)
{
	static const struct rule_case cases[] = {
		{ "vlan-v4-tcp", 5000, 57, false, false },
		{ "vlan-v4-tcp", 5000, 58, true, true },
		{ "qinq-v4-tcp", 5000, 61, false, false },
		{ "qinq-v4-tcp", 5000, 62, true, true },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_fragments)
{
	static const struct rule_case cases[] = {
		{ "v4-tcp-first", 5000, 52, false, false },
		{ "v4-tcp-first", 5000, 54, true, true },
		{ "v4-tcp-later", 5000, 14, true, true },
		{ "v4-tcp-later", 5000, 0, true, true },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_leaves_others_alone)
{
	static const struct rule_case cases[] = {
		{ "v4-icmp", 5000, 14, true, true },
		{ "v4-icmp", 5000, 34, true, true },
		{ "v4-icmp", 5000, 0, true, true },
		{ "arp", 5000, 14, true, true },
		{ "arp", 5000, 34, true, true },
		{ "arp", 5000, 0, true, true },
	};

	check_rules(g, cases, ARRAY_SIZE(cases));
}

QUEUE_TEST(rule_of_l3)
{
	static const struct rule_case dropped[] = {
		{ .frame = "v4-tcp", .len = 5000, .header_length = 33 },
		{ .frame = "v6-udp", .len = 5000, .header_length = 53 },
		{ .frame = "v4-icmp", .len = 5000, .header_length = 33 },
		{ .frame = "v4-tcp-later", .len = 5000, .header_length = 14 },
	}, sent[] = {
		{ .frame = "v4-tcp", .len = 5000, .header_length = 34 },
		{ .frame = "v6-udp", .len = 5000, .header_length = 54 },
		{ .frame = "v4-tcp", .len = 5000, .header_length = 0 },
		{ .frame = "arp", .len = 5000, .header_length = 14 },
	};

	for (u16 i = 0; i < ARRAY_SIZE(sent); i++) {
		check_rule(g, &dropped[i], HEADER_RULE_L3, false);
		check_rule(g, &sent[i], HEADER_RULE_L3, true);
	}
}

/* A header that cannot be whole within the maximum needs only the maximum. */
QUEUE_TEST(rule_is_bounded_by_the_maximum)
{
	static const struct rule_case of_40[] = {
		{ "v4-tcp", 5000, 39, false, false },
		{ "v4-tcp", 5000, 40, true, true },
	};
	static const struct rule_case of_96[] = {
		/* TCP's header ends at 94, then at 102. */
		{ "v4opt40-tcp", 5000, 93, false, false },
		{ "v4opt40-tcp", 5000, 94, true, true },
		{ "qinq-v4opt40-tcp", 5000, 95, false, false },
		{ "qinq-v4opt40-tcp", 5000, 96, true, true },
	};

	g->dev.config.max_header_size = 40;
	check_rules(g, of_40, ARRAY_SIZE(of_40));
	g->dev.config.max_header_size = 96;
	check_rules(g, of_96, ARRAY_SIZE(of_96));
}

QUEUE_TEST(header_length_over_the_maximum)
{
	u8 frame[200];

	make_frame(frame, "v4-tcp", sizeof(frame));
	g->dev.config.header_rule = HEADER_RULE_OFF;
	tx_frame(g, frame, sizeof(frame), 97);
	assert_tx_dropped(g, TX_DROP_HEADER_TOO_LONG);
	assert_int_equal(g->dev.stats.guest_errors, 1);
	assert_tx_completions(g, 1);
}

QUEUE_TEST(addresses_outside_of_ram)
{
	static const u64 addrs[] = { 0, RAM_BASE - 1, RAM_END - 59, RAM_END,
				     0xffffffffffff };

	for (u16 i = 0; i < ARRAY_SIZE(addrs); i++) {
		tx_buffer(g, addrs[i], 60, i);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_BAD_ADDRESS],
				 i + 1);
		assert_int_equal(le16toh(tx_cdesc(g, i).req_id), i);
	}
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(addrs));
	tx_buffer(g, RAM_END - 60, 60, 9);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

QUEUE_TEST(lengths_that_overflow)
{
	tx_desc(g, BUFFERS_ADDR, 65535, TX_WHOLE, 0, 1, 0);
	for (int i = 0; i < TX_MAX_DESCS; i++)
		tx_desc(g, BUFFERS_ADDR, 65535,
			(i ? 0 : TX_FIRST | TX_COMP) |
			(i == TX_MAX_DESCS - 1 ? TX_LAST : 0), 0, 2, 0);
	tx_desc(g, BUFFERS_ADDR, ENA_MAX_FRAME, TX_FIRST, 0, 3, 0);
	tx_desc(g, BUFFERS_ADDR, 1, TX_LAST, 0, 0, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_TOO_LONG], 3);
	assert_tx_completions(g, 3);
	tx_desc(g, BUFFERS_ADDR, ENA_MAX_FRAME - 1, TX_FIRST, 0, 3, 0);
	tx_desc(g, BUFFERS_ADDR, 1, TX_LAST, 0, 0, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

QUEUE_TEST(runts)
{
	static const u16 lens[] = { 0, 1, 13 };

	for (u16 i = 0; i < ARRAY_SIZE(lens); i++)
		tx_buffer(g, BUFFERS_ADDR, lens[i], i);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_RUNT], 3);
	assert_tx_completions(g, 3);
	tx_buffer(g, BUFFERS_ADDR, 14, 4);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

/* More than 16 bits count. */
QUEUE_TEST(descriptors_that_never_end)
{
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_COMP, 0, 1, 0);
	for (int i = 0; i < 0x10000 + 2 * TX_MAX_DESCS; i++) {
		tx_desc(g, BUFFERS_ADDR, 60, 0, 0, 0, 0);
		tx_ring(g);
	}
	assert_int_equal(g->dev.sq[g->tx_sq].packet.buffers, TX_MAX_DESCS);
	assert_tx_completions(g, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST, 0, 0, 0);
	tx_ring(g);
	assert_tx_dropped(g, TX_DROP_TOO_MANY_DESCS);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 1);
}

QUEUE_TEST(a_packet_inside_a_packet)
{
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_COMP, 0, 1, 0);
	tx_buffer(g, BUFFERS_ADDR, 60, 2);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_MALFORMED], 1);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 1);
	assert_int_equal(le16toh(tx_cdesc(g, 1).req_id), 2);
}

QUEUE_TEST(descriptors_outside_of_a_packet)
{
	tx_desc(g, BUFFERS_ADDR, 60, 0, 0, 1, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 0, 2, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	assert_int_equal(g->dev.stats.tx_frames, 0);
	assert_tx_completions(g, 0);
}

QUEUE_TEST(wrong_phases)
{
	struct ena_eth_io_tx_desc stale = {
		.len_ctrl = htole32(60 | TX_FIRST | TX_LAST),
		.buff_addr_lo = htole32((u32)BUFFERS_ADDR),
	};

	tx_raw(g, &stale);
	tx_ring(g);
	assert_tx_dropped(g, TX_DROP_MALFORMED);
}

QUEUE_TEST(metas_out_of_place)
{
	/* Not first, and by itself, which is allowed. */
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_COMP, 0, 1, 0);
	tx_meta(g, 14, 20, TX_LAST);
	tx_ring(g);
	assert_tx_dropped(g, TX_DROP_MALFORMED);
	tx_meta(g, 14, 20, TX_FIRST | TX_LAST);
	tx_ring(g);
	assert_tx_completions(g, 1);
	assert_int_equal(stats_tx_drops(&g->dev.stats), 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

/* Its fields are not valid: what is cached stays. */
QUEUE_TEST(a_meta_that_is_not_extended)
{
	const struct ena_eth_io_tx_meta_desc empty = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_PHASE_MASK |
				    TX_FIRST),
		.word2 = ~0u,
	};
	u8 sent[ENA_MAX_FRAME];

	make_partial_frame(buffer(g), "v4-tcp", 200);
	tx_meta(g, 14, 20,
		TX_FIRST | ENA_ETH_IO_TX_META_DESC_META_STORE_MASK);
	tx_desc(g, BUFFERS_ADDR, 200, TX_LAST | TX_COMP, 54, 9, TCP_CSUM);
	tx_raw(g, &empty);
	tx_desc(g, BUFFERS_ADDR, 200, TX_LAST | TX_COMP, 54, 9, TCP_CSUM);
	tx_ring(g);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wire_frame(g, sent, sizeof(sent)), 200);
		assert_checksummed(sent, "v4-tcp", 200);
	}
	assert_tx_completions(g, 2);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

QUEUE_TEST(doorbells_out_of_range)
{
	static const u32 tails[] = { QUEUE_DEPTH + 1, 0x8000, 0xffff, ~0u };

	for (u16 i = 0; i < ARRAY_SIZE(tails); i++) {
		reg_write(g, BAR0_SQ_DOORBELL + 4u * g->tx_sq, tails[i]);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
	assert_tx_completions(g, 0);
	tx_buffer(g, BUFFERS_ADDR, 60, 4);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

/* RAM goes away under a live queue, as at a hot unplug. */
QUEUE_TEST(ram_that_goes_away)
{
	tx_desc(g, BUFFERS_ADDR, 60, TX_WHOLE, 0, 1, 0);
	dma_unmap_all(&g->dev.dma);
	g->tx_tail = QUEUE_DEPTH;
	tx_ring(g);
	assert_int_equal(g->dev.stats.guest_errors, QUEUE_DEPTH);
	assert_int_equal(g->dev.stats.tx_frames, 0);
}

QUEUE_TEST(a_completion_ring_that_goes_away)
{
	g->dev.cq[g->tx_cq].base = RAM_END;
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}
