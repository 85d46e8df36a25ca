// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "status.h"

#define PATH	"status.test.sock"
#define LONG	(4u << 20)

static int connect_client(void)
{
	struct sockaddr_un addr = { AF_UNIX, PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return fd;
}

static int setup(void **state)
{
	static struct listener listener;

	*state = &listener;
	assert_int_equal(listener_open(&listener, "status", PATH, 8), 0);
	log_begin();
	return 0;
}

static int teardown(void **state)
{
	log_end();
	listener_close(*state);
	return 0;
}

#define STATUS_TEST(name) \
	TEST_F(struct listener *, listener, setup, teardown, name)

/* It gets what its socket takes, and holds nobody up. */
STATUS_TEST(a_client_that_does_not_read)
{
	char *text = calloc(1, LONG);
	int reader = connect_client();
	int client = listener_accept(listener);

	alarm(60);	/* do not hang */
	for (int i = 0; i < 10; i++)
		status_send(listener, client, text, LONG);
	alarm(0);
	assert_non_null(strstr(logged(), "status " PATH
			       ": a client did not get all\n"));
	assert_true(recv(reader, text, LONG, 0) > 0);
	close(client);
	close(reader);
	free(text);
}

STATUS_TEST(a_client_that_left)
{
	int client;

	close(connect_client());
	client = listener_accept(listener);
	status_send(listener, client, "text", 4);
	assert_string_equal(logged(), "status " PATH
			    ": a client did not get all\n");
	close(client);
}

/* poll(2) must not report it for ever, and the log says why. */
STATUS_TEST(no_file_descriptor_for_a_client)
{
	struct rlimit old, none;
	int client = connect_client();

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(listener_poll(listener), listener->fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	status_serve(listener, NULL, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_string_equal(logged(), "status " PATH
			    ": cannot accept: Too many open files\n");
	assert_int_equal(listener_poll(listener), -1);
	listener_tick(listener);
	assert_int_equal(listener_poll(listener), listener->fd);
	status_serve(listener, NULL, 0);
	close(client);
}

/* Clients that come and go do not fill the disk. */
STATUS_TEST(many_complaints)
{
	size_t lines = 0;

	for (int i = 0; i < 1000; i++)
		listener_log(listener, "it is client %d", i);
	for (const char *c = logged(); *c; c++)
		lines += *c == '\n';
	/* The second may have changed once or twice. */
	assert_in_range(lines, LOG_LINES_PER_SECOND, 100);
	listener->log_limit.second = 0;
	listener_log(listener, "another second");
	assert_non_null(strstr(logged(), "more such lines\nstatus " PATH
				     ": another second\n"));
}
