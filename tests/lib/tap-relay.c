// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-in for a VMM's virtio-net backend: moves each frame, together with its
 * virtio-net header, from a tap in a microVM's namespace to a tap on the host
 * and back. It neither looks into frames nor alters them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_tun.h>

/* virtio-net header and the largest frame of an MTU of 65535 */
#define FRAME_MAX (12 + 18 + 65535)

static void die(const char *what, const char *name)
{
	fprintf(stderr, "tap-relay: %s %s: %s\n", what, name, strerror(errno));
	exit(1);
}

static void enter_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter network namespace", path);
	close(fd);
}

/* TUN_F_CSUM tells the stack above the tap that its peer takes frames with an
 * unfinished checksum, as a VMM does for a guest that negotiated the feature.
 */
static int open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("cannot open", "/dev/net/tun");
	if (strlen(name) >= sizeof(ifr.ifr_name)) {
		errno = ENAMETOOLONG;
		die("cannot create tap", name);
	}
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &ifr))
		die("cannot create tap", name);
	if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM))
		die("cannot set offloads of tap", name);
	return fd;
}

/* A tap that is down answers EIO; such a frame is lost, as on any link. */
static void relay(int from, int to)
{
	static char frame[FRAME_MAX];
	ssize_t len;

	while ((len = read(from, frame, sizeof(frame))) > 0) {
		if (write(to, frame, (size_t)len) < 0 && errno != EIO &&
		    errno != EAGAIN && errno != EINVAL)
			die("cannot write to", "tap");
	}
	if (len < 0 && errno != EAGAIN && errno != EIO)
		die("cannot read from", "tap");
}

int main(int argc, char **argv)
{
	struct pollfd fds[2];

	if (argc != 4) {
		fputs("usage: tap-relay HOST_TAP NETNS MICROVM_TAP\n", stderr);
		return 2;
	}

	fds[0] = (struct pollfd){ .fd = open_tap(argv[1]), .events = POLLIN };
	enter_netns(argv[2]);
	fds[1] = (struct pollfd){ .fd = open_tap(argv[3]), .events = POLLIN };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll", "taps");
		relay(fds[0].fd, fds[1].fd);
		relay(fds[1].fd, fds[0].fd);
	}
}
