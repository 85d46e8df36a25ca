/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_FAULT_PLAN_H
#define ENA_DEVICE_FAULT_PLAN_H

#include <stdio.h>

#include "fault.h"

/*
 * Reads a file of lines "FUNCTION FAULT TIMES [AFTER]" into the plans of count
 * functions. If false, the message is on stderr.
 */
bool fault_plan_load(struct fault_plan *plans, size_t count, const char *path);
/* One line, which is taken apart. NULL, or what is wrong with it. */
const char *fault_plan_line(struct fault_plan *plans, size_t count, char *line);

#endif
