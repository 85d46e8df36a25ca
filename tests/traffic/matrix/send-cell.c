// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_packet.h>

#include "send-cell.h"
#include "send-pktgen.h"
#include "send-xdp.h"

#define RING_SLOT	16384
#define RING_SLOTS	4

struct vnet_frame {
	struct virtio_net_hdr vnet;
	unsigned char data[FRAME_MAX];
};

struct source {
	const char *name;
	bool vnet;		/* frames behind a virtio-net header */
	/* Returns what write(2) does. */
	ssize_t (*send)(const struct cell *c, struct vnet_frame *frame);
};

static struct sockaddr_ll port;
static int tap = -1, macvtap = -1, packet = -1, vnet = -1, bypass = -1;

/* Taps */

static int open_macvtap(const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/tap%u", if_nametoindex(name));
	return tap_open(path, name);
}

/* A tap has a carrier once it is open. */
static bool is_up(void *name)
{
	char path[64], state[8] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate",
		 (const char *)name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, state, sizeof(state)) < 0)
		die(path);
	close(fd);
	return !strncmp(state, "up", 2);
}

static ssize_t send_tap(const struct cell *c, struct vnet_frame *frame)
{
	return write(tap, frame, sizeof(frame->vnet) + c->frame.len);
}

static ssize_t send_macvtap(const struct cell *c, struct vnet_frame *frame)
{
	return write(macvtap, frame, sizeof(frame->vnet) + c->frame.len);
}

/* Packet sockets */

static int open_packet(int option)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("packet socket");
	if (option && setsockopt(fd, SOL_PACKET, option, &on, sizeof(on)))
		die("option of a packet socket");
	return fd;
}

static ssize_t send_to(int fd, const struct cell *c, const void *data,
		       size_t len)
{
	struct sockaddr_ll to = port;

	to.sll_protocol = c->skb.protocol;
	return sendto(fd, data, len, 0, (void *)&to, sizeof(to));
}

static ssize_t send_packet(const struct cell *c, struct vnet_frame *frame)
{
	return send_to(packet, c, frame->data, c->frame.len);
}

static ssize_t send_bypass(const struct cell *c, struct vnet_frame *frame)
{
	return send_to(bypass, c, frame->data, c->frame.len);
}

static ssize_t send_vnet(const struct cell *c, struct vnet_frame *frame)
{
	return send_to(vnet, c, frame, sizeof(frame->vnet) + c->frame.len);
}

/* The packet socket's ring, of version 1 to 3 */

struct ring {
	int fd;
	unsigned int version;
	unsigned char *slots;
	unsigned int next;
};

static const struct {
	size_t len;	/* offset of tp_len in the slot's header, and so on */
	size_t status;
	size_t data;
} ring_layout[] = {
	[TPACKET_V1] = { offsetof(struct tpacket_hdr, tp_len),
			 offsetof(struct tpacket_hdr, tp_status),
			 TPACKET_HDRLEN - sizeof(struct sockaddr_ll) },
	[TPACKET_V2] = { offsetof(struct tpacket2_hdr, tp_len),
			 offsetof(struct tpacket2_hdr, tp_status),
			 TPACKET2_HDRLEN - sizeof(struct sockaddr_ll) },
	[TPACKET_V3] = { offsetof(struct tpacket3_hdr, tp_len),
			 offsetof(struct tpacket3_hdr, tp_status),
			 TPACKET3_HDRLEN - sizeof(struct sockaddr_ll) },
};

static void open_ring(struct ring *r, unsigned int version)
{
	struct tpacket_req3 req = {
		.tp_block_size = RING_SLOT * RING_SLOTS,
		.tp_block_nr = 1,
		.tp_frame_size = RING_SLOT,
		.tp_frame_nr = RING_SLOTS,
	};
	socklen_t size = version == TPACKET_V3 ? sizeof(req) :
						 sizeof(struct tpacket_req);

	r->version = version;
	r->fd = open_packet(0);
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_TX_RING, &req, size))
		die("PACKET_TX_RING");
	r->slots = mmap(NULL, req.tp_block_size, PROT_READ | PROT_WRITE,
			MAP_SHARED, r->fd, 0);
	if (r->slots == MAP_FAILED)
		die("mmap of the ring");
}

static bool slot_is_free(void *status)
{
	return __atomic_load_n((uint32_t *)status, __ATOMIC_ACQUIRE) ==
	       TP_STATUS_AVAILABLE;
}

static ssize_t ring_send(struct ring *r, const struct cell *c,
			 struct vnet_frame *frame)
{
	unsigned char *slot = r->slots + r->next++ % RING_SLOTS * RING_SLOT;
	void *status = slot + ring_layout[r->version].status;
	uint32_t len = c->frame.len;

