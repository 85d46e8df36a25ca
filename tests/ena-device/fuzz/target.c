// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

void guest_failed(const char *check, const char *file, int line)
{
	fprintf(stderr, "%s:%d: guest: %s\n", file, line, check);
	abort();
}

static void start(struct guest *g, const char *profile)
{
	struct ena_config config = guest_config;

	if (!profile_load(&config.profile, profile))
		abort();
	config.max_tx_descs = TX_MAX_DESCS;
	config.faults = true;
	guest_init(g, &config, RAM_SIZE);
	wire_join(&g->dev.port, &g->dev.port);
}

struct guest *fuzz_guest(const char *profile, enum header_rule rule)
{
	static struct guest g;

	if (!g.ram)
		start(&g, profile);
	memset(g.ram, 0, RAM_SIZE);
	memset(&g.dev.stats, 0, sizeof(g.dev.stats));
	g.dev.config.header_rule = rule;
	ena_dev_power_on(&g.dev);
	pci_command(&g.dev, PCI_COMMAND_MASTER);
	g.dev.host.features = ~0u;
	admin_up(&g);
	reg_write(&g, ENA_REGS_MMIO_RESP_LO_OFF, READLESS_ADDR);
	reg_write(&g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	return &g;
}

size_t input_take(struct input *in, void *to, size_t len)
{
	size_t have = in->len < len ? in->len : len;

	memcpy(to, in->data, have);
	memset((u8 *)to + have, 0, len - have);
	in->data += have;
	in->len -= have;
	return have;
}

u8 input_u8(struct input *in)
{
	u8 value;

	input_take(in, &value, sizeof(value));
	return value;
}

u16 input_u16(struct input *in)
{
	u16 value;

	input_take(in, &value, sizeof(value));
	return le16toh(value);
}

u32 input_u32(struct input *in)
{
	u32 value;

	input_take(in, &value, sizeof(value));
	return le32toh(value);
}
