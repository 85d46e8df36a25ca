// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the cells of one path: reads them from stdin, a line each, sends their
 * frames and says what the driver saw, what it counted and what arrived. Knows
 * nothing of what should happen; see plan-cells and judge-cells.
 *
 * All frames take one queue of one device, in order: when the end of a cell has
 * arrived, what has not is lost.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame-io.h"
#include "open-flows.h"
#include "send-cell.h"
#include "send-pktgen.h"
#include "watch-driver.h"

#define TIMEOUT_MS	60000
#define SEGMENTS_MAX	16
#define SEEN_MAX	4096

struct path {
	const char *name;
	const char *dev;		/* the driver's */
	const char *netns;		/* the receiver's */
	const char *peer;
	struct ports ports;
	bool routed;
	bool flows;
	bool tagged;			/* leaves by a VLAN device */
	unsigned char hop[ETH_ALEN];	/* the first, if routed */
	unsigned char smac[ETH_ALEN];	/* of dev */
	unsigned char dmac[ETH_ALEN];	/* of the receiver */
	bool flood;
	bool sniff;
	int rx;
	unsigned int peer_index;
	int sniffer;
};

struct result {
	unsigned int received;
	unsigned int corrupt;
	bool end;
	char note[128];
};

/* What should arrive */

/* As the device of the path 'vlan' does. */
static void push_tag(unsigned char *p, unsigned int *len)
{
	static const unsigned char tag[] = { 0x81, 0, 0, 7 };

	memmove(p + 16, p + 12, *len - 12);
	memcpy(p + 12, tag, sizeof(tag));
	*len += sizeof(tag);
}

/* The nr-th frame that the seq-th of a cell becomes; its length or 0. */
static unsigned int expected(const struct path *p, const struct cell *c,
			     unsigned int seq, unsigned int nr,
			     unsigned char *out)
{
	unsigned int gso = c->vnet.gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
	static unsigned char whole[FRAME_MAX];
	unsigned int len = c->frame.len;

	frame_build(&c->frame, seq, c->loose, whole);
	if (p->routed)
		frame_route(&c->frame, whole, p->smac, p->dmac);
	if (gso == VIRTIO_NET_HDR_GSO_NONE) {
		memcpy(out, whole, len);
		if (nr)
			len = 0;
	} else {
		len = frame_segment(&c->frame, whole, c->vnet.gso_size, nr,
				    gso == VIRTIO_NET_HDR_GSO_UDP, out);
	}
	if (p->tagged && len)
		push_tag(out, &len);
	return len;
}

/* Receiving */

static bool is_end(const unsigned char *frame, unsigned int len,
		   unsigned int id)
{
	return len == END_LEN && frame[12] == END_TYPE >> 8 &&
	       frame[13] == (END_TYPE & 0xff) &&
	       frame[14] == (id >> 8 & 0xff) && frame[15] == (id & 0xff);
}

static unsigned int first_difference(const unsigned char *a,
				     const unsigned char *b, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len && a[i] == b[i]; i++)
		;
	return i;
}

/* A checksum in the wrong place is anything. */
static void blank_checksum(const struct cell *c, unsigned char *frame,
			   unsigned int len)
{
	unsigned int at = c->vnet.csum_start + c->vnet.csum_offset;

	if (c->loose && at + 2 <= len)
		memset(frame + at, 0, 2);
}

/* Which of those that should arrive is it? Notes where the closest differs. */
static bool matches(const struct path *p, const struct cell *c,
		    unsigned char *frame, unsigned int len, bool *seen,
		    struct result *r)
{
	static unsigned char want[FRAME_MAX];
	unsigned int seq, nr, want_len, same, best = 0;

	blank_checksum(c, frame, len);
	for (seq = 0; seq < c->count; seq++) {
		for (nr = 0; nr < SEGMENTS_MAX; nr++) {
			want_len = expected(p, c, seq, nr, want);
			if (!want_len)
				break;
			blank_checksum(c, want, want_len);
			same = first_difference(frame, want, len < want_len ?
						len : want_len);
			if (same == want_len && len == want_len &&
			    !seen[seq * SEGMENTS_MAX + nr]) {
				seen[seq * SEGMENTS_MAX + nr] = true;
				return true;
			}
			if (same < best)
				continue;
			best = same;
			snprintf(r->note, sizeof(r->note),
				 "length %u of %u, differs at byte %u", len,
				 want_len, same);
		}
	}
	return false;
}

static void receive_all(const struct path *p, const struct cell *c,
			struct result *r)
{
	static unsigned char frame[FRAME_MAX + 4];
	bool seen[COUNT_MAX * SEGMENTS_MAX] = { false };
	long long deadline = now_ms() + TIMEOUT_MS;
	bool pktgen = !strcmp(c->source, "pktgen");
	unsigned int len;

	while (!r->end && (len = capture_next(p->rx, frame, FRAME_MAX,
					      deadline - now_ms()))) {
		if (!memcmp(frame, "\x33\x33", 2))
			continue;	/* of the host's own stack */
		if (is_end(frame, len, c->frame.id))
			r->end = true;
		else if (pktgen ? pktgen_matches(c, frame, len) :
				  matches(p, c, frame, len, seen, r))
			r->received++;
		else
			r->corrupt++;
	}
	if (!r->corrupt)
		r->note[0] = '\0';
}

