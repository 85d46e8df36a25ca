// SPDX-License-Identifier: GPL-2.0
/*
 * What a client writes to the socket. A record is one byte (how many file
 * descriptors: of memory or, with bit 7, an eventfd), two bytes (a length) and
 * the bytes to write. Commands reach the real PCI device.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "target.h"
#include "vfio_user.h"

#define MAX_FDS		17	/* one more than the server takes */

static struct vfu_server server;
static int memory;
static int bell;

static void send_record(int client, struct input *in)
{
	u8 what = input_u8(in);
	size_t count = (what & 0x7f) % (MAX_FDS + 1);
	size_t len = input_u16(in) % (VFU_MAX_MSG + 16);
	u8 bytes[VFU_MAX_MSG + 16];
	int fds[MAX_FDS];

	len = input_take(in, bytes, len);
	for (size_t i = 0; i < count; i++)
		fds[i] = what & 0x80 ? bell : memory;
	if (send_fds(client, bytes, len, fds, count) >= 0)
		vfu_process(&server);
}

static void drain(int client)
{
	u8 replies[VFU_MAX_MSG];

	while (recv(client, replies, sizeof(replies), MSG_DONTWAIT) > 0)
		;
}

/* New ones for each input: it may have written to them. */
static void open_fds(void)
{
	memory = memfd_create("client", MFD_CLOEXEC);
	bell = eventfd(0, EFD_CLOEXEC);
	if (memory < 0 || bell < 0 || ftruncate(memory, 0x4000))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static struct ena_dev dev;
	struct input in = { data, len };
	struct ena_config config =
		fuzz_guest("nitro", HEADER_RULE_STRICT)->dev.config;
	int ends[2];

	open_fds();
	ena_dev_init(&dev, 0, &config);
	if (ena_dev_open_llq(&dev))
		abort();
	pci_command(&dev, PCI_COMMAND_MASTER);
	vfu_init(&server, &pci_vfu_ops, &dev);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
		abort();
	vfu_attach(&server, ends[1]);
	while (in.len && server.client >= 0) {
		send_record(ends[0], &in);
		drain(ends[0]);
	}
	vfu_close(&server);
	llq_close(&dev.llq);
	close(ends[0]);
	close(memory);
	close(bell);
	return 0;
}
