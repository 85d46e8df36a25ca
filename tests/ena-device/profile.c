// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define MAX_FILE	16384
/* Of names; they stand in the statistics. */
#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyz" \
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

struct word {
	const char *name;
	u32 bits;
};

#define FEATURE(name)	BIT(ENA_ADMIN_##name)
#define OFFLOAD(name)	ENA_ADMIN_FEATURE_OFFLOAD_DESC_##name##_MASK

static const struct word features[] = {
	{ "hw-hints", FEATURE(HW_HINTS) },
	{ "llq", FEATURE(LLQ) },
	{ "queues-ext", FEATURE(MAX_QUEUES_EXT) },
	{ "rss-function", FEATURE(RSS_HASH_FUNCTION) },
	{ "offload", FEATURE(STATELESS_OFFLOAD_CONFIG) },
	{ "rss-table", FEATURE(RSS_INDIRECTION_TABLE_CONFIG) },
	{ "mtu", FEATURE(MTU) },
	{ "rss-input", FEATURE(RSS_HASH_INPUT) },
	{ "aenq", FEATURE(AENQ_CONFIG) },
	{ "interrupt-moderation", FEATURE(INTERRUPT_MODERATION) },
	{ "link", FEATURE(LINK_CONFIG) },
	{ "host-attributes", FEATURE(HOST_ATTR_CONFIG) },
#ifdef ENA_HAS_PHC
	{ "phc", FEATURE(PHC_CONFIG) },
#else
	{ "phc", 0 },
#endif
	{ 0 },
};

static const struct word tx_offloads[] = {
	{ "none", 0 },
	{ "ipv4-header-csum", OFFLOAD(TX_L3_CSUM_IPV4) },
	{ "ipv4-csum-partial", OFFLOAD(TX_L4_IPV4_CSUM_PART) },
	{ "ipv4-csum-full", OFFLOAD(TX_L4_IPV4_CSUM_FULL) },
	{ "ipv6-csum-partial", OFFLOAD(TX_L4_IPV6_CSUM_PART) },
	{ "ipv6-csum-full", OFFLOAD(TX_L4_IPV6_CSUM_FULL) },
	{ "tso-ipv4", OFFLOAD(TSO_IPV4) },
	{ "tso-ipv6", OFFLOAD(TSO_IPV6) },
	{ "tso-ecn", OFFLOAD(TSO_ECN) },
	{ 0 },
};

static const struct word rx_offloads[] = {
	{ "none", 0 },
	{ "hash", OFFLOAD(RX_HASH) },
	{ "ipv4-header-csum", OFFLOAD(RX_L3_CSUM_IPV4) },
	{ "ipv4-csum", OFFLOAD(RX_L4_IPV4_CSUM) },
	{ "ipv6-csum", OFFLOAD(RX_L4_IPV6_CSUM) },
	{ 0 },
};

static const struct word capabilities[] = {
	{ "none", 0 },
	{ "eni-stats", BIT(ENA_ADMIN_ENI_STATS) },
#ifdef ENA_HAS_METRICS
	{ "srd-info", BIT(ENA_ADMIN_ENA_SRD_INFO) },
	{ "customer-metrics", BIT(ENA_ADMIN_CUSTOMER_METRICS) },
#else
	{ "srd-info", 0 },
	{ "customer-metrics", 0 },
#endif
	{ 0 },
};

static const struct word aenq_groups[] = {
	{ "link-change", BIT(ENA_ADMIN_LINK_CHANGE) },
	{ "fatal-error", BIT(ENA_ADMIN_FATAL_ERROR) },
	{ "warning", BIT(ENA_ADMIN_WARNING) },
	{ "notification", BIT(ENA_ADMIN_NOTIFICATION) },
	{ "keep-alive", BIT(ENA_ADMIN_KEEP_ALIVE) },
	{ 0 },
};

static const struct word rss_functions[] = {
	{ "none", 0 },
	{ "toeplitz", BIT(ENA_ADMIN_TOEPLITZ) },
	{ "crc32", BIT(ENA_ADMIN_CRC32) },
	{ 0 },
};

static const struct word entry_sizes[] = {
	{ "128", ENA_ADMIN_LIST_ENTRY_SIZE_128B },
	{ "192", ENA_ADMIN_LIST_ENTRY_SIZE_192B },
	{ "256", ENA_ADMIN_LIST_ENTRY_SIZE_256B },
	{ 0 },
};

static const struct word descs_before_header[] = {
	{ "1", ENA_ADMIN_LLQ_NUM_DESCS_BEFORE_HEADER_1 },
	{ "2", ENA_ADMIN_LLQ_NUM_DESCS_BEFORE_HEADER_2 },
	{ "4", ENA_ADMIN_LLQ_NUM_DESCS_BEFORE_HEADER_4 },
	{ 0 },
};

