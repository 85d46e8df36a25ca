// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>

#include "device.h"
#include "strict.h"

union aenq_event {
	struct ena_admin_aenq_entry entry;
	struct ena_admin_aenq_common_desc common;
	struct ena_admin_aenq_link_change_desc link;
	struct ena_admin_aenq_keep_alive_desc keep_alive;
};

static_assert(sizeof(union aenq_event) == 64, "AENQ event");
#define AENQ_PHASE_WORD	4
#define HINT_WATCHDOG_MS	6000

void aenq_reset(struct ena_dev *dev)
{
	memset(&dev->aenq, 0, sizeof(dev->aenq));
}

static void stamp(struct ena_admin_aenq_common_desc *common)
{
	struct timespec now;
	u64 usec;

	clock_gettime(CLOCK_MONOTONIC, &now);
	usec = (u64)now.tv_sec * 1000000 + (u64)now.tv_nsec / 1000;
	put_halves(&common->timestamp_low, &common->timestamp_high, usec);
}

/* A driver that leaves switches bus mastering off first. */
static bool can_post(const struct ena_dev *dev, u16 group)
{
	const struct aenq *aenq = &dev->aenq;

	return dev->dma.master && aenq->depth && aenq->tail != aenq->limit &&
	       aenq->groups & BIT(group);
}

static bool post(struct ena_dev *dev, u16 group, union aenq_event *event)
{
	struct aenq *aenq = &dev->aenq;
	u16 slot = aenq->tail & (u16)(aenq->depth - 1);
	u64 addr = aenq->base + slot * sizeof(*event);

	if (!can_post(dev, group))
		return false;
	event->common.group = htole16(group);
	event->common.flags = ring_phase(aenq->tail, aenq->depth);
	stamp(&event->common);
	trace(dev, "event group=%u syndrome=%u index=%u", group,
	      le16toh(event->common.syndrome), slot);
	aenq->tail++;
	dev->stats.aenq_events++;
	if (!dma_publish(&dev->dma, addr, event, sizeof(*event),
			 AENQ_PHASE_WORD))
		guest_address_error(dev, "AENQ entry", addr);
	irq_raise(dev, IRQ_ADMIN_VECTOR);
	return true;
}

static void report_link(struct ena_dev *dev)
{
	bool down = fault_pending(dev, FAULT_LINK_DOWN);
	u32 up = ENA_ADMIN_AENQ_LINK_CHANGE_DESC_LINK_STATUS_MASK;
	union aenq_event event = { .link.flags = htole32(down ? 0 : up) };

	if (!dev->aenq.link_reported)
		dev->aenq.link_reported = post(dev, ENA_ADMIN_LINK_CHANGE,
					       &event);
}

void aenq_link_changed(struct ena_dev *dev)
{
	dev->aenq.link_reported = false;
	report_link(dev);
}

void aenq_caps(struct ena_dev *dev, u32 value)
{
	struct aenq *aenq = &dev->aenq;

	aenq->depth = admin_queue_depth(dev, "AENQ", value);
	aenq->tail = 0;
	aenq->limit = 0;
}

void aenq_doorbell(struct ena_dev *dev, u32 value)
{
	struct aenq *aenq = &dev->aenq;
	u16 room = (u16)((u16)value - aenq->tail);

	if (room > aenq->depth) {
		guest_error(dev, "AENQ doorbell %u, tail %u, depth %u", value,
			    aenq->tail, aenq->depth);
		strict_write(dev, value,
			     "aenq_head_db: no more entries than the queue has",
			     "AENQ, doorbell");
		return;
	}
	aenq->limit = (u16)value;
	report_link(dev);
}

u8 aenq_set_groups(struct ena_dev *dev, u32 groups)
{
	if (groups & ~dev->config.profile.aenq_groups)
		return admin_refuse(dev, "enabled_groups: of supported_groups",
				    groups);
	dev->aenq.groups = groups;
	report_link(dev);
	return ENA_ADMIN_SUCCESS;
}

static void keep_alive(struct ena_dev *dev)
{
	union aenq_event event = { 0 };
	struct ena_admin_aenq_keep_alive_desc *alive = &event.keep_alive;

	put_halves(&alive->rx_drops_low, &alive->rx_drops_high,
		   stats_rx_drops_shown(&dev->stats));
	put_halves(&alive->tx_drops_low, &alive->tx_drops_high,
		   stats_tx_drops_shown(&dev->stats));
	post(dev, ENA_ADMIN_KEEP_ALIVE, &event);
}

/* The hints are those that a driver has itself. */
static void notify(struct ena_dev *dev)
{
	union aenq_event event = {
		.common.syndrome = htole16(ENA_ADMIN_UPDATE_HINTS),
	};
	struct ena_admin_ena_hw_hints hints = {
		.driver_watchdog_timeout = htole16(HINT_WATCHDOG_MS),
	};

	static_assert(sizeof(hints) <= sizeof(event.entry.inline_data_w4),
		      "hints in an event");
	memcpy(event.entry.inline_data_w4, &hints, sizeof(hints));
	post(dev, ENA_ADMIN_NOTIFICATION, &event);
}

static void report_group(struct ena_dev *dev, u16 group)
{
	union aenq_event event = { 0 };

	post(dev, group, &event);
}

/* An event that would not reach the driver is no occasion. */
static bool event_due(struct ena_dev *dev, enum fault fault, u16 group)
{
	return can_post(dev, group) && fault_due(dev, fault);
}

/* Each second that the driver knows how the link is. */
static void tick_link(struct ena_dev *dev)
{
	bool down = fault_pending(dev, FAULT_LINK_DOWN);

	if (dev->aenq.link_reported)
		event_due(dev, FAULT_LINK_DOWN, ENA_ADMIN_LINK_CHANGE);
	if (fault_pending(dev, FAULT_LINK_DOWN) != down)
		dev->aenq.link_reported = false;
	report_link(dev);
}

void aenq_tick(struct ena_dev *dev)
{
	tick_link(dev);
	if (event_due(dev, FAULT_WARNING, ENA_ADMIN_WARNING))
		report_group(dev, ENA_ADMIN_WARNING);
	if (event_due(dev, FAULT_NOTIFICATION, ENA_ADMIN_NOTIFICATION))
		notify(dev);
	if (event_due(dev, FAULT_FATAL_ERROR, ENA_ADMIN_FATAL_ERROR))
		report_group(dev, ENA_ADMIN_FATAL_ERROR);
	if (!event_due(dev, FAULT_KEEP_ALIVE, ENA_ADMIN_KEEP_ALIVE))
		keep_alive(dev);
}
