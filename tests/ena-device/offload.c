// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "offload.h"

#define OFFLOAD(name)		ENA_ADMIN_FEATURE_OFFLOAD_DESC_##name##_MASK
#define MAX_SEGMENTS		2048
#define IPV4_HLEN		20
#define IPV6_HLEN		40
#define TCP_FIN_PSH		0x09
#define TCP_CWR			0x80

static void put_be16(u8 *to, u32 value)
{
	to[0] = (u8)(value >> 8);
	to[1] = (u8)value;
}

static void put_be32(u8 *to, u32 value)
{
	put_be16(to, value >> 16);
	put_be16(to + 2, value);
}

static bool is_ipv6(const struct tx_packet *packet)
{
	return (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L3_PROTO_IDX_MASK) ==
	       ENA_ETH_IO_L3_PROTO_IPV6;
}

/* TSO makes all checksums; the flag for partial ones says nothing then. */
static u32 needed_offloads(const struct tx_packet *packet)
{
	bool ipv6 = is_ipv6(packet);
	u32 need = 0;

	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK)
		return ipv6 ? OFFLOAD(TSO_IPV6) : OFFLOAD(TSO_IPV4);
	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK)
		need = OFFLOAD(TX_L3_CSUM_IPV4);
	if (!(packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK))
		return need;
	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK)
		return need | (ipv6 ? OFFLOAD(TX_L4_IPV6_CSUM_PART) :
				      OFFLOAD(TX_L4_IPV4_CSUM_PART));
	return need | (ipv6 ? OFFLOAD(TX_L4_IPV6_CSUM_FULL) :
			      OFFLOAD(TX_L4_IPV4_CSUM_FULL));
}

/* The sum of the pseudo header, in its field as a driver leaves it. */
static void put_pseudo(u8 *frame, u32 l3, u32 field, u8 proto, u32 l4_len,
		       bool ipv6)
{
	u8 pseudo[40] = { 0 };
	u32 addresses = ipv6 ? 32 : 8;

	memcpy(pseudo, frame + l3 + (ipv6 ? 8 : 12), addresses);
	put_be32(pseudo + addresses, l4_len);
	pseudo[addresses + 7] = proto;
	put_be16(frame + field, (u16)~packet_checksum(pseudo, sizeof(pseudo)));
}

/* The field has the sum of the pseudo header, and gets the sum of all. */
static void finish_l4(u8 *frame, u32 l4, u32 field, u32 end, bool udp)
{
	u16 sum = packet_checksum(frame + l4, end - l4);

	put_be16(frame + field, udp && !sum ? 0xffff : sum);
}

static bool has_ip_header(const struct tx_packet *packet, u32 len)
{
	u32 need = is_ipv6(packet) ? IPV6_HLEN : IPV4_HLEN;

	return packet->meta.l3_len >= need &&
	       (u32)packet->meta.l3_offset + packet->meta.l3_len <= len;
}

static void finish_l3(u8 *ip, u32 hlen)
{
	put_be16(ip + 10, 0);
	put_be16(ip + 10, packet_checksum(ip, hlen));
}

static enum tx_drop l4_checksum(u8 *frame, u32 len, const struct packet *p,
				const struct tx_packet *packet)
{
	u32 l4 = (u32)packet->meta.l3_offset + packet->meta.l3_len;
	u32 proto = field_get(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK,
			      packet->meta_ctrl);
	bool udp = proto == ENA_ETH_IO_L4_PROTO_UDP;
	u32 field = l4 + (udp ? 6 : 16);
	u32 end = p->ip_version ? p->end : len;

	if (!udp && proto != ENA_ETH_IO_L4_PROTO_TCP)
		return TX_DROP_CHECKSUM;
	if (!packet->meta.l3_len || field + 2 > end)
		return TX_DROP_CHECKSUM;
	if (!(packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK)) {
		if (!has_ip_header(packet, len))
			return TX_DROP_CHECKSUM;
		put_pseudo(frame, packet->meta.l3_offset, field,
			   udp ? PROTO_UDP : PROTO_TCP, end - l4,
			   is_ipv6(packet));
	}
	finish_l4(frame, l4, field, end, udp);
	return TX_DROP_NONE;
}

static enum tx_drop checksums(u8 *frame, u32 len, const struct packet *p,
			      const struct tx_packet *packet)
{
	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK) {
		if (is_ipv6(packet) || !has_ip_header(packet, len))
			return TX_DROP_CHECKSUM;
		finish_l3(frame + packet->meta.l3_offset, packet->meta.l3_len);
	}
	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK)
		return l4_checksum(frame, len, p, packet);
	return TX_DROP_NONE;
}

/* One TCP stream's piece of a large frame. */
struct segment {
	u32 l3;
	u32 l4;
	u32 header;	/* bytes of all headers */
	u32 at;		/* of the payload */
	u32 len;	/* of the payload */
	u32 number;
	bool last;
};

static void fill_ip(u8 *frame, const struct segment *s, bool ipv6)
{
	u8 *ip = frame + s->l3;

	if (ipv6) {
		put_be16(ip + 4, s->header + s->len - s->l3 - IPV6_HLEN);
		return;
	}
	put_be16(ip + 2, s->header + s->len - s->l3);
	put_be16(ip + 4, be16_at(ip + 4) + s->number);
	finish_l3(ip, s->l4 - s->l3);
}

