// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define PAGE	4096u

static int memory(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static int setup(void **state)
{
	struct dma *dma = calloc(1, sizeof(*dma));

	if (dma)
		dma->master = true;
	*state = dma;
	return dma ? 0 : -1;
}

static int teardown(void **state)
{
	dma_unmap_all(*state);
	free(*state);
	return 0;
}

#define DMA_TEST(name)	TEST_F(struct dma *, dma, setup, teardown, name)

DMA_TEST(map_refuses_nonsense)
{
	int fd = memory(2 * PAGE);

	assert_int_equal(dma_map(dma, 0, 0, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(dma, ~0ull - 10, PAGE, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(dma, 0, 3 * PAGE, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 2 * PAGE), -EINVAL);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 3 * PAGE), -EINVAL);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, ~0ull), -EINVAL);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 5), -EINVAL);
	close(fd);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 0), -EBADF);
}

DMA_TEST(map_refuses_overlap)
{
	int fd = memory(4 * PAGE);

	assert_int_equal(dma_map(dma, PAGE, 2 * PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_map(dma, 0, 2 * PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(dma, 2 * PAGE, PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(dma, 0, 4 * PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_map(dma, 3 * PAGE, PAGE, 3, fd, 0), 0);
	close(fd);
}

DMA_TEST(map_is_limited)
{
	for (u64 i = 0; i < DMA_MAX_REGIONS; i++)
		assert_int_equal(dma_map(dma, i * PAGE, PAGE, 3, -1, 0), 0);
	assert_int_equal(dma_map(dma, 1ull << 40, PAGE, 3, -1, 0), -ENOSPC);
}

DMA_TEST(unmap_wants_the_same_region)
{
	int fd = memory(PAGE);
	u8 byte;

	assert_int_equal(dma_map(dma, PAGE, PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_unmap(dma, PAGE, PAGE / 2), -ENOENT);
	assert_int_equal(dma_unmap(dma, 0, PAGE), -ENOENT);
	assert_int_equal(dma_unmap(dma, PAGE, PAGE), 0);
	assert_int_equal(dma_unmap(dma, PAGE, PAGE), -ENOENT);
	assert_false(dma_read(dma, PAGE, &byte, 1));
	close(fd);
}

DMA_TEST(access_crosses_regions)
{
	int one = memory(PAGE);
	int two = memory(PAGE);
	u8 byte = 0;

	assert_int_equal(dma_map(dma, 0, PAGE, 3, one, 0), 0);
	assert_int_equal(dma_map(dma, PAGE, PAGE, 3, two, 0), 0);
	assert_true(dma_write(dma, PAGE - 2, "abcd", 4));
	assert_int_equal(pread(two, &byte, 1, 0), 1);
	assert_int_equal(byte, 'c');
	assert_true(dma_read(dma, PAGE + 1, &byte, 1));
	assert_int_equal(byte, 'd');
	close(one);
	close(two);
}

DMA_TEST(access_ends_at_the_region)
{
	int fd = memory(PAGE);
	u8 buf[8] = "abcdefg";

	assert_int_equal(dma_map(dma, PAGE, PAGE, 3, fd, 0), 0);
	assert_true(dma_read(dma, 2 * PAGE - 8, buf, 8));
	assert_false(dma_read(dma, 2 * PAGE - 7, buf, 8));
	assert_false(dma_read(dma, PAGE - 1, buf, 1));
	assert_false(dma_read(dma, ~0ull, buf, 2));
	assert_false(dma_valid(dma, PAGE, ~0ull, DMA_READ));
	/* A write that does not fit writes nothing. */
	assert_false(dma_write(dma, 2 * PAGE - 4, "wxyzwxyz", 8));
	assert_true(dma_read(dma, 2 * PAGE - 4, buf, 4));
	assert_memory_equal(buf, "\0\0\0\0", 4);
	close(fd);
}

DMA_TEST(access_keeps_to_the_protection)
{
	int fd = memory(PAGE);
	u8 byte = 1;

	assert_int_equal(dma_map(dma, 0, PAGE, DMA_READ, fd, 0), 0);
	assert_int_equal(dma_map(dma, PAGE, PAGE, 3, -1, 0), 0);
	assert_true(dma_read(dma, 0, &byte, 1));
	assert_false(dma_write(dma, 0, &byte, 1));
	assert_false(dma_publish(dma, 0, "12345678", 8, 0));
	/* Mapped without a file descriptor: no access. */
	assert_false(dma_read(dma, PAGE, &byte, 1));
	close(fd);
}

DMA_TEST(publish_writes_all)
{
	int fd = memory(PAGE);
	u8 buf[16];

	assert_int_equal(dma_map(dma, 0, PAGE, 3, fd, 0), 0);
	assert_true(dma_publish(dma, 64, "0123456789abcdef", 16, 4));
	assert_true(dma_read(dma, 64, buf, 16));
	assert_memory_equal(buf, "0123456789abcdef", 16);
	/* The word must be one aligned store. */
	assert_false(dma_publish(dma, 66, "0123456789abcdef", 16, 4));
	assert_false(dma_publish(dma, PAGE - 8, "0123456789abcdef", 16, 0));
	close(fd);
}

static struct dma *cut;

static void on_lost_page(int sig, siginfo_t *info, void *context)
{
	if (!dma_lose(cut, info->si_addr))
		abort();
}

/* The client shortens a file of four pages to one. */
static void cut_ram(struct dma *dma, int fd, size_t page)
{
	const struct sigaction bus = {
		.sa_sigaction = on_lost_page,
		.sa_flags = SA_SIGINFO,
	};
	u8 bytes[16] = { 0 };

	cut = dma;
	assert_int_equal(sigaction(SIGBUS, &bus, NULL), 0);
	assert_int_equal(dma_map(dma, 0, 3 * page + PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_map(dma, 8 * page, PAGE, 3, fd, 0), 0);
	assert_true(dma_write(dma, page - 8, "12345678abcdefgh", 16));
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	assert_true(dma_read(dma, page - 8, bytes, 16));
	assert_memory_equal(bytes, "12345678\0\0\0\0\0\0\0\0", 16);
	/* It is gone as a whole: no page of it is replaced again. */
	assert_false(dma_valid(dma, 0, 1, DMA_READ));
	assert_false(dma_write(dma, 3 * page, "1", 1));
	assert_true(dma_read(dma, 8 * page, bytes, 1));
	assert_false(dma_lose(dma, bytes));
	assert_int_equal(dma_unmap(dma, 0, 3 * page + PAGE), 0);
	assert_int_equal(dma_map(dma, 0, page, 3, fd, 0), 0);
	assert_true(dma_valid(dma, 0, page, DMA_READ | DMA_WRITE));
	dma_unmap_all(dma);
	signal(SIGBUS, SIG_DFL);
}

DMA_TEST(ram_that_is_cut)
{
	int fd = memory(4 * PAGE);

	cut_ram(dma, fd, PAGE);
	close(fd);
}

static size_t mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	size_t lines = 0;
	int c;

	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* Without huge pages it is as good as the test above. */
DMA_TEST(huge_pages_that_are_cut)
{
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	size_t page = 2u << 20;
	size_t before;

	if (fd < 0 || ftruncate(fd, (off_t)(4 * page)) ||
	    dma_map(dma, 0, 4 * page, 3, fd, 0)) {
		close(fd);
		page = PAGE;
		fd = memory(4 * page);
	}
	dma_unmap_all(dma);
	before = mappings();
	cut_ram(dma, fd, page);
	assert_int_equal(mappings(), before);
	close(fd);
}
