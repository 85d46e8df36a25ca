// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <unistd.h>

#include "device.h"

void irq_init(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++)
		irq->vector[i] = (struct irq_vector){ .eventfd = -1 };
}

void irq_reset(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++) {
		irq->vector[i].armed = false;
		irq->vector[i].pending = false;
	}
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

	if (!v->armed || !v->pending || v->eventfd < 0)
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
	fire_if_due(dev, vector);
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
