// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>

#include "fixture.h"
#include "packet.h"

#define FIRST	ENA_ETH_IO_RX_CDESC_BASE_FIRST_MASK
#define LAST	ENA_ETH_IO_RX_CDESC_BASE_LAST_MASK
#define PHASE	ENA_ETH_IO_RX_CDESC_BASE_PHASE_MASK
#define BUFFER	ENA_ETH_IO_RX_CDESC_BASE_BUFFER_MASK

QUEUE_TEST(one_frame)
{
	struct ena_eth_io_rx_cdesc_base cdesc;
	u8 frame[100];

	make_frame(frame, "v4-tcp", sizeof(frame));
	rx_buffer(g, BUFFERS_ADDR, 4096, 0x123);
	rx_frame(&g->dev, frame, sizeof(frame));
	cdesc = rx_cdesc(g, 0);
	assert_int_equal(le32toh(cdesc.status),
			 FIRST | LAST | PHASE | BUFFER |
			 ENA_ETH_IO_RX_CDESC_BASE_L3_CSUM_ERR_MASK |
			 ENA_ETH_IO_L3_PROTO_IPV4 |
			 (u32)ENA_ETH_IO_L4_PROTO_TCP << 8);
	assert_int_equal(le16toh(cdesc.length), sizeof(frame));
	assert_int_equal(le16toh(cdesc.req_id), 0x123);
	assert_int_equal(cdesc.offset, 0);
	assert_memory_equal(ram_at(g, BUFFERS_ADDR), frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_frames, 1);
	assert_int_equal(g->dev.stats.rx_bytes, sizeof(frame));
}

QUEUE_TEST(three_buffers)
{
	u8 frame[9014];

	make_frame(frame, "v4-udp", sizeof(frame));
	for (u16 i = 0; i < 4; i++)
		rx_buffer(g, BUFFERS_ADDR + 0x1000u * i, 4096, 10 + i);
	rx_frame(&g->dev, frame, sizeof(frame));
	for (u16 i = 0; i < 3; i++) {
		struct ena_eth_io_rx_cdesc_base cdesc = rx_cdesc(g, i);
		u16 len = i < 2 ? 4096 : 9014 - 8192;

		assert_int_equal(le32toh(cdesc.status) & (FIRST | LAST | PHASE),
				 PHASE | (i == 0 ? FIRST : 0) |
				 (i == 2 ? LAST : 0));
		assert_int_equal(le16toh(cdesc.length), len);
		assert_int_equal(le16toh(cdesc.req_id), 10 + i);
	}
	assert_int_equal(le32toh(rx_cdesc(g, 3).status) & PHASE, 0);
	assert_memory_equal(ram_at(g, BUFFERS_ADDR), frame, sizeof(frame));
}

QUEUE_TEST(buffers_too_few)
{
	u8 frame[9014] = { 0 };

	rx_frame(&g->dev, frame, 60);
	rx_post(g, BUFFERS_ADDR, 4096, 1);
	rx_buffer(g, BUFFERS_ADDR + 4096, 4096, 2);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_NO_BUFFER], 2);
	assert_int_equal(le32toh(rx_cdesc(g, 0).status), 0);
	/* The two are still there for a frame that fits. */
	rx_frame(&g->dev, frame, 8192);
	assert_int_equal(le16toh(rx_cdesc(g, 1).req_id), 2);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

QUEUE_TEST(phases_flip_at_the_wrap)
{
	u8 frame[60];

	make_frame(frame, "v4-udp", sizeof(frame));
	for (u32 i = 0; i < 0x10000 + 40; i++) {
		rx_buffer(g, BUFFERS_ADDR, 4096, (u16)i % QUEUE_DEPTH);
		rx_frame(&g->dev, frame, sizeof(frame));
		assert_int_equal(field_get(PHASE,
					   le32toh(rx_cdesc(g, (u16)i).status)),
				 ring_phase((u16)i, QUEUE_DEPTH));
	}
	assert_int_equal(g->dev.stats.rx_frames, 0x10000 + 40);
}

QUEUE_TEST(length_0_is_64k)
{
	u8 frame[ENA_MAX_FRAME] = { 0 };

	rx_buffer(g, BUFFERS_ADDR, 0, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(le16toh(rx_cdesc(g, 0).length), sizeof(frame));
}

QUEUE_TEST(frames_too_long)
{
	u8 frame[ENA_MAX_FRAME + 1] = { 0 };

	for (u16 i = 0; i < QUEUE_DEPTH; i++)
		rx_buffer(g, BUFFERS_ADDR, 64, i);
	rx_frame(&g->dev, frame, sizeof(frame));
	rx_frame(&g->dev, frame, 64 * RX_MAX_DESCS + 1);
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_TOO_LONG], 2);
	rx_frame(&g->dev, frame, 64 * RX_MAX_DESCS);
	assert_int_equal(g->dev.stats.rx_frames, 1);
}

