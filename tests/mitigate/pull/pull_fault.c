// SPDX-License-Identifier: GPL-2.0
/*
 * While `fail` is set, there is no memory for what bpf_skb_pull_data() pulls of
 * frames for ENA. `done` counts them.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "skip-function.h"

static bool fail;
module_param(fail, bool, 0644);
static int done;
module_param(done, int, 0444);

static bool is_ours(const struct sk_buff *skb)
{
	const struct device *parent = skb->dev ? skb->dev->dev.parent : NULL;

	return parent && parent->driver && !strcmp(parent->driver->name, "ena");
}

static int pull_called(struct kprobe *p, struct pt_regs *regs)
{
	if (!fail || !is_ours((void *)regs_get_kernel_argument(regs, 0)))
		return 0;
	done++;
	return skip_function(regs, -ENOMEM);
}

static struct kprobe probe = {
	.symbol_name = "skb_ensure_writable",
	.pre_handler = pull_called,
	.post_handler = not_a_jump,
};

static int __init pull_fault_init(void)
{
	return register_kprobe(&probe);
}
module_init(pull_fault_init);

static void __exit pull_fault_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(pull_fault_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Failing pulls at tc egress for tests of mitigate");
