// SPDX-License-Identifier: GPL-2.0
/*
 * Sends random frames with random virtio-net headers twice: through one tap to
 * a veth pair with all offloads off, where the kernel itself does what they ask
 * for, and through another to the device under test. The same frames have to
 * arrive at both other ends, byte for byte.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frame-io.h"
#include "random-frame.h"

#define BATCH		64
#define SEEN_MAX	8192		/* frames that a batch can become */
#define END_TYPE	0x88b6
#define END_LEN		60
#define END_WAIT_MS	500
#define END_TRIES	60
/* Bytes in which a frame may differ whose checksums cannot be known. */
#define LAX_BYTES	4

struct seen {
	unsigned char data[ITEM_MAX + 4];
	unsigned int len;
	unsigned int item;	/* which it was made of */
	bool matched;
};

struct side {
	const char *tap_name;
	int tap;
	int capture;
	struct seen *seen;
	unsigned int count;
};

struct totals {
	unsigned long long written;
	unsigned long long refused;
	unsigned long long at_driver;
	unsigned long long received;
	unsigned long long too_long;
	unsigned long long lied;
	unsigned long long bad;
};

struct fuzz {
	struct side veth;
	struct side dut;
	struct item *items;
	uint64_t seed;
	unsigned int max_frame;
	const char *out;
	struct totals totals;
};

static bool any_end(const struct seen *s)
{
	return s->len == END_LEN && s->data[12] == END_TYPE >> 8 &&
	       s->data[13] == (END_TYPE & 0xff);
}

static bool is_end(const struct seen *s, unsigned int seq)
{
	return any_end(s) && !memcmp(s->data + 14, &seq, sizeof(seq));
}

static void send_end(const struct side *side, unsigned int seq)
{
	static struct item end;

	end.len = END_LEN;
	end.data[0] = 2;
	end.data[6] = 2;
	end.data[12] = END_TYPE >> 8;
	end.data[13] = END_TYPE & 0xff;
	memcpy(end.data + 14, &seq, sizeof(seq));
	item_send(side->tap, &end);
}

/* Takes what has arrived; true once the end marker is among it. */
static bool take(struct side *side, unsigned int item, unsigned int seq,
		 int wait_ms)
{
	while (side->count < SEEN_MAX) {
		struct seen *s = &side->seen[side->count];

		s->len = capture_next(side->capture, s->data, ITEM_MAX,
				      wait_ms);
		if (!s->len)
			return false;
		if (is_end(s, seq))
			return true;
		if (any_end(s))
			continue;
		s->item = item;
		s->matched = false;
		side->count++;
	}
	fprintf(stderr, "compare-frames: more than %d frames of one batch\n",
		SEEN_MAX);
	exit(2);
}

/* When the end marker is here, what has not arrived never will. */
static void finish(struct side *side, unsigned int item)
{
	static unsigned int seq;

	seq++;
	for (int i = 0; i < END_TRIES; i++) {
		send_end(side, seq);
		if (take(side, item, seq, END_WAIT_MS))
			return;
	}
	fprintf(stderr, "compare-frames: nothing arrives any more through %s\n",
		side->tap_name);
	exit(3);
}

/* The checksum that a device computed may be 0 where the kernel says 0xffff. */
static bool same_zero(const unsigned char *a, const unsigned char *b)
{
	return (a[0] == b[0] || (a[0] ^ b[0]) == 0xff) &&
	       (a[1] == b[1] || (a[1] ^ b[1]) == 0xff) &&
	       ((!a[0] && !a[1]) || (!b[0] && !b[1]));
}

static bool same_frame(const struct item *item, const struct seen *a,
		       const struct seen *b)
{
	unsigned int differ = 0, first = 0;

	if (a->len != b->len)
		return false;
	if (!memcmp(a->data, b->data, a->len))
		return true;
	for (unsigned int i = 0; i < a->len; i++)
		if (a->data[i] != b->data[i] && !differ++)
			first = i;
	if (item->lies && (item->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ||
			   item->vnet.gso_type))
		return differ <= LAX_BYTES;
	first &= ~1u;
	return differ <= 2 && item->vnet.flags &&
	       same_zero(a->data + first, b->data + first);
}

