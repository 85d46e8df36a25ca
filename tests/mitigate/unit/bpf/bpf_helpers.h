/* SPDX-License-Identifier: GPL-2.0 */
/* The BPF helpers that mitigate.bpf.c calls, as the test has them. */
#ifndef BPF_HELPERS_H
#define BPF_HELPERS_H

#define SEC(name)
#define __uint(name, value)	int (*name)[value]
#define __type(name, value)	typeof(value) *name
#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))

static long bpf_skb_load_bytes(const struct __sk_buff *ctx, __u32 offset,
			       void *to, __u32 len);
static long bpf_skb_pull_data(struct __sk_buff *ctx, __u32 len);
static void *bpf_map_lookup_elem(void *map, const void *key);

#endif
