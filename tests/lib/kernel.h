/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the check and its tests need to run as a program.
 * It is included in front of them, and stands for each kernel header that they
 * include and user space does not have.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <sanitizer/asan_interface.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;

#define __init
#define __exit
#define fallthrough		__attribute__((fallthrough))
#define noinline		__attribute__((noinline))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define min_t(type, a, b) ({ \
	type _a = (a); \
	type _b = (b); \
	_a < _b ? _a : _b; \
})
#define min(a, b) ({ \
	typeof(a) _a = (a); \
	typeof(b) _b = (b); \
	_a < _b ? _a : _b; \
})
#define min3(a, b, c)		min(min(a, b), c)
#define htons(x)		((__be16)htobe16(x))
#define ntohs(x)		be16toh(x)

/* A module is a program. */
extern int (*const module_start)(void);
extern void (*const module_stop)(void);

int main(void)
{
	setlinebuf(stdout);	/* the last case before a crash is seen */
	return module_start() ? 1 : 0;
}

#define module_init(fn)		int (*const module_start)(void) = fn
#define module_exit(fn)		void (*const module_stop)(void) = fn
#define MODULE_DESCRIPTION(x)	const char *const module_description = x
#define MODULE_LICENSE(x)	const char *const module_license = x
#define pr_info			printf
#define cond_resched()		do { } while (0)
#define kbasename		basename

static inline void strscpy(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
}

/* Memory. An allocation that fails ends the program. */
#define PAGE_SIZE		4096
#define GFP_KERNEL		0
#define GFP_ATOMIC		0
#define __GFP_NOFAIL		0

struct page {
	u8 bytes[PAGE_SIZE];
};

static inline void *must_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

static inline struct page *alloc_page(unsigned int gfp)
{
	(void)gfp;
	return must_alloc(sizeof(struct page));
}

#define page_address(page)	((void *)(page)->bytes)

/* Devices */
struct net_device {
	int ifindex;
};

struct net {
	struct net_device *loopback_dev;
};

static struct net init_net;

/* Socket buffers: what is not data may not be touched, says the sanitizer. */
#define MAX_SKB_FRAGS		17
#define CHECKSUM_NONE		0
#define CHECKSUM_PARTIAL	3
#define SKB_GSO_TCPV4		(1 << 0)
#define SKB_GSO_TCPV6		(1 << 4)
#define SKB_GSO_UDP_L4		(1 << 17)

struct skb_shared_info {
	int nr_frags;
	int gso_size;
	int gso_type;
	struct {
		struct page *page;
		int offset;
		int size;
	} frags[MAX_SKB_FRAGS];
};

struct sk_buff {
	struct net_device *dev;
	u8 *head;
	u8 *data;
	u8 *tail;
	u8 *end;
	unsigned int len;
	unsigned int data_len;
	unsigned int users;
	__be16 protocol;
	u16 mac_header;
	u16 network_header;
	u16 transport_header;
	u16 csum_start;
	u16 csum_offset;
	u8 ip_summed;
	struct skb_shared_info shinfo;
};

#define skb_shinfo(skb)		(&(skb)->shinfo)
#define skb_tail_pointer(skb)	((skb)->tail)
#define skb_is_nonlinear(skb)	((skb)->data_len != 0)
#define skb_shared(skb)		((skb)->users != 1)

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline unsigned int skb_headroom(const struct sk_buff *skb)
{
	return skb->data - skb->head;
}

static inline u8 *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline int skb_network_offset(const struct sk_buff *skb)
{
	return skb_network_header(skb) - skb->data;
}

static inline u8 *skb_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->transport_header;
}

static inline void skb_reset_mac_header(struct sk_buff *skb)
{
	skb->mac_header = skb_headroom(skb);
}

static inline void skb_set_network_header(struct sk_buff *skb, int offset)
{
	skb->network_header = skb_headroom(skb) + offset;
}

static inline void skb_set_transport_header(struct sk_buff *skb, int offset)
{
	skb->transport_header = skb_headroom(skb) + offset;
}

static inline struct sk_buff *alloc_skb(unsigned int size,
					unsigned int gfp)
{
	struct sk_buff *skb = must_alloc(sizeof(*skb));

	(void)gfp;
	skb->head = must_alloc(size);
	skb->data = skb->head;
	skb->tail = skb->head;
	skb->end = skb->head + size;
	skb->users = 1;
	ASAN_POISON_MEMORY_REGION(skb->head, size);
	return skb;
}

static inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	skb->users++;
	return skb;
}

static inline void kfree_skb(struct sk_buff *skb)
{
	int i;

	if (--skb->users)
		return;
	for (i = 0; i < skb->shinfo.nr_frags; i++)
		free(skb->shinfo.frags[i].page);
	ASAN_UNPOISON_MEMORY_REGION(skb->head, skb->end - skb->head);
	free(skb->head);
	free(skb);
}

static inline void skb_reserve(struct sk_buff *skb, int len)
{
	skb->data += len;
	skb->tail += len;
}

static inline void *skb_put(struct sk_buff *skb, unsigned int len)
{
	u8 *at = skb->tail;

	if (len > skb->end - skb->tail)
		abort();
	ASAN_UNPOISON_MEMORY_REGION(at, len);
	skb->tail += len;
	skb->len += len;
	return at;
}

