// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define WINDOW		VFIO_PCI_BAR2_REGION_INDEX

/* A queue in the window, and the entry that is being filled. */
struct llq_guest {
	struct guest *g;
	u32 entry_size;
	u32 before;
	u32 offset;	/* of its area */
	u16 sq;
	u16 tail;
	u8 entry[LLQ_MAX_ENTRY];
};

static union admin_command set_llq(u16 size, u16 before, u16 stride, u16 accel)
{
	union admin_command cmd = set_feature(ENA_ADMIN_LLQ);
	struct ena_admin_feature_llq_desc *llq = &cmd.set_feature.u.llq;

	llq->header_location_ctrl_enabled = htole16(ENA_ADMIN_INLINE_HEADER);
	llq->entry_size_ctrl_enabled = htole16(size);
	llq->desc_num_before_header_enabled = htole16(before);
	llq->descriptors_stride_ctrl_enabled = htole16(stride);
	llq->accel_mode.u.set.enabled_flags = htole16(accel);
	return cmd;
}

#define SIZE_128	ENA_ADMIN_LIST_ENTRY_SIZE_128B
#define SIZE_192	ENA_ADMIN_LIST_ENTRY_SIZE_192B
#define SIZE_256	ENA_ADMIN_LIST_ENTRY_SIZE_256B
#define SINGLE		ENA_ADMIN_SINGLE_DESC_PER_ENTRY
#define MULTIPLE	ENA_ADMIN_MULTIPLE_DESCS_PER_ENTRY

static union admin_command llq_command(struct llq_guest *l, u16 depth)
{
	union admin_command cmd = sq_command(ENA_ADMIN_SQ_DIRECTION_TX, 0,
					     depth, l->g->tx_cq);

	cmd.create_sq.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_DEV;
	return cmd;
}

