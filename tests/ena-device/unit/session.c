// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"

static void attach(struct session *s)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    ends), 0);
	s->client = ends[0];
	vfu_attach(&s->server, ends[1]);
}

int session_setup_raw(void **state)
{
	struct session *s = calloc(1, sizeof(*s));
	struct ena_config config = guest_config;

	if (!s)
		return -1;
	s->open_fds = count_fds();
	profile_load(&config.profile, "c5-metal");
	config.queues = 4;
	ena_dev_init(&s->dev, 0, &config);
	vfu_init(&s->server, &pci_vfu_ops, &s->dev);
	attach(s);
	*state = s;
	return 0;
}

void send_raw(struct session *s, const void *data, size_t len,
	      const int *fds, size_t fd_count)
{
	assert_int_equal(send_fds(s->client, data, len, fds, fd_count), len);
}

/* Runs the server until it has nothing to do. */
void serve(struct session *s)
{
	for (;;) {
		short events;
		struct pollfd p = { .fd = vfu_poll(&s->server, &events) };

		p.events = events;
		if (!vfu_has_work(&s->server) &&
		    (p.fd < 0 || poll(&p, 1, 0) <= 0))
			return;
		vfu_process(&s->server);
	}
}

void send_command(struct session *s, u16 command, u32 flags,
		  const void *data, size_t len, const int *fds,
		  size_t fd_count)
{
	u8 msg[sizeof(struct header) + VFU_MAX_MSG];
	struct header header = {
		.id = 0x1234,
		.command = command,
		.size = (u32)(sizeof(header) + len),
		.flags = flags,
	};

	memcpy(msg, &header, sizeof(header));
	if (len)
		memcpy(msg + sizeof(header), data, len);
	send_raw(s, msg, header.size, fds, fd_count);
	serve(s);
}

/* Returns 0 or the errno of the reply, or -1 if the server hung up. */
int take_reply(struct session *s, u16 command)
{
	struct header *header = &s->reply.header;
	ssize_t len = recv(s->client, &s->reply, sizeof(s->reply), 0);

	if (len <= 0)
		return -1;
	assert_true((size_t)len >= sizeof(*header));
	assert_int_equal(len, header->size);
	assert_int_equal(header->id, 0x1234);
	assert_int_equal(header->command, command);
	assert_int_equal(header->flags & 0xf, 1);
	if (!(header->flags & REPLY_ERROR))
		return 0;
	assert_int_equal(len, sizeof(*header));
	return (int)header->error;
}

int call_fds(struct session *s, u16 command, const void *data,
	     size_t len, const int *fds, size_t fd_count)
{
	send_command(s, command, 0, data, len, fds, fd_count);
	return take_reply(s, command);
}

int call(struct session *s, u16 command, const void *data, size_t len)
{
	return call_fds(s, command, data, len, NULL, 0);
}

int negotiate(struct session *s)
{
	static const char version[] =
		"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":8}}";

	return call(s, VERSION, version, sizeof(version));
}

int session_setup(void **state)
{
	session_setup_raw(state);
	return negotiate(*state);
}

/* No test leaves a mapping or a file descriptor behind. */
int session_teardown(void **state)
{
	struct session *s = *state;
	int open_fds = s->open_fds;

	close(s->client);
	serve(s);
	assert_int_equal(s->server.client, -1);
	assert_int_equal(s->dev.dma.count, 0);
	assert_false(s->dev.connected);
	vfu_close(&s->server);
	llq_close(&s->dev.llq);
	free(s);
	assert_int_equal(count_fds(), open_fds);
	return 0;
}

/* After the server hung up, or to make it do so. */
void reconnect(struct session *s)
{
	close(s->client);
	serve(s);
	assert_int_equal(s->server.client, -1);
	attach(s);
	assert_int_equal(negotiate(s), 0);
}

void assert_hung_up(struct session *s)
{
	assert_int_equal(s->server.client, -1);
	assert_int_equal(recv(s->client, &s->reply, 1, 0) <= 0, true);
}
