/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UNIT_ENA_DEVICE_GUEST_H
#define UNIT_ENA_DEVICE_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device.h"

/*
 * A guest without a machine: RAM that the device reaches through its DMA map,
 * and just enough of a driver to push one descriptor and look at the result.
 * The wire's far end is a socket, where frames are read as they left.
 */

#define RAM_BASE	0x40000000ull
#define RAM_SIZE	0x400000ull
#define RAM_END		(RAM_BASE + RAM_SIZE)

#define ADMIN_DEPTH	8
#define AQ_ADDR		(RAM_BASE + 0x1000)
#define ACQ_ADDR	(RAM_BASE + 0x2000)
#define AENQ_ADDR	(RAM_BASE + 0x3000)
#define READLESS_ADDR	(RAM_BASE + 0x4000)
#define HOST_INFO_ADDR	(RAM_BASE + 0x5000)
#define CONTROL_ADDR	(RAM_BASE + 0x6000)
#define TX_SQ_ADDR	(RAM_BASE + 0x10000)
#define TX_CQ_ADDR	(RAM_BASE + 0x20000)
#define RX_SQ_ADDR	(RAM_BASE + 0x30000)
#define RX_CQ_ADDR	(RAM_BASE + 0x40000)
#define BUFFERS_ADDR	(RAM_BASE + 0x100000)

#define QUEUE_DEPTH	32
#define IO_VECTOR	1

#define GUEST_VECTORS	3	/* of a device with two queue pairs */

struct guest {
	struct ena_dev dev;
	u8 *ram;
	int wire;
	int eventfd[GUEST_VECTORS];	/* the device has the other end */
	u16 aq_tail;
	u16 acq_head;
	/* What create_queues() made. */
	u16 tx_sq;
	u16 tx_cq;
	u16 rx_sq;
	u16 rx_cq;
	u16 tx_tail;
	u16 rx_tail;
};

extern const struct ena_config guest_config;

/* cmocka fixtures: *state is a struct guest. */
int guest_setup(void **state);		/* RAM mapped, admin queues up */
int guest_setup_queues(void **state);	/* and one pair of I/O queues */
int guest_teardown(void **state);

struct guest *guest_new(const struct ena_config *config);
void guest_free(struct guest *g);

/* Writes PCI_COMMAND; guest_new() has made the device a bus master. */
void pci_command(struct ena_dev *dev, u16 value);

void *ram_at(struct guest *g, u64 addr);
void reg_write(struct guest *g, u32 offset, u32 value);
u32 reg_read(struct guest *g, u32 offset);

void admin_up(struct guest *g);
/* Pushes one command, returns its status; the response where wanted. */
u8 admin_run(struct guest *g, union admin_command *cmd,
	     union admin_response *resp);

union admin_command cq_command(u64 base, u16 depth, u8 words, u32 vector);
union admin_command sq_command(u8 direction, u64 base, u16 depth, u16 cq);
union admin_command get_feature(u8 id, u8 version);
union admin_command set_feature(u8 id);
void set_addr(struct ena_common_mem_addr *to, u64 addr);

void create_queues(struct guest *g, u16 depth);

/* TX: fills descriptors, then rings the doorbell in one go. */
#define TX_FIRST	ENA_ETH_IO_TX_DESC_FIRST_MASK
#define TX_LAST		ENA_ETH_IO_TX_DESC_LAST_MASK
#define TX_COMP		ENA_ETH_IO_TX_DESC_COMP_REQ_MASK

void tx_raw(struct guest *g, const void *desc);
void tx_desc(struct guest *g, u64 addr, u16 len, u32 flags, u8 header_length,
	     u16 req_id, u32 meta_ctrl);
void tx_meta(struct guest *g, u8 l3_offset, u8 l3_len, u32 flags);
void tx_ring(struct guest *g);
/* One frame in one buffer at BUFFERS_ADDR. */
void tx_frame(struct guest *g, const void *frame, u16 len, u8 header_length);
struct ena_eth_io_tx_cdesc tx_cdesc(struct guest *g, u16 index);
void assert_tx_completions(struct guest *g, u16 count);
void assert_tx_dropped(struct guest *g, enum tx_drop why);
/* The next frame on the wire; 0 where there is none. */
size_t wire_frame(struct guest *g, u8 *frame, size_t size);

void rx_post(struct guest *g, u64 addr, u16 len, u16 req_id);
void rx_ring(struct guest *g);
struct ena_eth_io_rx_cdesc_base rx_cdesc(struct guest *g, u16 index);

u64 interrupts(struct guest *g, u32 vector);

/* Frames of len bytes with a payload that tells its position. */
enum { VLAN_NONE, VLAN_ONE, VLAN_TWO };
size_t frame_ipv4(u8 *frame, size_t len, u8 proto, int vlans);
size_t frame_ipv6(u8 *frame, size_t len, u8 proto);
void put16(u8 *p, u16 value);

#endif