static void fill_tcp(u8 *frame, const struct segment *s, bool ipv6)
{
	u8 *tcp = frame + s->l4;

	put_be32(tcp + 4, be32_at(tcp + 4) + s->at);
	if (!s->last)
		tcp[13] &= (u8)~TCP_FIN_PSH;
	if (s->number)
		tcp[13] &= (u8)~TCP_CWR;
	put_pseudo(frame, s->l3, s->l4 + 16, PROTO_TCP,
		   s->header + s->len - s->l4, ipv6);
	finish_l4(frame, s->l4, s->l4 + 16, s->header + s->len, false);
}

static enum tx_drop send_segment(struct ena_dev *dev, const struct segment *s,
				 bool ipv6)
{
	u8 frame[ENA_MAX_FRAME];

	memcpy(frame, dev->frame, s->header);
	memcpy(frame + s->header, dev->frame + s->header + s->at, s->len);
	fill_ip(frame, s, ipv6);
	fill_tcp(frame, s, ipv6);
	return wire_send(&dev->port, frame, s->header + s->len);
}

static enum tx_drop segment(struct ena_dev *dev, u32 len,
			    const struct tx_packet *packet)
{
	const struct tx_meta *meta = &packet->meta;
	struct segment s = { .l3 = meta->l3_offset };
	enum tx_drop drop = TX_DROP_NONE;
	u32 payload;

	s.l4 = s.l3 + meta->l3_len;
	s.header = s.l4 + meta->l4_words * 4u;
	if (!has_ip_header(packet, len) || !meta->mss ||
	    meta->l4_words * 4u < TCP_MIN_HLEN || s.header > len ||
	    s.header + meta->mss > ENA_MAX_FRAME)
		return TX_DROP_TSO;
	payload = len - s.header;
	if (payload / meta->mss >= MAX_SEGMENTS)
		return TX_DROP_TSO;
	while (!s.last && drop == TX_DROP_NONE) {
		s.last = payload - s.at <= meta->mss;
		s.len = s.last ? payload - s.at : meta->mss;
		drop = send_segment(dev, &s, is_ipv6(packet));
		s.at += s.len;
		s.number++;
	}
	return drop;
}

enum tx_drop offload_send(struct ena_dev *dev, u32 len, const struct packet *p,
			  const struct tx_packet *packet)
{
	enum tx_drop drop;

	if (needed_offloads(packet) & ~dev->config.profile.tx_offload)
		return TX_DROP_OFFLOAD;
	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK)
		return segment(dev, len, packet);
	drop = checksums(dev->frame, len, p, packet);
	if (drop != TX_DROP_NONE)
		return drop;
	return wire_send(&dev->port, dev->frame, len);
}

/* True if the sum over the pseudo header and L4 is right. */
static bool l4_is_right(const u8 *frame, const struct packet *p)
{
	bool ipv6 = p->ip_version == 6;
	u32 addresses = ipv6 ? 32 : 8;
	u32 len = p->end - p->l4_offset;
	u8 pseudo[40] = { 0 };
	u32 sum;

	memcpy(pseudo, frame + p->l3_offset + (ipv6 ? 8 : 12), addresses);
	put_be32(pseudo + addresses, len);
	pseudo[addresses + 7] = p->l4_proto;
	sum = (u16)~packet_checksum(pseudo, sizeof(pseudo));
	sum += (u16)~packet_checksum(frame + p->l4_offset, len);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

static u32 l4_verdict(const u8 *frame, const struct packet *p)
{
	u32 len = p->end - p->l4_offset;

	/* A UDP sender may leave it out on IPv4. */
	if (p->l4_proto == PROTO_UDP &&
	    (len < UDP_HLEN || !be16_at(frame + p->l4_offset + 6)))
		return 0;
	return ENA_ETH_IO_RX_CDESC_BASE_L4_CSUM_CHECKED_MASK |
	       (l4_is_right(frame, p) ?
			0 : ENA_ETH_IO_RX_CDESC_BASE_L4_CSUM_ERR_MASK);
}

u32 offload_verdict(const struct ena_dev *dev, const u8 *frame,
		    const struct packet *p)
{
	u32 offers = dev->config.profile.rx_offload;
	const u8 *ip = frame + p->l3_offset;
	u32 verdict = 0;

	/* It is also set if nothing was validated. */
	if (p->ip_version == 4 && (!(offers & OFFLOAD(RX_L3_CSUM_IPV4)) ||
				   packet_checksum(ip, (ip[0] & 0xfu) * 4)))
		verdict |= ENA_ETH_IO_RX_CDESC_BASE_L3_CSUM_ERR_MASK;
	if (p->fragment || p->end <= p->l4_offset ||
	    (p->l4_proto != PROTO_TCP && p->l4_proto != PROTO_UDP))
		return verdict;
	if (offers & (p->ip_version == 4 ? OFFLOAD(RX_L4_IPV4_CSUM) :
					   OFFLOAD(RX_L4_IPV6_CSUM)))
		verdict |= l4_verdict(frame, p);
	return verdict;
}
