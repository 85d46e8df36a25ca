/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_DMA_H
#define ENA_DEVICE_DMA_H

#include "ena_defs.h"

#define DMA_MAX_REGIONS	256

#define DMA_READ	BIT(0)
#define DMA_WRITE	BIT(1)

struct dma_region {
	u64 addr;
	u64 size;
	u32 prot;
	u8 *host;	/* NULL if the client gave no file descriptor */
	u64 page;	/* the size of the file's pages */
	volatile bool lost;	/* by a signal handler: no RAM any more */
};

struct dma {
	bool master;	/* PCI_COMMAND_MASTER: without it each access fails */
	size_t count;
	struct dma_region region[DMA_MAX_REGIONS];
};

/* All return 0 or a negative errno. The fd stays the caller's. */
int dma_map(struct dma *dma, u64 addr, u64 size, u32 prot, int fd, u64 offset);
int dma_unmap(struct dma *dma, u64 addr, u64 size);
void dma_unmap_all(struct dma *dma);

/*
 * For a SIGBUS: the client took the page there. It becomes zeros, so that the
 * access ends, and its region counts as no RAM. False if it is not the
 * client's.
 */
bool dma_lose(struct dma *dma, const void *addr);

bool dma_valid(const struct dma *dma, u64 addr, u64 len, u32 prot);
bool dma_read(const struct dma *dma, u64 addr, void *buf, size_t len);
bool dma_write(const struct dma *dma, u64 addr, const void *buf, size_t len);

/*
 * Writes an entry that the guest polls. The aligned 32-bit word at byte `word`,
 * which has the phase bit or the id, becomes visible last.
 */
bool dma_publish(const struct dma *dma, u64 addr, const void *entry,
		 size_t len, size_t word);

#endif
