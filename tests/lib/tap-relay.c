// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-in for a VMM's virtio-net backend: moves each frame with its virtio-net
 * header from a tap in a microVM's namespace to a tap on the host and back. It
 * neither looks into frames nor changes them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>

#include "frame-io.h"

/* virtio-net header and the largest frame of an MTU of 65535 */
#define LEN_MAX (12 + 18 + 65535)

/* TUN_F_CSUM tells the stack above the tap that its peer takes frames with an
 * unfinished checksum, as a VMM does for a guest that negotiated the feature.
 */
static int open_end(const char *name)
{
	int fd = tap_open("/dev/net/tun", name);

	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM))
		die(name);
	return fd;
}

/* A tap that is down answers EIO; such a frame is lost, as on any link. */
static void relay(int from, int to)
{
	static char frame[LEN_MAX];
	ssize_t len;

	while ((len = read(from, frame, sizeof(frame))) > 0) {
		if (write(to, frame, (size_t)len) < 0 && errno != EIO &&
		    errno != EAGAIN && errno != EINVAL)
			die("write to a tap");
	}
	if (len < 0 && errno != EAGAIN && errno != EIO)
		die("read from a tap");
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc != 4) {
		fputs("usage: tap-relay HOST_TAP NETNS MICROVM_TAP\n", stderr);
		return 2;
	}
	fds[0].fd = open_end(argv[1]);
	enter_netns(argv[2]);
	fds[1].fd = open_end(argv[3]);
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		relay(fds[0].fd, fds[1].fd);
		relay(fds[1].fd, fds[0].fd);
	}
}
