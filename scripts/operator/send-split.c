// SPDX-License-Identifier: GPL-2.0
/* Sends one TCP SYN whose linear part ends behind the Ethernet header
 * ("split"), or is the whole frame ("whole"), and waits for the peer's answer.
 *
 * send-split split|whole INTERFACE SOURCE PEER NEXT-HOP-MAC PORT
 *
 * Exit status: 0 answered, 1 no answer, 2 usage, 3 cannot send.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD 64
#define RING_SIZE 4096
#define TRIES 3
#define WAIT_MS 1000

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
	unsigned char payload[PAYLOAD];
} __attribute__((packed));

static unsigned int sum16(const void *data, size_t len, unsigned int sum)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

static unsigned short fold(unsigned int sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum & 0xffff);
}

static void checksum(struct frame *f)
{
	size_t len = sizeof(f->tcp) + sizeof(f->payload);
	unsigned int sum;

	f->ip.check = fold(sum16(&f->ip, sizeof(f->ip), 0));
	sum = sum16(&f->ip.saddr, 8, IPPROTO_TCP + len);
	f->tcp.check = fold(sum16(&f->tcp, len, sum));
}

static int fill(struct frame *f, char **arg)
{
	struct ether_addr *mac = ether_aton(arg[3]);

	memset(f, 0, sizeof(*f));
	if (!mac || inet_pton(AF_INET, arg[1], &f->ip.saddr) != 1 ||
	    inet_pton(AF_INET, arg[2], &f->ip.daddr) != 1)
		return -1;
	memcpy(f->eth.h_dest, mac, ETH_ALEN);
	f->eth.h_proto = htons(ETH_P_IP);
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.tot_len = htons(sizeof(*f) - ETH_HLEN);
	f->ip.ttl = 64;
	f->ip.protocol = IPPROTO_TCP;
	f->tcp.source = htons(32768 + (time(NULL) ^ getpid()) % 28000);
	f->tcp.dest = htons(atoi(arg[4]));
	f->tcp.seq = htonl(getpid());
	f->tcp.doff = 5;
	f->tcp.syn = 1;
	f->tcp.window = htons(1024);
	return 0;
}

static int open_on(const char *name, int protocol, unsigned char *mac)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(name),
	};
	struct ifreq ifr = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(protocol));

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || !sll.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll)) ||
	    ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -1;
	if (mac)
		memcpy(mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

/* The ring's frames reach the driver with 14 linear bytes, whatever their
 * size.
 */
static int send_split(int fd, const struct frame *f)
{
	struct tpacket_req req = { .tp_block_size = RING_SIZE, .tp_block_nr = 1,
		.tp_frame_size = RING_SIZE / 2, .tp_frame_nr = 2 };
	struct tpacket_hdr *hdr;

	if (setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof(req)))
		return -1;
	hdr = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (hdr == MAP_FAILED)
		return -1;
	memcpy((char *)hdr + TPACKET_HDRLEN - sizeof(struct sockaddr_ll), f,
	       sizeof(*f));
	hdr->tp_len = sizeof(*f);
	hdr->tp_status = TP_STATUS_SEND_REQUEST;
	return send(fd, NULL, 0, 0) < 0 ? -1 : 0;
}

/* Any TCP segment or ICMP error of the peer's about our port will do. */
static int answers(const struct frame *f, const unsigned char *p, size_t len)
{
	const struct frame *r = (const void *)p;

	if (len < offsetof(struct frame, payload) ||
	    r->eth.h_proto != htons(ETH_P_IP) || r->ip.ihl != 5)
		return 0;
	if (r->ip.protocol == IPPROTO_ICMP)
		return len >= 14 + 20 + 8 + 20 + 4 &&
		       !memcmp(p + 14 + 20 + 8 + 20, &f->tcp.source, 4);
	return r->ip.protocol == IPPROTO_TCP && r->ip.saddr == f->ip.daddr &&
	       r->tcp.source == f->tcp.dest && r->tcp.dest == f->tcp.source;
}

static int wait_answer(int fd, const struct frame *f)
{
	struct timespec start, now;
	unsigned char buf[2048];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long passed = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (passed < WAIT_MS && poll(&p, 1, WAIT_MS - passed) > 0) {
		ssize_t len = recv(fd, buf, sizeof(buf), 0);

		if (len > 0 && answers(f, buf, len))
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		passed = (now.tv_sec - start.tv_sec) * 1000 +
			 (now.tv_nsec - start.tv_nsec) / 1000000;
	}
	return 0;
}

static int send_once(const char *how, const char *name, struct frame *f)
{
	int fd = open_on(name, 0, f->eth.h_source);
	int status;

	if (fd < 0)
		return -1;
	if (!strcmp(how, "split"))
		status = send_split(fd, f);
	else
		status = send(fd, f, sizeof(*f), 0) < 0 ? -1 : 0;
	close(fd);
	return status;
}

int main(int argc, char **argv)
{
	struct frame f;
	int i, rx;

	if (argc != 7 || fill(&f, argv + 2)) {
		fprintf(stderr, "usage: send-split split|whole INTERFACE "
			"SOURCE PEER NEXT-HOP-MAC PORT\n");
		return 2;
	}
	checksum(&f);
	rx = open_on(argv[2], ETH_P_ALL, NULL);
	for (i = 0; i < TRIES; i++) {
		if (rx < 0 || send_once(argv[1], argv[2], &f)) {
			perror(argv[2]);
			return 3;
		}
		if (wait_answer(rx, &f))
			return 0;
	}
	return 1;
}
