// SPDX-License-Identifier: GPL-2.0
/*
 * bpf-redirect IFNAME PIN: loads a classifier that redirects every frame to
 * IFNAME, and pins it.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>

#include "frame-io.h"

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static long load(unsigned int ifindex)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1,
		  .imm = ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insn_cnt = ARRAY_SIZE(code),
		.insns = (unsigned long)code,
		.license = (unsigned long)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

int main(int argc, char **argv)
{
	union bpf_attr attr = { 0 };
	unsigned int ifindex;

	if (argc != 3) {
		fprintf(stderr, "usage: bpf-redirect IFNAME PIN\n");
		return 2;
	}
	ifindex = if_nametoindex(argv[1]);
	attr.pathname = (unsigned long)argv[2];
	attr.bpf_fd = ifindex ? load(ifindex) : -1;
	if ((int)attr.bpf_fd < 0 || bpf(BPF_OBJ_PIN, &attr)) {
		fprintf(stderr, "bpf-redirect: %s: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	return 0;
}