QUEUE_TEST(buffers_outside_of_ram)
{
	static const u64 addrs[] = { 0, RAM_END - 10, RAM_END, 0xffffffffffff };
	u8 frame[60] = { 0 };

	for (u16 i = 0; i < ARRAY_SIZE(addrs); i++)
		rx_post(g, addrs[i], 4096, i);
	rx_buffer(g, BUFFERS_ADDR, 4096, 9);
	for (u16 i = 0; i < ARRAY_SIZE(addrs); i++)
		rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_BAD_ADDRESS], 4);
	assert_int_equal(g->dev.stats.guest_errors, 4);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(le16toh(rx_cdesc(g, 0).req_id), 9);
}

QUEUE_TEST(wrong_phases)
{
	u8 frame[60] = { 0 };

	g->rx_tail = 1;		/* a descriptor of zeros: phase 0 */
	rx_ring(g);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_MALFORMED], 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

QUEUE_TEST(doorbells_out_of_range)
{
	u8 frame[60] = { 0 };

	reg_write(g, BAR0_SQ_DOORBELL + 4u * g->rx_sq, QUEUE_DEPTH + 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.guest_errors, 1);
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_NO_BUFFER], 1);
}

QUEUE_TEST(no_bus_master)
{
	static const u8 frame[60] = { 0xff };
	u8 *buffer = ram_at(g, BUFFERS_ADDR);

	rx_buffer(g, BUFFERS_ADDR, 2048, 1);
	pci_command(&g->dev, 0);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_BAD_ADDRESS], 1);
	assert_int_equal(buffer[0], 0);
	rx_buffer(g, BUFFERS_ADDR, 2048, 1);
	pci_command(&g->dev, PCI_COMMAND_MASTER);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_frames, 1);
	assert_int_equal(buffer[0], 0xff);
	ena_dev_power_on(&g->dev);
	assert_false(dma_valid(&g->dev.dma, BUFFERS_ADDR, 1, DMA_READ));
}

QUEUE_TEST(no_queue)
{
	u8 frame[60] = { 0 };

	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_NO_QUEUE], 1);
}

QUEUE_TEST(ram_that_goes_away)
{
	u8 frame[60] = { 0 };

	rx_buffer(g, BUFFERS_ADDR, 4096, 1);
	dma_unmap_all(&g->dev.dma);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_BAD_ADDRESS], 1);
}

