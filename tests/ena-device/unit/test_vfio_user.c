// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "vfio_user.h"

/* A small client, in step with the server: it sends, the server runs. */

enum {
	VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, REGION_INFO, REGION_IO_FDS,
	IRQ_INFO, SET_IRQS, REGION_READ, REGION_WRITE, DMA_READ_CMD,
	DMA_WRITE_CMD, RESET,
};

#define NO_REPLY	0x10u
#define REPLY_ERROR	0x20u
#define PATH		"vfio-user.test"

struct header {
	u16 id;
	u16 command;
	u32 size;
	u32 flags;
	u32 error;
};

struct reply {
	struct header header;
	u8 data[VFU_MAX_MSG];
};

struct session {
	struct ena_dev dev;
	struct vfu_server server;
	struct reply reply;
	int client;
	int open_fds;
};

static void attach(struct session *s)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    ends), 0);
	s->client = ends[0];
	vfu_attach(&s->server, ends[1]);
}

static int setup_raw(void **state)
{
	struct session *s = calloc(1, sizeof(*s));
	struct ena_config config = guest_config;

	if (!s)
		return -1;
	s->open_fds = count_fds();
	config.profile = profile_find("c5-metal");
	config.queues = 4;
	ena_dev_init(&s->dev, 0, &config);
	vfu_init(&s->server, &pci_vfu_ops, &s->dev);
	attach(s);
	*state = s;
	return 0;
}

static void send_raw(struct session *s, const void *data, size_t len,
		     const int *fds, size_t fd_count)
{
	assert_int_equal(send_fds(s->client, data, len, fds, fd_count), len);
}

/* Runs the server until it has nothing to do. */
static void serve(struct session *s)
{
	for (;;) {
		short events;
		struct pollfd p = { .fd = vfu_poll(&s->server, &events) };

		p.events = events;
		if (p.fd < 0 || poll(&p, 1, 0) <= 0)
			return;
		vfu_process(&s->server);
	}
}

static void send_command(struct session *s, u16 command, u32 flags,
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
static int take_reply(struct session *s, u16 command)
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

static int call_fds(struct session *s, u16 command, const void *data,
		    size_t len, const int *fds, size_t fd_count)
{
	send_command(s, command, 0, data, len, fds, fd_count);
	return take_reply(s, command);
}

static int call(struct session *s, u16 command, const void *data, size_t len)
{
	return call_fds(s, command, data, len, NULL, 0);
}

static int negotiate(struct session *s)
{
	static const char version[] =
		"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":8}}";

	return call(s, VERSION, version, sizeof(version));
}

static int setup(void **state)
{
	setup_raw(state);
	return negotiate(*state);
}

/* No test leaves a mapping or a file descriptor behind. */
static int teardown(void **state)
{
	struct session *s = *state;
	int open_fds = s->open_fds;

	close(s->client);
	serve(s);
	assert_int_equal(s->server.client, -1);
	assert_int_equal(s->dev.dma.count, 0);
	assert_false(s->dev.connected);
	vfu_close(&s->server);
	free(s);
	assert_int_equal(count_fds(), open_fds);
	return 0;
}

#define UNVERSIONED_TEST(name) \
	TEST_F(struct session *, s, setup_raw, teardown, name)
#define SESSION_TEST(name) \
	TEST_F(struct session *, s, setup, teardown, name)

/* After the server hung up, or to make it do so. */
static void reconnect(struct session *s)
{
	close(s->client);
	serve(s);
	assert_int_equal(s->server.client, -1);
	attach(s);
	assert_int_equal(negotiate(s), 0);
}

static void assert_hung_up(struct session *s)
{
	assert_int_equal(s->server.client, -1);
	assert_int_equal(recv(s->client, &s->reply, 1, 0) <= 0, true);
}

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

SESSION_TEST(device_info)
{
	u32 info[4] = { 16 };

	assert_int_equal(call(s, GET_INFO, info, sizeof(info)), 0);
	memcpy(info, s->reply.data, sizeof(info));
	assert_int_equal(info[1], VFIO_DEVICE_FLAGS_PCI |
				  VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info[2], VFIO_PCI_NUM_REGIONS);
	assert_int_equal(info[3], 3);
	assert_int_equal(call(s, GET_INFO, info, 15), EINVAL);
}

