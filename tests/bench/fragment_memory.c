// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves no free block of 2^order pages: allocates all memory page by page, and
 * frees all but the first page of each block. Unloading it frees the rest.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>

static LIST_HEAD(held);

static unsigned int order = 1;
module_param(order, uint, 0400);
MODULE_PARM_DESC(order, "the smallest order without a free block");

static void give_back(bool all)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &held, lru) {
		if (!all && !(page_to_pfn(page) & (BIT(order) - 1)))
			continue;
		list_del(&page->lru);
		__free_page(page);
	}
}

static void take_all(gfp_t gfp)
{
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN)))
		list_add(&page->lru, &held);
}

/* The reserves too, because they are in one piece. */
static int __init fragment_memory_init(void)
{
	take_all(GFP_KERNEL | __GFP_NORETRY);
	take_all(GFP_ATOMIC | __GFP_MEMALLOC);
	give_back(false);
	return 0;
}
module_init(fragment_memory_init);

static void __exit fragment_memory_exit(void)
{
	give_back(true);
}
module_exit(fragment_memory_exit);

MODULE_DESCRIPTION("Leaves no free blocks of an order");
MODULE_LICENSE("GPL");
