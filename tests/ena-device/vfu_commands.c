// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#include "vfu_commands.h"

#define VERSION_MAJOR		0
#define VERSION_MINOR		1

struct version {
	u16 major;
	u16 minor;
};

struct dma_unmap {
	u32 argsz;
	u32 flags;
	u64 addr;
	u64 size;
};

struct region_access {
	u64 offset;
	u32 region;
	u32 count;
};

static_assert(sizeof(struct vfu_dma_map) == 32, "vfio-user DMA map");
static_assert(sizeof(struct dma_unmap) == 24, "vfio-user DMA unmap");
static_assert(sizeof(struct region_access) == 16, "vfio-user region access");
static_assert(VFU_HEADER_SIZE + sizeof(struct region_access) + VFU_MAX_DATA <=
	      VFU_MAX_MSG, "message buffer");

/* False if the command is shorter than its payload. */
static bool take(const struct vfu_request *req, void *payload, size_t len)
{
	if (req->len < len)
		return false;
	memcpy(payload, req->data, len);
	return true;
}

static int answer(struct vfu_request *req, const void *payload, size_t len)
{
	memcpy(req->reply, payload, len);
	return (int)len;
}

static int do_version(struct vfu_server *server, struct vfu_request *req)
{
	struct version version;
	int len;

	if (server->negotiated || req->len < sizeof(version) ||
	    (req->len > sizeof(version) && req->data[req->len - 1]))
		return -EINVAL;
	memcpy(&version, req->data, sizeof(version));
	if (version.major != VERSION_MAJOR)
		return -EPROTONOSUPPORT;
	if (version.minor > VERSION_MINOR)
		version.minor = VERSION_MINOR;
	memcpy(req->reply, &version, sizeof(version));
	len = snprintf((char *)req->reply + sizeof(version), VFU_MAX_DATA,
		       "{\"capabilities\":{\"max_msg_fds\":%d,\"max_data_xfer_size\":%d,\"pgsizes\":4096}}",
		       VFU_MAX_FDS, VFU_MAX_DATA);
	server->negotiated = true;
	return (int)sizeof(version) + len + 1;
}

static int do_dma_map(struct vfu_server *server, struct vfu_request *req)
{
	struct vfu_dma_map map;

	if (!take(req, &map, sizeof(map)) || server->fds.count > 1)
		return -EINVAL;
	return server->ops->dma_map(server->opaque, &map,
				    server->fds.count ? server->fds.fd[0] : -1);
}

static int do_dma_unmap(struct vfu_server *server, struct vfu_request *req)
{
	struct dma_unmap unmap;
	int err = 0;

	if (!take(req, &unmap, sizeof(unmap)))
		return -EINVAL;
	if (unmap.flags & ~(u32)VFIO_DMA_UNMAP_FLAG_ALL)
		return -ENOTSUP;
	if (!unmap.flags)
		err = server->ops->dma_unmap(server->opaque, unmap.addr,
					     unmap.size);
	else if (unmap.addr || unmap.size)
		err = -EINVAL;
	else
		server->ops->dma_unmap_all(server->opaque);
	if (err)
		return err;
	return answer(req, &unmap, sizeof(unmap));
}

static int do_get_info(struct vfu_server *server, struct vfu_request *req)
{
	const u32 reply[4] = {
		sizeof(reply),
		VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		server->ops->num_regions,
		server->ops->num_irqs,
	};

	if (req->len < sizeof(reply))
		return -EINVAL;
	return answer(req, reply, sizeof(reply));
}

static int do_get_region_info(struct vfu_server *server,
			      struct vfu_request *req)
{
	struct vfio_region_info info;

