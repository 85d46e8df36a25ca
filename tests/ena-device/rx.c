// SPDX-License-Identifier: GPL-2.0
#include "device.h"
#include "offload.h"
#include "packet.h"
#include "strict.h"

struct rx_buffer {
	u64 addr;
	u32 len;	/* how much of the frame goes here */
	u8 offset;	/* at which */
	u16 req_id;
};

struct rx_buffers {
	u16 count;
	struct rx_buffer buffer[RX_MAX_DESCS];
};

static enum rx_drop refuse(struct ena_dev *dev, const struct ena_sq *sq,
			   const struct ena_eth_io_rx_desc *desc,
			   enum rx_drop drop, const char *rule)
{
	guest_error(dev, "RX buffer at 0x%x%08x, %u bytes: %s",
		    le16toh(desc->buff_addr_hi), le32toh(desc->buff_addr_lo),
		    le16toh(desc->length), rule);
	strict_desc(dev, sq, desc, rule);
	return drop;
}

/* Once, although a descriptor that is given back is fetched again. */
static void check_once(struct ena_dev *dev, struct ena_sq *sq,
		       const struct ena_eth_io_rx_desc *desc)
{
	if ((u16)(sq->checked - sq->head) < RX_MAX_DESCS)
		return;
	sq->checked = sq->head;
	strict_rx_desc(dev, sq, desc);
}

/* Takes the buffer at the queue's head, if its descriptor is valid. */
static enum rx_drop take_buffer(struct ena_dev *dev, struct ena_sq *sq,
				u32 wanted, u8 offset, struct rx_buffer *b)
{
	struct ena_eth_io_rx_desc desc;
	u8 phase;

	if (sq->head == sq->tail)
		return RX_DROP_NO_BUFFER;
	if (!sq_fetch(dev, sq, &desc, &phase))
		return RX_DROP_BAD_ADDRESS;
	trace_entry(dev, "descriptor", "sq", (u32)(sq - dev->sq),
		    (u16)(sq->head - 1) & (sq->depth - 1u), &desc,
		    sizeof(desc));
	b->req_id = le16toh(desc.req_id);
	b->addr = (u64)le16toh(desc.buff_addr_hi) << 32 |
		  le32toh(desc.buff_addr_lo);
	b->len = le16toh(desc.length) ? le16toh(desc.length) : 0x10000;
	b->offset = offset;
	if ((desc.ctrl & ENA_ETH_IO_RX_DESC_PHASE_MASK) != phase)
		return refuse(dev, sq, &desc, RX_DROP_MALFORMED,
			      "phase: the ring's");
	check_once(dev, sq, &desc);
	if (b->len <= offset)
		return refuse(dev, sq, &desc, RX_DROP_MALFORMED,
			      "length: more than the offset");
	b->len -= offset;
	if (b->len > wanted)
		b->len = wanted;
	if (!dma_valid(&dev->dma, b->addr + offset, b->len, DMA_WRITE))
		return refuse(dev, sq, &desc, RX_DROP_BAD_ADDRESS,
			      "buff_addr_lo, buff_addr_hi: memory that the device may write");
	return RX_DROP_NONE;
}

/*
 * Buffers are given back if the guest posted too few for the frame. If one of
 * them is bad they are lost until the guest resets the device.
 */
static enum rx_drop take_buffers(struct ena_dev *dev, struct ena_sq *sq,
				 u32 len, struct rx_buffers *buffers)
{
	u8 offset = host_takes_rx_offset(&dev->host) ?
			    (u8)dev->config.profile.rx_offset : 0;
	enum rx_drop drop = RX_DROP_NONE;
	u16 head = sq->head;

	buffers->count = 0;
	while (len) {
		struct rx_buffer *b = &buffers->buffer[buffers->count];

		if (buffers->count == RX_MAX_DESCS) {
			drop = RX_DROP_TOO_LONG;
			break;
		}
		drop = take_buffer(dev, sq, len, buffers->count ? 0 : offset,
				   b);
		if (drop != RX_DROP_NONE)
			break;
		len -= b->len;
		buffers->count++;
	}
	if (drop == RX_DROP_NO_BUFFER || drop == RX_DROP_TOO_LONG)
		sq->head = head;
	return drop;
}

