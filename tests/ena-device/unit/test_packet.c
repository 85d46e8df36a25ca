// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "guest.h"
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

static void header_ends(void **state)
{
	u8 frame[200];
	struct packet p;

	(void)state;
	frame_ipv4(frame, 200, PROTO_TCP, VLAN_NONE);
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 54);
	frame_ipv4(frame, 200, PROTO_UDP, VLAN_TWO);
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 50);
	frame_ipv6(frame, 200, PROTO_TCP);
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 74);
	frame_ipv4(frame, 200, 1, VLAN_NONE);
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 0);
}

static void ipv4_options(void **state)
{
	u8 frame[200];
	struct packet p;

	(void)state;
	frame_ipv4(frame, 200, PROTO_TCP, VLAN_NONE);
	frame[14] = 0x4f;
	p = parse(frame, 200);
	assert_int_equal(p.l4_offset, 74);
	frame[14] = 0x44;	/* a header of 16 bytes is none */
	assert_int_equal(parse(frame, 200).ip_version, 0);
	frame[14] = 0x65;
	assert_int_equal(parse(frame, 200).ip_version, 0);
}

static void ipv6_extensions(void **state)
{
	u8 frame[200];
	struct packet p;

	(void)state;
	frame_ipv6(frame, 200, 0);		/* hop by hop */
	memcpy(frame + 54, (u8[]){ 60, 1 }, 2);	/* destination, 16 bytes on */
	memcpy(frame + 70, (u8[]){ 44, 0 }, 2);	/* fragment */
	memcpy(frame + 78, (u8[]){ PROTO_TCP, 0, 0, 1 }, 4);
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 86 + 20);
	assert_true(p.fragment);
	frame[81] = 9;				/* a later one */
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 0);
	frame[55] = 255;			/* 2048 bytes, of 200 */
	p = parse(frame, 200);
	assert_int_equal(packet_header_end(&p), 0);
}

static void chains_end(void **state)
{
	u8 frame[ENA_MAX_FRAME] = { 0 };
	struct packet p;

	(void)state;
	frame_ipv6(frame, sizeof(frame), 0);
	memset(frame + 54, 0, sizeof(frame) - 54);
	p = parse(frame, sizeof(frame));
	assert_int_equal(packet_header_end(&p), 0);
	for (size_t i = 12; i < sizeof(frame); i += 4)
		put16(frame + i, 0x8100);
	assert_int_equal(parse(frame, sizeof(frame)).ip_version, 0);
}

static void cut_anywhere(void **state)
{
	u8 frame[200];
	struct packet p;

	(void)state;
	for (size_t len = 0; len < 200; len++) {
		frame_ipv4(frame, 200, PROTO_TCP, VLAN_TWO);
		frame[22] = 0x4f;
		p = parse(frame, len);
		assert_true(p.l4_offset <= len && p.end <= len);
		frame_ipv6(frame, 200, 0);
		memcpy(frame + 54, (u8[]){ 43, 2 }, 2);
		memcpy(frame + 78, (u8[]){ 44, 0 }, 2);
		memcpy(frame + 86, (u8[]){ PROTO_UDP, 0, 0, 0 }, 4);
		p = parse(frame, len);
		assert_true(!p.l4_proto || p.l4_offset <= len);
		assert_true(p.end <= len);
	}
}

static void checksums(void **state)
{
	/* The example of RFC 1071. */
	static const u8 data[] = { 0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(packet_checksum(data, 8), (u16)~0xddf2);
	assert_int_equal(packet_checksum(data, 7), (u16)~0xdcfb);
	assert_int_equal(packet_checksum(data, 0), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_ends),
		cmocka_unit_test(ipv4_options),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test(chains_end),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
