// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"
#include "port.h"

#define L3		14
#define L4		34
#define CSUM		16
#define SEQ_AT		60
#define MAGIC		0x5eed
#define SEQ_MAX		(1u << 24)
#define QUIET_MS	3000
#define WAIT_MS		100

struct result {
	unsigned int received;
	unsigned int duplicate;
	unsigned int corrupt;
	unsigned char seen[SEQ_MAX / 8];
};

/* Head 52 of 54 from 4032 bytes on. */
static unsigned int flow_len(unsigned int seq)
{
	static const unsigned int lens[] = { 5066, 1000, 4032, 9015, 4096, 60,
					     8014, 4031 };

	return lens[seq % 8];
}

static void fill(struct item *item, unsigned int seq)
{
	unsigned char *p = item->data;
	unsigned int ip_len;

	item->len = flow_len(seq) < SEQ_AT + 6 ? SEQ_AT + 6 : flow_len(seq);
	ip_len = item->len - L3;
	memset(p, 0, SEQ_AT);
	p[0] = 2;
	p[6] = 2;
	p[12] = 8;
	p[L3] = 0x45;
	p[L3 + 2] = (unsigned char)(ip_len >> 8);
	p[L3 + 3] = (unsigned char)ip_len;
	p[L3 + 8] = 64;
	p[L3 + 9] = IPPROTO_TCP;
	p[L4 + 12] = 0x50;
	for (unsigned int i = SEQ_AT; i < item->len; i++)
		p[i] = (unsigned char)(i + seq);
	p[SEQ_AT - 2] = MAGIC >> 8;
	p[SEQ_AT - 1] = MAGIC & 0xff;
	memcpy(p + SEQ_AT, &seq, sizeof(seq));
	item->vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = L4,
		.csum_offset = CSUM,
	};
}

/* All but the checksum, whose field was left to the device. */
static bool as_sent(const struct received *r, unsigned int seq)
{
	static struct item want;

	fill(&want, seq);
	return r->len == want.len &&
	       !memcmp(r->data, want.data, L4 + CSUM) &&
	       !memcmp(r->data + L4 + CSUM + 2, want.data + L4 + CSUM + 2,
		       want.len - L4 - CSUM - 2);
}

static bool is_ours(const struct received *r)
{
	return r->len >= SEQ_AT + sizeof(unsigned int) &&
	       r->data[SEQ_AT - 2] == MAGIC >> 8 &&
	       r->data[SEQ_AT - 1] == (MAGIC & 0xff);
}

static void count(struct result *result, const struct received *r)
{
	unsigned int seq;

	memcpy(&seq, r->data + SEQ_AT, sizeof(seq));
	if (seq >= SEQ_MAX || !as_sent(r, seq)) {
		result->corrupt++;
		return;
	}
	if (result->seen[seq / 8] & 1 << seq % 8)
		result->duplicate++;
	else
		result->received++;
	result->seen[seq / 8] |= (unsigned char)(1 << seq % 8);
}

static volatile sig_atomic_t sender_done;

static void on_done(int sig)
{
	(void)sig;
	sender_done = 1;
}

static unsigned int now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/*
 * The end is when nothing of ours has come for a while after the last was sent,
 * whatever else there is on the wire.
 */
static void receive(int capture, struct result *result)
{
	static struct received r;
	unsigned int last = now_ms();
	bool done = false;

	signal(SIGUSR1, on_done);
	while (!done || now_ms() - last < QUIET_MS) {
		if (capture_next(capture, &r, WAIT_MS) && is_ours(&r)) {
			count(result, &r);
			last = now_ms();
		}
		if (!done && sender_done) {
			done = true;
			last = now_ms();
		}
	}
	if (capture_lost(capture)) {
		fputs("frames: the receiver was too slow\n", stderr);
		_exit(2);
	}
	_exit(0);
}

static bool stdin_ended(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char bytes[256];

	return poll(&p, 1, 0) > 0 &&
	       read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

int flow(int tap, const char *netns, const char *ifname, unsigned int pace_us)
{
	static struct item item;
	unsigned int sent = 0, refused = 0;
	struct result *result = mmap(NULL, sizeof(*result),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int capture = capture_open(netns, ifname);
	int status = 0;
	pid_t receiver;

	if (result == MAP_FAILED)
		die("cannot allocate", "results");
	receiver = fork();
	if (receiver < 0)
		die("cannot fork", "a receiver");
	if (!receiver)
		receive(capture, result);
	/* Each length at the least, however slow the machine. */
	while ((sent + refused < 8 || !stdin_ended()) &&
	       sent + refused < SEQ_MAX) {
		fill(&item, sent + refused);
		if (tap_send(tap, &item))
			refused++;
		else
			sent++;
		usleep(pace_us);
	}
	kill(receiver, SIGUSR1);
	waitpid(receiver, &status, 0);
	printf("sent=%u refused=%u received=%u duplicate=%u corrupt=%u\n",
	       sent, refused, result->received, result->duplicate,
	       result->corrupt);
	return status || result->corrupt || result->duplicate;
}