static u32 packet_status(const struct packet *p)
{
	u32 status = 0;

	if (p->ip_version == 4)
		status |= ENA_ETH_IO_L3_PROTO_IPV4;
	else if (p->ip_version == 6)
		status |= ENA_ETH_IO_L3_PROTO_IPV6;
	if (p->l4_proto == PROTO_TCP)
		status |= field_prep(ENA_ETH_IO_RX_CDESC_BASE_L4_PROTO_IDX_MASK,
				     ENA_ETH_IO_L4_PROTO_TCP);
	else if (p->l4_proto == PROTO_UDP)
		status |= field_prep(ENA_ETH_IO_RX_CDESC_BASE_L4_PROTO_IDX_MASK,
				     ENA_ETH_IO_L4_PROTO_UDP);
	if (p->ip_version == 4 && p->fragment)
		status |= ENA_ETH_IO_RX_CDESC_BASE_IPV4_FRAG_MASK;
	return status;
}

static void complete(struct ena_dev *dev, struct ena_cq *cq,
		     const struct rx_buffer *b, u32 status, u32 hash)
{
	u16 req_id = fault_due(dev, FAULT_RX_REQ_ID) ? FAULT_BAD_REQ_ID :
						       b->req_id;
	struct ena_eth_io_rx_cdesc_ext cdesc = {
		.base.length = htole16((u16)b->len),
		.base.req_id = htole16(req_id),
		.base.hash = htole32(hash),
		.base.offset = b->offset,
		.buff_addr_lo = htole32((u32)b->addr),
		.buff_addr_hi = htole16((u16)(b->addr >> 32)),
	};

	status |= ENA_ETH_IO_RX_CDESC_BASE_BUFFER_MASK;
	if (ring_phase(cq->tail, cq->depth))
		status |= ENA_ETH_IO_RX_CDESC_BASE_PHASE_MASK;
	cdesc.base.status = htole32(status);
	cq_post(dev, cq, &cdesc);
}

static void fill_buffers(struct ena_dev *dev, struct ena_cq *cq,
			 const struct rx_buffers *buffers, const u8 *frame,
			 u32 status, u32 hash)
{
	for (u16 i = 0; i < buffers->count; i++) {
		const struct rx_buffer *b = &buffers->buffer[i];
		u32 flags = 0;

		if (!i)
			flags |= ENA_ETH_IO_RX_CDESC_BASE_FIRST_MASK;
		if (i + 1 == buffers->count)
			flags |= ENA_ETH_IO_RX_CDESC_BASE_LAST_MASK;
		dma_write(&dev->dma, b->addr + b->offset, frame, b->len);
		complete(dev, cq, b, status | flags, hash);
		frame += b->len;
	}
}

static enum rx_drop deliver(struct ena_dev *dev, const u8 *frame, u32 len,
			    int *queue)
{
	struct rx_buffers buffers;
	enum rx_drop drop;
	struct packet p;
	struct ena_sq *sq;
	u32 hash;

	if (len > ENA_MAX_FRAME)
		return RX_DROP_TOO_LONG;
	if (!metrics_allow(dev))
		return RX_DROP_ALLOWANCE;
	packet_parse(frame, len, &p);
	hash = rss_hash(&dev->rss, frame, &p);
	sq = rss_queue(dev, hash);
	if (!sq)
		return RX_DROP_NO_QUEUE;
	*queue = (int)(sq - dev->sq);
	drop = take_buffers(dev, sq, len, &buffers);
	if (drop != RX_DROP_NONE)
		return drop;
	fill_buffers(dev, &dev->cq[sq->cq], &buffers, frame,
		     packet_status(&p) | offload_verdict(dev, frame, &p), hash);
	cq_notify(dev, &dev->cq[sq->cq], sq->direction);
	return RX_DROP_NONE;
}

enum rx_drop rx_deliver(struct ena_dev *dev, const u8 *frame, u32 len,
			int *queue)
{
	enum rx_drop drop;

	*queue = -1;
	drop = deliver(dev, frame, len, queue);
	if (drop != RX_DROP_NONE) {
		dev->stats.rx_drop[drop]++;
		trace(dev, "drop rx sq=%d reason=%s length=%u", *queue,
		      rx_drop_name(drop), len);
		return drop;
	}
	dev->stats.rx_frames++;
	dev->stats.rx_bytes += len;
	return RX_DROP_NONE;
}
