// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

static void ask(struct guest *g, u8 feature, u8 version,
		union admin_response *resp)
{
	union admin_command cmd = get_feature(feature, version);

	assert_int_equal(admin_run(g, &cmd, resp), ENA_ADMIN_SUCCESS);
}

GUEST_TEST(phases_flip_at_the_wrap)
{
	/* admin_run() asserts each completion's phase, id and head. */
	for (int i = 0; i < 5 * QUEUE_DEPTH; i++)
		assert_admin(g, get_feature(ENA_ADMIN_HW_HINTS, 0), SUCCESS);
}

GUEST_TEST(the_tail_wraps_at_16_bits)
{
	for (int i = 0; i < 0x10000 + 3; i++)
		assert_admin(g, get_feature(ENA_ADMIN_HW_HINTS, 0), SUCCESS);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

GUEST_TEST(one_doorbell_for_many)
{
	union admin_command *aq = ram_at(g, AQ_ADDR);
	union admin_response *acq = ram_at(g, ACQ_ADDR);

	for (u16 i = 0; i < QUEUE_DEPTH; i++) {
		aq[i] = get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0);
		aq[i].common.flags = 1;
		aq[i].common.command_id = htole16(i);
	}
	reg_write(g, ENA_REGS_AQ_DB_OFF, QUEUE_DEPTH);
	for (u16 i = 0; i < QUEUE_DEPTH; i++) {
		assert_int_equal(acq[i].common.status, ENA_ADMIN_SUCCESS);
		assert_int_equal(acq[i].common.flags & 1, 1);
		assert_int_equal(le16toh(acq[i].common.command), i);
	}
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 1);
}

GUEST_TEST(opcodes_that_do_not_exist)
{
	static const u8 opcodes[] = { 0, 5, 10, 12, 0x7f, 0xff };

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		union admin_command cmd = { .common.opcode = opcodes[i] };

		assert_admin(g, cmd, BAD_OPCODE);
	}
	assert_int_equal(g->dev.stats.admin_failures, ARRAY_SIZE(opcodes));
}

