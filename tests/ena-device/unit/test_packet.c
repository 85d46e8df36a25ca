// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "fixture.h"
#include "packet.h"

static struct packet parse(const u8 *frame, size_t len)
{
	struct packet p;
	u8 *exact = malloc(len ? len : 1);

	/* In a buffer that ends where the frame does, for the sanitizer. */
	assert_non_null(exact);
	memcpy(exact, frame, len);
	packet_parse(exact, (u32)len, &p);
	free(exact);
	return p;
}

static u32 header_end(const u8 *frame, size_t len)
{
	struct packet p = parse(frame, len);

	return packet_header_end(&p);
}

TEST(header_ends)
{
	static const struct {
		const char *name;
		u32 end;
	} frames[] = {
		{ "v4-tcp", 54 },
		{ "qinq-v4-udp", 50 },
		{ "v6-tcp", 74 },
		{ "v4-icmp", 0 },
	};
	u8 frame[200];

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		make_frame(frame, frames[i].name, 200);
		assert_int_equal(header_end(frame, 200), frames[i].end);
	}
}

TEST(ipv4_options)
{
	u8 frame[200];

	make_frame(frame, "v4opt40-tcp", 200);
	assert_int_equal(parse(frame, 200).l4_offset, 74);
	frame[14] = 0x44;	/* a header of 16 bytes is none */
	assert_int_equal(parse(frame, 200).ip_version, 0);
	frame[14] = 0x65;
	assert_int_equal(parse(frame, 200).ip_version, 0);
}

TEST(ipv6_extensions)
{
	u8 frame[200];

	make_frame(frame, "v6hop-udp", 200);
	memcpy(frame + 54, (u8[]){ 60, 1 }, 2);	/* destination, 16 bytes on */
	memcpy(frame + 70, (u8[]){ 44, 0 }, 2);	/* fragment */
	memcpy(frame + 78, (u8[]){ PROTO_TCP, 0, 0, 1 }, 4);
	assert_int_equal(header_end(frame, 200), 86 + 20);
	assert_true(parse(frame, 200).fragment);
	frame[81] = 9;				/* a later one */
	assert_int_equal(header_end(frame, 200), 0);
	frame[55] = 255;			/* 2048 bytes, of 200 */
	assert_int_equal(header_end(frame, 200), 0);
}

TEST(chains_end)
{
	u8 frame[ENA_MAX_FRAME];

	make_frame(frame, "v6hop-udp", sizeof(frame));
	memset(frame + 54, 0, sizeof(frame) - 54);
	assert_int_equal(header_end(frame, sizeof(frame)), 0);
	for (size_t i = 12; i < sizeof(frame); i += 4)
		memcpy(frame + i, "\x81", 2);
	assert_int_equal(parse(frame, sizeof(frame)).ip_version, 0);
}

TEST(cut_anywhere)
{
	u8 frame[200];
	struct packet p;

	for (size_t len = 0; len < 200; len++) {
		make_frame(frame, "qinq-v4opt40-tcp", 200);
		p = parse(frame, len);
		assert_true(p.l4_offset <= len && p.end <= len);
		make_frame(frame, "v6route-udp-first", 200);
		p = parse(frame, len);
		assert_true(!p.l4_proto || p.l4_offset <= len);
		assert_true(p.end <= len);
	}
}

TEST(checksums)
{
	/* The example of RFC 1071. */
	static const u8 data[] = { 0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7 };

	assert_int_equal(packet_checksum(data, 8), (u16)~0xddf2);
	assert_int_equal(packet_checksum(data, 7), (u16)~0xdcfb);
	assert_int_equal(packet_checksum(data, 0), 0xffff);
}
