// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frame-io.h"
#include "send-pktgen.h"

#define PROC		"/proc/net/pktgen/"
#define HEADER_LEN	16

static int command(const char *file, const char *format, ...)
{
	char path[64], text[128];
	va_list args;
	int fd, len, err;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	text[len++] = '\n';
	snprintf(path, sizeof(path), PROC "%s", file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	err = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return err;
}

static int set_mac(const char *dev, const char *key, const unsigned char *mac)
{
	return command(dev, "%s %02x:%02x:%02x:%02x:%02x:%02x", key, mac[0],
		       mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int configure(const struct cell *c, const char *dev)
{
	bool v6 = c->frame.type == ETH_P_IPV6;

	return command(dev, "count %u", c->count) ||
	       command(dev, "pkt_size %u", c->frame.len) ||
	       command(dev, "frags %u", c->pkt_frags) ||
	       command(dev, "clone_skb %u", c->clone_skb) ||
	       command(dev, "delay 0") ||
	       command(dev, "flag %sIPV6", v6 ? "" : "!") ||
	       command(dev, v6 ? "dst6 2001:db8::99" : "dst 192.0.2.99") ||
	       command(dev, v6 ? "src6 2001:db8:1::1" :
				 "src_min 198.51.100.1") ||
	       set_mac(dev, "dst_mac", c->frame.dmac) ||
	       set_mac(dev, "src_mac", c->frame.smac);
}

/* The last command's "Result: OK" is replaced by that of the run, in usec. */
static bool has_run(void *dev)
{
	char path[64], text[2048];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), PROC "%s", (const char *)dev);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return strstr(text, " usec, ");
}

/* The device stays with its thread: a thread removes devices when it next comes
 * round, and the command that asks for it waits 125 ms and no longer. One that
 * was added again by then is removed, too, even while it runs.
 */
static int add_device(const char *dev)
{
	char path[64];

	snprintf(path, sizeof(path), PROC "%s", dev);
	return access(path, F_OK) ? command("kpktgend_0", "add_device %s", dev) : 0;
}

/* On a busy machine, "start" returns before the thread has begun. */
int pktgen_send(const struct cell *c, const char *dev)
{
	return add_device(dev) || configure(c, dev) ||
	       command("pgctrl", "start") ||
	       !wait_until(has_run, (void *)dev) ? -1 : 0;
}

bool pktgen_matches(const struct cell *c, const unsigned char *frame,
		    unsigned int len)
{
	static const unsigned char magic[] = { 0xbe, 0x9b, 0xe9, 0x55 };
	unsigned int at = frame_min(&c->frame);

	if (len != c->frame.len || memcmp(frame, c->frame.dmac, ETH_ALEN) ||
	    memcmp(frame + at, magic, sizeof(magic)))
		return false;
	for (at += HEADER_LEN; at < len; at++)
		if (frame[at])
			return false;
	return true;
}