GUEST_TEST(a_stale_entry_is_malformed)
{
	union admin_response *acq = ram_at(g, ACQ_ADDR);

	reg_write(g, ENA_REGS_AQ_DB_OFF, 1);	/* all zero: phase 0 */
	assert_int_equal(acq->common.status, ENA_ADMIN_MALFORMED_REQUEST);
	assert_int_equal(acq->common.flags & 1, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

GUEST_TEST(doorbells_out_of_range)
{
	static const u32 values[] = { QUEUE_DEPTH + 1, 0x8000, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		reg_write(g, ENA_REGS_AQ_DB_OFF, values[i]);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
	assert_int_equal(g->dev.stats.admin_commands, 0);
	assert_admin(g, get_feature(ENA_ADMIN_HW_HINTS, 0), SUCCESS);
}

GUEST_TEST(rings_of_bad_sizes)
{
	static const u32 caps[] = { 64u << 16, 64u << 16 | 3, 64u << 16 | 2048,
				    64u << 16 | 0xffff, 63u << 16 | 8, 8,
				    ~0u };

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		admin_up(g);
		reg_write(g, ENA_REGS_AQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AQ_DB_OFF, 1);
		admin_up(g);
		reg_write(g, ENA_REGS_ACQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AQ_DB_OFF, 1);
		reg_write(g, ENA_REGS_AENQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, 1);
		/* Each ring is refused, then its doorbell. */
		assert_int_equal(g->dev.stats.guest_errors, 6 * (i + 1));
	}
	assert_int_equal(g->dev.stats.admin_commands, 0);
	assert_int_equal(g->dev.admin.acq_tail, 0);
}

GUEST_TEST(rings_outside_of_ram)
{
	static const u32 regs[] = { ENA_REGS_AQ_BASE_HI_OFF,
				    ENA_REGS_ACQ_BASE_HI_OFF };

	for (size_t r = 0; r < ARRAY_SIZE(regs); r++) {
		u64 before = g->dev.stats.guest_errors;

		admin_up(g);
		reg_write(g, regs[r], 0xffff);
		reg_write(g, ENA_REGS_AQ_DB_OFF, QUEUE_DEPTH);
		assert_int_equal(g->dev.stats.guest_errors,
				 before + (r ? 2 : 1) * QUEUE_DEPTH);
	}
}

GUEST_TEST(device_attributes)
{
	union admin_response resp;
	struct ena_admin_device_attr_feature_desc *attr =
		&resp.get_feature.u.dev_attr;
	u32 features;

	ask(g, ENA_ADMIN_DEVICE_ATTRIBUTES, 0, &resp);
	features = le32toh(attr->supported_features);
	assert_memory_equal(attr->mac_addr, guest_config.mac, 6);
	assert_int_equal(le32toh(attr->max_mtu), 9216);
	assert_true(features & BIT(ENA_ADMIN_MAX_QUEUES_EXT));
	assert_true(features & BIT(ENA_ADMIN_MTU));
	assert_true(features & BIT(ENA_ADMIN_AENQ_CONFIG));
	assert_false(features & BIT(ENA_ADMIN_LLQ));
}

GUEST_TEST(queue_limits)
{
	union admin_response resp;
	struct ena_admin_queue_ext_feature_fields *ext =
		&resp.get_feature.u.max_queue_ext.max_queue_ext;
	struct ena_admin_queue_feature_desc *max =
		&resp.get_feature.u.max_queue;

	ask(g, ENA_ADMIN_MAX_QUEUES_EXT, 1, &resp);
	assert_int_equal(resp.get_feature.u.max_queue_ext.version, 1);
	assert_int_equal(le32toh(ext->max_tx_sq_num), 2);
	assert_int_equal(le32toh(ext->max_rx_cq_num), 2);
	assert_int_equal(le32toh(ext->max_tx_header_size), 96);
	assert_int_equal(le16toh(ext->max_per_packet_tx_descs), 17);
	assert_admin(g, get_feature(ENA_ADMIN_MAX_QUEUES_EXT, 0),
		     ILLEGAL_PARAMETER);
	ask(g, ENA_ADMIN_MAX_QUEUES_NUM, 0, &resp);
	assert_int_equal(le32toh(max->max_sq_num), 2);
	assert_int_equal(le32toh(max->max_header_size), 96);
	assert_int_equal(le16toh(max->max_packet_tx_descs), 17);
}

GUEST_TEST(offloads_of_c5_metal)
{
	u32 csum = ENA_ADMIN_FEATURE_OFFLOAD_DESC_TX_L4_IPV4_CSUM_PART_MASK;
	union admin_response resp;

	ask(g, ENA_ADMIN_STATELESS_OFFLOAD_CONFIG, 0, &resp);
	assert_int_equal(le32toh(resp.get_feature.u.offload.tx), csum);
	assert_int_equal(le32toh(resp.get_feature.u.offload.rx_supported),
			 ENA_ADMIN_FEATURE_OFFLOAD_DESC_RX_HASH_MASK);
}

GUEST_TEST(features_that_are_not_there)
{
	static const u8 ids[] = { 0, ENA_ADMIN_LLQ, 29, 31, 32, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_admin(g, get_feature(ids[i], 0), UNSUPPORTED_OPCODE);
		assert_admin(g, set_feature(ids[i]), UNSUPPORTED_OPCODE);
	}
	/* These are read-only and write-only. */
	assert_admin(g, set_feature(ENA_ADMIN_DEVICE_ATTRIBUTES),
		     UNSUPPORTED_OPCODE);
	assert_admin(g, get_feature(ENA_ADMIN_MTU, 0), UNSUPPORTED_OPCODE);
}

/* Of a device with all: bit N is feature N. */
#define GET	(BIT(ENA_ADMIN_DEVICE_ATTRIBUTES) | \
		 BIT(ENA_ADMIN_MAX_QUEUES_NUM) | BIT(ENA_ADMIN_HW_HINTS) | \
		 BIT(ENA_ADMIN_LLQ) | BIT(ENA_ADMIN_MAX_QUEUES_EXT) | \
		 BIT(ENA_ADMIN_STATELESS_OFFLOAD_CONFIG) | \
		 BIT(ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG) | \
		 BIT(ENA_ADMIN_RSS_HASH_INPUT) | BIT(ENA_ADMIN_AENQ_CONFIG) | \
		 BIT(ENA_ADMIN_LINK_CONFIG))
#define SET	(BIT(ENA_ADMIN_LLQ) | BIT(ENA_ADMIN_MTU) | \
		 BIT(ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG) | \
		 BIT(ENA_ADMIN_RSS_HASH_INPUT) | BIT(ENA_ADMIN_AENQ_CONFIG) | \
		 BIT(ENA_ADMIN_HOST_ATTR_CONFIG))
