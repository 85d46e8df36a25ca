// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "fixture.h"

static void send_one(struct guest *g)
{
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
}

static void receive_one(struct guest *g)
{
	static const u8 frame[60];

	rx_buffer(g, BUFFERS_ADDR, 4096, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
}

#define DELAY	30000

/* The delays, in the register's fields. */
static void moderate(struct guest *g, u32 rx, u32 tx)
{
	reg_write(g, BAR0_CQ_INTR + 4u * g->rx_cq,
		  ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK | rx | tx << 15);
}

static void unmask(struct guest *g, u16 cq)
{
	reg_write(g, BAR0_CQ_INTR + 4u * cq,
		  ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK);
}

QUEUE_TEST(masked_until_unmasked)
{
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	/* Only the unmask bit unmasks. */
	reg_write(g, BAR0_CQ_INTR + 4u * g->tx_cq,
		  ~ENA_ETH_IO_INTR_REG_INTR_UNMASK_MASK);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

QUEUE_TEST(one_shot)
{
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	send_one(g);
	send_one(g);
	receive_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

QUEUE_TEST(shared_by_tx_and_rx)
{
	unmask(g, g->rx_cq);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	receive_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

QUEUE_TEST(fires_again_only_for_news)
{
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

QUEUE_TEST(waits_for_an_eventfd)
{
	irq_set_eventfd(&g->dev, IO_VECTOR, -1);
	unmask(g, g->tx_cq);
	send_one(g);
	irq_set_eventfd(&g->dev, IO_VECTOR, dup(g->eventfd[IO_VECTOR]));
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

QUEUE_TEST(admin_mask)
{
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

QUEUE_TEST(a_polled_queue_is_quiet)
{
	g->dev.cq[g->tx_cq].interrupts = false;
	unmask(g, g->rx_cq);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
}

QUEUE_TEST(reset_masks_all)
{
	unmask(g, g->tx_cq);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	irq_raise(&g->dev, IO_VECTOR);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
}

static int setup_moderation(void **state)
{
	struct ena_config config = nitro_config();
	struct guest *g = guest_up(&config);

	g->dev.host.features = ENA_ADMIN_HOST_INFO_INTERRUPT_MODERATION_MASK;
	create_queues(g);
	*state = g;
	return 0;
}

#define MODERATED_TEST(name) \
	TEST_F(struct guest *, g, setup_moderation, guest_teardown, name)

MODERATED_TEST(completions_share_a_delayed_interrupt)
{
	u64 before = irq_now();

	moderate(g, 0, DELAY);
	send_one(g);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	assert_true(g->dev.irq.next >= before + DELAY);
	irq_run_delayed(&g->dev, g->dev.irq.next - 1);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	irq_run_delayed(&g->dev, g->dev.irq.next);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	assert_int_equal(g->dev.irq.next, 0);
}

MODERATED_TEST(each_direction_has_its_delay)
{
	moderate(g, 0, DELAY);
	send_one(g);
	receive_one(g);		/* takes the other along */
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	moderate(g, DELAY, 0);
	receive_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

/* A delay that has begun, as if it were the longest. */
static void delay_for_ever(struct guest *g)
{
	g->dev.irq.vector[IO_VECTOR].due = ~0ull;
	g->dev.irq.next = ~0ull;
}

MODERATED_TEST(a_short_delay_does_not_wait_for_a_long_one)
{
	moderate(g, 10, DELAY);
	send_one(g);
	delay_for_ever(g);
	receive_one(g);
	assert_int_not_equal(g->dev.irq.next, ~0ull);
	irq_run_delayed(&g->dev, g->dev.irq.next);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
	assert_int_equal(g->dev.irq.next, 0);
}

MODERATED_TEST(a_long_delay_does_not_hold_a_short_one_up)
{
	moderate(g, DELAY, 10);
	send_one(g);
	g->dev.irq.vector[IO_VECTOR].due = 1;
	g->dev.irq.next = 1;
	receive_one(g);
	irq_run_delayed(&g->dev, 1);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

/* It was due while masked: unmasking fires it. */
MODERATED_TEST(a_delay_that_ends_while_masked)
{
	moderate(g, DELAY, DELAY);
	g->dev.irq.vector[IO_VECTOR].armed = false;
	send_one(g);
	irq_run_delayed(&g->dev, g->dev.irq.next);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
	unmask(g, g->tx_cq);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}

MODERATED_TEST(the_first_of_two_vectors)
{
	irq_moderate(&g->dev, 1, 0, 100);
	irq_moderate(&g->dev, 2, 0, DELAY);
	irq_unmask(&g->dev, 1);
	irq_unmask(&g->dev, 2);
	irq_raise_delayed(&g->dev, 2, true);
	irq_raise_delayed(&g->dev, 1, true);
	irq_run_delayed(&g->dev, g->dev.irq.next);
	assert_int_equal(interrupts(g, 1), 1);
	assert_int_equal(interrupts(g, 2), 0);
	irq_run_delayed(&g->dev, g->dev.irq.next);
	assert_int_equal(interrupts(g, 2), 1);
}

MODERATED_TEST(a_reset_forgets_delays)
{
	moderate(g, DELAY, DELAY);
	send_one(g);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	assert_int_equal(g->dev.irq.next, 0);
	irq_run_delayed(&g->dev, ~0ull);
	assert_int_equal(interrupts(g, IO_VECTOR), 0);
}

/* Drivers write delays even if the feature is not there. */
QUEUE_TEST(delays_without_the_feature)
{
	moderate(g, DELAY, DELAY);
	send_one(g);
	assert_int_equal(interrupts(g, IO_VECTOR), 1);
}
