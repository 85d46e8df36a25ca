/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

#include "device.h"

/*
 * What the fuzzers drive: a device whose wire leads back to itself, and RAM so
 * small that addresses meet. Each run starts from the same state.
 */

#define RAM_BASE	0x40000000ull
#define RAM_SIZE	0x10000ull

#define QUEUE_DEPTH	32
#define AQ_ADDR		RAM_BASE
#define ACQ_ADDR	(RAM_BASE + 0x1000)
#define AENQ_ADDR	(RAM_BASE + 0x2000)
#define READLESS_ADDR	(RAM_BASE + 0x3000)
#define TX_SQ_ADDR	(RAM_BASE + 0x4000)
#define TX_CQ_ADDR	(RAM_BASE + 0x5000)
#define RX_SQ_ADDR	(RAM_BASE + 0x6000)
#define RX_CQ_ADDR	(RAM_BASE + 0x7000)
#define BUFFERS_ADDR	(RAM_BASE + 0x8000)
#define BUFFERS_SIZE	(RAM_SIZE - 0x8000)

struct machine {
	struct ena_dev dev;
	u8 *ram;
	u16 aq_tail;
	u16 tx_sq;
	u16 rx_sq;
};

/* Bytes that the fuzzer made up; what is missing reads as 0. */
struct input {
	const u8 *data;
	size_t len;
};

struct machine *machine_get(void);
/* What the guest's firmware does first. */
void machine_bus_master(struct ena_dev *dev);
void machine_restart(struct machine *m, enum header_rule rule);
void machine_queues(struct machine *m);
/* Runs an admin command, with the right phase unless it is to be wrong. */
void machine_admin(struct machine *m, union admin_command *cmd, bool good);
void *machine_ram(struct machine *m, u64 addr);

size_t input_take(struct input *in, void *to, size_t len);
u8 input_u8(struct input *in);
u16 input_u16(struct input *in);
u32 input_u32(struct input *in);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

#endif
