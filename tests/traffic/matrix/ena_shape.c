// SPDX-License-Identifier: GPL-2.0
/*
 * Sends skbs of any shape, and tells the shapes of those that reach
 * ena_start_xmit(), from any sender. In debugfs/ena_shape:
 *
 *	send  a struct ena_shape_request and a frame: builds and sends it
 *	seen  write an ifindex: forget all, watch that one. Read: a line for
 *	      each shape, "len head frags ip_summed network transport cloned
 *	      users gso_size count", offsets from the Ethernet header, -1 unset
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include "ena_shape.h"

#define SHAPES	64
#define FIELDS	9

struct shape {
	int field[FIELDS];
	unsigned int count;
};

static DEFINE_RAW_SPINLOCK(seen_lock);
static struct shape seen[SHAPES];
static unsigned int seen_shapes, seen_lost;
static int watched;
static struct dentry *dir;

/* Shapes seen by the driver */

static void count_shape(const struct shape *shape)
{
	unsigned int i;

	for (i = 0; i < seen_shapes; i++)
		if (!memcmp(seen[i].field, shape->field, sizeof(shape->field)))
			break;
	if (i == SHAPES) {
		seen_lost++;
		return;
	}
	if (i == seen_shapes) {
		seen[i] = *shape;
		seen_shapes++;
	}
	seen[i].count++;
}

static int see(struct kprobe *p, struct pt_regs *regs)
{
	struct sk_buff *skb = (void *)regs_get_kernel_argument(regs, 0);
	bool l4 = skb_transport_header_was_set(skb);
	struct shape shape = {
		.field = {
			skb->len, skb_headlen(skb), skb_shinfo(skb)->nr_frags,
			skb->ip_summed, skb_network_offset(skb),
			l4 ? skb_transport_offset(skb) : ENA_SHAPE_UNSET,
			skb_cloned(skb), refcount_read(&skb->users),
			skb_shinfo(skb)->gso_size,
		},
	};
	unsigned long flags;

	if (skb->dev->ifindex != watched)
		return 0;
	raw_spin_lock_irqsave(&seen_lock, flags);
	count_shape(&shape);
	raw_spin_unlock_irqrestore(&seen_lock, flags);
	return 0;
}

static int seen_show(struct seq_file *m, void *v)
{
	struct shape shape;
	unsigned int i, j;
	unsigned long flags;

	for (i = 0; i < SHAPES; i++) {
		raw_spin_lock_irqsave(&seen_lock, flags);
		shape = seen[i];
		raw_spin_unlock_irqrestore(&seen_lock, flags);
		if (!shape.count)
			break;
		for (j = 0; j < FIELDS; j++)
			seq_printf(m, "%d ", shape.field[j]);
		seq_printf(m, "%u\n", shape.count);
	}
	if (seen_lost)
		seq_printf(m, "%u more\n", seen_lost);
	return 0;
}

static int seen_open(struct inode *inode, struct file *file)
{
	return single_open(file, seen_show, NULL);
}

static ssize_t seen_write(struct file *file, const char __user *buf,
			  size_t len, loff_t *pos)
{
	unsigned long flags;
	int ifindex, err;

	err = kstrtoint_from_user(buf, len, 10, &ifindex);
	if (err)
		return err;
	raw_spin_lock_irqsave(&seen_lock, flags);
	watched = ifindex;
	seen_shapes = 0;
	seen_lost = 0;
	memset(seen, 0, sizeof(seen));
	raw_spin_unlock_irqrestore(&seen_lock, flags);
	return len;
}

static const struct file_operations seen_fops = {
	.owner = THIS_MODULE,
	.open = seen_open,
	.read = seq_read,
	.write = seen_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct kprobe xmit_probe = {
	.symbol_name = "ena_start_xmit",
	.pre_handler = see,
};

/* Skbs of any shape */

/* A fragment starts within its page, as a frame from a pool of pages does. */
static int add_frag(struct sk_buff *skb, const u8 *data, unsigned int len)
{
	const unsigned int offset = 66;
	unsigned int order = get_order(offset + len);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);

	if (!page)
		return -ENOMEM;
	memcpy(page_address(page) + offset, data, len);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, offset, len,
			PAGE_SIZE << order);
	return 0;
}