static u64 region_size(struct session *s, u32 index)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = index };

	assert_int_equal(call(s, REGION_INFO, &info, sizeof(info)), 0);
	memcpy(&info, s->reply.data, sizeof(info));
	assert_int_equal(info.index, index);
	assert_int_equal(!!info.flags, !!info.size);
	return info.size;
}

SESSION_TEST(region_info)
{
	struct vfio_region_info bad = { .argsz = sizeof(bad),
					.index = VFIO_PCI_NUM_REGIONS };

	assert_int_equal(region_size(s, VFIO_PCI_BAR0_REGION_INDEX),
			 BAR0_SIZE);
	assert_int_equal(region_size(s, VFIO_PCI_BAR1_REGION_INDEX),
			 BAR1_SIZE);
	assert_int_equal(region_size(s, VFIO_PCI_BAR2_REGION_INDEX), 0);
	assert_int_equal(region_size(s, VFIO_PCI_CONFIG_REGION_INDEX),
			 PCI_CONFIG_SIZE);
	assert_int_equal(call(s, REGION_INFO, &bad, sizeof(bad)), EINVAL);
	bad.index = ~0u;
	assert_int_equal(call(s, REGION_INFO, &bad, sizeof(bad)), EINVAL);
	bad.index = 0;
	assert_int_equal(call(s, REGION_INFO, &bad, 16), EINVAL);
	bad.argsz = 8;
	assert_int_equal(call(s, REGION_INFO, &bad, sizeof(bad)), EINVAL);
}

SESSION_TEST(irq_info)
{
	u32 info[4] = { 16, 0, VFIO_PCI_MSIX_IRQ_INDEX, 0 };

	assert_int_equal(call(s, IRQ_INFO, info, sizeof(info)), 0);
	memcpy(info, s->reply.data, sizeof(info));
	assert_int_equal(info[3], 5);
	info[2] = VFIO_PCI_INTX_IRQ_INDEX;
	assert_int_equal(call(s, IRQ_INFO, info, sizeof(info)), 0);
	memcpy(info, s->reply.data, sizeof(info));
	assert_int_equal(info[3], 0);
	info[2] = 77;
	assert_int_equal(call(s, IRQ_INFO, info, sizeof(info)), EINVAL);
	assert_int_equal(call(s, IRQ_INFO, info, 12), EINVAL);
}

struct access {
	u64 offset;
	u32 region;
	u32 count;
	u8 data[VFU_MAX_DATA];
};

static int read_region(struct session *s, u32 region, u64 offset, u32 count)
{
	struct access access = { offset, region, count, { 0 } };

	return call(s, REGION_READ, &access, 16);
}

static int write_region(struct session *s, u32 region, u64 offset, u32 value,
			u32 count)
{
	struct access access = { offset, region, count, { 0 } };

	memcpy(access.data, &value, sizeof(value));
	return call(s, REGION_WRITE, &access, 16 + count);
}

SESSION_TEST(config_space)
{
	const u8 *config = s->reply.data + 16;

	assert_int_equal(read_region(s, VFIO_PCI_CONFIG_REGION_INDEX, 0, 256),
			 0);
	assert_int_equal(s->reply.header.size, 16 + 16 + 256);
	assert_memory_equal(config, "\x0f\x1d\x20\xec", 4);
	assert_int_equal(config[PCI_REVISION_ID], 0);
	assert_int_equal(config[PCI_CLASS_DEVICE + 1], 2);
	assert_int_equal(config[config[PCI_CAPABILITY_LIST]], PCI_CAP_ID_MSIX);
	assert_int_equal(config[config[PCI_CAPABILITY_LIST] + 1], 0);
	/* The BAR can be sized; the vendor is read-only. */
	write_region(s, VFIO_PCI_CONFIG_REGION_INDEX, PCI_BASE_ADDRESS_0, ~0u,
		     4);
	write_region(s, VFIO_PCI_CONFIG_REGION_INDEX, 0, ~0u, 4);
	read_region(s, VFIO_PCI_CONFIG_REGION_INDEX, 0, 256);
	assert_memory_equal(config + PCI_BASE_ADDRESS_0, "\0\xc0\xff\xff", 4);
	assert_memory_equal(config, "\x0f\x1d\x20\xec", 4);
}

