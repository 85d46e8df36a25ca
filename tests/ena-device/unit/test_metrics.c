// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

static int setup(void **state)
{
	struct ena_config config = nitro_config();
	struct guest *g;

	config.pps = 3;
	g = guest_up(&config);
	create_queues(g);
	*state = g;
	return 0;
}

#define METRICS_TEST(name) \
	TEST_F(struct guest *, g, setup, guest_teardown, name)

static union admin_command get_stats(u8 type)
{
	return (union admin_command){
		.get_stats = {
			.aq_common_descriptor.opcode = ENA_ADMIN_GET_STATS,
			.type = type,
			.scope = ENA_ADMIN_ETH_TRAFFIC,
		},
	};
}

static void send_frames(struct guest *g, int count)
{
	u8 frame[60] = { 0 };

	while (count--)
		tx_frame(g, frame, sizeof(frame), 0);
}

METRICS_TEST(an_allowance_of_packets)
{
	union admin_command cmd = get_stats(ENA_ADMIN_GET_STATS_TYPE_ENI);
	union admin_response resp;
	u8 frame[60] = { 0 };

	send_frames(g, 5);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.tx_frames, 3);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_ALLOWANCE], 2);
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_ALLOWANCE], 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
	assert_tx_completions(g, 5);
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le64toh(resp.get_stats.u.eni_stats
				     .pps_allowance_exceeded), 3);
	assert_int_equal(resp.get_stats.u.eni_stats.bw_in_allowance_exceeded,
			 0);
	metrics_new_second(&g->dev);
	send_frames(g, 1);
	assert_int_equal(g->dev.stats.tx_frames, 4);
}

METRICS_TEST(an_allowance_is_no_drop)
{
	union admin_command cmd = get_stats(ENA_ADMIN_GET_STATS_TYPE_BASIC);
	union admin_response resp;
	struct ena_admin_basic_stats *basic = &resp.get_stats.u.basic_stats;
	u8 frame[60] = { 0 };

	rx_frame(&g->dev, frame, sizeof(frame));	/* no buffer */
	send_frames(g, 3);
	rx_frame(&g->dev, frame, sizeof(frame));
	tx_frame(g, frame, 13, 0);			/* a runt */
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_ALLOWANCE], 1);
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_ALLOWANCE], 1);
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(basic->tx_drops_low), 1);
	assert_int_equal(le32toh(basic->rx_drops_low), 1);
}

METRICS_TEST(types_that_are_not_there)
{
	assert_admin(g, get_stats(ENA_ADMIN_GET_STATS_TYPE_EXTENDED),
		     UNSUPPORTED_OPCODE);
	assert_admin(g, get_stats(9), UNSUPPORTED_OPCODE);
	assert_admin(g, get_stats(255), UNSUPPORTED_OPCODE);
	g->dev.config.profile.capabilities = 0;
	for (u8 type = ENA_ADMIN_GET_STATS_TYPE_ENI; type < 5; type++)
		assert_admin(g, get_stats(type), UNSUPPORTED_OPCODE);
}

METRICS_TEST(capabilities)
{
	union admin_command cmd = get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0);
	union admin_response resp;

	admin_run(g, &cmd, &resp);
	assert_int_equal(le32toh(resp.get_feature.u.dev_attr.capabilities),
			 g->dev.config.profile.capabilities);
	assert_true(g->dev.config.profile.capabilities &
		    BIT(ENA_ADMIN_ENI_STATS));
}

#ifdef ENA_HAS_METRICS

METRICS_TEST(srd)
{
	union admin_command cmd = get_stats(ENA_ADMIN_GET_STATS_TYPE_ENA_SRD);
	union admin_response resp;

	send_frames(g, 2);
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(resp.get_stats.u.ena_srd_info.flags, 0);
	assert_int_equal(le64toh(resp.get_stats.u.ena_srd_info.ena_srd_stats
				     .ena_srd_eligible_tx_pkts), 2);
}

METRICS_TEST(customer_metrics_in_their_order)
{
	union admin_command cmd =
		get_stats(ENA_ADMIN_GET_STATS_TYPE_CUSTOMER_METRICS);
	union admin_response resp;
	u64 *values = ram_at(g, BUFFERS_ADDR + 0x1000);

	send_frames(g, 4);
	cmd.get_stats.requested_metrics = htole64(~0ull);
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le64toh(resp.get_stats.u.customer_metrics
				     .reported_metrics), 0x3f);
	memset(values, 0xff, 64);
	set_addr(&cmd.get_stats.u.control_buffer.address,
		 BUFFERS_ADDR + 0x1000);
	cmd.get_stats.u.control_buffer.length = htole32(512);
	cmd.get_stats.requested_metrics =
		htole64(BIT(ENA_ADMIN_BW_OUT_ALLOWANCE_EXCEEDED) |
			BIT(ENA_ADMIN_PPS_ALLOWANCE_EXCEEDED));
	assert_int_equal(admin_run(g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le64toh(values[0]), 0);
	assert_int_equal(le64toh(values[1]), 1);
	assert_int_equal(values[2], ~0ull);
}

METRICS_TEST(customer_metrics_that_do_not_fit)
{
	union admin_command cmd =
		get_stats(ENA_ADMIN_GET_STATS_TYPE_CUSTOMER_METRICS);

	cmd.get_stats.requested_metrics = htole64(~0ull);
	cmd.get_stats.u.control_buffer.length = htole32(47);
	set_addr(&cmd.get_stats.u.control_buffer.address, BUFFERS_ADDR);
	assert_admin(g, cmd, ILLEGAL_PARAMETER);
	cmd.get_stats.u.control_buffer.length = htole32(~0u);
	set_addr(&cmd.get_stats.u.control_buffer.address, RAM_END - 47);
	assert_admin(g, cmd, ILLEGAL_PARAMETER);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	set_addr(&cmd.get_stats.u.control_buffer.address, RAM_END - 48);
	assert_admin(g, cmd, SUCCESS);
}

#endif
