/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_OPTIONS_H
#define ENA_DEVICE_OPTIONS_H

#include "device.h"

#define MAX_FUNCTIONS	16

struct function_options {
	struct ena_config config;
	const char *socket;
	const char *pcap;
	bool pcapng;
	const char *tap;
};

struct options {
	size_t count;
	struct function_options function[MAX_FUNCTIONS];
	const char *stats;
	const char *status;
	const char *trace;
	const char *fault_plan;
};

enum parsed {
	PARSED_RUN,
	PARSED_HELP,
	PARSED_ERROR,	/* the message is on stderr */
};

/* Cuts the argument strings in place; the options point into them. */
enum parsed options_parse(struct options *options, int argc, char **argv);
/*
 * Once all but the statistics are open: false if two outputs or sockets are one
 * file.
 */
bool options_outputs_differ(const struct options *options);

#endif
