// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "guest.h"

#define T(name) \
	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)
#define Q(name) \
	cmocka_unit_test_setup_teardown(name, guest_setup_queues, \
					guest_teardown)

static u8 run(struct guest *g, union admin_command cmd,
	      union admin_response *resp)
{
	return admin_run(g, &cmd, resp);
}

static void phases_flip_at_the_wrap(void **state)
{
	/* admin_run() asserts each completion's phase, id and head. */
	for (int i = 0; i < 5 * ADMIN_DEPTH; i++)
		assert_int_equal(run(*state,
				     get_feature(ENA_ADMIN_HW_HINTS, 0), NULL),
				 ENA_ADMIN_SUCCESS);
}

static void the_tail_wraps_at_16_bits(void **state)
{
	struct guest *g = *state;

	for (int i = 0; i < 0x10000 + 3; i++)
		run(g, get_feature(ENA_ADMIN_HW_HINTS, 0), NULL);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

static void one_doorbell_for_many(void **state)
{
	struct guest *g = *state;
	union admin_command *aq = ram_at(g, AQ_ADDR);
	union admin_response *acq = ram_at(g, ACQ_ADDR);

	for (u16 i = 0; i < ADMIN_DEPTH; i++) {
		aq[i] = get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0);
		aq[i].common.flags = 1;
		aq[i].common.command_id = htole16(i);
	}
	reg_write(g, ENA_REGS_AQ_DB_OFF, ADMIN_DEPTH);
	for (u16 i = 0; i < ADMIN_DEPTH; i++) {
		assert_int_equal(acq[i].common.status, ENA_ADMIN_SUCCESS);
		assert_int_equal(acq[i].common.flags & 1, 1);
		assert_int_equal(le16toh(acq[i].common.command), i);
	}
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 1);
}

static void opcodes_that_do_not_exist(void **state)
{
	static const u8 opcodes[] = { 0, 5, 10, 12, 0x7f, 0xff };
	struct guest *g = *state;

	for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++) {
		union admin_command cmd = { .common.opcode = opcodes[i] };

		assert_int_equal(admin_run(g, &cmd, NULL),
				 ENA_ADMIN_BAD_OPCODE);
	}
	assert_int_equal(g->dev.stats.admin_failures, ARRAY_SIZE(opcodes));
}

static void a_stale_entry_is_malformed(void **state)
{
	struct guest *g = *state;
	union admin_response *acq = ram_at(g, ACQ_ADDR);

	reg_write(g, ENA_REGS_AQ_DB_OFF, 1);	/* all zero: phase 0 */
	assert_int_equal(acq->common.status, ENA_ADMIN_MALFORMED_REQUEST);
	assert_int_equal(acq->common.flags & 1, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

static void doorbells_out_of_range(void **state)
{
	static const u32 values[] = { ADMIN_DEPTH + 1, 0x8000, 0xffff };
	struct guest *g = *state;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		reg_write(g, ENA_REGS_AQ_DB_OFF, values[i]);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
	assert_int_equal(g->dev.stats.admin_commands, 0);
	assert_int_equal(run(g, get_feature(ENA_ADMIN_HW_HINTS, 0), NULL),
			 ENA_ADMIN_SUCCESS);
}

static void rings_of_bad_sizes(void **state)
{
	static const u32 caps[] = { 64u << 16, 64u << 16 | 3, 64u << 16 | 2048,
				    64u << 16 | 0xffff, 63u << 16 | 8, 8,
				    ~0u };
	struct guest *g = *state;

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		admin_up(g);
		reg_write(g, ENA_REGS_AQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AQ_DB_OFF, 1);
		admin_up(g);
		reg_write(g, ENA_REGS_ACQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AQ_DB_OFF, 1);
		reg_write(g, ENA_REGS_AENQ_CAPS_OFF, caps[i]);
		reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, 1);
		/* Each ring refused, and then its doorbell. */
		assert_int_equal(g->dev.stats.guest_errors, 6 * (i + 1));
	}
	assert_int_equal(g->dev.stats.admin_commands, 0);
	assert_int_equal(g->dev.admin.acq_tail, 0);
}

