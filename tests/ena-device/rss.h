/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_RSS_H
#define ENA_DEVICE_RSS_H

#include "admin.h"
#include "ena_defs.h"

struct ena_dev;
struct ena_sq;
struct packet;

#define RSS_TABLE_LOG_SIZE	7
#define RSS_TABLE_SIZE		(1u << RSS_TABLE_LOG_SIZE)
#define RSS_KEY_SIZE		(4 * ENA_ADMIN_RSS_KEY_PARTS)

/* Two IPv6 addresses and two ports. */
#define RSS_INPUT_MAX		36

struct rss {
	bool table_set;
	bool crc32;	/* else Toeplitz */
	u32 crc32_init;
	bool sort_l3;
	bool sort_l4;
	u8 key[RSS_KEY_SIZE];
	/* Of the key, for each half of an input byte. */
	u32 toeplitz[2 * RSS_INPUT_MAX][16];
	u16 table[RSS_TABLE_SIZE];	/* submission queue indices */
	u16 fields[ENA_ADMIN_RSS_PROTO_NUM];
};

void rss_reset(struct ena_dev *dev);
void rss_set_key(struct rss *rss, const u8 *key);
admin_handler rss_get_function, rss_set_function;
admin_handler rss_get_table, rss_set_table;
admin_handler rss_get_input, rss_set_input;

u32 rss_hash(const struct rss *rss, const u8 *frame, const struct packet *p);
/* The receive queue for a hash, or NULL while none is up. */
struct ena_sq *rss_queue(struct ena_dev *dev, u32 hash);

#endif
