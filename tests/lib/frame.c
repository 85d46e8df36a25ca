// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "frame.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ETH_P_TEST	0x88b5
#define VLAN_HLEN	4
#define FRAGMENT_HLEN	8
#define DISCARD_PORT	9
#define FLOW_PORT	40000
#define ARP_LEN		28
#define TUNNEL_ROOM	80

/* Source and destination, and the source again: that of a reply follows. */
static const unsigned char addresses4[] = {
	198, 51, 100, 1, 192, 0, 2, 99, 198, 51, 100, 1,
};

static const unsigned char addresses6[] = {
	0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99,
	0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
};

/* Names */

struct word {
	const char *name;
	struct frame f;
};

static const struct word words[] = {
	{ "vlan", { .tags = 1 } },
	{ "qinq", { .tags = 2 } },
	{ "v4", { .type = ETH_P_IP } },
	{ "v4opt", { .type = ETH_P_IP, .ip_options = 12 } },
	{ "v4opt40", { .type = ETH_P_IP, .ip_options = 40 } },
	{ "v6", { .type = ETH_P_IPV6 } },
	{ "v6hop", { .type = ETH_P_IPV6, .extensions = 1,
		     .extension = { { IPPROTO_HOPOPTS, 8 } } } },
	{ "v6dst", { .type = ETH_P_IPV6, .extensions = 1,
		     .extension = { { IPPROTO_DSTOPTS, 8 } } } },
	{ "v6dst64", { .type = ETH_P_IPV6, .extensions = 1,
		       .extension = { { IPPROTO_DSTOPTS, 64 } } } },
	{ "v6route", { .type = ETH_P_IPV6, .extensions = 1,
		       .extension = { { IPPROTO_ROUTING, 24 } } } },
	{ "v6ah", { .type = ETH_P_IPV6, .extensions = 1,
		    .extension = { { IPPROTO_AH, 16 } } } },
	{ "arp", { .type = ETH_P_ARP } },
	{ "raw", { .type = ETH_P_TEST } },
	{ "mpls", { .type = ETH_P_MPLS_UC, .tunnel = TUNNEL_MPLS } },
	{ "pppoe", { .type = ETH_P_PPP_SES, .tunnel = TUNNEL_PPPOE } },
	{ "tcp", { .proto = IPPROTO_TCP } },
	{ "tcpopt", { .proto = IPPROTO_TCP, .l4_options = 12 } },
	{ "tcpopt40", { .proto = IPPROTO_TCP, .l4_options = 40 } },
	{ "udp", { .proto = IPPROTO_UDP } },
	{ "icmp", { .proto = IPPROTO_ICMP } },
	{ "sctp", { .proto = IPPROTO_SCTP } },
	{ "vxlan", { .proto = IPPROTO_UDP, .tunnel = TUNNEL_VXLAN } },
	{ "geneve", { .proto = IPPROTO_UDP, .tunnel = TUNNEL_GENEVE } },
	{ "gre", { .proto = IPPROTO_GRE, .tunnel = TUNNEL_GRE } },
	{ "ipip", { .proto = IPPROTO_IPIP, .tunnel = TUNNEL_IPIP } },
	{ "esp", { .proto = IPPROTO_ESP } },
	{ "ah", { .proto = IPPROTO_AH, .tunnel = TUNNEL_AH } },
	{ "first", { .fragment = FRAGMENT_FIRST } },
	{ "later", { .fragment = FRAGMENT_LATER } },
};

static void add_word(struct frame *f, const struct frame *w)
{
	f->tags |= w->tags;
	f->type |= w->type;
	f->ip_options |= w->ip_options;
	if (w->extensions) {
		f->extensions = w->extensions;
		memcpy(f->extension, w->extension, sizeof(f->extension));
	}
	f->proto |= w->proto;
	f->l4_options |= w->l4_options;
	f->fragment |= w->fragment;
	f->tunnel |= w->tunnel;
}

static bool parse_word(struct frame *f, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].name) != len ||
		    strncmp(words[i].name, name, len))
			continue;
		add_word(f, &words[i].f);
		return true;
	}
	return false;
}

bool frame_parse(struct frame *f, const char *name)
{
	size_t len;

	for (;;) {
		len = strcspn(name, "-");
		if (!parse_word(f, name, len))
			return false;
		if (!name[len])
			return f->type;
		name += len + 1;
	}
}

/* Where the parts of a frame start */

unsigned int frame_l3(const struct frame *f)
{
	return ETH_HLEN + f->tags * VLAN_HLEN;
}

static unsigned int extensions_len(const struct frame *f)
{
	unsigned int i, len = f->fragment ? FRAGMENT_HLEN : 0;

	for (i = 0; i < f->extensions; i++)
		len += f->extension[i].len;
	return len;
}

