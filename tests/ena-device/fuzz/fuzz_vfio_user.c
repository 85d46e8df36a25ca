// SPDX-License-Identifier: GPL-2.0
/*
 * The client's side of the socket is the input: records of one byte (how many
 * file descriptors, of memory or, with bit 7, an eventfd), two bytes (length)
 * and what is written at once. Commands reach the real PCI device.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine.h"
#include "vfio_user.h"

#define MAX_FDS		17	/* one more than the server takes */

static struct vfu_server server;
static int memory;
static int bell;

static void send_record(int client, struct input *in)
{
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	u8 what = input_u8(in);
	size_t fds = (what & 0x7f) % (MAX_FDS + 1);
	size_t len = input_u16(in) % (VFU_MAX_MSG + 16);
	u8 bytes[VFU_MAX_MSG + 16];
	struct iovec iov = { bytes, 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int *fd;

	iov.iov_len = input_take(in, bytes, len);
	if (fds) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(fds * sizeof(int));
		fd = (int *)CMSG_DATA(&control.align);
		for (size_t i = 0; i < fds; i++)
			fd[i] = what & 0x80 ? bell : memory;
	}
	if (sendmsg(client, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
	vfu_process(&server);
}

static void drain(int client)
{
	u8 replies[VFU_MAX_MSG];

	while (recv(client, replies, sizeof(replies), MSG_DONTWAIT) > 0)
		;
}

/* Anew for each run: what one has written is not there for the next. */
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
	struct ena_config config = machine_get()->dev.config;
	int ends[2];

	open_fds();
	ena_dev_init(&dev, 0, &config);
	machine_bus_master(&dev);
	vfu_init(&server, &pci_vfu_ops, &dev);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
		abort();
	vfu_attach(&server, ends[1]);
	while (in.len && server.client >= 0) {
		send_record(ends[0], &in);
		drain(ends[0]);
	}
	vfu_close(&server);
	close(ends[0]);
	close(memory);
	close(bell);
	return 0;
}
