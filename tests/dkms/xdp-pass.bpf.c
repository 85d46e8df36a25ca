// SPDX-License-Identifier: GPL-2.0
/* An XDP program that does nothing but be there. */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("license")
char _license[] = "GPL";
