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
