// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include "fixture.h"

#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX

static int setup(void **state)
{
	struct ena_config config = guest_config;
	struct guest *g;

	config.faults = true;
	g = guest_up(&config);
	create_queues(g);
	*state = g;
	return 0;
}

#define FAULT_TEST(name) \
	TEST_F(struct guest *, g, setup, guest_teardown, name)

/* Finds the register as a driver would, through the capability list. */
static u8 fault_register(struct guest *g)
{
	u8 at = g->dev.pci.config[PCI_CAPABILITY_LIST];

	while (at && g->dev.pci.config[at] != PCI_CAP_ID_VNDR)
		at = g->dev.pci.config[at + PCI_CAP_LIST_NEXT];
	return at ? at + 4 : 0;
}

static void order(struct guest *g, enum fault which, u16 times)
{
	u32 value = htole32(which | (u32)times << 16);

	assert_int_equal(pci_vfu_ops.region_write(&g->dev, CONFIG,
						  fault_register(g),
						  (u8 *)&value, 4), 0);
}

static void send_frame(struct guest *g)
{
	u8 frame[60];

	make_frame(frame, "v4-icmp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), sizeof(frame));
}

QUEUE_TEST(register_only_where_asked_for)
{
	u32 value = 0x00010001;

	assert_int_equal(fault_register(g), 0);
	pci_vfu_ops.region_write(&g->dev, CONFIG, PCI_FAULT_REG,
				 (u8 *)&value, 4);
	send_frame(g);
	assert_tx_completions(g, 1);
}

FAULT_TEST(order_takes_its_last_byte)
{
	const u8 bytes[] = { FAULT_TX_LOST, 0, 2, 0 };

	for (u8 i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 0);
		pci_vfu_ops.region_write(&g->dev, CONFIG,
					 fault_register(g) + i, bytes + i, 1);
	}
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 2);
}

FAULT_TEST(unknown_faults_are_refused)
{
	order(g, FAULT_NONE, 1);
	order(g, FAULTS, 1);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	order(g, FAULT_PHC_ERROR, 1);	/* the profile has no clock */
	assert_int_equal(g->dev.stats.guest_errors, 3);
	assert_int_equal(g->dev.faults.left[FAULT_PHC_ERROR], 0);
}

FAULT_TEST(events_of_groups_that_are_not_there)
{
	struct profile *profile = &g->dev.config.profile;
	u32 groups = profile->aenq_groups;

	assert_true(fault_possible(profile, FAULT_LINK_DOWN));
	profile->aenq_groups = groups & ~BIT(ENA_ADMIN_LINK_CHANGE);
	assert_false(fault_possible(profile, FAULT_LINK_DOWN));
	assert_true(fault_possible(profile, FAULT_WARNING));
	profile->aenq_groups = groups;
	profile->features &= ~BIT(ENA_ADMIN_AENQ_CONFIG);
	for (u32 i = FAULT_KEEP_ALIVE; i <= FAULT_NOTIFICATION; i++)
		assert_false(fault_possible(profile, (enum fault)i));
	assert_true(fault_possible(profile, FAULT_TX_LOST));
}

FAULT_TEST(tx_lost)
{
	u8 frame[60];

	order(g, FAULT_TX_LOST, 1);
	send_frame(g);
	assert_tx_completions(g, 0);
	assert_int_equal(wire_frame(g, frame, sizeof(frame)), 60);
	send_frame(g);
	assert_tx_completions(g, 1);
	assert_int_equal(g->dev.faults.done[FAULT_TX_LOST], 1);
}

FAULT_TEST(tx_twice)
{
	order(g, FAULT_TX_TWICE, 1);
	send_frame(g);
	assert_tx_completions(g, 2);
	assert_int_equal(tx_cdesc(g, 0).req_id, tx_cdesc(g, 1).req_id);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	send_frame(g);
	assert_tx_completions(g, 3);
}

FAULT_TEST(tx_req_id)
{
	order(g, FAULT_TX_REQ_ID, 1);
	send_frame(g);
	assert_tx_completions(g, 1);
	assert_int_equal(tx_cdesc(g, 0).req_id, htole16(FAULT_BAD_REQ_ID));
	send_frame(g);
	assert_int_equal(tx_cdesc(g, 1).req_id, htole16(7));
}

FAULT_TEST(rx_req_id)
{
	u8 frame[60] = { 0 };

	rx_post(g, BUFFERS_ADDR, 2048, 3);
	rx_buffer(g, BUFFERS_ADDR, 2048, 4);
	order(g, FAULT_RX_REQ_ID, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(rx_cdesc(g, 0).req_id, htole16(FAULT_BAD_REQ_ID));
	assert_int_equal(rx_cdesc(g, 1).req_id, htole16(4));
}

FAULT_TEST(admin_lost)
{
	u64 commands = g->dev.stats.admin_commands;

	order(g, FAULT_ADMIN_LOST, 1);
	reg_write(g, ENA_REGS_AQ_DB_OFF, ++g->aq_tail);
	assert_int_equal(g->dev.stats.admin_commands, commands);
	assert_int_equal(g->dev.admin.aq_head, g->aq_tail);
	assert_int_equal(g->dev.admin.acq_tail, g->acq_head);
}

static void aenq_up(struct guest *g)
{
	union admin_command cmd = set_feature(ENA_ADMIN_AENQ_CONFIG);

	cmd.set_feature.u.aenq.enabled_groups =
		htole32(BIT(ENA_ADMIN_AENQ_GROUPS_NUM) - 1);
	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	assert_admin(g, cmd, SUCCESS);
}

static const struct ena_admin_aenq_entry *event(struct guest *g, u16 index)
{
	return (const struct ena_admin_aenq_entry *)
		ram_at(g, AENQ_ADDR + index * 64u);
}

/* Link up comes first, without an order. */
FAULT_TEST(keep_alive)
{
	aenq_up(g);
	order(g, FAULT_KEEP_ALIVE, 2);
	aenq_tick(&g->dev);
	aenq_tick(&g->dev);
	assert_int_equal(g->dev.aenq.tail, 1);
	aenq_tick(&g->dev);
	assert_int_equal(g->dev.aenq.tail, 2);
}

static u32 link_status(struct guest *g, u16 index)
{
	const struct ena_admin_aenq_link_change_desc *link =
		(const void *)event(g, index);

	assert_int_equal(event(g, index)->aenq_common_desc.group,
			 htole16(ENA_ADMIN_LINK_CHANGE));
	return le32toh(link->flags);
}

FAULT_TEST(link_down)
{
	aenq_up(g);
	order(g, FAULT_LINK_DOWN, 2);
	assert_int_equal(g->dev.aenq.tail, 2);
	assert_int_equal(link_status(g, 0), 1);
	assert_int_equal(link_status(g, 1), 0);
	aenq_tick(&g->dev);
	assert_int_equal(g->dev.aenq.tail, 3);
	aenq_tick(&g->dev);
	assert_int_equal(link_status(g, 3), 1);
	assert_int_equal(g->dev.aenq.tail, 5);
}

FAULT_TEST(power_on_forgets_orders)
{
	order(g, FAULT_TX_LOST, 9);
	ena_dev_reset(&g->dev);
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 9);
	ena_dev_power_on(&g->dev);
	assert_int_equal(g->dev.faults.left[FAULT_TX_LOST], 0);
}
