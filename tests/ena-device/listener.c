// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener.h"

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool somebody_listens(const struct sockaddr_un *addr)
{
	int fd = open_socket();
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

int listener_open(struct listener *listener, const char *what, const char *path,
		  int backlog)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = open_socket();
	if (fd < 0)
		return -errno;
	err = bind_socket(fd, &addr);
	if (!err && (listen(fd, backlog) || lstat(path, &listener->socket)))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	listener->fd = fd;
	listener->addr = addr;
	listener->full = false;
	listener->log_limit = (struct log_limit){ 0 };
	snprintf(listener->name, sizeof(listener->name), "%s %s", what, path);
	return 0;
}

/* The path may be another server's by now. */
static void remove_socket(const struct listener *listener)
{
	struct stat st;

	if (!lstat(listener->addr.sun_path, &st) &&
	    st.st_dev == listener->socket.st_dev &&
	    st.st_ino == listener->socket.st_ino)
		unlink(listener->addr.sun_path);
}

void listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	remove_socket(listener);
	close(listener->fd);
	listener->fd = -1;
}

int listener_accept(struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		       errno == ENOBUFS || errno == ENOMEM)) {
		/* It stays in the backlog, and poll(2) would not wait. */
		listener_log(listener, "cannot accept: %s", strerror(errno));
		listener->full = true;
	}
	return fd;
}

int listener_poll(const struct listener *listener)
{
	return listener->full ? -1 : listener->fd;
}

void listener_tick(struct listener *listener)
{
	listener->full = false;
}

void listener_log(struct listener *listener, const char *fmt, ...)
{
	va_list args;

	if (!log_allowed(&listener->log_limit, listener->name))
		return;
	fprintf(stderr, "%s: ", listener->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
