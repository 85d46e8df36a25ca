// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "port.h"

#define RCVBUF	(128 << 20)

void die(const char *what, const char *name)
{
	fprintf(stderr, "frames: %s %s: %s\n", what, name, strerror(errno));
	exit(2);
}

int tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die("cannot open tap", name);
	return fd;
}

int tap_send(int tap, const struct item *item)
{
	struct iovec iov[] = {
		{ (void *)&item->vnet, sizeof(item->vnet) },
		{ (void *)item->data, item->len },
	};
	ssize_t len = writev(tap, iov, 2);

	if (len < 0)
		return errno;
	return len == (ssize_t)(sizeof(item->vnet) + item->len) ? 0 : EIO;
}

static int enter_netns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("cannot enter", path);
	return fd;
}

int capture_open(const char *netns, const char *ifname)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	const int size = RCVBUF, one = 1;
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	close(enter_netns(path));
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	addr.sll_ifindex = (int)if_nametoindex(ifname);
	if (fd < 0 || !addr.sll_ifindex ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("cannot listen on", ifname);
	if (setns(home, CLONE_NEWNET))
		die("cannot go back from", path);
	close(home);
	return fd;
}

static unsigned int vlan_tag(struct msghdr *msg)
{
	const struct tpacket_auxdata *aux;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		aux = (const void *)CMSG_DATA(cmsg);
		if (cmsg->cmsg_type == PACKET_AUXDATA &&
		    aux->tp_status & TP_STATUS_VLAN_VALID)
			return (unsigned int)aux->tp_vlan_tpid << 16 |
			       aux->tp_vlan_tci;
	}
	return 0;
}

bool capture_next(int fd, struct received *r, int wait_ms)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { r->data, sizeof(r->data) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len < 0 && wait_ms && poll(&p, 1, wait_ms) > 0)
		len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return false;
	r->len = (unsigned int)len;
	r->tag = vlan_tag(&msg);
	return true;
}

unsigned int capture_lost(int fd)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		return ~0u;
	return stats.tp_drops;
}