#ifdef ENA_HAS_PHC
#define PHC	BIT(ENA_ADMIN_PHC_CONFIG)
#else
#define PHC	0
#endif
/* To a driver that says what it can do. */
#define GET_MORE	(BIT(ENA_ADMIN_RSS_HASH_FUNCTION) | \
			 BIT(ENA_ADMIN_INTERRUPT_MODERATION) | PHC)
#define SET_MORE	(BIT(ENA_ADMIN_RSS_HASH_FUNCTION) | PHC)

/* All but those that are unsupported. */
static u32 features(struct guest *g, union admin_command (*command)(u8 id))
{
	u32 bits = 0;

	for (u32 id = 0; id < 32; id++)
		if (admin_run_once(g, command((u8)id)) !=
		    ENA_ADMIN_UNSUPPORTED_OPCODE)
			bits |= BIT(id);
	return bits;
}

static union admin_command get_version_0(u8 id)
{
	return get_feature(id, 0);
}

TEST(each_feature)
{
	struct ena_config config = nitro_config();
	struct guest *g = guest_up(&config);

	assert_int_equal(features(g, get_version_0), GET);
	assert_int_equal(features(g, set_feature), SET);
	g->dev.host.features = ~0u;
	assert_int_equal(features(g, get_version_0), GET | GET_MORE);
	assert_int_equal(features(g, set_feature), SET | SET_MORE);
	guest_free(g);
}

static union admin_command set_mtu(u32 mtu)
{
	union admin_command cmd = set_feature(ENA_ADMIN_MTU);

	cmd.set_feature.u.mtu.mtu = htole32(mtu);
	return cmd;
}

GUEST_TEST(mtu)
{
	assert_admin(g, set_mtu(9216), SUCCESS);
	assert_int_equal(g->dev.mtu, 9216);
	assert_admin(g, set_mtu(9217), ILLEGAL_PARAMETER);
	assert_admin(g, set_mtu(0), ILLEGAL_PARAMETER);
	assert_admin(g, set_mtu(~0u), ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.mtu, 9216);
}

GUEST_TEST(host_attributes)
{
	union admin_command cmd = set_feature(ENA_ADMIN_HOST_ATTR_CONFIG);
	struct ena_admin_set_feature_host_attr_desc *attr =
		&cmd.set_feature.u.host_attr;

	set_addr(&attr->os_info_ba, BUFFERS_ADDR);
	assert_admin(g, cmd, SUCCESS);
	set_addr(&attr->os_info_ba, RAM_END - 8);
	assert_admin(g, cmd, ILLEGAL_PARAMETER);
	set_addr(&attr->os_info_ba, 0);
	assert_admin(g, cmd, SUCCESS);
	set_addr(&attr->debug_ba, RAM_BASE);
	attr->debug_area_size = htole32(~0u);
	assert_admin(g, cmd, ILLEGAL_PARAMETER);
}

GUEST_TEST(basic_stats)
{
	union admin_command cmd = {
		.get_stats = {
			.aq_common_descriptor.opcode = ENA_ADMIN_GET_STATS,
			.type = ENA_ADMIN_GET_STATS_TYPE_BASIC,
			.scope = ENA_ADMIN_ETH_TRAFFIC,
		},
	};
	union admin_response resp;

	g->dev.stats.tx_frames = 0x100000002ull;
	g->dev.stats.rx_drop[RX_DROP_NO_BUFFER] = 3;
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(resp.get_stats.u.basic_stats.tx_pkts_low), 2);
	assert_int_equal(le32toh(resp.get_stats.u.basic_stats.tx_pkts_high), 1);
	assert_int_equal(le32toh(resp.get_stats.u.basic_stats.rx_drops_low), 3);
	cmd.get_stats.scope = ENA_ADMIN_ETH_TRAFFIC + 1;
	assert_admin(g, cmd, ILLEGAL_PARAMETER);
	/* As drivers send it: no scope is set. */
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_STATS_SCOPE], 0);
	cmd.get_stats.scope = ENA_ADMIN_SPECIFIC_QUEUE;
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(resp.get_stats.u.basic_stats.tx_pkts_low), 2);
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_STATS_SCOPE], 1);
}

