// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
#include <kunit/test.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/ppp_defs.h>
#include <net/net_namespace.h>

#include "ena_tx_header.c"

#define FRAME_LEN	300
#define HEADROOM	64
#define UNSET		-1

enum layer {
	END, VLAN, QINQ, ARP, OTHER, MPLS, PPPOE,
	IP4, IP4_OPT, IP4_MAX, IP4_BAD, IP4_FIRST, IP4_LATER,
	IP6, HOP, ROUTE, DEST, AH, FIRST6, LATER6,
	TCP, TCP_OPT, UDP, ICMP, ICMP6, SCTP, GRE, ESP, VXLAN, GENEVE,
};

/* How the layer before names this one, by EtherType, port or IP protocol, and
 * its size.
 */
static const struct {
	u16 type;
	u8 proto;
	u8 size;
} layers[] = {
	[VLAN] = { ETH_P_8021Q, 0, 4 },
	[QINQ] = { ETH_P_8021AD, 0, 4 },
	[ARP] = { ETH_P_ARP, 0, 28 },
	[OTHER] = { 0x88b5, 0, 40 },
	[MPLS] = { ETH_P_MPLS_UC, IPPROTO_MPLS, 4 },
	[PPPOE] = { ETH_P_PPP_SES, 0, 8 },
	[IP4] = { ETH_P_IP, IPPROTO_IPIP, 20 },
	[IP4_OPT] = { ETH_P_IP, IPPROTO_IPIP, 24 },
	[IP4_MAX] = { ETH_P_IP, IPPROTO_IPIP, 60 },
	[IP4_BAD] = { ETH_P_IP, IPPROTO_IPIP, 16 },
	[IP4_FIRST] = { ETH_P_IP, IPPROTO_IPIP, 20 },
	[IP4_LATER] = { ETH_P_IP, IPPROTO_IPIP, 20 },
	[IP6] = { ETH_P_IPV6, IPPROTO_IPV6, 40 },
	[HOP] = { 0, IPPROTO_HOPOPTS, 8 },
	[ROUTE] = { 0, IPPROTO_ROUTING, 8 },
	[DEST] = { 0, IPPROTO_DSTOPTS, 8 },
	[AH] = { 0, IPPROTO_AH, 24 },
	[FIRST6] = { 0, IPPROTO_FRAGMENT, 8 },
	[LATER6] = { 0, IPPROTO_FRAGMENT, 8 },
	[TCP] = { 0, IPPROTO_TCP, 20 },
	[TCP_OPT] = { 0, IPPROTO_TCP, 32 },
	[UDP] = { 0, IPPROTO_UDP, 8 },
	[ICMP] = { 0, IPPROTO_ICMP, 8 },
	[ICMP6] = { 0, IPPROTO_ICMPV6, 8 },
	[SCTP] = { 0, IPPROTO_SCTP, 12 },
	[GRE] = { 0, IPPROTO_GRE, 4 },
	[ESP] = { 0, IPPROTO_ESP, 16 },
	[VXLAN] = { 4789, 0, 8 + ETH_HLEN },
	[GENEVE] = { 6081, 0, 8 + ETH_HLEN },
};

struct frame {
	u8 data[FRAME_LEN];
	int end;
	int l3;
	int l4;
	u8 *next;	/* the field that names the next layer */
	int next_size;	/* 0: nothing names it */
};

static void put_u16(u8 *bytes, u16 value)
{
	bytes[0] = value >> 8;
	bytes[1] = value;
}

static void frame_next(struct frame *frame, int offset, int size)
{
	frame->next = frame->data + frame->end + offset;
	frame->next_size = size;
}

static void frame_name_layer(struct frame *frame, enum layer layer)
{
	if (frame->next_size == 2)
		put_u16(frame->next, layers[layer].type);
	else if (frame->next_size)
		*frame->next = layers[layer].proto;
}

