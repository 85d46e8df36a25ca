// SPDX-License-Identifier: GPL-2.0
/*
 * nic-load flood IF LENGTH SECONDS: sends frames as fast as it can, past the
 * qdisc, and prints how many the interface took.
 * nic-load echo PORT: answers each datagram.
 * nic-load ping ADDRESS PORT SECONDS: one datagram after the other, each after
 * the answer to the last; prints how many were answered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		64
#define MAX_FRAME	9014
#define LOST_MS		200

static int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_raw(const char *interface)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = check(socket(AF_PACKET, SOCK_RAW, 0), "socket");
	int one = 1;

	check(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), interface);
	check(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
			 sizeof(one)), "PACKET_QDISC_BYPASS");
	return fd;
}

/* Of no protocol: the far end counts them, and its kernel drops them early. */
static void fill(unsigned char *frame)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, "\2\0\0\0\0\1\x88\xb5", 8);
}

static void flood(const char *interface, size_t len, double seconds)
{
	static unsigned char frame[MAX_FRAME];
	struct iovec iov = { frame, len };
	struct mmsghdr msgs[BATCH] = { 0 };
	int fd = open_raw(interface);
	double end = now() + seconds;
	unsigned long sent = 0;

	fill(frame);
	for (int i = 0; i < BATCH; i++) {
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (now() < end) {
		int count = sendmmsg(fd, msgs, BATCH, 0);

		if (count > 0)
			sent += (unsigned long)count;
	}
	printf("%lu\n", sent);
}

static int open_udp(const char *address, const char *port,
		    struct sockaddr_in *addr)
{
	*addr = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)atoi(port)),
		.sin_addr.s_addr = inet_addr(address),
	};
	return check(socket(AF_INET, SOCK_DGRAM, 0), "socket");
}

static void echo(const char *port)
{
	struct sockaddr_in addr, from;
	int fd = open_udp("0.0.0.0", port, &addr);
	char byte[64];

	check(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), "bind");
	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(fd, byte, sizeof(byte), 0,
				       (struct sockaddr *)&from, &size);

		if (len > 0)
			sendto(fd, byte, (size_t)len, 0,
			       (struct sockaddr *)&from, size);
	}
}

static void ping(const char *address, const char *port, double seconds)
{
	struct sockaddr_in addr;
	int fd = open_udp(address, port, &addr);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	double end = now() + seconds;
	unsigned long answered = 0;
	char byte = 0;

	check(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), "connect");
	while (now() < end) {
		if (send(fd, &byte, 1, 0) < 0 || poll(&p, 1, LOST_MS) <= 0)
			continue;
		if (recv(fd, &byte, 1, 0) == 1)
			answered++;
	}
	printf("%lu\n", answered);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "flood") &&
	    (size_t)atoi(argv[3]) <= MAX_FRAME)
		flood(argv[2], (size_t)atoi(argv[3]), atof(argv[4]));
	else if (argc == 3 && !strcmp(argv[1], "echo"))
		echo(argv[2]);
	else if (argc == 5 && !strcmp(argv[1], "ping"))
		ping(argv[2], argv[3], atof(argv[4]));
	else
		return 2;
	return 0;
}