GUEST_TEST(cq_parameters)
{
	static const struct {
		u64 base;
		u16 depth;
		u8 words;
		u32 vector;
	} bad[] = {
		{ TX_CQ_ADDR, 0, 2, 1 },
		{ TX_CQ_ADDR, 3, 2, 1 },
		{ TX_CQ_ADDR, 65535, 2, 1 },
		{ TX_CQ_ADDR, 2 * ENA_MAX_QUEUE_DEPTH, 2, 1 },
		{ TX_CQ_ADDR, 32, 0, 1 },
		{ TX_CQ_ADDR, 32, 3, 1 },
		{ TX_CQ_ADDR, 32, 31, 1 },
		{ TX_CQ_ADDR, 32, 2, 0 },
		{ TX_CQ_ADDR, 32, 2, GUEST_VECTORS },
		{ TX_CQ_ADDR, 32, 2, ~0u - 1 },
		{ TX_CQ_ADDR + 4, 32, 2, 1 },
		{ 0, 32, 2, 1 },
		{ RAM_END - 32 * 8 + 8, 32, 2, 1 },
		{ 0xfffffffffff8, 32, 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		union admin_command cmd = cq_command(bad[i].base, bad[i].depth,
						     bad[i].words,
						     bad[i].vector);

		assert_admin(g, cmd, ILLEGAL_PARAMETER);
	}
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(bad));
	assert_admin(g, cq_command(RAM_END - 32 * 8, 32, 2, 2), SUCCESS);
}

static union admin_command destroy_cq(u16 index)
{
	return (union admin_command){
		.destroy_cq.aq_common_descriptor.opcode = ENA_ADMIN_DESTROY_CQ,
		.destroy_cq.cq_idx = htole16(index),
	};
}

static union admin_command destroy_sq(u16 index, u8 direction)
{
	return (union admin_command){
		.destroy_sq.aq_common_descriptor.opcode = ENA_ADMIN_DESTROY_SQ,
		.destroy_sq.sq.sq_idx = htole16(index),
		.destroy_sq.sq.sq_identity = (u8)(direction << 5),
	};
}

/* The words' sizes; drivers ask for two words of TX queues. */
QUEUE_TEST(entries_of_completion_queues)
{
	static const u8 sizes[] = { 4, 8 };
	const u64 *exceptions = g->dev.stats.exceptions;
	const u8 *entry = ram_at(g, BUFFERS_ADDR + 0x2000);
	union admin_command cmd;
	union admin_response resp;
	u16 cq;

	assert_int_equal(exceptions[EXCEPTION_CQ_ENTRY_SIZE], 1);
	for (u16 i = 0; i < ARRAY_SIZE(sizes); i++) {
		cmd = cq_command(BUFFERS_ADDR + 0x2000, 32, sizes[i], 1);
		assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
		cq = le16toh(resp.create_cq.cq_idx);
		cmd = sq_command(ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR, 32, cq);
		assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
		g->tx_sq = le16toh(resp.create_sq.sq_idx);
		g->tx_tail = 0;
		tx_buffer(g, BUFFERS_ADDR, 60, 5);
		tx_buffer(g, BUFFERS_ADDR, 60, 6);
		assert_int_equal(entry[0], 5);
		assert_int_equal(entry[sizes[i] * 4], 6);
		assert_admin(g, destroy_sq(g->tx_sq, ENA_ADMIN_SQ_DIRECTION_TX),
			     SUCCESS);
		assert_admin(g, destroy_cq(cq), SUCCESS);
	}
	assert_int_equal(exceptions[EXCEPTION_CQ_ENTRY_SIZE], 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

QUEUE_TEST(sq_parameters)
{
	union admin_command good = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					      TX_SQ_ADDR, 32, g->tx_cq);
	union admin_command bad[12];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	bad[0].create_sq.sq_depth = 0;
	bad[1].create_sq.sq_depth = htole16(33);
	bad[2].create_sq.sq_depth = htole16(65535);
	bad[3].create_sq.cq_idx = htole16(9);
	bad[4].create_sq.cq_idx = htole16(0xffff);
	bad[5].create_sq.sq_identity = ENA_ADMIN_SQ_DIRECTION_RX << 5;
	bad[6].create_sq.sq_identity = 3 << 5;
	bad[7].create_sq.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_DEV;
	bad[8].create_sq.sq_caps_2 |= ENA_ADMIN_COMPLETION_POLICY_HEAD << 4;
	bad[9].create_sq.sq_caps_3 = 0;
	set_addr(&bad[10].create_sq.sq_ba, RAM_END - 64);
	set_addr(&bad[11].create_sq.sq_ba, TX_SQ_ADDR + 32);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_admin(g, bad[i], ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(bad));
	assert_admin(g, good, SUCCESS);
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_SQ_ALIGNMENT], 0);
}

