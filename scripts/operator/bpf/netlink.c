// SPDX-License-Identifier: GPL-2.0
/* Qdiscs and filters by rtnetlink: libbpf knows only filters of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "bpf.h"

typedef void message_fn(const struct tcmsg *tc, const struct rtattr *attrs,
			int len, void *data);

struct request {
	struct nlmsghdr header;
	struct tcmsg tc;
};

static const struct rtattr *find(const struct rtattr *attr, int len, int type)
{
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		if ((attr->rta_type & ~NLA_F_NESTED) == type)
			return attr;
	return NULL;
}

static void copy_string(char *to, size_t size, const struct rtattr *attr)
{
	if (attr)
		snprintf(to, size, "%.*s", (int)RTA_PAYLOAD(attr),
			 (const char *)RTA_DATA(attr));
}

/* Returns 1 when the answer is complete. */
static int each_message(char *buf, int len, message_fn *fn, void *data)
{
	struct nlmsghdr *message = (void *)buf;

	for (; NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
		const struct tcmsg *tc = NLMSG_DATA(message);

		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(message))->error;
		fn(tc, (void *)tc + NLMSG_ALIGN(sizeof(*tc)),
		   message->nlmsg_len - NLMSG_SPACE(sizeof(*tc)), data);
	}
	return 0;
}

static int dump(int type, int ifindex, __u32 parent, message_fn *fn, void *data)
{
	struct request request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.tc = {
			.tcm_family = AF_UNSPEC,
			.tcm_ifindex = ifindex,
			.tcm_parent = parent,
		},
	};
	static char buf[65536] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd, len, done = 0;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (send(fd, &request, sizeof(request), 0) < 0)
		done = -errno;
	while (!done) {
		len = recv(fd, buf, sizeof(buf), 0);
		done = len < 0 ? -errno : each_message(buf, len, fn, data);
	}
	close(fd);
	return done < 0 ? done : 0;
}

struct kind_search {
	int ifindex;
	char *kind;
};

static void note_kind(const struct tcmsg *tc, const struct rtattr *attrs,
		      int len, void *data)
{
	struct kind_search *search = data;

	if (tc->tcm_parent == TC_H_INGRESS &&
	    tc->tcm_ifindex == search->ifindex)
		copy_string(search->kind, 16, find(attrs, len, TCA_KIND));
}

int ingress_qdisc(int ifindex, char kind[16])
{
	struct kind_search search = { ifindex, kind };

	kind[0] = '\0';
	return dump(RTM_GETQDISC, ifindex, 0, note_kind, &search);
}

struct filter_search {
	filter_fn *fn;
	void *data;
};

static void note_filter(const struct tcmsg *tc, const struct rtattr *attrs,
			int len, void *data)
{
	const struct rtattr *options = find(attrs, len, TCA_OPTIONS);
	struct filter filter = {
		.parent = tc->tcm_parent,
		.pref = TC_H_MAJ(tc->tcm_info) >> 16,
		.handle = tc->tcm_handle,
	};
	struct filter_search *search = data;

	/* Without a handle it is the list, not one of its filters. */
	if (!filter.handle)
		return;
	copy_string(filter.kind, sizeof(filter.kind),
		    find(attrs, len, TCA_KIND));
	if (options && !strcmp(filter.kind, "bpf"))
		copy_string(filter.name, sizeof(filter.name),
			    find(RTA_DATA(options), RTA_PAYLOAD(options),
				 TCA_BPF_NAME));
	search->fn(&filter, search->data);
}

int each_filter(int ifindex, __u32 parent, filter_fn *fn, void *data)
{
	struct filter_search search = { fn, data };

	return dump(RTM_GETTFILTER, ifindex, parent, note_filter, &search);
}