static void frame_add_ip(struct frame *frame, enum layer layer, u8 *header)
{
	frame->l3 = frame->end;
	if (layer == IP6) {
		header[0] = 0x60;
		frame_next(frame, 6, 1);
		return;
	}

	header[0] = 0x40 | layers[layer].size / 4;
	if (layer == IP4_FIRST)
		put_u16(header + 6, 0x2000);
	else if (layer == IP4_LATER)
		put_u16(header + 6, 0x2010);
	frame_next(frame, 9, 1);
}

static void frame_add(struct frame *frame, enum layer layer)
{
	u8 *header = frame->data + frame->end;

	frame_name_layer(frame, layer);
	frame->l4 = frame->end;

	switch (layer) {
	case VLAN:
	case QINQ:
		header[0] = 0x45;	/* as if IPv4 began here */
		fallthrough;
	case GRE:
	case UDP:
		frame_next(frame, 2, 2);
		break;
	case MPLS:
		frame_next(frame, 0, 0);
		break;
	case PPPOE:
		put_u16(header + 6, PPP_IP);
		frame_next(frame, 0, 0);
		break;
	case VXLAN:
	case GENEVE:
		frame_next(frame, 8 + offsetof(struct ethhdr, h_proto), 2);
		break;
	case IP4 ... IP6:
		frame_add_ip(frame, layer, header);
		break;
	case AH:
		header[1] = layers[AH].size / 4 - 2;
		frame_next(frame, 0, 1);
		break;
	case FIRST6:
	case LATER6:
		put_u16(header + 2, layer == FIRST6 ? 0x01 : 0x81);
		fallthrough;
	case HOP ... DEST:
		frame_next(frame, 0, 1);
		break;
	case TCP:
	case TCP_OPT:
		header[12] = layers[layer].size / 4 << 4;
		break;
	default:
		break;
	}
	frame->end += layers[layer].size;
}

static void frame_build(struct frame *frame, const u8 *layer)
{
	memset(frame, 0, sizeof(*frame));
	frame_next(frame, offsetof(struct ethhdr, h_proto), 2);
	frame->end = ETH_HLEN;
	frame->l3 = ETH_HLEN;
	for (; *layer != END; layer++)
		frame_add(frame, *layer);
}

static void skb_add_bytes(struct sk_buff *skb, const u8 *bytes, int len)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);

	memcpy(page_address(page), bytes, len);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, len,
			PAGE_SIZE);
}

/* head bytes linear, cut bytes in a frag of their own, the rest in another */
static struct sk_buff *frame_skb(const struct frame *frame, int len, int head,
				 int cut)
{
	struct sk_buff *skb = alloc_skb(HEADROOM + FRAME_LEN,
					GFP_KERNEL | __GFP_NOFAIL);

	skb_reserve(skb, HEADROOM);
	cut = min(cut, len - head);
	skb_put_data(skb, frame->data, head);
	if (cut)
		skb_add_bytes(skb, frame->data + head, cut);
	if (len > head + cut)
		skb_add_bytes(skb, frame->data + head + cut, len - head - cut);

	skb->dev = init_net.loopback_dev;
	skb->protocol = htons(frame->data[12] << 8 | frame->data[13]);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, frame->l3);
	return skb;
}

static void skb_set_transport(struct sk_buff *skb, int offset)
{
	if (offset == UNSET)
		skb->transport_header = (typeof(skb->transport_header))~0U;
	else
		skb_set_transport_header(skb, offset);
}

static void skb_set_partial(struct sk_buff *skb, int offset)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + offset;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/* Frames, and where the L4 header that the device looks for ends in them. */
struct layout {
	const char *name;
	u8 layers[12];
	int l4_end;	/* 0: there is no such header */
	int len;	/* 0: a long frame */
};

