// SPDX-License-Identifier: GPL-2.0
/*
 * send KIND BYTES LINEAR: counts the instructions that a system call takes
 * that sends a frame of that length, from its entry to its return, in a guest
 * whose clock counts them. The words are those of ena_bench.c; the interfaces
 * are set up by tests/bench/count-guest. Prints how many frames a call sends,
 * and the lower quartile, the median and the upper quartile of its instructions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/virtio_net.h>
#include <netinet/tcp.h>

#define WARM_UPS	32
#define CALLS		201
#define PAUSE_NS	2000000
#define PORT		9
#define QUEUE		"/sys/class/net/ena0/queues/tx-0"
#define SENT		"/sys/class/net/ena0/statistics/tx_packets"
#define GSO_BYTES	65000
#define L4_OFFSET	(ETH_HLEN + sizeof(struct iphdr))

struct frame {
	struct virtio_net_hdr vnet;
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char payload[GSO_BYTES];
} __attribute__((packed));

struct call {
	size_t len;
	size_t head;
	unsigned int frames;
	size_t size;		/* what the system call is given */
};

static struct frame frame __attribute__((aligned(4096)));
static int fd;

static void die(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* From a VMM: a tap, whose frames tc redirects. */

static void open_tap(const struct call *c)
{
	struct ifreq ifr = {
		.ifr_name = "tap0",
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
	};

	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die("tap0");
	frame.vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	frame.vnet.hdr_len = c->head;
	frame.vnet.csum_start = L4_OFFSET;
	frame.vnet.csum_offset = offsetof(struct tcphdr, check);
	memcpy(frame.eth.h_dest, "\2\0\0\0\0\11", ETH_ALEN);
	memcpy(frame.eth.h_source, "\2\0\0\0\0\1", ETH_ALEN);
	frame.eth.h_proto = htons(ETH_P_IP);
	frame.ip.version = 4;
	frame.ip.ihl = 5;
	frame.ip.ttl = 64;
	frame.ip.protocol = IPPROTO_TCP;
	frame.ip.tot_len = htons(c->size - ETH_HLEN - sizeof(frame.vnet));
	frame.tcp.doff = sizeof(frame.tcp) / 4;
}

static void open_gso_tap(const struct call *c)
{
	open_tap(c);
	frame.vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	frame.vnet.gso_size = c->len - c->head;
}

static ssize_t write_tap(size_t size)
{
	return write(fd, &frame, size);
}

/* From the host itself */

static void become_sink(int ready)
{
	struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(PORT),
	};
	int client = open("/run/netns/client", O_RDONLY);
	int listener, on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (client < 0 || setns(client, CLONE_NEWNET))
		die("namespace of the client");
	listener = socket(AF_INET6, SOCK_STREAM, 0);
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (void *)&any, sizeof(any)) || listen(listener, 1) ||
	    write(ready, "", 1) != 1)
		die("listen");
	fd = accept(listener, NULL, NULL);
	while (read(fd, frame.payload, sizeof(frame.payload)) > 0)
		;
	_exit(0);
}

static void start_sink(void)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		die("pipe");
	if (!fork())
		become_sink(ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("the receiver did not start");
}

static void connect_to(int family, int type, const char *host)
{
	struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(PORT),
	};
	struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
	};
	int err;

	fd = socket(family, type, 0);
	if (family == AF_INET) {
		inet_pton(family, host, &to4.sin_addr);
		err = connect(fd, (void *)&to4, sizeof(to4));
	} else {
		inet_pton(family, host, &to6.sin6_addr);
		err = connect(fd, (void *)&to6, sizeof(to6));
	}
	if (err)
		die(host);
}

/* Payloads that are no multiple of the segment size would wait for more. */
static void check_segments(const struct call *c)
{
	int segment;
	socklen_t len = sizeof(segment);

	if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &len))
		die("TCP_MAXSEG");
	if (c->size != c->frames * (size_t)segment) {
		fprintf(stderr, "send: segments are of %d bytes\n", segment);
		exit(1);
	}
}