SESSION_TEST(regions_have_ends)
{
	static const struct {
		u32 region;
		u64 offset;
		u32 count;
	} bad[] = {
		{ VFIO_PCI_CONFIG_REGION_INDEX, 253, 4 },
		{ VFIO_PCI_CONFIG_REGION_INDEX, 256, 1 },
		{ VFIO_PCI_CONFIG_REGION_INDEX, ~0ull, 2 },
		{ VFIO_PCI_CONFIG_REGION_INDEX, 0, 257 },
		{ VFIO_PCI_BAR0_REGION_INDEX, BAR0_SIZE - 3, 4 },
		{ VFIO_PCI_BAR0_REGION_INDEX, ~0ull - 3, 4 },
		{ VFIO_PCI_BAR1_REGION_INDEX, BAR1_SIZE, 4 },
		{ VFIO_PCI_BAR2_REGION_INDEX, 0, 4 },
		{ VFIO_PCI_ROM_REGION_INDEX, 0, 4 },
		{ ~0u, 0, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_region(s, bad[i].region,
					     bad[i].offset, bad[i].count),
				 EINVAL);
		assert_int_equal(write_region(s, bad[i].region,
					      bad[i].offset, 0, bad[i].count),
				 EINVAL);
	}
	assert_int_equal(read_region(s, 0, 0, VFU_MAX_DATA + 1), EINVAL);
	assert_int_equal(read_region(s, 0, 0, ~0u), EINVAL);
}

SESSION_TEST(counts_that_lie)
{
	struct access access = { 0, VFIO_PCI_CONFIG_REGION_INDEX, 200, { 0 } };

	assert_int_equal(call(s, REGION_WRITE, &access, 16 + 4), EINVAL);
	access.count = ~0u;
	assert_int_equal(call(s, REGION_WRITE, &access, 16 + 4), EINVAL);
	access.count = 2;
	assert_int_equal(call(s, REGION_WRITE, &access, 16 + 4), EINVAL);
	assert_int_equal(call(s, REGION_WRITE, &access, 10), EINVAL);
	assert_int_equal(call(s, REGION_READ, &access, 15), EINVAL);
}

SESSION_TEST(odd_sizes_reach_the_guest_as_errors)
{
	assert_int_equal(read_region(s, VFIO_PCI_BAR0_REGION_INDEX, 0, 8), 0);
	assert_memory_equal(s->reply.data + 16,
			    "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	assert_int_equal(read_region(s, VFIO_PCI_BAR0_REGION_INDEX, 0, 0), 0);
	assert_int_equal(write_region(s, VFIO_PCI_BAR0_REGION_INDEX,
				      ENA_REGS_DEV_CTL_OFF, 1, 1), 0);
	assert_int_equal(s->dev.stats.resets, 0);
	assert_int_equal(s->dev.stats.guest_errors, 3);
}

SESSION_TEST(a_posted_write_has_no_reply)
{
	struct access access = { ENA_REGS_DEV_CTL_OFF,
				 VFIO_PCI_BAR0_REGION_INDEX, 4, { 1 } };

	send_command(s, REGION_WRITE, NO_REPLY, &access, 20, NULL, 0);
	assert_int_equal(s->dev.stats.resets, 1);
	assert_int_equal(take_reply(s, REGION_WRITE), -1);
	access.region = 55;	/* a failed one neither */
	send_command(s, REGION_WRITE, NO_REPLY, &access, 20, NULL, 0);
	assert_int_equal(take_reply(s, REGION_WRITE), -1);
	assert_true(s->server.client >= 0);
}

static int map_ram(struct session *s, u64 addr, u64 size, u64 offset,
		   const int *fds, size_t fd_count)
{
	struct vfu_dma_map map = { sizeof(map), 3, offset, addr, size };

	return call_fds(s, DMA_MAP, &map, sizeof(map), fds, fd_count);
}

SESSION_TEST(dma_maps)
{
	int fd = memfd_create("ram", 0);
	u64 unmap[3] = { 24, 0x10000, 0x1000 };
	u8 byte = 0;

	assert_int_equal(ftruncate(fd, 0x2000), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0x1000), 1);
	assert_int_equal(map_ram(s, 0x10000, 0x1000, 0x1000, &fd, 1), 0);
	assert_false(dma_read(&s->dev.dma, 0x10000, &byte, 1));
	pci_command(&s->dev, PCI_COMMAND_MASTER);
	assert_true(dma_read(&s->dev.dma, 0x10000, &byte, 1));
	assert_int_equal(byte, 'x');
	assert_int_equal(map_ram(s, 0x10000, 0x1000, 0, &fd, 1), EEXIST);
	assert_int_equal(map_ram(s, 0x20000, 0x3000, 0, &fd, 1), EINVAL);
	assert_int_equal(map_ram(s, 0x20000, 0, 0, &fd, 1), EINVAL);
	assert_int_equal(map_ram(s, 0x20000, 0x1000, 0, NULL, 0), 0);
	assert_false(dma_read(&s->dev.dma, 0x20000, &byte, 1));
	assert_int_equal(map_ram(s, 0x30000, 0x1000, 0,
				 (int[]){ fd, fd }, 2), EINVAL);
	assert_int_equal(call(s, DMA_MAP, unmap, sizeof(unmap)), EINVAL);
	assert_int_equal(call(s, DMA_UNMAP, unmap, 16), EINVAL);
	assert_int_equal(call(s, DMA_UNMAP, unmap, sizeof(unmap)), 0);
	assert_int_equal(call(s, DMA_UNMAP, unmap, sizeof(unmap)), ENOENT);
	assert_int_equal(s->dev.dma.count, 1);
	unmap[0] = 24 | 2ull << 32;
	assert_int_equal(call(s, DMA_UNMAP, unmap, sizeof(unmap)), EINVAL);
	unmap[1] = 0;
	unmap[2] = 0;
	assert_int_equal(call(s, DMA_UNMAP, unmap, sizeof(unmap)), 0);
	assert_int_equal(s->dev.dma.count, 0);
	unmap[0] = 24 | 1ull << 32;
	assert_int_equal(call(s, DMA_UNMAP, unmap, sizeof(unmap)), ENOTSUP);
	close(fd);
}

