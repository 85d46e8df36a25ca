/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_LLQ_H
#define ENA_DEVICE_LLQ_H

#include "admin.h"
#include "ena_defs.h"

struct ena_dev;
struct ena_sq;

/*
 * Low latency queues: the guest writes descriptors and headers into a window of
 * the device, BAR2. Each queue has an area of it.
 */
#define LLQ_WINDOW_SIZE		(8u << 20)
#define LLQ_AREA_SIZE		(256u << 10)
#define LLQ_AREAS		(LLQ_WINDOW_SIZE / LLQ_AREA_SIZE)
#define LLQ_MAX_ENTRY		256u
#define LLQ_MAX_DEPTH		(LLQ_AREA_SIZE / 128)
#define LLQ_DESC_SIZE		16u
#define LLQ_MAX_HEADER		(LLQ_MAX_ENTRY - LLQ_DESC_SIZE)

struct llq {
	int fd;			/* of the window; -1: there is none */
	u8 *window;		/* the guest writes it at any time */
	/* What the driver chose; no queue without. */
	u32 entry_size;
	u32 descs_before_header;
	bool multiple_stride;
	bool no_meta_caching;
};

/* An entry, copied out once. */
struct llq_entry {
	u8 phase;
	u32 descs;		/* how many it has room for */
	u8 bytes[LLQ_MAX_ENTRY];
};

/* A new window, which no earlier client can reach; 0 or a negative errno. */
int llq_open(struct llq *llq);
void llq_close(struct llq *llq);
void llq_reset(struct llq *llq);

admin_handler llq_get_feature, llq_set_feature;

/* A free area for a queue of that depth, or false. */
bool llq_take_area(struct ena_dev *dev, u32 depth, u8 *area);
/* More between two doorbells than the device takes is an error, and taken. */
void llq_check_burst(struct ena_dev *dev, const struct ena_sq *sq, u16 tail);
/*
 * Copies out the entry at the queue's head, steps over it, and keeps the header
 * if a packet begins in it.
 */
void llq_fetch(struct ena_dev *dev, struct ena_sq *sq, struct llq_entry *entry);
/* The entry's descriptor; false if it was left empty. */
bool llq_desc(const struct llq_entry *entry, u32 index, void *desc);

#endif
