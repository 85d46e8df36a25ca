// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from a seed: mostly such as a virtual machine sends, with headers at
 * all the lengths where the kernel cuts them; some that lie.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "frame.h"
#include "frame-io.h"
#include "random-frame.h"

struct maker {
	uint64_t state;
	struct item *item;
	struct frame frame;
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

static void put_noise(struct maker *m, unsigned char *p, unsigned int count)
{
	while (count--)
		*p++ = (unsigned char)next(m);
}

static unsigned int choose_len(struct maker *m)
{
	static const unsigned int ranges[16][2] = {
		{ ETH_HLEN, 64 }, { 64, 160 }, { 160, 1514 }, { 160, 1514 },
		{ 1514, 3900 }, { 3900, 4200 }, { 3900, 4200 }, { 3900, 4200 },
		{ 3900, 4200 }, { 9000, 9300 }, { 4096, 9014 }, { 4096, 9014 },
		{ 4096, 9014 }, { 4096, 9014 }, { 4096, 9014 }, { 4096, 9014 },
	};
	const unsigned int *range = ranges[below(m, 16)];

	return between(m, range[0], range[1]);
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
	return others[below(m, ARRAY_SIZE(others))];
}

static unsigned int choose_type(struct maker *m)
{
	static const unsigned int others[] = {
		ETH_P_ARP, ETH_P_MPLS_UC, ETH_P_PPP_SES, ETH_P_TEB,
		ETH_P_BATMAN, ETH_P_PAE, ETH_P_TIPC, ETH_P_LLDP, 0x88b5, 100,
	};
	unsigned int kind = below(m, 100);

	if (kind < 50)
		return ETH_P_IP;
	return kind < 88 ? ETH_P_IPV6 : others[below(m, ARRAY_SIZE(others))];
}

static void choose_extensions(struct maker *m)
{
	static const unsigned char types[] = {
		IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
		IPPROTO_FRAGMENT,
	};
	struct frame *f = &m->frame;
	unsigned int i;

	f->extensions = percent(m, 70) ? 0 : between(m, 1, EXTENSIONS_MAX);
	for (i = 0; i < f->extensions; i++) {
		f->extension[i].type = types[below(m, ARRAY_SIZE(types))];
		f->extension[i].len = 8;
		if (f->extension[i].type != IPPROTO_FRAGMENT)
			f->extension[i].len += 8 * below(m, 6);
	}
}

static void choose_ip(struct maker *m)
{
	struct frame *f = &m->frame;

	f->proto = choose_proto(m);
	if (f->type == ETH_P_IPV6)
		choose_extensions(m);
	else if (percent(m, 30))
		f->ip_options = 4 * below(m, 11);
	if (percent(m, 10))
		f->fragment = percent(m, 50) ? FRAGMENT_FIRST : FRAGMENT_LATER;
	if (f->proto == IPPROTO_TCP && percent(m, 50))
		f->l4_options = 4 * below(m, 11);
}

static void choose_frame(struct maker *m, uint64_t index)
{
	struct frame *f = &m->frame;

	f->len = choose_len(m);
	f->id = index % 8192;
	f->tcp_flags = 0x10;
	f->type = choose_type(m);
	if (f->type == ETH_P_IP || f->type == ETH_P_IPV6)
		choose_ip(m);
	f->tags = percent(m, 70) ? 0 : between(m, 1, 2);
	/* The source is local and unicast, as the destination mostly is. */
	put_noise(m, f->dmac, ETH_ALEN);
	put_noise(m, f->smac, ETH_ALEN);
	f->dmac[0] = percent(m, 10) ? 0xff : 0x02;
	f->smac[0] = 0x02;
}

/* The builder's tags are always the same. */
static void change_tags(struct maker *m)
{
	unsigned char *p = m->item->data + 2 * ETH_ALEN;
	unsigned int i;

	for (i = 0; i < m->frame.tags; i++, p += 4) {
		memcpy(p, percent(m, 50) ? "\x81\x00" : "\x88\xa8", 2);
		put_noise(m, p + 2, 2);
	}
}

static void lie(struct maker *m)
{
	unsigned int count = between(m, 1, 3), limit = frame_min(&m->frame);

	if (limit > m->item->len)
		limit = m->item->len;
	m->item->lies = true;
	while (count--)
		put_noise(m, m->item->data + below(m, limit < 120 ? limit :
							     120), 1);
}

/* Behind the fixed part of the TCP or UDP header, 0 if there is none. */
static unsigned int header_end(const struct frame *f)
{
	if (f->fragment == FRAGMENT_LATER)
		return 0;
	if (f->proto == IPPROTO_TCP)
		return frame_l4(f) + 20;
	return f->proto == IPPROTO_UDP ? frame_l4(f) + 8 : 0;
}

static unsigned int hdr_len(struct maker *m)
{
	unsigned int end = header_end(&m->frame);

	switch (below(m, 5)) {
	case 0:
	case 1:
		return 0;
	case 2:
		return end;
	case 3:
		return end ? end + below(m, 9) - 4 : 0;
	default:
		return below(m, m->frame.len + 1);
	}
}

static void ask_checksum(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = frame_l4(&m->frame);
	vnet->csum_offset = frame_csum_offset(&m->frame);
}

static void ask_anything(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	m->item->lies = true;
	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = below(m, 200);
	vnet->csum_offset = percent(m, 50) ? 16 : below(m, 40);
}

static void ask_segments(struct maker *m)
{
	struct virtio_net_hdr *vnet = &m->item->vnet;

	ask_checksum(m);
	/* It has no sum of a pseudo header for the kernel to go on with. */
	if (m->frame.fragment != FRAGMENT_NONE)
		m->item->lies = true;
	if (m->frame.proto == IPPROTO_UDP)
		vnet->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	else
		vnet->gso_type = m->frame.type == ETH_P_IPV6 ?
				 VIRTIO_NET_HDR_GSO_TCPV6 :
				 VIRTIO_NET_HDR_GSO_TCPV4;
	vnet->gso_size = between(m, 256, 8000);
}

static void ask_nonsense(struct maker *m)
{
	unsigned char *p = (unsigned char *)&m->item->vnet;
	size_t i;

	m->item->lies = true;
	for (i = 0; i < sizeof(m->item->vnet); i++)
		p[i] = percent(m, 40) ? (unsigned char)next(m) : 0;
	/* More than a thousand frames at once overrun the receive ring. */
	if (m->item->vnet.gso_size)
		m->item->vnet.gso_size |= 16;
}

static void make_vnet(struct maker *m)
{
	unsigned int kind = below(m, 100), end = header_end(&m->frame);
	struct virtio_net_hdr *vnet = &m->item->vnet;

	vnet->hdr_len = hdr_len(m);
	if (kind < 45 && end && end <= m->frame.len)
		ask_checksum(m);
	else if (kind < 55 && end && end <= m->frame.len)
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
	};