static const struct layout layouts[] = {
	{ "IPv4 TCP", { IP4, TCP }, 54 },
	{ "IPv4 TCP with options", { IP4, TCP_OPT }, 54 },
	{ "IPv4 UDP", { IP4, UDP }, 42 },
	{ "IPv4 with an option, TCP", { IP4_OPT, TCP }, 58 },
	{ "IPv4 with an option, UDP", { IP4_OPT, UDP }, 46 },
	{ "IPv4 with 40 bytes of options, TCP", { IP4_MAX, TCP }, 94 },
	{ "IPv4 first fragment, TCP", { IP4_FIRST, TCP }, 54 },
	{ "IPv4 first fragment, UDP", { IP4_FIRST, UDP }, 42 },
	{ "IPv4 later fragment, TCP", { IP4_LATER, TCP }, 0 },
	{ "IPv4 later fragment, UDP", { IP4_LATER, UDP }, 0 },
	{ "IPv4 ICMP", { IP4, ICMP }, 0 },
	{ "IPv4 SCTP", { IP4, SCTP }, 0 },
	{ "IPv4 GRE", { IP4, GRE }, 0 },
	{ "IPv4 GRE IPv4 TCP", { IP4, GRE, IP4, TCP }, 0 },
	{ "IPv4 in IPv4, TCP", { IP4, IP4, TCP }, 0 },
	{ "IPv6 in IPv4, TCP", { IP4, IP6, TCP }, 0 },
	{ "IPv4 VXLAN, TCP", { IP4, UDP, VXLAN, IP4, TCP }, 42 },
	{ "IPv4 GENEVE, UDP", { IP4, UDP, GENEVE, IP4, UDP }, 42 },
	{ "IPv4 ESP", { IP4, ESP }, 0 },
	{ "IPv4 AH, TCP", { IP4, AH, TCP }, 0 },
	{ "IPv4 with a bad header length", { IP4_BAD, TCP }, 0 },
	{ "IPv6 TCP", { IP6, TCP }, 74 },
	{ "IPv6 TCP with options", { IP6, TCP_OPT }, 74 },
	{ "IPv6 UDP", { IP6, UDP }, 62 },
	{ "IPv6 hop-by-hop, TCP", { IP6, HOP, TCP }, 82 },
	{ "IPv6 destination options, UDP", { IP6, DEST, UDP }, 70 },
	{ "IPv6 three extension headers, TCP",
	  { IP6, HOP, ROUTE, DEST, TCP }, 98 },
	{ "IPv6 first fragment, TCP", { IP6, FIRST6, TCP }, 82 },
	{ "IPv6 first fragment, UDP", { IP6, FIRST6, UDP }, 70 },
	{ "IPv6 first fragment, destination options, TCP",
	  { IP6, FIRST6, DEST, TCP }, 90 },
	{ "IPv6 later fragment, TCP", { IP6, LATER6, TCP }, 0 },
	{ "IPv6 ICMP", { IP6, ICMP6 }, 0 },
	{ "IPv6 hop-by-hop, ICMP", { IP6, HOP, ICMP6 }, 0 },
	{ "IPv6 ESP", { IP6, ESP }, 0 },
	{ "IPv6 destination options, ESP", { IP6, DEST, ESP }, 0 },
	{ "IPv6 AH, TCP", { IP6, AH, TCP }, 98 },
	{ "IPv6 GRE IPv4 TCP", { IP6, GRE, IP4, TCP }, 0 },
	{ "IPv6 in IPv6, TCP", { IP6, IP6, TCP }, 0 },
	{ "IPv6 VXLAN, TCP", { IP6, UDP, VXLAN, IP4, TCP }, 62 },
	{ "MPLS IPv4 TCP", { MPLS, IP4, TCP }, 0 },
	{ "PPPoE IPv4 TCP", { PPPOE, IP4, TCP }, 0 },
	{ "VLAN IPv4 TCP", { VLAN, IP4, TCP }, 58 },
	{ "VLAN IPv6 UDP", { VLAN, IP6, UDP }, 66 },
	{ "VLAN IPv4 ICMP", { VLAN, IP4, ICMP }, 0 },
	{ "QinQ IPv4 TCP", { QINQ, VLAN, IP4, TCP }, 62 },
	{ "QinQ IPv6 TCP", { QINQ, VLAN, IP6, TCP }, 82 },
	{ "eight VLAN tags, IPv4 TCP",
	  { VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, IP4, TCP }, 86 },
	{ "nine VLAN tags, IPv4 TCP",
	  { VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, VLAN, IP4, TCP },
	  0 },
	{ "ARP", { ARP }, 0 },
	{ "unknown ethertype", { OTHER }, 0 },
	{ "nothing behind Ethernet", { IP4 }, 0, 14 },
	{ "less than Ethernet", { IP4 }, 0, 13 },
	{ "half an IPv4 header", { IP4, TCP }, 0, 33 },
	{ "half an IPv6 header", { IP6, TCP }, 0, 53 },
	{ "half a VLAN tag", { VLAN, IP4, TCP }, 0, 17 },
	{ "half a TCP header", { IP4, TCP }, 54, 40 },
	{ "half a UDP header", { IP4, UDP }, 42, 38 },
};

