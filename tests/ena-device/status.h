/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_STATUS_H
#define ENA_DEVICE_STATUS_H

#include <stddef.h>

#include "listener.h"

struct ena_dev;

/*
 * Takes one waiting client of the status socket, sends it the statistics as
 * they are now, and hangs up. It never waits for the client.
 */
void status_serve(struct listener *listener, const struct ena_dev *const *devs,
		  size_t count);
/* All of it must fit into the socket: who reads too slowly gets a part. */
void status_send(struct listener *listener, int client, const char *text,
		 size_t len);

#endif
