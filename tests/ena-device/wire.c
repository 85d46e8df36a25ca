// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"

#define TAP_BATCH		64

void wire_port_init(struct wire_port *port, struct ena_dev *dev)
{
	*port = (struct wire_port){ .dev = dev, .tap = -1 };
	capture_init(&port->capture, dev->index);
}

void wire_port_release(struct wire_port *port)
{
	if (port->tap >= 0)
		close(port->tap);
	port->tap = -1;
	capture_close(&port->capture);
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

static void receive(struct wire_port *port, const u8 *frame, u32 len)
{
	struct capture_note note = { .received = true, .on_wire = true };
	enum rx_drop drop = rx_deliver(port->dev, frame, len, &note.sq);

	note.drop = rx_drop_name(drop);
	capture_frame(&port->capture, &note, frame, len);
}

static enum tx_drop put_on_wire(struct wire_port *port, const u8 *frame,
				u32 len)
{
	if (port->tap >= 0)
		return write(port->tap, frame, len) == (ssize_t)len ?
			       TX_DROP_NONE : TX_DROP_TAP;
	return port->peer ? TX_DROP_NONE : TX_DROP_NO_PEER;
}

enum tx_drop wire_send(struct wire_port *port, const u8 *frame, u32 len)
{
	enum tx_drop drop = put_on_wire(port, frame, len);
	struct capture_note note = {
		.on_wire = true,
		.sq = port->sq,
		.drop = tx_drop_name(drop),
	};

	capture_frame(&port->capture, &note, frame, len);
	if (drop != TX_DROP_NONE)
		return drop;
	if (port->tap < 0)
		receive(port->peer, frame, len);
	port->dev->stats.tx_frames++;
	port->dev->stats.tx_bytes += len;
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
