// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the ENA driver's DMA mappings of what it sends fail: of those made
 * while `times` is not 0, each `every`-th. `done` counts them. The kernel has
 * no fault injection of its own there.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>

#include "skip-function.h"

static int times;
module_param(times, int, 0644);
static int every = 3;
module_param(every, int, 0644);
static int done;
module_param(done, int, 0444);

static atomic_t seen = ATOMIC_INIT(0);

static bool is_ours(struct pt_regs *regs)
{
	struct device *dev = (struct device *)regs_get_kernel_argument(regs, 0);

	return dev && dev->driver && !strcmp(dev->driver->name, "ena") &&
	       (int)regs_get_kernel_argument(regs, 4) == DMA_TO_DEVICE;
}

static int map_called(struct kprobe *p, struct pt_regs *regs)
{
	if (times <= 0 || !is_ours(regs) ||
	    atomic_inc_return(&seen) % max(every, 1))
		return 0;
	times--;
	done++;
	return skip_function(regs, DMA_MAPPING_ERROR);
}

static struct kprobe probe = {
	.symbol_name = "dma_map_page_attrs",
	.pre_handler = map_called,
	.post_handler = not_a_jump,
};

static int __init dma_fault_init(void)
{
	return register_kprobe(&probe);
}
module_init(dma_fault_init);

static void __exit dma_fault_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(dma_fault_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Failing DMA mappings for tests of ena");
