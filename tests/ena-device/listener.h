/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_LISTENER_H
#define ENA_DEVICE_LISTENER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

/* A UNIX socket that listens at a path. */
struct listener {
	int fd;			/* -1: none */
	struct sockaddr_un addr;
	struct stat socket;	/* ours, to remove no other */
};

/*
 * Replaces a stale socket; -EADDRINUSE if a server listens on it. Returns 0 or
 * a negative errno.
 */
int listener_open(struct listener *listener, const char *path, int backlog);
/* Removes the socket, if it is still ours. */
void listener_close(struct listener *listener);
/* -1 with errno set; neither blocks. */
int listener_accept(const struct listener *listener);

#endif
