// SPDX-License-Identifier: GPL-2.0
/* Counts the frames that the ENA driver is given with a cut L4 header. Here, at
 * the driver's own entry, are also those that passed no tc.
 */
#include "kernel.h"
#include "ena_tx_header.c"
#include "watch.h"
#include <linux/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* What devices have that are known. */
#define MAX_HEADER_SIZE	96u
#define LINEAR_MAX	256
#define FRAG_MAX	128
#define COPY_MAX	512	/* more than either, and a power of two */
#define FRAGS		3
#define MAX_KEYS	4096

#define DRIVER_SIZE	0x10000	/* more than the driver's text */

#define KERNEL_TYPE	__attribute__((preserve_access_index))

struct frag {
	unsigned long page;
	__u32 len;
	__u32 offset;
};

struct sk_buff___kernel {
	unsigned int len;
	unsigned int data_len;
	int skb_iif;
	unsigned char *head;
	unsigned char *data;
	unsigned int end;
} KERNEL_TYPE;

struct skb_shared_info___kernel {
	__u8 nr_frags;
	struct frag frags[1];
} KERNEL_TYPE;

struct net_device___kernel {
	char name[16];
	int ifindex;
} KERNEL_TYPE;

struct page___kernel {
	unsigned long flags;
} KERNEL_TYPE;

struct scratch {
	u8 bytes[1024];
	u32 copied;
	u32 reached;
	/* What the driver has now, if it is cut */
	unsigned long cut;
	unsigned long driver;
	u32 len;
	struct watch_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_KEYS);
	__type(key, struct watch_key);
	__type(value, struct watch_value);
} cut_frames SEC(".maps");

/* Frames that found no place there. */
__u64 not_told_apart;
/* Only this interface, if not 0. */
const volatile __u32 only_ifindex;

/* Where the kernel of x86-64 maps its pages. */
extern const void page_offset_base __ksym __weak;
extern const void vmemmap_base __ksym __weak;

/* Without a branch, which would cost the verifier half a second. What was not
 * copied reads as anything: the caller looks at "reached".
 */
static __always_inline long frame_bytes(const struct sk_buff *skb, u32 offset,
					void *to, u32 len)
{
	struct scratch *scratch = skb->scratch;

	scratch->reached = offset + len;
	return bpf_probe_read_kernel(to, len, scratch->bytes + (offset & 1023));
}

/* Where a fragment's page is mapped, or 0 if that cannot be told. */
static __always_inline unsigned long address(unsigned long page)
{
	unsigned long map = 0, base = 0, size;

	if (!&vmemmap_base || !&page_offset_base || page & 1 ||
	    bpf_probe_read_kernel(&map, sizeof(map), &vmemmap_base) ||
	    bpf_probe_read_kernel(&base, sizeof(base), &page_offset_base))
		return 0;
	size = bpf_core_type_size(struct page___kernel);
	return base + (page - map) / size * 4096;
}

static __always_inline void copy(struct scratch *scratch, unsigned long from,
				 u32 len, u32 max)
{
	u32 at = scratch->copied & 1023;

	if (len > max)
		len = max;
	barrier_var(len);	/* or the verifier does not see the limit */
	if (at > sizeof(scratch->bytes) - COPY_MAX || !from ||
	    bpf_probe_read_kernel(scratch->bytes + at, len & (COPY_MAX - 1),
				  (const void *)from))
		return;
	scratch->copied = at + len;
}

static __always_inline struct scratch *scratch_of_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

/* The first bytes of the frame, from its linear part and its fragments. Not
 * static, so that the verifier sees it by itself: it takes a second less.
 */
__attribute__((noinline)) int copy_headers(unsigned long skb_address,
					   u32 headlen)
{
	const struct sk_buff___kernel *skb = (const void *)skb_address;
	const struct skb_shared_info___kernel *shared;
	struct scratch *scratch = scratch_of_cpu();
	struct frag frag;
	u32 before;
	int i;

	if (!scratch)
		return -1;
	scratch->copied = 0;
	scratch->reached = 0;
	copy(scratch, (unsigned long)BPF_CORE_READ(skb, data), headlen,
	     LINEAR_MAX);
	shared = (const void *)(BPF_CORE_READ(skb, head) +
				BPF_CORE_READ(skb, end));
	for (i = 0; i < FRAGS && i < BPF_CORE_READ(shared, nr_frags); i++) {
		if (bpf_probe_read_kernel(&frag, sizeof(frag),
					  (const void *)shared +
					  bpf_core_field_offset(shared->frags) +
					  i * sizeof(frag)))
			break;
		before = scratch->copied;
		copy(scratch, address(frag.page) + frag.offset, frag.len,
		     FRAG_MAX);
		if (scratch->copied - before != frag.len)
			break;
	}
	return 0;
}

