// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "device.h"
#include "offload.h"
#include "packet.h"
#include "strict.h"

#define L3_OFFSET_MASK	ENA_ETH_IO_TX_META_DESC_L3_HDR_OFF_MASK
#define L3_LEN_MASK	ENA_ETH_IO_TX_META_DESC_L3_HDR_LEN_MASK
#define L4_WORDS_MASK	ENA_ETH_IO_TX_META_DESC_L4_HDR_LEN_IN_WORDS_MASK

union tx_entry {
	u32 word[4];
	struct ena_eth_io_tx_desc desc;
	struct ena_eth_io_tx_meta_desc meta;
};

static void spoil(struct tx_packet *packet, enum tx_drop drop)
{
	if (packet->drop == TX_DROP_NONE)
		packet->drop = drop;
}

/* Each byte is read once, since the guest may change its memory meanwhile. */
static u32 gather(struct ena_dev *dev, struct ena_sq *sq)
{
	struct tx_packet *packet = &sq->packet;
	u32 len = 0;

	if (sq->llq) {
		len = packet->header_length;
		memcpy(dev->frame, sq->header, len);
	}

	for (u16 i = 0; i < packet->buffers; i++) {
		const struct tx_buffer *b = &packet->buffer[i];

		if (b->len > sizeof(dev->frame) - len) {
			spoil(packet, TX_DROP_TOO_LONG);
			return 0;
		}
		if (!dma_read(&dev->dma, b->addr, dev->frame + len, b->len)) {
			spoil(packet, TX_DROP_BAD_ADDRESS);
			return 0;
		}
		len += b->len;
	}
	if (len < ENA_ETH_HLEN)
		spoil(packet, TX_DROP_RUNT);
	return len;
}

/*
 * The rule for header_length, as the interface words it for TCP and UDP. That
 * hardware drops a frame whose header_length is too short is known from reports
 * alone.
 */
static bool header_rule_drops(const struct ena_config *config, u32 len,
			      const struct packet *p, u32 header_length,
			      u32 max_header_size)
{
	u32 need = packet_header_end(p);

	if (config->header_rule == HEADER_RULE_L3)
		need = p->ip_version ? p->l4_offset : 0;
	if (config->header_rule == HEADER_RULE_OFF || !need)
		return false;
	if (!header_length)
		return config->header_rule == HEADER_RULE_SPEC &&
		       len > max_header_size;
	if (need > max_header_size)
		need = max_header_size;
	return header_length < need && header_length < len;
}

static u32 max_header_size(const struct ena_dev *dev, const struct ena_sq *sq)
{
	if (!sq->llq)
		return dev->config.max_header_size;
	return dev->llq.entry_size -
	       dev->llq.descs_before_header * LLQ_DESC_SIZE;
}

static enum tx_drop transmit(struct ena_dev *dev, struct ena_sq *sq)
{
	struct tx_packet *packet = &sq->packet;
	u32 max_header = max_header_size(dev, sq);
	u64 before = dev->stats.tx_frames;
	struct packet *p = &packet->parsed;
	enum tx_drop drop;
	u32 len;

	if (packet->header_length > max_header)
		spoil(packet, TX_DROP_HEADER_TOO_LONG);
	if (packet->drop != TX_DROP_NONE)
		return packet->drop;
	len = gather(dev, sq);
	packet->len = len;
	dev->port.sq = (u16)(sq - dev->sq);
	if (len > ENA_MAX_FRAME &&
	    !(packet->meta_ctrl & ENA_ETH_IO_TX_DESC_TSO_EN_MASK))
		spoil(packet, TX_DROP_TOO_LONG);
	if (packet->drop != TX_DROP_NONE)
		return packet->drop;
	packet_parse(dev->frame, len, p);
	if (header_rule_drops(&dev->config, len, p, packet->header_length,
			      max_header))
		return TX_DROP_HEADER_LENGTH;
	if (!metrics_allow(dev))
		return TX_DROP_ALLOWANCE;
	drop = offload_send(dev, len, p, packet);
	if (sq->llq)
		dev->stats.llq_frames += dev->stats.tx_frames - before;
	return drop;
}

static void post(struct ena_dev *dev, struct ena_sq *sq, u16 req_id)
{
	struct ena_cq *cq = &dev->cq[sq->cq];
	union {
		struct ena_eth_io_tx_cdesc cdesc;
		u8 longest[CQ_MAX_ENTRY_SIZE];
	} entry = {
		.cdesc.req_id = htole16(req_id),
		.cdesc.flags = ring_phase(cq->tail, cq->depth),
		.cdesc.sq_head_idx = htole16(sq->head),
	};

	cq_post(dev, cq, &entry);
}

