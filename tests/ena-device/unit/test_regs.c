// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

static void set_readless(struct guest *g, u64 addr)
{
	reg_write(g, ENA_REGS_MMIO_RESP_LO_OFF, (u32)addr);
	reg_write(g, ENA_REGS_MMIO_RESP_HI_OFF, (u32)(addr >> 32));
}

static struct ena_admin_ena_mmio_req_read_less_resp
readless(struct guest *g, u16 offset, u16 id)
{
	struct ena_admin_ena_mmio_req_read_less_resp resp;

	reg_write(g, ENA_REGS_MMIO_REG_READ_OFF, (u32)offset << 16 | id);
	memcpy(&resp, ram_at(g, READLESS_ADDR), sizeof(resp));
	return resp;
}

GUEST_TEST(versions)
{
	u32 caps = reg_read(g, ENA_REGS_CAPS_OFF);

	assert_int_equal(reg_read(g, ENA_REGS_VERSION_OFF), 10);
	assert_int_equal(reg_read(g, ENA_REGS_CONTROLLER_VERSION_OFF),
			 0x01000001);
	assert_int_equal(field_get(ENA_REGS_CAPS_DMA_ADDR_WIDTH_MASK, caps),
			 48);
	assert_int_not_equal(field_get(ENA_REGS_CAPS_RESET_TIMEOUT_MASK, caps),
			     0);
}

GUEST_TEST(reset_cycle)
{
	assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF),
			 ENA_REGS_DEV_STS_READY_MASK);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF),
			 ENA_REGS_DEV_STS_RESET_IN_PROGRESS_MASK);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
	assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF),
			 ENA_REGS_DEV_STS_READY_MASK |
				 ENA_REGS_DEV_STS_RESET_FINISHED_MASK);
	assert_int_equal(g->dev.stats.resets, 1);
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

/* AQ_RESTART, QUIESCENT and IO_RESUME are not there. */
GUEST_TEST(what_ends_a_reset)
{
	u32 status = ENA_REGS_DEV_STS_RESET_IN_PROGRESS_MASK;

	for (u32 bit = 1; bit < 4; bit++)
		reg_write(g, ENA_REGS_DEV_CTL_OFF, BIT(bit));
	assert_int_equal(g->dev.stats.guest_errors, 3);
	assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF),
			 ENA_REGS_DEV_STS_READY_MASK);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	for (u32 bit = 1; bit < 4; bit++) {
		reg_write(g, ENA_REGS_DEV_CTL_OFF, BIT(bit));
		assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF), status);
	}
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
	assert_int_equal(reg_read(g, ENA_REGS_DEV_STS_OFF),
			 ENA_REGS_DEV_STS_READY_MASK |
				 ENA_REGS_DEV_STS_RESET_FINISHED_MASK);
	assert_int_equal(g->dev.stats.guest_errors, 6);
	assert_int_equal(g->dev.stats.resets, 1);
}

QUEUE_TEST(reset_forgets_all)
{
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
	for (size_t i = 0; i < ENA_MAX_SQS; i++) {
		assert_false(g->dev.sq[i].live);
		assert_false(g->dev.cq[i].live);
	}
	reg_write(g, ENA_REGS_AQ_DB_OFF, 1);
	assert_int_equal(g->dev.stats.guest_errors, 1);
	tx_ring(g);
	assert_int_equal(g->dev.stats.guest_errors, 2);
	/* All of it works again. */
	admin_up(g);
	create_queues(g);
	assert_int_equal(g->dev.stats.guest_errors, 2);
}

GUEST_TEST(readless_equals_direct)
{
	static const u16 offsets[] = {
		ENA_REGS_VERSION_OFF, ENA_REGS_CONTROLLER_VERSION_OFF,
		ENA_REGS_CAPS_OFF, ENA_REGS_CAPS_EXT_OFF, ENA_REGS_DEV_STS_OFF,
		ENA_REGS_ACQ_TAIL_OFF, ENA_REGS_AENQ_TAIL_OFF,
	};

	set_readless(g, READLESS_ADDR);
	for (u16 i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct ena_admin_ena_mmio_req_read_less_resp resp =
			readless(g, offsets[i], 100 + i);

		assert_int_equal(le16toh(resp.req_id), 100 + i);
		assert_int_equal(le16toh(resp.reg_off), offsets[i]);
		assert_int_equal(le32toh(resp.reg_val),
				 reg_read(g, offsets[i]));
	}
	assert_int_equal(g->dev.stats.guest_errors, 0);
}

