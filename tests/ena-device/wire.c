// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

#define PCAP_MAGIC_NSEC		0xa1b23c4d
#define PCAP_SNAPLEN		65535
#define PCAP_ETHERNET		1
#define TAP_BATCH		64

struct pcap_file {
	u32 magic;
	u16 major;
	u16 minor;
	u32 zone;
	u32 accuracy;
	u32 snaplen;
	u32 link_type;
};

struct pcap_record {
	u32 sec;
	u32 nsec;
	u32 captured;
	u32 len;
};

static_assert(sizeof(struct pcap_file) == 24, "pcap file header");
static_assert(sizeof(struct pcap_record) == 16, "pcap record header");

void wire_port_init(struct wire_port *port, struct ena_dev *dev)
{
	*port = (struct wire_port){ .dev = dev, .tap = -1, .pcap = -1 };
}

void wire_port_release(struct wire_port *port)
{
	if (port->tap >= 0)
		close(port->tap);
	if (port->pcap >= 0)
		close(port->pcap);
	port->tap = -1;
	port->pcap = -1;
}

void wire_join(struct wire_port *a, struct wire_port *b)
{
	a->peer = b;
	b->peer = a;
}

int wire_open_tap(struct wire_port *port, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int err = 0;
	int fd;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -ENAMETOOLONG;
	strcpy(ifr.ifr_name, name);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		err = -errno;
		close(fd);
		return err;
	}
	port->tap = fd;
	return 0;
}

int wire_open_pcap(struct wire_port *port, const char *path)
{
	const struct pcap_file header = {
		.magic = PCAP_MAGIC_NSEC,
		.major = 2,
		.minor = 4,
		.snaplen = PCAP_SNAPLEN,
		.link_type = PCAP_ETHERNET,
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		      O_NOFOLLOW, 0644);

	if (fd < 0)
		return -errno;
	if (write(fd, &header, sizeof(header)) != sizeof(header)) {
		close(fd);
		return -EIO;
	}
	port->pcap = fd;
	return 0;
}

/* One unbuffered write a frame, so that a killed model leaves a valid file. */
static void capture(struct wire_port *port, const u8 *frame, u32 len)
{
	struct timespec now;
	struct pcap_record record = { .captured = len, .len = len };
	struct iovec iov[] = {
		{ &record, sizeof(record) },
		{ (void *)(uintptr_t)frame, len },
	};
	off_t end;
	ssize_t written;

	if (port->pcap < 0)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	record.sec = (u32)now.tv_sec;
	record.nsec = (u32)now.tv_nsec;
	end = lseek(port->pcap, 0, SEEK_CUR);
	written = writev(port->pcap, iov, 2);
	if (written == (ssize_t)(sizeof(record) + len))
		return;
	fprintf(stderr, "function %u: pcap stopped: %s\n", port->dev->index,
		written < 0 ? strerror(errno) : "no space left");
	if (end < 0 || ftruncate(port->pcap, end))
		fprintf(stderr, "function %u: its last frame is cut\n",
			port->dev->index);
	close(port->pcap);
	port->pcap = -1;
}

static void receive(struct wire_port *port, const u8 *frame, u32 len)
{
	capture(port, frame, len);
	rx_deliver(port->dev, frame, len);
}

enum tx_drop wire_send(struct wire_port *port, const u8 *frame, u32 len)
{
	struct stats *stats = &port->dev->stats;

	capture(port, frame, len);
	if (port->tap >= 0) {
		if (write(port->tap, frame, len) != (ssize_t)len)
			return TX_DROP_TAP;
	} else if (port->peer) {
		receive(port->peer, frame, len);
	} else {
		return TX_DROP_NO_PEER;
	}
	stats->tx_frames++;
	stats->tx_bytes += len;
	return TX_DROP_NONE;
}

void wire_poll_tap(struct wire_port *port, bool lost)
{
	u8 frame[ENA_MAX_FRAME + 1];	/* one more: too long */

	if (lost) {
		fprintf(stderr, "function %u: its tap is gone\n",
			port->dev->index);
		close(port->tap);
		port->tap = -1;
		return;
	}

	for (int i = 0; i < TAP_BATCH; i++) {
		ssize_t len = read(port->tap, frame, sizeof(frame));

		if (len <= 0)
			return;
		receive(port, frame, (u32)len);
	}
}
