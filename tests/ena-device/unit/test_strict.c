// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "fixture.h"

static int setup(void **state)
{
	struct guest *g;

	guest_setup_queues(state);
	g = *state;
	g->dev.config.strict = true;
	log_begin();
	return 0;
}

static int teardown(void **state)
{
	log_end();
	return guest_teardown(state);
}

#define STRICT_TEST(name) TEST_F(struct guest *, g, setup, teardown, name)

static void assert_logged(const char *text)
{
	if (!strstr(logged(), text))
		fail_msg("'%s' is not in: %s", text, logged());
}

STRICT_TEST(frames_that_break_no_rule)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 0);
	tx_frame(g, frame, sizeof(frame), 54);
	assert_int_equal(g->dev.stats.tx_frames, 2);
	assert_string_equal(logged(), "");
	assert_int_equal(g->dev.stats.violations, 0);
}

STRICT_TEST(a_short_header)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 0);
	tx_frame(g, frame, sizeof(frame), 52);
	assert_logged("function 0: strict: SQ 0, index 1, words ");
	assert_logged(" 1d0003e8 01c00000 40008000 34000000: header_length: ");
	assert_int_equal(g->dev.stats.violations, 1);
}

static void packet_of(struct guest *g, u32 descs)
{
	for (u32 i = 0; i < descs; i++)
		tx_desc(g, BUFFERS_ADDR, 60, i ? i == descs - 1 ? TX_LAST : 0 :
			TX_FIRST, 0, 1, 0);
	tx_ring(g);
}

STRICT_TEST(more_descriptors_than_announced)
{
	const u64 *exceptions = g->dev.stats.exceptions;
	u32 max = g->dev.config.max_tx_descs;

	packet_of(g, max);
	assert_int_equal(exceptions[EXCEPTION_TX_DESCS], 0);
	packet_of(g, max + 1);
	packet_of(g, max + 2);
	assert_int_equal(exceptions[EXCEPTION_TX_DESCS], 2);
	assert_int_equal(g->dev.stats.violations, 0);
	packet_of(g, max + 3);
	assert_int_equal(exceptions[EXCEPTION_TX_DESCS], 2);
	assert_int_equal(g->dev.stats.violations, 1);
	assert_int_equal(g->dev.stats.tx_frames, 3);
	assert_logged("max_packet_tx_descs: ");
}

/* Each reason has its rule, and a full wire is nobody's fault. */
STRICT_TEST(every_rule)
{
	u8 frame[200] = { 0 };

	tx_frame(g, frame, 100, 97);
	assert_logged(": header_length: at most");
	tx_buffer(g, RAM_END, 100, 1);
	assert_logged(": buff_addr_lo, buff_addr_hi: ");
	tx_buffer(g, BUFFERS_ADDR, 13, 1);
	assert_logged(": length: a packet has");
	tx_desc(g, BUFFERS_ADDR, 100, TX_WHOLE, 0, 1,
		ENA_ETH_IO_TX_DESC_TSO_EN_MASK);
	tx_ring(g);
	assert_logged(": tso_en, ");
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST, 0, 1, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_WHOLE, 0, 1, 0);
	tx_ring(g);
	assert_logged(": first, last, ");
	assert_int_equal(g->dev.stats.violations, 5);
	close(g->dev.port.tap);
	g->dev.port.tap = -1;
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_NO_PEER], 1);
	assert_int_equal(g->dev.stats.violations, 5);
}

/* What is reserved, in each descriptor and bit of it. */
STRICT_TEST(bits_that_must_be_0_in_tx)
{
	static const struct {
		u32 len_ctrl;
		u32 meta_ctrl;
	} mbz[] = {
		{ BIT(22), 0 }, { BIT(25), 0 }, { BIT(29), 0 }, { BIT(30), 0 },
		{ BIT(31), 0 }, { 0, BIT(18) }, { 0, BIT(19) }, { 0, BIT(20) },
		{ 0, BIT(21) },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mbz); i++) {
		tx_desc(g, BUFFERS_ADDR, 30, TX_FIRST | TX_COMP, 0, 1, 0);
		tx_desc(g, BUFFERS_ADDR, 30, TX_LAST | mbz[i].len_ctrl, 0, 0,
			mbz[i].meta_ctrl);
		tx_ring(g);
		assert_int_equal(g->dev.stats.violations, i + 1);
	}
	assert_int_equal(g->dev.stats.tx_frames, i);
	assert_logged("SQ 0, index 1, words 0940001e 00000000 40008000 ");
	assert_logged(" 00000000: reserved22, ");
}

