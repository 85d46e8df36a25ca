/* SPDX-License-Identifier: GPL-2.0 */
/* As much of the kernel as kernel/linux/ena/ena_tx_header.c needs to be built
 * for BPF. The programs differ in how they read a frame: frame_bytes().
 */
#ifndef ENA_BPF_KERNEL_H
#define ENA_BPF_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef __u8 u8;
typedef __u32 u32;

#define noinline
#define likely(x)	(x)
#define htons(x)	bpf_htons(x)
#define min(a, b) ({ \
	typeof(a) _a = (a); \
	typeof(b) _b = (b); \
	_a < _b ? _a : _b; \
})
#define min3(a, b, c)	min(min(a, b), c)

#define IP_OFFSET	0x1fff
#define VLAN_HLEN	4
#define VLAN_MAX_DEPTH	8
/* RFC 8200 has no more in front of L4. More count as no L4 header. */
#define MAX_EXTHDR	6

struct sk_buff {
	struct __sk_buff *ctx;		/* at tc egress */
	struct scratch *scratch;	/* of a probe */
	const u8 *data;
	u32 len;
	u32 headlen;
};

/* Like skb_copy_bits(). */
static __always_inline long frame_bytes(const struct sk_buff *skb, u32 offset,
					void *to, u32 len);

static __always_inline u32 skb_headlen(const struct sk_buff *skb)
{
	return skb->headlen;
}

static __always_inline const u8 *skb_tail_pointer(const struct sk_buff *skb)
{
	return skb->data + skb->headlen;
}

/* At tc egress else has a reference to the skb itself. */
static __always_inline bool skb_shared(const struct sk_buff *skb)
{
	return false;
}

static __always_inline void *skb_header_pointer(const struct sk_buff *skb,
						int offset, int len, void *to)
{
	return frame_bytes(skb, offset, to, len) ? NULL : to;
}

static __always_inline bool pskb_may_pull(struct sk_buff *skb, u32 len)
{
	return !bpf_skb_pull_data(skb->ctx, len);
}

static __always_inline bool ipv6_ext_hdr(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH ||
	       next == IPPROTO_NONE || next == IPPROTO_DSTOPTS;
}

/* Moves start behind the extension header there; false if it is the last. */
static __always_inline bool skip_one(const struct sk_buff *skb, int *start,
				     u8 *next)
{
	u8 header[4];

	if (*next == IPPROTO_NONE ||
	    frame_bytes(skb, *start, header, sizeof(header)))
		return false;
	if (*next == IPPROTO_FRAGMENT) {
		if (header[2] || header[3] & 0xf8)
			return false;
		*start += 8;
	} else if (*next == IPPROTO_AH) {
		*start += (header[1] + 2) * 4;
	} else {
		*start += (header[1] + 1) * 8;
	}
	*next = header[0];
	return true;
}

/* Where the first header that is no extension header starts, and which it is:
 * still an extension header for later fragments and for what is cut.
 */
static __always_inline int ipv6_skip_exthdr(const struct sk_buff *skb,
					    int start, u8 *nexthdr,
					    __be16 *frag_off)
{
	int i;

	for (i = 0; i < MAX_EXTHDR; i++)
		if (!ipv6_ext_hdr(*nexthdr) || !skip_one(skb, &start, nexthdr))
			break;
	return start;
}

#endif