	memset(item, 0, sizeof(*item));
	choose_frame(&m, index);
	item->len = m.frame.len;
	make_vnet(&m);
	frame_build(&m.frame, 0,
		    item->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, item->data);
	change_tags(&m);
	if (percent(&m, 20))
		lie(&m);
}

/* As it is: whether it lies, the virtio-net header, the frame. */
int item_save(const struct item *item, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		return -1;
	fputc(item->lies, out);
	fwrite(&item->vnet, sizeof(item->vnet), 1, out);
	fwrite(item->data, item->len, 1, out);
	return fclose(out);
}

int item_load(struct item *item, const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		return -1;
	memset(item, 0, sizeof(*item));
	item->lies = fgetc(in);
	if (fread(&item->vnet, sizeof(item->vnet), 1, in))
		item->len = fread(item->data, 1, ITEM_MAX, in);
	fclose(in);
	errno = EINVAL;
	return item->len ? 0 : -1;
}

int item_send(int tap, const struct item *item)
{
	struct iovec iov[] = {
		{ (void *)&item->vnet, sizeof(item->vnet) },
		{ (void *)item->data, item->len },
	};
	ssize_t len = writev(tap, iov, 2);

	if (len < 0)
		return errno;
	return len == (ssize_t)(sizeof(item->vnet) + item->len) ? 0 : EIO;
}
