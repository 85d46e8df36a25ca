// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "frame.h"

static struct CMUnitTest tests[64];
static size_t test_count;

void test_add(const char *name, CMUnitTestFunction test,
	      CMFixtureFunction setup, CMFixtureFunction teardown)
{
	if (test_count == ARRAY_SIZE(tests))
		abort();
	tests[test_count++] = (struct CMUnitTest){
		.name = name,
		.test_func = test,
		.setup_func = setup,
		.teardown_func = teardown,
	};
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests(program_invocation_short_name, tests,
				       test_count, NULL, NULL);
}

void guest_failed(const char *check, const char *file, int line)
{
	print_error("guest: %s\n", check);
	_fail(file, line);
	abort();
}

struct guest *guest_new(const struct ena_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));
	int ends[2];

	assert_non_null(g);
	guest_init(g, config, RAM_SIZE);
	for (u32 i = 0; i < GUEST_VECTORS; i++) {
		g->eventfd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		irq_set_eventfd(&g->dev, i, dup(g->eventfd[i]));
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				    ends), 0);
	g->wire = ends[0];
	g->dev.port.tap = ends[1];
	return g;
}

struct guest *guest_up(const struct ena_config *config)
{
	struct guest *g = guest_new(config);

	admin_up(g);
	return g;
}

struct ena_config nitro_config(void)
{
	struct ena_config config = guest_config;

	assert_true(profile_load(&config.profile, "nitro"));
	return config;
}

void guest_free(struct guest *g)
{
	ena_dev_disconnect(&g->dev);
	wire_port_release(&g->dev.port);
	llq_close(&g->dev.llq);
	munmap(g->ram, g->ram_size);
	close(g->wire);
	for (u32 i = 0; i < GUEST_VECTORS; i++)
		close(g->eventfd[i]);
	free(g);
}

int guest_setup(void **state)
{
	*state = guest_up(&guest_config);
	return 0;
}

int guest_setup_queues(void **state)
{
	struct guest *g;

	guest_setup(state);
	g = *state;
	create_queues(g);
	interrupts(g, IRQ_ADMIN_VECTOR);
	return 0;
}

int guest_teardown(void **state)
{
	guest_free(*state);
	return 0;
}

u64 interrupts(struct guest *g, u32 vector)
{
	u64 count;

	if (read(g->eventfd[vector], &count, sizeof(count)) < 0)
		return 0;
	return count;
}

u8 admin_run_once(struct guest *g, union admin_command cmd)
{
	return admin_run(g, &cmd, NULL);
}

void tx_buffer(struct guest *g, u64 addr, u16 len, u16 req_id)
{
	tx_desc(g, addr, len, TX_WHOLE, 0, req_id, 0);
	tx_ring(g);
}

void tx_frame(struct guest *g, const void *frame, u16 len, u8 header_length)
{
	memcpy(ram_at(g, BUFFERS_ADDR), frame, len);
	tx_desc(g, BUFFERS_ADDR, len, TX_WHOLE, header_length, 7, 0);
	tx_ring(g);
}

#define MSS_HI	ENA_ETH_IO_TX_META_DESC_MSS_HI_MASK

void tx_tso(struct guest *g, u32 payload, u16 mss, u16 req_id)
{
	struct ena_eth_io_tx_meta_desc meta = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK |
				    ENA_ETH_IO_TX_META_DESC_ETH_META_TYPE_MASK |
				    ENA_ETH_IO_TX_META_DESC_META_STORE_MASK |
				    field_prep(MSS_HI, mss >> 10u) |
				    TX_FIRST | tx_phase(g)),
		.word2 = htole32((u32)mss << 22 | 5u << 16 | 14u << 8 | 20),
	};

	tx_raw(g, &meta);
	tx_desc(g, BUFFERS_ADDR, (u16)(TSO_HEADER + payload),
		TX_LAST | TX_COMP, 0, req_id,
		ENA_ETH_IO_TX_DESC_TSO_EN_MASK |
		ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK | ENA_ETH_IO_L3_PROTO_IPV4 |
		field_prep(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK,
			   ENA_ETH_IO_L4_PROTO_TCP));
}

void assert_tx_completions(struct guest *g, u16 count)
{
	if (count)
		assert_int_equal(tx_cdesc(g, count - 1).flags & 1,
				 ring_phase(count - 1, QUEUE_DEPTH));
	assert_int_not_equal(tx_cdesc(g, count).flags & 1,
			     ring_phase(count, QUEUE_DEPTH));
}

void assert_tx_dropped(struct guest *g, enum tx_drop why)
{
	u8 frame[ENA_MAX_FRAME];

	assert_int_equal(wire_frame(g, frame, sizeof(frame)), 0);
	assert_int_equal(g->dev.stats.tx_frames, 0);
	assert_int_equal(stats_tx_drops(&g->dev.stats), 1);
	assert_int_equal(g->dev.stats.tx_drop[why], 1);
}

size_t wire_frame(struct guest *g, u8 *frame, size_t size)
{
	ssize_t len = recv(g->wire, frame, size, 0);

	return len > 0 ? (size_t)len : 0;
}

void rx_frame(struct ena_dev *dev, const u8 *frame, u32 len)
{
	int queue;

	rx_deliver(dev, frame, len, &queue);
}

void rx_buffer(struct guest *g, u64 addr, u16 len, u16 req_id)
{
	rx_post(g, addr, len, req_id);
	rx_ring(g);
}

static size_t build(u8 *frame, const char *name, size_t len, bool partial)
{
	struct frame f = {
		.len = (unsigned int)len,
		.smac = { 2, 0xec, 0x20, 0, 0, 1 },
		.dmac = { 2, 0xec, 0x20, 0, 0, 2 },
	};

	assert_true(frame_parse(&f, name));
	frame_build(&f, 0, partial, frame);
	return frame_l4(&f);
}

size_t make_frame(u8 *frame, const char *name, size_t len)
{
	return build(frame, name, len, false);
}

size_t make_partial_frame(u8 *frame, const char *name, size_t len)
{
	return build(frame, name, len, true);
}

u64 env_number(const char *name, u64 otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

u32 noise(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (u32)(*seed >> 16);
}

static struct {
	int file;
	int saved;
	char text[65536];
} kept;

void log_begin(void)
{
	fflush(stderr);
	kept.file = memfd_create("log", MFD_CLOEXEC);
	kept.saved = dup(STDERR_FILENO);
	dup2(kept.file, STDERR_FILENO);
}

const char *logged(void)
{
	ssize_t len = pread(kept.file, kept.text, sizeof(kept.text) - 1, 0);

	kept.text[len > 0 ? len : 0] = '\0';
	return kept.text;
}

void log_end(void)
{
	dup2(kept.saved, STDERR_FILENO);
	close(kept.saved);
	close(kept.file);
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}
