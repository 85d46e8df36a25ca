// SPDX-License-Identifier: GPL-2.0
/* At tc egress, in front of a driver without the fix: pulls the L4 header into
 * the linear part where it is cut. The verdict is that of the driver's check,
 * built from the same file.
 */
#include "kernel.h"
#include "ena_tx_header.c"
#include "mitigate.h"

/* max_header_size is not known here. No device can say more than this. */
#define MAX_HEADER_SIZE	255u

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MITIGATE_COUNTERS);
	__type(key, u32);
	__type(value, __u64);
} ena_tx_counters SEC(".maps");

static __always_inline long frame_bytes(const struct sk_buff *skb, u32 offset,
					void *to, u32 len)
{
	return bpf_skb_load_bytes(skb->ctx, offset, to, len);
}

static __always_inline void count(u32 which)
{
	__u64 *counter = bpf_map_lookup_elem(&ena_tx_counters, &which);

	if (counter)
		(*counter)++;
}

/* As ena_tx_l4_in_head(): cheap, and true for nearly all frames. */
static __always_inline bool in_head(const struct __sk_buff *ctx)
{
	const u8 *data = (void *)(long)ctx->data;
	const u8 *end = (void *)(long)ctx->data_end;
	const u8 *ip = data + ETH_HLEN;
	__be16 type;

	if (ip + sizeof(struct iphdr) + sizeof(struct tcphdr) > end)
		return false;
	type = *(const __be16 *)(ip - 2);
	if (type == htons(ETH_P_IP))
		return *ip == 0x45;
	return type == htons(ETH_P_IPV6) &&
	       ip + sizeof(struct ipv6hdr) + sizeof(struct tcphdr) <= end &&
	       !ipv6_ext_hdr(ip[6]);
}

SEC("tc")
int ena_tx_header(struct __sk_buff *ctx)
{
	struct sk_buff skb = { .ctx = ctx, .len = ctx->len };
	u32 need;

	skb.headlen = ctx->data_end - ctx->data;
	if (skb.headlen == skb.len || in_head(ctx))
		return TC_ACT_UNSPEC;
	need = min3(ena_tx_l4_header_end(&skb), MAX_HEADER_SIZE, skb.len);
	if (skb.headlen < need)
		count(pskb_may_pull(&skb, need) ? MITIGATE_PULLED :
						  MITIGATE_FAILED);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
