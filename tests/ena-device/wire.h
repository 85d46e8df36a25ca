/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_WIRE_H
#define ENA_DEVICE_WIRE_H

#include "capture.h"
#include "ena_defs.h"
#include "stats.h"

struct ena_dev;

/* A function's end of a wire to another function or to a tap. */
struct wire_port {
	struct ena_dev *dev;
	struct wire_port *peer;
	int tap;
	struct capture capture;
	u16 sq;		/* that sends now */
};

void wire_port_init(struct wire_port *port, struct ena_dev *dev);
void wire_port_release(struct wire_port *port);
void wire_join(struct wire_port *a, struct wire_port *b);

/* Returns 0 or a negative errno. */
int wire_open_tap(struct wire_port *port, const char *name);

enum tx_drop wire_send(struct wire_port *port, const u8 *frame, u32 len);
/* Reads some frames from the tap; closes it if it is lost. */
void wire_poll_tap(struct wire_port *port, bool lost);

#endif
