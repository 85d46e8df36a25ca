/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REGISTER_GUEST_H
#define REGISTER_GUEST_H

#include <sys/types.h>

#include "device.h"

/*
 * A guest without a machine: RAM that the device reaches through its DMA map,
 * and enough of a driver to push one descriptor and look at the result. The
 * unit tests and the fuzzers of the device model share it.
 */

#define RAM_BASE	0x40000000ull
#define AQ_ADDR		RAM_BASE
#define ACQ_ADDR	(RAM_BASE + 0x1000)
#define AENQ_ADDR	(RAM_BASE + 0x2000)
#define READLESS_ADDR	(RAM_BASE + 0x3000)
#define TX_SQ_ADDR	(RAM_BASE + 0x4000)
#define TX_CQ_ADDR	(RAM_BASE + 0x5000)
#define RX_SQ_ADDR	(RAM_BASE + 0x6000)
#define RX_CQ_ADDR	(RAM_BASE + 0x7000)
#define BUFFERS_ADDR	(RAM_BASE + 0x8000)

#define QUEUE_DEPTH	32	/* of every ring */
#define IO_VECTOR	1
#define GUEST_VECTORS	3	/* of a device with two queue pairs */

struct guest {
	struct ena_dev dev;
	u8 *ram;
	u64 ram_size;
	u16 aq_tail;
	u16 acq_head;
	/* What create_queues() made. */
	u16 tx_sq;
	u16 tx_cq;
	u16 rx_sq;
	u16 rx_cq;
	u16 tx_tail;
	u16 rx_tail;
	/* The far ends of the device's file descriptors, in the unit tests. */
	int wire;
	int eventfd[GUEST_VECTORS];
};

extern const struct ena_config guest_config;

/* The user says how a failed check ends: a failed test, or a crash to find. */
void guest_failed(const char *check, const char *file, int line)
	__attribute__((noreturn));

/* Maps RAM; the device is a bus master, and has no queues. */
void guest_init(struct guest *g, const struct ena_config *config, u64 ram_size);

/* Writes PCI_COMMAND. */
void pci_command(struct ena_dev *dev, u16 value);

void *ram_at(struct guest *g, u64 addr);
/* And runs the device until it has no more to send. */
void reg_write(struct guest *g, u32 offset, u32 value);
u32 reg_read(struct guest *g, u32 offset);

void admin_up(struct guest *g);
/* Pushes a command as it is. */
void admin_push(struct guest *g, const union admin_command *cmd);
/*
 * Gives a command its id and phase, checks the completion's, and returns its
 * status; the response too if resp is not NULL.
 */
u8 admin_run(struct guest *g, union admin_command *cmd,
	     union admin_response *resp);

union admin_command cq_command(u64 base, u16 depth, u8 words, u32 vector);
union admin_command sq_command(u8 direction, u64 base, u16 depth, u16 cq);
union admin_command get_feature(u8 id, u8 version);
union admin_command set_feature(u8 id);
void set_addr(struct ena_common_mem_addr *to, u64 addr);

/* One pair of I/O queues. */
void create_queues(struct guest *g);

#define TX_FIRST	ENA_ETH_IO_TX_DESC_FIRST_MASK
#define TX_LAST		ENA_ETH_IO_TX_DESC_LAST_MASK
#define TX_COMP		ENA_ETH_IO_TX_DESC_COMP_REQ_MASK
#define TX_WHOLE	(TX_FIRST | TX_LAST | TX_COMP)

/* These fill descriptors; tx_ring() and rx_ring() ring for all of them. */
void tx_raw(struct guest *g, const void *desc);
u32 tx_phase(const struct guest *g);
void tx_desc(struct guest *g, u64 addr, u16 len, u32 flags, u8 header_length,
	     u16 req_id, u32 meta_ctrl);
void tx_meta(struct guest *g, u8 l3_offset, u8 l3_len, u32 flags);
void tx_ring(struct guest *g);
struct ena_eth_io_tx_cdesc tx_cdesc(struct guest *g, u16 index);

void rx_raw(struct guest *g, const struct ena_eth_io_rx_desc *desc);
void rx_post(struct guest *g, u64 addr, u16 len, u16 req_id);
void rx_ring(struct guest *g);
struct ena_eth_io_rx_cdesc_base rx_cdesc(struct guest *g, u16 index);

/* sendmsg(2) with file descriptors, as a vfio-user client does. */
ssize_t send_fds(int sock, const void *data, size_t len, const int *fds,
		 size_t count);

#endif