static void create(struct llq_guest *l)
{
	union admin_command cmd = llq_command(l, QUEUE_DEPTH);
	union admin_response resp;

	assert_int_equal(admin_run(l->g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	l->sq = le16toh(resp.create_sq.sq_idx);
	l->offset = le32toh(resp.create_sq.llq_descriptors_offset);
	assert_true(l->offset <= LLQ_WINDOW_SIZE - LLQ_AREA_SIZE);
}

static void choose(struct llq_guest *l, u16 size, u16 before, u16 stride,
		   u16 accel)
{
	assert_admin(l->g, set_llq(size, before, stride, accel), SUCCESS);
	l->entry_size = size == SIZE_128 ? 128 : size == SIZE_192 ? 192 : 256;
	l->before = before;
}

static int setup(void **state)
{
	struct llq_guest *l = calloc(1, sizeof(*l));
	struct ena_config config = nitro_config();

	assert_non_null(l);
	config.profile.llq_entry_sizes |= SIZE_192;
	l->g = guest_up(&config);
	assert_admin(l->g, cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2, IO_VECTOR),
		     SUCCESS);
	*state = l;
	return 0;
}

static int setup_queue(void **state)
{
	struct llq_guest *l;

	setup(state);
	l = *state;
	choose(l, SIZE_128, 2, MULTIPLE, 0);
	create(l);
	return 0;
}

static int teardown(void **state)
{
	struct llq_guest *l = *state;

	guest_free(l->g);
	free(l);
	return 0;
}

#define LLQ_TEST(name) TEST_F(struct llq_guest *, l, setup, teardown, name)
#define LLQ_QUEUE_TEST(name) \
	TEST_F(struct llq_guest *, l, setup_queue, teardown, name)

static u32 phase(const struct llq_guest *l)
{
	return field_prep(ENA_ETH_IO_TX_DESC_PHASE_MASK,
			  ring_phase(l->tail, QUEUE_DEPTH));
}

static void put(struct llq_guest *l, u32 slot, u64 addr, u16 len, u32 flags,
		u8 header_length, u32 meta_ctrl)
{
	struct ena_eth_io_tx_desc desc = {
		.len_ctrl = htole32(len | flags | phase(l)),
		.meta_ctrl = htole32(meta_ctrl),
		.buff_addr_lo = htole32((u32)addr),
		.buff_addr_hi_hdr_sz = htole32((u32)header_length << 24),
	};

	memcpy(l->entry + slot * sizeof(desc), &desc, sizeof(desc));
}

static void put_meta(struct llq_guest *l, u8 l3_offset, u8 l3_len)
{
	struct ena_eth_io_tx_meta_desc desc = {
		.len_ctrl = htole32(ENA_ETH_IO_TX_META_DESC_META_DESC_MASK |
				    ENA_ETH_IO_TX_META_DESC_EXT_VALID_MASK |
				    ENA_ETH_IO_TX_META_DESC_ETH_META_TYPE_MASK |
				    ENA_ETH_IO_TX_META_DESC_META_STORE_MASK |
				    TX_FIRST | phase(l)),
		.word2 = htole32((u32)l3_offset << 8 | l3_len),
	};

	memcpy(l->entry, &desc, sizeof(desc));
}

static void put_header(struct llq_guest *l, const u8 *frame, u32 len)
{
	memcpy(l->entry + l->before * LLQ_DESC_SIZE, frame, len);
}

/* The entry goes to the window, as a mapped guest writes it. */
static void push(struct llq_guest *l)
{
	memcpy(l->g->dev.llq.window + l->offset +
	       l->tail++ % QUEUE_DEPTH * l->entry_size, l->entry,
	       l->entry_size);
	memset(l->entry, 0, sizeof(l->entry));
}

static void ring(struct llq_guest *l)
{
	reg_write(l->g, BAR0_SQ_DOORBELL + 4u * l->sq, l->tail);
}

/* The rest of a frame behind its header. */
static u64 rest(struct llq_guest *l, const u8 *frame, u32 header, u32 len)
{
	memcpy(ram_at(l->g, BUFFERS_ADDR), frame + header, len - header);
	return BUFFERS_ADDR;
}

static void assert_sent(struct llq_guest *l, const u8 *frame, size_t len)
{
	u8 got[ENA_MAX_FRAME];

	assert_int_equal(wire_frame(l->g, got, sizeof(got)), len);
	assert_memory_equal(got, frame, len);
	assert_int_equal(stats_tx_drops(&l->g->dev.stats), 0);
	assert_int_equal(l->g->dev.stats.guest_errors, 0);
}

static void assert_dropped(struct llq_guest *l, enum tx_drop why)
{
	assert_int_equal(l->g->dev.stats.tx_drop[why], 1);
	assert_int_equal(stats_tx_drops(&l->g->dev.stats), 1);
	assert_int_equal(l->g->dev.stats.tx_frames, 0);
}

LLQ_TEST(what_is_offered)
{
	union admin_command cmd = get_feature(ENA_ADMIN_LLQ, 0);
	union admin_response resp;
	struct ena_admin_feature_llq_desc *llq = &resp.get_feature.u.llq;

	assert_int_equal(admin_run(l->g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	assert_int_equal(le32toh(llq->max_llq_num), 2);	/* of 8: two queues */
	assert_int_equal(le32toh(llq->max_llq_depth), 1024);
	assert_int_equal(le16toh(llq->header_location_ctrl_supported), 1);
	assert_true(le16toh(llq->entry_size_ctrl_supported) & SIZE_128);
	assert_true(le16toh(llq->descriptors_stride_ctrl_supported) & MULTIPLE);
	cmd = get_feature(ENA_ADMIN_DEVICE_ATTRIBUTES, 0);
	admin_run(l->g, &cmd, &resp);
	assert_true(le32toh(resp.get_feature.u.dev_attr.supported_features) &
		    BIT(ENA_ADMIN_LLQ));
}

LLQ_TEST(choices_that_are_refused)
{
	union admin_command bad[] = {
		set_llq(0, 2, MULTIPLE, 0),
		set_llq(SIZE_128 | SIZE_256, 2, MULTIPLE, 0),
		set_llq(0x8000, 2, MULTIPLE, 0),
		set_llq(SIZE_128, 0, MULTIPLE, 0),
		set_llq(SIZE_128, 3, MULTIPLE, 0),
		set_llq(SIZE_128, 8, MULTIPLE, 0),
		set_llq(SIZE_128, 2, 0, 0),
		set_llq(SIZE_128, 2, 3, 0),
		set_llq(SIZE_128, 2, MULTIPLE, 0),
	};

	bad[8].set_feature.u.llq.header_location_ctrl_enabled =
		htole16(ENA_ADMIN_HEADER_RING);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_admin(l->g, bad[i], ILLEGAL_PARAMETER);
	/* Nothing was chosen: no queue. */
	assert_admin(l->g, llq_command(l, QUEUE_DEPTH), ILLEGAL_PARAMETER);
	/* Linux asks for acceleration whether it is offered or not. */
	assert_admin(l->g, set_llq(SIZE_128, 2, MULTIPLE, 3), SUCCESS);
	assert_int_equal(l->g->dev.stats.exceptions[EXCEPTION_LLQ_ACCEL], 1);
	assert_false(l->g->dev.llq.no_meta_caching);
}

LLQ_QUEUE_TEST(queues)
{
	union admin_command rx = sq_command(ENA_ADMIN_SQ_DIRECTION_RX,
					    RX_SQ_ADDR, 32, 1);
	u32 first = l->offset;

	assert_admin(l->g, cq_command(RX_CQ_ADDR, 32, 4, IO_VECTOR), SUCCESS);

	assert_admin(l->g, llq_command(l, 2048), ILLEGAL_PARAMETER);
	assert_admin(l->g, llq_command(l, 33), ILLEGAL_PARAMETER);
	rx.create_sq.sq_caps_2 = ENA_ADMIN_PLACEMENT_POLICY_DEV;
	assert_admin(l->g, rx, ILLEGAL_PARAMETER);
	/* The layout of a live queue does not change. */
	assert_admin(l->g, set_llq(SIZE_256, 2, MULTIPLE, 0), RESOURCE_BUSY);
	l->g->dev.config.profile.llq_queues = 1;
	assert_admin(l->g, llq_command(l, 32), RESOURCE_ALLOCATION_FAILURE);
	l->g->dev.config.profile.llq_queues = 2;
	create(l);
	assert_int_not_equal(l->offset, first);
	assert_admin(l->g, llq_command(l, 32), RESOURCE_ALLOCATION_FAILURE);
	/* A reset forgets the choice. */
	reg_write(l->g, ENA_REGS_DEV_CTL_OFF, ENA_REGS_DEV_CTL_DEV_RESET_MASK);
	reg_write(l->g, ENA_REGS_DEV_CTL_OFF, 0);
	admin_up(l->g);
	assert_admin(l->g, cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2, IO_VECTOR),
		     SUCCESS);
	assert_admin(l->g, llq_command(l, 32), ILLEGAL_PARAMETER);
}

LLQ_TEST(queues_that_do_not_fit)
{
	l->g->dev.config.profile.llq_depth = 2048;
	choose(l, SIZE_256, 2, MULTIPLE, 0);
	assert_admin(l->g, llq_command(l, 2048), RESOURCE_ALLOCATION_FAILURE);
	assert_admin(l->g, llq_command(l, 1024), SUCCESS);
}

/* A driver may use host placement on the same device. */
LLQ_QUEUE_TEST(host_placement_beside_it)
{
	union admin_command cmd = sq_command(ENA_ADMIN_SQ_DIRECTION_TX,
					     TX_SQ_ADDR, QUEUE_DEPTH,
					     l->g->tx_cq);
	union admin_response resp;
	u8 frame[60] = { 2 }, got[60];

	assert_int_equal(admin_run(l->g, &cmd, &resp), ENA_ADMIN_SUCCESS);
	l->g->tx_sq = le16toh(resp.create_sq.sq_idx);
	tx_frame(l->g, frame, sizeof(frame), 0);
	assert_int_equal(wire_frame(l->g, got, sizeof(got)), sizeof(got));
	assert_int_equal(l->g->dev.stats.llq_frames, 0);
}

LLQ_QUEUE_TEST(a_frame_of_header_alone)
{
	u8 frame[60];

	make_frame(frame, "v4-udp", sizeof(frame));
	put(l, 0, 0, 0, TX_WHOLE, sizeof(frame), 7u << 22);
	put_header(l, frame, sizeof(frame));
	push(l);
	ring(l);
	assert_sent(l, frame, sizeof(frame));
	assert_int_equal(l->g->dev.stats.llq_frames, 1);
	assert_tx_completions(l->g, 1);
	assert_int_equal(le16toh(tx_cdesc(l->g, 0).req_id), 7);
	assert_int_equal(le16toh(tx_cdesc(l->g, 0).sq_head_idx), 1);
	assert_int_equal(interrupts(l->g, IO_VECTOR), 0);	/* masked */
}

static void send_in_two(struct llq_guest *l, u32 len)
{
	u32 header = l->entry_size - l->before * LLQ_DESC_SIZE;
	u8 frame[2000];

	if (header > 255)
		header = 255;
	make_frame(frame, "v4-tcp", len);
	put(l, 0, rest(l, frame, header, len), (u16)(len - header), TX_WHOLE,
	    (u8)header, 0);
	put_header(l, frame, header);
	push(l);
	ring(l);
	assert_sent(l, frame, len);
}

LLQ_TEST(entries_of_all_sizes)
{
	static const u16 sizes[] = { SIZE_128, SIZE_192, SIZE_256 };
	static const u16 before[] = { 1, 2, 4 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(before); j++) {
			union admin_command destroy = {
				.destroy_sq.aq_common_descriptor.opcode =
					ENA_ADMIN_DESTROY_SQ,
			};

			choose(l, sizes[i], before[j], MULTIPLE, 0);
			create(l);
			l->tail = 0;
			for (int k = 0; k < 3 * QUEUE_DEPTH; k++)
				send_in_two(l, 1500);
			destroy.destroy_sq.sq.sq_idx = htole16(l->sq);
			destroy.destroy_sq.sq.sq_identity =
				ENA_ADMIN_SQ_DIRECTION_TX << 5;
			assert_admin(l->g, destroy, SUCCESS);
		}
	}
	/* All but two of the nine headers are longer than 96 bytes. */
	assert_int_equal(l->g->dev.stats.exceptions[EXCEPTION_LLQ_HEADER],
			 7 * 3 * QUEUE_DEPTH);
}

/* Header, then 17 buffers: the first entry has room for one of them. */
static void send_scattered(struct llq_guest *l, bool meta, u32 per_entry)
{
	u32 header = 66, each = 100, slot = meta ? 1 : 0, left = l->before;
	u32 len = header + 17 * each;
	u8 frame[2000];
	u64 addr;

	make_frame(frame, "v4-tcp", len);
	addr = rest(l, frame, header, len);
	if (meta)
		put_meta(l, 14, 20);
	put_header(l, frame, header);
	for (u32 i = 0; i < 17; i++) {
		u32 flags = !i ? TX_COMP | (meta ? 0 : TX_FIRST) : 0;

		if (slot == left) {
			/* Behind the descriptors an entry may hold anything. */
			if (per_entry == 1 && i > 1)
				memset(l->entry + LLQ_DESC_SIZE, 0xff, 64);
			push(l);
			slot = 0;
			left = per_entry;
		}
		put(l, slot++, addr + i * each, (u16)each,
		    flags | (i == 16 ? TX_LAST : 0), i ? 0 : (u8)header, 0);
	}
	push(l);
	ring(l);
	assert_sent(l, frame, len);
}

LLQ_TEST(many_descriptors)
{
	choose(l, SIZE_128, 2, MULTIPLE, 0);
	create(l);
	for (int i = 0; i < 40; i++) {
		send_scattered(l, false, 8);
		send_scattered(l, true, 8);
	}
}

LLQ_TEST(one_descriptor_in_each_entry)
{
	choose(l, SIZE_256, 1, SINGLE, 0);
	create(l);
	for (int i = 0; i < 20; i++) {
		send_scattered(l, false, 1);
		send_scattered(l, true, 1);
	}
}

/* The checksum needs the meta descriptor's offsets. */
static void send_partial(struct llq_guest *l, bool meta)
{
	u32 csum = field_prep(ENA_ETH_IO_TX_DESC_L4_PROTO_IDX_MASK,
			      ENA_ETH_IO_L4_PROTO_TCP) |
		   ENA_ETH_IO_L3_PROTO_IPV4 |
		   ENA_ETH_IO_TX_DESC_L4_CSUM_EN_MASK |
		   ENA_ETH_IO_TX_DESC_L4_CSUM_PARTIAL_MASK;
	u8 frame[90];

	make_partial_frame(frame, "v4-tcp", sizeof(frame));
	if (meta)
		put_meta(l, 14, 20);
	put(l, meta ? 1 : 0, 0, 0, (meta ? 0 : TX_FIRST) | TX_LAST | TX_COMP,
	    sizeof(frame), csum);
	put_header(l, frame, sizeof(frame));
	push(l);
	ring(l);
}

LLQ_QUEUE_TEST(meta_is_cached)
{
	u8 frame[90];

	make_frame(frame, "v4-tcp", sizeof(frame));
	for (int i = 0; i < 3; i++) {
		send_partial(l, !i);
		assert_sent(l, frame, sizeof(frame));
	}
}

LLQ_TEST(meta_is_not_cached)
{
	u8 frame[90];

	l->g->dev.config.profile.llq_accel =
		BIT(ENA_ADMIN_DISABLE_META_CACHING);
	choose(l, SIZE_128, 2, MULTIPLE, BIT(ENA_ADMIN_DISABLE_META_CACHING));
	create(l);
	make_frame(frame, "v4-tcp", sizeof(frame));
	send_partial(l, true);
	assert_sent(l, frame, sizeof(frame));
	send_partial(l, false);
	assert_int_equal(l->g->dev.stats.tx_drop[TX_DROP_CHECKSUM], 1);
}

/* Nothing ends it but the next packet. */
LLQ_QUEUE_TEST(a_meta_descriptor_by_itself)
{
	u8 frame[90];

	make_frame(frame, "v4-tcp", sizeof(frame));
	for (int i = 0; i < 2 * QUEUE_DEPTH; i++) {
		put_meta(l, 14, 20);
		push(l);
		ring(l);
		send_partial(l, false);
		assert_sent(l, frame, sizeof(frame));
	}
}

LLQ_QUEUE_TEST(a_header_that_is_too_long)
{
	put(l, 0, 0, 0, TX_WHOLE, 97, 0);
	push(l);
	ring(l);
	assert_dropped(l, TX_DROP_HEADER_TOO_LONG);
	assert_tx_completions(l->g, 1);
}

/* What is pushed must reach to the end of the TCP header. */
LLQ_QUEUE_TEST(a_header_that_is_too_short)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	put(l, 0, rest(l, frame, 52, sizeof(frame)), sizeof(frame) - 52,
	    TX_WHOLE, 52, 0);
	put_header(l, frame, 52);
	push(l);
	ring(l);
	assert_dropped(l, TX_DROP_HEADER_LENGTH);
}

