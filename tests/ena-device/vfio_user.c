// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio_user.h"

#define MESSAGES_PER_POLL	64
#define VERSION_MAJOR		0
#define VERSION_MINOR		1

enum command {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_DEVICE_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,
	CMD_DMA_WRITE,
	CMD_DEVICE_RESET,
};

#define FLAG_TYPE	0xfu
#define FLAG_REPLY	0x1u
#define FLAG_NO_REPLY	0x10u
#define FLAG_ERROR	0x20u

struct header {
	u16 id;
	u16 command;
	u32 size;
	u32 flags;
	u32 error;
};

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

static_assert(sizeof(struct header) == 16, "vfio-user header");
static_assert(sizeof(struct vfu_dma_map) == 32, "vfio-user DMA map");
static_assert(sizeof(struct dma_unmap) == 24, "vfio-user DMA unmap");
static_assert(sizeof(struct region_access) == 16, "vfio-user region access");
static_assert(sizeof(struct header) + sizeof(struct region_access) +
	      VFU_MAX_DATA <= VFU_MAX_MSG, "message buffer");

/* A command's payload, and room for its reply's. */
struct request {
	const u8 *data;
	size_t len;
	u8 *reply;
};

void vfu_init(struct vfu_server *server, const struct vfu_ops *ops,
	      void *opaque)
{
	memset(server, 0, sizeof(*server));
	server->ops = ops;
	server->opaque = opaque;
	server->listener = -1;
	server->client = -1;
}

static bool somebody_listens(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return true;
	refused = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) &&
		  errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