static __always_inline void count(const struct watch_key *key, u32 len)
{
	struct watch_value *value, zero = { 0 };

	bpf_map_update_elem(&cut_frames, key, &zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&cut_frames, key);
	if (!value) {
		__sync_fetch_and_add(&not_told_apart, 1);
		return;
	}
	__sync_fetch_and_add(&value->frames, 1);
	__sync_fetch_and_add(&value->bytes, len);
}

/* As the IP header has it; 0 behind a VLAN tag. */
static __always_inline u32 protocol(const struct scratch *scratch)
{
	__be16 type = *(const __be16 *)(scratch->bytes + ETH_HLEN - 2);

	if (scratch->copied < ETH_HLEN + sizeof(struct iphdr))
		return 0;
	if (type == htons(ETH_P_IP))
		return scratch->bytes[ETH_HLEN + 9];
	return type == htons(ETH_P_IPV6) ? scratch->bytes[ETH_HLEN + 6] : 0;
}

SEC("kprobe/ena_start_xmit")
int BPF_KPROBE(watch, struct sk_buff___kernel *kskb,
	       struct net_device___kernel *dev)
{
	u32 len = BPF_CORE_READ(kskb, len), end;
	struct watch_key key = { 0 };
	struct sk_buff skb = { .len = len };
	bool unknown;

	skb.headlen = len - BPF_CORE_READ(kskb, data_len);
	if (skb.headlen == len)
		return 0;
	skb.scratch = scratch_of_cpu();
	if (!skb.scratch)
		return 0;
	skb.scratch->cut = 0;
	key.ifindex = BPF_CORE_READ(dev, ifindex);
	if (skb.headlen >= MAX_HEADER_SIZE ||
	    (only_ifindex && key.ifindex != only_ifindex) ||
	    copy_headers((unsigned long)kskb, skb.headlen))
		return 0;
	end = min(ena_tx_l4_header_end(&skb), MAX_HEADER_SIZE);
	unknown = skb.scratch->reached > skb.scratch->copied;
	if (unknown ? skb.scratch->reached > len : skb.headlen >= end)
		return 0;
	key.from = BPF_CORE_READ(kskb, skb_iif);
	key.head = skb.headlen;
	key.need = unknown ? 0 : end;
	key.protocol = protocol(skb.scratch);
	BPF_CORE_READ_STR_INTO(&key.ifname, dev, name);
	bpf_get_current_comm(key.process, sizeof(key.process));
	count(&key, len);
	skb.scratch->cut = (unsigned long)kskb;
	skb.scratch->driver = PT_REGS_IP(ctx);
	skb.scratch->len = len;
	skb.scratch->key = key;
	return 0;
}

/* The driver copies or pulls what it was just given: it has more fragments than
 * the ring takes, or the driver is patched.
 */
SEC("kprobe/__pskb_pull_tail")
int BPF_KPROBE(watch_pull, struct sk_buff___kernel *kskb)
{
	struct scratch *scratch = scratch_of_cpu();
	struct watch_value *value;
	unsigned long caller = 0;

	if (!scratch || scratch->cut != (unsigned long)kskb)
		return 0;
	BPF_KPROBE_READ_RET_IP(caller, ctx);
	if (caller - scratch->driver + DRIVER_SIZE > 2 * DRIVER_SIZE)
		return 0;
	scratch->cut = 0;
	value = bpf_map_lookup_elem(&cut_frames, &scratch->key);
	if (!value)
		return 0;
	__sync_fetch_and_add(&value->frames, -1);
	__sync_fetch_and_add(&value->bytes, -(__u64)scratch->len);
	scratch->key.whole = 1;
	count(&scratch->key, scratch->len);
	return 0;
}

char _license[] SEC("license") = "GPL";
