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

/* The L4 protocol, if the transport header is where the IP header says; else 0.
 * A forwarded IPv6 skb has it at the first extension header.
 */
static inline u8 ena_tx_l4_proto(const struct sk_buff *skb)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return skb_network_header_len(skb) == ip_hdr(skb)->ihl * 4 ?
		       ip_hdr(skb)->protocol : 0;
	case htons(ETH_P_IPV6):
		return skb_network_header_len(skb) == sizeof(struct ipv6hdr) ?
		       ipv6_hdr(skb)->nexthdr : 0;
	default:
		return 0;
	}
}

/* The answer for well-formed skbs, from offsets that the stack has set. False
 * says no more than that they do not prove it: a bridged or raw frame has its
 * transport header unset or equal to the network header.
 */
static inline bool ena_tx_l4_in_head(const struct sk_buff *skb, int headlen)
{
	int l3 = skb_network_offset(skb);
	int l4;

	if (!skb_transport_header_was_set(skb))
		return false;

	l4 = skb_transport_offset(skb);
	if (l3 < ETH_HLEN || l4 < l3 + (int)sizeof(struct iphdr) ||
	    headlen < l4 + (int)sizeof(struct udphdr))
		return false;

	switch (ena_tx_l4_proto(skb)) {
	case IPPROTO_TCP:
		return headlen >= l4 + (int)sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return true;
	default:
		return false;
	}
}

/* Offset of the byte behind the TCP or UDP header without options, read from
 * the frame itself; 0 if it has none.
 */
static inline u32 ena_tx_l4_header_end(const struct sk_buff *skb)
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

/**
 * ena_tx_header_split() - does the linear part end inside the L4 header?
 * @skb: frame to send, @skb->data at its Ethernet header
 * @max_header_size: most bytes that header_length may say, as the device
 *	reported (max_tx_header_size)
 *
 * In host placement the first TX descriptor's header_length is the length of
 * the linear part, at most @max_header_size. The device takes it for the
 * length of the headers up to the end of TCP (20 bytes) or UDP (8 bytes), and
 * is known to drop frames where it is less.
 *
 * Return: true if header_length would be too short and linearizing @skb mends
 * it.
 */
static inline bool ena_tx_header_split(const struct sk_buff *skb,
				       u32 max_header_size)
{
	u32 headlen = skb_headlen(skb);

	if (!skb_is_nonlinear(skb) || headlen >= max_header_size)
		return false;

	return !ena_tx_l4_in_head(skb, headlen) &&
	       headlen < ena_tx_l4_header_end(skb);
}

#endif /* ENA_TX_HEADER_H */
