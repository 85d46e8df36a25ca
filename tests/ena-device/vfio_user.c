// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfu_commands.h"

#define READS_PER_POLL		8
/* QEMU gives up a connection after five. */
#define HANDSHAKE_SECONDS	3

#define VFU_NAME	"vfio-user"

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

static_assert(sizeof(struct header) == VFU_HEADER_SIZE, "vfio-user header");

void vfu_init(struct vfu_server *server, const struct vfu_ops *ops,
	      void *opaque)
{
	memset(server, 0, sizeof(*server));
	server->ops = ops;
	server->opaque = opaque;
	server->listener.fd = -1;
	strcpy(server->listener.name, VFU_NAME);
	server->client = -1;
	server->out_fd = -1;
}

int vfu_listen(struct vfu_server *server, const char *path)
{
	return listener_open(&server->listener, VFU_NAME, path, 1);
}

static void close_fds(struct vfu_fds *fds)
{
	for (size_t i = 0; i < fds->count; i++)
		if (fds->fd[i] >= 0)
			close(fds->fd[i]);
	fds->count = 0;
}

static void forget_messages(struct vfu_server *server)
{
	server->in_at = 0;
	server->in_len = 0;
	server->out_len = 0;
	server->out_sent = 0;
}

static void disconnect(struct vfu_server *server, const char *why)
{
	if (why)
		listener_log(&server->listener, "client dropped: %s", why);
	close(server->client);
	server->client = -1;
	forget_messages(server);
	close_fds(&server->fds);
	close_fds(&server->next);
	server->ops->disconnected(server->opaque);
}

void vfu_attach(struct vfu_server *server, int client)
{
	server->client = client;
	server->negotiated = false;
	server->crowded = false;
	server->seconds = 0;
	forget_messages(server);
	server->ops->connected(server->opaque);
}

static void accept_client(struct vfu_server *server)
{
	int fd = listener_accept(&server->listener);

	if (fd >= 0)
		vfu_attach(server, fd);
}

static bool another_waits(const struct vfu_server *server)
{
	struct pollfd p = { .fd = server->listener.fd, .events = POLLIN };

	return server->listener.fd >= 0 && poll(&p, 1, 0) > 0;
}

void vfu_tick(struct vfu_server *server)
{
	listener_tick(&server->listener);
	if (server->client < 0)
		return;
	if (!server->negotiated && ++server->seconds >= HANDSHAKE_SECONDS) {
		disconnect(server, "it never said its version");
	} else if (!server->crowded && another_waits(server)) {
		listener_log(&server->listener,
			     "another client waits for this one to leave");
		server->crowded = true;
	}
}

void vfu_close(struct vfu_server *server)
{
	if (server->client >= 0)
		disconnect(server, NULL);
	listener_close(&server->listener);
}

int vfu_poll(const struct vfu_server *server, short *events)
{
	/* No new command is read while a reply waits to be taken. */
	*events = server->out_len ? POLLOUT : POLLIN;
	if (server->client >= 0)
		return server->client;
	return listener_poll(&server->listener);
}

/* A file descriptor goes with the reply's first byte. */
static ssize_t send_some(struct vfu_server *server)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = { 0 };
	struct iovec iov = { server->out + server->out_sent,
			     server->out_len - server->out_sent };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (server->out_fd >= 0 && !server->out_sent) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &server->out_fd,
		       sizeof(int));
	}
	return sendmsg(server->client, &msg, MSG_NOSIGNAL);
}

static bool flush_reply(struct vfu_server *server)
{
	ssize_t sent;

	while (server->out_sent < server->out_len) {
		sent = send_some(server);
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
static bool execute(struct vfu_server *server, const struct header *cmd)
{
	const u8 *message = server->in + server->in_at;
	struct vfu_request req = {
		.data = message + sizeof(*cmd),
		.len = cmd->size - sizeof(*cmd),
		.reply = server->out + sizeof(struct header),
	};
	int result;

	if ((cmd->flags & FLAG_TYPE) != 0) {
		disconnect(server, "a reply to no command");
		return false;
	}
	if (!server->negotiated && cmd->command != CMD_VERSION) {
		disconnect(server, "a command before the version");
		return false;
	}
	if (server->next.count && server->next_at == server->in_at) {
		server->fds = server->next;
		server->next.count = 0;
	}
	server->in_at += cmd->size;
	server->out_fd = -1;
	result = vfu_execute(server, cmd->command, &req);
	close_fds(&server->fds);
	return send_reply(server, cmd, result);
}

/* No command comes with a socket, and closing one can wait for its peer. */
static bool is_socket(int fd)
{
	const struct linger none = { 0 };

	return !setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) ||
	       errno != ENOTSOCK;
}

static bool take_fds(struct vfu_fds *fds, struct msghdr *msg)
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
			if (fds->count < VFU_MAX_FDS) {
				fds->fd[fds->count++] = fd;
			} else {
				close(fd);
				fit = false;
			}
		}
	}
	return fit;
}

