// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"

#define FILE_NAME	"./profile.test"

static const char whole[] =
	"version = 0.10 # reported: x\n"
	"controller-version = 0.0.1 # assumed: x\n"
	"implementation = 1 # interface: x\n"
	"features = mtu # assumed: x\n"
	"features += aenq # assumed: x\n"
	"tx-offload = none # assumed: x\n"
	"rx-offload = hash # assumed: x\n"
	"capabilities = eni-stats # assumed: x\n"
	"aenq-groups = link-change keep-alive # assumed: x\n"
	"rss-functions = toeplitz crc32 # assumed: x\n"
	"rx-offset = 2 # assumed: x\n"
	"link-mbps = 25000 # assumed: x\n"
	"mtu = 9216 # assumed: x\n"
	"queues = 8 # assumed: x\n"
	"tx-depth = 512 # assumed: x\n"
	"rx-depth = 1024 # assumed: x\n"
	"max-header-size = 96 # assumed: x\n"
	"max-tx-descs = 19 # assumed: x\n";

static bool parse_with(struct profile *profile, const char *more)
{
	char text[sizeof(whole) + 1024];

	snprintf(text, sizeof(text), "%s%.1023s", whole, more);
	return profile_parse(profile, "test", text);
}

TEST(a_profile)
{
	struct profile p;

	assert_true(parse_with(&p, "# a comment\n\n \t \r\n"));
	assert_string_equal(p.name, "test");
	assert_int_equal(p.version, 10);
	assert_int_equal(p.controller_version, 1);
	assert_int_equal(p.features, BIT(ENA_ADMIN_MTU) |
				     BIT(ENA_ADMIN_AENQ_CONFIG));
	assert_int_equal(p.tx_offload, 0);
	assert_int_equal(p.rx_offload,
			 ENA_ADMIN_FEATURE_OFFLOAD_DESC_RX_HASH_MASK);
	assert_int_equal(p.tx_depth, 512);
	assert_int_equal(p.capabilities, BIT(ENA_ADMIN_ENI_STATS));
	assert_int_equal(p.aenq_groups, BIT(ENA_ADMIN_LINK_CHANGE) |
					BIT(ENA_ADMIN_KEEP_ALIVE));
	assert_int_equal(p.rss_functions, BIT(ENA_ADMIN_TOEPLITZ) |
					  BIT(ENA_ADMIN_CRC32));
	assert_int_equal(p.rx_offset, 2);
}

TEST(lines_that_are_wrong)
{
	static const char *const lines[] = {
		"mtu = 9216 # assumed: twice",
		"llq-depth = 64",
		"llq-depth = 64 # because",
		"llq-depth = 64 # assumed",
		"llq-depth # assumed: no value",
		"llq-depth = # assumed: no value",
		"llq-depth = 64x # assumed: x",
		"llq-depth = -64 # assumed: x",
		"llq-depth = 99999999999999999999 # assumed: x",
		"llq-depth = 4096 # assumed: over the window's area",
		"llq-depth += 64 # assumed: no words",
		"llq-strides += single # assumed: nothing to add to",
		"llq-strides = double # assumed: no such word",
		"colour = red # assumed: x",
		"= # assumed: x",
		"+= # assumed: x",
		"features += llq # assumed: then its keys are missing",
	};
	struct profile p;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (parse_with(&p, lines[i]))
			fail_msg("accepted: %s", lines[i]);
}

TEST(versions_that_are_wrong)
{
	static const char *const values[] = { "", "x", "1.", ".1", "1.256",
					      "1.2.3.4.5", "-1.0", "1,0" };
	struct profile p;
	char text[80];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		sprintf(text, "version = %s # assumed: x\n", values[i]);
		if (profile_parse(&p, "test", text) || p.version)
			fail_msg("accepted: %s", values[i]);
	}
}

TEST(a_key_that_is_missing)
{
	struct profile p;
	char text[4096];

	for (const char *line = whole; *line; line = strchr(line, '\n') + 1) {
		int before = (int)(line - whole);

		/* The second line of features may be left out. */
		if (!strncmp(line, "features +=", 11))
			continue;
		snprintf(text, sizeof(text), "%.*s%s", before, whole,
			 strchr(line, '\n') + 1);
		if (profile_parse(&p, "test", text))
			fail_msg("accepted without: %.20s", line);
	}
}

TEST(llq_needs_its_keys)
{
	static const char llq[] =
		"features += llq # assumed: x\n"
		"llq-queues = 8 # assumed: x\n"
		"llq-depth = 512 # assumed: x\n"
		"llq-entry-sizes = 128 256 # assumed: x\n"
		"llq-descs-before-header = 2 # assumed: x\n"
		"llq-strides = multiple # assumed: x\n"
		"llq-accel = meta-caching-off # assumed: x\n"
		"llq-burst = 0 # assumed: x\n";
	struct profile p;
	char text[4096];

	assert_true(parse_with(&p, llq));
	assert_int_equal(p.llq_entry_sizes, ENA_ADMIN_LIST_ENTRY_SIZE_128B |
					    ENA_ADMIN_LIST_ENTRY_SIZE_256B);
	snprintf(text, sizeof(text), "%s", llq);
	strcpy(strstr(text, "llq-burst"), "");
	assert_false(parse_with(&p, text));
	snprintf(text, sizeof(text), "%s", llq);
	memcpy(strstr(text, "512"), "511", 3);
	assert_false(parse_with(&p, text));
	snprintf(text, sizeof(text), "%s", llq);
	memcpy(strstr(text, "multiple"), "        ", 8);
	assert_false(parse_with(&p, text));
}

TEST(profiles_built_in)
{
	struct profile p;

	assert_true(profile_load(&p, "c5-metal"));
	assert_false(p.features & BIT(ENA_ADMIN_LLQ));
	assert_int_equal(p.tx_offload, BIT(1));	/* IPv4, partial */
	assert_true(profile_load(&p, "nitro"));
	assert_true(p.features & BIT(ENA_ADMIN_LLQ));
	assert_true(p.llq_entry_sizes & ENA_ADMIN_LIST_ENTRY_SIZE_128B);
	assert_true(profile_load(&p, "nitro-large-llq"));
	assert_int_equal(p.llq_entry_sizes, ENA_ADMIN_LIST_ENTRY_SIZE_256B);
	assert_false(profile_load(&p, "nitro2"));
	assert_false(profile_load(&p, ""));
}

TEST(profiles_from_files)
{
	struct profile p;
	FILE *file = fopen(FILE_NAME, "w");

	assert_non_null(file);
	fputs(whole, file);
	fclose(file);
	assert_true(profile_load(&p, FILE_NAME));
	assert_string_equal(p.name, "profile.test");
	file = fopen(FILE_NAME, "a");
	assert_non_null(file);
	fputc('\0', file);
	fclose(file);
	assert_false(profile_load(&p, FILE_NAME));
	unlink(FILE_NAME);
	assert_false(profile_load(&p, FILE_NAME));
	assert_false(profile_load(&p, "./"));
	/* The name goes into the statistics. */
	assert_false(profile_parse(&p, "a\"b", (char[]){ "" }));
}

/* Bytes of any kind are refused or taken, and nothing else happens. */
TEST(texts_of_noise)
{
	u64 seed = env_number("SEED", 1);
	struct profile p;
	char text[2048];

	for (int i = 0; i < 2000; i++) {
		strcpy(text, whole);
		for (int j = 0; j < 8; j++)
			text[noise(&seed) % (sizeof(whole) - 1)] =
				(char)(noise(&seed) % 127 + 1);
		profile_parse(&p, "test", text);
	}
}