QUEUE_TEST(a_queue_that_is_not_at_a_page)
{
	assert_admin(g, sq_command(ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR + 64,
				   32, g->tx_cq), SUCCESS);
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_SQ_ALIGNMENT], 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

/* It asks for interrupts, and for no vector. */
GUEST_TEST(a_driver_that_polls)
{
	g->tx_cq = 0;
	assert_admin(g, cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2, ~0u), SUCCESS);
	assert_admin(g, sq_command(ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR,
				   QUEUE_DEPTH, 0), SUCCESS);
	for (u32 vector = 0; vector < GUEST_VECTORS; vector++)
		interrupts(g, vector);
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_tx_completions(g, 1);
	reg_write(g, BAR0_CQ_INTR, ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK);
	for (u32 vector = 0; vector < GUEST_VECTORS; vector++)
		assert_int_equal(interrupts(g, vector), 0);
	assert_int_equal(g->dev.stats.exceptions[EXCEPTION_CQ_VECTOR], 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

QUEUE_TEST(queues_run_out)
{
	union admin_command sq = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					    TX_SQ_ADDR, 32, g->tx_cq);

	assert_admin(g, sq, SUCCESS);
	assert_admin(g, sq, RESOURCE_ALLOCATION_FAILURE);
	for (int i = 0; i < 2; i++)
		assert_admin(g, cq_command(TX_CQ_ADDR, 32, 2, 1), SUCCESS);
	assert_admin(g, cq_command(TX_CQ_ADDR, 32, 2, 1),
		     RESOURCE_ALLOCATION_FAILURE);
}

QUEUE_TEST(queues_are_destroyed_in_order)
{
	assert_admin(g, destroy_cq(g->tx_cq), RESOURCE_BUSY);
	assert_admin(g, destroy_sq(g->tx_sq, ENA_ADMIN_SQ_DIRECTION_RX),
		     ILLEGAL_PARAMETER);
	assert_admin(g, destroy_sq(g->tx_sq, ENA_ADMIN_SQ_DIRECTION_TX),
		     SUCCESS);
	assert_admin(g, destroy_sq(g->tx_sq, ENA_ADMIN_SQ_DIRECTION_TX),
		     ILLEGAL_PARAMETER);
	assert_admin(g, destroy_cq(g->tx_cq), SUCCESS);
	assert_admin(g, destroy_cq(g->tx_cq), ILLEGAL_PARAMETER);
	assert_admin(g, destroy_cq(0xffff), ILLEGAL_PARAMETER);
	assert_admin(g, destroy_cq(ENA_MAX_CQS + g->rx_cq), ILLEGAL_PARAMETER);
	assert_admin(g, destroy_sq(0xffff, 1), ILLEGAL_PARAMETER);
}

static union admin_command with_control(union admin_command cmd, u64 addr,
					u32 len)
{
	set_addr(&cmd.get_feature.control_buffer.address, addr);
	cmd.get_feature.control_buffer.length = htole32(len);
	return cmd;
}

GUEST_TEST(rss_key)
{
	struct ena_admin_feature_rss_flow_hash_control *control =
		ram_at(g, BUFFERS_ADDR);
	union admin_command set =
		with_control(set_feature(ENA_ADMIN_RSS_HASH_FUNCTION),
			     BUFFERS_ADDR, sizeof(*control));
	union admin_command get;
	u8 key[RSS_KEY_SIZE];

	g->dev.host.features = ~0u;
	memset(key, 0xa5, sizeof(key));
	memcpy(control->key, key, sizeof(key));
	control->key_parts = htole32(ENA_ADMIN_RSS_KEY_PARTS);
	set.set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_TOEPLITZ));
	assert_admin(g, set, SUCCESS);
	memset(control, 0, sizeof(*control));
	get = with_control(get_feature(ENA_ADMIN_RSS_HASH_FUNCTION, 0),
			   BUFFERS_ADDR, sizeof(*control));
	assert_admin(g, get, SUCCESS);
	assert_memory_equal(control->key, key, sizeof(key));
	assert_int_equal(g->dev.rss.toeplitz[0][8], 0xa5a5a5a5);
	set.set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_CRC32));
	assert_admin(g, set, ILLEGAL_PARAMETER);
	g->dev.config.profile.rss_functions |= BIT(ENA_ADMIN_CRC32);
	set.set_feature.u.flow_hash_func.init_val = htole32(0x1234);
	control->key_parts = htole32(ENA_ADMIN_RSS_KEY_PARTS);
	assert_admin(g, set, SUCCESS);
	assert_true(g->dev.rss.crc32);
	assert_int_equal(g->dev.rss.crc32_init, 0x1234);
	set.set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_CRC32) | BIT(ENA_ADMIN_TOEPLITZ));
	assert_admin(g, set, ILLEGAL_PARAMETER);
}

