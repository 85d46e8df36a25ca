// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "packet.h"

#define PCAP		"wire.test.pcap"
#define STATS		"wire.test.json"

struct pair {
	struct guest *a;
	struct guest *b;
};

static struct guest *port(unsigned int index)
{
	struct guest *g = guest_new(&guest_config);

	wire_port_release(&g->dev.port);
	g->dev.index = index;
	admin_up(g);
	create_queues(g);
	return g;
}

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -1;
	pair->a = port(0);
	pair->b = port(1);
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;

	guest_free(pair->a);
	guest_free(pair->b);
	free(pair);
	unlink(PCAP);
	unlink(STATS);
	return 0;
}

#define PAIR_TEST(name)	TEST_F(struct pair *, pair, setup, teardown, name)

PAIR_TEST(a_frame_crosses)
{
	u8 frame[1000];

	wire_join(&pair->a->dev.port, &pair->b->dev.port);
	make_frame(frame, "v4-tcp", sizeof(frame));
	rx_buffer(pair->b, BUFFERS_ADDR, 2048, 5);
	tx_frame(pair->a, frame, sizeof(frame), 96);
	assert_memory_equal(ram_at(pair->b, BUFFERS_ADDR), frame,
			    sizeof(frame));
	assert_int_equal(le16toh(rx_cdesc(pair->b, 0).req_id), 5);
	assert_int_equal(pair->a->dev.stats.tx_frames, 1);
	assert_int_equal(pair->b->dev.stats.rx_frames, 1);
	assert_int_equal(pair->b->dev.stats.tx_frames, 0);
}

PAIR_TEST(a_peer_that_is_down)
{
	u8 frame[60] = { 0 };

	wire_join(&pair->a->dev.port, &pair->b->dev.port);
	tx_frame(pair->a, frame, sizeof(frame), 0);
	reg_write(pair->b, ENA_REGS_DEV_CTL_OFF, 1);
	tx_frame(pair->a, frame, sizeof(frame), 0);
	assert_int_equal(pair->a->dev.stats.tx_frames, 2);
	assert_int_equal(pair->b->dev.stats.rx_drop[RX_DROP_NO_BUFFER], 1);
	assert_int_equal(pair->b->dev.stats.rx_drop[RX_DROP_NO_QUEUE], 1);
}

PAIR_TEST(no_peer)
{
	u8 frame[60] = { 0 };

	tx_frame(pair->a, frame, sizeof(frame), 0);
	assert_tx_dropped(pair->a, TX_DROP_NO_PEER);
	assert_tx_completions(pair->a, 1);
	assert_int_equal(pair->a->dev.stats.guest_errors, 0);
}

static size_t slurp(const char *path, u8 *buf, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(buf, 1, size, file);
	fclose(file);
	return len;
}

/* Read while the device runs: this is what a kill would leave. */
PAIR_TEST(captures)
{
	u8 frame[100], file[4096];
	u32 word[10];

	assert_int_equal(capture_open(&pair->a->dev.port.capture, PCAP,
				      false), 0);
	wire_join(&pair->a->dev.port, &pair->b->dev.port);
	make_frame(frame, "v4-tcp", sizeof(frame));
	assert_int_equal(slurp(PCAP, file, sizeof(file)), 24);
	tx_frame(pair->a, frame, 100, 96);
	tx_frame(pair->b, frame, 77, 77);
	tx_frame(pair->a, frame, 100, 52);	/* dropped: not on the wire */
	assert_int_equal(slurp(PCAP, file, sizeof(file)),
			 24 + 16 + 100 + 16 + 77);
	memcpy(word, file, sizeof(word));
	assert_int_equal(word[0], 0xa1b23c4d);
	assert_int_equal(word[1], 4u << 16 | 2);
	assert_int_equal(word[4], 65535);
	assert_int_equal(word[5], 1);
	assert_true(word[7] < 1000000000);
	assert_int_equal(word[8], 100);
	assert_int_equal(word[9], 100);
	assert_memory_equal(file + 40, frame, 100);
	assert_memory_equal(file + 156, frame, 77);
}

PAIR_TEST(captures_that_cannot_be)
{
	struct capture *capture = &pair->a->dev.port.capture;

	assert_int_equal(capture_open(capture, "no/such/file", false), -ENOENT);
	assert_int_equal(capture_open(&pair->a->dev.port.capture, "/dev/full",
				      false),
			 -EIO);
	assert_int_equal(pair->a->dev.port.capture.fd, -1);
	assert_int_equal(wire_open_tap(&pair->a->dev.port,
				       "a-name-that-is-too-long"),
			 -ENAMETOOLONG);
}

/* Others can put links into /tmp. */
PAIR_TEST(links_are_not_followed)
{
	const struct ena_dev *devs[] = { &pair->a->dev };
	u8 file[16];

	assert_int_equal(capture_open(&pair->a->dev.port.capture, PCAP,
				      false), 0);
	assert_int_equal(symlink(PCAP, STATS ".tmp"), 0);
	assert_int_equal(stats_save(STATS, devs, 1), -EEXIST);
	assert_int_equal(slurp(PCAP, file, sizeof(file)), 16);
	assert_int_equal(file[0], 0x4d);
	assert_int_equal(unlink(STATS ".tmp"), 0);
	assert_int_equal(symlink(PCAP, STATS), 0);
	assert_int_equal(capture_open(&pair->b->dev.port.capture, STATS,
				      false), -ELOOP);
	unlink(STATS);
}

