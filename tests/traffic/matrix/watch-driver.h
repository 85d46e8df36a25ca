/* SPDX-License-Identifier: GPL-2.0 */
/* What the driver is handed and what it counts. */
#ifndef WATCH_DRIVER_H
#define WATCH_DRIVER_H

struct counters {
	unsigned long long linearize;
	unsigned long long linearize_failed;
	unsigned long long dma_errors;
};

void counters_read(const char *dev, struct counters *c);

void seen_reset(const char *dev);
/* How many frames by now; where text is given, their shapes as
 * "len:head:frags:summed:network:transport:cloned:users:gso*count,...".
 */
unsigned int seen_read(char *text, unsigned int size);

#endif
