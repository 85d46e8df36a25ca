// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session.h"

UNVERSIONED_TEST(negotiation)
{
	assert_int_equal(negotiate(s), 0);
	assert_memory_equal(s->reply.data, "\0\0\0\0", 4);
	assert_int_equal(s->reply.data[s->reply.header.size - 17], 0);
	assert_non_null(strstr((char *)s->reply.data + 4,
			       "\"max_msg_fds\":16"));
	assert_int_equal(negotiate(s), EINVAL);
}

UNVERSIONED_TEST(negotiation_takes_the_lower_minor)
{
	static const u8 version[] = { 0, 0, 9, 0 };

	assert_int_equal(call(s, VERSION, version, sizeof(version)), 0);
	assert_memory_equal(s->reply.data, "\0\0\1\0", 4);
}

UNVERSIONED_TEST(negotiation_refuses)
{
	assert_int_equal(call(s, VERSION, "\1\0\0\0", 4), EPROTONOSUPPORT);
	assert_int_equal(call(s, VERSION, "\0\0", 2), EINVAL);
	assert_int_equal(call(s, VERSION, "\0\0\0\0{}", 6), EINVAL);
	assert_int_equal(negotiate(s), 0);
}

UNVERSIONED_TEST(a_command_before_the_version)
{
	send_command(s, GET_INFO, 0, "0123456789abcdef", 16, NULL, 0);
	assert_hung_up(s);
}

SESSION_TEST(a_socket_among_the_fds)
{
	int fds[] = { eventfd(0, 0), socket(AF_INET, SOCK_STREAM, 0) };
	int before = count_fds();

	send_command(s, GET_INFO, 0, "0123456789abcdef", 16, fds, 2);
	assert_hung_up(s);
	assert_int_equal(count_fds(), before - 1);
	close(fds[0]);
	close(fds[1]);
}

SESSION_TEST(fds_where_none_belong)
{
	u32 info[4] = { 16 };
	int fd = eventfd(0, 0);
	int before = count_fds();

	assert_int_equal(call_fds(s, GET_INFO, info, sizeof(info), &fd, 1), 0);
	assert_int_equal(count_fds(), before);
	close(fd);
}

SESSION_TEST(fds_too_many)
{
	int fds[253];
	int before;

	fds[0] = eventfd(0, 0);
	for (size_t i = 1; i < ARRAY_SIZE(fds); i++)
		fds[i] = fds[0];
	before = count_fds();
	send_command(s, GET_INFO, 0, "0123456789abcdef", 16, fds,
		     VFU_MAX_FDS + 1);
	assert_hung_up(s);
	assert_int_equal(count_fds(), before - 1);
	reconnect(s);
	send_command(s, GET_INFO, 0, "0123456789abcdef", 16, fds, 253);
	assert_hung_up(s);
	assert_int_equal(count_fds(), before - 1);
	close(fds[0]);
}

/* One with the header, one with the payload, then the client leaves. */
SESSION_TEST(fds_of_a_message_half_sent)
{
	struct header header = { 1, SET_IRQS, 16 + 20, 0, 0 };
	int fd = eventfd(0, 0);
	int before = count_fds();

	send_raw(s, &header, sizeof(header), &fd, 1);
	serve(s);
	send_raw(s, "0123", 4, &fd, 1);
	serve(s);
	assert_int_equal(count_fds(), before + 2);
	shutdown(s->client, SHUT_WR);
	serve(s);
	assert_hung_up(s);
	assert_int_equal(count_fds(), before - 1);
	close(fd);
}

SESSION_TEST(a_message_byte_by_byte)
{
	u8 msg[32] = { 0x34, 0x12, GET_INFO, 0, 32 };

	msg[16] = 16;
	for (size_t i = 0; i < sizeof(msg); i++) {
		assert_int_equal(recv(s->client, &s->reply, 1, 0), -1);
		send_raw(s, msg + i, 1, NULL, 0);
		serve(s);
	}
	assert_int_equal(take_reply(s, GET_INFO), 0);
}

SESSION_TEST(messages_cut_anywhere)
{
	u8 msg[36] = { 0x34, 0x12, SET_IRQS, 0, 36 };

	for (size_t len = 1; len < sizeof(msg); len++) {
		send_raw(s, msg, len, NULL, 0);
		serve(s);
		reconnect(s);
	}
}

SESSION_TEST(messages_of_impossible_sizes)
{
	static const u32 sizes[] = { 0, 1, 15, VFU_MAX_MSG + 1, 1 << 20, ~0u };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct header header = { 1, GET_INFO, sizes[i], 0, 0 };

		send_raw(s, &header, sizeof(header), NULL, 0);
		serve(s);
		assert_hung_up(s);
		reconnect(s);
	}
}

