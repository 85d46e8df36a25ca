// SPDX-License-Identifier: GPL-2.0
/* Other software's program: counts frames, and ends the search for more. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} foreign_frames SEC(".maps");

SEC("tc")
int foreign(struct __sk_buff *skb)
{
	__u64 *frames;
	__u32 zero = 0;

	frames = bpf_map_lookup_elem(&foreign_frames, &zero);
	if (frames)
		__sync_fetch_and_add(frames, 1);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