GUEST_TEST(readless_of_no_register)
{
	set_readless(g, READLESS_ADDR);
	assert_int_equal(readless(g, 0x48, 1).reg_val, ~0u);
	assert_int_equal(readless(g, 0xfffc, 2).reg_val, ~0u);
	assert_int_equal(readless(g, 3, 3).reg_val, ~0u);
	assert_int_equal(g->dev.stats.guest_errors, 3);
}

GUEST_TEST(readless_outside_of_ram)
{
	static const u64 addrs[] = { 0, RAM_BASE - 1, RAM_END - 4, RAM_END,
				     ~0ull, RAM_BASE + 2 };

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		set_readless(g, addrs[i]);
		reg_write(g, ENA_REGS_MMIO_REG_READ_OFF, 1);
		assert_int_equal(g->dev.stats.guest_errors, i + 1);
	}
}

GUEST_TEST(registers_that_are_not_there)
{
	assert_int_equal(reg_read(g, 0x48), ~0u);
	assert_int_equal(reg_read(g, ENA_REGS_DEV_CTL_OFF), ~0u);
	assert_int_equal(reg_read(g, BAR0_SQ_DOORBELL - 4), ~0u);
	reg_write(g, 0x48, 1);
	reg_write(g, ENA_REGS_VERSION_OFF, 1);
	reg_write(g, BAR0_SQ_DOORBELL - 4, 1);
	assert_int_equal(g->dev.stats.guest_errors, 6);
}

#define RING_CAPS \
	(QUEUE_DEPTH | 64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT)

/* How the model has each register of the headers, and a value that it takes. */
static const struct access {
	u32 offset;
	bool reads;
	bool writes;
	u32 value;
} accesses[] = {
	{ ENA_REGS_VERSION_OFF, .reads = true },
	{ ENA_REGS_CONTROLLER_VERSION_OFF, .reads = true },
	{ ENA_REGS_CAPS_OFF, .reads = true },
	{ ENA_REGS_CAPS_EXT_OFF, .reads = true },
	{ ENA_REGS_AQ_BASE_LO_OFF, .writes = true, .value = AQ_ADDR },
	{ ENA_REGS_AQ_BASE_HI_OFF, .writes = true },
	{ ENA_REGS_AQ_CAPS_OFF, .writes = true, .value = RING_CAPS },
	{ ENA_REGS_ACQ_BASE_LO_OFF, .writes = true, .value = ACQ_ADDR },
	{ ENA_REGS_ACQ_BASE_HI_OFF, .writes = true },
	{ ENA_REGS_ACQ_CAPS_OFF, .writes = true, .value = RING_CAPS },
	{ ENA_REGS_AQ_DB_OFF, .writes = true },
	{ ENA_REGS_ACQ_TAIL_OFF, .reads = true },
	{ ENA_REGS_AENQ_CAPS_OFF, .writes = true, .value = RING_CAPS },
	{ ENA_REGS_AENQ_BASE_LO_OFF, .writes = true, .value = AENQ_ADDR },
	{ ENA_REGS_AENQ_BASE_HI_OFF, .writes = true },
	{ ENA_REGS_AENQ_HEAD_DB_OFF, .writes = true },
	{ ENA_REGS_AENQ_TAIL_OFF, .reads = true },
	{ ENA_REGS_INTR_MASK_OFF, .writes = true },
	{ ENA_REGS_DEV_CTL_OFF, .writes = true },
	{ ENA_REGS_DEV_STS_OFF, .reads = true },
	{ ENA_REGS_MMIO_REG_READ_OFF, .writes = true },
	{ ENA_REGS_MMIO_RESP_LO_OFF, .writes = true, .value = READLESS_ADDR },
	{ ENA_REGS_MMIO_RESP_HI_OFF, .writes = true },
	{ ENA_REGS_RSS_IND_ENTRY_UPDATE_OFF, .reads = false },	/* left out */
#ifdef ENA_HAS_PHC
	{ ENA_REGS_PHC_DB_OFF, .writes = true },
#endif
};

