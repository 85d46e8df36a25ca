// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault_plan.h"
#include "options.h"

#define DEFAULT_PROFILE		"c5-metal"

static const char usage[] =
"usage: ena-device --function socket=PATH[,KEY=VALUE...] [--function ...]\n"
"                  [--header-rule strict|spec|off|l3] [--max-header-size N]\n"
"                  [--max-tx-descs N] [--llq-window mapped|trapped]\n"
"                  [--stats FILE] [--status SOCKET] [--trace FILE] [--strict]\n"
"                  [--faults] [--fault-plan FILE] [--verbose]\n"
"\n"
"Models ENA network functions, each behind a vfio-user socket. A wire joins\n"
"functions 0 and 1, another 2 and 3, and so on. For QEMU 10.1 or later:\n"
"  -object memory-backend-memfd,id=ram,size=1G,share=on\n"
"  -machine memory-backend=ram\n"
"  -device '{\"driver\":\"vfio-user-pci\",\n"
"            \"socket\":{\"type\":\"unix\",\"path\":\"PATH\"}}'\n"
"Linux in the guest needs no more. iPXE, which has a driver, too:\n"
"  -nic none -kernel /usr/lib/ipxe/ipxe.lkrn\n"
"DPDK, in a guest, with the port's address from lspci:\n"
"  modprobe -r ena; modprobe uio_pci_generic; dpdk-hugepages.py --setup 256M\n"
"  dpdk-devbind.py --bind=uio_pci_generic 00:03.0\n"
"  dpdk-testpmd -a 00:03.0,control_path_poll_interval=500 -- -i\n"
"\n"
"A function's keys:\n"
"  socket=PATH   where to listen; one client at a time\n"
"  mac=ADDRESS   default 02:ec:20:00:00:NN, NN the function's number\n"
"  profile=NAME  what the device offers: c5-metal (default; no LLQ), nitro,\n"
"                nitro-large-llq, or a file: a path with a slash\n"
"  queues=N      queue pairs, 1 to 32, instead of the profile's\n"
"  pcap=FILE     every frame on the port's wire, as pcap\n"
"  pcapng=FILE   also those dropped; a comment says the queue and the reason\n"
"  tap=NAME      join the function to this tap instead of its neighbour\n"
"  pps=N         drops what is beyond N packets a second, as an allowance does\n"
"\n"
"  --header-rule RULE   which TCP and UDP frames are dropped:\n"
"      strict  those whose header_length is not 0 and ends before the L4 header\n"
"              does, without its options (default)\n"
"      spec    also those longer than the maximum header with header_length 0\n"
"      off     none\n"
"      l3      all IP frames whose header_length is not 0 and ends before the L3\n"
"              header does: a made-up rule, for tests\n"
"  --max-header-size N  1 to 255, instead of the profile's; for host placement: in\n"
"                       LLQ a header may fill its entry\n"
"  --max-tx-descs N     most descriptors for one packet, as reported to drivers: 1\n"
"                       to 19, instead of the profile's; the model always takes 19\n"
"  --llq-window HOW     mapped (default): the client writes into LLQ without us;\n"
"                       trapped: each write is a message, as without KVM\n"
"  --stats FILE         counters as JSON, at the start, at the end and on SIGUSR1\n"
"  --status SOCKET      the same to each client that connects, and then hangs up\n"
"  --trace FILE         one line a command, doorbell, descriptor, completion,\n"
"                       event, fault, reset and drop: TIME FUNCTION WHAT\n"
"                       KEY=VALUE...\n"
"  --strict             what breaks the interface's words, each in one line:\n"
"                       its queue, index, raw words, and the rule by field name;\n"
"                       no error of the guest's is left out of the log\n"
"  --faults             lets the guest order faults, by writing kind + 0x10000 *\n"
"                       times to the word at 4 of a vendor-specific capability:\n"
"                       1 TX not completed, 2 completed twice, 3 with a wrong id,\n"
"                       4 RX with a wrong id, 5 an admin command not executed,\n"
"                       6 a second without keep-alive, 7 a second in which it\n"
"                       reports no link, 8 an event of a fatal error, 9 a\n"
"                       warning, 10 a notification, 11 a PHC time with an error\n"
"  --fault-plan FILE    the same without the guest, from power-on. A line is\n"
"                       FUNCTION FAULT TIMES [AFTER]: AFTER occasions pass first.\n"
"                       The faults have their names in the statistics\n"
"  --verbose            log what the driver asks for, each time\n"
"\n"
"Prints \"ready\" when all sockets listen. SIGTERM, SIGINT and SIGHUP end it.\n"
"A client that does not say its version within three seconds is dropped.\n"
"Exit status: 0 ended by a signal, 1 a socket, tap or file failed, 2 usage.\n";

static bool fail(const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "ena-device: %s '%s': expected %s; see --help\n", what,
		value, expected);
	return false;
}

static bool parse_number(const char *what, const char *value, u32 max, u32 *to)
{
	char expected[64];
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno && number &&
	    number <= max) {
		*to = (u32)number;
		return true;
	}
	snprintf(expected, sizeof(expected), "a number from 1 to %u", max);
	return fail(what, value, expected);
}

