// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "frame-io.h"
#include "watch-driver.h"

#define SEEN	"/sys/kernel/debug/ena_shape/seen"

static void ethtool_ioctl(const char *dev, void *request)
{
	static int fd = -1;
	struct ifreq ifr = { .ifr_data = request };

	if (fd < 0)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		die("ethtool statistics");
}

static unsigned int stats_count(const char *dev)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} request = {
		.info = {
			.cmd = ETHTOOL_GSSET_INFO,
			.sset_mask = 1ULL << ETH_SS_STATS,
		},
	};

	ethtool_ioctl(dev, &request);
	return request.info.data[0];
}

static struct ethtool_gstrings *stats_names(const char *dev)
{
	static struct ethtool_gstrings *names;
	unsigned int count;

	if (names)
		return names;
	count = stats_count(dev);
	names = calloc(1, sizeof(*names) + count * ETH_GSTRING_LEN);
	if (!names)
		die("memory");
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = count;
	ethtool_ioctl(dev, names);
	return names;
}

/* queue_N_tx_NAME */
static bool is_tx_counter(const char *name, const char *wanted)
{
	const char *tx = strstr(name, "_tx_");

	return !strncmp(name, "queue_", 6) && tx && !strcmp(tx + 4, wanted);
}

void counters_read(const char *dev, struct counters *c)
{
	struct ethtool_gstrings *names = stats_names(dev);
	struct ethtool_stats *stats;
	unsigned int i;

	stats = calloc(1, sizeof(*stats) + names->len * sizeof(__u64));
	if (!stats)
		die("memory");
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = names->len;
	ethtool_ioctl(dev, stats);
	memset(c, 0, sizeof(*c));
	for (i = 0; i < names->len; i++) {
		char *name = (char *)names->data + i * ETH_GSTRING_LEN;

		if (is_tx_counter(name, "linearize"))
			c->linearize += stats->data[i];
		else if (is_tx_counter(name, "linearize_failed"))
			c->linearize_failed += stats->data[i];
		else if (is_tx_counter(name, "dma_mapping_err"))
			c->dma_errors += stats->data[i];
	}
	free(stats);
}

void seen_reset(const char *dev)
{
	int fd = open(SEEN, O_WRONLY);
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", if_nametoindex(dev));

	if (fd < 0 || write(fd, text, len) != len)
		die(SEEN);
	close(fd);
}

/* One line of the file to a term of the text; the frames it stands for. */
static unsigned int seen_line(char *line, char *text, unsigned int size)
{
	char *count = strrchr(line, ' '), *c;
	size_t used;

	if (!count)
		return 0;
	*count++ = '\0';
	if (!isdigit(*count))		/* "N more" */
		return 0;
	for (c = line; *c; c++)
		if (*c == ' ')
			*c = ':';
	used = text ? strlen(text) : 0;
	if (text && used < size)
		snprintf(text + used, size - used, "%s%s*%s", used ? "," : "",
			 line, count);
	return atoi(count);
}

unsigned int seen_read(char *text, unsigned int size)
{
	FILE *file = fopen(SEEN, "r");
	unsigned int total = 0;
	char line[128];

	if (!file)
		die(SEEN);
	if (text)
		*text = '\0';
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		total += seen_line(line, text, size);
	}
	fclose(file);
	return total;
}
