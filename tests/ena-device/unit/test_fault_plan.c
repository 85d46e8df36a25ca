// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "fault_plan.h"
#include "fixture.h"

#define PLAN	"fault_plan.test"

static const char *parse(struct fault_plan *plans, const char *text)
{
	static char line[128];

	strcpy(line, text);
	return fault_plan_line(plans, 2, line);
}

TEST(lines)
{
	struct fault_plan plans[2] = { 0 };

	assert_null(parse(plans, "\n"));
	assert_null(parse(plans, "  # nothing\n"));
	assert_null(parse(plans, "0 tx_lost 2\n"));
	assert_null(parse(plans, "1\ttx_lost 65535 4294967295 # all\r\n"));
	assert_null(parse(plans, "1 keep_alive 1 0"));
	assert_int_equal(plans[0].order[FAULT_TX_LOST].times, 2);
	assert_int_equal(plans[0].order[FAULT_TX_LOST].after, 0);
	assert_int_equal(plans[1].order[FAULT_TX_LOST].times, 65535);
	assert_int_equal(plans[1].order[FAULT_TX_LOST].after, 4294967295);
	assert_int_equal(plans[1].order[FAULT_KEEP_ALIVE].times, 1);
}

TEST(lines_that_are_refused)
{
	static const char *const bad[] = {
		"2 tx_lost 1", "-1 tx_lost 1", "x tx_lost 1", "0", "0 tx_lost",
		"0 none 1", "0 tx_lost 0", "0 tx_lost 65536", "0 tx_lost 1 -1",
		"0 tx_lost 1 2 3", "0 tx_lost 1 99999999999999999999",
		"0 tx_lost 0x1",
	};
	struct fault_plan plans[2] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!parse(plans, bad[i]))
			fail_msg("taken: %s", bad[i]);
	for (u32 i = 0; i < FAULTS; i++)
		assert_int_equal(plans[0].order[i].times, 0);
	assert_null(parse(plans, "0 tx_lost 1"));
	assert_non_null(parse(plans, "0 tx_lost 2"));
}

static bool load_bytes(struct fault_plan *plans, const char *text, size_t len)
{
	FILE *file = fopen(PLAN, "w");
	bool loaded;

	fwrite(text, 1, len, file);
	fclose(file);
	loaded = fault_plan_load(plans, 2, PLAN);
	unlink(PLAN);
	return loaded;
}

static bool load(struct fault_plan *plans, const char *text)
{
	return load_bytes(plans, text, strlen(text));
}

TEST(files)
{
	struct fault_plan plans[2] = { 0 };
	static char text[20000];

	assert_true(load(plans, "# a plan\n0 tx_lost 1 2\n1 rx_req_id 1"));
	assert_int_equal(plans[0].order[FAULT_TX_LOST].after, 2);
	assert_int_equal(plans[1].order[FAULT_RX_REQ_ID].times, 1);
	assert_false(load(plans, "0 nothing 1\n"));
	memset(text, ' ', sizeof(text) - 1);
	assert_false(load(plans, text));
	assert_false(load_bytes(plans, "0 tx_twice 1\0nonsense\n", 22));
	assert_int_equal(plans[0].order[FAULT_TX_TWICE].times, 0);
	assert_false(fault_plan_load(plans, 2, "no/such/file"));
	assert_false(fault_plan_load(plans, 2, "/"));
}

static int setup(void **state)
{
	struct ena_config config = guest_config;
	struct guest *g;

	config.plan.order[FAULT_TX_LOST] = (struct fault_order){ 1, 2 };
	g = guest_up(&config);
	create_queues(g);
	*state = g;
	return 0;
}

#define PLAN_TEST(name) TEST_F(struct guest *, g, setup, guest_teardown, name)

static void send_frames(struct guest *g, int count)
{
	u8 frame[60];

	make_frame(frame, "v4-icmp", sizeof(frame));
	while (count--)
		tx_frame(g, frame, sizeof(frame), 60);
}

PLAN_TEST(the_third_completion_is_lost)
{
	send_frames(g, 2);
	assert_tx_completions(g, 2);
	send_frames(g, 1);
	assert_tx_completions(g, 2);
	send_frames(g, 1);
	assert_tx_completions(g, 3);
	assert_int_equal(g->dev.faults.done[FAULT_TX_LOST], 1);
}

/* Seconds without a driver are no occasions. */
PLAN_TEST(events_wait_for_the_driver)
{
	static const enum fault events[] = {
		FAULT_KEEP_ALIVE, FAULT_LINK_DOWN, FAULT_FATAL_ERROR,
		FAULT_WARNING, FAULT_NOTIFICATION,
	};
	union admin_command cmd = set_feature(ENA_ADMIN_AENQ_CONFIG);
	struct faults *faults = &g->dev.faults;

	for (u32 i = 0; i < ARRAY_SIZE(events); i++) {
		faults->left[events[i]] = 1;
		faults->wait[events[i]] = 1;
	}
	for (int i = 0; i < 3; i++)
		aenq_tick(&g->dev);
	for (u32 i = 0; i < ARRAY_SIZE(events); i++) {
		assert_int_equal(faults->left[events[i]], 1);
		assert_int_equal(faults->wait[events[i]], 1);
	}
	cmd.set_feature.u.aenq.enabled_groups =
		htole32(g->dev.config.profile.aenq_groups);
	assert_admin(g, cmd, SUCCESS);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, 1);	/* link up fits */
	aenq_tick(&g->dev);
	assert_int_equal(faults->wait[FAULT_WARNING], 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	aenq_tick(&g->dev);
	aenq_tick(&g->dev);
	for (u32 i = 0; i < ARRAY_SIZE(events); i++)
		assert_int_equal(faults->done[events[i]], 1);
	/* The link up, down and up, three events and a keep-alive. */
	assert_int_equal(g->dev.stats.aenq_events, 7);
}

PLAN_TEST(begins_again_at_power_on)
{
	send_frames(g, 3);
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 0);
	ena_dev_reset(&g->dev);
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 0);
	ena_dev_power_on(&g->dev);
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 1);
	assert_int_equal(g->dev.faults.wait[FAULT_TX_LOST], 2);
}
