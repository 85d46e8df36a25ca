// SPDX-License-Identifier: GPL-2.0
/*
 * Sends frames whose linear head the kernel cuts short, and checks at the
 * other end that they arrived byte for byte; tx_short_head.sh tells it how.
 *
 * Both ends build the same frames from the same arguments, so nothing but a
 * frame's number has to be read from what arrived. After its frames the sender
 * sends one that no driver loses: the receiver then knows that the rest are
 * not late but lost.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include "kselftest.h"

#define FRAME_MAX	65536
#define COUNT_MAX	1024
#define END_SEQ		UINT32_MAX
#define END_LEN		131
/* frames of several TX queues may overtake one another */
#define END_GRACE_MS	500
#define RING_SLOTS	16
#define RING_SLOT_SIZE	16384
#define RING_DATA	(TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))
#define DISCARD_PORT	9

struct tag {
	__be32 magic[2];
	__be32 seq;
};

struct vnet_frame {
	struct virtio_net_hdr vnet;
	unsigned char data[FRAME_MAX];
};

static_assert(offsetof(struct vnet_frame, data) == 10, "padding");

struct spec {
	const char *ifname;
	const char *end_ifname;
	const char *source;
	int family;
	int proto;
	unsigned char saddr[16];
	unsigned char daddr[16];
	unsigned char smac[ETH_ALEN];
	unsigned char dmac[ETH_ALEN];
	__u64 magic;
	unsigned int len;
	unsigned int hdr_len;
	unsigned int options;
	unsigned int count;
	unsigned int wait_s;
	bool partial;
	bool routed;
};

static void die(const char *what)
{
	fprintf(stderr, "tx_short_head: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void die_usage(const char *what)
{
	fprintf(stderr, "tx_short_head: %s; see tx_short_head.sh\n", what);
	exit(2);
}

/* Where the parts of a frame start */

static unsigned int l4_offset(const struct spec *s)
{
	return ETH_HLEN + (s->family == AF_INET ? sizeof(struct iphdr) :
						  sizeof(struct ipv6hdr));
}

static unsigned int csum_offset(const struct spec *s)
{
	if (s->proto == IPPROTO_TCP)
		return offsetof(struct tcphdr, check);
	if (s->proto == IPPROTO_UDP)
		return offsetof(struct udphdr, check);
	return 2;
}

static unsigned int payload_offset(const struct spec *s)
{
	if (s->proto == IPPROTO_TCP)
		return l4_offset(s) + sizeof(struct tcphdr) + s->options;
	return l4_offset(s) + sizeof(struct udphdr);
}

/* Frames */

static __u32 csum_add(__u32 sum, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static __u32 pseudo_csum(const struct spec *s)
{
	size_t alen = s->family == AF_INET ? 4 : 16;
	__u32 sum = s->proto + s->len - l4_offset(s);

	if (s->proto == IPPROTO_ICMP)
		return 0;
	sum = csum_add(sum, s->saddr, alen);
	return csum_add(sum, s->daddr, alen);
}

static void put_be16(unsigned char *p, __u16 value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static __u16 l4_csum(const struct spec *s, const unsigned char *frame)
{
	return ~csum_add(pseudo_csum(s), frame + l4_offset(s),
			 s->len - l4_offset(s));
}

/* A sum of zero may leave an offload as 0xffff: no frame of ours has it. */
static void put_l4_csum(const struct spec *s, unsigned char *frame,
			bool partial)
{
	unsigned char *check = frame + l4_offset(s) + csum_offset(s);

	put_be16(check, 0);
	if (!l4_csum(s, frame))
		frame[s->len - 1] ^= 1;
	put_be16(check, partial ? pseudo_csum(s) : l4_csum(s, frame));
}

static void put_ipv4(const struct spec *s, unsigned char *p)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(s->len - ETH_HLEN),
		.frag_off = htons(0x4000),
		.ttl = 64,
		.protocol = s->proto,
	};

	memcpy(&ip.saddr, s->saddr, sizeof(ip.saddr));
	memcpy(&ip.daddr, s->daddr, sizeof(ip.daddr));
	memcpy(p, &ip, sizeof(ip));
	put_be16(p + offsetof(struct iphdr, check),
		 ~csum_add(0, &ip, sizeof(ip)));
}

static void put_ipv6(const struct spec *s, unsigned char *p)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(s->len - l4_offset(s)),
		.nexthdr = s->proto,
		.hop_limit = 64,
	};

	memcpy(&ip.saddr, s->saddr, sizeof(ip.saddr));
	memcpy(&ip.daddr, s->daddr, sizeof(ip.daddr));
	memcpy(p, &ip, sizeof(ip));
}

/* A flow per frame, so that no receiver merges them. SYN, as anything else
 * belongs to no connection that a stateful firewall knows.
 */
