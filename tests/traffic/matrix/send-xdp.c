// SPDX-License-Identifier: GPL-2.0
/* AF_XDP in copy mode: one frame at a time, in one buffer or more. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_xdp.h>

#include "frame-io.h"
#include "send-xdp.h"

#ifndef XDP_USE_SG		/* 6.6 */
#define XDP_USE_SG	(1 << 4)
#define XDP_PKT_CONTD	1
#endif

#define BUFFER		4096
#define BUFFERS		8

struct ring {
	__u32 *producer;
	__u32 *consumer;
	void *entries;
	unsigned int wanted;	/* completions */
};

struct xdp {
	int fd;
	unsigned char *umem;
	struct ring tx;
	struct ring completion;
};

static int make_umem(struct xdp *x)
{
	struct xdp_umem_reg reg = {
		.len = BUFFERS * BUFFER,
		.chunk_size = BUFFER,
	};
	int size = BUFFERS;

	x->umem = mmap(NULL, reg.len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (x->umem == MAP_FAILED)
		return -1;
	reg.addr = (unsigned long)x->umem;
	return setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)) ||
	       setsockopt(x->fd, SOL_XDP, XDP_UMEM_FILL_RING, &size,
			  sizeof(size)) ||
	       setsockopt(x->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &size,
			  sizeof(size)) ||
	       setsockopt(x->fd, SOL_XDP, XDP_TX_RING, &size, sizeof(size)) ?
	       -1 : 0;
}

static int map_ring(const struct xdp *x, struct ring *r, off_t page,
		    const struct xdp_ring_offset *off, size_t entry)
{
	unsigned char *p = mmap(NULL, off->desc + BUFFERS * entry,
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_POPULATE, x->fd, page);

	if (p == MAP_FAILED)
		return -1;
	r->producer = (__u32 *)(p + off->producer);
	r->consumer = (__u32 *)(p + off->consumer);
	r->entries = p + off->desc;
	return 0;
}

/* Several buffers a frame, if the kernel can; a queue takes but one socket. */
static int open_xdp(struct xdp *x, unsigned int ifindex)
{
	struct sockaddr_xdp addr = {
		.sxdp_family = AF_XDP,
		.sxdp_ifindex = ifindex,
		.sxdp_flags = XDP_COPY | XDP_USE_SG,
	};
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);

	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0 || make_umem(x) ||
	    getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len) ||
	    map_ring(x, &x->tx, XDP_PGOFF_TX_RING, &off.tx,
		     sizeof(struct xdp_desc)) ||
	    map_ring(x, &x->completion, XDP_UMEM_PGOFF_COMPLETION_RING,
		     &off.cr, sizeof(__u64)))
		return -1;
	if (!bind(x->fd, (void *)&addr, sizeof(addr)))
		return 0;
	addr.sxdp_flags = XDP_COPY;
	return bind(x->fd, (void *)&addr, sizeof(addr));
}

/* As many descriptors as the frame has buffers. */
static unsigned int queue_frame(struct xdp *x, const unsigned char *frame,
				unsigned int len, unsigned int split)
{
	struct xdp_desc *descs = x->tx.entries;
	__u32 at = *x->tx.producer;
	unsigned int n = 0, part = split ? split : len;

	for (; len; len -= part, frame += part, n++) {
		if (n)
			part = len;
		if (part > BUFFER)
			part = BUFFER;
		memcpy(x->umem + n * BUFFER, frame, part);
		descs[(at + n) % BUFFERS] = (struct xdp_desc){
			.addr = n * BUFFER,
			.len = part,
			.options = part < len ? XDP_PKT_CONTD : 0,
		};
	}
	__atomic_store_n(x->tx.producer, at + n, __ATOMIC_RELEASE);
	return n;
}

static bool is_complete(void *ring)
{
	const struct ring *r = ring;

	return __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - *r->consumer >=
	       r->wanted;
}

static int await_completion(struct ring *r, unsigned int n)
{
	r->wanted = n;
	if (!wait_until(is_complete, r))
		return -1;
	__atomic_store_n(r->consumer, *r->consumer + n, __ATOMIC_RELEASE);
	return 0;
}

int xdp_send(unsigned int ifindex, const unsigned char *frame,
	     unsigned int len, unsigned int split)
{
	static struct xdp x;
	unsigned int n;

	if (!x.umem && open_xdp(&x, ifindex))
		return -1;
	n = queue_frame(&x, frame, len, split);
	if (sendto(x.fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
		return -1;
	return await_completion(&x.completion, n);
}
