/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FLOW_H
#define FLOW_H

#include "send.h"

/* Opens the connections of cells with flow=1 (from the ports' device) and
 * flow=2 (from their tap), so that a flow table takes them up: rx is a packet
 * socket at the other end, smac and dmac the router's addresses on both sides.
 */
void flows_open(int rx, unsigned int peer, const unsigned char *gateway,
		const unsigned char *router, const unsigned char *host);

#endif
