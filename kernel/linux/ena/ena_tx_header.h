/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_TX_HEADER_H
#define ENA_TX_HEADER_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/flow_dissector.h>

/* Whether the IP header alone shows that the linear part is long enough. False
 * says no more than that it does not: VLAN tags, IPv4 options, IPv6 extension
 * headers, or an skb whose network header or protocol the stack has not set.
 * The transport header is not asked: it may be unset, what a guest has said, or
 * the first of IPv6's extension headers.
 */
static inline bool ena_tx_l4_in_head(const struct sk_buff *skb)
{
	enum {
		IP4_UDP = sizeof(struct iphdr) + sizeof(struct udphdr),
		IP4_TCP = sizeof(struct iphdr) + sizeof(struct tcphdr),
		IP6_UDP = sizeof(struct ipv6hdr) + sizeof(struct udphdr),
		IP6_TCP = sizeof(struct ipv6hdr) + sizeof(struct tcphdr),
	};
	const u8 *l3 = skb_network_header(skb);
	long linear = skb_tail_pointer(skb) - l3;

	if (l3 <= skb->data || linear < IP4_UDP)
		return false;

	if (skb->protocol == htons(ETH_P_IPV6)) {
		switch (ipv6_hdr(skb)->nexthdr) {
		case IPPROTO_TCP:
			return linear >= IP6_TCP;
		case IPPROTO_UDP:
			return linear >= IP6_UDP;
		}
		return false;
	}

	return skb->protocol == htons(ETH_P_IP) && *l3 == 0x45 &&
	       (linear >= IP4_TCP || ip_hdr(skb)->protocol == IPPROTO_UDP);
}

/* Offset of the byte behind the TCP or UDP header without options, read from
 * the frame itself; 0 if it has none. If a BPF flow dissector is attached,
 * skb->protocol and that program decide.
 */
static u32 ena_tx_l4_header_end(const struct sk_buff *skb)
{
	const u32 frag_bits = FLOW_DIS_IS_FRAGMENT | FLOW_DIS_FIRST_FRAG;
	struct flow_keys_basic keys;
	__be16 *proto, _proto;

	proto = skb_header_pointer(skb, offsetof(struct ethhdr, h_proto),
				   sizeof(_proto), &_proto);
	if (!proto ||
	    !skb_flow_dissect_flow_keys_basic(NULL, skb, &keys, skb->data,
					      *proto, ETH_HLEN,
					      skb_headlen(skb),
					      FLOW_DISSECTOR_F_PARSE_1ST_FRAG |
					      FLOW_DISSECTOR_F_STOP_AT_ENCAP))
		return 0;

	if ((keys.control.flags & frag_bits) == FLOW_DIS_IS_FRAGMENT)
		return 0;

	switch (keys.basic.ip_proto) {
	case IPPROTO_TCP:
		return keys.control.thoff + sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return keys.control.thoff + sizeof(struct udphdr);
	default:
		return 0;
	}
}

/* Apart, lest its stack and registers cost every frame. */
static noinline_for_stack bool
ena_tx_head_is_short(const struct sk_buff *skb, u32 max_header_size)
{
	return skb_headlen(skb) < min(ena_tx_l4_header_end(skb),
				      max_header_size);
}

/**
 * ena_tx_header_split() - does the linear part end inside the L4 header?
 * @skb: nonlinear frame to send, @skb->data at its Ethernet header
 * @max_header_size: most bytes that header_length may say, as the device
 *	reported (max_tx_header_size)
 *
 * In host placement the first TX descriptor's header_length is the length of
 * the linear part, at most @max_header_size. The device takes it for the
 * length of the headers up to the end of TCP (20 bytes) or UDP (8 bytes), and
 * is reported to drop frames where it is less.
 *
 * Return: true if header_length would be too short and linearizing @skb mends
 * it.
 */
static inline bool ena_tx_header_split(const struct sk_buff *skb,
				       u32 max_header_size)
{
	return !ena_tx_l4_in_head(skb) &&
	       ena_tx_head_is_short(skb, max_header_size);
}

#endif /* ENA_TX_HEADER_H */
