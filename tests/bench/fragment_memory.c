// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves no two free pages side by side: takes all memory there is, page by
 * page, and gives every second page back. Unloading it gives back the rest.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>

static LIST_HEAD(held);

static void give_back(bool all)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &held, lru) {
		if (!all && !(page_to_pfn(page) & 1))
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

/* The reserves too, as they are in one piece. */
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

MODULE_DESCRIPTION("Makes page allocations of more than one page scarce");
MODULE_LICENSE("GPL");