static bool parse_mac(const char *value, u8 *mac)
{
	unsigned int byte[6];
	int len = 0;

	if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1],
		   &byte[2], &byte[3], &byte[4], &byte[5], &len) != 6 ||
	    len != 17 || value[len] || byte[0] & 1 ||
	    !(byte[0] | byte[1] | byte[2] | byte[3] | byte[4] | byte[5]))
		return fail("mac", value,
			    "a unicast address like 02:ec:20:00:00:01");
	for (int i = 0; i < 6; i++)
		mac[i] = (u8)byte[i];
	return true;
}

enum key {
	KEY_SOCKET,
	KEY_MAC,
	KEY_PROFILE,
	KEY_QUEUES,
	KEY_PCAP,
	KEY_PCAPNG,
	KEY_TAP,
	KEY_PPS,
	KEYS,
};

static const char *const key_names[KEYS] = {
	[KEY_SOCKET] = "socket", [KEY_MAC] = "mac", [KEY_PROFILE] = "profile",
	[KEY_QUEUES] = "queues", [KEY_PCAP] = "pcap", [KEY_PCAPNG] = "pcapng",
	[KEY_TAP] = "tap", [KEY_PPS] = "pps",
};

static bool set_key(struct function_options *f, enum key key, const char *value)
{
	switch (key) {
	case KEY_SOCKET:
		f->socket = value;
		return true;
	case KEY_MAC:
		return parse_mac(value, f->config.mac);
	case KEY_PROFILE:
		return profile_load(&f->config.profile, value);
	case KEY_PCAP:
	case KEY_PCAPNG:
		if (f->pcap)
			return fail("--function key", key_names[key],
				    "one of pcap and pcapng");
		f->pcap = value;
		f->pcapng = key == KEY_PCAPNG;
		return true;
	case KEY_PPS:
		return parse_number("pps", value, ~0u, &f->config.pps);
	case KEY_TAP:
		f->tap = value;
		return true;
	default:
		return parse_number("queues", value, ENA_MAX_QUEUES,
				    &f->config.queues);
	}
}

static bool parse_pair(struct function_options *f, char *pair, u32 *seen)
{
	char *value = strchr(pair, '=');

	if (!value || !value[1])
		return fail("--function", pair, "KEY=VALUE");
	*value++ = '\0';
	for (u32 key = 0; key < KEYS; key++) {
		if (strcmp(pair, key_names[key]))
			continue;
		if (*seen & BIT(key))
			return fail("--function key", pair, "each key once");
		*seen |= BIT(key);
		return set_key(f, (enum key)key, value);
	}
	return fail("--function key", pair,
		    "socket, mac, profile, queues, pcap, pcapng, tap or pps");
}

static bool parse_function(struct options *options, char *value)
{
	struct function_options *f = &options->function[options->count];
	u32 seen = 0;
	char *pair;

	if (options->count == MAX_FUNCTIONS)
		return fail("--function", value, "at most 16 of them");
	f->config = (struct ena_config){
		.mac = { 0x02, 0xec, 0x20, 0, 0, (u8)options->count },
	};
	options->count++;
	while ((pair = strsep(&value, ",")))
		if (!parse_pair(f, pair, &seen))
			return false;
	if (!(seen & BIT(KEY_PROFILE)) &&
	    !profile_load(&f->config.profile, DEFAULT_PROFILE))
		return false;
	return f->socket || fail("--function", "", "socket=PATH");
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* No two functions may have an address or a file in common. */
static bool check_pair(const struct function_options *a,
		       const struct function_options *b)
{
	char mac[18];

	if (!memcmp(a->config.mac, b->config.mac, sizeof(a->config.mac))) {
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			 a->config.mac[0], a->config.mac[1], a->config.mac[2],
			 a->config.mac[3], a->config.mac[4], a->config.mac[5]);
		return fail("mac", mac, "another for each function");
	}
	if (same(a->socket, b->socket))
		return fail("socket", a->socket, "another for each function");
	if (same(a->pcap, b->pcap))
		return fail("pcap", a->pcap, "another for each function");
	if (same(a->tap, b->tap))
		return fail("tap", a->tap, "another for each function");
	return true;
}

static bool check_functions(const struct options *options)
{
	if (!options->count) {
		fputs("ena-device: no --function given; see --help\n", stderr);
		return false;
	}
	for (size_t i = 1; i < options->count; i++)
		for (size_t j = 0; j < i; j++)
			if (!check_pair(&options->function[j],
					&options->function[i]))
				return false;
	return true;
}

static bool same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return !stat(a, &of_a) && !stat(b, &of_b) &&
	       of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

