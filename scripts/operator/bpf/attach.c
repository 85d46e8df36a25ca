// SPDX-License-Identifier: GPL-2.0
/* Puts the program in front at tc egress of an interface: by tcx where the
 * kernel has it (6.6), else by a filter at clsact. Keeps no state of its own:
 * the program is found by its name, its counters by the program.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <sys/syscall.h>
#include <bpf/bpf.h>

#include "bpf.h"
#include "embed.h"
#include "mitigate.h"

#define EGRESS	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define INGRESS	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

/* tcx, as of Linux 6.6. The headers and the libbpf that we are built with may
 * be older, and know neither.
 */
enum { TCX_EGRESS = 47, F_BEFORE = 1 << 3 };
#define TCX_MAX_PROGS	64

struct tcx_attach {
	__u32 ifindex;
	__u32 prog_fd;
	__u32 type;
	__u32 flags;
	__u32 replace_fd;
	__u32 relative_fd;
	__u64 revision;
};

struct tcx_query {
	__u32 ifindex;
	__u32 type;
	__u32 query_flags;
	__u32 attach_flags;
	__u64 prog_ids;
	__u32 count;
	__u32 pad;
	__u64 more[4];
};

struct programs {
	__u32 ids[TCX_MAX_PROGS];
	__u32 count;
};

EMBED(mitigate, "mitigate.bpf.o");

static long bpf_call(int command, void *attr, size_t size)
{
	long result = syscall(SYS_bpf, command, attr, size);

	return result < 0 ? -errno : result;
}

/* Fails with EINVAL on kernels without tcx. */
static int tcx_list(int ifindex, struct programs *programs)
{
	struct tcx_query query = {
		.ifindex = ifindex,
		.type = TCX_EGRESS,
		.prog_ids = (unsigned long)programs->ids,
		.count = TCX_MAX_PROGS,
	};
	int err = bpf_call(BPF_PROG_QUERY, &query, sizeof(query));

	programs->count = err ? 0 : query.count;
	return err == -ENOENT ? 0 : err;
}

static int tcx_change(int command, int ifindex, int prog_fd, __u32 flags)
{
	struct tcx_attach attach = {
		.ifindex = ifindex,
		.prog_fd = prog_fd,
		.type = TCX_EGRESS,
		.flags = flags,
	};

	return bpf_call(command, &attach, sizeof(attach));
}

static int prog_info(__u32 id, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);
	int err, fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	err = bpf_obj_get_info_by_fd(fd, info, &len);
	close(fd);
	return err ? -errno : 0;
}

static bool is_ours(__u32 id)
{
	struct bpf_prog_info info = { 0 };

	return !prog_info(id, &info) && !strcmp(info.name, MITIGATE_NAME);
}

static bool same_code(__u32 id, int fd)
{
	struct bpf_prog_info info = { 0 }, new = { 0 };
	__u32 len = sizeof(new);

	return !prog_info(id, &info) &&
	       !bpf_obj_get_info_by_fd(fd, &new, &len) &&
	       !memcmp(info.tag, new.tag, sizeof(new.tag));
}

static int load_program(struct bpf_object **object)
{
	struct bpf_program *program;

	*object = bpf_object__open_mem(mitigate_object, mitigate_object_end -
				       mitigate_object, NULL);
	if (!*object || bpf_object__load(*object))
		return fail(EXIT_NO_BPF,
			    "the kernel does not load the BPF program: %s",
			    strerror(errno));
	program = bpf_object__find_program_by_name(*object, MITIGATE_NAME);
	return bpf_program__fd(program);
}

/* Detaches all programs of ours but the one whose ID is keep. */
static int tcx_detach(int ifindex, __u32 keep)
{
	struct programs programs;
	int err = tcx_list(ifindex, &programs);
	__u32 i;

	for (i = 0; !err && i < programs.count; i++) {
		int fd;

		if (programs.ids[i] == keep || !is_ours(programs.ids[i]))
			continue;
		fd = bpf_prog_get_fd_by_id(programs.ids[i]);
		err = fd < 0 ? -errno :
			       tcx_change(BPF_PROG_DETACH, ifindex, fd, 0);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

/* A new program comes before the old one goes: no frame passes in between. */
static int tcx_put_first(int ifindex, int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	struct programs programs;
	int err;

	err = tcx_list(ifindex, &programs);
	if (!err && programs.count && is_ours(programs.ids[0]) &&
	    same_code(programs.ids[0], fd))
		return tcx_detach(ifindex, programs.ids[0]);
	err = err ?: tcx_change(BPF_PROG_ATTACH, ifindex, fd, F_BEFORE);
	if (err || bpf_obj_get_info_by_fd(fd, &info, &len))
		return err ?: -errno;
	return tcx_detach(ifindex, info.id);
}

/* clsact */

#define OUR_HOOK(name, index)						\
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = (index),	\
			    .attach_point = BPF_TC_EGRESS)
#define OUR_FILTER(name)						\
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, name, .handle = OUR_HANDLE,	\
			    .priority = OUR_PREF)

