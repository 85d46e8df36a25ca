/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_IRQ_H
#define ENA_DEVICE_IRQ_H

#include "ena_defs.h"

struct ena_dev;

#define IRQ_ADMIN_VECTOR	0
#define IRQ_MAX_VECTORS		33
#define IRQ_DELAY_USEC		1

/*
 * An I/O vector fires once and then stays quiet until the driver unmasks it
 * through any of the completion queues that share it. `pending` remembers
 * completions that came in between, or while there was no eventfd.
 */
struct irq_vector {
	int eventfd;
	bool armed;
	bool pending;
	/* Moderation, in units of IRQ_DELAY_USEC. */
	u16 rx_delay;
	u16 tx_delay;
	u64 due;	/* when a delayed one fires, in usec; 0: not delayed */
};

struct irq {
	struct irq_vector vector[IRQ_MAX_VECTORS];
	u64 next;	/* the first that is due, or 0 */
	bool distrusted;	/* a client whose eventfd has blocked */
};

void irq_init(struct irq *irq);
void irq_reset(struct irq *irq);
void irq_release(struct irq *irq);

/* Takes the fd over; -1 takes the vector's eventfd away. */
void irq_set_eventfd(struct ena_dev *dev, u32 vector, int fd);
void irq_trigger(struct ena_dev *dev, u32 vector);

void irq_raise(struct ena_dev *dev, u32 vector);
/* After the delay that the driver set for that direction. */
void irq_raise_delayed(struct ena_dev *dev, u32 vector, bool tx);
void irq_moderate(struct ena_dev *dev, u32 vector, u32 rx_delay, u32 tx_delay);
/* Fires what is due at this time. */
void irq_run_delayed(struct ena_dev *dev, u64 now);
u64 irq_now(void);
void irq_unmask(struct ena_dev *dev, u32 vector);
void irq_mask(struct ena_dev *dev, u32 vector);

#endif
