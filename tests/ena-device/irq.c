// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

void irq_init(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++)
		irq->vector[i] = (struct irq_vector){ .eventfd = -1 };
}

void irq_reset(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++)
		irq->vector[i] = (struct irq_vector){
			.eventfd = irq->vector[i].eventfd,
		};
	irq->next = 0;
	/* INTR_MASK is 0 after reset. */
	irq->vector[IRQ_ADMIN_VECTOR].armed = true;
}

static void take_eventfds(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++) {
		if (irq->vector[i].eventfd >= 0)
			close(irq->vector[i].eventfd);
		irq->vector[i].eventfd = -1;
	}
}

void irq_release(struct irq *irq)
{
	take_eventfds(irq);
	irq->distrusted = false;
}

/*
 * A full counter (EAGAIN) is a pending interrupt already. The client can take
 * O_NONBLOCK away behind our back: then a signal ends the write (EINTR).
 */
void irq_trigger(struct ena_dev *dev, u32 vector)
{
	const u64 one = 1;

	if (dev->irq.vector[vector].eventfd < 0)
		return;
	if (write(dev->irq.vector[vector].eventfd, &one, sizeof(one)) > 0) {
		dev->stats.interrupts++;
	} else if (errno == EINTR) {
		guest_error(dev, "an eventfd blocks: no more interrupts");
		take_eventfds(&dev->irq);
		dev->irq.distrusted = true;
	}
}

static void fire_if_due(struct ena_dev *dev, u32 vector)
{
	struct irq_vector *v = &dev->irq.vector[vector];

	if (!v->armed || !v->pending || v->due || v->eventfd < 0)
		return;
	v->pending = false;
	/* The admin vector has a mask, not a one-shot. */
	if (vector != IRQ_ADMIN_VECTOR)
		v->armed = false;
	irq_trigger(dev, vector);
}

void irq_set_eventfd(struct ena_dev *dev, u32 vector, int fd)
{
	struct irq_vector *v = &dev->irq.vector[vector];

	if (v->eventfd >= 0)
		close(v->eventfd);
	if (dev->irq.distrusted && fd >= 0) {
		close(fd);
		fd = -1;
	}
	v->eventfd = fd;
	fire_if_due(dev, vector);
}

void irq_raise(struct ena_dev *dev, u32 vector)
{
	dev->irq.vector[vector].pending = true;
	dev->irq.vector[vector].due = 0;
	fire_if_due(dev, vector);
}

u64 irq_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
}

void irq_moderate(struct ena_dev *dev, u32 vector, u32 rx_delay, u32 tx_delay)
{
	dev->irq.vector[vector].rx_delay = (u16)rx_delay;
	dev->irq.vector[vector].tx_delay = (u16)tx_delay;
}

/* It fires when the first of its completions is due. */
void irq_raise_delayed(struct ena_dev *dev, u32 vector, bool tx)
{
	struct irq_vector *v = &dev->irq.vector[vector];
	u32 delay = (tx ? v->tx_delay : v->rx_delay) * IRQ_DELAY_USEC;
	u64 due;

	if (!delay) {
		irq_raise(dev, vector);
		return;
	}
	due = irq_now() + delay;
	/* One that is not due waits to be unmasked. */
	if (v->pending && (!v->due || v->due <= due))
		return;
	v->pending = true;
	v->due = due;
	if (!dev->irq.next || v->due < dev->irq.next)
		dev->irq.next = v->due;
}

void irq_run_delayed(struct ena_dev *dev, u64 now)
{
	struct irq *irq = &dev->irq;

	if (!irq->next || now < irq->next)
		return;
	irq->next = 0;
	for (u32 i = 0; i < IRQ_MAX_VECTORS; i++) {
		struct irq_vector *v = &irq->vector[i];

		if (v->due && v->due <= now) {
			v->due = 0;
			fire_if_due(dev, i);
		} else if (v->due && (!irq->next || v->due < irq->next)) {
			irq->next = v->due;
		}
	}
}

void irq_unmask(struct ena_dev *dev, u32 vector)
{
	dev->irq.vector[vector].armed = true;
	fire_if_due(dev, vector);
}

void irq_mask(struct ena_dev *dev, u32 vector)
{
	dev->irq.vector[vector].armed = false;
}