STRICT_TEST(bits_that_must_be_0_in_meta)
{
	static const u8 bits[] = { 10, 11, 12, 13, 22, 25, 29, 30, 31 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		tx_meta(g, 14, 20, TX_FIRST | BIT(bits[i]));
		tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 0, 1, 0);
		tx_ring(g);
		assert_int_equal(g->dev.stats.violations, i + 1);
	}
	assert_int_equal(g->dev.stats.tx_frames, i);
	assert_logged(": reserved10, ");
	tx_meta(g, 14, 20, TX_FIRST);
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST | TX_COMP, 0, 1, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.violations, i);
}

/* As all drivers post it: what must be 1 is 0. */
static struct ena_eth_io_rx_desc rx_desc(struct guest *g)
{
	return (struct ena_eth_io_rx_desc){
		.length = htole16(4096),
		.ctrl = (u8)(ring_phase(g->rx_tail, QUEUE_DEPTH) | 0x1c),
		.buff_addr_lo = htole32((u32)BUFFERS_ADDR),
	};
}

static void receive(struct guest *g, const struct ena_eth_io_rx_desc *desc)
{
	static const u8 frame[60];

	rx_raw(g, desc);
	rx_ring(g);
	rx_frame(&g->dev, frame, sizeof(frame));
}

STRICT_TEST(a_bit_that_must_be_1)
{
	const u64 *exceptions = g->dev.stats.exceptions;
	struct ena_eth_io_rx_desc desc = rx_desc(g);

	receive(g, &desc);
	assert_int_equal(exceptions[EXCEPTION_RX_RESERVED5], 1);
	desc.ctrl |= BIT(5);
	receive(g, &desc);
	assert_int_equal(exceptions[EXCEPTION_RX_RESERVED5], 1);
	assert_int_equal(g->dev.stats.violations, 0);
}

STRICT_TEST(bits_that_must_be_0_in_rx)
{
	static const u8 ctrl[] = { BIT(1), BIT(6), BIT(7) };
	struct ena_eth_io_rx_desc desc[ARRAY_SIZE(ctrl) + 3];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(desc); i++) {
		desc[i] = rx_desc(g);
		if (i < ARRAY_SIZE(ctrl))
			desc[i].ctrl |= ctrl[i];
	}
	desc[i - 3].reserved2 = 0x80;
	desc[i - 2].reserved6 = htole16(1);
	desc[i - 1].reserved16_w3 = htole16(0x8000);
	for (i = 0; i < ARRAY_SIZE(desc); i++) {
		receive(g, &desc[i]);
		assert_int_equal(g->dev.stats.violations, i + 1);
	}
	assert_logged("SQ 1, index 5, words 1d001000 00000000 40008000 ");
	assert_logged(" 80000000: reserved2, ");
	assert_int_equal(g->dev.stats.rx_frames, i);
}