bool options_outputs_differ(const struct options *options)
{
	const char *path[2 * MAX_FUNCTIONS + 4];
	char temp[PATH_MAX];
	size_t count = 0;

	for (size_t i = 0; i < options->count; i++) {
		path[count++] = options->function[i].socket;
		if (options->function[i].pcap)
			path[count++] = options->function[i].pcap;
	}
	if (options->status)
		path[count++] = options->status;
	if (options->trace)
		path[count++] = options->trace;
	if (options->stats) {
		snprintf(temp, sizeof(temp), "%s" STATS_TEMP, options->stats);
		path[count++] = options->stats;
		path[count++] = temp;
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (same_file(path[j], path[i]))
				return fail("output", path[i],
					    "another file for each");
	return true;
}

static bool parse_rule(const char *value, enum header_rule *rule)
{
	static const char *const names[] = {
		[HEADER_RULE_STRICT] = "strict",
		[HEADER_RULE_SPEC] = "spec",
		[HEADER_RULE_OFF] = "off",
		[HEADER_RULE_L3] = "l3",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(value, names[i])) {
			*rule = (enum header_rule)i;
			return true;
		}
	}
	return fail("--header-rule", value, "strict, spec, off or l3");
}

static bool parse_window(const char *value, bool *trapped)
{
	*trapped = !strcmp(value, "trapped");
	return *trapped || !strcmp(value, "mapped") ||
	       fail("--llq-window", value, "mapped or trapped");
}

static const struct option long_options[] = {
	{ "function", required_argument, NULL, 'f' },
	{ "header-rule", required_argument, NULL, 'r' },
	{ "max-header-size", required_argument, NULL, 'm' },
	{ "max-tx-descs", required_argument, NULL, 'd' },
	{ "llq-window", required_argument, NULL, 'l' },
	{ "stats", required_argument, NULL, 's' },
	{ "status", required_argument, NULL, 'U' },
	{ "trace", required_argument, NULL, 't' },
	{ "fault-plan", required_argument, NULL, 'P' },
	{ "strict", no_argument, NULL, 'S' },
	{ "faults", no_argument, NULL, 'F' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool check_plan(const struct ena_config *config)
{
	for (u32 i = FAULT_NONE + 1; i < FAULTS; i++)
		if (config->plan.order[i].times &&
		    !fault_possible(&config->profile, (enum fault)i))
			return fail("--fault-plan", fault_name((enum fault)i),
				    "a profile that can have it");
	return true;
}

static bool load_fault_plan(struct options *options)
{
	struct fault_plan plans[MAX_FUNCTIONS] = { 0 };

	if (!options->fault_plan)
		return true;
	if (!fault_plan_load(plans, options->count, options->fault_plan))
		return false;
	for (size_t i = 0; i < options->count; i++) {
		options->function[i].config.plan = plans[i];
		if (!check_plan(&options->function[i].config))
			return false;
	}
	return true;
}

static enum parsed parse_option(struct options *options,
				struct ena_config *common, int opt)
{
	bool ok = true;

	switch (opt) {
	case 'f':
		ok = parse_function(options, optarg);
		break;
	case 'r':
		ok = parse_rule(optarg, &common->header_rule);
		break;
	case 'm':
		ok = parse_number("--max-header-size", optarg,
				  ENA_MAX_HEADER_SIZE,
				  &common->max_header_size);
		break;
	case 'd':
		ok = parse_number("--max-tx-descs", optarg, TX_MAX_DESCS,
				  &common->max_tx_descs);
		break;
	case 'l':
		ok = parse_window(optarg, &common->llq_trapped);
		break;
	case 's':
		options->stats = optarg;
		break;
	case 'U':
		options->status = optarg;
		break;
	case 't':
		options->trace = optarg;
		break;
	case 'P':
		options->fault_plan = optarg;
		break;
	case 'S':
		common->strict = true;
		break;
	case 'F':
		common->faults = true;
		break;
	case 'v':
		common->verbose = true;
		break;
	case 'h':
		fputs(usage, stdout);
		return PARSED_HELP;
	default:
		ok = false;
	}
	return ok ? PARSED_RUN : PARSED_ERROR;
}

static enum parsed parse_all(struct options *options, struct ena_config *common,
			     int argc, char **argv)
{
	enum parsed parsed = PARSED_RUN;
	int opt;

	optind = 1;
	while (parsed == PARSED_RUN &&
	       (opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		parsed = parse_option(options, common, opt);
	if (parsed == PARSED_RUN && optind < argc) {
		fail("argument", argv[optind], "options only");
		return PARSED_ERROR;
	}
	return parsed;
}

enum parsed options_parse(struct options *options, int argc, char **argv)
{
	struct ena_config common = { 0 };
	enum parsed parsed;

	memset(options, 0, sizeof(*options));
	parsed = parse_all(options, &common, argc, argv);
	if (parsed != PARSED_RUN)
		return parsed;
	if (!check_functions(options) || !load_fault_plan(options))
		return PARSED_ERROR;
	for (size_t i = 0; i < options->count; i++) {
		struct ena_config *config = &options->function[i].config;

		config->header_rule = common.header_rule;
		config->max_header_size = common.max_header_size;
		config->max_tx_descs = common.max_tx_descs;
		config->llq_trapped = common.llq_trapped;
		config->strict = common.strict;
		config->faults = common.faults;
		config->verbose = common.verbose;
	}
	return PARSED_RUN;
}
