/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_ENA_DEFS_H
#define ENA_DEVICE_ENA_DEFS_H

/*
 * The device interface comes from the driver's own headers, in ENA_SRC. This
 * shim gives them the kernel's names for types and bits.
 */

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BIT(n)		(1u << (n))
#define GENMASK(h, l)	((~0u << (l)) & (~0u >> (31 - (h))))

#include "ena_common_defs.h"
#include "ena_admin_defs.h"
#include "ena_eth_io_defs.h"
#include "ena_regs_defs.h"

static_assert(sizeof(struct ena_admin_aq_entry) == 64, "AQ entry");
static_assert(sizeof(struct ena_admin_acq_entry) == 64, "ACQ entry");
static_assert(sizeof(struct ena_admin_aenq_entry) == 64, "AENQ entry");
static_assert(sizeof(struct ena_admin_get_feat_cmd) == 64, "get feature");
static_assert(sizeof(struct ena_admin_set_feat_cmd) == 64, "set feature");
static_assert(sizeof(struct ena_admin_get_feat_resp) == 64, "get feature");
static_assert(sizeof(struct ena_admin_acq_get_stats_resp) == 64, "get stats");
static_assert(sizeof(struct ena_eth_io_tx_desc) == 16, "TX descriptor");
static_assert(sizeof(struct ena_eth_io_tx_meta_desc) == 16, "TX meta");
static_assert(sizeof(struct ena_eth_io_rx_desc) == 16, "RX descriptor");
static_assert(sizeof(struct ena_eth_io_tx_cdesc) == 8, "TX completion");
static_assert(sizeof(struct ena_eth_io_rx_cdesc_base) == 16, "RX completion");
static_assert(sizeof(struct ena_eth_io_rx_cdesc_ext) == 32, "RX completion");
static_assert(sizeof(struct ena_admin_ena_mmio_req_read_less_resp) == 8,
	      "readless response");

/* What older drivers' headers do not have. */
#ifdef ENA_ADMIN_CUSTOMER_METRICS_SUPPORT_MASK
#define ENA_HAS_METRICS
#endif
#ifdef ENA_REGS_PHC_DB_OFF
#define ENA_HAS_PHC
#endif

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline u32 field_get(u32 mask, u32 value)
{
	return (value & mask) >> __builtin_ctz(mask);
}

static inline u32 field_prep(u32 mask, u32 value)
{
	return (value << __builtin_ctz(mask)) & mask;
}

static inline bool is_power_of_2(u32 n)
{
	return n && !(n & (n - 1));
}

static inline u16 be16_at(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 be32_at(const u8 *p)
{
	return (u32)be16_at(p) << 16 | be16_at(p + 2);
}

/* A 64-bit value in two little-endian fields. */
static inline void put_halves(u32 *low, u32 *high, u64 value)
{
	*low = htole32((u32)value);
	*high = htole32((u32)(value >> 32));
}

static inline u64 mem_addr(const struct ena_common_mem_addr *addr)
{
	return (u64)le16toh(addr->mem_addr_high) << 32 |
	       le32toh(addr->mem_addr_low);
}

#endif
