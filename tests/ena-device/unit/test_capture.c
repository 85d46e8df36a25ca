// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"

#define FILE_NAME	"capture.test.pcapng"
#define HEADER		60	/* a section's block and an interface's */

static int setup(void **state)
{
	struct guest *g;

	guest_setup_queues(state);
	g = *state;
	assert_int_equal(capture_open(&g->dev.port.capture, FILE_NAME, true),
			 0);
	return 0;
}

static int teardown(void **state)
{
	unlink(FILE_NAME);
	return guest_teardown(state);
}

#define CAPTURE_TEST(name) TEST_F(struct guest *, g, setup, teardown, name)

struct contents {
	size_t len;
	u8 bytes[200000];
};

static u32 word_at(const struct contents *c, size_t at)
{
	u32 word;

	assert_true(at + sizeof(word) <= c->len);
	memcpy(&word, c->bytes + at, sizeof(word));
	return word;
}

/* Read while the device runs. Blocks are whole, and have their length twice. */
static void read_file(struct contents *c)
{
	FILE *file = fopen(FILE_NAME, "r");
	size_t at, len;

	assert_non_null(file);
	c->len = fread(c->bytes, 1, sizeof(c->bytes), file);
	fclose(file);
	for (at = 0; at < c->len; at += len) {
		len = word_at(c, at + 4);
		assert_true(len >= 12 && len % 4 == 0 && len <= c->len - at);
		assert_int_equal(word_at(c, at + len - 4), len);
	}
}

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The option there; at is then the one behind it. */
static void assert_option(const struct contents *c, size_t *at, u16 code,
			  const void *value, u16 len)
{
	assert_int_equal(word_at(c, *at), (u32)len << 16 | code);
	assert_true(*at + 4 + len <= c->len);
	assert_memory_equal(c->bytes + *at + 4, value, len);
	*at += 4 + padded(len);
}

/* Its comment, and the way that it went; at is then the next block. */
static void assert_packet(const struct contents *c, size_t *at,
			  const void *frame, u32 len, const char *comment)
{
	const u32 way = strncmp(comment, "received", 8) ? 2 : 1;
	size_t option = *at + 28 + padded(len);

	assert_int_equal(word_at(c, *at), 6);
	assert_int_equal(word_at(c, *at + 20), len);
	assert_int_equal(word_at(c, *at + 24), len);
	assert_memory_equal(c->bytes + *at + 28, frame, len);
	assert_option(c, &option, 1, comment, (u16)strlen(comment));
	assert_option(c, &option, 2, &way, sizeof(way));
	assert_option(c, &option, 0, "", 0);
	*at += word_at(c, *at + 4);
	assert_int_equal(option, *at - 4);
}

CAPTURE_TEST(an_empty_file)
{
	struct contents c;
	size_t at;

	read_file(&c);
	assert_int_equal(c.len, HEADER);
	assert_int_equal(word_at(&c, 0), 0x0a0d0d0a);
	assert_int_equal(word_at(&c, 8), 0x1a2b3c4d);
	assert_int_equal(word_at(&c, 28), 1);
	assert_int_equal(word_at(&c, 36), 1);	/* Ethernet */
	at = 44;
	assert_option(&c, &at, 9, "\11", 1);	/* nanoseconds */
	assert_option(&c, &at, 0, "", 0);
}

CAPTURE_TEST(frames_and_why_they_were_dropped)
{
	struct contents c;
	size_t at = HEADER;
	u8 frame[1001];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, 1001, 54);
	tx_frame(g, frame, 1000, 52);
	read_file(&c);
	assert_packet(&c, &at, frame, 1001, "sent, SQ 0");
	assert_packet(&c, &at, frame, 1000,
		      "sent, SQ 0, dropped: header_length, header_length 52");
	assert_int_equal(at, c.len);
}

CAPTURE_TEST(received_frames)
{
	struct contents c;
	size_t at = HEADER;
	u8 frame[500] = { 0 };

	assert_int_equal(write(g->wire, frame, 499), 499);
	wire_poll_tap(&g->dev.port, false);
	rx_buffer(g, BUFFERS_ADDR, 2048, 9);
	assert_int_equal(write(g->wire, frame, 498), 498);
	wire_poll_tap(&g->dev.port, false);
	pci_command(&g->dev, 0);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	assert_int_equal(write(g->wire, frame, 60), 60);
	wire_poll_tap(&g->dev.port, false);
	read_file(&c);
	assert_packet(&c, &at, frame, 499,
		      "received, SQ 1, dropped: no_buffer");
	assert_packet(&c, &at, frame, 498, "received, SQ 1");
	assert_packet(&c, &at, frame, 60,
		      "received, no queue, dropped: no_queue");
	assert_int_equal(at, c.len);
}

/* Nothing of it was read, and nothing else may show instead. */
CAPTURE_TEST(a_packet_without_bytes)
{
	struct contents c;
	size_t at = HEADER;

	tx_buffer(g, RAM_END, 100, 3);
	read_file(&c);
	assert_packet(&c, &at, "", 0, "sent, SQ 0, dropped: bad_address");
	assert_int_equal(at, c.len);
}

CAPTURE_TEST(a_peer_that_is_not_there)
{
	struct contents c;
	size_t at = HEADER;
	u8 frame[60] = { 0 };

	close(g->dev.port.tap);
	g->dev.port.tap = -1;
	tx_frame(g, frame, sizeof(frame), 0);
	read_file(&c);
	assert_packet(&c, &at, frame, 60, "sent, SQ 0, dropped: no_peer");
	assert_int_equal(at, c.len);	/* once */
}

/* As long as a packet can be: with TSO, and no segments made of it. */
CAPTURE_TEST(the_longest_packet)
{
	struct contents c;
	size_t at = HEADER;

	for (u16 i = 0; i < 2; i++)
		tx_desc(g, BUFFERS_ADDR, 0x7fff, i ? TX_LAST : TX_FIRST, 0, 1,
			ENA_ETH_IO_TX_DESC_TSO_EN_MASK);
	tx_ring(g);
	read_file(&c);
	assert_int_equal(word_at(&c, at + 20), 2 * 0x7fff);
	at += word_at(&c, at + 4);
	assert_int_equal(at, c.len);
}
