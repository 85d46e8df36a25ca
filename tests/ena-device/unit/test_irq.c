// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define Q(name) \
	cmocka_unit_test_setup_teardown(name, guest_setup_queues, \
					guest_teardown)

static void send_one(struct guest *g)
{
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST | TX_LAST | TX_COMP, 0, 1, 0);
	tx_ring(g);
}

static void receive_one(struct guest *g)
{
	static const u8 frame[60];

	rx_post(g, BUFFERS_ADDR, 4096, 1);
	rx_ring(g);
	rx_deliver(&g->dev, frame, sizeof(frame));
}

static void unmask(struct guest *g, u16 cq)
{
	reg_write(g, BAR0_CQ_INTR + 4u * cq,
		  ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK);
}

static void masked_until_unmasked(void **state)
{
	struct guest *g = *state;

	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	/* Only the unmask bit unmasks. */
	reg_write(g, BAR0_CQ_INTR + 4u * g->tx_cq,
		  ~ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

static void one_shot(void **state)
{
	struct guest *g = *state;

	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	send_one(g);
	send_one(g);
	receive_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

static void shared_by_tx_and_rx(void **state)
{
	struct guest *g = *state;

	unmask(g, g->rx_cq);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	receive_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

static void fires_again_only_for_news(void **state)
{
	struct guest *g = *state;

	unmask(g, g->tx_cq);
	send_one(g);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	send_one(g);
	send_one(g);
	unmask(g, g->tx_cq);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 2);
}

static void waits_for_an_eventfd(void **state)
{
	struct guest *g = *state;

	irq_set_eventfd(&g->dev, IO_VECTOR, -1);
	unmask(g, g->tx_cq);
	send_one(g);
	irq_set_eventfd(&g->dev, IO_VECTOR, dup(g->eventfd[IO_VECTOR]));
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

static void admin_mask(void **state)
{
	struct guest *g = *state;
	union admin_command cmd = get_feature(ENA_ADMIN_HW_HINTS, 0);

	reg_write(g, ENA_REGS_INTR_MASK_OFF, 1);
	admin_run(g, &cmd, NULL);
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 0);
	reg_write(g, ENA_REGS_INTR_MASK_OFF, 0);
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 1);
	admin_run(g, &cmd, NULL);
	admin_run(g, &cmd, NULL);
	assert_int_equal(interrupts(g, IRQ_ADMIN_VECTOR), 2);
}

static void a_polled_queue_is_quiet(void **state)
{
	struct guest *g = *state;

	g->dev.cq[g->tx_cq].interrupts = false;
	unmask(g, g->rx_cq);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
}

static void reset_masks_all(void **state)
{
	struct guest *g = *state;

	unmask(g, g->tx_cq);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	irq_raise(&g->dev, IO_VECTOR);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		Q(masked_until_unmasked),
		Q(one_shot),
		Q(shared_by_tx_and_rx),
		Q(fires_again_only_for_news),
		Q(waits_for_an_eventfd),
		Q(admin_mask),
		Q(a_polled_queue_is_quiet),
		Q(reset_masks_all),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}
