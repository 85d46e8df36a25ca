// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

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

static void map_refuses_nonsense(void **state)
{
	int fd = memory(2 * PAGE);

	assert_int_equal(dma_map(*state, 0, 0, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(*state, ~0ull - 10, PAGE, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(*state, 0, 3 * PAGE, 3, fd, 0), -EINVAL);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 2 * PAGE), -EINVAL);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 3 * PAGE), -EINVAL);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, ~0ull), -EINVAL);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 5), -EINVAL);
	close(fd);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 0), -EBADF);
}

static void map_refuses_overlap(void **state)
{
	int fd = memory(4 * PAGE);

	assert_int_equal(dma_map(*state, PAGE, 2 * PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_map(*state, 0, 2 * PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(*state, 2 * PAGE, PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(*state, 0, 4 * PAGE, 3, fd, 0), -EEXIST);
	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_map(*state, 3 * PAGE, PAGE, 3, fd, 0), 0);
	close(fd);
}

static void map_is_limited(void **state)
{
	for (u64 i = 0; i < DMA_MAX_REGIONS; i++)
		assert_int_equal(dma_map(*state, i * PAGE, PAGE, 3, -1, 0), 0);
	assert_int_equal(dma_map(*state, 1ull << 40, PAGE, 3, -1, 0), -ENOSPC);
}

static void unmap_wants_the_same_region(void **state)
{
	int fd = memory(PAGE);
	u8 byte;

	assert_int_equal(dma_map(*state, PAGE, PAGE, 3, fd, 0), 0);
	assert_int_equal(dma_unmap(*state, PAGE, PAGE / 2), -ENOENT);
	assert_int_equal(dma_unmap(*state, 0, PAGE), -ENOENT);
	assert_int_equal(dma_unmap(*state, PAGE, PAGE), 0);
	assert_int_equal(dma_unmap(*state, PAGE, PAGE), -ENOENT);
	assert_false(dma_read(*state, PAGE, &byte, 1));
	close(fd);
}

static void access_crosses_regions(void **state)
{
	int one = memory(PAGE);
	int two = memory(PAGE);
	u8 byte = 0;

	assert_int_equal(dma_map(*state, 0, PAGE, 3, one, 0), 0);
	assert_int_equal(dma_map(*state, PAGE, PAGE, 3, two, 0), 0);
	assert_true(dma_write(*state, PAGE - 2, "abcd", 4));
	assert_int_equal(pread(two, &byte, 1, 0), 1);
	assert_int_equal(byte, 'c');
	assert_true(dma_read(*state, PAGE + 1, &byte, 1));
	assert_int_equal(byte, 'd');
	close(one);
	close(two);
}

static void access_ends_at_the_region(void **state)
{
	int fd = memory(PAGE);
	u8 buf[8] = "abcdefg";

	assert_int_equal(dma_map(*state, PAGE, PAGE, 3, fd, 0), 0);
	assert_true(dma_read(*state, 2 * PAGE - 8, buf, 8));
	assert_false(dma_read(*state, 2 * PAGE - 7, buf, 8));
	assert_false(dma_read(*state, PAGE - 1, buf, 1));
	assert_false(dma_read(*state, ~0ull, buf, 2));
	assert_false(dma_valid(*state, PAGE, ~0ull, DMA_READ));
	/* Nothing is written of what does not fit. */
	assert_false(dma_write(*state, 2 * PAGE - 4, "wxyzwxyz", 8));
	assert_true(dma_read(*state, 2 * PAGE - 4, buf, 4));
	assert_memory_equal(buf, "\0\0\0\0", 4);
	close(fd);
}

static void access_keeps_to_the_protection(void **state)
{
	int fd = memory(PAGE);
	u8 byte = 1;

	assert_int_equal(dma_map(*state, 0, PAGE, DMA_READ, fd, 0), 0);
	assert_int_equal(dma_map(*state, PAGE, PAGE, 3, -1, 0), 0);
	assert_true(dma_read(*state, 0, &byte, 1));
	assert_false(dma_write(*state, 0, &byte, 1));
	assert_false(dma_publish(*state, 0, "12345678", 8, 0));
	/* Mapped without a file descriptor: known, and out of reach. */
	assert_false(dma_read(*state, PAGE, &byte, 1));
	close(fd);
}

static void publish_writes_all(void **state)
{
	int fd = memory(PAGE);
	u8 buf[16];

	assert_int_equal(dma_map(*state, 0, PAGE, 3, fd, 0), 0);
	assert_true(dma_publish(*state, 64, "0123456789abcdef", 16, 4));
	assert_true(dma_read(*state, 64, buf, 16));
	assert_memory_equal(buf, "0123456789abcdef", 16);
	/* The word must be one aligned store. */
	assert_false(dma_publish(*state, 66, "0123456789abcdef", 16, 4));
	assert_false(dma_publish(*state, PAGE - 8, "0123456789abcdef", 16, 0));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(map_refuses_nonsense, setup,
						teardown),
		cmocka_unit_test_setup_teardown(map_refuses_overlap, setup,
						teardown),
		cmocka_unit_test_setup_teardown(map_is_limited, setup,
						teardown),
		cmocka_unit_test_setup_teardown(unmap_wants_the_same_region,
						setup, teardown),
		cmocka_unit_test_setup_teardown(access_crosses_regions, setup,
						teardown),
		cmocka_unit_test_setup_teardown(access_ends_at_the_region,
						setup, teardown),
		cmocka_unit_test_setup_teardown(access_keeps_to_the_protection,
						setup, teardown),
		cmocka_unit_test_setup_teardown(publish_writes_all, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
