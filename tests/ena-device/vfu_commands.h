/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_VFU_COMMANDS_H
#define ENA_DEVICE_VFU_COMMANDS_H

#include "vfio_user.h"

#define VFU_HEADER_SIZE	16

enum vfu_command {
	CMD_VERSION = 1,
	CMD_DMA_MAP,
	CMD_DMA_UNMAP,
	CMD_DEVICE_GET_INFO,
	CMD_GET_REGION_INFO,
	CMD_GET_REGION_IO_FDS,
	CMD_GET_IRQ_INFO,
	CMD_SET_IRQS,
	CMD_REGION_READ,
	CMD_REGION_WRITE,
	CMD_DMA_READ,
	CMD_DMA_WRITE,
	CMD_DEVICE_RESET,
};

/* A command's payload, and room for its reply's. */
struct vfu_request {
	const u8 *data;
	size_t len;
	u8 *reply;
};

/* Returns the length of the reply's payload or a negative errno. */
int vfu_execute(struct vfu_server *server, u16 command,
		struct vfu_request *req);

#endif