LLQ_QUEUE_TEST(empty_entries)
{
	push(l);
	ring(l);
	assert_int_equal(l->g->dev.stats.guest_errors, 1);
	send_partial(l, true);
	assert_int_equal(l->g->dev.stats.tx_frames, 1);
}

LLQ_QUEUE_TEST(bursts)
{
	struct profile *profile = &l->g->dev.config.profile;

	profile->llq_accel = BIT(ENA_ADMIN_LIMIT_TX_BURST);
	profile->llq_burst = 4 * 128;
	for (int i = 0; i < 4; i++) {
		put(l, 0, 0, 0, TX_WHOLE, 60, 0);
		push(l);
	}
	ring(l);
	assert_int_equal(l->g->dev.stats.guest_errors, 0);
	for (int i = 0; i < 5; i++) {
		put(l, 0, 0, 0, TX_WHOLE, 60, 0);
		push(l);
	}
	ring(l);
	assert_int_equal(l->g->dev.stats.guest_errors, 1);
	assert_int_equal(l->g->dev.stats.tx_frames, 9);
}

static int window_write(struct llq_guest *l, u64 offset, const void *data,
			u32 count)
{
	return pci_vfu_ops.region_write(&l->g->dev, WINDOW, offset, data,
					count);
}

LLQ_QUEUE_TEST(a_trapped_window)
{
	u8 frame[60], back[4];

	l->g->dev.config.llq_trapped = true;
	assert_int_equal(pci_vfu_ops.region_fd(&l->g->dev, WINDOW), -1);
	make_frame(frame, "v4-udp", sizeof(frame));
	put(l, 0, 0, 0, TX_WHOLE, sizeof(frame), 0);
	put_header(l, frame, sizeof(frame));
	for (u32 i = 0; i < 128; i += 8)
		assert_int_equal(window_write(l, l->offset + i, l->entry + i,
					      8), 0);
	l->tail++;
	ring(l);
	assert_sent(l, frame, sizeof(frame));
	assert_int_equal(l->g->dev.stats.llq_trapped, 16);
	assert_int_equal(window_write(l, LLQ_WINDOW_SIZE - 4, frame, 4), 0);
	assert_int_equal(window_write(l, LLQ_WINDOW_SIZE - 3, frame, 4),
			 -EINVAL);
	assert_int_equal(window_write(l, ~0ull, frame, 4), -EINVAL);
	assert_int_equal(pci_vfu_ops.region_read(&l->g->dev, WINDOW,
						 LLQ_WINDOW_SIZE - 4, back, 4),
			 0);
	assert_memory_equal(back, frame, 4);
	assert_int_equal(pci_vfu_ops.region_read(&l->g->dev, WINDOW,
						 LLQ_WINDOW_SIZE - 3, back, 4),
			 -EINVAL);
}

