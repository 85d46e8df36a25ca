/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ITEM_H
#define ITEM_H

#include <stdbool.h>
#include <stddef.h>
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

/* As text: "lies" or "true", the virtio-net header and the frame in hex. */
int item_save(const struct item *item, const char *path);
int item_load(struct item *item, const char *path);

#endif
