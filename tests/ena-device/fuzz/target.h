/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "register_guest.h"

/*
 * What the fuzz targets share: the input, and a guest whose wire leads back to
 * itself. Its RAM is so small that addresses meet.
 */

#define RAM_SIZE	0x10000ull
#define BUFFERS_SIZE	(RAM_SIZE - 0x8000)

/* The fuzzer's bytes; what is missing reads as 0. */
struct input {
	const u8 *data;
	size_t len;
};

/* The guest, in the same state for each input, with admin queues up. */
struct guest *fuzz_guest(const char *profile, enum header_rule rule);

size_t input_take(struct input *in, void *to, size_t len);
u8 input_u8(struct input *in);
u16 input_u16(struct input *in);
u32 input_u32(struct input *in);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

#endif
