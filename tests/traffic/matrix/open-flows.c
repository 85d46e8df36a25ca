// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_packet.h>

#include "open-flows.h"

#define SYN		0x02
#define ACK		0x10
#define LIMIT_MS	60000

/* The frame of a flow has passed the router once it is at the other side. */
static void await(int fd, const struct frame *f)
{
	static unsigned char frame[FRAME_MAX + 4];
	unsigned int len, dst = frame_l4(f) + 2;
	static unsigned char want[FRAME_MAX];
	long long deadline = now_ms() + LIMIT_MS;

	frame_build(f, 0, false, want);
	do {
		len = capture_next(fd, frame, FRAME_MAX, 1000);
		if (len == f->len && !memcmp(frame + 12, want + 12, 2) &&
		    !memcmp(frame + dst, want + dst, len - dst))
			return;
	} while (now_ms() < deadline);
	errno = ETIMEDOUT;
	die("opening a flow");
}

static void send_forward(struct cell *c, int rx, unsigned int flags)
{
	int error;

	c->frame.tcp_flags = flags;
	if (send_cell(c, &error) != c->count)
		die("opening a flow");
	await(rx, &c->frame);
}

static void reply(const struct cell *c, const struct flow_ends *e)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = c->skb.protocol,
		.sll_ifindex = e->peer,
	};
	unsigned char frame[FRAME_MAX];
	struct frame f = c->frame;

	f.reply = true;
	f.tcp_flags = SYN | ACK;
	memcpy(f.dmac, e->router, ETH_ALEN);
	memcpy(f.smac, e->host, ETH_ALEN);
	frame_build(&f, 0, false, frame);
	if (sendto(e->rx, frame, f.len, 0, (void *)&to, sizeof(to)) < 0)
		die("answering a flow");
	await(e->back, &f);
}

void flows_open(const struct flow_ends *e)
{
	static const char *const lines[] = {
		"source=packet flow=1 count=1 len=100 frame=v4-tcp",
		"source=packet flow=1 count=1 len=100 frame=v6-tcp",
		"source=packet flow=1 count=1 len=100 frame=v4-udp",
		"source=packet flow=1 count=1 len=100 frame=v6-udp",
		"source=tap flow=2 count=1 len=100 frame=v4-tcp",
		"source=tap flow=2 count=1 len=100 frame=v6-tcp",
		"source=tap flow=2 count=1 len=100 frame=v4-udp",
		"source=tap flow=2 count=1 len=100 frame=v6-udp",
	};
	char line[80];
	struct cell c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(line, sizeof(line), "%s", lines[i]);
		cell_parse(&c, line);
		memcpy(c.frame.dmac, e->gateway, ETH_ALEN);
		send_forward(&c, e->rx, SYN);
		reply(&c, e);
		send_forward(&c, e->rx, ACK);
		send_forward(&c, e->rx, ACK);
	}
}