static int set_irqs(struct session *s, u32 flags, u32 index, u32 start,
		    u32 count, const int *fds, size_t fd_count)
{
	u32 set[] = { 20, flags, index, start, count };

	return call_fds(s, SET_IRQS, set, sizeof(set), fds, fd_count);
}

#define EVENTFDS	(VFIO_IRQ_SET_ACTION_TRIGGER | \
			 VFIO_IRQ_SET_DATA_EVENTFD)
#define TRIGGER		(VFIO_IRQ_SET_ACTION_TRIGGER | \
			 VFIO_IRQ_SET_DATA_NONE)
#define MSIX		VFIO_PCI_MSIX_IRQ_INDEX

static u64 taken(int fd)
{
	u64 count;

	return read(fd, &count, sizeof(count)) > 0 ? count : 0;
}

SESSION_TEST(irqs)
{
	u8 by_flag[20 + 5] = { 0 };
	int fds[5];

	for (int i = 0; i < 5; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 5, fds, 5), 0);
	assert_int_equal(set_irqs(s, TRIGGER, MSIX, 1, 2, NULL, 0), 0);
	assert_int_equal(taken(fds[0]), 0);
	assert_int_equal(taken(fds[1]), 1);
	assert_int_equal(taken(fds[2]), 1);
	/* One is replaced; the others stay. */
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 1, 1, &fds[4], 1), 0);
	irq_trigger(&s->dev, 1);
	assert_int_equal(taken(fds[4]), 1);
	assert_int_equal(taken(fds[1]), 0);
	memcpy(by_flag, (u32[]){ 25, VFIO_IRQ_SET_ACTION_TRIGGER |
				 VFIO_IRQ_SET_DATA_BOOL, MSIX, 0, 5 }, 20);
	by_flag[20 + 3] = 1;
	assert_int_equal(call(s, SET_IRQS, by_flag, sizeof(by_flag)), 0);
	assert_int_equal(taken(fds[3]), 1);
	assert_int_equal(taken(fds[0]), 0);
	assert_int_equal(call(s, SET_IRQS, by_flag, 22), EINVAL);
	/* No fds: these vectors lose theirs. */
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 2, 2, NULL, 0), 0);
	assert_int_equal(s->dev.irq.vector[2].eventfd, -1);
	assert_int_equal(s->dev.irq.vector[3].eventfd, -1);
	assert_true(s->dev.irq.vector[4].eventfd >= 0);
	assert_int_equal(set_irqs(s, TRIGGER, MSIX, 0, 0, NULL, 0), 0);
	assert_int_equal(s->dev.irq.vector[4].eventfd, -1);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
}

