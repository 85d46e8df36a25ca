// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "options.h"

#define MAX_ARGS	40
#define PLAN		"options.test.plan"

static enum parsed parse(struct options *options, const char *line)
{
	static char text[4096];
	char *argv[MAX_ARGS] = { "ena-device" };
	char *rest = text;
	int argc = 1;

	strcpy(text, line);
	while (rest && *rest && argc < MAX_ARGS - 1)
		argv[argc++] = strsep(&rest, " ");
	return options_parse(options, argc, argv);
}

TEST(defaults)
{
	struct options o;

	assert_int_equal(parse(&o, "--function socket=/a --function socket=/b"),
			 PARSED_RUN);
	assert_int_equal(o.count, 2);
	assert_string_equal(o.function[1].socket, "/b");
	assert_int_equal(o.function[1].config.mac[5], 1);
	assert_int_equal(o.function[0].config.queues, 0);
	assert_string_equal(o.function[0].config.profile.name, "c5-metal");
	assert_int_equal(o.function[0].config.header_rule, HEADER_RULE_STRICT);
	assert_int_equal(o.function[0].config.max_header_size, 0);
	assert_int_equal(o.function[0].config.max_tx_descs, 0);
	assert_null(o.stats);
}

TEST(all_of_them)
{
	struct options o;

	assert_int_equal(parse(&o, "--header-rule spec --function "
			       "socket=/a,mac=06:11:22:33:44:fF,"
			       "profile=c5-metal,queues=32,pcap=/p,tap=t0 "
			       "--max-header-size 255 --stats /s --verbose "
			       "--faults --strict --max-tx-descs 16"),
			 PARSED_RUN);
	assert_int_equal(o.function[0].config.header_rule, HEADER_RULE_SPEC);
	assert_int_equal(o.function[0].config.max_header_size, 255);
	assert_int_equal(o.function[0].config.max_tx_descs, 16);
	assert_int_equal(o.function[0].config.queues, 32);
	assert_memory_equal(o.function[0].config.mac,
			    "\x06\x11\x22\x33\x44\xff", 6);
	assert_string_equal(o.function[0].pcap, "/p");
	assert_string_equal(o.function[0].tap, "t0");
	assert_string_equal(o.stats, "/s");
	assert_true(o.function[0].config.verbose);
	assert_true(o.function[0].config.faults);
	assert_true(o.function[0].config.strict);
}

TEST(what_watches)
{
	struct options o;

	assert_int_equal(parse(&o, "--function socket=/a,pcapng=/p "
			       "--status /u --trace /t"), PARSED_RUN);
	assert_string_equal(o.function[0].pcap, "/p");
	assert_true(o.function[0].pcapng);
	assert_string_equal(o.status, "/u");
	assert_string_equal(o.trace, "/t");
}

TEST(help_wins)
{
	struct options o;
	int out = dup(STDOUT_FILENO);

	/* The help text would break the TAP. */
	assert_non_null(freopen("/dev/null", "w", stdout));
	assert_int_equal(parse(&o, "--help --nonsense"), PARSED_HELP);
	fflush(stdout);
	assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	close(out);
}

TEST(mistakes)
{
	static const char *const lines[] = {
		"",
		"--function",
		"--function queues=2",
		"--function socket",
		"--function socket=",
		"--function socket=/a,",
		"--function socket=/a,colour=red",
		"--function socket=/a,queues=0",
		"--function socket=/a,queues=33",
		"--function socket=/a,queues=-1",
		"--function socket=/a,queues=2x",
		"--function socket=/a,queues=99999999999999999999",
		"--function socket=/a,mac=1:2:3:4:5:6",
		"--function socket=/a,mac=01:00:00:00:00:00",
		"--function socket=/a,mac=02:00:00:00:00:00:00",
		"--function socket=/a,mac=02:00:00:00:00:0g",
		"--function socket=/a,mac=00:00:00:00:00:00",
		"--function socket=/a,socket=/b",
		"--function socket=/a,queues=2,queues=2",
		"--function socket=/a --function socket=/a",
		"--function socket=/a --function socket=/b,mac=02:ec:20:00:00:00",
		"--function socket=/a,pcap=/p --function socket=/b,pcap=/p",
		"--function socket=/a,tap=t0 --function socket=/b,tap=t0",
		"--function socket=/a,profile=no/such/file",
		"--function socket=/a,profile=/dev/null",
		"--function socket=/a,profile=other",
		"--function socket=/a,pcap=/p,pcapng=/q",
		"--function socket=/a --fault-plan /dev/null/x",
		"--function socket=/a --header-rule lax",
		"--function socket=/a --max-header-size 256",
		"--function socket=/a --max-header-size 0",
		"--function socket=/a --max-tx-descs 0",
		"--function socket=/a --max-tx-descs 20",
		"--function socket=/a --nonsense",
		"--function socket=/a extra",
	};
	struct options o;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (parse(&o, lines[i]) != PARSED_ERROR)
			fail_msg("accepted: %s", lines[i]);
}

/* A plan for what a function's profile does not have. */
TEST(plans_and_profiles)
{
	struct options o;
	FILE *file = fopen(PLAN, "w");

	fputs("1 phc_error 1\n", file);
	fclose(file);
	assert_int_equal(parse(&o, "--fault-plan " PLAN " --function socket=/a "
			       "--function socket=/b"), PARSED_ERROR);
#ifdef ENA_HAS_PHC
	assert_int_equal(parse(&o, "--fault-plan " PLAN " --function socket=/a "
			       "--function socket=/b,profile=nitro"),
			 PARSED_RUN);
	assert_int_equal(o.function[1].config.plan.order[FAULT_PHC_ERROR].times,
			 1);
#endif
	unlink(PLAN);
}

TEST(too_many_functions)
{
	char line[1024] = "";
	struct options o;

	for (int i = 0; i < MAX_FUNCTIONS; i++)
		sprintf(line + strlen(line), "--function socket=/%d ", i);
	assert_int_equal(parse(&o, line), PARSED_RUN);
	strcat(line, "--function socket=/last");
	assert_int_equal(parse(&o, line), PARSED_ERROR);
}