static void discard_all(const struct path *p)
{
	static unsigned char frame[FRAME_MAX + 4];

	while (capture_next(p->rx, frame, FRAME_MAX, 0))
		;
	while (p->sniff && capture_next(p->sniffer, frame, FRAME_MAX, 0))
		;
}

/* Cells */

static bool driver_has_seen(void *count)
{
	return seen_read(NULL, 0) >= *(unsigned int *)count;
}

static void print_result(const struct path *p, const struct cell *c,
			 unsigned int taken, int error, const char *seen,
			 const struct result *r)
{
	printf("%s\t%s\t%u\t%s\t%s\t%u\t%u\t%d", p->name, c->shape, taken,
	       error ? strerrorname_np(error) : "-", *seen ? seen : "-",
	       r->received, r->corrupt, r->end);
}

static void print_counters(const struct counters *a, const struct counters *b)
{
	printf("\t%llu\t%llu\t%llu", b->linearize - a->linearize,
	       b->linearize_failed - a->linearize_failed,
	       b->dma_errors - a->dma_errors);
}

static void run_cell(const struct path *p, struct cell *c)
{
	struct counters before, after;
	struct result r = { 0 };
	char seen[SEEN_MAX];
	unsigned int taken, count;
	int error;

	memcpy(c->frame.dmac, p->routed ? p->hop : p->dmac, ETH_ALEN);
	memcpy(c->frame.smac, "\x02\x00\x00\x00\x01\x01", ETH_ALEN);
	if (p->flood)
		c->frame.dmac[3] ^= 0xff;
	discard_all(p);
	counters_read(p->dev, &before);
	seen_reset(p->dev);
	taken = send_cell(c, &error);
	count = taken * c->reach;
	wait_until(driver_has_seen, &count);
	seen_read(seen, sizeof(seen));
	send_end(p->dev, p->dmac, c->frame.id);
	receive_all(p, c, &r);
	counters_read(p->dev, &after);
	print_result(p, c, taken, error, seen, &r);
	print_counters(&before, &after);
	printf("\t%s\n", r.note[0] ? r.note : "-");
	fflush(stdout);
}

static const char usage[] =
"usage: run-cells --path NAME --dev DEV --netns NETNS --peer PEER --port PORT\n"
"                 [--tap TAP] [--macvtap MACVTAP] [--routed] [--flood]\n"
"                 [--flows] [--sniff] [--tagged] <cells\n";

static void parse_args(struct path *p, int argc, char **argv)
{
	int routed = 0, flood = 0, flows = 0, sniff = 0, tagged = 0, i;
	const struct option options[] = {
		{ "path", required_argument, NULL, 0 },
		{ "dev", required_argument, NULL, 1 },
		{ "netns", required_argument, NULL, 2 },
		{ "peer", required_argument, NULL, 3 },
		{ "port", required_argument, NULL, 4 },
		{ "tap", required_argument, NULL, 5 },
		{ "macvtap", required_argument, NULL, 6 },
		{ "routed", no_argument, &routed, 1 },
		{ "flood", no_argument, &flood, 1 },
		{ "flows", no_argument, &flows, 1 },
		{ "sniff", no_argument, &sniff, 1 },
		{ "tagged", no_argument, &tagged, 1 },
		{ 0 },
	};
	const char **values[] = {
		&p->name, &p->dev, &p->netns, &p->peer, &p->ports.dev,
		&p->ports.tap, &p->ports.macvtap,
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, &i)) != -1) {
		if (c == '?')
			break;
		if (options[i].has_arg)
			*values[c] = optarg;
	}
	if (c != -1 || !p->name || !p->dev || !p->netns || !p->peer ||
	    !p->ports.dev) {
		fputs(usage, stderr);
		exit(2);
	}
	p->routed = routed;
	p->flood = flood;
	p->flows = flows;
	p->sniff = sniff;
	p->tagged = tagged;
}

static void open_flows(const struct path *p)
{
	const struct flow_ends ends = {
		.rx = p->rx,
		.peer = p->peer_index,
		.back = packet_open(p->ports.dev),
		.gateway = p->hop,
		.router = p->smac,
		.host = p->dmac,
	};

	flows_open(&ends);
	close(ends.back);
}

int main(int argc, char **argv)
{
	static struct path p;
	struct cell cell;
	char *line = NULL;
	size_t size = 0;

	parse_args(&p, argc, argv);
	enter_netns(p.netns);
	p.peer_index = if_nametoindex(p.peer);
	get_mac(p.peer, p.dmac);
	p.rx = capture_open(p.netns, p.peer);
	senders_open(&p.ports);
	get_mac(p.dev, p.smac);
	/* It holds a clone of each frame until discard_all(). */
	if (p.sniff)
		p.sniffer = packet_open(p.dev);
	if (p.routed)
		memcpy(p.hop, "\x02\x00\x00\x00\x00\x01", ETH_ALEN);
	if (p.flows)
		open_flows(&p);
	while (getline(&line, &size, stdin) > 0) {
		cell_parse(&cell, line);
		run_cell(&p, &cell);
	}
	return 0;
}
