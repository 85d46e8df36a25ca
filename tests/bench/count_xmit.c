// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the instructions that sending a frame takes, in a guest whose clock
 * advances by one cycle with each instruction (QEMU's -icount shift=0).
 *
 *	echo "ena0 driver tap 5066 52 0" >/sys/module/ena_bench/parameters/run
 *	cat /sys/module/ena_bench/parameters/run
 *
 * The words: the interface; what is measured, driver (its transmit function)
 * or stack (dev_queue_xmit()); the kind of frame; its bytes; how many of them
 * are linear; how many go into each page fragment (0: as few fragments as
 * there is memory for, as taps and packet sockets have it).
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sort.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/version.h>
#include <net/ip.h>
#include <net/tcp.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#define BURST		32
#define WARM_UPS	16
#define BURSTS		33
#define HEADROOM	64
#define GSO_BYTES	65000
#define DONE_MS		10000

/* TAP: TCP as tun_get_user() leaves it, UDP: likewise, LOCAL: a clone, as TCP
 * sends, GSO: forwarded, RING: as packet sockets have it; 6: by IPv6.
 */
enum kind { TAP, UDP, UDP6, LOCAL, LOCAL6, GSO, RING };

static const char * const kinds[] = {
	"tap", "udp", "udp6", "local", "local6", "gso", "ring"
};

/* There is one, as a module's parameters are written one at a time. */
static struct bench {
	struct net_device *dev;
	bool stack;
	int kind;
	unsigned int len;
	unsigned int head;
	unsigned int frag;
	struct sk_buff *burst[BURST];
	struct sk_buff *originals[BURST];
	unsigned int sends;
	unsigned int frames;
	atomic_t copied;
} bench;

typedef int (*send_fn)(struct sk_buff *skb, bool more);

static char result[128] = "nothing was measured\n";

/* Frames */

static int add_fragments(struct sk_buff *skb, unsigned int len,
			 unsigned int frag)
{
	unsigned int size, truesize;
	struct page *page;
	int i;

	for (i = 0; len; i++, len -= size) {
		size = min(frag, len);
		truesize = PAGE_SIZE << get_order(size);
		if (i == MAX_SKB_FRAGS)
			return -EMSGSIZE;
		page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(size));
		if (!page)
			return -ENOMEM;
		skb_add_rx_frag(skb, i, page, 0, size, truesize);
	}
	return 0;
}