static void layout_desc(const struct layout *layout, char *desc)
{
	strscpy(desc, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

/* As the driver asks. */
static bool split_at(const struct sk_buff *skb, u32 max_header_size)
{
	return !ena_tx_l4_in_head(skb) &&
	       ena_tx_header_split(skb, max_header_size);
}

static void expect_split(struct kunit *test, const struct layout *layout,
			 const struct sk_buff *skb)
{
	static const u32 max_header_sizes[] = { 0, 50, 96, 255, 4096 };
	int head = skb_headlen(skb);
	bool split;
	int i;

	for (i = 0; i < ARRAY_SIZE(max_header_sizes); i++) {
		split = head < layout->l4_end && head < max_header_sizes[i];
		KUNIT_EXPECT_EQ_MSG(test, split,
				    split_at(skb, max_header_sizes[i]),
				    "head %d, frags %d, summed %d, max %u",
				    head, skb_shinfo(skb)->nr_frags,
				    skb->ip_summed, max_header_sizes[i]);
	}
}

/* Every length of the linear part; transport header known and not; checksum
 * left to the device and not; the L4 header in one frag and across two.
 */
static void every_head(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	static const int cuts[] = { 0, 1, 2, 19 };
	struct frame frame;
	struct sk_buff *skb;
	int head, i, len;

	frame_build(&frame, layout->layers);
	len = layout->len ?: FRAME_LEN;

	for (head = 1; head < len; head++) {
		for (i = 0; i < ARRAY_SIZE(cuts); i++) {
			skb = frame_skb(&frame, len, head, cuts[i]);
			skb_set_transport(skb, UNSET);
			expect_split(test, layout, skb);
			skb_set_transport(skb, frame.l3);
			expect_split(test, layout, skb);
			skb_set_transport(skb, frame.l4);
			expect_split(test, layout, skb);
			skb_set_partial(skb, frame.l4);
			expect_split(test, layout, skb);
			kfree_skb(skb);
		}
	}
}

/* What producers are known to send, and offsets that are no use or lie. */
struct shape {
	const char *name;
	u8 layers[6];
	int head;
	int l3;		/* 0: where it is */
	int l4;
	int gso_type;
	bool in_head;	/* the first headers show it whole */
	bool split;
};

static const struct shape shapes[] = {
	{ "tap, IPv4 TCP, 52 of 54", { IP4, TCP }, 52, 0, 34, 0, false, true },
	{ "one byte short", { IP4, TCP }, 53, 0, 34, 0, false, true },
	{ "the TCP header and no more", { IP4, TCP }, 54, 0, 34, 0,
	  true, false },
	{ "one byte of payload", { IP4, TCP }, 55, 0, 34, 0, true, false },
	{ "local TCP with options", { IP4, TCP_OPT }, 66, 0, 34, 0,
	  true, false },
	{ "TCP, options cut", { IP4, TCP_OPT }, 54, 0, 34, 0, true, false },
	{ "tap, IPv6 TCP, 72 of 74", { IP6, TCP }, 72, 0, 54, 0, false, true },
	{ "IPv6 TCP, 74 of 74", { IP6, TCP }, 74, 0, 54, 0, true, false },
	{ "tap, IPv4 UDP, ends at its checksum", { IP4, UDP }, 42, 0, 34, 0,
	  true, false },
	{ "zerocopy UDP, IPv4", { IP4, UDP }, 42, 0, 34, 0, true, false },
	{ "zerocopy UDP, IPv6", { IP6, UDP }, 62, 0, 54, 0, true, false },
	{ "USO", { IP4, UDP }, 42, 0, 34, SKB_GSO_UDP_L4, true, false },
	{ "UDP, 41 of 42", { IP4, UDP }, 41, 0, 34, 0, false, true },
	{ "IPv6 UDP, 61 of 62", { IP6, UDP }, 61, 0, 54, 0, false, true },
	{ "UDP behind an extension header", { IP6, HOP, UDP }, 70, 0, 62, 0,
	  false, false },
	{ "UDP, VLAN tag in the frame", { VLAN, IP4, UDP }, 46, 0, 38, 0,
	  true, false },
	{ "UDP behind a VLAN tag, 45 of 46", { VLAN, IP4, UDP }, 45, 0, 38, 0,
	  false, true },
	{ "TCP behind a VLAN tag", { VLAN, IP4, TCP }, 58, 0, 38, 0,
	  true, false },
	{ "IPv6 TCP behind a VLAN tag", { VLAN, IP6, TCP }, 78, 0, 58, 0,
	  true, false },
	{ "IPv6 ESP", { IP6, ESP }, 74, 0, 54, 0, true, false },
	{ "IPv6 GRE", { IP6, GRE }, 74, 0, 54, 0, true, false },
	{ "IPv6 ICMP", { IP6, ICMP6 }, 74, 0, 54, 0, true, false },
	{ "ICMP, 42 bytes", { IP4, ICMP }, 42, 0, 34, 0, false, false },
	{ "ICMP, as long as TCP", { IP4, ICMP }, 54, 0, 34, 0, true, false },
	{ "IPv4 with an option, 54 of 58", { IP4_OPT, TCP }, 54, 0, 38, 0,
	  false, true },
	{ "IPv4 with an option, whole", { IP4_OPT, TCP }, 58, 0, 38, 0,
	  false, false },
	{ "IPv6 UDP, as long as IPv4 TCP", { IP6, UDP }, 54, 0, 54, 0,
	  false, true },
	{ "IPv6, as long as TCP, an extension header", { IP6, DEST, TCP }, 74,
	  0, 54, 0, false, true },
	{ "TX_RING, 14 bytes", { IP4, TCP }, 14, 0, UNSET, 0, false, true },
	{ "TX_RING, L4 taken for L3", { IP4, TCP }, 14, 0, 14, 0,
	  false, true },
	{ "TX_RING, ICMP", { IP4, ICMP }, 14, 0, 14, 0, false, false },
	{ "bridged, L4 taken for L3, 54", { IP4, TCP }, 54, 0, 14, 0,
	  true, false },
	{ "one byte", { IP4, TCP }, 1, 0, UNSET, 0, false, true },
	{ "TSO, options linear", { IP4, TCP_OPT }, 66, 0, 34, SKB_GSO_TCPV4,
	  true, false },
	{ "TSO, options cut", { IP4, TCP_OPT }, 65, 0, 34, SKB_GSO_TCPV4,
	  true, false },
	{ "TSO, L4 header cut", { IP4, TCP_OPT }, 53, 0, 34, SKB_GSO_TCPV4,
	  false, true },
	{ "no network header", { IP4, TCP }, 54, -14, 34, 0, true, false },
	{ "network header at 13", { IP4, TCP }, 54, 13, 34, 0, true, false },
	{ "VLAN, network header at 21, TCP to IPv6", { VLAN, IP4_MAX, TCP },
	  90, 21, 78, 0, false, true },
	{ "transport header before L3", { IP4, TCP }, 52, 0, 4, 0,
	  false, true },
	{ "transport header inside L3", { IP4, TCP }, 53, 0, 33, 0,
	  false, true },
	{ "transport header behind the frame", { IP4, TCP }, 52, 0, 2000, 0,
	  false, true },
	{ "transport header too far, L4 linear", { IP4, TCP }, 54, 0, 35, 0,
	  true, false },
	{ "transport header inside IPv4's options", { IP4_OPT, TCP }, 57, 0,
	  34, 0, false, true },
	{ "forwarded IPv6, TCP behind an extension header",
	  { IP6, DEST, TCP }, 81, 0, 54, 0, false, true },
	{ "forwarded IPv6, UDP behind an extension header",
	  { IP6, ROUTE, UDP }, 69, 0, 54, 0, false, true },
	{ "forwarded IPv6, first fragment", { IP6, FIRST6, TCP }, 81, 0, 54, 0,
	  false, true },
	{ "IPv6, transport header too far", { IP6, TCP }, 73, 0, 55, 0,
	  false, true },
	{ "IPv6, transport header too near", { IP6, UDP }, 61, 0, 34, 0,
	  false, true },
	{ "IPv6, transport header too near, L4 linear", { IP6, UDP }, 62, 0, 34,
	  0, true, false },
	{ "IPv6 UDP, as long as TCP", { IP6, UDP }, 74, 0, 54, 0, true, false },
};

static void shape_desc(const struct shape *shape, char *desc)
{
	strscpy(desc, shape->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

static void known_shape(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct frame frame;
	struct sk_buff *skb;

	frame_build(&frame, shape->layers);
	skb = frame_skb(&frame, FRAME_LEN, shape->head, 0);
	if (shape->l3)
		skb_set_network_header(skb, shape->l3);
	skb_set_transport(skb, shape->l4);
	skb_shinfo(skb)->gso_type = shape->gso_type;
	skb_shinfo(skb)->gso_size = shape->gso_type ? 100 : 0;

	KUNIT_EXPECT_EQ(test, shape->in_head,
			ena_tx_l4_in_head(skb));
	KUNIT_EXPECT_EQ(test, shape->split, split_at(skb, 96));

	/* Who shares an skb, as pktgen does, must not see it change. */
	skb_get(skb);
	KUNIT_EXPECT_EQ(test, false, split_at(skb, 96));
	kfree_skb(skb);
	kfree_skb(skb);
}

static void expect_frame(struct kunit *test, const struct frame *frame,
			 const struct sk_buff *skb)
{
	u8 bytes[FRAME_LEN] = { 0 };

	KUNIT_EXPECT_EQ(test, 0, skb_copy_bits(skb, 0, bytes, FRAME_LEN));
	KUNIT_EXPECT_EQ(test, 0, memcmp(bytes, frame->data, FRAME_LEN));
}

/* As the driver pulls, without memory to linearize: as far as the L4 header
 * goes and no farther. A clone does not see it.
 */
static void pull_header(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct sk_buff *skb, *clone;
	struct frame frame;
	int head;

	frame_build(&frame, shape->layers);
	skb = frame_skb(&frame, FRAME_LEN, shape->head, 7);
	clone = skb_clone(skb, GFP_KERNEL | __GFP_NOFAIL);

	head = shape->split ? ena_tx_l4_header_end(skb) : shape->head;
	head = min_t(int, head, skb->len);
	KUNIT_EXPECT_EQ(test, true, pskb_may_pull(skb, head));
	KUNIT_EXPECT_EQ(test, false, split_at(skb, 96));
	KUNIT_EXPECT_EQ(test, head, (int)skb_headlen(skb));
	KUNIT_EXPECT_EQ(test, true, skb_shinfo(skb)->nr_frags <=
			skb_shinfo(clone)->nr_frags);
	expect_frame(test, &frame, skb);
	KUNIT_EXPECT_EQ(test, shape->head, (int)skb_headlen(clone));
	expect_frame(test, &frame, clone);
	kfree_skb(clone);
	kfree_skb(skb);
}

static struct kunit_case ena_tx_header_cases[] = {
	KUNIT_CASE_PARAM(every_head, layout_gen_params),
	KUNIT_CASE_PARAM(known_shape, shape_gen_params),
	KUNIT_CASE_PARAM(pull_header, shape_gen_params),
	{}
};

static struct kunit_suite ena_tx_header_suite = {
	.name = "ena_tx_header",
	.test_cases = ena_tx_header_cases,
};

kunit_test_suite(ena_tx_header_suite);

MODULE_DESCRIPTION("Tests of ENA's check for cut L4 headers");
MODULE_LICENSE("GPL");