static inline void *skb_put_data(struct sk_buff *skb, const void *data,
				 unsigned int len)
{
	return memcpy(skb_put(skb, len), data, len);
}

static inline void skb_add_rx_frag(struct sk_buff *skb, int i,
				   struct page *page, int offset, int size,
				   unsigned int truesize)
{
	(void)truesize;
	skb->shinfo.frags[i].page = page;
	skb->shinfo.frags[i].offset = offset;
	skb->shinfo.frags[i].size = size;
	skb->shinfo.nr_frags = i + 1;
	skb->len += size;
	skb->data_len += size;
}

/* A copy: sharing data is the kernel's own affair, and not tested here. */
static inline struct sk_buff *skb_clone(const struct sk_buff *skb,
					unsigned int gfp)
{
	struct sk_buff *clone = alloc_skb(skb->end - skb->head, gfp);
	struct skb_shared_info *info = &clone->shinfo;
	int i;

	skb_reserve(clone, skb_headroom(skb));
	skb_put_data(clone, skb->data, skb_headlen(skb));
	*info = skb->shinfo;
	for (i = 0; i < info->nr_frags; i++) {
		info->frags[i].page = alloc_page(gfp);
		*info->frags[i].page = *skb->shinfo.frags[i].page;
	}
	clone->len = skb->len;
	clone->data_len = skb->data_len;
	clone->protocol = skb->protocol;
	clone->mac_header = skb->mac_header;
	clone->network_header = skb->network_header;
	clone->transport_header = skb->transport_header;
	return clone;
}

/* The byte at an offset that is less than skb->len. */
static inline u8 skb_byte(const struct sk_buff *skb, int offset)
{
	int i = 0;

	if (offset < (int)skb_headlen(skb))
		return skb->data[offset];
	offset -= skb_headlen(skb);
	while (offset >= skb->shinfo.frags[i].size)
		offset -= skb->shinfo.frags[i++].size;
	return skb->shinfo.frags[i].page->bytes[skb->shinfo.frags[i].offset +
						offset];
}

static inline int skb_copy_bits(const struct sk_buff *skb, int offset,
				void *to, int len)
{
	int i;

	if (offset < 0 || offset > (int)skb->len - len)
		return -EFAULT;
	for (i = 0; i < len; i++)
		((u8 *)to)[i] = skb_byte(skb, offset + i);
	return 0;
}

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset,
				       int len, void *buffer)
{
	if (offset >= 0 && offset + len <= (int)skb_headlen(skb))
		return skb->data + offset;
	return skb_copy_bits(skb, offset, buffer, len) ? NULL : buffer;
}

/* Takes len bytes out of the frags, from the front. */
static inline void skb_drop_frag_bytes(struct sk_buff *skb, int len)
{
	struct skb_shared_info *info = &skb->shinfo;
	int i, part;

	skb->len -= len;
	skb->data_len -= len;
	for (i = 0; i < info->nr_frags; i++) {
		part = min(len, info->frags[i].size);
		info->frags[i].offset += part;
		info->frags[i].size -= part;
		len -= part;
	}
}

static inline bool pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	unsigned int head = skb_headlen(skb);
	u8 bytes[PAGE_SIZE];

	if (len <= head)
		return true;
	if (len > skb->len || skb_shared(skb) ||
	    len - head > skb->end - skb->tail)
		return false;
	skb_copy_bits(skb, head, bytes, len - head);
	skb_drop_frag_bytes(skb, len - head);
	skb_put_data(skb, bytes, len - head);
	return true;
}

static inline int skb_linearize(struct sk_buff *skb)
{
	return pskb_may_pull(skb, skb->len) ? 0 : -ENOMEM;
}

/* VLAN, IPv4 and IPv6 */
#define VLAN_HLEN		4
#define VLAN_MAX_DEPTH		8
#define IP_MF			0x2000
#define IP_OFFSET		0x1fff
#define ip_hdr(skb)		((struct iphdr *)skb_network_header(skb))
#define ipv6_hdr(skb)		((struct ipv6hdr *)skb_network_header(skb))

static inline bool eth_type_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

static inline bool ipv6_ext_hdr(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_FRAGMENT || next == IPPROTO_AH ||
	       next == IPPROTO_NONE || next == IPPROTO_DSTOPTS;
}

/* Returns where the first header that is no extension header starts, and which
 * it is: a fragment header for later fragments. -1 if the frame ends earlier.
 */
static inline int ipv6_skip_exthdr(const struct sk_buff *skb, int start,
				   u8 *nexthdr, __be16 *frag_off)
{
	u8 next = *nexthdr;
	u8 header[4];

	*frag_off = 0;
	while (ipv6_ext_hdr(next)) {
		if (next == IPPROTO_NONE ||
		    skb_copy_bits(skb, start, header,
				  next == IPPROTO_FRAGMENT ? 4 : 2))
			return -1;
		if (next == IPPROTO_FRAGMENT) {
			memcpy(frag_off, header + 2, sizeof(*frag_off));
			if (ntohs(*frag_off) & ~7)
				break;
			start += 8;
		} else if (next == IPPROTO_AH) {
			start += (header[1] + 2) * 4;
		} else {
			start += (header[1] + 1) * 8;
		}
		next = header[0];
	}
	*nexthdr = next;
	return start;
}

#endif
