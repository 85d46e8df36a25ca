// SPDX-License-Identifier: GPL-2.0
/*
 * steady-flow PACE: sends numbered frames with cut headers through fuzz_dut,
 * one in PACE microseconds, until stdin ends, and counts those that arrive at
 * ena1 in the network namespace client. Prints
 * "sent=N refused=N received=N duplicate=N corrupt=N": the caller looks for
 * what was not received in the counters of device and driver.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"
#include "frame-io.h"
#include "random-frame.h"

#define SEQ_AT		38		/* in a frame: TCP's sequence number */
#define SEQ_MAX		(1u << 24)
#define WAIT_MS		100
#define DUPLICATE_MS	300
#define QUIET_MS	10000

/* What sender and receiver share. */
struct result {
	unsigned int sent;
	unsigned int received;
	unsigned int duplicate;
	unsigned int corrupt;
	unsigned char seen[SEQ_MAX / 8];
};

/* Head 52 of 54 from 4032 bytes on. */
static void build(unsigned int seq, bool partial, struct item *item)
{
	static const unsigned int lens[] = { 5066, 1000, 4032, 9015, 4096, 60,
					     8014, 4031 };
	struct frame f = { .dmac = { 2 }, .smac = { 2, 1 } };

	frame_parse(&f, "v4-tcp");
	f.id = seq;
	f.len = lens[seq % ARRAY_SIZE(lens)];
	item->len = f.len;
	frame_build(&f, 0, partial, item->data);
	item->vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = frame_l4(&f),
		.csum_offset = frame_csum_offset(&f),
	};
}

static void count(struct result *result, const unsigned char *frame,
		  unsigned int len)
{
	static struct item want;
	unsigned int seq;

	memcpy(&seq, frame + SEQ_AT, sizeof(seq));
	seq = ntohl(seq) >> 8;
	build(seq, false, &want);
	if (len != want.len || memcmp(frame, want.data, len)) {
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

static bool is_over(const struct result *result, long long last)
{
	long long quiet = now_ms() - last;

	if (result->received == result->sent)
		return quiet > DUPLICATE_MS;
	return quiet > QUIET_MS;
}

/*
 * The end is when all have arrived, or nothing of ours has for long after the
 * last was sent, whatever else there is on the wire.
 */
static void receive(int capture, struct result *result)
{
	static const unsigned char macs[12] = { 2, 0, 0, 0, 0, 0, 2, 1 };
	static unsigned char frame[FRAME_MAX + 4];
	long long last = now_ms();
	bool done = false;
	unsigned int len;

	while (!done || !is_over(result, last)) {
		len = capture_next(capture, frame, FRAME_MAX, WAIT_MS);
		if (len >= 60 && !memcmp(frame, macs, sizeof(macs))) {
			count(result, frame, len);
			last = now_ms();
		}
		if (!done && sender_done) {
			done = true;
			last = now_ms();
		}
	}
	if (!capture_lost(capture))
		_exit(0);
	fputs("steady-flow: the receiver was too slow\n", stderr);
	_exit(2);
}

static bool stdin_ended(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char bytes[256];

	return poll(&p, 1, 0) > 0 &&
	       read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0;
}

/* Each length at least once, even on a slow machine. Returns the refused. */
static unsigned int send_all(struct result *result, unsigned int pace_us)
{
	int tap = tap_open("/dev/net/tun", "fuzz_dut");
	static struct item item;
	unsigned int seq, refused = 0;

	for (seq = 0; seq < SEQ_MAX && (seq < 8 || !stdin_ended()); seq++) {
		build(seq, true, &item);
		if (item_send(tap, &item))
			refused++;
		else
			result->sent++;
		usleep(pace_us);
	}
	return refused;
}

int main(int argc, char **argv)
{
	struct result *result = mmap(NULL, sizeof(*result),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, capture = capture_open("client", "ena1");
	unsigned int refused;
	pid_t receiver;

	signal(SIGUSR1, on_done);
	receiver = argc == 2 && result != MAP_FAILED ? fork() : -1;
	if (receiver < 0)
		die("usage: steady-flow PACE");
	if (!receiver)
		receive(capture, result);
	refused = send_all(result, (unsigned int)atoi(argv[1]));
	kill(receiver, SIGUSR1);
	waitpid(receiver, &status, 0);
	printf("sent=%u refused=%u received=%u duplicate=%u corrupt=%u\n",
	       result->sent, refused, result->received, result->duplicate,
	       result->corrupt);
	return status || result->corrupt || result->duplicate;
}
