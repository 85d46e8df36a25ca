/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_LOG_H
#define ENA_DEVICE_LOG_H

#include <stdbool.h>
#include <time.h>

/* Of the lines that a guest or a client can cause, ten a second are logged. */
#define LOG_LINES_PER_SECOND	10

struct log_limit {
	time_t second;
	unsigned int lines;
	unsigned int suppressed;
};

/* False if the line is one too many; later it says whose were left out. */
bool log_allowed(struct log_limit *limit, const char *whose);

#endif