GUEST_TEST(rss_control_buffers)
{
	static const u8 ids[] = { ENA_ADMIN_RSS_HASH_FUNCTION,
				  ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG,
				  ENA_ADMIN_RSS_HASH_INPUT };

	g->dev.host.features = ~0u;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		union admin_command get = get_feature(ids[i], 0);
		union admin_command set = set_feature(ids[i]);

		assert_admin(g, get, SUCCESS);
		assert_admin(g, with_control(get, BUFFERS_ADDR, 4),
			     ILLEGAL_PARAMETER);
		assert_admin(g, with_control(get, RAM_END - 8, 4096),
			     ILLEGAL_PARAMETER);
		if (ids[i] == ENA_ADMIN_RSS_HASH_FUNCTION)
			set.set_feature.u.flow_hash_func.selected_func =
				htole32(BIT(ENA_ADMIN_TOEPLITZ));
		set.set_feature.u.ind_table.size = htole16(RSS_TABLE_LOG_SIZE);
		if (ids[i] == ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG)
			set.set_feature.u.ind_table.inline_index = ~0u;
		assert_admin(g, with_control(set, RAM_END, ~0u),
			     ILLEGAL_PARAMETER);
	}
}

GUEST_TEST(rss_input)
{
	struct ena_admin_feature_rss_hash_control *control =
		ram_at(g, BUFFERS_ADDR);
	union admin_command set =
		with_control(set_feature(ENA_ADMIN_RSS_HASH_INPUT),
			     BUFFERS_ADDR, sizeof(*control));
	u16 *sort = &set.set_feature.u.flow_hash_input.enabled_input_sort;

	*sort = htole16(ENA_ADMIN_FEATURE_RSS_FLOW_HASH_INPUT_L3_SORT_MASK);
	assert_admin(g, set, SUCCESS);
	assert_true(g->dev.rss.sort_l3);
	assert_false(g->dev.rss.sort_l4);
	for (u32 bit = 0; bit < 16; bit++) {
		*sort = htole16((u16)BIT(bit));
		if (bit != 1 && bit != 2)
			assert_admin(g, set, ILLEGAL_PARAMETER);
	}
	*sort = 0;
	control->selected_fields[ENA_ADMIN_RSS_TCP4].fields = 0xffff;
	assert_admin(g, set, ILLEGAL_PARAMETER);
}

/* Drivers set the flag, and give the buffer itself. */
GUEST_TEST(control_data_that_is_not_indirect)
{
	union admin_command get = get_feature(ENA_ADMIN_RSS_HASH_INPUT, 0);
	const u64 *exceptions = g->dev.stats.exceptions;
	u8 *buffer = ram_at(g, BUFFERS_ADDR);

	get = with_control(get, BUFFERS_ADDR, 4096);
	assert_admin(g, get, SUCCESS);
	assert_int_equal(exceptions[EXCEPTION_CTRL_DATA_INDIRECT], 0);
	memset(buffer, 0, 4096);
	get.common.flags = ENA_ADMIN_AQ_COMMON_DESC_CTRL_DATA_INDIRECT_MASK;
	assert_admin(g, get, SUCCESS);
	assert_int_equal(exceptions[EXCEPTION_CTRL_DATA_INDIRECT], 1);
	assert_int_not_equal(buffer[0], 0);
}

GUEST_TEST(rss_table_of_no_queue)
{
	struct ena_admin_rss_ind_table_entry *table = ram_at(g, BUFFERS_ADDR);
	union admin_command set =
		set_feature(ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG);

	set = with_control(set, BUFFERS_ADDR, RSS_TABLE_SIZE * sizeof(*table));
	set.set_feature.u.ind_table.size = htole16(RSS_TABLE_LOG_SIZE);
	set.set_feature.u.ind_table.inline_index = ~0u;
	table[5].cq_idx = htole16(ENA_MAX_SQS);
	assert_admin(g, set, ILLEGAL_PARAMETER);
	table[5].cq_idx = htole16(ENA_MAX_SQS - 1);
	assert_admin(g, set, SUCCESS);
	set.set_feature.u.ind_table.size = htole16(15);
	assert_admin(g, set, ILLEGAL_PARAMETER);
}
