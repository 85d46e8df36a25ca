// SPDX-License-Identifier: GPL-2.0
/*
 * Registers and admin commands. Records: one byte (what), then a register's
 * offset and value, or a command of 64 bytes, whose address fields mostly
 * point into RAM.
 */
#include "machine.h"

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

static void run_command(struct machine *m, struct input *in, bool good)
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
	machine_admin(m, &cmd, good);
}

static void access_register(struct machine *m, struct input *in, u8 what)
{
	u32 offset = input_u16(in) % BAR0_SIZE;

	if (what & 1)
		bar0_read(&m->dev, offset, 4);
	else
		bar0_write(&m->dev, offset, input_u32(in), 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct machine *m = machine_get();
	struct input in = { data, len };

	machine_restart(m, HEADER_RULE_STRICT);
	while (in.len) {
		u8 what = input_u8(&in);

		if (what & 0x80)
			access_register(m, &in, what);
		else if (what & 0x40)
			aenq_keep_alive(&m->dev);
		else
			run_command(m, &in, !(what & 0x20));
	}
	return 0;
}