STRICT_TEST(receive_descriptors_that_are_lost)
{
	struct ena_eth_io_rx_desc desc = rx_desc(g);

	desc.ctrl &= (u8)~ENA_ETH_IO_RX_DESC_FIRST_MASK;
	receive(g, &desc);
	assert_logged(": first, last: ");
	desc = rx_desc(g);
	desc.ctrl &= (u8)~ENA_ETH_IO_RX_DESC_LAST_MASK;
	receive(g, &desc);
	assert_int_equal(g->dev.stats.violations, 2);
	assert_int_equal(g->dev.stats.rx_frames, 2);
	desc = rx_desc(g);
	desc.ctrl ^= 1;
	receive(g, &desc);
	assert_logged("words 1c001000 00000000 40008000 00000000: phase: ");
	desc = rx_desc(g);
	desc.buff_addr_hi = htole16(1);
	receive(g, &desc);
	assert_logged(": buff_addr_lo, buff_addr_hi: ");
	g->dev.config.profile.rx_offset = 14;
	g->dev.host.features = ENA_ADMIN_HOST_INFO_RX_OFFSET_MASK;
	desc = rx_desc(g);
	desc.length = htole16(14);
	receive(g, &desc);
	assert_logged(": length: ");
	assert_int_equal(g->dev.stats.violations, 5);
}

/* It is put back until there are buffers enough. */
STRICT_TEST(a_receive_descriptor_is_reported_once)
{
	static const u8 frame[8193];

	for (u32 i = 0; i < 2; i++) {
		struct ena_eth_io_rx_desc desc = rx_desc(g);

		desc.ctrl |= BIT(6);
		rx_raw(g, &desc);
		rx_ring(g);
		for (u32 j = 0; j < 3; j++)
			rx_frame(&g->dev, frame, (i + 1) * 4096 + 1);
		assert_int_equal(g->dev.stats.violations, i + 1);
	}
	rx_frame(&g->dev, frame, 2 * 4096);
	assert_int_equal(g->dev.stats.rx_frames, 1);
	assert_int_equal(g->dev.stats.violations, 2);
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_RX_RESERVED5], 2);
}

/* "Must be 0 if the packet is IPv4 and its DF is 0, otherwise 1." */
STRICT_TEST(df_of_a_frame)
{
	static const struct {
		const char *frame;
		u8 dont_fragment;
		u32 meta_ctrl;
		bool odd;
	} cases[] = {
		{ "v4-udp", 0, 0, false },
		{ "v4-udp", 0, ENA_ETH_IO_TX_DESC_DF_MASK, true },
		{ "v4-udp", 0x40, ENA_ETH_IO_TX_DESC_DF_MASK, false },
		{ "v4-udp", 0x40, 0, true },
		{ "v6-udp", 0, 0, true },
		{ "v6-udp", 0, ENA_ETH_IO_TX_DESC_DF_MASK, false },
		{ "arp", 0, 0, true },
	};
	u8 *frame = ram_at(g, BUFFERS_ADDR);
	u64 odd = 0;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		make_frame(frame, cases[i].frame, 64);
		if (!strcmp(cases[i].frame, "v4-udp"))
			frame[20] = cases[i].dont_fragment;
		tx_desc(g, BUFFERS_ADDR, 64, TX_WHOLE, 0, 1,
			cases[i].meta_ctrl);
		tx_ring(g);
		odd += cases[i].odd;
		assert_int_equal(g->dev.stats.exceptions[EXCEPTION_DF], odd);
	}
	assert_int_equal(g->dev.stats.violations, 0);
}

STRICT_TEST(header_length_that_nobody_needs)
{
	static const struct {
		const char *frame;
		u16 len;
		u8 header_length;
		bool odd;
	} cases[] = {
		{ "v4-tcp", 1000, 54, false },
		{ "v4-tcp", 1000, 0, true },
		{ "v4-tcp", 1000, 66, true },
		{ "v4-tcp", 96, 0, false },
		{ "v4-tcp", 96, 54, true },
		{ "v4-icmp", 1000, 0, false },
		{ "v4-icmp", 1000, 60, true },
		{ "arp", 60, 60, true },
	};
	const u64 *exceptions = g->dev.stats.exceptions;
	u8 frame[1000];
	u64 odd = 0;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		make_frame(frame, cases[i].frame, cases[i].len);
		tx_frame(g, frame, cases[i].len, cases[i].header_length);
		odd += cases[i].odd;
		assert_int_equal(exceptions[EXCEPTION_HEADER_LENGTH], odd);
	}
	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 53);
	assert_int_equal(exceptions[EXCEPTION_HEADER_LENGTH], odd);
	assert_int_equal(g->dev.stats.violations, 1);
}

