// SPDX-License-Identifier: GPL-2.0
/*
 * frame-headers NAME BYTES: of a frame of tests/lib/frame.c, where L4 starts,
 * where its checksum is in L4, and the headers, bytes separated by commas.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

int main(int argc, char **argv)
{
	static unsigned char bytes[FRAME_MAX];
	struct frame f = {
		.smac = { 2, 0, 0, 0, 0, 1 },
		.dmac = { 2, 0, 0, 0, 0, 9 },
	};
	unsigned int i;

	if (argc != 3 || !frame_parse(&f, argv[1]) ||
	    atoi(argv[2]) > FRAME_MAX) {
		fprintf(stderr, "usage: frame-headers NAME BYTES\n");
		return 2;
	}
	f.len = atoi(argv[2]);
	frame_build(&f, 0, true, bytes);
	printf("%u %u %u", frame_l4(&f), frame_csum_offset(&f), bytes[0]);
	for (i = 1; i < frame_min(&f); i++)
		printf(",%u", bytes[i]);
	putchar('\n');
	return 0;
}
