// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/if_packet.h>

#include "flow.h"

#define SYN	0x02
#define ACK	0x10

static void pause_ms(unsigned int ms)
{
	const struct timespec ts = { .tv_nsec = ms * 1000000L };

	nanosleep(&ts, NULL);
}

static void send_one(struct cell *c, unsigned int flags)
{
	int error;

	c->frame.tcp_flags = flags;
	if (send_cell(c, &error) != c->count)
		die("opening a flow");
}

static void reply(const struct cell *c, int rx, unsigned int peer,
		  const unsigned char *router, const unsigned char *host)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = c->skb.protocol,
		.sll_ifindex = peer,
	};
	unsigned char frame[FRAME_MAX];
	struct frame f = c->frame;

	f.reply = true;
	f.tcp_flags = SYN | ACK;
	memcpy(f.dmac, router, ETH_ALEN);
	memcpy(f.smac, host, ETH_ALEN);
	frame_build(&f, 0, false, frame);
	if (sendto(rx, frame, f.len, 0, (void *)&to, sizeof(to)) < 0)
		die("answering a flow");
	pause_ms(50);
}

void flows_open(int rx, unsigned int peer, const unsigned char *gateway,
		const unsigned char *router, const unsigned char *host)
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
		memcpy(c.frame.dmac, gateway, ETH_ALEN);
		send_one(&c, SYN);
		pause_ms(20);
		reply(&c, rx, peer, router, host);
		send_one(&c, ACK);
		pause_ms(20);
		send_one(&c, ACK);
	}
}
