// SPDX-License-Identifier: GPL-2.0
/*
 * Registers and admin commands. A record is one byte (what), then the offset
 * and value of a register, or a command of 64 bytes. Most of its addresses are
 * made to point into RAM.
 */
#include "target.h"

/* An address of RAM in three of four cases. */
static void tame(struct ena_common_mem_addr *addr)
{
	u32 low = le32toh(addr->mem_addr_low);

	if (low >> 30 == 3)
		return;
	addr->mem_addr_low = htole32((u32)RAM_BASE |
				     (low & (RAM_SIZE - 1) & ~7u));
	addr->mem_addr_high = 0;
}

static void run_command(struct guest *g, struct input *in, bool good_phase)
{
	union admin_command cmd;

	input_take(in, &cmd, sizeof(cmd));
	switch (cmd.common.opcode) {
	case ENA_ADMIN_CREATE_SQ:
		tame(&cmd.create_sq.sq_ba);
		break;
	case ENA_ADMIN_CREATE_CQ:
		tame(&cmd.create_cq.cq_ba);
		break;
	default:
		tame(&cmd.get_feature.control_buffer.address);
	}
	if (good_phase) {
		cmd.common.flags &= (u8)~ENA_ADMIN_AQ_COMMON_DESC_PHASE_MASK;
		cmd.common.flags |= ring_phase(g->aq_tail, QUEUE_DEPTH);
	}
	admin_push(g, &cmd);
}

static void access_register(struct guest *g, struct input *in, u8 what)
{
	u32 offset = input_u16(in) % BAR0_SIZE;

	if (what & 1)
		reg_read(g, offset);
	else
		reg_write(g, offset, input_u32(in));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct guest *g = fuzz_guest("nitro", HEADER_RULE_STRICT);
	struct input in = { data, len };

	while (in.len) {
		u8 what = input_u8(&in);

		if (what & 0x80)
			access_register(g, &in, what);
		else if (what & 0x40)
			aenq_tick(&g->dev);
		else
			run_command(g, &in, !(what & 0x20));
	}
	return 0;
}