QUEUE_TEST(a_fragment_is_marked)
{
	u8 frame[100];

	make_frame(frame, "v4-tcp-first", sizeof(frame));
	rx_buffer(g, BUFFERS_ADDR, 4096, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_true(le32toh(rx_cdesc(g, 0).status) &
		    ENA_ETH_IO_RX_CDESC_BASE_IPV4_FRAG_MASK);
}

/* The published test vectors of the Toeplitz hash, by a key turned round. */
QUEUE_TEST(toeplitz_hash)
{
	static const u8 key[RSS_KEY_SIZE] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2,
		0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0,
		0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
		0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c,
		0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	/* 66.9.149.187:2794 to 161.142.100.80:1766 */
	static const u8 flow[] = { 66, 9, 149, 187, 161, 142, 100, 80,
				   2794 >> 8, 2794 & 0xff,
				   1766 >> 8, 1766 & 0xff };
	/* 3ffe:2501:200:1fff::7 to 3ffe:2501:200:3::1, the same ports */
	static const u8 flow6[] = { 0x3f, 0xfe, 0x25, 1, 2, 0, 0x1f, 0xff,
				    0, 0, 0, 0, 0, 0, 0, 7,
				    0x3f, 0xfe, 0x25, 1, 2, 0, 0, 3,
				    0, 0, 0, 0, 0, 0, 0, 1,
				    2794 >> 8, 2794 & 0xff,
				    1766 >> 8, 1766 & 0xff };
	u8 turned[RSS_KEY_SIZE];
	struct packet p;
	u8 frame[100];

	for (u32 i = 0; i < RSS_KEY_SIZE; i++)
		turned[i] = key[RSS_KEY_SIZE - 1 - i];
	rss_set_key(&g->dev.rss, turned);
	make_frame(frame, "v4-tcp", sizeof(frame));
	memcpy(frame + 26, flow, sizeof(flow));
	packet_parse(frame, sizeof(frame), &p);
	assert_int_equal(rss_hash(&g->dev.rss, frame, &p), 0x51ccc178);
	frame[23] = 1;		/* addresses only */
	packet_parse(frame, sizeof(frame), &p);
	assert_int_equal(rss_hash(&g->dev.rss, frame, &p), 0x323e8fc2);
	make_frame(frame, "v6-tcp", sizeof(frame));
	memcpy(frame + 22, flow6, sizeof(flow6));
	packet_parse(frame, sizeof(frame), &p);
	assert_int_equal(rss_hash(&g->dev.rss, frame, &p), 0x40207d3d);
}

/* CRC-32 of "12345678", without the inversion at its end. */
QUEUE_TEST(crc32_hash)
{
	struct packet p;
	u8 frame[100];

	g->dev.rss.crc32 = true;
	g->dev.rss.crc32_init = ~0u;
	make_frame(frame, "v4-tcp", sizeof(frame));
	memcpy(frame + 26, "12345678", 8);
	packet_parse(frame, sizeof(frame), &p);
	g->dev.rss.fields[ENA_ADMIN_RSS_TCP4] = ENA_ADMIN_RSS_L3_SA |
						ENA_ADMIN_RSS_L3_DA;
	assert_int_equal(rss_hash(&g->dev.rss, frame, &p), ~0x9ae0daafu);
	g->dev.rss.crc32_init = 0;
	assert_int_not_equal(rss_hash(&g->dev.rss, frame, &p), ~0x9ae0daafu);
}

/* The second buffer has none. */
QUEUE_TEST(an_offset)
{
	u8 frame[150];

	make_frame(frame, "v4-tcp", sizeof(frame));
	g->dev.config.profile.rx_offset = 14;
	g->dev.host.features = ENA_ADMIN_HOST_INFO_RX_OFFSET_MASK;
	rx_post(g, BUFFERS_ADDR, 100, 1);
	rx_buffer(g, BUFFERS_ADDR + 0x1000, 100, 2);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(rx_cdesc(g, 0).offset, 14);
	assert_int_equal(le16toh(rx_cdesc(g, 0).length), 86);
	assert_int_equal(rx_cdesc(g, 1).offset, 0);
	assert_int_equal(le16toh(rx_cdesc(g, 1).length), 64);
	assert_memory_equal(ram_at(g, BUFFERS_ADDR + 14), frame, 86);
	assert_memory_equal(ram_at(g, BUFFERS_ADDR + 0x1000), frame + 86, 64);
}

QUEUE_TEST(an_offset_that_the_driver_does_not_take)
{
	u8 frame[60] = { 0 };

	g->dev.config.profile.rx_offset = 14;
	rx_buffer(g, BUFFERS_ADDR, 100, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(rx_cdesc(g, 0).offset, 0);
}

QUEUE_TEST(a_buffer_shorter_than_the_offset)
{
	u8 frame[60] = { 0 };

	g->dev.config.profile.rx_offset = 14;
	g->dev.host.features = ENA_ADMIN_HOST_INFO_RX_OFFSET_MASK;
	rx_buffer(g, BUFFERS_ADDR, 14, 1);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_int_equal(g->dev.stats.rx_drop[RX_DROP_MALFORMED], 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
}

QUEUE_TEST(the_table_picks_the_queue)
{
	union admin_command cmd = cq_command(BUFFERS_ADDR, 32, 4, 2);
	union admin_response resp;
	struct ena_sq *second;
	u16 index;

	admin_run(g, &cmd, &resp);
	cmd = sq_command(ENA_ADMIN_SQ_DIRECTION_RX, BUFFERS_ADDR, 32,
			 le16toh(resp.create_cq.cq_idx));
	admin_run(g, &cmd, &resp);
	index = le16toh(resp.create_sq.sq_idx);
	second = &g->dev.sq[index];
	assert_ptr_equal(rss_queue(&g->dev, 5), &g->dev.sq[g->rx_sq]);
	g->dev.rss.table_set = true;
	g->dev.rss.table[5] = index;
	assert_ptr_equal(rss_queue(&g->dev, 5), second);
	assert_ptr_equal(rss_queue(&g->dev, RSS_TABLE_SIZE + 5), second);
	/* An entry that names no receive queue must not lose the frame. */
	g->dev.rss.table[6] = g->tx_sq;
	assert_ptr_equal(rss_queue(&g->dev, 6), &g->dev.sq[g->rx_sq]);
}
