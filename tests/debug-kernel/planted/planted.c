// SPDX-License-Identifier: GPL-2.0
/*
 * One fault, chosen by a parameter, for a debug kernel to find.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *fault = "";
module_param(fault, charp, 0);

static int past_the_end(void)
{
	volatile char *p = kmalloc(40, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p[40] = 1;
	kfree((void *)p);
	return 0;
}

static int after_free(void)
{
	volatile char *p = kmalloc(40, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	kfree((void *)p);
	p[7] = 1;
	return 0;
}

static int out_of_bounds(void)
{
	static volatile int table[4];
	volatile int index = 5;

	table[index] = 1;
	return 0;
}

static int shift_too_far(void)
{
	volatile int by = 40;
	volatile int value = 1 << by;

	return value & 0;
}

static int lock_inversion(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
	return 0;
}

static int sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	kfree(kmalloc(100, GFP_KERNEL));
	spin_unlock(&lock);
	return 0;
}

/* A mapping that is taken back with another length. */
static int wrong_unmap(void)
{
	struct pci_dev *pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, NULL);
	void *p = kmalloc(128, GFP_KERNEL);
	dma_addr_t dma;

	if (!pdev || !p)
		return -ENOMEM;
	dma = dma_map_single(&pdev->dev, p, 128, DMA_TO_DEVICE);
	dma_unmap_single(&pdev->dev, dma, 64, DMA_TO_DEVICE);
	kfree(p);
	pci_dev_put(pdev);
	return 0;
}

/* More than the allocator's per-processor arrays still point to. */
static int leak(void)
{
	for (int i = 0; i < 1000; i++)
		if (!kmalloc(1000, GFP_KERNEL))
			return -ENOMEM;
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} faults[] = {
	{ "past_the_end", past_the_end },
	{ "after_free", after_free },
	{ "out_of_bounds", out_of_bounds },
	{ "shift_too_far", shift_too_far },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "wrong_unmap", wrong_unmap },
	{ "leak", leak },
	{ "lock_inversion", lock_inversion },
	{ "none", NULL },
};

static int __init planted_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(fault, faults[i].name))
			continue;
		return faults[i].plant ? faults[i].plant() : 0;
	}
	return -EINVAL;
}
module_init(planted_init);

static void __exit planted_exit(void)
{
}
module_exit(planted_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Faults for a debug kernel to find");