STRICT_TEST(protocols_of_offloads)
{
	const u64 *exceptions = g->dev.stats.exceptions;
	const u32 tso = ENA_ETH_IO_TX_DESC_TSO_EN_MASK;
	const u32 l3 = ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK;
	const u32 tcp = (u32)ENA_ETH_IO_L4_PROTO_TCP << 8;
	const u32 udp = (u32)ENA_ETH_IO_L4_PROTO_UDP << 8;
	const struct {
		u32 meta_ctrl;
		bool wrong;
		bool odd;
	} cases[] = {
		{ tso | tcp, true, false },
		{ tso | ENA_ETH_IO_L3_PROTO_IPV4 | tcp, false, false },
		{ tso | ENA_ETH_IO_L3_PROTO_IPV4, false, true },
		{ tso | ENA_ETH_IO_L3_PROTO_IPV4 | udp, true, false },
		{ l3, true, false },
		{ l3 | ENA_ETH_IO_L3_PROTO_IPV4, false, false },
	};
	u64 wrong = 0, odd = 0;

	g->dev.config.profile.tx_offload = ~0u;
	make_frame(ram_at(g, BUFFERS_ADDR), "v4-tcp", 200);
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ena_eth_io_tx_meta_desc meta = {
			.len_ctrl = htole32(TX_FIRST | tx_phase(g) | 0x904000),
			.word2 = htole32(100u << 22 | 5 << 16 | 14 << 8 | 20),
		};

		tx_raw(g, &meta);
		tx_desc(g, BUFFERS_ADDR, 200, TX_LAST | TX_COMP, 0, 1,
			cases[i].meta_ctrl);
		tx_ring(g);
		wrong += cases[i].wrong;
		odd += cases[i].odd;
		assert_int_equal(g->dev.stats.violations, wrong);
		assert_int_equal(exceptions[EXCEPTION_TSO_L4_PROTO], odd);
	}
	assert_logged(": l3_proto_idx: ");
	assert_logged(": tso_en, l4_proto_idx: ");
	assert_int_equal(stats_tx_drops(&g->dev.stats), 0);
}

/* With two VLAN tags. */
STRICT_TEST(a_frame_longer_than_the_mtu)
{
	union admin_command cmd = set_feature(ENA_ADMIN_MTU);

	tx_buffer(g, BUFFERS_ADDR, 9000, 1);
	cmd.set_feature.u.mtu.mtu = htole32(1500);
	assert_admin(g, cmd, SUCCESS);
	tx_buffer(g, BUFFERS_ADDR, 1522, 1);
	assert_int_equal(g->dev.stats.violations, 0);
	tx_buffer(g, BUFFERS_ADDR, 1523, 1);
	assert_logged(": length: a packet without tso_en ");
	assert_int_equal(g->dev.stats.violations, 1);
	assert_int_equal(g->dev.stats.tx_frames, 3);
}

/* Not if the frame makes no such segment. */
STRICT_TEST(segments_longer_than_the_mtu)
{
	const struct {
		u32 payload;
		u16 mss;
		bool wrong;
	} cases[] = {
		{ 9000, 1460, false }, { 9000, 1468, false },
		{ 9000, 1469, true }, { 20000, 8900, true },
		{ 1468, 8900, false }, { 1469, 8900, true },
	};
	u64 wrong = 0;

	g->dev.config.profile.tx_offload = ~0u;
	g->dev.mtu = 1500;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		make_frame(ram_at(g, BUFFERS_ADDR), "v4-tcp",
			   TSO_HEADER + cases[i].payload);
		tx_tso(g, cases[i].payload, cases[i].mss, 1);
		tx_ring(g);
		wrong += cases[i].wrong;
		assert_int_equal(g->dev.stats.violations, wrong);
	}
	assert_logged(": mss: a segment ");
}

