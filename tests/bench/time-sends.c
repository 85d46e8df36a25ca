// SPDX-License-Identifier: GPL-2.0
/*
 * time-sends write|send|zerocopy FD SIZE <PACKET: sends SIZE bytes of PACKET
 * to FD again and again. Prints the instructions of each system call, from its
 * entry to its return, in a guest whose clock counts them. Without a packet the
 * bytes are zeros, and their pages the kernel's zero page.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define CALLS		(32 + 201)	/* the first warm up */
#define PAUSE_NS	2000000
#define INFLIGHT	"/sys/class/net/ena0/queues/tx-0/byte_queue_limits/inflight"

static char packet[1 << 17] __attribute__((aligned(4096)));
static int flags;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned long bytes_in_flight(void)
{
	FILE *file = fopen(INFLIGHT, "r");
	unsigned long n;

	if (!file || fscanf(file, "%lu", &n) != 1)
		die(INFLIGHT);
	fclose(file);
	return n;
}

/* Waits until the device and the receiver have answered, so that the next call
 * finds an empty ring, and takes MSG_ZEROCOPY's completions.
 */
static void settle(int fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct msghdr msg = { 0 };
	char control[256];

	do
		nanosleep(&pause, NULL);
	while (bytes_in_flight());
	do {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	} while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
}

static ssize_t call_write(int fd, size_t size)
{
	return write(fd, packet, size);
}

static ssize_t call_send(int fd, size_t size)
{
	return send(fd, packet, size, flags);
}

int main(int argc, char **argv)
{
	ssize_t (*call)(int fd, size_t size), size, sent;
	uint64_t start, cost[CALLS];
	int fd, i;

	if (argc != 4) {
		fprintf(stderr, "usage: time-sends METHOD FD SIZE <PACKET\n");
		return 2;
	}
	call = !strcmp(argv[1], "write") ? call_write : call_send;
	flags = !strcmp(argv[1], "zerocopy") ? MSG_ZEROCOPY : 0;
	fd = atoi(argv[2]);
	size = atoi(argv[3]);
	if (!fread(packet, 1, sizeof(packet), stdin) && ferror(stdin))
		die("packet");
	for (i = 0; i < CALLS; i++) {
		settle(fd);
		start = __rdtsc();
		sent = call(fd, size);
		cost[i] = __rdtsc() - start;
		if (sent != size)
			die("cannot send");
	}
	settle(fd);
	for (i = 0; i < CALLS; i++)
		printf("%llu ", (unsigned long long)cost[i]);
	return 0;
}
