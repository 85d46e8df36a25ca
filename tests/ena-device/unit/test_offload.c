// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"
#include "offload.h"

/* Offloads of a device that has them all. */

#define V4	ENA_ETH_IO_L3_PROTO_IPV4
#define V6	ENA_ETH_IO_L3_PROTO_IPV6
#define TCP	field_prep(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK, \
			   ENA_ETH_IO_L4_PROTO_TCP)
#define UDP	field_prep(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK, \
			   ENA_ETH_IO_L4_PROTO_UDP)
#define L3_CSUM	ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK
#define L4_CSUM	ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK
#define PARTIAL	ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK
#define TSO	(ENA_ETH_IO_TX_DESC_TSO_EN_MASK | L4_CSUM)
#define CHECKED	ENA_ETH_IO_RX_CDESC_BASE_L4_CSUM_CHECKED_MASK
#define L3_ERR	ENA_ETH_IO_RX_CDESC_BASE_L3_CSUM_ERR_MASK
#define L4_ERR	ENA_ETH_IO_RX_CDESC_BASE_L4_CSUM_ERR_MASK

static int setup(void **state)
{
	struct ena_config config = nitro_config();
	struct guest *g;

	config.profile.tx_offload = 0x7f;
	g = guest_up(&config);
	create_queues(g);
	*state = g;
	return 0;
}

#define OFFLOAD_TEST(name) \
	TEST_F(struct guest *, g, setup, guest_teardown, name)

static void meta(struct guest *g, u8 l3_len, u8 l4_words, u16 mss)
{
	struct ena_eth_io_tx_meta_desc desc = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK |
				    ENA_ETH_IO_TX_META_DESC_ETH_META_TYPE_MASK |
				    ENA_ETH_IO_TX_META_DESC_META_STORE_MASK |
				    TX_FIRST | tx_phase(g) |
				    (u32)(mss >> 10) << 16),
		.word2 = htole32((u32)(mss & 0x3ff) << 22 |
				 (u32)l4_words << 16 | 14u << 8 | l3_len),
	};

	tx_raw(g, &desc);
}

/* In buffers of 16000 bytes. */
static void send(struct guest *g, const u8 *frame, u32 len, u32 meta_ctrl)
{
	memcpy(ram_at(g, BUFFERS_ADDR), frame, len);
	for (u32 at = 0; at < len; at += 16000) {
		u32 chunk = len - at < 16000 ? len - at : 16000;
		u32 flags = at + chunk == len ? TX_LAST | TX_COMP : 0;

		tx_desc(g, BUFFERS_ADDR + at, (u16)chunk, flags, 0, 7,
			meta_ctrl);
	}
	tx_ring(g);
}

static u32 verdict(struct guest *g, const u8 *frame, u32 len)
{
	struct packet p;

	packet_parse(frame, len, &p);
	return offload_verdict(&g->dev, frame, &p);
}

static u8 frame[ENA_MAX_TSO_FRAME];
static u8 got[ENA_MAX_FRAME];

/* Each segment is a frame of its own, and together they are the payload. */
static void assert_segments(struct guest *g, u32 header, u32 len, u32 mss,
			    bool ipv6)
{
	u32 tcp = header - 20;
	u32 at = header;
	u32 number = 0;
	size_t n;

	while ((n = wire_frame(g, got, sizeof(got)))) {
		u32 piece = (u32)n - header;
		bool last = at + piece == len;

		assert_true(piece == mss || last);
		assert_memory_equal(got + header, frame + at, piece);
		assert_int_equal(verdict(g, got, (u32)n), CHECKED);
		assert_int_equal(be32_at(got + tcp + 4),
				 be32_at(frame + tcp + 4) + at - header);
		assert_int_equal(got[tcp + 13] & 9, last ? 9 : 0);
		assert_int_equal(got[tcp + 13] & 0x80, number ? 0 : 0x80);
		if (ipv6)
			assert_int_equal(be16_at(got + 18), n - 54);
		else
			assert_int_equal(be16_at(got + 18),
					 (be16_at(frame + 18) + number) &
						 0xffff);
		at += piece;
		number++;
	}
	assert_int_equal(at, len);
	assert_int_equal(number, len == header ?
				 1 : (len - header + mss - 1) / mss);
}