static void put_l4(const struct spec *s, __u32 seq, unsigned char *p)
{
	unsigned int words = (sizeof(struct tcphdr) + s->options) / 4;

	if (s->proto == IPPROTO_ICMP) {
		p[0] = 8;
		put_be16(p + 6, seq);
		return;
	}
	put_be16(p, 0x8000 + seq % 0x4000);
	put_be16(p + 2, DISCARD_PORT);
	if (s->proto == IPPROTO_UDP) {
		put_be16(p + 4, s->len - l4_offset(s));
		return;
	}
	put_be16(p + 12, words << 12 | 0x002);
	put_be16(p + 14, 0xffff);
	memset(p + sizeof(struct tcphdr), 1, s->options);
}

static void put_payload(const struct spec *s, __u32 seq, unsigned char *p,
			unsigned int len)
{
	struct tag tag = {
		.magic = { htonl(s->magic >> 32), htonl(s->magic) },
		.seq = htonl(seq),
	};
	__u32 x = (__u32)s->magic ^ (seq + 1) * 2654435761u;
	unsigned int i;

	memcpy(p, &tag, sizeof(tag));
	for (i = sizeof(tag); i < len; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = x >> 24;
	}
}

static void build_frame(const struct spec *s, __u32 seq, bool partial,
			unsigned char *p)
{
	unsigned int payload = payload_offset(s);

	memset(p, 0, payload);
	memcpy(p, s->dmac, ETH_ALEN);
	memcpy(p + ETH_ALEN, s->smac, ETH_ALEN);
	put_be16(p + 2 * ETH_ALEN,
		 s->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	if (s->family == AF_INET)
		put_ipv4(s, p + ETH_HLEN);
	else
		put_ipv6(s, p + ETH_HLEN);
	put_l4(s, seq, p + l4_offset(s));
	put_payload(s, seq, p + payload, s->len - payload);
	put_l4_csum(s, p, partial);
}

static void build_vnet(const struct spec *s, struct virtio_net_hdr *vnet)
{
	memset(vnet, 0, sizeof(*vnet));
	vnet->hdr_len = s->hdr_len;
	if (!s->partial)
		return;
	vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet->csum_start = l4_offset(s);
	vnet->csum_offset = csum_offset(s);
}

/* Sending */

static struct sockaddr_ll link_address(const struct spec *s,
				       const char *ifname)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(s->family == AF_INET ? ETH_P_IP :
							     ETH_P_IPV6),
		.sll_ifindex = if_nametoindex(ifname),
	};

	if (!addr.sll_ifindex)
		die(ifname);
	return addr;
}

static int open_packet(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0)
		die("packet socket");
	return fd;
}

static int open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		die("/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr))
		die(name);
	return fd;
}

static void send_tap(const struct spec *s)
{
	static struct vnet_frame frame;
	int fd = open_tap(s->ifname);
	ssize_t len = sizeof(frame.vnet) + s->len;
	__u32 seq;

	build_vnet(s, &frame.vnet);
	for (seq = 0; seq < s->count; seq++) {
		build_frame(s, seq, s->partial, frame.data);
		if (write(fd, &frame, len) != len)
			die("write to tap");
	}
	close(fd);
}

static void send_packet(const struct spec *s)
{
	struct sockaddr_ll addr = link_address(s, s->ifname);
	static struct vnet_frame frame;
	ssize_t len = sizeof(frame.vnet) + s->len;
	int fd = open_packet();
	int on = 1;
	__u32 seq;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		die("PACKET_VNET_HDR");
	build_vnet(s, &frame.vnet);
	for (seq = 0; seq < s->count; seq++) {
		build_frame(s, seq, s->partial, frame.data);
		if (sendto(fd, &frame, len, 0, (void *)&addr,
			   sizeof(addr)) != len)
			die("send to packet socket");
	}
	close(fd);
}

static unsigned char *open_ring(int fd)
{
	struct tpacket_req req = {
		.tp_block_size = RING_SLOTS * RING_SLOT_SIZE,
		.tp_block_nr = 1,
		.tp_frame_size = RING_SLOT_SIZE,
		.tp_frame_nr = RING_SLOTS,
	};
	int version = TPACKET_V2;
	void *ring;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)))
		die("PACKET_VERSION");
	if (setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)))
		die("PACKET_TX_RING");
	ring = mmap(NULL, req.tp_block_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die("mmap of the ring");
	return ring;
}

static void ring_slot_wait(const struct tpacket2_hdr *slot)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 5000; i++) {
		if (__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) ==
		    TP_STATUS_AVAILABLE)
			return;
		nanosleep(&ms, NULL);
	}
	errno = ETIMEDOUT;
	die("slot of the ring");
}

