// SPDX-License-Identifier: GPL-2.0
/*
 * Sends by sockets, from one network namespace to another, and compares what
 * arrives. Reads the names of transfers from stdin, such as tcp-zerocopy-v4,
 * and writes lines as matrix does: to it, a transfer is one frame.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/errqueue.h>
#include <linux/udp.h>

#include "util.h"
#include "watch.h"

#define TCP_BYTES	(1 << 20)
#define TIMEOUT_MS	20000
#define PORT		5000
#define GSO_SIZE	8900
#define GSO_BYTES	60000
#define SEEN_MAX	8192
#define BUFFER		65536

struct transfer {
	bool udp;
	bool v6;
	bool zerocopy;
	bool sendfile;
	bool gso;
};

struct ends {
	const char *path;
	const char *dev;
	const char *from_netns;		/* NULL: the host's */
	const char *to_netns;
	int from;
	int to;
};

static unsigned char *data;
static int data_fd;

/* In a file as well as in memory, for sendfile. */
static void make_data(void)
{
	unsigned int i, x = 1;

	data_fd = memfd_create("transfer", MFD_CLOEXEC);
	if (data_fd < 0 || ftruncate(data_fd, TCP_BYTES))
		die("memory");
	data = mmap(NULL, TCP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		    data_fd, 0);
	if (data == MAP_FAILED)
		die("memory");
	for (i = 0; i < TCP_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = x >> 24;
	}
}