static const struct word strides[] = {
	{ "single", ENA_ADMIN_SINGLE_DESC_PER_ENTRY },
	{ "multiple", ENA_ADMIN_MULTIPLE_DESCS_PER_ENTRY },
	{ 0 },
};

static const struct word accel[] = {
	{ "none", 0 },
	{ "meta-caching-off", BIT(ENA_ADMIN_DISABLE_META_CACHING) },
	{ "tx-burst", BIT(ENA_ADMIN_LIMIT_TX_BURST) },
	{ 0 },
};

/* A key has words, or is a number from min to max, or parts of a version. */
struct key {
	const char *name;
	size_t offset;
	bool llq;		/* may be left out without that feature */
	const struct word *words;
	u32 min;
	u32 max;		/* 0: a version */
};

#define MEMBER(member)	offsetof(struct profile, member)

static const struct key keys[] = {
	{ "version", MEMBER(version), false, NULL, 0, 0 },
	{ "controller-version", MEMBER(controller_version), false, NULL, 0, 0 },
	{ "implementation", MEMBER(implementation), false, NULL, 0, 255 },
	{ "features", MEMBER(features), false, features, 0, 0 },
	{ "tx-offload", MEMBER(tx_offload), false, tx_offloads, 0, 0 },
	{ "rx-offload", MEMBER(rx_offload), false, rx_offloads, 0, 0 },
	{ "capabilities", MEMBER(capabilities), false, capabilities, 0, 0 },
	{ "aenq-groups", MEMBER(aenq_groups), false, aenq_groups, 0, 0 },
	{ "rss-functions", MEMBER(rss_functions), false, rss_functions, 0, 0 },
	{ "rx-offset", MEMBER(rx_offset), false, NULL, 0, 255 },
	{ "link-mbps", MEMBER(link_mbps), false, NULL, 1000, 400000 },
	{ "mtu", MEMBER(mtu), false, NULL, 68, ENA_MAX_MTU },
	{ "queues", MEMBER(queues), false, NULL, 1, ENA_MAX_QUEUES },
	{ "tx-depth", MEMBER(tx_depth), false, NULL, 2, ENA_MAX_QUEUE_DEPTH },
	{ "rx-depth", MEMBER(rx_depth), false, NULL, 2, ENA_MAX_QUEUE_DEPTH },
	{ "max-header-size", MEMBER(max_header_size), false, NULL, 1,
	  ENA_MAX_HEADER_SIZE },
	{ "max-tx-descs", MEMBER(max_tx_descs), false, NULL, 1, TX_MAX_DESCS },
	{ "llq-queues", MEMBER(llq_queues), true, NULL, 1, ENA_MAX_QUEUES },
	{ "llq-depth", MEMBER(llq_depth), true, NULL, 2, LLQ_MAX_DEPTH },
	{ "llq-entry-sizes", MEMBER(llq_entry_sizes), true, entry_sizes, 0, 0 },
	{ "llq-descs-before-header", MEMBER(llq_descs_before_header), true,
	  descs_before_header, 0, 0 },
	{ "llq-strides", MEMBER(llq_strides), true, strides, 0, 0 },
	{ "llq-accel", MEMBER(llq_accel), true, accel, 0, 0 },
	{ "llq-burst", MEMBER(llq_burst), true, NULL, 0, 65535 },
};

static_assert(ARRAY_SIZE(keys) <= 32, "a bit for each key");

/* Where in which file, and which keys were there. */
struct reader {
	struct profile *profile;
	const char *name;
	unsigned int line;
	u32 seen;
};

static bool fail(const struct reader *r, const char *what, const char *value)
{
	fprintf(stderr, "ena-device: profile %s, line %u: %s '%s'\n", r->name,
		r->line, what, value);
	return false;
}

static bool take_words(const struct reader *r, const struct key *key,
		       char *value, u32 *to)
{
	const struct word *w;
	char *word;

	while ((word = strsep(&value, " \t"))) {
		if (!*word)
			continue;
		for (w = key->words; w->name && strcmp(w->name, word); w++)
			;
		if (!w->name)
			return fail(r, "unknown word", word);
		*to |= w->bits;
	}
	return true;
}

static bool take_version(const struct reader *r, const char *value, u32 *to)
{
	u32 version = 0;
	unsigned long part;
	char *end;

	for (;; value = end + 1) {
		part = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || part > 255 ||
		    version >> 24)
			return fail(r, "not a version:", value);
		version = version << 8 | (u32)part;
		if (!*end)
			break;
		if (*end != '.')
			return fail(r, "not a version:", value);
	}
	*to = version;
	return true;
}

