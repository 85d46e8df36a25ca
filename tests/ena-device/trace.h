/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_TRACE_H
#define ENA_DEVICE_TRACE_H

#include <stdio.h>

#include "ena_defs.h"

struct ena_dev;

/*
 * With --trace: one line a command, doorbell, descriptor, completion, event,
 * reset or drop. "TIME FUNCTION WHAT KEY=VALUE...", for grep.
 */
#define trace(dev, ...) \
	do { \
		struct ena_dev *_dev = (dev); \
		if (_dev->trace) \
			trace_line(_dev, __VA_ARGS__); \
	} while (0)

/* NULL with errno set. */
FILE *trace_open(const char *path);
void trace_line(struct ena_dev *dev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* "WHAT queue=... index=... words=...", of the length in bytes. */
void trace_entry(struct ena_dev *dev, const char *what, const char *queue,
		 u32 number, u32 index, const void *entry, u32 len);

#endif
