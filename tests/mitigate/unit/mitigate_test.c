// SPDX-License-Identifier: GPL-2.0
/* The BPF program of 'ena-tx-header mitigate' as a part of this one: every
 * frame with every length of its linear part, with memory to pull and without.
 * What is behind the linear part cannot be read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mitigate.bpf.c"
#include "frame.h"

#define PAGE	4096
/* __sk_buff has 32 bits for a pointer. */
#define MEMORY	((unsigned char *)0x10000000)
#define LEN	400

struct test {
	const char *name;	/* as frame_parse() has it */
	unsigned int need;	/* where its L4 header ends; 0: it has none */
	unsigned int len;	/* 0: LEN */
	unsigned char extensions[4][2];
};

static const struct test tests[] = {
	{ "v4-tcp", 54 }, { "v4-udp", 42 }, { "v6-tcp", 74 }, { "v6-udp", 62 },
	{ "v4-tcpopt40", 54 }, { "v4opt-tcp", 66 }, { "v4opt-udp", 54 },
	{ "v4opt40-tcp", 94 }, { "v6hop-tcp", 82 }, { "v6dst-udp", 70 },
	{ "v6route-tcp", 98 }, { "v6dst64-tcp", 138 }, { "v6ah-tcp", 90 },
	{ "v6-tcp", 106, 0, { { 0, 8 }, { 60, 16 }, { 43, 8 } } },
	{ "v6-tcp", 255, 0, { { 60, 248 } } },
	{ "vlan-v4-tcp", 58 }, { "vlan-v6-udp", 66 }, { "qinq-v6-tcp", 82 },
	{ "v4-tcp-first", 54 }, { "v6-udp-first", 70 }, { "v4-tcp-later" },
	{ "v6-tcp-later" }, { "v4-icmp" }, { "v6-icmp" }, { "v4-sctp" },
	{ "v6-esp" }, { "v4-gre" }, { "v4-vxlan", 42 }, { "arp" }, { "raw" },
	{ "v4-tcp", 54, 54 }, { "v4-tcp", 45, 45 }, { "v4-tcp", 0, 30 },
	{ "v6-tcp", 60, 60 }, { "v6hop-tcp", 0, 55 },
};

static unsigned char whole[LEN];
static bool no_memory;
static unsigned int pulled_to;
static __u64 counters[MITIGATE_COUNTERS];

static long bpf_skb_load_bytes(const struct __sk_buff *ctx, __u32 offset,
			       void *to, __u32 len)
{
	if (offset + len > ctx->len)
		return -EFAULT;
	memcpy(to, whole + offset, len);
	return 0;
}

static long bpf_skb_pull_data(struct __sk_buff *ctx, __u32 len)
{
	pulled_to = len;
	return no_memory || len > ctx->len ? -ENOMEM : 0;
}

static void *bpf_map_lookup_elem(void *map, const void *key)
{
	return map == &ena_tx_counters ? &counters[*(const __u32 *)key] : NULL;
}

static void build(const struct test *test, unsigned int len)
{
	struct frame frame = { 0 };
	unsigned char longer[FRAME_MAX];
	int i;

	if (!frame_parse(&frame, test->name))
		abort();
	for (i = 0; i < 4 && test->extensions[i][1]; i++) {
		frame.extension[i].type = test->extensions[i][0];
		frame.extension[i].len = test->extensions[i][1];
		frame.extensions = i + 1;
	}
	frame.len = LEN;
	frame_build(&frame, 0, false, longer);
	memcpy(whole, longer, len);
	if (frame.tags)
		whole[ETH_HLEN] = 0x45;	/* a tag that looks like IPv4 */
}

static bool wrong(const struct test *test, unsigned int head,
		  const char *what, unsigned int is)
{
	printf("# %s, head %u%s: %s %u\n", test->name, head,
	       no_memory ? ", no memory" : "", what, is);
	return true;
}

static bool failed(const struct test *test, unsigned int len, unsigned int head)
{
	struct __sk_buff ctx = { .len = len };
	unsigned int pull = head < test->need ? test->need : 0;
	int action;

	ctx.data_end = (unsigned long)MEMORY + PAGE;
	ctx.data = ctx.data_end - head;
	memcpy(MEMORY + PAGE - head, whole, head);
	pulled_to = 0;
	memset(counters, 0, sizeof(counters));
	action = ena_tx_header(&ctx);
	if (action != TC_ACT_UNSPEC)
		return wrong(test, head, "returned", action);
	if (pulled_to != pull)
		return wrong(test, head, "pulled to", pulled_to);
	if (counters[MITIGATE_PULLED] != (pull && !no_memory))
		return wrong(test, head, "pulled", counters[MITIGATE_PULLED]);
	if (counters[MITIGATE_FAILED] != (pull && no_memory))
		return wrong(test, head, "failed", counters[MITIGATE_FAILED]);
	return false;
}

static bool run(const struct test *test)
{
	unsigned int head, len = test->len ?: LEN;
	bool bad = false;

	build(test, len);
	for (head = 1; head <= len; head++) {
		no_memory = false;
		bad = bad || failed(test, len, head);
		no_memory = true;
		bad = bad || failed(test, len, head);
	}
	return bad;
}

int main(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	size_t i, count = sizeof(tests) / sizeof(tests[0]);
	bool bad, any = false;

	if (mmap(MEMORY, 2 * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) !=
	    MEMORY || mprotect(MEMORY + PAGE, PAGE, PROT_NONE))
		abort();
	printf("1..%zu\n", count);
	for (i = 0; i < count; i++) {
		bad = run(&tests[i]);
		any |= bad;
		printf("%sok %zu - %s of %u bytes\n", bad ? "not " : "", i + 1,
		       tests[i].name, tests[i].len ?: LEN);
		fflush(stdout);
	}
	return any;
}