SESSION_TEST(irqs_absurd)
{
	static const u32 bad[][4] = {	/* flags, index, start, count */
		{ EVENTFDS, MSIX, 5, 1 },
		{ EVENTFDS, MSIX, 4, 2 },
		{ EVENTFDS, MSIX, ~0u, 1 },
		{ EVENTFDS, MSIX, 1, ~0u },
		{ EVENTFDS, MSIX, 0x80000000, 0x80000000 },
		{ EVENTFDS, MSIX, 0, 2 },	/* but one fd */
		{ EVENTFDS, VFIO_PCI_INTX_IRQ_INDEX, 0, 1 },
		{ EVENTFDS, 3, 0, 1 },
		{ EVENTFDS, ~0u, 0, 1 },
		{ 0, MSIX, 0, 1 },
		{ ~0u, MSIX, 0, 1 },
		{ VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_DATA_NONE, MSIX, 0,
		  1 },
	};
	int fd = eventfd(0, EFD_NONBLOCK);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (set_irqs(s, bad[i][0], bad[i][1], bad[i][2], bad[i][3],
			     &fd, 1) != EINVAL)
			fail_msg("row %zu was taken", i);
	}
	assert_int_equal(call(s, SET_IRQS, bad, 19), EINVAL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(s->dev.irq.vector[i].eventfd, -1);
	close(fd);
}

SESSION_TEST(a_full_eventfd_does_not_block)
{
	int fd = eventfd(0, 0);		/* blocking */
	u64 full = ~0ull - 1;

	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 1, &fd, 1), 0);
	alarm(60);	/* do not hang */
	irq_trigger(&s->dev, 0);
	alarm(0);
	assert_int_equal(s->dev.stats.interrupts, 0);
	close(fd);
}

static void wake(int sig)
{
	(void)sig;
}

/* The client clears O_NONBLOCK; SIGALRM stands for the signal of main(). */
SESSION_TEST(an_eventfd_that_blocks)
{
	const struct sigaction no_restart = { .sa_handler = wake };
	int fd = eventfd(0, EFD_NONBLOCK);
	u64 full = ~0ull - 1;

	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 1, 1, &fd, 1), 0);
	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	sigaction(SIGALRM, &no_restart, NULL);
	alarm(1);
	assert_int_equal(set_irqs(s, TRIGGER, MSIX, 0, 1, NULL, 0), 0);
	signal(SIGALRM, SIG_DFL);
	alarm(60);
	/* Its eventfds are ignored until it reconnects. */
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(s, TRIGGER, MSIX, 0, 2, NULL, 0), 0);
	alarm(0);
	assert_int_equal(s->dev.irq.vector[0].eventfd, -1);
	assert_int_equal(s->dev.irq.vector[1].eventfd, -1);
	assert_int_equal(s->dev.stats.interrupts, 0);
	reconnect(s);
	assert_int_equal(read(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(s, TRIGGER, MSIX, 0, 1, NULL, 0), 0);
	assert_int_equal(taken(fd), 1);
	close(fd);
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

SESSION_TEST(reset)
{
	write_region(s, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 6, 2);
	s->dev.mtu = 1500;
	assert_int_equal(call(s, RESET, NULL, 0), 0);
	assert_int_equal(s->dev.mtu, 0);
	read_region(s, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2);
	assert_memory_equal(s->reply.data + 16, "\0\0", 2);
}

SESSION_TEST(a_guest_restarts)
{
	int fd = memfd_create("ram", 0);
	int irq = eventfd(0, 0);

	assert_int_equal(ftruncate(fd, 0x1000), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(map_ram(s, 0, 0x1000, 0, &fd, 1), 0);
		assert_int_equal(set_irqs(s, EVENTFDS, MSIX, 0, 1, &irq, 1),
				 0);
		reconnect(s);
		assert_int_equal(s->dev.dma.count, 0);
		assert_int_equal(s->dev.irq.vector[0].eventfd, -1);
	}
	assert_int_equal(s->dev.stats.connections, 21);
	close(fd);
	close(irq);
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