static const struct access *find_access(u32 offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
		if (accesses[i].offset == offset)
			return &accesses[i];
	return NULL;
}

TEST(each_register_of_the_headers)
{
	static const u32 registers[] = {
#include "registers.inc"
	};

	assert_true(ARRAY_SIZE(registers) >= ARRAY_SIZE(accesses));
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		if (!find_access(registers[i]))
			fail_msg("register 0x%x is new", registers[i]);
}

/* Reads and writes each word of the page of registers. */
GUEST_TEST(each_register)
{
	const u64 *errors = &g->dev.stats.guest_errors;
	static const struct access none;

	set_readless(g, READLESS_ADDR);
#ifdef ENA_HAS_PHC
	g->dev.phc.output = BUFFERS_ADDR;
#endif
	for (u32 offset = 0; offset < BAR0_SQ_DOORBELL; offset += 4) {
		const struct access *access = find_access(offset) ?: &none;
		u64 before = *errors;

		reg_read(g, offset);
		assert_int_equal(*errors - before, !access->reads);
		before = *errors;
		reg_write(g, offset, access->value);
		assert_int_equal(*errors - before, !access->writes);
	}
	reg_write(g, ENA_REGS_DEV_CTL_OFF, ENA_REGS_DEV_CTL_DEV_RESET_MASK);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
	admin_up(g);
	assert_admin(g, get_feature(ENA_ADMIN_HW_HINTS, 0), SUCCESS);
}

GUEST_TEST(accesses_of_odd_sizes)
{
	assert_int_equal(bar0_read(&g->dev, 0, 1), ~0u);
	assert_int_equal(bar0_read(&g->dev, 0, 8), ~0u);
	assert_int_equal(bar0_read(&g->dev, 2, 4), ~0u);
	bar0_write(&g->dev, ENA_REGS_DEV_CTL_OFF, 1, 2);
	bar0_write(&g->dev, ENA_REGS_DEV_CTL_OFF + 1, 1, 4);
	assert_int_equal(g->dev.stats.guest_errors, 5);
	assert_int_equal(g->dev.stats.resets, 0);
}

QUEUE_TEST(doorbells_of_no_queue)
{
	reg_write(g, BAR0_SQ_DOORBELL + 4u * 5, 1);
	reg_write(g, BAR0_CQ_INTR - 4, 1);
	reg_write(g, BAR0_CQ_INTR + 4u * 5, ~0u);
	reg_write(g, BAR0_SIZE - 4, ~0u);
	assert_int_equal(g->dev.stats.guest_errors, 4);
}

static void reset_for(struct guest *g, u32 reason)
{
	reg_write(g, ENA_REGS_DEV_CTL_OFF,
		  ENA_REGS_DEV_CTL_DEV_RESET_MASK | (reason & 0xf) << 28 |
		  (reason >> 4) << 24);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
}

GUEST_TEST(reasons_of_resets)
{
	const u64 *counted = g->dev.stats.reset_reason;

	for (u32 reason = 0; reason < 256; reason++) {
		reset_for(g, reason);
		if (reason < RESET_REASON_OTHER)
			assert_int_equal(counted[reason], 1);
		else
			assert_int_equal(counted[RESET_REASON_OTHER],
					 reason - RESET_REASON_OTHER + 1);
	}
	assert_int_equal(g->dev.stats.resets, 256);
}

GUEST_TEST(names_of_reasons)
{
	assert_string_equal(reset_reason_name(ENA_REGS_RESET_SHUTDOWN),
			    "shutdown");
	assert_string_equal(reset_reason_name(15), "suspected_poll_starvation");
	assert_string_equal(reset_reason_name(19), "device_request");
	assert_string_equal(reset_reason_name(RESET_REASON_OTHER), "other");
	for (u32 reason = 0; reason < RESET_REASONS; reason++) {
		assert_non_null(reset_reason_name(reason));
		for (u32 other = 0; other < reason; other++)
			assert_string_not_equal(reset_reason_name(reason),
						reset_reason_name(other));
	}
}