static int bind_socket(int fd, const struct sockaddr_un *addr)
{
	struct stat st;

	if (!bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (lstat(addr->sun_path, &st) || !S_ISSOCK(st.st_mode) ||
	    somebody_listens(addr))
		return -EADDRINUSE;
	if (unlink(addr->sun_path) ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return -errno;
	return 0;
}

int vfu_listen(struct vfu_server *server, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = bind_socket(fd, &addr);
	if (!err && listen(fd, 1))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	server->listener = fd;
	server->addr = addr;
	return 0;
}

static void close_fds(struct vfu_server *server)
{
	for (size_t i = 0; i < server->fd_count; i++)
		if (server->fd[i] >= 0)
			close(server->fd[i]);
	server->fd_count = 0;
}

static void forget_messages(struct vfu_server *server)
{
	server->in_len = 0;
	server->out_len = 0;
	server->out_sent = 0;
}

static void disconnect(struct vfu_server *server, const char *why)
{
	if (why)
		fprintf(stderr, "vfio-user %s: client dropped: %s\n",
			server->addr.sun_path, why);
	close(server->client);
	server->client = -1;
	forget_messages(server);
	close_fds(server);
	server->ops->disconnected(server->opaque);
}

void vfu_attach(struct vfu_server *server, int client)
{
	server->client = client;
	server->negotiated = false;
	forget_messages(server);
	server->ops->connected(server->opaque);
}

static void accept_client(struct vfu_server *server)
{
	int fd = accept4(server->listener, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		vfu_attach(server, fd);
}

void vfu_close(struct vfu_server *server)
{
	if (server->client >= 0)
		disconnect(server, NULL);
	if (server->listener < 0)
		return;
	unlink(server->addr.sun_path);
	close(server->listener);
	server->listener = -1;
}

int vfu_poll(const struct vfu_server *server, short *events)
{
	/* No new command is read while a reply waits to be taken. */
	*events = server->out_len ? POLLOUT : POLLIN;
	return server->client >= 0 ? server->client : server->listener;
}

/* False if the command is shorter than its payload. */
static bool take(const struct request *req, void *payload, size_t len)
{
	if (req->len < len)
		return false;
	memcpy(payload, req->data, len);
	return true;
}

static int answer(struct request *req, const void *payload, size_t len)
{
	memcpy(req->reply, payload, len);
	return (int)len;
}

static int do_version(struct vfu_server *server, struct request *req)
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

static int do_dma_map(struct vfu_server *server, struct request *req)
{
	struct vfu_dma_map map;

	if (!take(req, &map, sizeof(map)) || server->fd_count > 1)
		return -EINVAL;
	return server->ops->dma_map(server->opaque, &map,
				    server->fd_count ? server->fd[0] : -1);
}

static int do_dma_unmap(struct vfu_server *server, struct request *req)
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

static int do_get_info(struct vfu_server *server, struct request *req)
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

static int do_get_region_info(struct vfu_server *server, struct request *req)
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
	return answer(req, &info, sizeof(info));
}

static int do_get_irq_info(struct vfu_server *server, struct request *req)
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
	if (server->fd_count && server->fd_count != set->count)
		return -EINVAL;
	for (u32 i = 0; i < set->count; i++) {
		int fd = -1;

		if (server->fd_count) {
			fd = server->fd[i];
			server->fd[i] = -1;
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

static int do_set_irqs(struct vfu_server *server, struct request *req)
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

static int do_region_read(struct vfu_server *server, struct request *req)
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

static int do_region_write(struct vfu_server *server, struct request *req)
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

static int do_reset(struct vfu_server *server, struct request *req)
{
	server->ops->reset(server->opaque);
	return 0;
}

/* Return the length of the reply's payload or a negative errno. */
static int (*const handlers[])(struct vfu_server *, struct request *) = {
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

static bool flush_reply(struct vfu_server *server)
{
	ssize_t sent;

	while (server->out_sent < server->out_len) {
		sent = send(server->client, server->out + server->out_sent,
			    server->out_len - server->out_sent, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (sent <= 0) {
			disconnect(server, NULL);
			return false;
		}
		server->out_sent += (size_t)sent;
	}
	server->out_len = 0;
	server->out_sent = 0;
	return true;
}

static bool send_reply(struct vfu_server *server, const struct header *cmd,
		       int result)
{
	struct header reply = {
		.id = cmd->id,
		.command = cmd->command,
		.size = sizeof(reply),
		.flags = FLAG_REPLY,
	};

	if (cmd->flags & FLAG_NO_REPLY)
		return true;
	if (result < 0) {
		reply.flags |= FLAG_ERROR;
		reply.error = (u32)-result;
	} else {
		reply.size += (u32)result;
	}
	memcpy(server->out, &reply, sizeof(reply));
	server->out_len = reply.size;
	return flush_reply(server);
}

/* False if the client is gone. */
static bool execute(struct vfu_server *server)
{
	struct request req = {
		.data = server->in + sizeof(struct header),
		.len = server->in_len - sizeof(struct header),
		.reply = server->out + sizeof(struct header),
	};
	struct header cmd;
	int result = -ENOTSUP;

	memcpy(&cmd, server->in, sizeof(cmd));
	server->in_len = 0;
	if ((cmd.flags & FLAG_TYPE) != 0) {
		disconnect(server, "a reply to no command");
		return false;
	}
	if (!server->negotiated && cmd.command != CMD_VERSION) {
		disconnect(server, "a command before the version");
		return false;
	}
	if (cmd.command < ARRAY_SIZE(handlers) && handlers[cmd.command])
		result = handlers[cmd.command](server, &req);
	close_fds(server);
	return send_reply(server, &cmd, result);
}

/* No command comes with a socket, and closing one can wait for its peer. */
static bool is_socket(int fd)
{
	const struct linger none = { 0 };

	return !setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) ||
	       errno != ENOTSOCK;
}

static bool take_fds(struct vfu_server *server, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	bool fit = !(msg->msg_flags & MSG_CTRUNC);

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		const u8 *data = CMSG_DATA(cmsg);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
			fit = fit && !is_socket(fd);
			if (server->fd_count < VFU_MAX_FDS) {
				server->fd[server->fd_count++] = fd;
			} else {
				close(fd);
				fit = false;
			}
		}
	}
	return fit;
}

/* Fewer bytes than wanted are no error; false if the client is gone. */
static bool receive(struct vfu_server *server, size_t want)
{
	char control[CMSG_SPACE(VFU_MAX_FDS * sizeof(int))]
		__attribute__((aligned(sizeof(size_t))));
	struct iovec iov = { server->in + server->in_len,
			     want - server->in_len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(server->client, &msg, MSG_CMSG_CLOEXEC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (len <= 0) {
		disconnect(server, server->in_len ? "it left half-way" : NULL);
		return false;
	}
	if (!take_fds(server, &msg)) {
		disconnect(server, "too many file descriptors, or a socket");
		return false;
	}
	server->in_len += (size_t)len;
	return true;
}

/*
 * Reads exactly a header, then exactly its payload, so that file descriptors
 * stay with their message. True if a whole message was served.
 */
static bool serve_one(struct vfu_server *server)
{
	struct header header;

	if (server->in_len < sizeof(header)) {
		if (!receive(server, sizeof(header)) ||
		    server->in_len < sizeof(header))
			return false;
	}
	memcpy(&header, server->in, sizeof(header));
	if (header.size < sizeof(header) || header.size > VFU_MAX_MSG) {
		disconnect(server, "a message of an impossible size");
		return false;
	}
	if (server->in_len < header.size) {
		if (!receive(server, header.size) ||
		    server->in_len < header.size)
			return false;
	}
	return execute(server);
}

void vfu_process(struct vfu_server *server)
{
	if (server->client < 0) {
		accept_client(server);
		return;
	}
	if (server->out_len && !flush_reply(server))
		return;
	for (int i = 0; i < MESSAGES_PER_POLL && !server->out_len; i++)
		if (!serve_one(server))
			return;
}