static void open_tcp(const struct call *c)
{
	start_sink();
	connect_to(AF_INET, SOCK_STREAM, "192.0.2.2");
	check_segments(c);
}

static void open_tcp6(const struct call *c)
{
	start_sink();
	connect_to(AF_INET6, SOCK_STREAM, "2001:db8::2");
	check_segments(c);
}

static ssize_t send_tcp(size_t size)
{
	return send(fd, &frame, size, 0);
}

static void set_zerocopy(void)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
		die("SO_ZEROCOPY");
}

/* To a neighbour who is not there, and so does not answer. */
static void open_udp(const struct call *c)
{
	(void)c;
	connect_to(AF_INET, SOCK_DGRAM, "192.0.2.9");
	set_zerocopy();
}

static void open_udp6(const struct call *c)
{
	(void)c;
	connect_to(AF_INET6, SOCK_DGRAM, "2001:db8::9");
	set_zerocopy();
}

static ssize_t send_udp(size_t size)
{
	return send(fd, &frame, size, MSG_ZEROCOPY);
}

/* Measuring */

enum size { FRAME, SUPER_FRAME, PAYLOAD, PAYLOADS };

static const struct kind {
	const char *name;
	void (*open)(const struct call *c);
	ssize_t (*send)(size_t size);
	enum size size;
} kinds[] = {
	{ "tap", open_tap, write_tap, FRAME },
	{ "gso", open_gso_tap, write_tap, SUPER_FRAME },
	{ "local", open_tcp, send_tcp, PAYLOAD },
	{ "bulk", open_tcp, send_tcp, PAYLOADS },
	{ "local6", open_tcp6, send_tcp, PAYLOAD },
	{ "udp", open_udp, send_udp, PAYLOAD },
	{ "udp6", open_udp6, send_udp, PAYLOAD },
};

static const struct kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	fprintf(stderr, "send: no kind '%s'\n", name);
	exit(2);
}

static void plan(const struct kind *kind, struct call *c)
{
	size_t payload = c->len - c->head;

	c->frames = 1;
	if (kind->size == SUPER_FRAME || kind->size == PAYLOADS)
		c->frames = GSO_BYTES / payload;
	c->size = c->frames * payload;
	if (kind->size == FRAME || kind->size == SUPER_FRAME)
		c->size += sizeof(frame.vnet) + c->head;
}

static unsigned long read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long n;

	if (!file || fscanf(file, "%lu", &n) != 1)
		die(path);
	fclose(file);
	return n;
}

/* The device answers, the receiver acknowledges, and the next call finds an
 * empty ring. What MSG_ZEROCOPY has to say is taken away.
 */
static void settle(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct msghdr msg = { 0 };
	char control[256];

	do
		nanosleep(&pause, NULL);
	while (read_number(QUEUE "/byte_queue_limits/inflight"));
	do {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
	} while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
}

static uint32_t measure(const struct kind *kind, size_t size)
{
	uint64_t start = __rdtsc();
	ssize_t sent = kind->send(size);
	uint64_t end = __rdtsc();

	if (sent != (ssize_t)size)
		die("cannot send");
	settle();
	return end - start;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	uint32_t cost[CALLS];
	const struct kind *kind;
	struct call c = { 0 };
	unsigned long before;
	int i;

	if (argc != 4) {
		fprintf(stderr, "usage: send KIND BYTES LINEAR\n");
		return 2;
	}
	kind = find_kind(argv[1]);
	c.len = atoi(argv[2]);
	c.head = atoi(argv[3]);
	plan(kind, &c);
	kind->open(&c);
	settle();
	before = read_number(SENT);
	for (i = -WARM_UPS; i < CALLS; i++)
		cost[i < 0 ? 0 : i] = measure(kind, c.size);
	if (read_number(SENT) - before < (WARM_UPS + CALLS) * c.frames) {
		fprintf(stderr, "send: not all frames came to ena0\n");
		return 1;
	}
	qsort(cost, CALLS, sizeof(*cost), compare);
	printf("%u %u %u %u\n", c.frames, cost[CALLS / 4], cost[CALLS / 2],
	       cost[CALLS * 3 / 4]);
	return 0;
}