/* Statistics replace a file, but no device, link or pipe. */
PAIR_TEST(stats_replace_files_only)
{
	const struct ena_dev *devs[] = { &pair->a->dev };
	struct stat st;

	assert_int_equal(mkfifo(STATS, 0600), 0);
	assert_int_equal(stats_save(STATS, devs, 1), -EEXIST);
	assert_int_equal(lstat(STATS, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(STATS);
	assert_int_equal(symlink("/dev/null", STATS), 0);
	assert_int_equal(stats_save(STATS, devs, 1), -EEXIST);
	assert_int_equal(lstat(STATS, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(STATS);
	assert_int_equal(mkfifo(STATS ".tmp", 0600), 0);
	assert_int_equal(stats_save(STATS, devs, 1), -EEXIST);
	assert_int_equal(unlink(STATS ".tmp"), 0);
	assert_int_equal(stats_save(STATS, devs, 1), 0);
	unlink(STATS);
}

/* As on a full disk: one write stops half-way, the next fails. */
static void limit_files(rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

PAIR_TEST(a_capture_on_a_full_disk)
{
	u8 frame[100], file[4096];

	assert_int_equal(capture_open(&pair->a->dev.port.capture, PCAP,
				      false), 0);
	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(pair->a, frame, 60, 60);
	limit_files(24 + 16 + 60 + 16 + 50);
	tx_frame(pair->a, frame, 100, 96);
	limit_files(RLIM_INFINITY);
	tx_frame(pair->a, frame, 100, 96);
	assert_int_equal(pair->a->dev.port.capture.fd, -1);
	assert_int_equal(slurp(PCAP, file, sizeof(file)), 24 + 16 + 60);
	assert_int_equal(pair->a->dev.cq[pair->a->tx_cq].tail, 3);
}

PAIR_TEST(stats_on_a_full_disk)
{
	const struct ena_dev *devs[] = { &pair->a->dev };
	u8 before[4096], after[4096];
	size_t len;

	assert_int_equal(stats_save(STATS, devs, 1), 0);
	len = slurp(STATS, before, sizeof(before));
	pair->a->dev.stats.tx_frames++;
	limit_files(10);
	assert_true(stats_save(STATS, devs, 1) < 0);
	limit_files(RLIM_INFINITY);
	assert_int_equal(slurp(STATS, after, sizeof(after)), len);
	assert_memory_equal(after, before, len);
	assert_int_equal(access(STATS ".tmp", F_OK), -1);
}

QUEUE_TEST(frames_from_a_tap)
{
	u8 frame[ENA_MAX_FRAME + 10] = { 0 };

	rx_buffer(g, BUFFERS_ADDR, 4096, 1);
	assert_int_equal(write(g->wire, frame, 500), 500);
	assert_int_equal(write(g->wire, frame, sizeof(frame)), sizeof(frame));
	wire_poll_tap(&g->dev.port, false);
	assert_int_equal(le16toh(rx_cdesc(g, 0).length), 500);
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_TOO_LONG], 1);
	wire_poll_tap(&g->dev.port, true);
	assert_int_equal(g->dev.port.tap, -1);
	tx_frame(g, frame, 60, 0);
	assert_tx_dropped(g, TX_DROP_NO_PEER);
}

QUEUE_TEST(a_tap_that_is_full)
{
	u8 frame[60] = { 0 };

	while (!g->dev.stats.tx_drop[TX_DROP_TAP])
		tx_frame(g, frame, sizeof(frame), 0);
	assert_true(g->dev.stats.tx_frames > 0);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

PAIR_TEST(saved_stats)
{
	const struct ena_dev *devs[] = { &pair->a->dev, &pair->b->dev };
	char text[4096];
	struct stat st;
	size_t len;

	pair->b->dev.stats.tx_drop[TX_DROP_HEADER_LENGTH] = 42;
	pair->b->dev.stats.rx_drop[RX_DROP_NO_BUFFER] = 43;
	assert_int_equal(stats_save(STATS, devs, 2), 0);
	len = slurp(STATS, (u8 *)text, sizeof(text) - 1);
	text[len] = '\0';
	assert_int_equal(text[0], '{');
	assert_string_equal(text + len - 4, "\n]}\n");
	assert_non_null(strstr(text, "\"index\":1,"
				     "\"mac\":\"02:ec:20:00:00:01\","
				     "\"profile\":\"c5-metal\""));
	assert_non_null(strstr(text, "\"header_length\":42,"));
	assert_non_null(strstr(text, "\"no_buffer\":43,"));
	assert_null(strstr(text, "null"));
	assert_int_equal(stat(STATS ".tmp", &st), -1);
	assert_int_equal(stats_save("no/such/file", devs, 2), -ENOENT);
}