/* A client that left cannot write into the next one's queues. */
LLQ_QUEUE_TEST(a_window_for_each_client)
{
	int old = dup(pci_vfu_ops.region_fd(&l->g->dev, WINDOW));
	u8 *map;

	assert_true(old >= 0);
	assert_int_equal(ftruncate(old, 4096), -1);
	map = mmap(NULL, LLQ_WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   old, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	map[5] = 0x55;
	assert_int_equal(l->g->dev.llq.window[5], 0x55);
	ena_dev_disconnect(&l->g->dev);
	map[6] = 0x66;
	assert_int_equal(l->g->dev.llq.window[5], 0);
	assert_int_equal(l->g->dev.llq.window[6], 0);
	munmap(map, LLQ_WINDOW_SIZE);
	close(old);
}

LLQ_TEST(the_bar)
{
	u32 bar;

	memcpy(&bar, l->g->dev.pci.config + PCI_BASE_ADDRESS_2, 4);
	assert_int_equal(le32toh(bar), PCI_BASE_ADDRESS_MEM_PREFETCH);
	assert_int_equal(pci_vfu_ops.region_size(&l->g->dev, WINDOW),
			 LLQ_WINDOW_SIZE);
	memset(&bar, 0xff, 4);
	pci_vfu_ops.region_write(&l->g->dev, VFIO_PCI_CONFIG_REGION_INDEX,
				 PCI_BASE_ADDRESS_2, (u8 *)&bar, 4);
	memcpy(&bar, l->g->dev.pci.config + PCI_BASE_ADDRESS_2, 4);
	assert_int_equal(le32toh(bar), ~(LLQ_WINDOW_SIZE - 1) | 8);
}

/* Whatever stands in the window, each entry is consumed. */
LLQ_QUEUE_TEST(windows_of_noise)
{
	u64 seed = env_number("SEED", 1);
	u8 *area = l->g->dev.llq.window + l->offset;
	u8 frame[ENA_MAX_FRAME];

	for (u64 i = 0; i < env_number("GARBAGE", 2000); i++) {
		for (u32 j = 0; j < QUEUE_DEPTH * 128; j += 4) {
			u32 word = noise(&seed);

			memcpy(area + j, &word, sizeof(word));
		}
		l->tail = (u16)(l->tail + noise(&seed) % (QUEUE_DEPTH + 1));
		ring(l);
		assert_int_equal(l->g->dev.sq[l->sq].head, l->tail);
		while (wire_frame(l->g, frame, sizeof(frame)))
			;
	}
}