static void rings_outside_of_ram(void **state)
{
	static const u32 regs[] = { ENA_REGS_AQ_BASE_HI_OFF,
				    ENA_REGS_ACQ_BASE_HI_OFF };
	struct guest *g = *state;

	for (size_t r = 0; r < ARRAY_SIZE(regs); r++) {
		u64 before = g->dev.stats.guest_errors;

		admin_up(g);
		reg_write(g, regs[r], 0xffff);
		reg_write(g, ENA_REGS_AQ_DB_OFF, ADMIN_DEPTH);
		assert_int_equal(g->dev.stats.guest_errors,
				 before + (r ? 2 : 1) * ADMIN_DEPTH);
	}
}

static void device_attributes(void **state)
{
	union admin_response resp;
	struct ena_admin_device_attr_feature_desc *attr =
		&resp.get_feature.u.dev_attr;
	u32 features;

	assert_int_equal(run(*state,
			     get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0),
			     &resp), ENA_ADMIN_SUCCESS);
	features = le32toh(attr->supported_features);
	assert_memory_equal(attr->mac_addr, guest_config.mac, 6);
	assert_int_equal(le32toh(attr->max_mtu), 9216);
	assert_true(features & BIT(ENA_ADMIN_MAX_QUEUES_EXT));
	assert_true(features & BIT(ENA_ADMIN_MTU));
	assert_true(features & BIT(ENA_ADMIN_AENQ_CONFIG));
	assert_false(features & BIT(ENA_ADMIN_LLQ));
}

