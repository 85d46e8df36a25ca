// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "guest.h"
#include "packet.h"

#define Q(name) \
	cmocka_unit_test_setup_teardown(name, guest_setup_queues, \
					guest_teardown)

#define IPV4_CSUM	(ENA_ETH_IO_L3_PROTO_IPV4 | \
			 ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK | \
			 ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK)
#define TCP_CSUM	(IPV4_CSUM | (u32)ENA_ETH_IO_L4_PROTO_TCP << 8)
#define UDP_CSUM	(IPV4_CSUM | (u32)ENA_ETH_IO_L4_PROTO_UDP << 8)

static u8 *buffer(struct guest *g)
{
	return ram_at(g, BUFFERS_ADDR);
}

static void one_frame(void **state)
{
	struct guest *g = *state;
	u8 frame[64], sent[ENA_MAX_FRAME];
	struct ena_eth_io_tx_cdesc cdesc;

	frame_ipv4(frame, sizeof(frame), PROTO_TCP, VLAN_NONE);
	memcpy(buffer(g), frame, sizeof(frame));
	tx_desc(g, BUFFERS_ADDR, sizeof(frame), TX_FIRST | TX_LAST | TX_COMP,
		64, 0xabcd, 0);
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

static void three_buffers(void **state)
{
	struct guest *g = *state;
	u8 frame[9014], sent[ENA_MAX_FRAME];

	frame_ipv4(frame, sizeof(frame), PROTO_TCP, VLAN_NONE);
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

static void a_packet_over_two_doorbells(void **state)
{
	struct guest *g = *state;
	u8 sent[ENA_MAX_FRAME];

	tx_desc(g, BUFFERS_ADDR, 100, TX_FIRST | TX_COMP, 0, 3, 0);
	tx_ring(g);
	assert_tx_completions(g, 0);
	tx_desc(g, BUFFERS_ADDR + 100, 50, TX_LAST, 0, 0, 0);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 150);
	assert_tx_completions(g, 1);
}

static void phases_flip_at_the_wrap(void **state)
{
	struct guest *g = *state;
	u8 frame[60], sent[ENA_MAX_FRAME];
	u16 count = 0x10000 / QUEUE_DEPTH + 3;

	frame_ipv4(frame, sizeof(frame), PROTO_UDP, VLAN_NONE);
	for (u16 i = 0; i < count; i++) {
		for (int j = 0; j < QUEUE_DEPTH; j++)
			tx_desc(g, BUFFERS_ADDR, 60,
				TX_FIRST | TX_LAST | TX_COMP, 0, j, 0);
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

static void completion_on_demand(void **state)
{
	struct guest *g = *state;

	g->dev.sq[g->tx_sq].on_demand = true;
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST, 0, 1, 0);
	tx_ring(g);
	assert_tx_completions(g, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 2, 0);
	tx_ring(g);
	assert_tx_completions(g, 1);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 2);
}

/* The pseudo header's sum of an L4 segment, as the stack leaves it. */
static u16 pseudo_sum(const u8 *ip, u8 proto, u16 len)
{
	u8 pseudo[12];

	memcpy(pseudo, ip + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = proto;
	put16(pseudo + 10, len);
	return (u16)~packet_checksum(pseudo, sizeof(pseudo));
}

/* What a receiver does: the sum over all is 0 when the checksum is right. */
static u16 verify(const u8 *frame, size_t len, size_t l4, u8 proto)
{
	u8 segment[ENA_MAX_FRAME + 12];
	size_t l4_len = len - l4;

	memcpy(segment, frame + l4 - 8, 8);
	segment[8] = 0;
	segment[9] = proto;
	put16(segment + 10, (u16)l4_len);
	memcpy(segment + 12, frame + l4, l4_len);
	return packet_checksum(segment, (u32)l4_len + 12);
}

static size_t checksummed(struct guest *g, size_t len, u8 proto, u32 meta_ctrl,
			  bool meta, u8 *sent)
{
	u8 *frame = buffer(g);
	size_t l4 = frame_ipv4(frame, len, proto, VLAN_NONE);
	size_t field = l4 + (proto == PROTO_UDP ? 6 : 16);

	put16(frame + field, pseudo_sum(frame + 14, proto, (u16)(len - l4)));
	if (meta)
		tx_meta(g, 14, 20, TX_FIRST |
				   ENA_ETH_IO_TX_META_DESC_META_STORE_MASK);
	tx_desc(g, BUFFERS_ADDR, (u16)len,
		(meta ? 0 : TX_FIRST) | TX_LAST | TX_COMP, 54, 9, meta_ctrl);
	tx_ring(g);
	return wire_frame(g, sent, ENA_MAX_FRAME);
}

static void checksum_tcp(void **state)
{
	u8 sent[ENA_MAX_FRAME];

	/* An odd length too. */
	for (size_t len = 100; len < 103; len++) {
		assert_int_equal(checksummed(*state, len, PROTO_TCP, TCP_CSUM,
					     true, sent), len);
		assert_int_equal(verify(sent, len, 34, PROTO_TCP), 0);
	}
}

static void checksum_meta_is_cached(void **state)
{
	struct guest *g = *state;
	u8 sent[ENA_MAX_FRAME];

	assert_int_equal(checksummed(g, 200, PROTO_TCP, TCP_CSUM, true, sent),
			 200);
	assert_int_equal(checksummed(g, 300, PROTO_UDP, UDP_CSUM, false, sent),
			 300);
	assert_int_equal(verify(sent, 300, 34, PROTO_UDP), 0);
	assert_tx_completions(g, 2);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 9);
}

static void checksum_meta_without_store(void **state)
{
	struct guest *g = *state;

	buffer(g)[12] = 8;
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 100, TX_LAST | TX_COMP, 0, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	tx_desc(g, BUFFERS_ADDR, 100, TX_FIRST | TX_LAST, 0, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM], 1);
}

