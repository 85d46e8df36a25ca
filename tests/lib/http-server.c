// SPDX-License-Identifier: GPL-2.0
/*
 * http-server PORT: GET /?size=N answers with N bytes. Headers and body leave
 * in separate writes, so that a client whose body is lost still sees the
 * status.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/tcp.h>

static void die(const char *what)
{
	fprintf(stderr, "http-server: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (void *)&addr, sizeof(addr)) || listen(fd, 64))
		die("listen");
	return fd;
}

static void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			exit(0);
		data += n;
		len -= n;
	}
}

/* A request whose head comes in pieces is not one of ours. */
static size_t read_request(int fd)
{
	char request[4096], *size;
	ssize_t len = read(fd, request, sizeof(request) - 1);

	if (len <= 0)
		exit(0);
	request[len] = '\0';
	size = strstr(request, "size=");
	return size ? strtoul(size + 5, NULL, 10) : 0;
}

/* Nagle's algorithm would hold back the body until the headers are answered. */
static void serve(int fd)
{
	size_t size = read_request(fd);
	char head[128], *body = malloc(size + 1);
	int on = 1;

	if (!body)
		exit(1);
	memset(body, 'X', size);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	snprintf(head, sizeof(head),
		 "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
	write_all(fd, head, strlen(head));
	write_all(fd, body, size);
	exit(0);
}

int main(int argc, char **argv)
{
	int listener, fd;

	if (argc != 2) {
		fprintf(stderr, "usage: http-server PORT\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	listener = listen_on(atoi(argv[1]));
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (!fork())
			serve(fd);
		close(fd);
	}
}
