// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "session.h"

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

/* The file is that of the LLQ window. */
SESSION_TEST(a_region_to_map)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = VFIO_PCI_BAR2_REGION_INDEX };
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &s->reply, sizeof(s->reply) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	u8 *map;
	int fd;

	assert_true(profile_load(&s->dev.config.profile, "nitro"));
	assert_int_equal(ena_dev_open_llq(&s->dev), 0);
	send_command(s, REGION_INFO, 0, &info, sizeof(info), NULL, 0);
	assert_int_equal(recvmsg(s->client, &msg, 0), 16 + sizeof(info));
	memcpy(&info, s->reply.data, sizeof(info));
	assert_int_equal(info.size, LLQ_WINDOW_SIZE);
	assert_true(info.flags & VFIO_REGION_INFO_FLAG_MMAP);
	cmsg = CMSG_FIRSTHDR(&msg);
	assert_non_null(cmsg);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	map = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)info.offset);
	close(fd);
	assert_ptr_not_equal(map, MAP_FAILED);
	map[info.size - 1] = 0x77;
	assert_int_equal(s->dev.llq.window[LLQ_WINDOW_SIZE - 1], 0x77);
	munmap(map, info.size);
	/* No file comes with another reply. */
	assert_int_equal(region_size(s, VFIO_PCI_BAR0_REGION_INDEX), BAR0_SIZE);
	s->dev.config.llq_trapped = true;
	assert_int_equal(region_size(s, VFIO_PCI_BAR2_REGION_INDEX),
			 LLQ_WINDOW_SIZE);
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