/* The status is 0 for dropped frames too: the interface defines no values. */
static void complete(struct ena_dev *dev, struct ena_sq *sq)
{
	u16 req_id = sq->packet.req_id;

	if (!sq->packet.complete && sq->on_demand)
		return;
	if (fault_due(dev, FAULT_TX_LOST))
		return;
	if (fault_due(dev, FAULT_TX_REQ_ID))
		req_id = FAULT_BAD_REQ_ID;
	post(dev, sq, req_id);
	if (fault_due(dev, FAULT_TX_TWICE))
		post(dev, sq, req_id);
}

/* A frame that was dropped on the wire is in the capture already. */
static void show_drop(struct ena_dev *dev, const struct ena_sq *sq,
		      enum tx_drop drop, bool on_wire)
{
	const struct tx_packet *packet = &sq->packet;
	struct capture_note note = {
		.sq = (int)(sq - dev->sq),
		.header_length = packet->header_length,
		.drop = tx_drop_name(drop),
	};

	trace(dev, "drop tx sq=%d reason=%s length=%u header_length=%u",
	      note.sq, note.drop, packet->len, packet->header_length);
	if (!on_wire)
		capture_frame(&dev->port.capture, &note, dev->frame,
			      packet->len);
}

static void count_drop(struct ena_dev *dev, const struct ena_sq *sq,
		       enum tx_drop drop)
{
	bool on_wire = drop == TX_DROP_NO_PEER || drop == TX_DROP_TAP;

	if (drop == TX_DROP_NONE)
		return;
	dev->stats.tx_drop[drop]++;
	show_drop(dev, sq, drop, on_wire);
	if (drop != TX_DROP_HEADER_LENGTH && drop != TX_DROP_ALLOWANCE &&
	    !on_wire)
		guest_error(dev, "TX packet dropped: %s, SQ head %u",
			    tx_drop_name(drop), sq->head);
}

static void finish(struct ena_dev *dev, struct ena_sq *sq)
{
	struct tx_packet *packet = &sq->packet;
	enum tx_drop drop;

	packet->open = false;
	if (!packet->buffers && packet->drop == TX_DROP_NONE)
		return;		/* a meta descriptor by itself */
	drop = transmit(dev, sq);
	count_drop(dev, sq, drop);
	strict_packet(dev, sq, drop);
	if (packet->buffers)
		complete(dev, sq);
}

static void begin(struct ena_dev *dev, struct ena_sq *sq,
		  const union tx_entry *entry)
{
	if (sq->packet.open) {
		/* Nothing marks the end of a meta descriptor by itself. */
		if (sq->packet.buffers)
			spoil(&sq->packet, TX_DROP_MALFORMED);
		finish(dev, sq);
	}
	/* The entry is fetched, so that the head is one further. */
	sq->packet = (struct tx_packet){
		.open = true,
		.index = (u16)(sq->head - 1) & (u16)(sq->depth - 1),
		.meta = sq->meta,
		.complete = le32toh(entry->desc.len_ctrl) &
			    ENA_ETH_IO_TX_DESC_COMP_REQ_MASK,
	};
	for (u32 i = 0; i < ARRAY_SIZE(sq->packet.word); i++)
		sq->packet.word[i] = le32toh(entry->word[i]);
}

static void add_meta(struct ena_sq *sq,
		     const struct ena_eth_io_tx_meta_desc *desc, bool caches)
{
	u32 len_ctrl = le32toh(desc->len_ctrl);
	u32 word2 = le32toh(desc->word2);
	u32 mss;

	if (sq->packet.buffers) {
		spoil(&sq->packet, TX_DROP_MALFORMED);
		return;
	}
	/* Nothing in it is valid; iPXE fills its place in LLQ with one. */
	if (!(len_ctrl & ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK))
		return;
	if (!(len_ctrl & ENA_ETH_IO_TX_META_DESC_ETH_META_TYPE_MASK)) {
		spoil(&sq->packet, TX_DROP_MALFORMED);
		return;
	}
	mss = field_get(ENA_ETH_IO_TX_META_DESC_MSS_HI_MASK, len_ctrl) << 10 |
	      field_get(ENA_ETH_IO_TX_META_DESC_MSS_LO_MASK, word2);
	sq->packet.meta = (struct tx_meta){
		.l3_offset = (u8)field_get(L3_OFFSET_MASK, word2),
		.l3_len = (u8)field_get(L3_LEN_MASK, word2),
		.l4_words = (u8)field_get(L4_WORDS_MASK, word2),
		.mss = (u16)mss,
	};
	if (len_ctrl & ENA_ETH_IO_TX_META_DESC_META_STORE_MASK && caches)
		sq->meta = sq->packet.meta;
}

