/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_VFIO_USER_H
#define ENA_DEVICE_VFIO_USER_H

#include "ena_defs.h"
#include "listener.h"

/*
 * The server's side of vfio-user on a UNIX socket. It knows nothing of any
 * device, so that a library can replace it behind the same ops.
 */

#define VFU_MAX_DATA	4096
#define VFU_MAX_MSG	(VFU_MAX_DATA + 64)
#define VFU_MAX_FDS	16	/* the most that QEMU accepts */
#define VFU_MAX_IN	16384	/* read at once: some hundred doorbells */

struct vfu_dma_map {
	u32 argsz;
	u32 flags;	/* bit 0 readable, bit 1 writable */
	u64 offset;
	u64 addr;
	u64 size;
};

/* Functions that return int return 0 or a negative errno. */
struct vfu_ops {
	u32 num_regions;
	u32 num_irqs;
	void (*connected)(void *opaque);
	void (*disconnected)(void *opaque);
	void (*reset)(void *opaque);
	/* Once a turn is over, no command is executed until the next begins. */
	void (*begin_turn)(void *opaque);
	bool (*turn_is_over)(void *opaque);
	/* Something may wait for the next turn. */
	bool (*has_work)(void *opaque);
	u64 (*region_size)(void *opaque, u32 region);
	/* A file for the client to map the region from, or -1. */
	int (*region_fd)(void *opaque, u32 region);
	int (*region_read)(void *opaque, u32 region, u64 offset, u8 *buf,
			   u32 count);
	int (*region_write)(void *opaque, u32 region, u64 offset,
			    const u8 *buf, u32 count);
	u32 (*irq_count)(void *opaque, u32 index);
	/* Takes the fd over; -1 takes the old one away. */
	void (*set_eventfd)(void *opaque, u32 vector, int fd);
	void (*trigger)(void *opaque, u32 vector);
	/* The fd (-1: none) stays the server's. */
	int (*dma_map)(void *opaque, const struct vfu_dma_map *map, int fd);
	int (*dma_unmap)(void *opaque, u64 addr, u64 size);
	void (*dma_unmap_all)(void *opaque);
};

struct vfu_fds {
	size_t count;
	int fd[VFU_MAX_FDS];
};

struct vfu_server {
	const struct vfu_ops *ops;
	void *opaque;
	struct listener listener;
	int client;
	bool negotiated;
	bool crowded;		/* it was said that another client waits */
	unsigned int seconds;	/* since the client came */
	struct vfu_fds fds;	/* of the command that is executed */
	struct vfu_fds next;	/* of the one at next_at */
	size_t next_at;
	size_t in_at;		/* where the next command starts */
	size_t in_len;
	size_t out_len;
	size_t out_sent;
	int out_fd;		/* goes with the reply, -1: none; not ours */
	/* Aligned for the structures in them. */
	u8 in[VFU_MAX_IN] __attribute__((aligned(8)));
	u8 out[VFU_MAX_MSG] __attribute__((aligned(8)));
};

void vfu_init(struct vfu_server *server, const struct vfu_ops *ops,
	      void *opaque);
/* Replaces a stale socket; -EADDRINUSE if a server listens on it. */
int vfu_listen(struct vfu_server *server, const char *path);
/* Serves an already connected socket and takes it over. */
void vfu_attach(struct vfu_server *server, int client);
/* What to poll(2) for: one client at a time, others wait in the backlog. */
int vfu_poll(const struct vfu_server *server, short *events);
void vfu_process(struct vfu_server *server);
/* True if vfu_process() has more to do, without anything from poll(2). */
bool vfu_has_work(const struct vfu_server *server);
/* Once a second: drops a client that says nothing, and accepts again. */
void vfu_tick(struct vfu_server *server);
void vfu_close(struct vfu_server *server);

#endif
