// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from a seed: mostly such as a virtual machine sends, with headers at
 * all the lengths where the kernel cuts them; some that lie.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_ether.h>

#include "item.h"

#define TCP_CSUM	16
#define UDP_CSUM	6

struct maker {
	struct item *item;
	uint64_t state;
	unsigned int len;	/* of the frame to make */
	unsigned int at;	/* what of it is written */
	unsigned int l3;
	unsigned int l4;
	unsigned int proto;
	unsigned int header_end;
	bool ipv6;
	bool whole;		/* no later fragment */
};

static uint64_t next(struct maker *m)
{
	uint64_t z = (m->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned int below(struct maker *m, unsigned int limit)
{
	return (unsigned int)(next(m) % limit);
}

static unsigned int between(struct maker *m, unsigned int low,
			    unsigned int high)
{
	return low + below(m, high - low + 1);
}

static bool percent(struct maker *m, unsigned int chance)
{
	return below(m, 100) < chance;
}

/* Bytes that do not fit are left out: the frame is then cut. */
static void put8(struct maker *m, unsigned int value)
{
	if (m->at < m->len)
		m->item->data[m->at++] = (unsigned char)value;
}

static void put16(struct maker *m, unsigned int value)
{
	put8(m, value >> 8);
	put8(m, value & 0xff);
}

static void put_noise(struct maker *m, unsigned int count)
{
	while (count--)
		put8(m, (unsigned int)next(m) & 0xff);
}

static unsigned int rest(const struct maker *m)
{
	return m->len - m->at;
}

static unsigned int choose_len(struct maker *m)
{
	switch (below(m, 16)) {
	case 0:
		return between(m, ETH_HLEN, 64);
	case 1:
		return between(m, 64, 160);
	case 2:
	case 3:
		return between(m, 160, 1514);
	case 4:
		return between(m, 1514, 3900);
	case 5:
	case 6:
	case 7:
	case 8:
		return between(m, 3900, 4200);
	case 9:
		return between(m, 9000, 9300);
	default:
		return between(m, 4096, 9014);
	}
}

static void make_ethernet(struct maker *m)
{
	static const unsigned int tpids[] = { ETH_P_8021Q, ETH_P_8021AD };
	unsigned int tags = percent(m, 70) ? 0 : between(m, 1, 2);

	/* A local unicast source; the destination is nobody in particular. */
	put8(m, percent(m, 10) ? 0xff : 0x02);
	put_noise(m, 5);
	put8(m, 0x02);
	put_noise(m, 5);
	while (tags--) {
		put16(m, tpids[below(m, 2)]);
		put16(m, below(m, 65536));
	}
}

static unsigned int choose_proto(struct maker *m)
{
	static const unsigned int others[] = {
		IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_GRE,
		IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_ESP, IPPROTO_DCCP,
		IPPROTO_UDPLITE, IPPROTO_AH, 0, 255,
	};

	if (percent(m, 50))
		return IPPROTO_TCP;
	if (percent(m, 70))
		return IPPROTO_UDP;
	return others[below(m, sizeof(others) / sizeof(others[0]))];
}

static unsigned int choose_fragment(struct maker *m)
{
	if (percent(m, 90))
		return 0;
	m->whole = percent(m, 50);
	return m->whole ? 1 << 13 : between(m, 1, 1000);
}

static void make_ipv4(struct maker *m)
{
	unsigned int options = percent(m, 70) ? 0 : below(m, 11);
	unsigned int fragment = choose_fragment(m);

	put16(m, ETH_P_IP);
	m->l3 = m->at;
	put8(m, 0x45 + options);
	put8(m, 0);
	put16(m, rest(m) + 2);
	put16(m, below(m, 65536));
	put16(m, fragment);
	put8(m, 64);
	put8(m, m->proto);
	put_noise(m, 2 + 8);
	for (unsigned int i = 0; i < options; i++)
		put_noise(m, 4);
	m->l4 = m->l3 + 20 + 4 * options;
}

/* The chain of extension headers: each says which is next. */
static void make_extensions(struct maker *m)
{
	static const unsigned int kinds[] = {
		IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
		IPPROTO_FRAGMENT,
	};
	unsigned int count = percent(m, 70) ? 0 : between(m, 1, 4);
	unsigned int next_at = m->l3 + 6;
	unsigned int kind, words, offset;

	while (count--) {
		kind = kinds[below(m, 4)];
		if (next_at < m->len)
			m->item->data[next_at] = (unsigned char)kind;
		next_at = m->at;
		words = kind == IPPROTO_FRAGMENT ? 0 : below(m, 6);
		put8(m, m->proto);
		put8(m, words);
		if (kind == IPPROTO_FRAGMENT) {
			offset = percent(m, 50) ? 0 : below(m, 1000) << 3;
			m->whole = m->whole && !offset;
			put16(m, offset | 1);
			put_noise(m, 4);
		} else {
			put_noise(m, 6 + 8 * words);
		}
	}
}

static void make_ipv6(struct maker *m)
{
	put16(m, ETH_P_IPV6);
	m->l3 = m->at;
	m->ipv6 = true;
	put8(m, 0x60);
	put_noise(m, 3);
	put16(m, rest(m) > 36 ? rest(m) - 36 : 0);
	put8(m, m->proto);
	put8(m, 64);
	put_noise(m, 32);
	make_extensions(m);
	m->l4 = m->at;
}

static void make_other(struct maker *m)
{
	static const unsigned int types[] = {
		ETH_P_ARP, ETH_P_MPLS_UC, ETH_P_PPP_SES, ETH_P_TEB,
		ETH_P_BATMAN, ETH_P_PAE, ETH_P_TIPC, ETH_P_LLDP, 0x88b5, 100,
	};

	put16(m, types[below(m, sizeof(types) / sizeof(types[0]))]);
	m->whole = false;
}

static void make_l4(struct maker *m)
{
	unsigned int options;

	if (m->proto == IPPROTO_TCP) {
		options = percent(m, 50) ? 0 : below(m, 11);
		put_noise(m, 12);
		put8(m, (5 + options) << 4);
		put8(m, 0x10);
		put_noise(m, 2);
		put16(m, 0);
		put16(m, 0);
		put_noise(m, 4 * options);
		m->header_end = m->l4 + 20;
	} else if (m->proto == IPPROTO_UDP) {
		put_noise(m, 4);
		put16(m, rest(m) + 4);
		put16(m, 0);
		m->header_end = m->l4 + 8;
	}
}

static void lie(struct maker *m)
{
	unsigned int count = between(m, 1, 3);
	unsigned int limit = m->at < 120 ? m->at : 120;

	m->item->lies = true;
	while (count--)
		m->item->data[below(m, limit)] = (unsigned char)next(m);
}

static unsigned int hdr_len(struct maker *m)
{
	switch (below(m, 5)) {
	case 0:
	case 1:
		return 0;
	case 2:
		return m->header_end;
	case 3:
		return m->header_end ? m->header_end + below(m, 9) - 4 : 0;
	default:
		return below(m, m->len + 1);
	}
}

static bool has_checksum(const struct maker *m)
{
	return m->whole && m->header_end && m->header_end <= m->len;
}

static void ask_checksum(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = m->l4;
	vnet->csum_offset = m->proto == IPPROTO_TCP ? TCP_CSUM : UDP_CSUM;
}

static void ask_anything(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	m->item->lies = true;
	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = below(m, 200);
	vnet->csum_offset = percent(m, 50) ? TCP_CSUM : below(m, 40);
}

static void ask_segments(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	ask_checksum(m);
	if (m->proto == IPPROTO_UDP)
		vnet->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	else
		vnet->gso_type = m->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
					   VIRTIO_NET_HDR_GSO_TCPV4;
	vnet->gso_size = between(m, 256, 8000);
}

static void ask_nonsense(struct maker *m)
{
	unsigned char *p = (unsigned char *)&m->item->vnet;

	m->item->lies = true;
	for (size_t i = 0; i < sizeof(m->item->vnet); i++)
		p[i] = percent(m, 40) ? (unsigned char)next(m) : 0;
	/* More than a thousand frames at once overrun the receive ring. */
	if (m->item->vnet.gso_size)
		m->item->vnet.gso_size |= 16;
}

static void make_vnet(struct maker *m)
{
	unsigned int kind = below(m, 100);
	struct virtio_net_hdr *vnet = &m->item->vnet;

	vnet->hdr_len = hdr_len(m);
	if (kind < 45 && has_checksum(m))
		ask_checksum(m);
	else if (kind < 55 && has_checksum(m))
		ask_segments(m);
	else if (kind < 65)
		ask_anything(m);
	else if (kind < 70)
		ask_nonsense(m);
	else if (kind < 75)
		vnet->flags = VIRTIO_NET_HDR_F_DATA_VALID;
}

void item_generate(struct item *item, uint64_t seed, uint64_t index)
{
	struct maker m = {
		.item = item,
		.state = seed * 0x2545f4914f6cdd1dull + (index << 8),
		.whole = true,
	};
	unsigned int type;

	memset(item, 0, sizeof(*item));
	m.len = choose_len(&m);
	m.proto = choose_proto(&m);
	make_ethernet(&m);
	type = below(&m, 100);
	if (type < 50)
		make_ipv4(&m);
	else if (type < 88)
		make_ipv6(&m);
	else
		make_other(&m);
	if (m.whole)
		make_l4(&m);
	if (percent(&m, 20))
		lie(&m);
	put_noise(&m, rest(&m));
	make_vnet(&m);
	item->len = m.len;
}

int item_save(const struct item *item, const char *path)
{
	const unsigned char *vnet = (const void *)&item->vnet;
	FILE *out = fopen(path, "w");

	if (!out)
		return -1;
	fprintf(out, "%s\n", item->lies ? "lies" : "true");
	for (size_t i = 0; i < sizeof(item->vnet); i++)
		fprintf(out, "%02x", vnet[i]);
	fputc('\n', out);
	for (unsigned int i = 0; i < item->len; i++)
		fprintf(out, "%02x%s", item->data[i],
			i % 32 == 31 ? "\n" : "");
	fputc('\n', out);
	return fclose(out);
}

int item_load(struct item *item, const char *path)
{
	unsigned char *vnet = (void *)&item->vnet;
	FILE *in = fopen(path, "r");
	char word[8] = "";
	unsigned int byte;

	if (!in)
		return -1;
	memset(item, 0, sizeof(*item));
	if (fscanf(in, " %7s", word) != 1 ||
	    (strcmp(word, "lies") && strcmp(word, "true"))) {
		fclose(in);
		errno = EINVAL;
		return -1;
	}
	item->lies = word[0] == 'l';
	for (size_t i = 0; i < sizeof(item->vnet); i++)
		if (fscanf(in, " %2x", &byte) == 1)
			vnet[i] = (unsigned char)byte;
	while (item->len < ITEM_MAX && fscanf(in, " %2x", &byte) == 1)
		item->data[item->len++] = (unsigned char)byte;
	fclose(in);
	return 0;
}