static void tso(struct guest *g, bool ipv6, u32 len, u16 mss)
{
	u32 header = ipv6 ? 74 : 54;

	make_frame(frame, ipv6 ? "v6-tcp" : "v4-tcp", len);
	memset(frame + 16 + (ipv6 ? 2 : 0), 0, 2);	/* its length */
	frame[header - 20 + 13] |= 0x89;	/* CWR, PSH, FIN */
	memset(frame + header - 20 + 4, 0xff, 4);
	meta(g, ipv6 ? 40 : 20, 5, mss);
	send(g, frame, len, (ipv6 ? V6 : V4) | TCP | TSO | L3_CSUM);
	assert_segments(g, header, len, mss, ipv6);
	assert_int_equal(g->dev.stats.guest_errors, 0);
	assert_int_equal(stats_tx_drops(&g->dev.stats), 0);
}

OFFLOAD_TEST(tso_ipv4)
{
	tso(g, false, 54 + 3000, 1400);
	tso(g, false, 54 + 2800, 1400);
	tso(g, false, 54 + 100, 1400);
	tso(g, false, 54, 1400);
	tso(g, false, 54 + 0x10000 - 60, 8949);
}

OFFLOAD_TEST(tso_ipv6)
{
	tso(g, true, 74 + 3000, 1400);
	tso(g, true, 74 + 1, 1);
	tso(g, true, 74 + 0x10000 - 80, 8929);
}

OFFLOAD_TEST(tso_that_makes_no_segments)
{
	static const struct {
		u8 l3_len;
		u8 l4_words;
		u16 mss;
		u32 len;
	} bad[] = {
		{ 20, 5, 0, 2000 },
		{ 20, 4, 1400, 2000 },
		{ 19, 5, 1400, 2000 },
		{ 255, 5, 1400, 200 },
		{ 20, 63, 1400, 200 },
		{ 20, 5, 9300, 9400 },
		{ 20, 5, 1, 54 + 2048 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make_frame(frame, "v4-tcp", bad[i].len);
		meta(g, bad[i].l3_len, bad[i].l4_words, bad[i].mss);
		send(g, frame, bad[i].len, V4 | TCP | TSO);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_TSO], i + 1);
		assert_int_equal(wire_frame(g, got, sizeof(got)), 0);
	}
	assert_tx_completions(g, ARRAY_SIZE(bad));
}

/* Without TSO a frame is no longer than the wire takes. */
OFFLOAD_TEST(a_large_frame_without_tso)
{
	make_frame(frame, "v4-tcp", ENA_MAX_FRAME + 1);
	meta(g, 20, 5, 1400);
	send(g, frame, ENA_MAX_FRAME + 1, V4 | TCP | L4_CSUM | PARTIAL);
	assert_tx_dropped(g, TX_DROP_TOO_LONG);
}

/* Each family and protocol, with the field as a driver leaves it. */
static void checksum(struct guest *g, const char *name, u8 l3_len, u32 ctrl)
{
	u32 len = 501;
	u8 want[501];

	make_frame(want, name, len);
	make_partial_frame(frame, name, len);
	if (!(ctrl & PARTIAL))
		memset(frame + 14 + l3_len + (strstr(name, "udp") ? 6 : 16),
		       0x5a, 2);
	if (ctrl & L3_CSUM)
		frame[24] ^= 0xff;
	meta(g, l3_len, 5, 0);
	send(g, frame, len, ctrl);
	assert_int_equal(wire_frame(g, got, sizeof(got)), len);
	assert_memory_equal(got, want, len);
}

OFFLOAD_TEST(checksums_of_all_kinds)
{
	checksum(g, "v4-tcp", 20, V4 | TCP | L4_CSUM | PARTIAL);
	checksum(g, "v4-udp", 20, V4 | UDP | L4_CSUM | PARTIAL);
	checksum(g, "v6-tcp", 40, V6 | TCP | L4_CSUM | PARTIAL);
	checksum(g, "v6-udp", 40, V6 | UDP | L4_CSUM | PARTIAL);
	checksum(g, "v4-tcp", 20, V4 | TCP | L4_CSUM | L3_CSUM);
	checksum(g, "v4-udp", 20, V4 | UDP | L4_CSUM);
	checksum(g, "v6-tcp", 40, V6 | TCP | L4_CSUM);
	checksum(g, "v6-udp", 40, V6 | UDP | L4_CSUM);
	checksum(g, "v4-tcp", 20, V4 | TCP | L4_CSUM | PARTIAL | L3_CSUM);
}

