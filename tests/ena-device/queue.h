/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_QUEUE_H
#define ENA_DEVICE_QUEUE_H

#include "admin.h"
#include "ena_defs.h"
#include "llq.h"
#include "tx.h"

struct ena_dev;

#define ENA_MAX_QUEUES		32	/* queue pairs of one function */
#define ENA_MAX_SQS		(2 * ENA_MAX_QUEUES)
#define ENA_MAX_CQS		(2 * ENA_MAX_QUEUES)
#define ENA_MAX_QUEUE_DEPTH	16384
#define CQ_MAX_ENTRY_SIZE	32

struct ena_cq {
	bool live;
	bool interrupts;
	u8 entry_size;
	u16 depth;
	u16 tail;
	u16 users;	/* submission queues that complete here */
	u32 vector;
	u64 base;
};

/* head and tail run freely and wrap at 2^16, as the doorbells do. */
struct ena_sq {
	bool live;
	u8 direction;	/* enum ena_admin_sq_direction */
	bool llq;	/* its descriptors are in the device's window */
	u8 area;	/* of the window */
	bool on_demand;	/* complete only descriptors that ask for it */
	u16 depth;
	u16 head;
	u16 tail;
	u16 checked;	/* RX: strict_rx_desc() had those in front of it */
	u16 cq;
	u64 base;
	struct tx_meta meta;	/* cached by the device */
	struct tx_packet packet;
	u8 header[LLQ_MAX_HEADER];	/* of the packet, as it was pushed */
};

/* Phases start at 1 and flip at each wrap of the ring. */
static inline bool ring_bad_depth(u32 depth, u32 max)
{
	return !is_power_of_2(depth) || depth > max;
}

static inline u8 ring_phase(u16 index, u16 depth)
{
	return (index & depth) ? 0 : 1;
}

void queues_reset(struct ena_dev *dev);
admin_handler sq_create, sq_destroy, cq_create, cq_destroy;
void sq_doorbell(struct ena_dev *dev, u32 index, u32 value);
void cq_intr_write(struct ena_dev *dev, u32 index, u32 value);

/* Copies out the entry at the queue's head and steps over it. */
bool sq_fetch(struct ena_dev *dev, struct ena_sq *sq, void *desc, u8 *phase);
/* Posts a completion of the queue's entry size; the phase is in word 0. */
void cq_post(struct ena_dev *dev, struct ena_cq *cq, const void *cdesc);
/* For completions of queues of that direction, which may be delayed. */
void cq_notify(struct ena_dev *dev, const struct ena_cq *cq, u8 direction);

#endif
