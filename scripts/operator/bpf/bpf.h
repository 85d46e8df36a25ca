/* SPDX-License-Identifier: GPL-2.0 */
/* The commands of ena-tx-bpf and what they share. Functions return 0 or more,
 * or a negative errno.
 */
#ifndef ENA_BPF_H
#define ENA_BPF_H

#include <stdbool.h>
#include <linux/types.h>
#include <bpf/libbpf.h>

/* Exit statuses, as ena-tx-header has them. */
enum {
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_REFUSED = 118,
	EXIT_NO_BPF = 121,
};

/* At clsact: in front of all that tc numbers by itself. */
#define OUR_PREF	1
#define OUR_HANDLE	0x454e41

int cmd_attach(int ifindex, const char *ifname);
int cmd_detach(int ifindex, const char *ifname);
int cmd_status(int ifindex, const char *ifname);

/* Prints a line for each kind of frame: interface, where from, head, need (0:
 * unknown), IP protocol, process, frames, bytes, and 1 if the driver made them
 * whole itself. Of all if ifindex is 0.
 */
int cmd_watch(unsigned int seconds, int ifindex);

int fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* netlink.c: what tc has of an interface. */
struct filter {
	char kind[16];
	__u32 parent;
	__u32 pref;
	__u32 handle;
	char name[32];
};

typedef void filter_fn(const struct filter *filter, void *data);

/* "ingress", "clsact" or "": it says where tc's egress filters would be. */
int ingress_qdisc(int ifindex, char kind[16]);
int each_filter(int ifindex, __u32 parent, filter_fn *fn, void *data);

#endif