static void checksum_udp_is_never_zero(void **state)
{
	struct guest *g = *state;
	u8 *frame = buffer(g);
	size_t l4 = frame_ipv4(frame, 44, PROTO_UDP, VLAN_NONE);
	u8 sent[ENA_MAX_FRAME];
	u16 sum;

	memset(frame + l4, 0, 10);
	put16(frame + l4 + 4, 10);
	put16(frame + l4 + 6, pseudo_sum(frame + 14, PROTO_UDP, 10));
	sum = packet_checksum(frame + l4, 10);
	put16(frame + l4 + 8, sum);	/* now the sum of all is 0 */
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 44, TX_LAST | TX_COMP, 0, 1, UDP_CSUM);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 44);
	assert_int_equal(be16_at(sent + l4 + 6), 0xffff);
}

static void checksum_leaves_padding_out(void **state)
{
	struct guest *g = *state;
	u8 *frame = buffer(g);
	size_t l4 = frame_ipv4(frame, 54, PROTO_TCP, VLAN_NONE);
	u8 sent[ENA_MAX_FRAME];

	memset(frame + 54, 0x33, 6);
	put16(frame + l4 + 16, pseudo_sum(frame + 14, PROTO_TCP, 20));
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 54, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(wire_frame(g, sent, sizeof(sent)), 60);
	assert_int_equal(verify(sent, 54, l4, PROTO_TCP), 0);
}

static void checksum_outside_of_the_frame(void **state)
{
	struct guest *g = *state;
	u16 dropped = 0;

	for (u16 len = 14; len < 52; len++) {
		memset(buffer(g), 0, len);
		tx_meta(g, 14, 20, TX_FIRST);
		tx_desc(g, BUFFERS_ADDR, len, TX_LAST | TX_COMP, 0, 1,
			TCP_CSUM);
		tx_ring(g);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM],
				 ++dropped);
	}
	tx_meta(g, 255, 255, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 300, TX_LAST | TX_COMP, 0, 1, TCP_CSUM);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM], ++dropped);
	assert_tx_completions(g, dropped);
}

static void checksum_of_an_unknown_protocol(void **state)
{
	struct guest *g = *state;

	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 300, TX_LAST | TX_COMP, 0, 1,
		IPV4_CSUM | 5u << 8);
	tx_ring(g);
	assert_tx_dropped(g, TX_DROP_CHECKSUM);
}