unsigned int frame_l4(const struct frame *f)
{
	unsigned int l3 = frame_l3(f);

	switch (f->type) {
	case ETH_P_IP:
		return l3 + sizeof(struct iphdr) + f->ip_options;
	case ETH_P_IPV6:
		return l3 + sizeof(struct ipv6hdr) + extensions_len(f);
	default:
		return l3;
	}
}

unsigned int frame_csum_offset(const struct frame *f)
{
	switch (f->proto) {
	case IPPROTO_TCP:
		return offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
		return offsetof(struct udphdr, check);
	case IPPROTO_ICMP:
		return 2;
	default:
		return 0;
	}
}

static unsigned int l4_len(const struct frame *f)
{
	if (f->fragment == FRAGMENT_LATER)
		return 0;
	switch (f->proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr) + f->l4_options;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
		return 12;
	default:
		return 0;
	}
}

unsigned int frame_min(const struct frame *f)
{
	if (f->type == ETH_P_ARP)
		return frame_l3(f) + ARP_LEN;
	return frame_l4(f) + l4_len(f);
}

/* Checksums */

static uint32_t csum_add(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put_be16(unsigned char *p, unsigned int value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static void put_be32(unsigned char *p, unsigned int value)
{
	put_be16(p, value >> 16);
	put_be16(p + 2, value);
}

static unsigned int l4_proto(const struct frame *f)
{
	if (f->proto == IPPROTO_ICMP && f->type == ETH_P_IPV6)
		return IPPROTO_ICMPV6;
	return f->proto;
}

static uint32_t get_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint32_t pseudo_csum(const struct frame *f, unsigned int len)
{
	uint32_t sum = l4_proto(f) + len;

	if (f->type == ETH_P_IPV6)
		return csum_add(sum, addresses6, 32);
	if (f->proto == IPPROTO_ICMP)
		return 0;
	return csum_add(sum, addresses4, 8);
}

static uint16_t l4_csum(const struct frame *f, const unsigned char *p,
			unsigned int len)
{
	return ~csum_add(pseudo_csum(f, len), p, len);
}

/* A sum of zero may leave an offload as 0xffff: no frame of ours has it. */
static void put_l4_csum(const struct frame *f, unsigned char *p,
			unsigned int len, bool partial)
{
	unsigned char *check = p + frame_csum_offset(f);

	if (!frame_csum_offset(f) || f->fragment)
		return;
	put_be16(check, 0);
	if (!l4_csum(f, p, len))
		p[len - 1] ^= 1;
	put_be16(check, partial ? pseudo_csum(f, len) : l4_csum(f, p, len));
}

static void put_ipv4_csum(unsigned char *p)
{
	put_be16(p + offsetof(struct iphdr, check), 0);
	put_be16(p + offsetof(struct iphdr, check),
		 ~csum_add(0, p, (p[0] & 0xf) * 4));
}

/* Headers */

static void put_ethernet(const struct frame *f, unsigned char *p)
{
	unsigned int i;

	memcpy(p, f->dmac, ETH_ALEN);
	memcpy(p + ETH_ALEN, f->smac, ETH_ALEN);
	p += 2 * ETH_ALEN;
	for (i = f->tags; i; i--) {
		put_be16(p, i == 2 ? ETH_P_8021AD : ETH_P_8021Q);
		put_be16(p + 2, 4 + i);
		p += VLAN_HLEN;
	}
	put_be16(p, f->type);
}

static void put_ipv4(const struct frame *f, unsigned int seq, unsigned char *p)
{
	static const unsigned int frag_off[] = { 0x4000, 0x2000, 0x2010 };

	p[0] = 0x45 + f->ip_options / 4;
	put_be16(p + 2, f->len - frame_l3(f));
	put_be16(p + 4, f->id * 8 + seq);
	put_be16(p + 6, frag_off[f->fragment]);
	p[8] = 64;
	p[9] = f->proto;
	memcpy(p + 12, addresses4 + (f->reply ? 4 : 0), 8);
	memset(p + sizeof(struct iphdr), 1, f->ip_options);
	put_ipv4_csum(p);
}

static void put_fragment(const struct frame *f, unsigned int seq,
			 unsigned char *p, unsigned char next, bool later)
{
	p[0] = next;
	put_be16(p + 2, later ? 16 << 3 | 1 : 1);
	put_be32(p + 4, f->id * 8 + seq);
}

/* A PadN option fills options; a routing header has no segments left. Of AH
 * the length is in units of 4 bytes.
 */
static void put_extension(unsigned char *p, unsigned int type,
			  unsigned int len, unsigned char next)
{
	p[0] = next;
	p[1] = len / 8 - 1;
	if (type == IPPROTO_AH) {
		p[1] = len / 4 - 2;
	} else if (type == IPPROTO_ROUTING) {
		p[2] = 4;
	} else {
		p[2] = 1;
		p[3] = len - 4;
	}
}

/* The header behind the i-th extension header. */
static unsigned char next_header(const struct frame *f, unsigned int i)
{
	if (i < f->extensions)
		return f->extension[i].type;
	return f->fragment ? IPPROTO_FRAGMENT : l4_proto(f);
}

static void put_ipv6(const struct frame *f, unsigned int seq, unsigned char *p)
{
	unsigned int i;

	put_be32(p, 0x60000000 | ((f->id * 8 + seq) & 0xfffff));
	put_be16(p + 4, f->len - frame_l3(f) - sizeof(struct ipv6hdr));
	p[6] = next_header(f, 0);
	p[7] = 64;
	memcpy(p + 8, addresses6 + (f->reply ? 16 : 0), 32);
	p += sizeof(struct ipv6hdr);
	for (i = 0; i < f->extensions; p += f->extension[i++].len) {
		if (f->extension[i].type == IPPROTO_FRAGMENT)
			put_fragment(f, seq, p, next_header(f, i + 1), false);
		else
			put_extension(p, f->extension[i].type,
				      f->extension[i].len,
				      next_header(f, i + 1));
	}
	if (f->fragment)
		put_fragment(f, seq, p, l4_proto(f),
			     f->fragment == FRAGMENT_LATER);
}

static void put_arp(const struct frame *f, unsigned int seq, unsigned char *p)
{
	static const unsigned char head[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memcpy(p, head, sizeof(head));
	memcpy(p + 8, f->smac, ETH_ALEN);
	put_be32(p + 14, 0xc6330000 | ((f->id * 8 + seq) & 0xffff));
	memcpy(p + 24, addresses4 + 4, 4);
}

/* A SYN: what belongs to no connection may carry any sequence number. */
static void put_tcp(const struct frame *f, unsigned int seq, unsigned char *p)
{
	unsigned int words = (sizeof(struct tcphdr) + f->l4_options) / 4;

	put_be32(p + 4, f->id << 8 | seq);
	put_be16(p + 12, words << 12 | f->tcp_flags);
	put_be16(p + 14, 0xffff);
	put_be16(p + 18, 0x1234);
	memset(p + sizeof(struct tcphdr), 1, f->l4_options);
}

static const struct {
	unsigned int port, len;
	bool ethernet;			/* in front of the inner IPv4 header */
	unsigned char header[16];
} tunnels[] = {
	[TUNNEL_NONE] = { .port = DISCARD_PORT },
	[TUNNEL_VXLAN] = { 4789, 8, true, { 8, 0, 0, 0, 0, 0, 42 } },
	[TUNNEL_GENEVE] = { 6081, 8, true, { 0, 0, 0x65, 0x58, 0, 0, 42 } },
	[TUNNEL_GRE] = { 0, 4, false, { 0, 0, 8, 0 } },
	[TUNNEL_AH] = { 0, 16, false, { IPPROTO_IPIP, 2 } },
	[TUNNEL_MPLS] = { 0, 4, false, { 0, 1, 1, 64 } },
	[TUNNEL_PPPOE] = { 0, 8, false, { 0x11, 0, 0, 1, 0, 0, 0, 0x21 } },
};

static void put_l4(const struct frame *f, unsigned int seq, unsigned char *p)
{
	unsigned int port = f->flow ? FLOW_PORT + f->flow :
				      0x8000 + (f->id * 8 + seq) % 0x4000;

	if (f->proto == IPPROTO_ICMP) {
		p[0] = f->type == ETH_P_IPV6 ? 128 : 8;
		put_be16(p + 6, f->id * 8 + seq);
		return;
	}
	put_be16(p, f->reply ? DISCARD_PORT : port);
	put_be16(p + 2, f->reply ? port : tunnels[f->tunnel].port);
	if (f->proto == IPPROTO_UDP)
		put_be16(p + 4, f->len - frame_l4(f));
	else if (f->proto == IPPROTO_TCP)
		put_tcp(f, seq, p);
}

static void put_payload(const struct frame *f, unsigned int seq,
			unsigned char *p, unsigned int len)
{
	uint32_t x = (f->id * 8 + seq + 1) * 2654435761u;

	while (len--) {
		x = x * 1664525 + 1013904223;
		*p++ = x >> 24;
	}
}

/* The tunnel's header and an inner frame with whole headers. */
static void put_tunnel(const struct frame *f, unsigned int seq,
		       unsigned char *p, unsigned int len)
{
	unsigned int head = tunnels[f->tunnel].len;
	struct frame inner = {
		.type = ETH_P_IP, .proto = IPPROTO_TCP, .id = f->id,
		.tcp_flags = f->tcp_flags,
	};

	memcpy(p, tunnels[f->tunnel].header, head);
	if (f->tunnel == TUNNEL_PPPOE)
		put_be16(p + 4, len - head + 2);
	p += head;
	inner.len = len - head;
	if (tunnels[f->tunnel].ethernet) {
		put_ethernet(&inner, p);
		p += ETH_HLEN;
	} else {
		inner.len += ETH_HLEN;
	}
	put_ipv4(&inner, seq, p);
	p += sizeof(struct iphdr);
	memset(p, 0, sizeof(struct tcphdr));
	put_l4(&inner, seq, p);
	put_l4_csum(&inner, p, inner.len - frame_l4(&inner), false);
}

void frame_build(const struct frame *f, unsigned int seq, bool partial,
		 unsigned char *p)
{
	unsigned int payload = frame_min(f);
	unsigned int l4 = frame_l4(f);

	memset(p, 0, payload);
	put_ethernet(f, p);
	if (f->type == ETH_P_IP)
		put_ipv4(f, seq, p + frame_l3(f));
	else if (f->type == ETH_P_IPV6)
		put_ipv6(f, seq, p + frame_l3(f));
	else if (f->type == ETH_P_ARP)
		put_arp(f, seq, p + frame_l3(f));
	if (f->len > payload)
		put_payload(f, seq, p + payload, f->len - payload);
	if (f->tunnel && f->len >= payload + TUNNEL_ROOM)
		put_tunnel(f, seq, p + payload, f->len - payload);
	if (l4_len(f) && f->len >= payload) {
		put_l4(f, seq, p + l4);
		put_l4_csum(f, p + l4, f->len - l4, partial);
	}
}

void frame_route(const struct frame *f, unsigned char *p,
		 const unsigned char *smac, const unsigned char *dmac)
{
	unsigned char *l3 = p + frame_l3(f);

	memcpy(p, dmac, ETH_ALEN);
	memcpy(p + ETH_ALEN, smac, ETH_ALEN);
	if (f->type == ETH_P_IPV6) {
		l3[7]--;
		return;
	}
	l3[8]--;
	put_ipv4_csum(l3);
}

/* Segmentation */

static unsigned int segment_ufo(const struct frame *f, unsigned int size,
				unsigned int nr, unsigned char *p)
{
	unsigned int l4 = frame_l4(f), at = nr * size;
	unsigned int len = f->len - l4 - at;
	bool last = len <= size;

	if (!last)
		len = size;
	memmove(p + l4, p + l4 + at, len);
	put_be16(p + frame_l3(f) + 2, l4 - frame_l3(f) + len);
	put_be16(p + frame_l3(f) + 6, at / 8 | (last ? 0 : 0x2000));
	put_ipv4_csum(p + frame_l3(f));
	return l4 + len;
}

static void fix_lengths(const struct frame *f, unsigned int nr,
			unsigned int len, unsigned char *p)
{
	unsigned char *l3 = p + frame_l3(f);

	if (f->type == ETH_P_IPV6) {
		put_be16(l3 + 4, len - frame_l3(f) - sizeof(struct ipv6hdr));
		return;
	}
	put_be16(l3 + 2, len - frame_l3(f));
	put_be16(l3 + 4, (l3[4] << 8 | l3[5]) + nr);
	put_ipv4_csum(l3);
}

static unsigned int segment_l4(const struct frame *f, unsigned int size,
			       unsigned int nr, unsigned char *p)
{
	unsigned int head = frame_min(f), at = nr * size;
	unsigned int len = f->len - head - at;
	unsigned char *l4 = p + frame_l4(f);
	unsigned int l4_len;

	if (len > size)
		len = size;
	memmove(p + head, p + head + at, len);
	fix_lengths(f, nr, head + len, p);
	l4_len = head + len - frame_l4(f);
	if (f->proto == IPPROTO_UDP)
		put_be16(l4 + 4, l4_len);
	else
		put_be32(l4 + 4, get_be32(l4 + 4) + at);
	put_be16(l4 + frame_csum_offset(f), 0);
	put_be16(l4 + frame_csum_offset(f), l4_csum(f, l4, l4_len));
	return head + len;
}

unsigned int frame_segment(const struct frame *f, const unsigned char *whole,
			   unsigned int size, unsigned int nr, bool ufo,
			   unsigned char *p)
{
	unsigned int head = ufo ? frame_l4(f) : frame_min(f);

	if (nr * size >= f->len - head)
		return 0;
	memcpy(p, whole, f->len);
	return ufo ? segment_ufo(f, size, nr, p) : segment_l4(f, size, nr, p);
}