static struct sk_buff *alloc_frame(unsigned int head, unsigned int len,
				   unsigned int frag)
{
	unsigned int data_len = len - head;
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(HEADROOM + head, frag ? 0 : data_len,
				   PAGE_ALLOC_COSTLY_ORDER, &err, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	__skb_put(skb, head);
	if (!frag) {
		skb->data_len = data_len;
		skb->len += data_len;
	} else if (add_fragments(skb, data_len, frag)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static bool is_ipv6(const struct bench *b)
{
	return b->kind == UDP6 || b->kind == LOCAL6;
}

static bool is_udp(const struct bench *b)
{
	return b->kind == UDP || b->kind == UDP6;
}

static u16 l3_protocol(const struct bench *b)
{
	return is_ipv6(b) ? ETH_P_IPV6 : ETH_P_IP;
}

static unsigned int l4_offset(const struct bench *b)
{
	return ETH_HLEN + (is_ipv6(b) ? sizeof(struct ipv6hdr) :
					sizeof(struct iphdr));
}

static u8 l4_protocol(const struct bench *b)
{
	return is_udp(b) ? IPPROTO_UDP : IPPROTO_TCP;
}

static int put_ethernet(const struct bench *b, struct sk_buff *skb)
{
	struct ethhdr eth = { .h_proto = htons(l3_protocol(b)) };

	ether_addr_copy(eth.h_source, b->dev->dev_addr);
	eth_broadcast_addr(eth.h_dest);
	return skb_store_bits(skb, 0, &eth, sizeof(eth));
}

static int put_ip(const struct bench *b, struct sk_buff *skb)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.tot_len = htons(skb->len - ETH_HLEN),
		.protocol = l4_protocol(b),
		.saddr = htonl(0xc0000201),
		.daddr = htonl(0xc0000202),
	};

	ip_send_check(&ip);
	return skb_store_bits(skb, ETH_HLEN, &ip, sizeof(ip));
}

static int put_ipv6(const struct bench *b, struct sk_buff *skb)
{
	struct ipv6hdr ip = {
		.version = 6,
		.hop_limit = 64,
		.payload_len = htons(skb->len - l4_offset(b)),
		.nexthdr = l4_protocol(b),
	};

	return skb_store_bits(skb, ETH_HLEN, &ip, sizeof(ip));
}

static int put_l4(const struct bench *b, struct sk_buff *skb)
{
	struct udphdr udp = { .len = htons(skb->len - l4_offset(b)) };
	struct tcphdr tcp = { .doff = sizeof(tcp) / 4 };

	if (is_udp(b))
		return skb_store_bits(skb, l4_offset(b), &udp, sizeof(udp));
	return skb_store_bits(skb, l4_offset(b), &tcp, sizeof(tcp));
}

static int put_headers(const struct bench *b, struct sk_buff *skb)
{
	return put_ethernet(b, skb) ?:
	       (is_ipv6(b) ? put_ipv6 : put_ip)(b, skb) ?:
	       put_l4(b, skb);
}

static void set_offsets(const struct bench *b, struct sk_buff *skb)
{
	skb->dev = b->dev;
	skb->protocol = htons(l3_protocol(b));
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	if (b->kind == RING) {
		skb_probe_transport_header(skb);
		return;
	}
	skb_set_transport_header(skb, l4_offset(b));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = is_udp(b) ? offsetof(struct udphdr, check) :
				       offsetof(struct tcphdr, check);
}

/* What sending has moved into the linear part, and along with that where it
 * had to be allocated anew. A mark is left alone on the way.
 */
static void count_copied(struct sk_buff *skb)
{
	unsigned int moved = bench.len - bench.head - skb->data_len;

	if (!moved)
		return;
	if (skb->mark != (u32)(uintptr_t)skb->head)
		moved += HEADROOM + bench.head;
	atomic_add(moved, &bench.copied);
}

static struct sk_buff *make_frame(struct bench *b, unsigned int len)
{
	struct sk_buff *skb = alloc_frame(b->head, len, b->frag);

	if (!skb)
		return NULL;
	if (put_headers(b, skb)) {
		kfree_skb(skb);
		return NULL;
	}
	set_offsets(b, skb);
	skb->mark = (u32)(uintptr_t)skb->head;
	return skb;
}

static void add(struct bench *b, struct sk_buff *skb, unsigned int frames)
{
	b->burst[b->sends++] = skb;
	b->frames += frames;
}

/* TCP clones before it writes headers: that far the clone's head is its own. */
static struct sk_buff *clone(struct bench *b, struct sk_buff *skb)
{
	__skb_header_release(skb);
	b->originals[b->sends] = skb;
	__skb_pull(skb, b->head);
	skb = skb_clone(skb, GFP_KERNEL);
	if (skb)
		__skb_push(skb, b->head);
	return skb;
}

static int add_frame(struct bench *b)
{
	struct sk_buff *skb = make_frame(b, b->len);

	if (skb && (b->kind == LOCAL || b->kind == LOCAL6))
		skb = clone(b, skb);
	if (!skb)
		return -ENOMEM;
	skb->destructor = count_copied;
	add(b, skb, 1);
	return 0;
}

/* The device has no TSO: the driver sees what the core makes of them. */
static int add_segments(struct bench *b, struct sk_buff *skb)
{
	struct sk_buff *segment = skb_gso_segment(skb, netif_skb_features(skb));
	struct sk_buff *next;

	kfree_skb(skb);
	if (IS_ERR_OR_NULL(segment))
		return -EINVAL;
	skb_list_walk_safe(segment, segment, next) {
		skb_mark_not_on_list(segment);
		add(b, segment, 1);
	}
	return 0;
}

static int add_gso(struct bench *b)
{
	unsigned int payload = b->len - b->head;
	unsigned int n = min_t(unsigned int, BURST,
			       rounddown_pow_of_two(GSO_BYTES / payload));
	struct sk_buff *skb = make_frame(b, b->head + n * payload);

	if (!skb)
		return -ENOMEM;
	skb_shinfo(skb)->gso_size = payload;
	skb_shinfo(skb)->gso_segs = n;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	if (!b->stack)
		return add_segments(b, skb);
	add(b, skb, n);
	return 0;
}

static int make_burst(struct bench *b)
{
	int err = 0;

	b->sends = 0;
	b->frames = 0;
	while (!err && b->frames < BURST)
		err = b->kind == GSO ? add_gso(b) : add_frame(b);
	return err;
}

static void free_skbs(struct sk_buff **skbs)
{
	int i;

	for (i = 0; i < BURST; i++) {
		kfree_skb(skbs[i]);
		skbs[i] = NULL;
	}
}

/* Sending */

static noinline int send_nowhere(struct sk_buff *skb, bool more)
{
	return 0;
}

static noinline int send_stack(struct sk_buff *skb, bool more)
{
	return dev_queue_xmit(skb);
}

static noinline int send_driver(struct sk_buff *skb, bool more)
{
	return netdev_start_xmit(skb, skb->dev,
				 netdev_get_tx_queue(skb->dev, 0), more);
}

/* Returns instructions, or how sending failed. */
static s64 send_burst(struct bench *b, send_fn send)
{
	unsigned int last = b->sends - 1;
	unsigned int i;
	int err = 0;
	u64 start;

	start = get_cycles();
	for (i = 0; i <= last; i++)
		err |= send(b->burst[i], i < last);
	return err ? -EIO : (s64)(get_cycles() - start);
}

/* Nothing else runs: no interrupt, and no softirq that the stack would run. */
static s64 send_alone(struct bench *b, send_fn send)
{
	struct netdev_queue *queue = netdev_get_tx_queue(b->dev, 0);
	unsigned long flags;
	s64 cost;

	local_bh_disable();
	if (!b->stack)
		__netif_tx_lock(queue, smp_processor_id());
	tracing_on();
	local_irq_save(flags);
	cost = send_burst(b, send);
	local_irq_restore(flags);
	tracing_off();
	if (!b->stack)
		__netif_tx_unlock(queue);
	local_bh_enable();
	return cost;
}

static int wait_until_sent(const struct bench *b)
{
	const struct dql *dql = &netdev_get_tx_queue(b->dev, 0)->dql;
	int ms;

	for (ms = 0; ms < DONE_MS; ms++) {
		if (READ_ONCE(dql->num_completed) == READ_ONCE(dql->num_queued))
			return 0;
		msleep(1);
	}
	return -ETIMEDOUT;
}

static s64 measure_burst(struct bench *b)
{
	s64 cost, overhead;
	int err;

	err = make_burst(b);
	if (err)
		goto out;
	overhead = send_alone(b, send_nowhere);
	cost = send_alone(b, b->stack ? send_stack : send_driver);
	memset(b->burst, 0, sizeof(b->burst));
	err = cost < 0 ? cost : wait_until_sent(b);
out:
	free_skbs(b->burst);
	free_skbs(b->originals);
	return err ?: cost - overhead;
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static int measure(struct bench *b)
{
	u32 cost[BURSTS];
	s64 burst;
	int i;

	for (i = -WARM_UPS; i < BURSTS; i++) {
		if (!i)
			atomic_set(&b->copied, 0);
		burst = measure_burst(b);
		if (burst < 0)
			return burst;
		if (i >= 0)
			cost[i] = burst;
	}
	sort(cost, BURSTS, sizeof(*cost), compare, NULL);
	snprintf(result, sizeof(result), "%u %u %u %u %u\n", BURST,
		 cost[0], cost[BURSTS / 2], cost[BURSTS - 1],
		 atomic_read(&b->copied) / BURSTS / BURST);
	return 0;
}

static int parse(struct bench *b, const char *text, char *dev)
{
	char path[8], kind[8];

	if (sscanf(text, "%15s %7s %7s %u %u %u", dev, path, kind, &b->len,
		   &b->head, &b->frag) != 6)
		return -EINVAL;
	b->stack = !strcmp(path, "stack");
	b->kind = match_string(kinds, ARRAY_SIZE(kinds), kind);
	if (b->kind < 0 || (!b->stack && strcmp(path, "driver")))
		return -EINVAL;
	if (b->len < l4_offset(b) + sizeof(struct tcphdr) ||
	    b->len > GSO_BYTES ||
	    b->head < ETH_HLEN || b->head > b->len ||
	    (b->kind == GSO && b->head == b->len))
		return -EINVAL;
	return 0;
}

static int set_run(const char *text, const struct kernel_param *kp)
{
	char dev[IFNAMSIZ];
	int err = parse(&bench, text, dev);

	if (err)
		return err;
	bench.dev = dev_get_by_name(&init_net, dev);
	if (!bench.dev)
		return -ENODEV;
	err = netif_running(bench.dev) ? measure(&bench) : -ENETDOWN;
	dev_put(bench.dev);
	return err;
}

static int get_run(char *text, const struct kernel_param *kp)
{
	return strscpy(text, result, PAGE_SIZE);
}

static const struct kernel_param_ops run_ops = {
	.set = set_run,
	.get = get_run,
};

module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "measures; read: frames a burst, its least, median and most instructions, bytes copied per frame");

MODULE_DESCRIPTION("Instructions that sending a frame takes");
MODULE_LICENSE("GPL");