OFFLOAD_TEST(checksums_that_cannot_be)
{
	const struct {
		u8 l3_len;
		u32 ctrl;
	} bad[] = {
		{ 40, V6 | L3_CSUM },
		{ 10, V4 | L3_CSUM },
		{ 255, V4 | L3_CSUM },
		{ 20, V6 | TCP | L4_CSUM },
		{ 0, V4 | TCP | L4_CSUM },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make_frame(frame, "v4-tcp", 200);
		meta(g, bad[i].l3_len, 5, 0);
		send(g, frame, 200, bad[i].ctrl);
		assert_int_equal(g->dev.stats.tx_drop[TX_DROP_CHECKSUM], i + 1);
	}
}

OFFLOAD_TEST(verdicts)
{
	static const char *const names[] = { "v4-tcp", "v4-udp", "v6-tcp",
					     "v6-udp", "v4opt-tcp" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		u32 l4 = (u32)make_frame(frame, names[i], 501);

		assert_int_equal(verdict(g, frame, 501), CHECKED);
		frame[500] ^= 1;
		assert_int_equal(verdict(g, frame, 501), CHECKED | L4_ERR);
		frame[500] ^= 1;
		if (names[i][1] == '4') {
			frame[22] ^= 1;		/* the time to live */
			assert_int_equal(verdict(g, frame, 501),
					 CHECKED | L3_ERR);
			frame[22] ^= 1;
		}
		frame[l4] ^= 1;
		assert_int_equal(verdict(g, frame, 501), CHECKED | L4_ERR);
	}
	make_frame(frame, "v4-udp", 501);
	memset(frame + 40, 0, 2);
	assert_int_equal(verdict(g, frame, 501), 0);
	make_frame(frame, "v4-udp-first", 501);
	frame[40] ^= 1;
	assert_int_equal(verdict(g, frame, 501), 0);
	make_frame(frame, "arp", 60);
	assert_int_equal(verdict(g, frame, 60), 0);
	g->dev.config.profile.rx_offload =
		ENA_ADMIN_FEATURE_OFFLOAD_DESC_RX_HASH_MASK;
	/* Not validated: the words have a bit for it in L3 alone. */
	make_frame(frame, "v4-tcp", 501);
	assert_int_equal(verdict(g, frame, 501), L3_ERR);
	make_frame(frame, "v6-tcp", 501);
	assert_int_equal(verdict(g, frame, 501), 0);
}

/* Fields that are valid, of no type: not what the interface has. */
OFFLOAD_TEST(a_meta_of_another_type)
{
	struct ena_eth_io_tx_meta_desc desc = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK |
				    TX_FIRST | tx_phase(g)),
	};

	make_partial_frame(frame, "v4-tcp", 200);
	tx_raw(g, &desc);
	send(g, frame, 200, PARTIAL | V4);
	assert_tx_dropped(g, TX_DROP_MALFORMED);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

OFFLOAD_TEST(a_verdict_in_a_completion)
{
	make_frame(frame, "v4-tcp", 200);
	rx_buffer(g, BUFFERS_ADDR, 2000, 1);
	rx_frame(&g->dev, frame, 200);
	assert_true(le32toh(rx_cdesc(g, 0).status) & CHECKED);
	assert_false(le32toh(rx_cdesc(g, 0).status) & L4_ERR);
}

OFFLOAD_TEST(verdicts_on_noise)
{
	u64 seed = env_number("SEED", 1);

	for (int i = 0; i < 20000; i++) {
		u32 len = 14 + noise(&seed) % 200;

		make_frame(frame, i & 1 ? "v4-tcp" : "v6-udp", 300);
		for (int j = 0; j < 6; j++)
			frame[12 + noise(&seed) % 60] = (u8)noise(&seed);
		verdict(g, frame, len);
	}
}
