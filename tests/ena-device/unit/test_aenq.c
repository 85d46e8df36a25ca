// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "guest.h"

#define T(name) \
	cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

static u8 enable(struct guest *g, u32 groups)
{
	union admin_command cmd = set_feature(ENA_ADMIN_AENQ_CONFIG);

	cmd.set_feature.u.aenq.enabled_groups = htole32(groups);
	return admin_run(g, &cmd, NULL);
}

static struct ena_admin_aenq_common_desc *event(struct guest *g, u16 index)
{
	return ram_at(g, AENQ_ADDR + index % ADMIN_DEPTH * 64u);
}

static bool posted(struct guest *g, u16 index)
{
	return (event(g, index)->flags & 1) == ring_phase(index, ADMIN_DEPTH);
}

static void link_comes_up_once(void **state)
{
	struct guest *g = *state;
	struct ena_admin_aenq_link_change_desc *link;

	assert_int_equal(enable(g, AENQ_SUPPORTED_GROUPS), ENA_ADMIN_SUCCESS);
	assert_false(posted(g, 0));
	interrupts(g, IRQ_ADMIN_VECTOR);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	assert_true(posted(g, 0));
	assert_int_equal(le16toh(event(g, 0)->group), ENA_ADMIN_LINK_CHANGE);
	link = (void *)event(g, 0);
	assert_int_equal(le32toh(link->flags) & 1, 1);
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	assert_false(posted(g, 1));
}

static void link_waits_for_its_group(void **state)
{
	struct guest *g = *state;

	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	assert_false(posted(g, 0));
	enable(g, BIT(ENA_ADMIN_LINK_CHANGE));
	assert_true(posted(g, 0));
	aenq_keep_alive(&g->dev);
	assert_false(posted(g, 1));
}

static void keep_alive_tells_the_drops(void **state)
{
	struct guest *g = *state;
	struct ena_admin_aenq_keep_alive_desc *alive;

	g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH] = 0x100000005ull;
	g->dev.stats.rx_drop[RX_DROP_NO_BUFFER] = 2;
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	aenq_keep_alive(&g->dev);
	assert_true(posted(g, 0));
	assert_int_equal(le16toh(event(g, 0)->group), ENA_ADMIN_KEEP_ALIVE);
	alive = (void *)event(g, 0);
	assert_int_equal(le32toh(alive->tx_drops_low), 5);
	assert_int_equal(le32toh(alive->tx_drops_high), 1);
	assert_int_equal(le32toh(alive->rx_drops_low), 2);
}

static void the_driver_sets_the_pace(void **state)
{
	struct guest *g = *state;

	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	for (int i = 0; i < 3 * ADMIN_DEPTH; i++)
		aenq_keep_alive(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, ADMIN_DEPTH);
	assert_true(posted(g, ADMIN_DEPTH - 1));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH + 2);
	for (int i = 0; i < ADMIN_DEPTH; i++)
		aenq_keep_alive(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, ADMIN_DEPTH + 2);
	assert_true(posted(g, ADMIN_DEPTH + 1));
	assert_false(posted(g, ADMIN_DEPTH + 2));
}

static void groups_that_are_not_there(void **state)
{
	assert_int_equal(enable(*state, BIT(ENA_ADMIN_FATAL_ERROR)),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(enable(*state, ~0u), ENA_ADMIN_ILLEGAL_PARAMETER);
}

static void doorbell_out_of_range(void **state)
{
	struct guest *g = *state;

	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH + 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, 0xffff);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	aenq_keep_alive(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, 0);
}

static void ring_outside_of_ram(void **state)
{
	struct guest *g = *state;

	reg_write(g, ENA_REGS_AENQ_BASE_HI_OFF, 0xffff);
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	aenq_keep_alive(&g->dev);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

static void silent_after_reset(void **state)
{
	struct guest *g = *state;

	enable(g, AENQ_SUPPORTED_GROUPS);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, ADMIN_DEPTH);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	memset(event(g, 0), 0, ADMIN_DEPTH * 64);
	aenq_keep_alive(&g->dev);
	assert_false(posted(g, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(link_comes_up_once),
		T(link_waits_for_its_group),
		T(keep_alive_tells_the_drops),
		T(the_driver_sets_the_pace),
		T(groups_that_are_not_there),
		T(doorbell_out_of_range),
		T(ring_outside_of_ram),
		T(silent_after_reset),
	};

	return cmocka_run_group_tests_name("aenq", tests, NULL, NULL);
}