STRICT_TEST(doorbells)
{
	reg_write(g, BAR0_SQ_DOORBELL + 4 * 9, 1);
	assert_logged("SQ 9, doorbell, words 00000001: sq_doorbell_offset: ");
	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->tx_sq, 0x21);
	assert_logged("strict: SQ 0, doorbell, words 00000021: sq_depth: ");
	assert_int_equal(g->dev.stats.violations, 2);
}

STRICT_TEST(doorbells_of_other_queues)
{
	const struct {
		u32 offset;
		u32 value;
		const char *line;
	} cases[] = {
		{ ENA_REGS_AQ_DB_OFF, g->aq_tail + 33u,
		  "strict: AQ, doorbell, words 00000025: aq_db: " },
		{ ENA_REGS_AENQ_HEAD_DB_OFF, 999,
		  "strict: AENQ, doorbell, words 000003e7: aenq_head_db: " },
		{ BAR0_CQ_INTR + 4 * 9, 1,
		  "strict: CQ 9, interrupt register, words 00000001: " },
		{ ENA_REGS_AQ_CAPS_OFF, 64u << 16 | 33,
		  "strict: AQ, caps, words 00400021: " },
		{ ENA_REGS_ACQ_CAPS_OFF, 64u << 16 | 33,
		  "strict: ACQ, caps, words 00400021: " },
		{ ENA_REGS_AENQ_CAPS_OFF, 63u << 16 | 32,
		  "strict: AENQ, caps, words 003f0020: " },
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		reg_write(g, cases[i].offset, cases[i].value);
		assert_logged(cases[i].line);
		assert_int_equal(g->dev.stats.violations, i + 1);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
}

STRICT_TEST(descriptors_outside_of_ram)
{
	static const u8 frame[60];

	rx_buffer(g, BUFFERS_ADDR, 4096, 1);
	dma_unmap_all(&g->dev.dma);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_logged("strict: SQ 1, doorbell, words 00000001: sq_ba: ");
	assert_int_equal(g->dev.stats.violations, 1);
	tx_ring(g);
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_logged("strict: SQ 0, doorbell, words 00000001: sq_ba: ");
	assert_int_equal(g->dev.stats.violations, 2);
}

STRICT_TEST(bursts)
{
	struct profile *profile = &g->dev.config.profile;

	profile->llq_accel = BIT(ENA_ADMIN_LIMIT_TX_BURST);
	profile->llq_burst = 512;
	g->dev.llq.entry_size = 128;
	llq_check_burst(&g->dev, &g->dev.sq[g->tx_sq], 4);
	assert_int_equal(g->dev.stats.violations, 0);
	llq_check_burst(&g->dev, &g->dev.sq[g->tx_sq], 5);
	assert_logged("SQ 0, doorbell, words 00000005: max_tx_burst_size: ");
	assert_int_equal(g->dev.stats.violations, 1);
}

STRICT_TEST(descriptors_outside_of_a_packet)
{
	tx_desc(g, BUFFERS_ADDR, 60, TX_LAST, 0, 1, 0);
	tx_ring(g);
	assert_logged("SQ 0, index 0, words 0900003c 00400000 40008000 ");
	assert_logged(" 00000000: first: ");
	assert_int_equal(g->dev.stats.violations, 1);
}

/* The words of the whole command. */
STRICT_TEST(commands)
{
	union admin_command cmd = cq_command(TX_CQ_ADDR, 33, 4, 1);

	assert_admin(g, cmd, ILLEGAL_PARAMETER);
	assert_logged("strict: AQ, index 4, words 01030004 00210420 00000001 ");
	assert_logged(" 40005000 00000000 0");
	assert_logged("0: cq_depth: ");
	assert_int_equal(g->dev.stats.violations, 1);
	assert_admin(g, get_feature(31, 0), UNSUPPORTED_OPCODE);
	assert_int_equal(g->dev.stats.violations, 1);
}

/* Each refused parameter has its rule. */
STRICT_TEST(settings)
{
	static const struct {
		u8 feature;
		const char *rule;
	} cases[] = {
		{ ENA_ADMIN_MTU, ": mtu: " },
		{ ENA_ADMIN_RSS_HASH_INPUT, ": control_buffer: " },
		{ ENA_ADMIN_RSS_HASH_FUNCTION, ": selected_func: " },
		{ ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG,
		  ": size, inline_index: " },
	};

	g->dev.host.features = ~0u;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_admin(g, set_feature(cases[i].feature),
			     ILLEGAL_PARAMETER);
		assert_logged(cases[i].rule);
		assert_int_equal(g->dev.stats.violations, i + 1);
	}
}

