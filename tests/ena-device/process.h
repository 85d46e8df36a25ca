/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PROCESS_H
#define ENA_DEVICE_PROCESS_H

#include "ena_defs.h"

/* What the program asks of its system. All return a negative errno. */

/* Says on stderr what failed, and returns err. */
int complain(const char *what, const char *name, int err);

/*
 * Before any other file is opened: limits, standard files, and a signal each
 * second that ends calls that block.
 */
int process_prepare(size_t open_files);
/*
 * File descriptors of the signals that the program serves, and of a second. A
 * signal's handler calls on_lost_page: false if the page is no client's.
 */
int process_open_signals(bool (*on_lost_page)(const void *addr));
int process_open_timer(void);

#endif