/* The header of the command at that place in the buffer, if it is all there. */
static bool peek(const struct vfu_server *server, size_t at,
		 struct header *header)
{
	if (server->in_len - at < sizeof(*header))
		return false;
	memcpy(header, server->in + at, sizeof(*header));
	return true;
}

static bool is_possible(const struct header *header)
{
	return header->size >= sizeof(*header) && header->size <= VFU_MAX_MSG;
}

/*
 * A read ends with the bytes that file descriptors were sent with, so they are
 * of the last command that begins in it.
 */
static size_t last_command(const struct vfu_server *server)
{
	struct header header;
	size_t at = 0;

	while (peek(server, at, &header) && is_possible(&header) &&
	       header.size < server->in_len - at)
		at += header.size;
	return at;
}

static void move_to_front(struct vfu_server *server)
{
	server->in_len -= server->in_at;
	memmove(server->in, server->in + server->in_at, server->in_len);
	server->next_at = 0;
	server->in_at = 0;
}

/*
 * How much to read. If the command has file descriptors, no more than itself,
 * since those of another could follow.
 */
static size_t wanted(const struct vfu_server *server)
{
	struct header header;

	if (!server->next.count)
		return sizeof(server->in) - server->in_len;
	if (!peek(server, 0, &header))
		return sizeof(header) - server->in_len;
	return header.size - server->in_len;
}

enum received { RECEIVED_NOTHING, RECEIVED_ALL, RECEIVED_MAYBE_MORE };

/* Once all commands in the buffer are executed. Nothing: it may be gone. */
static enum received receive(struct vfu_server *server)
{
	char control[CMSG_SPACE(VFU_MAX_FDS * sizeof(int))]
		__attribute__((aligned(sizeof(size_t))));
	struct iovec iov;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	size_t want;
	ssize_t len;

	move_to_front(server);
	want = wanted(server);
	iov = (struct iovec){ server->in + server->in_len, want };
	len = recvmsg(server->client, &msg, MSG_CMSG_CLOEXEC);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return RECEIVED_NOTHING;
	if (len <= 0) {
		disconnect(server, server->in_len ? "it left half-way" : NULL);
		return RECEIVED_NOTHING;
	}
	if (!take_fds(&server->next, &msg)) {
		disconnect(server, "too many file descriptors, or a socket");
		return RECEIVED_NOTHING;
	}
	server->in_len += (size_t)len;
	server->next_at = last_command(server);
	return server->next.count || (size_t)len == want ?
		       RECEIVED_MAYBE_MORE : RECEIVED_ALL;
}

static bool may_execute(const struct vfu_server *server)
{
	return !server->out_len &&
	       !server->ops->turn_is_over(server->opaque);
}

/*
 * Executes the commands in the buffer, until a reply has to wait or the turn is
 * over. False if the client is gone.
 */
static bool serve_buffer(struct vfu_server *server)
{
	struct header header;

	while (may_execute(server) && peek(server, server->in_at, &header)) {
		if (!is_possible(&header)) {
			disconnect(server, "a message of an impossible size");
			return false;
		}
		if (server->in_len - server->in_at < header.size)
			return true;
		if (!execute(server, &header))
			return false;
	}
	return true;
}

bool vfu_has_work(const struct vfu_server *server)
{
	return server->client >= 0 && server->ops->has_work(server->opaque);
}

/*
 * When it returns, no whole command is left in the buffer, or a reply waits, or
 * the turn is over.
 */
void vfu_process(struct vfu_server *server)
{
	enum received received = RECEIVED_MAYBE_MORE;

	if (server->client < 0) {
		accept_client(server);
		return;
	}
	server->ops->begin_turn(server->opaque);
	if ((server->out_len && !flush_reply(server)) || !serve_buffer(server))
		return;
	for (int i = 0; i < READS_PER_POLL; i++) {
		if (!may_execute(server) || received != RECEIVED_MAYBE_MORE)
			return;
		received = receive(server);
		if (server->client < 0 || !serve_buffer(server))
			return;
	}
}
