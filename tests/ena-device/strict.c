// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <string.h>

#include "device.h"
#include "packet.h"
#include "strict.h"

#define WORD_CHARS	9	/* a blank and eight digits */
#define IPV4_DF		0x40	/* in the seventh byte */

/* What must be 0. */
#define TX_LEN_CTRL_MBZ		(BIT(22) | BIT(25) | GENMASK(31, 29))
#define TX_META_CTRL_MBZ	GENMASK(21, 18)
#define META_LEN_CTRL_MBZ	(TX_LEN_CTRL_MBZ | GENMASK(13, 10))
#define META_WORD1_MBZ		GENMASK(31, 6)
#define RX_CTRL_MBZ		(BIT(1) | BIT(6) | BIT(7))
#define RX_CTRL_MBO		BIT(5)
#define RX_CTRL_WHOLE		(ENA_ETH_IO_RX_DESC_FIRST_MASK | \
				 ENA_ETH_IO_RX_DESC_LAST_MASK)

/* NULL: no fault of the driver's. */
static const char *const rules[TX_DROPS] = {
	[TX_DROP_HEADER_LENGTH] =
		"header_length: 0, or up to the end of the L4 header without its options",
	[TX_DROP_HEADER_TOO_LONG] =
		"header_length: at most max_header_size",
	[TX_DROP_MALFORMED] =
		"first, last, phase, meta_desc, eth_meta_type: first begins a packet and last ends it, a meta descriptor comes first, if extended with its type, phase is the ring's",
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

static void take_words(u32 *words, const void *entry, u32 count)
{
	memcpy(words, entry, count * sizeof(*words));
	while (count--)
		words[count] = le32toh(words[count]);
}

static void report(struct ena_dev *dev, const char *where, const u32 *words,
		   u32 count, const char *rule)
{
	char text[sizeof(union admin_command) / 4 * WORD_CHARS + 1] = "";

	dev->stats.violations++;
	for (u32 i = 0; i < count; i++)
		sprintf(text + i * WORD_CHARS, " %08x", words[i]);
	fprintf(stderr, "function %u: strict: %s, words%s: %s\n", dev->index,
		where, text, rule);
}

static void report_sq(struct ena_dev *dev, const struct ena_sq *sq, u16 index,
		      const u32 *words, const char *rule)
{
	char where[32];

	snprintf(where, sizeof(where), "SQ %d, index %u", (int)(sq - dev->sq),
		 index);
	report(dev, where, words, 4, rule);
}

/* Linux counts fragments only: not the meta descriptor, nor the head's. */
#define DESCS_ON_TOP	2

/* What goes on the wire, in the longest frame. */
static u32 longest(const struct tx_packet *packet)
{
	const struct tx_meta *meta = &packet->meta;
	u32 segment = meta->l3_offset + meta->l3_len + meta->l4_words * 4u +
		      meta->mss;

	if (packet->meta_ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK &&
	    segment < packet->len)
		return segment;
	return packet->len;
}

/* What the device takes, and a driver should not ask. */
static const char *broken(const struct ena_dev *dev,
			  const struct tx_packet *packet)
{
	u32 ctrl = packet->meta_ctrl;
	u32 l3 = ctrl & ENA_ETH_IO_TX_DESC_L3_PROTO_IDX_MASK;
	u32 l4 = field_get(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK, ctrl);
	bool tso = ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK;

	if (packet->descs > dev->config.max_tx_descs + DESCS_ON_TOP)
		return rules[TX_DROP_TOO_MANY_DESCS];
	if ((tso || ctrl & ENA_ETH_IO_TX_DESC_L3_CSUM_EN_MASK) &&
	    l3 != ENA_ETH_IO_L3_PROTO_IPV4 && l3 != ENA_ETH_IO_L3_PROTO_IPV6)
		return "l3_proto_idx: required with l3_csum_en or tso_en";
	if (tso && l4 == ENA_ETH_IO_L4_PROTO_UDP &&
	    l3 == ENA_ETH_IO_L3_PROTO_IPV4)
		return "tso_en, l4_proto_idx: for TCP only";
	if (dev->mtu &&
	    longest(packet) > dev->mtu + ENA_ETH_HLEN + 2 * ENA_VLAN_HLEN)
		return tso ? "mss: a segment is at most an MTU, with headers" :
			     rules[TX_DROP_TOO_LONG];
	return NULL;
}

/*
 * Of host placement: for TCP and UDP beyond max_header_size up to the end of
 * the L4 header without its options, otherwise 0. One that is too short is for
 * the header rule.
 */
static bool odd_header_length(const struct ena_dev *dev,
			      const struct tx_packet *packet)
{
	u32 max = dev->config.max_header_size;
	u32 end = packet_header_end(&packet->parsed);
	u32 want = packet->len > max ? end : 0;

	if (want > max)
		want = max;
	return packet->header_length > want || (want && !packet->header_length);
}

static bool odd_df(const struct ena_dev *dev, const struct tx_packet *packet)
{
	const struct packet *p = &packet->parsed;
	bool want = p->ip_version != 4 ||
		    dev->frame[p->l3_offset + 6] & IPV4_DF;

	return want != !!(packet->meta_ctrl & ENA_ETH_IO_TX_DESC_DF_MASK);
}

static bool odd_tso(const struct tx_packet *packet)
{
	return packet->meta_ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK &&
	       field_get(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK,
			 packet->meta_ctrl) != ENA_ETH_IO_L4_PROTO_TCP;
}

static void count_exceptions(struct ena_dev *dev, const struct ena_sq *sq)
{
	const struct tx_packet *packet = &sq->packet;

	if (!sq->llq && odd_header_length(dev, packet))
		exception_allow(dev, EXCEPTION_HEADER_LENGTH,
				packet->header_length);
	if (sq->llq && packet->header_length > dev->config.max_header_size)
		exception_allow(dev, EXCEPTION_LLQ_HEADER,
				packet->header_length);
	if (packet->descs > dev->config.max_tx_descs)
		exception_allow(dev, EXCEPTION_TX_DESCS, packet->descs);
	if (odd_df(dev, packet))
		exception_allow(dev, EXCEPTION_DF, packet->meta_ctrl);
	if (odd_tso(packet))
		exception_allow(dev, EXCEPTION_TSO_L4_PROTO,
				packet->meta_ctrl);
}

void strict_packet(struct ena_dev *dev, const struct ena_sq *sq,
		   enum tx_drop drop)
{
	const struct tx_packet *packet = &sq->packet;
	const char *rule = rules[drop];

	if (!rule)
		rule = broken(dev, packet);
	if (!rule)
		count_exceptions(dev, sq);
	else if (dev->config.strict)
		report_sq(dev, sq, packet->index, packet->word, rule);
}

void strict_desc(struct ena_dev *dev, const struct ena_sq *sq,
		 const void *desc, const char *rule)
{
	u32 words[4];

	if (!dev->config.strict)
		return;
	take_words(words, desc, ARRAY_SIZE(words));
	report_sq(dev, sq, (u16)(sq->head - 1) & (u16)(sq->depth - 1), words,
		  rule);
}

void strict_tx_desc(struct ena_dev *dev, const struct ena_sq *sq,
		    const struct ena_eth_io_tx_desc *desc)
{
	u32 len_ctrl = le32toh(desc->len_ctrl);
	u32 word1 = le32toh(desc->meta_ctrl);

	if (len_ctrl & ENA_ETH_IO_TX_DESC_META_DESC_MASK) {
		if (len_ctrl & META_LEN_CTRL_MBZ || word1 & META_WORD1_MBZ)
			strict_desc(dev, sq, desc,
				    "reserved10, reserved12, reserved13, reserved22, reserved25, reserved29, reserved31, reserved6: MBZ");
	} else if (len_ctrl & TX_LEN_CTRL_MBZ || word1 & TX_META_CTRL_MBZ) {
		strict_desc(dev, sq, desc,
			    "reserved22, reserved1, reserved29, reserved31, reserved18, reserved21: MBZ");
	}
}

void strict_rx_desc(struct ena_dev *dev, const struct ena_sq *sq,
		    const struct ena_eth_io_rx_desc *desc)
{
	if (!(desc->ctrl & RX_CTRL_MBO))
		exception_allow(dev, EXCEPTION_RX_RESERVED5, desc->ctrl);
	if (desc->ctrl & RX_CTRL_MBZ || desc->reserved2 || desc->reserved6 ||
	    desc->reserved16_w3)
		strict_desc(dev, sq, desc,
			    "reserved2, reserved1, reserved6, reserved16_w3: MBZ");
	if ((desc->ctrl & RX_CTRL_WHOLE) != RX_CTRL_WHOLE)
		strict_desc(dev, sq, desc,
			    "first, last: each buffer is a transaction");
}

void strict_write(struct ena_dev *dev, u32 value, const char *rule,
		  const char *where, ...)
{
	char text[32];
	va_list args;

	if (!dev->config.strict)
		return;
	va_start(args, where);
	vsnprintf(text, sizeof(text), where, args);
	va_end(args);
	report(dev, text, &value, 1, rule);
}

void strict_command(struct ena_dev *dev, const union admin_command *cmd)
{
	const struct admin *admin = &dev->admin;
	u32 words[sizeof(*cmd) / 4];
	char where[32];

	if (!dev->config.strict || !admin->broken)
		return;
	take_words(words, cmd, ARRAY_SIZE(words));
	snprintf(where, sizeof(where), "AQ, index %u",
		 (u16)(admin->aq_head - 1) & (admin->aq_depth - 1u));
	report(dev, where, words, ARRAY_SIZE(words),
	       admin->broken);
}
