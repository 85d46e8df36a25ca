// SPDX-License-Identifier: GPL-2.0
/* A workaround in front of an unpatched driver: pulls the headers. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#define SEC(name) __attribute__((section(name), used))

#define HEADERS 54

static long (*const pull_data)(struct __sk_buff *skb, __u32 len) =
	(void *)BPF_FUNC_skb_pull_data;

SEC("tc")
int pull(struct __sk_buff *skb)
{
	if (skb->data_end - skb->data < HEADERS)
		pull_data(skb, HEADERS);
	return TC_ACT_OK;
}

SEC("license")
char _license[] = "GPL";
