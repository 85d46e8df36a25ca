// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_ether.h>

#include "frame-io.h"
#include "parse-cell.h"

static void bad_word(const char *key, const char *value)
{
	fprintf(stderr, "matrix: bad cell: %s=%s\n", key, value);
	exit(2);
}

static unsigned int number(const char *key, const char *value)
{
	char *end;
	long n = strtol(value, &end, 0);

	if (!*value || *end || n < -1 || n > 0xffff)
		bad_word(key, value);
	return n;
}

static void parse_frags(struct ena_shape_request *skb, char *list)
{
	char *word;

	while ((word = strsep(&list, ","))) {
		if (skb->frags == ENA_SHAPE_FRAGS)
			bad_word("frags", word);
		skb->frag[skb->frags++] = number("frags", word);
	}
}

static unsigned int parse_flag(const char *name)
{
	if (!strcmp(name, "cloned"))
		return ENA_SHAPE_CLONED;
	if (!strcmp(name, "shared"))
		return ENA_SHAPE_SHARED;
	if (!strcmp(name, "fraglist"))
		return ENA_SHAPE_FRAG_LIST;
	bad_word("skb", name);
	return 0;
}

static bool parse_word(struct cell *c, const char *key, char *value)
{
	if (!strcmp(key, "shape"))
		snprintf(c->shape, WORD_MAX, "%s", value);
	else if (!strcmp(key, "source"))
		snprintf(c->source, WORD_MAX, "%s", value);
	else if (!strcmp(key, "frags"))
		parse_frags(&c->skb, value);
	else if (!strcmp(key, "skb"))
		c->skb.flags |= parse_flag(value);
	else if (!strcmp(key, "frame"))
		return frame_parse(&c->frame, value);
	else if (!strcmp(key, "csum"))
		c->partial = !strcmp(value, "partial");
	else
		return false;
	return true;
}

#define NUMBER(key, member)						\
	{ key, offsetof(struct cell, member),				\
	  sizeof(((struct cell *)0)->member) }

static const struct {
	const char *key;
	size_t offset;
	size_t size;
} numbers[] = {
	NUMBER("len", frame.len),
	NUMBER("id", frame.id),
	NUMBER("flow", frame.flow),
	NUMBER("count", count),
	NUMBER("reach", reach),
	NUMBER("loose", loose),
	NUMBER("split", split),
	NUMBER("pkt_frags", pkt_frags),
	NUMBER("clone_skb", clone_skb),
	NUMBER("skbhead", skb.head),
	NUMBER("network", skb.network),
	NUMBER("transport", skb.transport),
	NUMBER("hdr_len", vnet.hdr_len),
	NUMBER("flags", vnet.flags),
	NUMBER("gso", vnet.gso_type),
	NUMBER("gso_size", vnet.gso_size),
	NUMBER("csum_start", vnet.csum_start),
	NUMBER("csum_offset", vnet.csum_offset),
};

/* The machine is little-endian: a member is the number's first bytes. */
static bool parse_number(struct cell *c, const char *key, unsigned int n)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(key, numbers[i].key))
			continue;
		memcpy((char *)c + numbers[i].offset, &n, numbers[i].size);
		return true;
	}
	return false;
}

/* What CHECKSUM_PARTIAL takes, but for what the cell says itself. */
static void defaults(struct cell *c)
{
	memset(c, 0, sizeof(*c));
	c->count = 3;
	c->reach = 1;
	c->skb.network = ENA_SHAPE_UNSET;
	c->skb.transport = ENA_SHAPE_UNSET;
	c->vnet.csum_start = 0xffff;
	c->vnet.csum_offset = 0xffff;
}

static void complete(struct cell *c)
{
	bool partial = c->partial;

	c->frame.tcp_flags = c->frame.flow ? 0x10 : 0x02;
	if (partial)
		c->vnet.flags |= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (c->vnet.csum_start == 0xffff)
		c->vnet.csum_start = partial ? frame_l4(&c->frame) : 0;
	if (c->vnet.csum_offset == 0xffff)
		c->vnet.csum_offset =
			partial ? frame_csum_offset(&c->frame) : 0;
	c->skb.csum_start = c->vnet.csum_start;
	c->skb.csum_offset = c->vnet.csum_offset;
	c->skb.protocol = htons(c->frame.tags == 2 ? ETH_P_8021AD :
				c->frame.tags ? ETH_P_8021Q : c->frame.type);
	if (c->count > COUNT_MAX)
		bad_word("count", "more than 8");
}

void cell_parse(struct cell *c, char *line)
{
	char *key, *value;

	defaults(c);
	while ((key = strsep(&line, " \t\n"))) {
		if (!*key)
			continue;
		value = strchr(key, '=');
		if (!value)
			bad_word(key, "");
		*value++ = '\0';
		if (!parse_word(c, key, value) &&
		    !parse_number(c, key, number(key, value)))
			bad_word(key, value);
	}
	complete(c);
}