static void send_ring(const struct spec *s)
{
	struct sockaddr_ll addr = link_address(s, s->ifname);
	int fd = open_packet();
	unsigned char *ring = open_ring(fd);
	struct tpacket2_hdr *slot;
	__u32 seq;

	if (s->len > RING_SLOT_SIZE - RING_DATA)
		die_usage("the frame is longer than a slot of the ring");
	for (seq = 0; seq < s->count; seq++) {
		slot = (void *)(ring + seq % RING_SLOTS * RING_SLOT_SIZE);
		ring_slot_wait(slot);
		build_frame(s, seq, false, (unsigned char *)slot + RING_DATA);
		slot->tp_len = s->len;
		__atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST,
				 __ATOMIC_RELEASE);
		if (sendto(fd, NULL, 0, MSG_DONTWAIT, (void *)&addr,
			   sizeof(addr)) < 0)
			die("send from the ring");
		ring_slot_wait(slot);
	}
	close(fd);
}

/* Short, so linear: what any driver sends whole. */
static void send_end(const struct spec *s)
{
	struct sockaddr_ll addr = link_address(s, s->end_ifname);
	unsigned char frame[END_LEN];
	struct spec end = *s;
	int fd = open_packet();

	end.len = END_LEN;
	build_frame(&end, END_SEQ, false, frame);
	if (sendto(fd, frame, END_LEN, 0, (void *)&addr, sizeof(addr)) < 0)
		die("send to packet socket");
	close(fd);
}

static int send_frames(const struct spec *s)
{
	if (!strcmp(s->source, "tap"))
		send_tap(s);
	else if (!strcmp(s->source, "packet"))
		send_packet(s);
	else if (!strcmp(s->source, "ring"))
		send_ring(s);
	else
		die_usage("the source is not tap, packet or ring");
	send_end(s);
	return 0;
}

/* Receiving */

struct receiver {
	const struct spec *s;
	int fd;
	bool seen[COUNT_MAX];
	unsigned int received;
	unsigned int corrupt;
	unsigned int duplicate;
	bool end;
	__s64 deadline;
};

static __s64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__s64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Only frames of ours, lest others crowd them out of the socket. */
static void filter_magic(const struct spec *s, int fd)
{
	unsigned int off = payload_offset(s);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->magic >> 32, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)s->magic, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(code),
		.filter = code,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		die("SO_ATTACH_FILTER");
}

static int open_receiver(const struct spec *s)
{
	struct sockaddr_ll addr = link_address(s, s->ifname);
	int fd = open_packet();
	int room = 64 << 20;
	int on = 1;

	filter_magic(s, fd);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("SO_RCVBUFFORCE");
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)))
		die("PACKET_AUXDATA");
	if (bind(fd, (void *)&addr, sizeof(addr)))
		die("bind to the interface");
	return fd;
}

/* Between virtual devices the checksum may stay to be done. */
static bool csum_not_ready(struct msghdr *msg)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return aux.tp_status & TP_STATUS_CSUMNOTREADY;
	}
	return false;
}

/* What a router changes: Ethernet addresses, TTL, IPv4's checksum */
static void copy_routed(const struct spec *s, unsigned char *want,
			const unsigned char *got)
{
	const size_t ttl = ETH_HLEN + offsetof(struct iphdr, ttl);
	const size_t check = ETH_HLEN + offsetof(struct iphdr, check);
	const size_t hops = ETH_HLEN + offsetof(struct ipv6hdr, hop_limit);

	memcpy(want, got, 2 * ETH_ALEN);
	if (s->family == AF_INET) {
		want[ttl] = got[ttl];
		memcpy(want + check, got + check, sizeof(__be16));
	} else {
		want[hops] = got[hops];
	}
}

static bool frame_intact(const struct spec *s, __u32 seq, bool partial,
			 const unsigned char *got, size_t got_len)
{
	static unsigned char want[FRAME_MAX];
	size_t i;

	build_frame(s, seq, partial, want);
	if (got_len != s->len) {
		printf("frame %u: %zu bytes, sent with %u\n", seq, got_len,
		       s->len);
		return false;
	}
	if (s->routed)
		copy_routed(s, want, got);
	for (i = 0; i < s->len; i++) {
		if (got[i] == want[i])
			continue;
		printf("frame %u: byte %zu is %02x, sent as %02x\n", seq, i,
		       got[i], want[i]);
		return false;
	}
	return true;
}