static void queue_limits(void **state)
{
	union admin_response resp;
	struct ena_admin_queue_ext_feature_fields *ext =
		&resp.get_feature.u.max_queue_ext.max_queue_ext;
	struct ena_admin_queue_feature_desc *max =
		&resp.get_feature.u.max_queue;

	assert_int_equal(run(*state, get_feature(ENA_ADMIN_MAX_QUEUES_EXT, 1),
			     &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(resp.get_feature.u.max_queue_ext.version, 1);
	assert_int_equal(le32toh(ext->max_tx_sq_num), 2);
	assert_int_equal(le32toh(ext->max_rx_cq_num), 2);
	assert_int_equal(le32toh(ext->max_tx_header_size), 96);
	assert_int_equal(le16toh(ext->max_per_packet_tx_descs), 17);
	assert_int_equal(run(*state, get_feature(ENA_ADMIN_MAX_QUEUES_EXT, 0),
			     NULL), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(run(*state, get_feature(ENA_ADMIN_MAX_QUEUES_NUM, 0),
			     &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(max->max_sq_num), 2);
	assert_int_equal(le32toh(max->max_header_size), 96);
	assert_int_equal(le16toh(max->max_packet_tx_descs), 17);
}

static void offloads_of_c5_metal(void **state)
{
	u32 csum = ENA_ADMIN_FEATURE_OFFLOAD_DESC_TX_L4_IPV4_CSUM_PART_MASK;
	union admin_response resp;

	assert_int_equal(run(*state,
			     get_feature(ENA_ADMIN_STATELESS_OFFLOAD_CONFIG, 0),
			     &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(resp.get_feature.u.offload.tx), csum);
	assert_int_equal(le32toh(resp.get_feature.u.offload.rx_supported),
			 ENA_ADMIN_FEATURE_OFFLOAD_DESC_RX_HASH_MASK);
}

static void features_that_are_not_there(void **state)
{
	static const u8 ids[] = { 0, ENA_ADMIN_LLQ, 29, 31, 32, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		assert_int_equal(run(*state, get_feature(ids[i], 0), NULL),
				 ENA_ADMIN_UNSUPPORTED_OPCODE);
		assert_int_equal(run(*state, set_feature(ids[i]), NULL),
				 ENA_ADMIN_UNSUPPORTED_OPCODE);
	}
	/* There, and read-only or write-only. */
	assert_int_equal(run(*state, set_feature(ENA_ADMIN_DEVICE_ATTRIBUTES),
			     NULL), ENA_ADMIN_UNSUPPORTED_OPCODE);
	assert_int_equal(run(*state, get_feature(ENA_ADMIN_MTU, 0), NULL),
			 ENA_ADMIN_UNSUPPORTED_OPCODE);
}

static u8 run_mtu(struct guest *g, u32 mtu)
{
	union admin_command cmd = set_feature(ENA_ADMIN_MTU);

	cmd.set_feature.u.mtu.mtu = htole32(mtu);
	return admin_run(g, &cmd, NULL);
}

static void mtu(void **state)
{
	struct guest *g = *state;

	assert_int_equal(run_mtu(g, 9216), ENA_ADMIN_SUCCESS);
	assert_int_equal(g->dev.mtu, 9216);
	assert_int_equal(run_mtu(g, 9217), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(run_mtu(g, 0), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(run_mtu(g, ~0u), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.mtu, 9216);
}

static void host_attributes(void **state)
{
	union admin_command cmd = set_feature(ENA_ADMIN_HOST_ATTR_CONFIG);
	struct ena_admin_set_feature_host_attr_desc *attr =
		&cmd.set_feature.u.host_attr;

	set_addr(&attr->os_info_ba, HOST_INFO_ADDR);
	assert_int_equal(admin_run(*state, &cmd, NULL), ENA_ADMIN_SUCCESS);
	set_addr(&attr->os_info_ba, RAM_END - 8);
	assert_int_equal(admin_run(*state, &cmd, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	set_addr(&attr->os_info_ba, 0);
	assert_int_equal(admin_run(*state, &cmd, NULL), ENA_ADMIN_SUCCESS);
	set_addr(&attr->debug_ba, RAM_BASE);
	attr->debug_area_size = htole32(~0u);
	assert_int_equal(admin_run(*state, &cmd, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
}

static void basic_stats(void **state)
{
	struct guest *g = *state;
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
	cmd.get_stats.type = ENA_ADMIN_GET_STATS_TYPE_ENI;
	assert_int_equal(admin_run(g, &cmd, NULL),
			 ENA_ADMIN_UNSUPPORTED_OPCODE);
	cmd.get_stats.type = ENA_ADMIN_GET_STATS_TYPE_BASIC;
	cmd.get_stats.scope = ENA_ADMIN_SPECIFIC_QUEUE;
	assert_int_equal(admin_run(g, &cmd, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
}

static void cq_parameters(void **state)
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
		{ TX_CQ_ADDR, 32, 2, ~0u },
		{ TX_CQ_ADDR + 4, 32, 2, 1 },
		{ 0, 32, 2, 1 },
		{ RAM_END - 32 * 8 + 8, 32, 2, 1 },
		{ 0xfffffffffff8, 32, 2, 1 },
	};
	struct guest *g = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(run(g, cq_command(bad[i].base, bad[i].depth,
						   bad[i].words,
						   bad[i].vector), NULL),
				 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(bad));
	assert_int_equal(run(g, cq_command(RAM_END - 32 * 8, 32, 2, 2), NULL),
			 ENA_ADMIN_SUCCESS);
}

static void sq_parameters(void **state)
{
	struct guest *g = *state;
	union admin_command good = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					      TX_SQ_ADDR, 32, g->tx_cq);
	union admin_command bad[11];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	bad[0].create_sq.sq_depth = 0;
	bad[1].create_sq.sq_depth = htole16(33);
	bad[2].create_sq.sq_depth = htole16(65535);
	bad[3].create_sq.cq_idx = htole16(9);
	bad[4].create_sq.cq_idx = htole16(0xffff);
	bad[5].create_sq.cq_idx = htole16(g->rx_cq);
	bad[6].create_sq.sq_identity = 3 << 5;
	bad[7].create_sq.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_DEV;
	bad[8].create_sq.sq_caps_2 |= ENA_ADMIN_COMPLETION_POLICY_HEAD << 4;
	bad[9].create_sq.sq_caps_3 = 0;
	set_addr(&bad[10].create_sq.sq_ba, RAM_END - 16);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(admin_run(g, &bad[i], NULL),
				 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.stats.guest_errors, ARRAY_SIZE(bad));
	set_addr(&bad[10].create_sq.sq_ba, RAM_END - 4096 + 16);
	assert_int_equal(admin_run(g, &bad[10], NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(admin_run(g, &good, NULL), ENA_ADMIN_SUCCESS);
}

static void queues_run_out(void **state)
{
	struct guest *g = *state;
	union admin_command sq = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					    TX_SQ_ADDR, 32, g->tx_cq);

	assert_int_equal(admin_run(g, &sq, NULL), ENA_ADMIN_SUCCESS);
	assert_int_equal(admin_run(g, &sq, NULL),
			 ENA_ADMIN_RESOURCE_ALLOCATION_FAILURE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(run(g, cq_command(TX_CQ_ADDR, 32, 2, 1), NULL),
				 ENA_ADMIN_SUCCESS);
	assert_int_equal(run(g, cq_command(TX_CQ_ADDR, 32, 2, 1), NULL),
			 ENA_ADMIN_RESOURCE_ALLOCATION_FAILURE);
}

static u8 destroy_cq(struct guest *g, u16 index)
{
	union admin_command cmd = {
		.destroy_cq.aq_common_descriptor.opcode = ENA_ADMIN_DESTROY_CQ,
		.destroy_cq.cq_idx = htole16(index),
	};

	return admin_run(g, &cmd, NULL);
}

static u8 destroy_sq(struct guest *g, u16 index, u8 direction)
{
	union admin_command cmd = {
		.destroy_sq.aq_common_descriptor.opcode = ENA_ADMIN_DESTROY_SQ,
		.destroy_sq.sq.sq_idx = htole16(index),
		.destroy_sq.sq.sq_identity = (u8)(direction << 5),
	};

	return admin_run(g, &cmd, NULL);
}

static void queues_are_destroyed_in_order(void **state)
{
	struct guest *g = *state;

	assert_int_equal(destroy_cq(g, g->tx_cq), ENA_ADMIN_RESOURCE_BUSY);
	assert_int_equal(destroy_sq(g, g->tx_sq, ENA_ADMIN_SQ_DIRECTION_RX),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(destroy_sq(g, g->tx_sq, ENA_ADMIN_SQ_DIRECTION_TX),
			 ENA_ADMIN_SUCCESS);
	assert_int_equal(destroy_sq(g, g->tx_sq, ENA_ADMIN_SQ_DIRECTION_TX),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(destroy_cq(g, g->tx_cq), ENA_ADMIN_SUCCESS);
	assert_int_equal(destroy_cq(g, g->tx_cq), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(destroy_cq(g, 0xffff), ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(destroy_cq(g, ENA_MAX_CQS + g->rx_cq),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(destroy_sq(g, 0xffff, 1), ENA_ADMIN_ILLEGAL_PARAMETER);
}

static union admin_command with_control(union admin_command cmd, u64 addr,
					u32 len)
{
	set_addr(&cmd.get_feature.control_buffer.address, addr);
	cmd.get_feature.control_buffer.length = htole32(len);
	return cmd;
}

static void rss_key(void **state)
{
	struct guest *g = *state;
	struct ena_admin_feature_rss_flow_hash_control *control =
		ram_at(g, CONTROL_ADDR);
	union admin_command set =
		with_control(set_feature(ENA_ADMIN_RSS_HASH_FUNCTION),
			     CONTROL_ADDR, sizeof(*control));
	union admin_command get;
	u8 key[RSS_KEY_SIZE];

	memset(key, 0xa5, sizeof(key));
	memcpy(control->key, key, sizeof(key));
	control->key_parts = htole32(ENA_ADMIN_RSS_KEY_PARTS);
	set.set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_TOEPLITZ));
	assert_int_equal(admin_run(g, &set, NULL), ENA_ADMIN_SUCCESS);
	memset(control, 0, sizeof(*control));
	get = with_control(get_feature(ENA_ADMIN_RSS_HASH_FUNCTION, 0),
			   CONTROL_ADDR, sizeof(*control));
	assert_int_equal(run(g, get, NULL), ENA_ADMIN_SUCCESS);
	assert_memory_equal(control->key, key, sizeof(key));
	set.set_feature.u.flow_hash_func.selected_func =
		htole32(BIT(ENA_ADMIN_CRC32));
	assert_int_equal(admin_run(g, &set, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
}

static void rss_control_buffers(void **state)
{
	static const u8 ids[] = { ENA_ADMIN_RSS_HASH_FUNCTION,
				  ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG,
				  ENA_ADMIN_RSS_HASH_INPUT };
	struct guest *g = *state;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		union admin_command get = get_feature(ids[i], 0);
		union admin_command set = set_feature(ids[i]);

		assert_int_equal(run(g, get, NULL), ENA_ADMIN_SUCCESS);
		assert_int_equal(run(g, with_control(get, CONTROL_ADDR, 4),
				     NULL), ENA_ADMIN_ILLEGAL_PARAMETER);
		assert_int_equal(run(g, with_control(get, RAM_END - 8, 4096),
				     NULL), ENA_ADMIN_ILLEGAL_PARAMETER);
		if (ids[i] == ENA_ADMIN_RSS_HASH_FUNCTION)
			set.set_feature.u.flow_hash_func.selected_func =
				htole32(BIT(ENA_ADMIN_TOEPLITZ));
		set.set_feature.u.ind_table.size = htole16(RSS_TABLE_LOG_SIZE);
		if (ids[i] == ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG)
			set.set_feature.u.ind_table.inline_index = ~0u;
		assert_int_equal(run(g, with_control(set, RAM_END, ~0u), NULL),
				 ENA_ADMIN_ILLEGAL_PARAMETER);
	}
}

static void rss_table_of_no_queue(void **state)
{
	struct guest *g = *state;
	struct ena_admin_rss_ind_table_entry *table = ram_at(g, CONTROL_ADDR);
	union admin_command set =
		set_feature(ENA_ADMIN_RSS_INDIRECTION_TABLE_CONFIG);

	set = with_control(set, CONTROL_ADDR, RSS_TABLE_SIZE * sizeof(*table));
	set.set_feature.u.ind_table.size = htole16(RSS_TABLE_LOG_SIZE);
	set.set_feature.u.ind_table.inline_index = ~0u;
	table[5].cq_idx = htole16(ENA_MAX_SQS);
	assert_int_equal(admin_run(g, &set, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	table[5].cq_idx = htole16(ENA_MAX_SQS - 1);
	assert_int_equal(admin_run(g, &set, NULL), ENA_ADMIN_SUCCESS);
	set.set_feature.u.ind_table.size = htole16(15);
	assert_int_equal(admin_run(g, &set, NULL),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(phases_flip_at_the_wrap),
		T(the_tail_wraps_at_16_bits),
		T(one_doorbell_for_many),
		T(opcodes_that_do_not_exist),
		T(a_stale_entry_is_malformed),
		T(doorbells_out_of_range),
		T(rings_of_bad_sizes),
		T(rings_outside_of_ram),
		T(device_attributes),
		T(queue_limits),
		T(offloads_of_c5_metal),
		T(features_that_are_not_there),
		T(mtu),
		T(host_attributes),
		T(basic_stats),
		T(cq_parameters),
		Q(sq_parameters),
		Q(queues_run_out),
		Q(queues_are_destroyed_in_order),
		T(rss_key),
		T(rss_control_buffers),
		T(rss_table_of_no_queue),
	};

	return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