static bool take_number(const struct reader *r, const struct key *key,
			const char *value, u32 *to)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno ||
	    number < key->min || number > key->max)
		return fail(r, "number out of range", value);
	*to = (u32)number;
	return true;
}

static bool take_value(struct reader *r, const struct key *key, char *value,
		       bool more)
{
	u32 *to = (u32 *)((u8 *)r->profile + key->offset);
	u32 bit = BIT(key - keys);

	if (more && (!key->words || !(r->seen & bit)))
		return fail(r, "nothing to add to:", key->name);
	if (!more && r->seen & bit)
		return fail(r, "a key given twice:", key->name);
	r->seen |= bit;
	if (key->words)
		return take_words(r, key, value, to);
	if (key->max)
		return take_number(r, key, value, to);
	return take_version(r, value, to);
}

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return text;
}

static bool has_source(const char *comment)
{
	static const char *const sources[] = { "reported:", "interface:",
					       "assumed:" };

	comment += strspn(comment, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strncmp(comment, sources[i], strlen(sources[i])))
			return true;
	return false;
}

/* KEY = VALUE  # SOURCE: why; += adds words. */
static bool take_line(struct reader *r, char *line)
{
	char *comment = strchr(line, '#');
	char *value;
	bool more;

	if (comment)
		*comment++ = '\0';
	line = trim(line);
	if (!*line)
		return true;
	value = strchr(line, '=');
	if (!value)
		return fail(r, "expected KEY = VALUE, not", line);
	if (!comment || !has_source(comment))
		return fail(r, "no reported:, interface: or assumed: in", line);
	more = value > line && value[-1] == '+';
	value[more ? -1 : 0] = '\0';
	value = trim(value + 1);
	line = trim(line);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].name, line))
			return take_value(r, &keys[i], value, more);
	return fail(r, "unknown key", line);
}

static bool check_whole(struct reader *r)
{
	const struct profile *p = r->profile;
	bool llq = p->features & FEATURE(LLQ);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!(r->seen & BIT(i)) && (llq || !keys[i].llq))
			return fail(r, "missing key", keys[i].name);
	if (!is_power_of_2(p->tx_depth) || !is_power_of_2(p->rx_depth) ||
	    (llq && !is_power_of_2(p->llq_depth)))
		return fail(r, "not a power of two:", "a depth");
	if (llq && (!p->llq_entry_sizes || !p->llq_descs_before_header ||
		    !p->llq_strides))
		return fail(r, "LLQ needs a word in each of its keys:",
			    "llq-entry-sizes, -descs-before-header, -strides");
	return true;
}

bool profile_parse(struct profile *profile, const char *name, char *text)
{
	struct reader r = { .profile = profile, .name = name };
	const char *base = strrchr(name, '/');
	char *line;

	memset(profile, 0, sizeof(*profile));
	base = base ? base + 1 : name;
	if (strspn(base, NAME_CHARS) != strlen(base) ||
	    strlen(base) >= sizeof(profile->name))
		return fail(&r, "not a name:", base);
	strcpy(profile->name, base);
	while ((line = strsep(&text, "\n"))) {
		r.line++;
		if (!take_line(&r, line))
			return false;
	}
	return check_whole(&r);
}

static bool load_file(struct profile *profile, const char *path)
{
	char text[MAX_FILE + 1];
	FILE *file = fopen(path, "re");
	size_t len = 0;

	if (file) {
		len = fread(text, 1, sizeof(text), file);
		fclose(file);
	}
	if (!len || len > MAX_FILE || memchr(text, '\0', len)) {
		fprintf(stderr, "ena-device: cannot read the profile %s\n",
			path);
		return false;
	}
	text[len] = '\0';
	return profile_parse(profile, path, text);
}

static const struct {
	const char *name;
	const char *text;
} built_in[] = {
#include "profiles.inc"
};

bool profile_load(struct profile *profile, const char *name)
{
	char text[MAX_FILE + 1];

	if (strchr(name, '/'))
		return load_file(profile, name);
	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++) {
		if (strcmp(built_in[i].name, name))
			continue;
		snprintf(text, sizeof(text), "%s", built_in[i].text);
		return profile_parse(profile, name, text);
	}
	fprintf(stderr,
		"ena-device: profile '%s': expected a path with a slash, or",
		name);
	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
		fprintf(stderr, " %s", built_in[i].name);
	fputs("; see --help\n", stderr);
	return false;
}