/* Why a frame that reached the driver may be missing at the other end. */
static bool may_be_missing(struct fuzz *f, const struct item *item,
			   const struct seen *r)
{
	if (r->len > f->max_frame) {
		f->totals.too_long++;
		return true;
	}
	/* The stack believes the offsets, the device reads the frame. */
	if (item->lies && item->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		f->totals.lied++;
		return true;
	}
	return false;
}

static bool arrived(struct side *dut, const struct item *item,
		    const struct seen *r)
{
	for (unsigned int i = 0; i < dut->count; i++) {
		struct seen *s = &dut->seen[i];

		if (s->matched || !same_frame(item, r, s))
			continue;
		s->matched = true;
		return true;
	}
	return false;
}

/*
 * The device's frames have to be the kernel's, but for some missing and some in
 * another order: the receiving stack works on lists of frames. Returns the item
 * of the first frame that is missing without a reason; the count of items if
 * there is a frame too many; or -1.
 */
static int compare(struct fuzz *f, unsigned int count)
{
	unsigned int matched = 0;

	for (unsigned int i = 0; i < f->veth.count; i++) {
		const struct seen *s = &f->veth.seen[i];

		if (arrived(&f->dut, &f->items[s->item], s))
			matched++;
		else if (!may_be_missing(f, &f->items[s->item], s))
			return (int)s->item;
	}
	return matched == f->dut.count ? -1 : (int)count;
}

static void send_items(struct side *side, struct item *items,
		       unsigned int count, int *result)
{
	side->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		result[i] = item_send(side->tap, &items[i]);
		take(side, i, 0, 0);
	}
	finish(side, count - 1);
}

static int run_items(struct fuzz *f, struct item *items, unsigned int count)
{
	int veth[BATCH], dut[BATCH];
	int bad;

	f->items = items;
	send_items(&f->veth, items, count, veth);
	send_items(&f->dut, items, count, dut);
	bad = compare(f, count);
	for (unsigned int i = 0; i < count; i++) {
		if (veth[i] != dut[i] && bad < 0)
			bad = (int)i;
		f->totals.refused += dut[i] != 0;
	}
	f->totals.written += count;
	f->totals.at_driver += f->veth.count;
	f->totals.received += f->dut.count;
	return bad;
}

static bool fails_as_before(struct fuzz *f, struct item *item,
			    unsigned int received)
{
	return run_items(f, item, 1) >= 0 && f->dut.count == received;
}

/* Smaller and plainer, as long as it still fails in the same way. */
static void reduce(struct fuzz *f, struct item *item)
{
	static struct item try;
	unsigned int received = f->dut.count;

	for (unsigned int cut = item->len / 2; cut; cut /= 2) {
		while (item->len > cut + 14) {
			try = *item;
			try.len -= cut;
			if (!fails_as_before(f, &try, received))
				break;
			*item = try;
		}
	}
	for (unsigned int at = 14; at + 2 <= item->len && at < 200; at += 2) {
		try = *item;
		memset(try.data + at, 0, 2);
		if (fails_as_before(f, &try, received))
			*item = try;
	}
}

static void report(struct fuzz *f, struct item *item, uint64_t index)
{
	char path[512];

	f->totals.bad++;
	snprintf(path, sizeof(path), "%s/seed-%llu-%llu", f->out,
		 (unsigned long long)f->seed, (unsigned long long)index);
	if (f->totals.bad > 20)
		return;
	reduce(f, item);
	run_items(f, item, 1);
	if (item_save(item, path))
		die(path);
	printf("# item %llu of seed %llu, %u bytes: "
	       "%u at the driver, %u received; kept in %s\n",
	       (unsigned long long)index, (unsigned long long)f->seed,
	       item->len, f->veth.count, f->dut.count, path);
}

