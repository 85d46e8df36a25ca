// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the cells of one path: reads them from stdin, a line each, sends their
 * frames and says what the driver saw, what it counted and what arrived. Knows
 * nothing of what should happen; see cells and judge.
 *
 * All frames take one queue of one device, in order: when the end of a cell has
 * arrived, what has not is lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_packet.h>

#include "flow.h"
#include "pktgen.h"
#include "send.h"
#include "util.h"
#include "watch.h"

#define TIMEOUT_MS	5000
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

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void get_mac(const char *dev, unsigned char *mac)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &ifr))
		die(dev);
	memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	close(fd);
}

static void open_receiver(struct path *p)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int room = 16 << 20, on = 1;

	enter_netns(p->netns);
	p->rx = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	p->peer_index = if_nametoindex(p->peer);
	addr.sll_ifindex = p->peer_index;
	get_mac(p->peer, p->dmac);
	if (setsockopt(p->rx, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		       sizeof(room)) ||
	    setsockopt(p->rx, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    setsockopt(p->rx, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)) ||
	    bind(p->rx, (void *)&addr, sizeof(addr)))
		die("receiver");
	enter_netns(NULL);
}

/* It holds a clone of each frame until discard_all(). */
static void open_sniffer(struct path *p)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(p->dev),
	};
	int room = 16 << 20;

	p->sniffer = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (setsockopt(p->sniffer, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		       sizeof(room)) ||
	    bind(p->sniffer, (void *)&addr, sizeof(addr)))
		die("sniffer");
}

/* What should arrive */

static void push_tag(unsigned char *p, unsigned int *len, unsigned int tpid,
		     unsigned int tci)
{
	memmove(p + 16, p + 12, *len - 12);
	p[12] = tpid >> 8;
	p[13] = tpid;
	p[14] = tci >> 8;
	p[15] = tci;
	*len += 4;
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
		push_tag(out, &len, ETH_P_8021Q, 7);
	return len;
}

/* Receiving */

static unsigned int rebuild_tag(struct msghdr *msg, unsigned char *p,
				unsigned int len)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			push_tag(p, &len, aux.tp_vlan_tpid, aux.tp_vlan_tci);
	}
	return len;
}

/* The next frame; 0 if there is none by then. */
static unsigned int receive(const struct path *p, unsigned char *frame,
			    long long deadline)
{
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct pollfd pfd = { .fd = p->rx, .events = POLLIN };
	struct iovec iov = { .iov_base = frame, .iov_len = FRAME_MAX };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	long long left = deadline - now_ms();
	ssize_t len;

	if (poll(&pfd, 1, left > 0 ? left : 0) <= 0)
		return 0;
	len = recvmsg(p->rx, &msg, MSG_DONTWAIT);
	return len > 0 ? rebuild_tag(&msg, frame, len) : 0;
}

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

	while (!r->end && (len = receive(p, frame, deadline))) {
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

	while (receive(p, frame, 0))
		;
	while (p->sniff && recv(p->sniffer, frame, sizeof(frame),
				MSG_DONTWAIT) > 0)
		;
}

/* Cells */

static void await_driver(unsigned int count)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	long long deadline = now_ms() + TIMEOUT_MS / 2;

	while (seen_read(NULL, 0) < count && now_ms() < deadline)
		nanosleep(&pause, NULL);
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
	unsigned int taken;
	int error;

	memcpy(c->frame.dmac, p->routed ? p->hop : p->dmac, ETH_ALEN);
	memcpy(c->frame.smac, "\x02\x00\x00\x00\x01\x01", ETH_ALEN);
	if (p->flood)
		c->frame.dmac[3] ^= 0xff;
	discard_all(p);
	counters_read(p->dev, &before);
	seen_reset(p->dev);
	taken = send_cell(c, &error);
	await_driver(taken * c->reach);
	seen_read(seen, sizeof(seen));
	send_end(p->dev, p->dmac, c->frame.id);
	receive_all(p, c, &r);
	counters_read(p->dev, &after);
	print_result(p, c, taken, error, seen, &r);
	print_counters(&before, &after);
	printf("\t%s\n", r.note[0] ? r.note : "-");
	fflush(stdout);
}

static void die_usage(void)
{
	fprintf(stderr,
		"usage: matrix -p NAME -i DEV -n NETNS -o PEER -d PORT [-t TAP]\n"
		"              [-m MACVTAP] [-r] [-f] [-F] [-s] [-v] <cells\n");
	exit(2);
}

static void parse_args(struct path *p, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "p:i:n:o:d:t:m:rfFsv")) != -1) {
		switch (opt) {
		case 'p':
			p->name = optarg;
			break;
		case 'i':
			p->dev = optarg;
			break;
		case 'n':
			p->netns = optarg;
			break;
		case 'o':
			p->peer = optarg;
			break;
		case 'd':
			p->ports.dev = optarg;
			break;
		case 't':
			p->ports.tap = optarg;
			break;
		case 'm':
			p->ports.macvtap = optarg;
			break;
		case 'r':
			p->routed = true;
			break;
		case 'f':
			p->flood = true;
			break;
		case 'F':
			p->flows = true;
			break;
		case 's':
			p->sniff = true;
			break;
		case 'v':
			p->tagged = true;
			break;
		default:
			die_usage();
		}
	}
	if (!p->name || !p->dev || !p->netns || !p->peer || !p->ports.dev)
		die_usage();
}

int main(int argc, char **argv)
{
	static struct path p;
	struct cell cell;
	char *line = NULL;
	size_t size = 0;

	parse_args(&p, argc, argv);
	open_receiver(&p);
	senders_open(&p.ports);
	get_mac(p.dev, p.smac);
	if (p.sniff)
		open_sniffer(&p);
	if (p.routed)
		memcpy(p.hop, "\x02\x00\x00\x00\x00\x01", ETH_ALEN);
	if (p.flows)
		flows_open(p.rx, p.peer_index, p.hop, p.smac, p.dmac);
	while (getline(&line, &size, stdin) > 0) {
		cell_parse(&cell, line);
		run_cell(&p, &cell);
	}
	return 0;
}