static int add_frags(struct sk_buff *skb, const struct ena_shape_request *r,
		     const u8 *data, unsigned int len)
{
	unsigned int i, n;
	int err;

	for (i = 0; i < r->frags; i++) {
		n = i + 1 < r->frags ? r->frag[i] : len;
		if (!n || n > len)
			return -EINVAL;
		err = add_frag(skb, data, n);
		if (err)
			return err;
		data += n;
		len -= n;
	}
	return len ? -EINVAL : 0;
}

static int add_frag_list(struct sk_buff *skb, const u8 *data, unsigned int len)
{
	struct sk_buff *next = alloc_skb(len, GFP_KERNEL);

	if (!next)
		return -ENOMEM;
	skb_put_data(next, data, len);
	skb_shinfo(skb)->frag_list = next;
	skb->len += len;
	skb->data_len += len;
	skb->truesize += next->truesize;
	return 0;
}

static void set_offsets(struct sk_buff *skb, const struct ena_shape_request *r)
{
	skb->protocol = r->protocol;
	skb_reset_mac_header(skb);
	if (r->network != ENA_SHAPE_UNSET)
		skb_set_network_header(skb, r->network);
	if (r->transport != ENA_SHAPE_UNSET)
		skb_set_transport_header(skb, r->transport);
	if (!r->csum_start)
		return;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + r->csum_start;
	skb->csum_offset = r->csum_offset;
}

static struct sk_buff *build(const struct ena_shape_request *r,
			     struct net_device *dev, const u8 *data,
			     unsigned int len)
{
	struct sk_buff *skb;
	int err;

	skb = alloc_skb(LL_RESERVED_SPACE(dev) + r->head, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb->dev = dev;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb_put_data(skb, data, r->head);
	if (r->flags & ENA_SHAPE_FRAG_LIST)
		err = add_frag_list(skb, data + r->head, len - r->head);
	else
		err = add_frags(skb, r, data + r->head, len - r->head);
	if (err) {
		kfree_skb(skb);
		return ERR_PTR(err);
	}
	set_offsets(skb, r);
	return skb;
}

static int build_and_send(const struct ena_shape_request *r, const u8 *data,
			  unsigned int len)
{
	struct sk_buff *skb, *clone = NULL;
	struct net_device *dev;
	int err = 0;

	dev = dev_get_by_index(current->nsproxy->net_ns, r->ifindex);
	if (!dev)
		return -ENODEV;
	skb = build(r, dev, data, len);
	if (IS_ERR(skb)) {
		err = PTR_ERR(skb);
		goto out;
	}
	if (r->flags & ENA_SHAPE_CLONED)
		clone = skb_clone(skb, GFP_KERNEL);
	if (r->flags & ENA_SHAPE_SHARED)
		clone = skb_get(skb);
	err = dev_queue_xmit(skb);
	if (err > 0)
		err = net_xmit_errno(err);
	kfree_skb(clone);
out:
	dev_put(dev);
	return err;
}

static ssize_t send_write(struct file *file, const char __user *buf,
			  size_t len, loff_t *pos)
{
	struct ena_shape_request *r;
	int err = -EINVAL;

	if (len < sizeof(*r) || len > sizeof(*r) + ENA_SHAPE_LEN)
		return -EINVAL;
	r = memdup_user(buf, len);
	if (IS_ERR(r))
		return PTR_ERR(r);
	if (r->head <= len - sizeof(*r) && r->frags <= MAX_SKB_FRAGS &&
	    r->frags <= ENA_SHAPE_FRAGS)
		err = build_and_send(r, (u8 *)(r + 1), len - sizeof(*r));
	kfree(r);
	return err ?: len;
}

static const struct file_operations send_fops = {
	.owner = THIS_MODULE,
	.write = send_write,
};

static int __init ena_shape_init(void)
{
	int err = register_kprobe(&xmit_probe);

	if (err)
		return err;
	dir = debugfs_create_dir("ena_shape", NULL);
	debugfs_create_file("send", 0200, dir, NULL, &send_fops);
	debugfs_create_file("seen", 0600, dir, NULL, &seen_fops);
	return 0;
}

static void __exit ena_shape_exit(void)
{
	debugfs_remove(dir);
	unregister_kprobe(&xmit_probe);
}

module_init(ena_shape_init);
module_exit(ena_shape_exit);
MODULE_DESCRIPTION("Sends and observes skbs of any shape, for tests of ena");
MODULE_LICENSE("GPL");