SESSION_TEST(commands_that_are_not_there)
{
	static const u16 commands[] = { 0, REGION_IO_FDS, DMA_READ_CMD,
					DMA_WRITE_CMD, 14, 15, 16, 18, 0x7fff,
					0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		assert_int_equal(call(s, commands[i], NULL, 0), ENOTSUP);
}

SESSION_TEST(a_reply_to_nothing)
{
	send_command(s, GET_INFO, 1, "0123456789abcdef", 16, NULL, 0);
	assert_hung_up(s);
}

SESSION_TEST(many_messages_at_once)
{
	u8 msgs[200][32] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(msgs); i++)
		memcpy(msgs[i], (u8[]){ 0x34, 0x12, GET_INFO, 0, 32 }, 5);
	send_raw(s, msgs, sizeof(msgs), NULL, 0);
	serve(s);
	for (size_t i = 0; i < ARRAY_SIZE(msgs); i++) {
		assert_int_equal(recv(s->client, &s->reply, 32, 0), 32);
		assert_int_equal(s->reply.header.command, GET_INFO);
	}
}

/* Sends without a turn of the server. */
static void queue(struct session *s, u16 command, const void *data, size_t len,
		  int fd)
{
	u32 msg[12] = { (u32)command << 16, (u32)(16 + len) };

	memcpy(msg + 4, data, len);
	send_raw(s, msg, 16 + len, &fd, fd >= 0);
}

static void queue_reset(struct session *s)
{
	queue(s, RESET, "", 0, -1);
}

static void queue_map(struct session *s, u64 addr, int fd)
{
	struct vfu_dma_map map = { sizeof(map), 3, 0, addr, 0x1000 };

	queue(s, DMA_MAP, &map, sizeof(map), fd);
}

/* Replies without a payload. */
static void assert_done(struct session *s, u16 command)
{
	struct header header;

	assert_int_equal(recv(s->client, &header, sizeof(header), 0),
			 sizeof(header));
	assert_int_equal(header.command, command);
	assert_int_equal(header.flags, 1);
}

static void assert_mapped(struct session *s, size_t count)
{
	assert_int_equal(s->dev.dma.count, count);
	for (size_t i = 0; i < count; i++)
		assert_non_null(s->dev.dma.region[i].host);
}

static int new_ram(void)
{
	int fd = memfd_create("ram", 0);

	assert_int_equal(ftruncate(fd, 0x1000), 0);
	return fd;
}

/* All are in the socket before the server reads: each fd finds its command. */
SESSION_TEST(file_descriptors_among_queued_commands)
{
	static const u16 commands[] = { RESET, DMA_MAP, DMA_MAP, RESET,
					DMA_MAP, RESET };
	int fd = new_ram();

	queue_reset(s);
	queue_map(s, 0x1000, fd);
	queue_map(s, 0x2000, fd);
	queue_reset(s);
	queue_map(s, 0x3000, fd);
	queue_reset(s);
	serve(s);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		assert_done(s, commands[i]);
	assert_mapped(s, 3);
	close(fd);
}

/* The first half has an fd; behind the second is a command with another. */
SESSION_TEST(a_command_in_two_halves_and_one_more)
{
	struct vfu_dma_map map = { sizeof(map), 3, 0, 0x1000, 0x1000 };
	u32 msg[12] = { DMA_MAP << 16, sizeof(msg) };
	int fd = new_ram();

	memcpy(msg + 4, &map, sizeof(map));
	queue_reset(s);
	send_raw(s, msg, 20, &fd, 1);
	serve(s);
	send_raw(s, (u8 *)msg + 20, sizeof(msg) - 20, NULL, 0);
	queue_map(s, 0x2000, fd);
	serve(s);
	assert_done(s, RESET);
	assert_done(s, DMA_MAP);
	assert_done(s, DMA_MAP);
	assert_mapped(s, 2);
	close(fd);
}

/* It leaves with file descriptors of a command that never came. */
SESSION_TEST(file_descriptors_that_are_left_over)
{
	u32 msg[12] = { DMA_MAP << 16, sizeof(msg) };
	int fd = new_ram();
	int fds[3] = { fd, fd, fd };
	int before = count_fds();

	send_raw(s, msg, 20, fds, 3);
	serve(s);
	assert_int_equal(count_fds(), before + 3);
	reconnect(s);
	assert_int_equal(count_fds(), before);
	close(fds[0]);
}

