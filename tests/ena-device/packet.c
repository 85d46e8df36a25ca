// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>

#include "packet.h"

#define ETHERTYPE_OFFSET	12
#define VLAN_HLEN		4
#define IPV6_HLEN		40
#define IPV4_MORE_FRAGMENTS	0x2000
#define IPV4_OFFSET_MASK	0x1fff
#define IPV6_OFFSET_MASK	0xfff8
#define MAX_NESTING		8

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

static void parse_ipv4(const u8 *frame, u32 len, struct packet *p)
{
	const u8 *ip = frame + p->l3_offset;
	u32 hlen;
	u16 fragment;

	if (len - p->l3_offset < 20 || ip[0] >> 4 != 4)
		return;
	hlen = (ip[0] & 0xfu) * 4;
	if (hlen < 20 || hlen > len - p->l3_offset)
		return;
	p->ip_version = 4;
	p->end = min_u32(len, p->l3_offset + be16_at(ip + 2));
	fragment = be16_at(ip + 6);
	p->fragment = fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK);
	p->l4_offset = p->l3_offset + hlen;
	if (!(fragment & IPV4_OFFSET_MASK))
		p->l4_proto = ip[9];
}

/* Steps over one extension header; false at the end of the chain. */
static bool skip_extension(const u8 *frame, u32 len, struct packet *p,
			   u8 *next)
{
	const u8 *header = frame + p->l4_offset;

	if (*next != IPPROTO_HOPOPTS && *next != IPPROTO_ROUTING &&
	    *next != IPPROTO_DSTOPTS && *next != IPPROTO_FRAGMENT)
		return false;
	if (len - p->l4_offset < 8) {
		*next = 0;
		return false;
	}
	if (*next == IPPROTO_FRAGMENT) {
		p->fragment = true;
		if (be16_at(header + 2) & IPV6_OFFSET_MASK) {
			*next = 0;
			return false;
		}
		p->l4_offset += 8;
	} else {
		p->l4_offset += (header[1] + 1u) * 8;
	}
	*next = header[0];
	return p->l4_offset <= len;
}

static void parse_ipv6(const u8 *frame, u32 len, struct packet *p)
{
	const u8 *ip = frame + p->l3_offset;
	int nesting = MAX_NESTING;
	u8 next;

	if (len - p->l3_offset < IPV6_HLEN || ip[0] >> 4 != 6)
		return;
	p->ip_version = 6;
	p->end = min_u32(len, p->l3_offset + IPV6_HLEN + be16_at(ip + 4));
	p->l4_offset = p->l3_offset + IPV6_HLEN;
	next = ip[6];
	while (nesting-- && skip_extension(frame, len, p, &next))
		;
	if (p->l4_offset <= len)
		p->l4_proto = next;
}

void packet_parse(const u8 *frame, u32 len, struct packet *p)
{
	u32 offset = ETHERTYPE_OFFSET;
	int nesting = MAX_NESTING;
	u16 type;

	*p = (struct packet){ .end = len };
	do {
		if (len < offset + 2)
			return;
		type = be16_at(frame + offset);
		offset += VLAN_HLEN;
	} while ((type == 0x8100 || type == 0x88a8) && nesting--);
	p->l3_offset = offset - VLAN_HLEN + 2;
	if (type == 0x0800)
		parse_ipv4(frame, len, p);
	else if (type == 0x86dd)
		parse_ipv6(frame, len, p);
}

u32 packet_header_end(const struct packet *p)
{
	switch (p->l4_proto) {
	case PROTO_TCP:
		return p->l4_offset + TCP_MIN_HLEN;
	case PROTO_UDP:
		return p->l4_offset + UDP_HLEN;
	default:
		return 0;
	}
}

/* The sum does not depend on the order of bytes, but for its own. */
u16 packet_checksum(const u8 *data, u32 len)
{
	u64 sum = 0;
	u32 word;
	u32 i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum += word;
	}
	if (i < len) {
		word = 0;
		memcpy(&word, data + i, len - i);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~be16toh((u16)sum);
}
