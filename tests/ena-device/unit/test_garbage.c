// SPDX-License-Identifier: GPL-2.0
#include "fixture.h"

/*
 * A guest that sends noise. The device must still work afterwards; sanitizers
 * find the rest. The noise is the same in each run: GARBAGE_SEED and
 * GARBAGE_ROUNDS change it.
 */

#define ROUNDS	20000

static u64 first_seed(void)
{
	return env_number("GARBAGE_SEED", 0x9e3779b97f4a7c15ull);
}

/* Most noise is refused at once; addresses in RAM get further. */
static u64 some_addr(u64 *seed)
{
	if (noise(seed) % 8 == 0)
		return (u64)noise(seed) << 20 | noise(seed);
	return RAM_BASE + (noise(seed) & (RAM_SIZE - 1));
}

GUEST_TEST(registers)
{
	u64 seed = first_seed();
	u64 rounds = env_number("GARBAGE_ROUNDS", ROUNDS);

	for (u64 i = 0; i < rounds; i++) {
		u32 offset = noise(&seed) % 0x70;
		u32 value = noise(&seed) >> noise(&seed) % 32;

		if (noise(&seed) % 16 == 0)
			offset = noise(&seed) % BAR0_SIZE;
		if (noise(&seed) % 4)
			bar0_write(&g->dev, offset & ~3u, value, 4);
		else
			bar0_read(&g->dev, offset, 4);
		bar0_write(&g->dev, ENA_REGS_DEV_CTL_OFF, 0, 4);
	}
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1);
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 0);
	admin_up(g);
	create_queues(g);
}

GUEST_TEST(commands)
{
	static const u8 opcodes[] = {
		ENA_ADMIN_CREATE_SQ, ENA_ADMIN_DESTROY_SQ, ENA_ADMIN_CREATE_CQ,
		ENA_ADMIN_DESTROY_CQ, ENA_ADMIN_GET_FEATURE,
		ENA_ADMIN_SET_FEATURE, ENA_ADMIN_GET_STATS, 0,
	};
	u64 seed = first_seed();
	u64 rounds = env_number("GARBAGE_ROUNDS", ROUNDS);

	for (u64 i = 0; i < rounds; i++) {
		union admin_command cmd;

		for (size_t w = 0; w < sizeof(cmd) / 4; w++)
			((u32 *)&cmd)[w] = noise(&seed) >> noise(&seed) % 32;
		cmd.common.opcode = opcodes[noise(&seed) % 8];
		cmd.get_feature.feat_common.feature_id = noise(&seed) % 33;
		set_addr(&cmd.get_feature.control_buffer.address,
			 some_addr(&seed));
		admin_run(g, &cmd, NULL);
	}
	assert_int_equal(g->dev.stats.admin_commands, rounds);
}

static void post_noise(struct guest *g, u64 *seed, u64 ring, u16 slot)
{
	u32 *desc = ram_at(g, ring + slot * 16u);
	u64 addr = some_addr(seed);

	desc[0] = noise(seed);
	if (noise(seed) % 2)
		desc[0] &= ~(ENA_ETH_IO_TX_DESC_META_DESC_MASK | 0xf000u);
	desc[1] = noise(seed);
	desc[2] = (u32)addr;
	desc[3] = (u32)(addr >> 32) | (noise(seed) & 0x7f000000);
}

QUEUE_TEST(descriptors)
{
	u64 seed = first_seed();
	u64 rounds = env_number("GARBAGE_ROUNDS", ROUNDS);
	u8 frame[ENA_MAX_FRAME] = { 0 };

	for (u64 i = 0; i < rounds; i++) {
		u16 slot = noise(&seed) % QUEUE_DEPTH;

		post_noise(g, &seed, TX_SQ_ADDR, slot);
		post_noise(g, &seed, RX_SQ_ADDR, slot);
		g->tx_tail += noise(&seed) % 4;
		tx_ring(g);
		reg_write(g, BAR0_SQ_DOORBELL + 4u * g->rx_sq,
			  g->rx_tail += noise(&seed) % 2);
		wire_frame(g, frame, sizeof(frame));
		rx_frame(&g->dev, frame, noise(&seed) % sizeof(frame));
	}
	assert_int_equal(g->dev.sq[g->tx_sq].head, g->tx_tail);
}