static void offloads_not_offered(void **state)
{
	static const u32 meta_ctrl[] = {
		ENA_ETH_IO_TX_DESC_TSO_EN_MASK | TCP_CSUM,
		ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK | TCP_CSUM,
		TCP_CSUM & ~ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK,
		(TCP_CSUM & ~0xfu) | ENA_ETH_IO_L3_PROTO_IPV6,
	};
	struct guest *g = *state;

	for (u16 i = 0; i < ARRAY_SIZE(meta_ctrl); i++) {
		tx_meta(g, 14, 20, TX_FIRST);
		tx_desc(g, BUFFERS_ADDR, 300, TX_LAST | TX_COMP, 0, i,
			meta_ctrl[i]);
		tx_ring(g);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_OFFLOAD], i + 1);
		assert_tx_completions(g, i + 1);
	}
}

struct rule_case {
	u16 len;
	u8 header_length;
	bool strict;	/* sent under this rule? */
	bool spec;
};

static void check_rule(struct guest *g, const u8 *frame,
		       const struct rule_case *c, enum header_rule rule,
		       bool sent)
{
	u64 before = g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH];
	u16 completed = g->dev.cq[g->tx_cq].tail;
	u8 got[ENA_MAX_FRAME];

	g->dev.config.header_rule = rule;
	tx_frame(g, frame, c->len, c->header_length);
	if (wire_frame(g, got, sizeof(got)) != (sent ? c->len : 0))
		fail_msg("len %u, header_length %u, rule %d: expected %s",
			 c->len, c->header_length, rule,
			 sent ? "sent" : "dropped");
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH],
			 before + !sent);
	/* Dropped or not, the driver gets its buffer back. */
	assert_int_equal(g->dev.cq[g->tx_cq].tail, completed + 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

static void check_rules(struct guest *g, const u8 *frame,
			const struct rule_case *cases, size_t count)
{
	for (; count--; cases++) {
		check_rule(g, frame, cases, HEADER_RULE_STRICT, cases->strict);
		check_rule(g, frame, cases, HEADER_RULE_SPEC, cases->spec);
		check_rule(g, frame, cases, HEADER_RULE_OFF, true);
	}
}

static void rule_ipv4_tcp(void **state)
{
	static const struct rule_case cases[] = {
		{ 5066, 52, false, false },
		{ 5066, 53, false, false },
		{ 5066, 54, true, true },
		{ 5066, 55, true, true },
		{ 5066, 96, true, true },
		{ 5066, 1, false, false },
		{ 5066, 14, false, false },
		{ 5066, 0, true, false },
		{ 97, 0, true, false },
		{ 96, 0, true, true },
		{ 96, 52, false, false },
		{ 60, 52, false, false },
		{ 60, 54, true, true },
		{ 54, 52, false, false },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5066, PROTO_TCP, VLAN_NONE);
	check_rules(*state, frame, cases, ARRAY_SIZE(cases));
}

static void rule_ipv6_tcp(void **state)
{
	static const struct rule_case cases[] = {
		{ 5086, 54, false, false },
		{ 5086, 72, false, false },
		{ 5086, 73, false, false },
		{ 5086, 74, true, true },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv6(frame, 5086, PROTO_TCP);
	check_rules(*state, frame, cases, ARRAY_SIZE(cases));
}

static void rule_udp(void **state)
{
	static const struct rule_case ipv4[] = {
		{ 5000, 41, false, false },
		{ 5000, 42, true, true },
		{ 5000, 14, false, false },
		{ 42, 42, true, true },
	};
	static const struct rule_case ipv6[] = {
		{ 5000, 61, false, false },
		{ 5000, 62, true, true },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5000, PROTO_UDP, VLAN_NONE);
	check_rules(*state, frame, ipv4, ARRAY_SIZE(ipv4));
	frame_ipv6(frame, 5000, PROTO_UDP);
	check_rules(*state, frame, ipv6, ARRAY_SIZE(ipv6));
}

static void rule_vlan(void **state)
{
	static const struct rule_case one[] = {
		{ 5000, 57, false, false },
		{ 5000, 58, true, true },
	};
	static const struct rule_case two[] = {
		{ 5000, 61, false, false },
		{ 5000, 62, true, true },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5000, PROTO_TCP, VLAN_ONE);
	check_rules(*state, frame, one, ARRAY_SIZE(one));
	frame_ipv4(frame, 5000, PROTO_TCP, VLAN_TWO);
	check_rules(*state, frame, two, ARRAY_SIZE(two));
}

static void rule_fragments(void **state)
{
	static const struct rule_case first[] = {
		{ 5000, 52, false, false },
		{ 5000, 54, true, true },
	};
	static const struct rule_case later[] = {
		{ 5000, 14, true, true },
		{ 5000, 0, true, true },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5000, PROTO_TCP, VLAN_NONE);
	put16(frame + 14 + 6, 0x2000);
	check_rules(*state, frame, first, ARRAY_SIZE(first));
	put16(frame + 14 + 6, 0x2001);
	check_rules(*state, frame, later, ARRAY_SIZE(later));
}

static void rule_leaves_others_alone(void **state)
{
	static const struct rule_case cases[] = {
		{ 5000, 14, true, true },
		{ 5000, 34, true, true },
		{ 5000, 0, true, true },
	};
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5000, 1, VLAN_NONE);		/* ICMP */
	check_rules(*state, frame, cases, ARRAY_SIZE(cases));
	put16(frame + 12, 0x0806);			/* ARP */
	check_rules(*state, frame, cases, ARRAY_SIZE(cases));
}

/* A header that cannot be whole within the maximum needs only the maximum. */
static void rule_is_bounded_by_the_maximum(void **state)
{
	static const struct rule_case cases[] = {
		{ 5000, 39, false, false },
		{ 5000, 40, true, true },
	};
	static const struct rule_case options[] = {
		{ 5000, 95, false, false },
		{ 5000, 96, true, true },
	};
	struct guest *g = *state;
	u8 frame[ENA_MAX_FRAME];

	frame_ipv4(frame, 5000, PROTO_TCP, VLAN_NONE);
	g->dev.config.max_header_size = 40;
	check_rules(g, frame, cases, ARRAY_SIZE(cases));
	g->dev.config.max_header_size = 96;
	frame[14] = 0x4f;	/* 60 bytes of IP header: TCP's ends at 94 */
	check_rules(g, frame, &(struct rule_case){ 5000, 93, false, false }, 1);
	check_rules(g, frame, &(struct rule_case){ 5000, 94, true, true }, 1);
	frame_ipv4(frame, 5000, PROTO_TCP, VLAN_TWO);
	frame[22] = 0x4f;	/* at 102: beyond the maximum */
	check_rules(g, frame, options, ARRAY_SIZE(options));
}

static void header_length_over_the_maximum(void **state)
{
	struct guest *g = *state;
	u8 frame[200];

	frame_ipv4(frame, sizeof(frame), PROTO_TCP, VLAN_NONE);
	g->dev.config.header_rule = HEADER_RULE_OFF;
	tx_frame(g, frame, sizeof(frame), 97);
	assert_tx_dropped(g, TX_DROP_HEADER_TOO_LONG);
	assert_int_equal(g->dev.stats.guest_errors, 1);
	assert_tx_completions(g, 1);
}

static void addresses_outside_of_ram(void **state)
{
	static const u64 addrs[] = { 0, RAM_BASE - 1, RAM_END - 59, RAM_END,
				     0xffffffffffff };
	struct guest *g = *state;

	for (u16 i = 0; i < ARRAY_SIZE(addrs); i++) {
		tx_desc(g, addrs[i], 60, TX_FIRST | TX_LAST | TX_COMP, 0, i,
			0);
		tx_ring(g);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_BAD_ADDRESS],
				 i + 1);
		assert_int_equal(le16toh(tx_cdesc(g, i).req_id), i);
	}
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(addrs));
	tx_desc(g, RAM_END - 60, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 9, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

static void lengths_that_overflow(void **state)
{
	struct guest *g = *state;

	tx_desc(g, BUFFERS_ADDR, 65535, TX_FIRST | TX_LAST | TX_COMP, 0, 1, 0);
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

static void runts(void **state)
{
	static const u16 lens[] = { 0, 1, 13 };
	struct guest *g = *state;

	for (u16 i = 0; i < ARRAY_SIZE(lens); i++)
		tx_desc(g, BUFFERS_ADDR, lens[i], TX_FIRST | TX_LAST | TX_COMP,
			0, i, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_RUNT], 3);
	assert_tx_completions(g, 3);
	tx_desc(g, BUFFERS_ADDR, 14, TX_FIRST | TX_LAST | TX_COMP, 0, 4, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

/* More than 16 bits count. */
static void descriptors_that_never_end(void **state)
{
	struct guest *g = *state;

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

static void a_packet_inside_a_packet(void **state)
{
	struct guest *g = *state;

	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_COMP, 0, 1, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 2, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_MALFORMED], 1);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_int_equal(le16toh(tx_cdesc(g, 0).req_id), 1);
	assert_int_equal(le16toh(tx_cdesc(g, 1).req_id), 2);
}

static void descriptors_outside_of_a_packet(void **state)
{
	struct guest *g = *state;

	tx_desc(g, BUFFERS_ADDR, 60, 0, 0, 1, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 0, 2, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	assert_int_equal(g->dev.stats.tx_frames, 0);
	assert_tx_completions(g, 0);
}

static void wrong_phases(void **state)
{
	struct guest *g = *state;
	struct ena_eth_io_tx_desc stale = {
		.len_ctrl = htole32(60 | TX_FIRST | TX_LAST),
		.buff_addr_lo = htole32((u32)BUFFERS_ADDR),
	};

	tx_raw(g, &stale);
	tx_ring(g);
	assert_tx_dropped(g, TX_DROP_MALFORMED);
}

static void metas_out_of_place(void **state)
{
	struct guest *g = *state;

	/* Not first, not extended, and by itself, which is allowed. */
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

static void doorbells_out_of_range(void **state)
{
	struct guest *g = *state;
	static const u32 tails[] = { QUEUE_DEPTH + 1, 0x8000, 0xffff, ~0u };

	for (u16 i = 0; i < ARRAY_SIZE(tails); i++) {
		reg_write(g, BAR0_SQ_DOORBELL + 4u * g->tx_sq, tails[i]);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
	assert_tx_completions(g, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 4, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
}

/* RAM goes away under a live queue, as at a hot unplug. */
static void ram_that_goes_away(void **state)
{
	struct guest *g = *state;

	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 1, 0);
	dma_unmap_all(&g->dev.dma);
	g->tx_tail = QUEUE_DEPTH;
	tx_ring(g);
	assert_int_equal(g->dev.stats.guest_errors, QUEUE_DEPTH);
	assert_int_equal(g->dev.stats.tx_frames, 0);
}

static void a_completion_ring_that_goes_away(void **state)
{
	struct guest *g = *state;

	g->dev.cq[g->tx_cq].base = RAM_END;
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 1, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		Q(one_frame),
		Q(three_buffers),
		Q(a_packet_over_two_doorbells),
		Q(phases_flip_at_the_wrap),
		Q(completion_on_demand),
		Q(checksum_tcp),
		Q(checksum_meta_is_cached),
		Q(checksum_meta_without_store),
		Q(checksum_udp_is_never_zero),
		Q(checksum_leaves_padding_out),
		Q(checksum_outside_of_the_frame),
		Q(checksum_of_an_unknown_protocol),
		Q(offloads_not_offered),
		Q(rule_ipv4_tcp),
		Q(rule_ipv6_tcp),
		Q(rule_udp),
		Q(rule_vlan),
		Q(rule_fragments),
		Q(rule_leaves_others_alone),
		Q(rule_is_bounded_by_the_maximum),
		Q(header_length_over_the_maximum),
		Q(addresses_outside_of_ram),
		Q(lengths_that_overflow),
		Q(runts),
		Q(descriptors_that_never_end),
		Q(a_packet_inside_a_packet),
		Q(descriptors_outside_of_a_packet),
		Q(wrong_phases),
		Q(metas_out_of_place),
		Q(doorbells_out_of_range),
		Q(ram_that_goes_away),
		Q(a_completion_ring_that_goes_away),
	};

	return cmocka_run_group_tests_name("tx", tests, NULL, NULL);
}
