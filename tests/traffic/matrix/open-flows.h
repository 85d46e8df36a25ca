/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPEN_FLOWS_H
#define OPEN_FLOWS_H

#include "send-cell.h"

struct flow_ends {
	int rx;				/* captures behind the router */
	unsigned int peer;		/* the interface there */
	int back;			/* captures where replies arrive */
	const unsigned char *gateway;	/* the router's address on each side */
	const unsigned char *router;
	const unsigned char *host;	/* the peer's address */
};

/* Opens the connections of cells with flow=1 (from the ports' device) and
 * flow=2 (from their tap), so that a flow table takes them up.
 */
void flows_open(const struct flow_ends *ends);

#endif