static void take_frame(struct receiver *r, bool partial,
		       const unsigned char *got, size_t len)
{
	struct tag tag;
	__u32 seq;

	if (len < payload_offset(r->s) + sizeof(tag)) {
		r->corrupt++;
		return;
	}
	memcpy(&tag, got + payload_offset(r->s), sizeof(tag));
	seq = ntohl(tag.seq);
	if (seq == END_SEQ) {
		r->end = true;
		r->deadline = now_ms() + END_GRACE_MS;
	} else if (seq >= r->s->count ||
		   !frame_intact(r->s, seq, partial, got, len)) {
		r->corrupt++;
	} else if (r->seen[seq]) {
		r->duplicate++;
	} else {
		r->seen[seq] = true;
		r->received++;
	}
}

static void receive_frame(struct receiver *r)
{
	static unsigned char buf[FRAME_MAX];
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(r->fd, &msg, MSG_DONTWAIT);

	if (len >= 0)
		take_frame(r, csum_not_ready(&msg), buf, len);
	else if (errno != EAGAIN && errno != EINTR)
		die("receive");
}

/* Whoever reads our output is gone when polling it reports an error. */
static int receive_frames(const struct spec *s)
{
	static struct receiver r;
	struct pollfd pfd[2] = { [1].fd = STDOUT_FILENO };
	__s64 left;

	r.s = s;
	r.fd = open_receiver(s);
	r.deadline = now_ms() + s->wait_s * 1000;
	pfd[0].fd = r.fd;
	pfd[0].events = POLLIN;
	puts("ready");
	fflush(stdout);
	while (!(r.end && r.received == s->count) &&
	       (left = r.deadline - now_ms()) > 0) {
		if (poll(pfd, 2, left) > 0 && pfd[0].revents)
			receive_frame(&r);
		if (pfd[1].revents & POLLERR)
			return 1;
	}
	printf("received=%u corrupt=%u duplicate=%u end=%d\n", r.received,
	       r.corrupt, r.duplicate, r.end);
	return 0;
}

/* Arguments */

static unsigned int parse_number(const char *text, unsigned int max)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (!*text || *rest || *text == '-' || value > max)
		die_usage("a number is not one, or out of range");
	return value;
}

static void parse_mac(const char *text, unsigned char *mac)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1],
		   &mac[2], &mac[3], &mac[4], &mac[5]) != ETH_ALEN)
		die_usage("an Ethernet address is not one");
}

static void parse_address(struct spec *s, const char *text,
			  unsigned char *addr)
{
	s->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(s->family, text, addr) != 1)
		die_usage("an IP address is not one");
}

static int parse_proto(const char *text)
{
	if (!strcmp(text, "tcp"))
		return IPPROTO_TCP;
	if (!strcmp(text, "udp"))
		return IPPROTO_UDP;
	if (!strcmp(text, "icmp"))
		return IPPROTO_ICMP;
	die_usage("the protocol is not tcp, udp or icmp");
	return 0;
}

static void parse_option(struct spec *s, int opt, const char *arg)
{
	switch (opt) {
	case 'i':
		s->ifname = arg;
		break;
	case 'e':
		s->end_ifname = arg;
		break;
	case 't':
		s->source = arg;
		break;
	case 'p':
		s->proto = parse_proto(arg);
		break;
	case 's':
		parse_address(s, arg, s->saddr);
		break;
	case 'd':
		parse_address(s, arg, s->daddr);
		break;
	case 'S':
		parse_mac(arg, s->smac);
		break;
	case 'D':
		parse_mac(arg, s->dmac);
		break;
	case 'm':
		s->magic = strtoull(arg, NULL, 16);
		break;
	case 'l':
		s->len = parse_number(arg, FRAME_MAX);
		break;
	case 'H':
		s->hdr_len = parse_number(arg, FRAME_MAX);
		break;
	case 'o':
		s->options = parse_number(arg, 40) & ~3;
		break;
	case 'n':
		s->count = parse_number(arg, COUNT_MAX);
		break;
	case 'w':
		s->wait_s = parse_number(arg, 3600);
		break;
	case 'c':
		s->partial = true;
		break;
	case 'r':
		s->routed = true;
		break;
	default:
		die_usage("unknown option");
	}
}

int main(int argc, char **argv)
{
	struct spec s = {
		.end_ifname = "",
		.source = "",
		.proto = IPPROTO_TCP,
		.count = 1,
	};
	int opt;

	while ((opt = getopt(argc, argv,
			     "i:e:t:p:s:d:S:D:m:l:H:o:n:w:cr")) != -1)
		parse_option(&s, opt, optarg);
	if (optind != argc - 1 || !s.ifname || !s.family)
		die_usage("an argument is missing");
	if (s.len < payload_offset(&s) + sizeof(struct tag))
		die_usage("the frame is too short");
	if (!strcmp(argv[optind], "send"))
		return send_frames(&s);
	if (!strcmp(argv[optind], "receive"))
		return receive_frames(&s);
	die_usage("the command is not send or receive");
	return 2;
}