	if (!take(req, &info, sizeof(info)) || info.argsz < sizeof(info) ||
	    info.index >= server->ops->num_regions)
		return -EINVAL;
	info = (struct vfio_region_info){
		.argsz = sizeof(info),
		.index = info.index,
		.size = server->ops->region_size(server->opaque, info.index),
	};
	if (info.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ |
			     VFIO_REGION_INFO_FLAG_WRITE;
	server->out_fd = server->ops->region_fd(server->opaque, info.index);
	if (server->out_fd >= 0)
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return answer(req, &info, sizeof(info));
}

static int do_get_irq_info(struct vfu_server *server, struct vfu_request *req)
{
	struct vfio_irq_info info = { 0 };

	if (!take(req, &info, 4 * sizeof(u32)) ||
	    info.argsz < 4 * sizeof(u32) ||
	    info.index >= server->ops->num_irqs)
		return -EINVAL;
	info.argsz = 4 * sizeof(u32);
	info.count = server->ops->irq_count(server->opaque, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD |
				  VFIO_IRQ_INFO_NORESIZE : 0;
	return answer(req, &info, 4 * sizeof(u32));
}

static int set_eventfds(struct vfu_server *server,
			const struct vfio_irq_set *set)
{
	if (server->fds.count && server->fds.count != set->count)
		return -EINVAL;
	for (u32 i = 0; i < set->count; i++) {
		int fd = -1;

		if (server->fds.count) {
			fd = server->fds.fd[i];
			server->fds.fd[i] = -1;
		}
		server->ops->set_eventfd(server->opaque, set->start + i, fd);
	}
	return 0;
}

static int trigger_irqs(struct vfu_server *server,
			const struct vfio_irq_set *set, u32 limit,
			const u8 *wanted, size_t wanted_len)
{
	bool by_flag = set->flags & VFIO_IRQ_SET_DATA_BOOL;

	if (by_flag && wanted_len < set->count)
		return -EINVAL;
	if (!by_flag && !set->count) {		/* "disable this interrupt" */
		for (u32 i = 0; i < limit; i++)
			server->ops->set_eventfd(server->opaque, i, -1);
		return 0;
	}
	for (u32 i = 0; i < set->count; i++)
		if (!by_flag || wanted[i])
			server->ops->trigger(server->opaque, set->start + i);
	return 0;
}

static int do_set_irqs(struct vfu_server *server, struct vfu_request *req)
{
	struct vfio_irq_set set;
	u32 limit;

	if (!take(req, &set, sizeof(set)))
		return -EINVAL;
	if (set.index >= server->ops->num_irqs)
		return -EINVAL;
	limit = server->ops->irq_count(server->opaque, set.index);
	if (set.count > limit || set.start > limit - set.count)
		return -EINVAL;
	switch (set.flags) {
	case VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD:
		return set_eventfds(server, &set);
	case VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE:
	case VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_BOOL:
		return trigger_irqs(server, &set, limit,
				    req->data + sizeof(set),
				    req->len - sizeof(set));
	default:
		return -EINVAL;
	}
}

static int do_region_read(struct vfu_server *server, struct vfu_request *req)
{
	struct region_access access;
	int err;

	if (!take(req, &access, sizeof(access)))
		return -EINVAL;
	if (access.count > VFU_MAX_DATA)
		return -EINVAL;
	err = server->ops->region_read(server->opaque, access.region,
				       access.offset,
				       req->reply + sizeof(access),
				       access.count);
	if (err)
		return err;
	return answer(req, &access, sizeof(access)) + (int)access.count;
}

static int do_region_write(struct vfu_server *server, struct vfu_request *req)
{
	struct region_access access;
	int err;

	if (!take(req, &access, sizeof(access)))
		return -EINVAL;
	if (access.count != req->len - sizeof(access))
		return -EINVAL;
	err = server->ops->region_write(server->opaque, access.region,
					access.offset,
					req->data + sizeof(access),
					access.count);
	if (err)
		return err;
	return answer(req, &access, sizeof(access));
}

static int do_reset(struct vfu_server *server, struct vfu_request *req)
{
	server->ops->reset(server->opaque);
	return 0;
}

/* Return the length of the reply's payload or a negative errno. */
static int (*const handlers[])(struct vfu_server *, struct vfu_request *) = {
	[CMD_VERSION] = do_version,
	[CMD_DMA_MAP] = do_dma_map,
	[CMD_DMA_UNMAP] = do_dma_unmap,
	[CMD_DEVICE_GET_INFO] = do_get_info,
	[CMD_GET_REGION_INFO] = do_get_region_info,
	[CMD_GET_IRQ_INFO] = do_get_irq_info,
	[CMD_SET_IRQS] = do_set_irqs,
	[CMD_REGION_READ] = do_region_read,
	[CMD_REGION_WRITE] = do_region_write,
	[CMD_DEVICE_RESET] = do_reset,
};

int vfu_execute(struct vfu_server *server, u16 command,
		struct vfu_request *req)
{
	if (command >= ARRAY_SIZE(handlers) || !handlers[command])
		return -ENOTSUP;
	return handlers[command](server, req);
}