static union admin_command set_control(struct guest *g, u8 feature)
{
	union admin_command cmd = set_feature(feature);

	memset(ram_at(g, BUFFERS_ADDR), 0xff, 4096);
	cmd.set_feature.control_buffer.length = htole32(4096);
	set_addr(&cmd.set_feature.control_buffer.address, BUFFERS_ADDR);
	return cmd;
}

/* They are counted as all errors are, and logged without --strict, too. */
STRICT_TEST(settings_that_are_out_of_range)
{
	union admin_command cmds[] = {
		set_control(g, ENA_ADMIN_RSS_HASH_FUNCTION),
		set_control(g, ENA_ADMIN_RSS_HASH_FUNCTION),
		set_control(g, ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG),
		set_control(g, ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG),
		set_control(g, ENA_ADMIN_RSS_HASH_INPUT),
		set_control(g, ENA_ADMIN_RSS_HASH_INPUT),
		set_feature(ENA_ADMIN_AENQ_CONFIG),
		get_feature(ENA_ADMIN_MAX_QUEUES_EXT, 0),
		{ .get_stats.aq_common_descriptor.opcode =
			ENA_ADMIN_GET_STATS, .get_stats.scope = 2 },
	};
	static const char *const rules[] = {
		"selected_func: ", "key_parts: ", "size, inline_index: ",
		"cq_idx: of a queue", "enabled_input_sort: ",
		"selected_fields: ", "enabled_groups: ", "feature_version: ",
		"scope: ",
	};
	char line[64];

	g->dev.host.features = ~0u;
	g->dev.config.strict = false;
	cmds[1].set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_TOEPLITZ));
	cmds[3].set_feature.u.ind_table.size = htole16(RSS_TABLE_LOG_SIZE);
	cmds[3].set_feature.u.ind_table.inline_index = ~0u;
	cmds[4].set_feature.u.flow_hash_input.enabled_input_sort = 0xffff;
	cmds[6].set_feature.u.aenq.enabled_groups = ~0u;
	for (u32 i = 0; i < ARRAY_SIZE(cmds); i++) {
		assert_admin(g, cmds[i], ILLEGAL_PARAMETER);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
		sprintf(line, "guest error: %s", rules[i]);
		assert_logged(line);
	}
}

/* Without it the log has ten lines a second. */
STRICT_TEST(nothing_is_left_out)
{
	const char *line;
	int lines = 0;

	for (int i = 0; i < 50; i++)
		reg_read(g, 0x48);
	for (line = logged(); (line = strchr(line, '\n')); line++)
		lines++;
	assert_int_equal(lines, 50);
}

STRICT_TEST(off_by_default)
{
	g->dev.config.strict = false;
	tx_buffer(g, BUFFERS_ADDR, 13, 1);
	assert_null(strstr(logged(), "strict"));
	assert_int_equal(g->dev.stats.violations, 0);
}

/* A line of its own, or a terminal's command, would be the guest's to write. */
STRICT_TEST(what_the_driver_calls_itself_is_escaped)
{
	union admin_command cmd = set_feature(ENA_ADMIN_HOST_ATTR_CONFIG);
	struct ena_admin_host_info *info = ram_at(g, BUFFERS_ADDR);

	memset(info, 0, sizeof(*info));
	strcpy((char *)info->kernel_ver_str, "6.1\nlost\033[2J");
	set_addr(&cmd.set_feature.u.host_attr.os_info_ba, BUFFERS_ADDR);
	g->dev.config.verbose = true;
	assert_admin(g, cmd, SUCCESS);
	assert_logged("kernel 6.1?lost?[2J, interface");
}
