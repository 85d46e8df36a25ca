// SPDX-License-Identifier: GPL-2.0
/* Loads the BPF programs of ena-tx-header, which calls it. */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"

static const struct {
	const char *name;
	int (*run)(int ifindex, const char *ifname);
} commands[] = {
	{ "attach", cmd_attach },
	{ "detach", cmd_detach },
	{ "status", cmd_status },
};

/* Ends the program: what failed has said enough. */
int fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

/* ena-tx-header says what went wrong, in one line. */
static int no_print(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	return 0;
}

static int index_of(const char *ifname)
{
	int ifindex = if_nametoindex(ifname);

	if (!ifindex)
		fail(EXIT_USAGE, "there is no interface '%s' here", ifname);
	return ifindex;
}

static int run(const char *command, const char *ifname)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(command, commands[i].name))
			return commands[i].run(index_of(ifname), ifname);
	fail(EXIT_USAGE, "unknown command '%s'", command);
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	libbpf_set_print(no_print);
	if (argc >= 3 && argc <= 4 && !strcmp(argv[1], "watch"))
		return cmd_watch(atoi(argv[2]),
				 argc < 4 ? 0 : index_of(argv[3]));
	if (argc != 3)
		fail(EXIT_USAGE,
		     "usage: ena-tx-bpf attach|detach|status INTERFACE");
	err = run(argv[1], argv[2]);
	if (err < 0)
		fail(EXIT_FAIL, "%s: %s failed: %s", argv[2], argv[1],
		     strerror(-err));
	return 0;
}
