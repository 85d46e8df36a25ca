// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the instructions that sending a frame takes, in a guest whose clock
 * advances by one cycle with each instruction (QEMU's -icount shift=0). The
 * parameters describe the frame; writing an interface's name to 'run' sends it
 * in bursts. Reading 'run' gives the frames in a burst, the bytes copied per
 * frame, and the instructions of each burst.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

#define BURST		32
#define WARM_UPS	16
#define BURSTS		33
#define HEADROOM	64
#define DONE_MS		60000

/* Measure dev_queue_xmit(), not the driver's function alone. */
static bool stack;
module_param(stack, bool, 0600);

/* tcp: a clone; ring: without offsets, as packet sockets; else as taps */
static char kind[8];
module_param_string(kind, kind, sizeof(kind), 0600);

/* Of a frame or of each segment, the linear part's, most of a page fragment */
static unsigned int bytes, linear, fragment;
module_param(bytes, uint, 0600);
module_param(linear, uint, 0600);
module_param(fragment, uint, 0600);

/* More than one: a GSO packet */
static unsigned int segments;
module_param(segments, uint, 0600);

static unsigned int l4_offset, csum_offset, headers_len;
static u8 headers[128];
module_param(l4_offset, uint, 0600);
module_param(csum_offset, uint, 0600);
module_param_array(headers, byte, &headers_len, 0600);

static struct net_device *dev;
static struct sk_buff *burst[BURST];
static struct sk_buff *originals[BURST];
static unsigned int sends, frames;
static atomic_t copied;
static u32 cost[BURSTS];

typedef int (*send_fn)(struct sk_buff *skb, bool more);

/* Frames */

static int add_fragments(struct sk_buff *skb, unsigned int len)
{
	unsigned int size, truesize;
	struct page *page;
	int i;

	for (i = 0; len; i++, len -= size) {
		size = min(fragment, len);
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

static void set_offsets(struct sk_buff *skb)
{
	skb->dev = dev;
	memcpy(&skb->protocol, headers + offsetof(struct ethhdr, h_proto),
	       sizeof(skb->protocol));
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	if (!strcmp(kind, "ring")) {
		skb_probe_transport_header(skb);
		return;
	}
	skb_set_transport_header(skb, l4_offset);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = csum_offset;
}

/* Bytes that sending moved into the linear part, and all of that part where it
 * was allocated anew. Nothing on the way changes the mark.
 */
static void count_copied(struct sk_buff *skb)
{
	unsigned int moved = bytes - linear - skb->data_len;

	if (!moved)
		return;
	if (skb->mark != (u32)(uintptr_t)skb->head)
		moved += HEADROOM + linear;
	atomic_add(moved, &copied);
}

static struct sk_buff *make_frame(unsigned int data_len)
{
	struct sk_buff *skb = alloc_skb(HEADROOM + linear, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	__skb_put(skb, linear);
	if (add_fragments(skb, data_len) ||
	    skb_store_bits(skb, 0, headers, headers_len)) {
		kfree_skb(skb);
		return NULL;
	}
	set_offsets(skb);
	skb->mark = (u32)(uintptr_t)skb->head;
	return skb;
}

static void add(struct sk_buff *skb, unsigned int count)
{
	burst[sends++] = skb;
	frames += count;
}

/* TCP clones before it writes headers, so the driver may write to them. */
static struct sk_buff *clone(struct sk_buff *skb)
{
	__skb_header_release(skb);
	originals[sends] = skb;
	__skb_pull(skb, linear);
	skb = skb_clone(skb, GFP_KERNEL);
	if (skb)
		__skb_push(skb, linear);
	return skb;
}

static int add_frame(void)
{
	struct sk_buff *skb = make_frame(bytes - linear);

	if (skb && !strcmp(kind, "tcp"))
		skb = clone(skb);
	if (!skb)
		return -ENOMEM;
	skb->destructor = count_copied;
	add(skb, 1);
	return 0;
}

/* The device has no TSO, so the core segments before the driver. */
static int add_segments(struct sk_buff *skb)
{
	struct sk_buff *segment = skb_gso_segment(skb, netif_skb_features(skb));
	struct sk_buff *next;

	kfree_skb(skb);
	if (IS_ERR_OR_NULL(segment))
		return -EINVAL;
	skb_list_walk_safe(segment, segment, next) {
		skb_mark_not_on_list(segment);
		add(segment, 1);
	}
	return 0;
}

static int add_gso(void)
{
	struct sk_buff *skb = make_frame(segments * (bytes - linear));

	if (!skb)
		return -ENOMEM;
	skb_shinfo(skb)->gso_size = bytes - linear;
	skb_shinfo(skb)->gso_segs = segments;
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	if (!stack)
		return add_segments(skb);
	add(skb, segments);
	return 0;
}

static int make_burst(void)
{
	int err = 0;

	sends = 0;
	frames = 0;
	while (!err && frames < BURST)
		err = segments > 1 ? add_gso() : add_frame();
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

/* Returns instructions or an error. */
static s64 send_burst(send_fn send)
{
	unsigned int last = sends - 1;
	unsigned int i;
	int err = 0;
	u64 start;

	start = get_cycles();
	for (i = 0; i <= last; i++)
		err |= send(burst[i], i < last);
	return err ? -EIO : (s64)(get_cycles() - start);
}

/* Nothing else runs: no interrupt, and no softirq that the stack would run. */
static s64 send_alone(send_fn send)
{
	struct netdev_queue *queue = netdev_get_tx_queue(dev, 0);
	unsigned long flags;
	s64 instructions;

	local_bh_disable();
	if (!stack)
		__netif_tx_lock(queue, smp_processor_id());
	tracing_on();
	local_irq_save(flags);
	instructions = send_burst(send);
	local_irq_restore(flags);
	tracing_off();
	if (!stack)
		__netif_tx_unlock(queue);
	local_bh_enable();
	return instructions;
}

static int wait_until_sent(void)
{
	const struct dql *dql = &netdev_get_tx_queue(dev, 0)->dql;
	int ms;

	for (ms = 0; ms < DONE_MS; ms++) {
		if (READ_ONCE(dql->num_completed) == READ_ONCE(dql->num_queued))
			return 0;
		msleep(1);
	}
	return -ETIMEDOUT;
}

static s64 measure_burst(void)
{
	s64 instructions, overhead;
	int err;

	err = make_burst();
	if (err)
		goto out;
	overhead = send_alone(send_nowhere);
	instructions = send_alone(stack ? send_stack : send_driver);
	memset(burst, 0, sizeof(burst));
	err = instructions < 0 ? instructions : wait_until_sent();
out:
	free_skbs(burst);
	free_skbs(originals);
	return err ?: instructions - overhead;
}

static int measure(void)
{
	s64 instructions;
	int i;

	for (i = -WARM_UPS; i < BURSTS; i++) {
		if (!i)
			atomic_set(&copied, 0);
		instructions = measure_burst();
		if (instructions < 0)
			return instructions;
		if (i >= 0)
			cost[i] = instructions;
	}
	return 0;
}

static int set_run(const char *name, const struct kernel_param *kp)
{
	int err;

	if (bytes < headers_len || linear < ETH_HLEN || linear > bytes ||
	    headers_len < ETH_HLEN || segments > BURST ||
	    (bytes > linear && !fragment))
		return -EINVAL;
	dev = dev_get_by_name(&init_net, name);
	if (!dev)
		return -ENODEV;
	err = netif_running(dev) ? measure() : -ENETDOWN;
	dev_put(dev);
	return err;
}

static int get_run(char *text, const struct kernel_param *kp)
{
	int i, len = scnprintf(text, PAGE_SIZE, "%u %u", BURST,
			       atomic_read(&copied) / BURSTS / BURST);

	for (i = 0; i < BURSTS; i++)
		len += scnprintf(text + len, PAGE_SIZE - len, " %u", cost[i]);
	return len + scnprintf(text + len, PAGE_SIZE - len, "\n");
}

static const struct kernel_param_ops run_ops = {
	.set = set_run,
	.get = get_run,
};

module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "write an interface's name to measure");

MODULE_DESCRIPTION("Instructions that sending a frame takes");
MODULE_LICENSE("GPL");
