/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_LISTENER_H
#define ENA_DEVICE_LISTENER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "log.h"

/* A UNIX socket that listens at a path. */
struct listener {
	int fd;			/* -1: none */
	struct sockaddr_un addr;
	struct stat socket;	/* ours, to remove no other */
	bool full;		/* no file descriptor was left for a client */
	char name[128];		/* in the log */
	struct log_limit log_limit;
};

/*
 * Replaces a stale socket; -EADDRINUSE if a server listens on it. Returns 0 or
 * a negative errno. In the log it is "WHAT PATH".
 */
int listener_open(struct listener *listener, const char *what, const char *path,
		  int backlog);
/* Removes the socket, if it is still ours. */
void listener_close(struct listener *listener);
/* -1 if none can be accepted; neither blocks. */
int listener_accept(struct listener *listener);
/* What to poll(2) for clients, -1: nothing. */
int listener_poll(const struct listener *listener);
/* Once a second: accepts again. */
void listener_tick(struct listener *listener);
/* A line of the log about a client; too many in a second are left out. */
void listener_log(struct listener *listener, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
