// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "log.h"

bool log_allowed(struct log_limit *limit, const char *whose)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec != limit->second) {
		if (limit->suppressed)
			fprintf(stderr, "%s: %u more such lines\n", whose,
				limit->suppressed);
		*limit = (struct log_limit){ .second = now.tv_sec };
	}
	if (limit->lines < LOG_LINES_PER_SECOND) {
		limit->lines++;
		return true;
	}
	limit->suppressed++;
	return false;
}