/* A client that does not read replies fills its socket and nothing else. */
SESSION_TEST(a_client_that_does_not_read)
{
	u8 msg[32] = { 0x34, 0x12, REGION_READ, 0, 32 };
	size_t asked = 0;
	size_t answered = 0;

	msg[24] = VFIO_PCI_BAR1_REGION_INDEX;
	msg[29] = VFU_MAX_DATA >> 8;
	while (send(s->client, msg, sizeof(msg), MSG_NOSIGNAL) ==
	       sizeof(msg)) {
		asked++;
		serve(s);
	}
	assert_true(s->server.client >= 0);
	for (;;) {
		ssize_t len = recv(s->client, &s->reply, sizeof(s->reply), 0);

		if (len <= 0)
			break;
		answered += (size_t)len;
		serve(s);
	}
	assert_int_equal(answered, asked * (32 + VFU_MAX_DATA));
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

UNVERSIONED_TEST(listening)
{
	struct vfu_server other;
	int waiting;

	close(s->client);
	serve(s);
	assert_int_equal(vfu_listen(&s->server, PATH), 0);
	s->client = connect_to(PATH);
	serve(s);
	assert_int_equal(negotiate(s), 0);
	/* A second client waits for its turn. */
	waiting = connect_to(PATH);
	assert_true(waiting >= 0);
	serve(s);
	close(s->client);
	s->client = waiting;
	serve(s);
	assert_int_equal(negotiate(s), 0);
	vfu_init(&other, &pci_vfu_ops, &s->dev);
	assert_int_equal(vfu_listen(&other, PATH), -EADDRINUSE);
	vfu_close(&s->server);
	assert_int_equal(access(PATH, F_OK), -1);
}

static void tick(struct session *s, int seconds)
{
	while (seconds--)
		vfu_tick(&s->server);
}

static void listen_alone(struct session *s)
{
	close(s->client);
	serve(s);
	assert_int_equal(vfu_listen(&s->server, PATH), 0);
	s->client = connect_to(PATH);
	serve(s);
}

UNVERSIONED_TEST(a_silent_client)
{
	int waiting;

	listen_alone(s);
	send_raw(s, "half a h", 8, NULL, 0);
	serve(s);
	waiting = connect_to(PATH);
	tick(s, 2);
	assert_true(s->server.client >= 0);
	tick(s, 1);
	assert_hung_up(s);
	close(s->client);
	s->client = waiting;
	serve(s);
	assert_int_equal(negotiate(s), 0);
	/* From here on it may be silent; it is said once that another waits. */
	waiting = connect_to(PATH);
	tick(s, 100);
	assert_true(s->server.client >= 0);
	assert_true(s->server.crowded);
	close(waiting);
}

/* poll(2) must not report a connection that cannot be accepted. */
UNVERSIONED_TEST(no_file_descriptor_for_a_client)
{
	struct rlimit old, none;
	short events;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	close(s->client);
	serve(s);
	assert_int_equal(vfu_listen(&s->server, PATH), 0);
	s->client = connect_to(PATH);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	vfu_process(&s->server);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(vfu_poll(&s->server, &events), -1);
	tick(s, 1);
	assert_int_equal(vfu_poll(&s->server, &events), s->server.listener.fd);
	/* The first may be gone: valgrind accepts it, and closes that. */
	close(s->client);
	s->client = connect_to(PATH);
	serve(s);
	assert_int_equal(negotiate(s), 0);
}

UNVERSIONED_TEST(a_socket_path_that_changed_hands)
{
	struct vfu_server other;

	listen_alone(s);
	assert_int_equal(unlink(PATH), 0);
	vfu_init(&other, &pci_vfu_ops, &s->dev);
	assert_int_equal(vfu_listen(&other, PATH), 0);
	vfu_close(&s->server);
	assert_int_equal(access(PATH, F_OK), 0);
	vfu_close(&other);
	assert_int_equal(access(PATH, F_OK), -1);
}

/* The reply is lost, and the next client is served. */
UNVERSIONED_TEST(leaving_before_the_answer)
{
	static const u8 msg[32] = { 0x34, 0x12, VERSION, 0, 20 };

	close(s->client);
	serve(s);
	assert_int_equal(vfu_listen(&s->server, PATH), 0);
	s->client = connect_to(PATH);
	send_raw(s, msg, 20, NULL, 0);
	close(s->client);
	serve(s);
	s->client = connect_to(PATH);
	serve(s);
	assert_int_equal(negotiate(s), 0);
}

UNVERSIONED_TEST(stale_sockets)
{
	char path[200];
	struct sockaddr_un addr = { AF_UNIX, PATH };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *file;

	/* A stale socket is replaced. */
	unlink(PATH);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(vfu_listen(&s->server, PATH), 0);
	vfu_close(&s->server);
	/* A file that is no socket stays. */
	file = fopen(PATH, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(vfu_listen(&s->server, PATH), -EADDRINUSE);
	assert_int_equal(unlink(PATH), 0);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(vfu_listen(&s->server, path), -ENAMETOOLONG);
	assert_int_equal(vfu_listen(&s->server, "no/such/folder"), -ENOENT);
}

/* Commands of the right size with random contents, some with fds. */
SESSION_TEST(messages_of_noise)
{
	u64 rounds = env_number("GARBAGE_ROUNDS", 20000);
	u64 seed = 0x2545f4914f6cdd1dull;
	int ram = memfd_create("ram", 0);

	assert_int_equal(ftruncate(ram, 0x10000), 0);
	for (u64 i = 0; i < rounds; i++) {
		u32 msg[16] = { 0 };
		u32 len = 16 + noise(&seed) % 12 * 4;

		for (size_t w = 4; w < ARRAY_SIZE(msg); w++)
			msg[w] = noise(&seed) >> noise(&seed) % 32;
		msg[0] = (1 + noise(&seed) % 16) << 16;
		msg[1] = noise(&seed) % 64 ? len : noise(&seed) % 100;
		send_raw(s, msg, len, &ram, noise(&seed) % 3 == 0);
		serve(s);
		while (recv(s->client, &s->reply, sizeof(s->reply), 0) > 0)
			serve(s);
		if (s->server.client < 0)
			reconnect(s);
	}
	close(ram);
}
