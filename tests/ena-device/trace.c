// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

#define MAX_WORDS	8
#define WORD_CHARS	9	/* eight digits and a comma */

/* A line at a time, so that a killed model leaves whole ones. */
FILE *trace_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		      O_NOFOLLOW, 0644);
	FILE *file;

	if (fd < 0)
		return NULL;
	file = fdopen(fd, "w");
	if (!file)
		close(fd);
	else
		setvbuf(file, NULL, _IOLBF, 4096);
	return file;
}

/* All functions have one trace. */
static unsigned long lines_lost;

/*
 * The signal of each second ends a write to a pipe that nobody reads: the line
 * is lost whole. Other errors are for good: the file stays in error, so that
 * this is said once.
 */
static bool check_line(FILE *file)
{
	if (!ferror(file))
		return true;
	if (errno == EINTR) {
		clearerr(file);
		lines_lost++;
	} else {
		fprintf(stderr, "trace stopped: %s\n", strerror(errno));
	}
	return false;
}

static void print_start(struct ena_dev *dev)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(dev->trace, "%lld.%06ld %u ", (long long)now.tv_sec,
		now.tv_nsec / 1000, dev->index);
}

/* Until the reader goes on, no line waits for it. */
static bool is_read(struct ena_dev *dev)
{
	struct pollfd p = { .fd = fileno(dev->trace), .events = POLLOUT };

	if (!lines_lost)
		return true;
	if (poll(&p, 1, 0) <= 0) {
		lines_lost++;
		return false;
	}
	print_start(dev);
	fprintf(dev->trace, "lost lines=%lu\n", lines_lost);
	if (!check_line(dev->trace))
		return false;
	lines_lost = 0;
	return true;
}

void trace_line(struct ena_dev *dev, const char *fmt, ...)
{
	va_list args;

	if (ferror(dev->trace) || !is_read(dev))
		return;
	print_start(dev);
	va_start(args, fmt);
	vfprintf(dev->trace, fmt, args);
	va_end(args);
	fputc('\n', dev->trace);
	check_line(dev->trace);
}

void trace_entry(struct ena_dev *dev, const char *what, const char *queue,
		 u32 number, u32 index, const void *entry, u32 len)
{
	char words[MAX_WORDS * WORD_CHARS + 1] = "";
	u32 word;

	if (!dev->trace)
		return;
	for (u32 i = 0; i < len / sizeof(word) && i < MAX_WORDS; i++) {
		memcpy(&word, (const u8 *)entry + i * sizeof(word),
		       sizeof(word));
		sprintf(words + strlen(words), "%s%08x", i ? "," : "",
			le32toh(word));
	}
	trace_line(dev, "%s %s=%u index=%u words=%s", what, queue, number,
		   index, words);
}
