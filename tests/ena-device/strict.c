// SPDX-License-Identifier: GPL-2.0
#include "device.h"
#include "strict.h"

/* NULL: no fault of the driver's. */
static const char *const rules[TX_DROPS] = {
	[TX_DROP_HEADER_LENGTH] =
		"header_length: 0, or up to the end of the L4 header without its options",
	[TX_DROP_HEADER_TOO_LONG] =
		"header_length: at most max_header_size",
	[TX_DROP_MALFORMED] =
		"first, last, phase, meta_desc: first begins a packet and last ends it, a meta descriptor comes first, phase is the ring's",
	[TX_DROP_TOO_MANY_DESCS] =
		"max_packet_tx_descs: no packet has more descriptors",
	[TX_DROP_TOO_LONG] =
		"length: a packet without tso_en is at most an MTU and its headers",
	[TX_DROP_RUNT] =
		"length: a packet has an Ethernet header",
	[TX_DROP_BAD_ADDRESS] =
		"buff_addr_lo, buff_addr_hi: memory that the device may read",
	[TX_DROP_OFFLOAD] =
		"tso_en, l3_csum_en, l4_csum_en: what the offload feature offers",
	[TX_DROP_CHECKSUM] =
		"l3_hdr_off, l3_hdr_len, l4_proto_idx: they lead to the checksum's field",
	[TX_DROP_TSO] =
		"mss, l3_hdr_off, l3_hdr_len, l4_hdr_len_in_words: they make segments",
};

static void report(struct ena_dev *dev, const struct ena_sq *sq,
		   const char *rule)
{
	const struct tx_packet *packet = &sq->packet;

	dev->stats.violations++;
	fprintf(stderr,
		"function %u: strict: SQ %u, index %u, words %08x %08x %08x %08x: %s\n",
		dev->index, (unsigned int)(sq - dev->sq), packet->index,
		packet->word[0], packet->word[1], packet->word[2],
		packet->word[3], rule);
}

void strict_packet(struct ena_dev *dev, const struct ena_sq *sq,
		   enum tx_drop drop)
{
	if (!dev->config.strict)
		return;
	if (rules[drop])
		report(dev, sq, rules[drop]);
	/* The model takes more than it says. */
	else if (sq->packet.descs > dev->config.max_tx_descs)
		report(dev, sq, rules[TX_DROP_TOO_MANY_DESCS]);
}