/* The ID of our program at clsact, or 0. */
static __u32 clsact_id(int ifindex)
{
	OUR_HOOK(hook, ifindex);
	OUR_FILTER(filter);

	if (bpf_tc_query(&hook, &filter) || !is_ours(filter.prog_id))
		return 0;
	return filter.prog_id;
}

static int clsact_put_first(int ifindex, const char *ifname, int fd)
{
	OUR_HOOK(hook, ifindex);
	OUR_FILTER(filter);
	char kind[16];
	__u32 old;
	int err;

	err = ingress_qdisc(ifindex, kind);
	if (err)
		return err;
	if (!strcmp(kind, "ingress"))
		return fail(EXIT_REFUSED, "%s has an ingress qdisc",
			    ifname);
	old = clsact_id(ifindex);
	if (old && same_code(old, fd))
		return 0;
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err;
	filter.prog_fd = fd;
	filter.flags = old ? BPF_TC_F_REPLACE : 0;
	err = bpf_tc_attach(&hook, &filter);
	if (err == -EINVAL || err == -EEXIST)
		return fail(EXIT_REFUSED,
			    "%s has a tc filter of another kind in front",
			    ifname);
	return err;
}

static void count_filter(const struct filter *filter, void *data)
{
	(*(int *)data)++;
}

/* An empty clsact goes too: it would keep an ingress qdisc away. */
static int clsact_detach(int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, both, .ifindex = ifindex,
			    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	OUR_HOOK(hook, ifindex);
	OUR_FILTER(filter);
	int err, others = 0;

	if (!clsact_id(ifindex))
		return 0;
	err = bpf_tc_detach(&hook, &filter);
	err = err ?: each_filter(ifindex, EGRESS, count_filter, &others);
	err = err ?: each_filter(ifindex, INGRESS, count_filter, &others);
	return err || others ? err : bpf_tc_hook_destroy(&both);
}

/* Commands */

int cmd_attach(int ifindex, const char *ifname)
{
	struct bpf_object *object = NULL;
	struct programs programs;
	int err, fd = load_program(&object);

	if (fd < 0 || !object)
		return fd;
	err = tcx_list(ifindex, &programs);
	if (err == -EINVAL)
		err = clsact_put_first(ifindex, ifname, fd);
	else
		err = err ?: tcx_put_first(ifindex, fd);
	bpf_object__close(object);
	return err;
}

int cmd_detach(int ifindex, const char *ifname)
{
	int err = tcx_detach(ifindex, 0);

	return err && err != -EINVAL ? err : clsact_detach(ifindex);
}

static int counters_fd(__u32 prog_id)
{
	__u32 map_ids[4], len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {
		.nr_map_ids = 4,
		.map_ids = (unsigned long)map_ids,
	};
	int fd = bpf_prog_get_fd_by_id(prog_id);

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.nr_map_ids != 1)
		info.nr_map_ids = 0;
	close(fd);
	return info.nr_map_ids ? bpf_map_get_fd_by_id(map_ids[0]) : -ENOENT;
}

/* Prints the sum over all processors. */
static int print_counter(int map_fd, __u32 key)
{
	int i, cpus = libbpf_num_possible_cpus();
	__u64 values[cpus > 0 ? cpus : 1], sum = 0;

	if (cpus < 1 || bpf_map_lookup_elem(map_fd, &key, values))
		return -errno;
	for (i = 0; i < cpus; i++)
		sum += values[i];
	printf(" %llu", sum);
	return 0;
}

static int print_counters(__u32 prog_id)
{
	int err, fd = counters_fd(prog_id);

	if (fd < 0)
		return fd;
	err = print_counter(fd, MITIGATE_PULLED) ?:
	      print_counter(fd, MITIGATE_FAILED);
	close(fd);
	return err;
}

static void print_if_in_front(const struct filter *filter, void *data)
{
	bool *ours_seen = data;

	*ours_seen |= filter->pref == OUR_PREF && filter->handle == OUR_HANDLE;
	if (!*ours_seen)
		printf(" %s:%u%s%s", filter->kind, filter->pref,
		       filter->name[0] ? ":" : "", filter->name);
}

static int clsact_status(int ifindex)
{
	__u32 id = clsact_id(ifindex);
	bool ours_seen = false;
	int err;

	if (!id) {
		puts("none");
		return 0;
	}
	printf("clsact");
	err = print_counters(id) ?:
	      each_filter(ifindex, EGRESS, print_if_in_front, &ours_seen);
	putchar('\n');
	return err;
}

/* "none", or the hook, both counters and what is in front of our program. */
int cmd_status(int ifindex, const char *ifname)
{
	struct bpf_prog_info info = { 0 };
	struct programs programs;
	__u32 i, ours = 0;
	int err;

	tcx_list(ifindex, &programs);
	while (ours < programs.count && !is_ours(programs.ids[ours]))
		ours++;
	if (ours == programs.count)
		return clsact_status(ifindex);
	printf("tcx");
	err = print_counters(programs.ids[ours]);
	for (i = 0; i < ours; i++)
		if (!prog_info(programs.ids[i], &info))
			printf(" tcx:%s", info.name[0] ? info.name : "unnamed");
	putchar('\n');
	return err;
}
