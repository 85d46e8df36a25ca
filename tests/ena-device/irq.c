// SPDX-License-Identifier: GPL-2.0
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

void irq_release(struct irq *irq)
{
	for (size_t i = 0; i < IRQ_MAX_VECTORS; i++) {
		if (irq->vector[i].eventfd >= 0)
			close(irq->vector[i].eventfd);
		irq->vector[i].eventfd = -1;
	}
}

void irq_trigger(struct ena_dev *dev, u32 vector)
{
	const u64 one = 1;

	/* A full counter (EAGAIN) is a pending interrupt already. */
	if (dev->irq.vector[vector].eventfd >= 0 &&
	    write(dev->irq.vector[vector].eventfd, &one, sizeof(one)) > 0)
		dev->stats.interrupts++;
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
