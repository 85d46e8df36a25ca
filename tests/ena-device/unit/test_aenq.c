// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>

#include "fixture.h"

#define ALL_GROUPS	(BIT(ENA_ADMIN_AENQ_GROUPS_NUM) - 1)

static u8 enable(struct guest *g, u32 groups)
{
	union admin_command cmd = set_feature(ENA_ADMIN_AENQ_CONFIG);

	cmd.set_feature.u.aenq.enabled_groups = htole32(groups);
	return admin_run(g, &cmd, NULL);
}

static struct ena_admin_aenq_common_desc *event(struct guest *g, u16 index)
{
	return ram_at(g, AENQ_ADDR + index % QUEUE_DEPTH * 64u);
}

static bool posted(struct guest *g, u16 index)
{
	return (event(g, index)->flags & 1) == ring_phase(index, QUEUE_DEPTH);
}

GUEST_TEST(link_comes_up_once)
{
	struct ena_admin_aenq_link_change_desc *link;

	assert_int_equal(enable(g, ALL_GROUPS), ENA_ADMIN_SUCCESS);
	assert_false(posted(g, 0));
	interrupts(g, IRQ_ADMIN_VECTOR);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	assert_true(posted(g, 0));
	assert_int_equal(le16toh(event(g, 0)->group), ENA_ADMIN_LINK_CHANGE);
	link = (void *)event(g, 0);
	assert_int_equal(le32toh(link->flags) & 1, 1);
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	assert_false(posted(g, 1));
}

GUEST_TEST(link_waits_for_its_group)
{
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	assert_false(posted(g, 0));
	enable(g, BIT(ENA_ADMIN_LINK_CHANGE));
	assert_true(posted(g, 0));
	aenq_tick(&g->dev);
	assert_false(posted(g, 1));
}

GUEST_TEST(keep_alive_tells_the_drops)
{
	struct ena_admin_aenq_keep_alive_desc *alive;

	g->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH] = 0x100000005ull;
	g->dev.stats.rx_drop[RX_DROP_NO_BUFFER] = 2;
	/* These are in other statistics. */
	g->dev.stats.tx_drop[TX_DROP_ALLOWANCE] = 10;
	g->dev.stats.rx_drop[RX_DROP_ALLOWANCE] = 20;
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	aenq_tick(&g->dev);
	assert_true(posted(g, 0));
	assert_int_equal(le16toh(event(g, 0)->group), ENA_ADMIN_KEEP_ALIVE);
	alive = (void *)event(g, 0);
	assert_int_equal(le32toh(alive->tx_drops_low), 5);
	assert_int_equal(le32toh(alive->tx_drops_high), 1);
	assert_int_equal(le32toh(alive->rx_drops_low), 2);
}

GUEST_TEST(the_driver_sets_the_pace)
{
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	for (int i = 0; i < 3 * QUEUE_DEPTH; i++)
		aenq_tick(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, QUEUE_DEPTH);
	assert_true(posted(g, QUEUE_DEPTH - 1));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH + 2);
	for (int i = 0; i < QUEUE_DEPTH; i++)
		aenq_tick(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, QUEUE_DEPTH + 2);
	assert_true(posted(g, QUEUE_DEPTH + 1));
	assert_false(posted(g, QUEUE_DEPTH + 2));
}

GUEST_TEST(groups_that_are_not_there)
{
	assert_int_equal(enable(g, BIT(ENA_ADMIN_AENQ_GROUPS_NUM)),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(enable(g, ~0u), ENA_ADMIN_ILLEGAL_PARAMETER);
}

GUEST_TEST(doorbell_out_of_range)
{
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH + 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, 0xffff);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	aenq_tick(&g->dev);
	assert_int_equal(g->dev.stats.aenq_events, 0);
}

GUEST_TEST(ring_outside_of_ram)
{
	reg_write(g, ENA_REGS_AENQ_BASE_HI_OFF, 0xffff);
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	aenq_tick(&g->dev);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

GUEST_TEST(silent_after_reset)
{
	enable(g, ALL_GROUPS);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	memset(event(g, 0), 0, QUEUE_DEPTH * 64);
	aenq_tick(&g->dev);
	assert_false(posted(g, 0));
}

/* A driver that leaves switches bus mastering off, and resets later. */
GUEST_TEST(no_event_without_bus_mastering)
{
	enable(g, BIT(ENA_ADMIN_KEEP_ALIVE));
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	pci_command(&g->dev, 0);
	aenq_tick(&g->dev);
	pci_command(&g->dev, PCI_COMMAND_MASTER);
	assert_int_equal(g->dev.stats.guest_errors, 0);
	assert_false(posted(g, 0));
	aenq_tick(&g->dev);
	assert_true(posted(g, 0));
}

/* One a second each, as often as they were ordered. */
GUEST_TEST(events_that_are_ordered)
{
	static const struct {
		enum fault fault;
		u16 group;
	} orders[] = {
		{ FAULT_WARNING, ENA_ADMIN_WARNING },
		{ FAULT_NOTIFICATION, ENA_ADMIN_NOTIFICATION },
		{ FAULT_FATAL_ERROR, ENA_ADMIN_FATAL_ERROR },
	};
	struct ena_admin_ena_hw_hints hints;

	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	enable(g, BIT(ENA_ADMIN_WARNING) | BIT(ENA_ADMIN_NOTIFICATION) |
		  BIT(ENA_ADMIN_FATAL_ERROR));
	aenq_tick(&g->dev);
	assert_false(posted(g, 0));
	for (u16 i = 0; i < ARRAY_SIZE(orders); i++) {
		g->dev.faults.left[orders[i].fault] = 1;
		aenq_tick(&g->dev);
		assert_true(posted(g, i));
		assert_int_equal(le16toh(event(g, i)->group), orders[i].group);
	}
	aenq_tick(&g->dev);
	assert_false(posted(g, 3));
	assert_int_equal(le16toh(event(g, 1)->syndrome),
			 ENA_ADMIN_UPDATE_HINTS);
	memcpy(&hints, event(g, 1) + 1, sizeof(hints));
	assert_int_equal(le16toh(hints.driver_watchdog_timeout), 6000);
	assert_int_equal(hints.mmio_read_timeout, 0);
}

GUEST_TEST(groups_of_the_profile)
{
	g->dev.config.profile.aenq_groups = BIT(ENA_ADMIN_KEEP_ALIVE);
	assert_int_equal(enable(g, BIT(ENA_ADMIN_LINK_CHANGE)),
			 ENA_ADMIN_ILLEGAL_PARAMETER);
	assert_int_equal(enable(g, BIT(ENA_ADMIN_KEEP_ALIVE)),
			 ENA_ADMIN_SUCCESS);
}