static socklen_t address(const struct transfer *t, struct sockaddr_storage *a)
{
	struct sockaddr_in6 *v6 = (void *)a;
	struct sockaddr_in *v4 = (void *)a;

	memset(a, 0, sizeof(*a));
	if (t->v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
		inet_pton(AF_INET6, "2001:db8::2", &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(PORT);
	inet_pton(AF_INET, "192.0.2.2", &v4->sin_addr);
	return sizeof(*v4);
}

static int open_socket(const struct transfer *t)
{
	int on = 1, room = 4 << 20;
	int fd = socket(t->v6 ? AF_INET6 : AF_INET,
			(t->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("socket");
	return fd;
}

static void open_ends(struct ends *e, const struct transfer *t)
{
	struct sockaddr_storage addr;
	socklen_t len = address(t, &addr);
	int on = 1, listener;

	enter_netns(e->to_netns);
	listener = open_socket(t);
	if (bind(listener, (void *)&addr, len) ||
	    (!t->udp && listen(listener, 1)))
		die("bind");
	enter_netns(e->from_netns);
	e->from = open_socket(t);
	if (connect(e->from, (void *)&addr, len))
		die("connect");
	enter_netns(NULL);
	e->to = t->udp ? listener : accept(listener, NULL, NULL);
	if (!t->udp)
		close(listener);
	if (t->zerocopy && setsockopt(e->from, SOL_SOCKET, SO_ZEROCOPY, &on,
				      sizeof(on)))
		die("SO_ZEROCOPY");
}

/* That pages are no longer in use is told in the error queue. */
static void drain_errors(int fd)
{
	char control[128];
	struct msghdr msg = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		msg.msg_controllen = sizeof(control);
}

static ssize_t send_some(const struct ends *e, const struct transfer *t,
			 unsigned int at, unsigned int len)
{
	off_t offset = at;
	ssize_t sent;

	if (t->sendfile)
		return sendfile(e->from, data_fd, &offset, len);
	sent = send(e->from, data + at, len,
		    MSG_DONTWAIT | (t->zerocopy ? MSG_ZEROCOPY : 0));
	if (sent < 0 && errno == ENOBUFS)
		errno = EAGAIN;
	drain_errors(e->from);
	return sent;
}

static bool receive_some(const struct ends *e, unsigned int *at)
{
	static unsigned char buf[BUFFER];
	ssize_t len = recv(e->to, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN;
	if (memcmp(buf, data + *at, len))
		return false;
	*at += len;
	return true;
}

static bool transfer_tcp(const struct ends *e, const struct transfer *t)
{
	struct pollfd fds[2] = {
		{ .fd = e->to, .events = POLLIN },
		{ .fd = e->from, .events = POLLOUT },
	};
	unsigned int sent = 0, received = 0;
	ssize_t n;

	fcntl(e->from, F_SETFL, O_NONBLOCK);
	while (received < TCP_BYTES) {
		if (poll(fds, sent < TCP_BYTES ? 2 : 1, TIMEOUT_MS) <= 0)
			return false;
		if (!receive_some(e, &received))
			return false;
		if (sent == TCP_BYTES || !(fds[1].revents & POLLOUT))
			continue;
		n = send_some(e, t, sent, TCP_BYTES - sent);
		if (n < 0 && errno != EAGAIN)
			return false;
		sent += n > 0 ? n : 0;
	}
	return true;
}

/* One message; with GSO it arrives as several. */
static bool transfer_message(const struct ends *e, const struct transfer *t,
			     unsigned int len)
{
	struct pollfd pfd = { .fd = e->to, .events = POLLIN };
	unsigned int received = 0;

	if (send_some(e, t, 0, len) != (ssize_t)len)
		return false;
	while (received < len) {
		if (poll(&pfd, 1, TIMEOUT_MS / 4) <= 0 ||
		    !receive_some(e, &received))
			return false;
	}
	return true;
}

static bool transfer_udp(const struct ends *e, const struct transfer *t)
{
	static const unsigned int sizes[] = {
		1, 100, 1472, 3900, 4000, 4096, 5000, 8952,
	};
	int gso = GSO_SIZE, i;
	size_t n;

	if (t->gso) {
		if (setsockopt(e->from, IPPROTO_UDP, UDP_SEGMENT, &gso,
			       sizeof(gso)))
			die("UDP_SEGMENT");
		for (i = 0; i < 8; i++)
			if (!transfer_message(e, t, GSO_BYTES))
				return false;
		return true;
	}
	for (n = 0; n < ARRAY_SIZE(sizes); n++)
		if (!transfer_message(e, t, sizes[n]))
			return false;
	return true;
}

static void run(struct ends *e, const char *name)
{
	struct transfer t = {
		.udp = !strncmp(name, "udp", 3),
		.v6 = strstr(name, "-v6"),
		.zerocopy = strstr(name, "-zerocopy"),
		.sendfile = strstr(name, "-sendfile"),
		.gso = strstr(name, "-gso"),
	};
	struct counters before, after;
	char seen[SEEN_MAX];
	bool whole;

	open_ends(e, &t);
	counters_read(e->dev, &before);
	seen_reset(e->dev);
	whole = t.udp ? transfer_udp(e, &t) : transfer_tcp(e, &t);
	seen_read(seen, sizeof(seen));
	counters_read(e->dev, &after);
	close(e->from);
	close(e->to);
	printf("%s\t%s\t1\t-\t%s\t%d\t0\t1\t%llu\t%llu\t%llu\t-\n", e->path,
	       name, *seen ? seen : "-", whole,
	       after.linearize - before.linearize,
	       after.linearize_failed - before.linearize_failed,
	       after.dma_errors - before.dma_errors);
	fflush(stdout);
}

static void die_usage(void)
{
	fprintf(stderr,
		"usage: transfer -p PATH -i DEV -n NETNS [-s NETNS] <names\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct ends e = { 0 };
	char name[80];
	int opt;

	while ((opt = getopt(argc, argv, "p:i:n:s:")) != -1) {
		switch (opt) {
		case 'p':
			e.path = optarg;
			break;
		case 'i':
			e.dev = optarg;
			break;
		case 'n':
			e.to_netns = optarg;
			break;
		case 's':
			e.from_netns = optarg;
			break;
		default:
			die_usage();
		}
	}
	if (!e.path || !e.dev || !e.to_netns)
		die_usage();
	make_data();
	while (scanf("%79s", name) == 1)
		run(&e, name);
	return 0;
}