static void add_buffer(struct ena_dev *dev, struct tx_packet *packet,
		       const struct ena_eth_io_tx_desc *desc)
{
	u32 len_ctrl = le32toh(desc->len_ctrl);
	u32 hi = le32toh(desc->buff_addr_hi_hdr_sz);
	struct tx_buffer *b = &packet->buffer[packet->buffers];

	if (!packet->buffers) {
		packet->meta_ctrl = le32toh(desc->meta_ctrl);
		packet->header_length =
			(u8)field_get(ENA_ETH_IO_TX_DESC_HEADER_LENGTH_MASK,
				      hi);
		if (len_ctrl & ENA_ETH_IO_TX_DESC_COMP_REQ_MASK &&
		    !packet->complete) {
			packet->complete = true;
			exception_allow(dev, EXCEPTION_COMP_REQ, len_ctrl);
		}
		packet->req_id = (u16)
			(field_get(ENA_ETH_IO_TX_DESC_REQ_ID_HI_MASK, len_ctrl)
				<< 10 |
			 field_get(ENA_ETH_IO_TX_DESC_REQ_ID_LO_MASK,
				   packet->meta_ctrl));
	}
	packet->buffers++;
	b->len = (u16)(len_ctrl & ENA_ETH_IO_TX_DESC_LENGTH_MASK);
	b->addr = (u64)(hi & ENA_ETH_IO_TX_DESC_ADDR_HI_MASK) << 32 |
		  le32toh(desc->buff_addr_lo);
}

static void add(struct ena_dev *dev, struct ena_sq *sq,
		const union tx_entry *entry, u32 len_ctrl)
{
	bool caches = !sq->llq || !dev->llq.no_meta_caching;

	sq->packet.descs++;
	if (len_ctrl & ENA_ETH_IO_TX_DESC_META_DESC_MASK)
		add_meta(sq, &entry->meta, caches);
	else
		add_buffer(dev, &sq->packet, &entry->desc);
}

/* True if a packet ended with it. */
static bool take_desc(struct ena_dev *dev, struct ena_sq *sq,
		      const union tx_entry *entry, u8 phase)
{
	struct tx_packet *packet = &sq->packet;
	u32 len_ctrl = le32toh(entry->desc.len_ctrl);

	trace_entry(dev, "descriptor", "sq", (u32)(sq - dev->sq),
		    (u16)(sq->head - 1) & (sq->depth - 1u), entry,
		    sizeof(*entry));
	strict_tx_desc(dev, sq, &entry->desc);
	if (len_ctrl & ENA_ETH_IO_TX_DESC_FIRST_MASK)
		begin(dev, sq, entry);
	if (!packet->open) {
		guest_error(dev, "TX descriptor outside of a packet");
		strict_desc(dev, sq, entry, "first: begins a packet");
		return false;
	}
	if (field_get(ENA_ETH_IO_TX_DESC_PHASE_MASK, len_ctrl) != phase)
		spoil(packet, TX_DROP_MALFORMED);
	if (packet->descs == TX_MAX_DESCS)
		spoil(packet, TX_DROP_TOO_MANY_DESCS);
	else
		add(dev, sq, entry, len_ctrl);
	if (!(len_ctrl & ENA_ETH_IO_TX_DESC_LAST_MASK))
		return false;
	finish(dev, sq);
	return true;
}

static void take_entry(struct ena_dev *dev, struct ena_sq *sq)
{
	struct llq_entry entry;
	union tx_entry desc;

	llq_fetch(dev, sq, &entry);
	for (u32 i = 0; i < entry.descs; i++)
		if ((!llq_desc(&entry, i, &desc) && i) ||
		    take_desc(dev, sq, &desc, entry.phase))
			return;
}

static void consume(struct ena_dev *dev, struct ena_sq *sq)
{
	union tx_entry entry;
	u8 phase;

	if (sq->llq)
		take_entry(dev, sq);
	else if (sq_fetch(dev, sq, &entry, &phase))
		take_desc(dev, sq, &entry, phase);
	else
		spoil(&sq->packet, TX_DROP_BAD_ADDRESS);
}

void tx_process(struct ena_dev *dev, struct ena_sq *sq)
{
	struct ena_cq *cq = &dev->cq[sq->cq];
	u16 before = cq->tail;

	if (!dev->frames_left)
		return;
	dev->tx_next = (u32)(sq - dev->sq + 1) % ENA_MAX_SQS;
	while (sq->head != sq->tail && dev->frames_left) {
		u64 sent = dev->stats.tx_frames;

		consume(dev, sq);
		ena_dev_spend(&dev->frames_left,
			      1 + dev->stats.tx_frames - sent);
	}
	if (cq->tail != before)
		cq_notify(dev, cq, sq->direction);
}

void tx_turn(struct ena_dev *dev)
{
	bool all_sent = dev->frames_left;
	u32 first = dev->tx_next;

	dev->frames_left = ENA_TURN;
	dev->commands_left = ENA_TURN;
	for (u32 i = 0; !all_sent && i < ENA_MAX_SQS; i++) {
		struct ena_sq *sq = &dev->sq[(first + i) % ENA_MAX_SQS];

		if (sq->live && sq->direction == ENA_ADMIN_SQ_DIRECTION_TX)
			tx_process(dev, sq);
	}
}