	memcpy(slot + ring_layout[r->version].data, frame->data, len);
	memcpy(slot + ring_layout[r->version].len, &len, sizeof(len));
	__atomic_store_n((uint32_t *)status, TP_STATUS_SEND_REQUEST,
			 __ATOMIC_RELEASE);
	if (send_to(r->fd, c, NULL, 0) < 0)
		return -1;
	return wait_until(slot_is_free, status) ? (ssize_t)len : -1;
}

static ssize_t send_ring(const struct cell *c, struct vnet_frame *frame)
{
	static struct ring ring[3];
	unsigned int version = c->source[4] - '1';

	if (!ring[version].slots)
		open_ring(&ring[version], version);
	return ring_send(&ring[version], c, frame);
}

/* The test module */

static ssize_t send_skb(const struct cell *c, struct vnet_frame *frame)
{
	static struct {
		struct ena_shape_request request;
		unsigned char data[FRAME_MAX];
	} out;
	static int fd = -1;

	if (fd < 0)
		fd = open("/sys/kernel/debug/ena_shape/send", O_WRONLY);
	if (fd < 0)
		die("ena_shape/send");
	out.request = c->skb;
	out.request.ifindex = port.sll_ifindex;
	if (!out.request.head || out.request.head > c->frame.len)
		out.request.head = c->frame.len;
	if (!out.request.frags && out.request.head < c->frame.len)
		out.request.frags = 1;
	memcpy(out.data, frame->data, c->frame.len);
	return write(fd, &out, sizeof(out.request) + c->frame.len);
}

/* Those with files of their own */

static ssize_t send_xdp(const struct cell *c, struct vnet_frame *frame)
{
	return xdp_send(port.sll_ifindex, frame->data, c->frame.len, c->split);
}

/* The first stands for all. */
static ssize_t send_pktgen(const struct cell *c, struct vnet_frame *frame)
{
	static unsigned int id;
	static int result;
	char name[IF_NAMESIZE];

	(void)frame;
	if (c->frame.id != id)
		result = pktgen_send(c, if_indextoname(port.sll_ifindex, name));
	id = c->frame.id;
	return result;
}

/* All of them */

static const struct source sources[] = {
	{ "tap", true, send_tap },
	{ "macvtap", true, send_macvtap },
	{ "packet", false, send_packet },
	{ "bypass", false, send_bypass },
	{ "vnet", true, send_vnet },
	{ "ring1", false, send_ring },
	{ "ring2", false, send_ring },
	{ "ring3", false, send_ring },
	{ "skb", true, send_skb },
	{ "xdp", false, send_xdp },
	{ "pktgen", false, send_pktgen },
};

static const struct source *find_source(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].name, name))
			return &sources[i];
	errno = EINVAL;
	die(name);
}

void senders_open(const struct ports *ports)
{
	port = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(ports->dev),
	};
	if (!port.sll_ifindex)
		die(ports->dev);
	packet = open_packet(0);
	vnet = open_packet(PACKET_VNET_HDR);
	bypass = open_packet(PACKET_QDISC_BYPASS);
	if (ports->tap) {
		tap = tap_open("/dev/net/tun", ports->tap);
		if (!wait_until(is_up, (void *)ports->tap))
			die(ports->tap);
	}
	if (ports->macvtap)
		macvtap = open_macvtap(ports->macvtap);
}

unsigned int send_cell(const struct cell *c, int *error)
{
	const struct source *source = find_source(c->source);
	static struct vnet_frame frame;
	unsigned int seq, taken = 0;

	*error = 0;
	frame.vnet = c->vnet;
	for (seq = 0; seq < c->count; seq++) {
		frame_build(&c->frame, seq, c->partial && source->vnet,
			    frame.data);
		if (source->send(c, &frame) >= 0)
			taken++;
		else if (!*error)
			*error = errno;
	}
	return taken;
}

void send_end(const char *dev, const unsigned char *dmac, unsigned int id)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(END_TYPE),
		.sll_ifindex = if_nametoindex(dev),
	};
	unsigned char frame[END_LEN] = { 0 };

	memcpy(frame, dmac, ETH_ALEN);
	frame[6] = 2;
	frame[12] = END_TYPE >> 8;
	frame[13] = END_TYPE & 0xff;
	frame[14] = id >> 8;
	frame[15] = id;
	if (sendto(packet, frame, sizeof(frame), 0, (void *)&to,
		   sizeof(to)) < 0)
		die("send of the end");
}
