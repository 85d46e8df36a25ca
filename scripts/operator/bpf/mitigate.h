/* SPDX-License-Identifier: GPL-2.0 */
/* What the program at tc egress and its loader share. */
#ifndef ENA_BPF_MITIGATE_H
#define ENA_BPF_MITIGATE_H

/* The program is found by its name, wherever it is attached. */
#define MITIGATE_NAME	"ena_tx_header"

enum mitigate_counter {
	MITIGATE_PULLED,	/* the header was cut and is whole now */
	MITIGATE_FAILED,	/* no memory: it went on as it was */
	MITIGATE_COUNTERS,
};

#endif
