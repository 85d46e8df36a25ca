// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* The check for cut L4 headers. This file is its one source: patch-driver puts
 * what is below the #includes into ena_netdev.c, in front of
 * ena_check_and_linearize_skb(), for the patches and the DKMS module. Tests
 * include this file.
 */
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

/* True if the first headers show that the L4 header is linear, and for some
 * frames without one. This is cheap and true for nearly all frames, most of
 * them IPv4 without options (0x45). The others have to be parsed. ip[9] is the
 * protocol of IPv4, ip[6] the next header of IPv6.
 */
static bool ena_tx_l4_in_head(const struct sk_buff *skb)
{
	const int udp = sizeof(struct udphdr), tcp = sizeof(struct tcphdr);
	const int ip6 = ETH_HLEN + sizeof(struct ipv6hdr);
	const int ip4 = ETH_HLEN + sizeof(struct iphdr);
	int len = skb_tail_pointer(skb) - skb->data;
	const u8 *ip = skb->data + ETH_HLEN;
	__be16 type;

	if (likely(len >= ip4 + tcp && *ip == 0x45 &&
		   *(const __be16 *)(ip - 2) == htons(ETH_P_IP)))
		return true;

	for (; len >= ip4 + udp; len -= VLAN_HLEN, ip += VLAN_HLEN) {
		type = *(const __be16 *)(ip - 2);
		if (type == htons(ETH_P_IPV6) && ip[6] == IPPROTO_TCP)
			return len >= ip6 + tcp;
		if (type == htons(ETH_P_IP) && *ip == 0x45)
			return len >= ip4 + (ip[9] == IPPROTO_UDP ? udp : tcp);
		if (type != htons(ETH_P_8021Q))
			return type == htons(ETH_P_IPV6) && len >= ip6 + udp &&
			       (ip[6] == IPPROTO_UDP || (len >= ip6 + tcp &&
							 !ipv6_ext_hdr(ip[6])));
	}
	return false;
}

/* Offset of the end of the TCP or UDP header, not counting options; 0 if the
 * frame has no such header. Only the frame's own bytes count, not what a guest
 * or a BPF program says of them. Out of line, to keep the fast path small.
 */
static noinline u32 ena_tx_l4_header_end(const struct sk_buff *skb)
{
	__be16 *type, _type, frag;
	struct ipv6hdr *ip6, _ip6;
	int tags, end = ETH_HLEN;
	struct iphdr *ip4, _ip4;
	u8 proto = 0;

	for (tags = 0; tags <= VLAN_MAX_DEPTH; tags++, end += VLAN_HLEN) {
		type = skb_header_pointer(skb, end - 2, 2, &_type);
		if (!type)
			return 0;
		if (*type != htons(ETH_P_8021Q) && *type != htons(ETH_P_8021AD))
			break;
	}

	if (*type == htons(ETH_P_IP)) {
		ip4 = skb_header_pointer(skb, end, sizeof(_ip4), &_ip4);
		if (!ip4 || ip4->ihl < 5 || ip4->frag_off & htons(IP_OFFSET))
			return 0;
		proto = ip4->protocol;
		end += ip4->ihl * 4;
	} else if (*type == htons(ETH_P_IPV6)) {
		ip6 = skb_header_pointer(skb, end, sizeof(_ip6), &_ip6);
		if (!ip6)
			return 0;
		proto = ip6->nexthdr;
		/* On error proto stays an extension header, not TCP or UDP. */
		end = ipv6_skip_exthdr(skb, end + sizeof(_ip6), &proto, &frag);
	}

	if (proto == IPPROTO_TCP)
		return end + sizeof(struct tcphdr);
	return proto == IPPROTO_UDP ? end + sizeof(struct udphdr) : 0;
}

/* True if header_length would end before the end of the L4 header: the device
 * would lose the frame. Shared skbs stay as they are, since they must not
 * change.
 */
static bool ena_tx_header_split(const struct sk_buff *skb, u32 max)
{
	return !skb_shared(skb) &&
	       skb_headlen(skb) < min(ena_tx_l4_header_end(skb), max);
}
