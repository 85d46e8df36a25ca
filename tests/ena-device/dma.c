// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "dma.h"

static bool overlaps(const struct dma_region *r, u64 addr, u64 size)
{
	return addr - r->addr < r->size || r->addr - addr < size;
}

/* Of huge pages only the whole can be mapped and unmapped. */
static u64 page_size(int fd)
{
	struct statfs fs;

	if (!fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC)
		return (u64)fs.f_bsize;
	return (u64)sysconf(_SC_PAGESIZE);
}

static u64 mapped_size(const struct dma_region *r)
{
	return (r->size + r->page - 1) & ~(r->page - 1);
}

static int map_host(struct dma_region *r, int fd, u64 offset)
{
	int prot = PROT_READ | (r->prot & DMA_WRITE ? PROT_WRITE : 0);
	struct stat st;
	void *host;

	if (fstat(fd, &st))
		return -errno;
	r->page = page_size(fd);
	/* Beyond the end of the file each access would be a SIGBUS. */
	if (st.st_size < 0 || offset > (u64)st.st_size ||
	    r->size > (u64)st.st_size - offset)
		return -EINVAL;
	host = mmap(NULL, r->size, prot, MAP_SHARED, fd, (off_t)offset);
	if (host == MAP_FAILED)
		return -errno;
	r->host = host;
	return 0;
}

int dma_map(struct dma *dma, u64 addr, u64 size, u32 prot, int fd, u64 offset)
{
	struct dma_region r = { .addr = addr, .size = size, .prot = prot };
	int err;

	if (!size || addr + size - 1 < addr)
		return -EINVAL;
	for (size_t i = 0; i < dma->count; i++)
		if (overlaps(&dma->region[i], addr, size))
			return -EEXIST;
	if (dma->count == DMA_MAX_REGIONS)
		return -ENOSPC;
	if (fd >= 0) {
		err = map_host(&r, fd, offset);
		if (err)
			return err;
	}
	dma->region[dma->count++] = r;
	return 0;
}

static void region_release(struct dma_region *r)
{
	if (r->host)
		munmap(r->host, mapped_size(r));
}

int dma_unmap(struct dma *dma, u64 addr, u64 size)
{
	for (size_t i = 0; i < dma->count; i++) {
		struct dma_region *r = &dma->region[i];

		if (r->addr != addr || r->size != size)
			continue;
		region_release(r);
		*r = dma->region[--dma->count];
		return 0;
	}
	return -ENOENT;
}

void dma_unmap_all(struct dma *dma)
{
	while (dma->count)
		region_release(&dma->region[--dma->count]);
}

bool dma_lose(struct dma *dma, const void *addr)
{
	for (size_t i = 0; i < dma->count; i++) {
		struct dma_region *r = &dma->region[i];
		u64 offset = (uintptr_t)addr - (uintptr_t)r->host;

		if (!r->host || offset >= mapped_size(r))
			continue;
		r->lost = true;
		return mmap(r->host + (offset & ~(r->page - 1)), r->page,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
				    MAP_NORESERVE,
			    -1, 0) != MAP_FAILED;
	}
	return false;
}

/* The host address of addr. Shortens *len to what is contiguous there. */
static u8 *translate(const struct dma *dma, u64 addr, u64 *len, u32 prot)
{
	if (!dma->master)
		return NULL;
	for (size_t i = 0; i < dma->count; i++) {
		const struct dma_region *r = &dma->region[i];
		u64 offset = addr - r->addr;

		if (offset >= r->size)
			continue;
		if (!r->host || r->lost || (r->prot & prot) != prot)
			return NULL;
		if (*len > r->size - offset)
			*len = r->size - offset;
		return r->host + offset;
	}
	return NULL;
}

bool dma_valid(const struct dma *dma, u64 addr, u64 len, u32 prot)
{
	while (len) {
		u64 chunk = len;

		if (!translate(dma, addr, &chunk, prot))
			return false;
		addr += chunk;
		len -= chunk;
	}
	return true;
}

bool dma_read(const struct dma *dma, u64 addr, void *buf, size_t len)
{
	u8 *to = buf;

	while (len) {
		u64 chunk = len;
		const u8 *from = translate(dma, addr, &chunk, DMA_READ);

		if (!from)
			return false;
		memcpy(to, from, chunk);
		to += chunk;
		addr += chunk;
		len -= chunk;
	}
	return true;
}

/* All or nothing, so that a bad address never leaves half an entry behind. */
bool dma_write(const struct dma *dma, u64 addr, const void *buf, size_t len)
{
	const u8 *from = buf;

	if (!dma_valid(dma, addr, len, DMA_WRITE))
		return false;
	while (len) {
		u64 chunk = len;
		u8 *to = translate(dma, addr, &chunk, DMA_WRITE);

		memcpy(to, from, chunk);
		from += chunk;
		addr += chunk;
		len -= chunk;
	}
	return true;
}

bool dma_publish(const struct dma *dma, u64 addr, const void *entry,
		 size_t len, size_t word)
{
	const u8 *from = entry;
	u64 chunk = sizeof(u32);
	u32 value;
	u8 *to;

	if (!dma_valid(dma, addr, len, DMA_WRITE))
		return false;
	to = translate(dma, addr + word, &chunk, DMA_WRITE);
	if (chunk < sizeof(u32) || (uintptr_t)to % sizeof(u32))
		return false;
	dma_write(dma, addr, from, word);
	dma_write(dma, addr + word + sizeof(u32), from + word + sizeof(u32),
		  len - word - sizeof(u32));
	memcpy(&value, from + word, sizeof(value));
	__atomic_store_n((u32 *)to, value, __ATOMIC_RELEASE);
	return true;
}