/* Which items of a failed batch fail alone? None is a failure, too. */
static void run_singly(struct fuzz *f, struct item *items, unsigned int count,
		       uint64_t first)
{
	const unsigned long long before = f->totals.bad;
	static struct item item;

	for (unsigned int i = 0; i < count; i++) {
		item = items[i];
		if (run_items(f, &item, 1) < 0)
			continue;
		report(f, &item, first + i);
	}
	if (f->totals.bad != before)
		return;
	f->totals.bad++;
	printf("# fails only together: --seed %llu --first %llu --count %u\n",
	       (unsigned long long)f->seed, (unsigned long long)first, count);
}

static void run_seed(struct fuzz *f, uint64_t first, uint64_t count)
{
	struct item *items = calloc(BATCH, sizeof(*items));
	time_t said = time(NULL);

	for (uint64_t done = 0; done < count; ) {
		unsigned int n = count - done < BATCH ?
				 (unsigned int)(count - done) : BATCH;

		for (unsigned int i = 0; i < n; i++)
			item_generate(&items[i], f->seed, first + done + i);
		if (run_items(f, items, n) >= 0)
			run_singly(f, items, n, first + done);
		done += n;
		if (time(NULL) - said < 60)
			continue;
		said = time(NULL);
		printf("# %llu of %llu\n", (unsigned long long)done,
		       (unsigned long long)count);
		fflush(stdout);
	}
	free(items);
}

static void replay(struct fuzz *f, const char *path)
{
	static struct item item;

	if (item_load(&item, path))
		die(path);
	f->totals.bad += run_items(f, &item, 1) >= 0;
}

static void side_open(struct side *side, const char *tap, const char *netns,
		      const char *ifname)
{
	side->tap_name = tap;
	side->tap = tap_open("/dev/net/tun", tap);
	side->capture = capture_open(netns, ifname);
	side->seen = calloc(SEEN_MAX, sizeof(*side->seen));
	if (!side->seen)
		die("memory");
}

/* What the kernel does in the sender's context stays on one processor. */
static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("CPU 0");
}

static void print_totals(const struct totals *t)
{
	printf("written=%llu refused=%llu at_driver=%llu received=%llu "
	       "too_long=%llu lied=%llu bad=%llu\n",
	       t->written, t->refused, t->at_driver, t->received, t->too_long,
	       t->lied, t->bad);
}

static const char usage[] =
"usage: compare-frames [--seed N] [--first N] [--count N] [--max-frame N]\n"
"                      [--out DIR] [--replay FILE]\n"
"\n"
"Sends through the taps fuzz_ref and fuzz_dut, listens in the network namespace\n"
"client on ref1 and ena1; frames-guest makes these.\n";

struct range {
	uint64_t first;
	uint64_t count;
};

static const char *parse(int argc, char **argv, struct fuzz *f,
			 struct range *range)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "count", required_argument, NULL, 'c' },
		{ "max-frame", required_argument, NULL, 'm' },
		{ "out", required_argument, NULL, 'o' },
		{ "replay", required_argument, NULL, 'r' },
		{ 0 },
	};
	const char *replay = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's') {
			f->seed = strtoull(optarg, NULL, 0);
		} else if (opt == 'f') {
			range->first = strtoull(optarg, NULL, 0);
		} else if (opt == 'c') {
			range->count = strtoull(optarg, NULL, 0);
		} else if (opt == 'm') {
			f->max_frame = (unsigned int)strtoul(optarg, NULL, 0);
		} else if (opt == 'o') {
			f->out = optarg;
		} else if (opt == 'r') {
			replay = optarg;
		} else {
			fputs(usage, stderr);
			exit(2);
		}
	}
	return replay;
}

int main(int argc, char **argv)
{
	static struct fuzz f = { .seed = 1, .max_frame = 9238, .out = "." };
	struct range range = { .count = 1000 };
	const char *replay_path = parse(argc, argv, &f, &range);

	pin();
	side_open(&f.veth, "fuzz_ref", "client", "ref1");
	side_open(&f.dut, "fuzz_dut", "client", "ena1");
	if (replay_path)
		replay(&f, replay_path);
	else
		run_seed(&f, range.first, range.count);
	print_totals(&f.totals);
	if (capture_lost(f.veth.capture) || capture_lost(f.dut.capture)) {
		fputs("compare-frames: the receiver was too slow\n", stderr);
		return 2;
	}
	return f.totals.bad ? 1 : 0;
}
