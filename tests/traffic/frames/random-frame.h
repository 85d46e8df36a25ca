/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RANDOM_FRAME_H
#define RANDOM_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/virtio_net.h>

#define ITEM_MAX	16384

/* What is written to a tap at once. */
struct item {
	struct virtio_net_hdr vnet;
	unsigned char data[ITEM_MAX];
	unsigned int len;
	bool lies;	/* headers or offsets are not what they should be */
};

/* The index-th item of a seed is always the same. */
void item_generate(struct item *item, uint64_t seed, uint64_t index);

int item_save(const struct item *item, const char *path);
int item_load(struct item *item, const char *path);

/* 0, or the errno for which the tap refused it. */
int item_send(int tap, const struct item *item);

#endif
