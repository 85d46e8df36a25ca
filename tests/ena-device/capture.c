// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"

#define LINK_ETHERNET		1

#define PCAP_MAGIC_NSEC		0xa1b23c4d
#define PCAP_SNAPLEN		65535

#define NG_SECTION		0x0a0d0d0a
#define NG_INTERFACE		1
#define NG_PACKET		6
#define NG_BYTE_ORDER		0x1a2b3c4d
#define NG_OPTION_COMMENT	1
#define NG_OPTION_FLAGS		2	/* of a packet */
#define NG_OPTION_RESOLUTION	9	/* of an interface */
#define NG_NANOSECONDS		9
#define NG_INBOUND		1
#define NG_OUTBOUND		2

struct pcap_file {
	u32 magic;
	u16 major;
	u16 minor;
	u32 zone;
	u32 accuracy;
	u32 snaplen;
	u32 link_type;
};

struct pcap_record {
	u32 sec;
	u32 nsec;
	u32 captured;
	u32 len;
};

struct ng_file {
	u32 section_type;
	u32 section_len;
	u32 byte_order;
	u16 major;
	u16 minor;
	u64 length;		/* ~0: not known */
	u32 section_len_again;
	u32 interface_type;
	u32 interface_len;
	u16 link_type;
	u16 reserved;
	u32 snaplen;		/* 0: no limit */
	u16 option;
	u16 option_len;
	u8 resolution;
	u8 pad[3];
	u32 end_of_options;
	u32 interface_len_again;
} __attribute__((packed));

struct ng_packet {
	u32 type;
	u32 total;
	u32 interface;
	u32 time_high;
	u32 time_low;
	u32 captured;
	u32 len;
};

static_assert(sizeof(struct pcap_file) == 24, "pcap file header");
static_assert(sizeof(struct pcap_record) == 16, "pcap record header");
static_assert(sizeof(struct ng_file) == 28 + 32, "pcapng's first blocks");
static_assert(sizeof(struct ng_packet) == 28, "pcapng packet");

/* What stands behind a packet in pcapng. */
struct ng_tail {
	size_t len;
	u8 bytes[256];
};

void capture_init(struct capture *capture, unsigned int function)
{
	*capture = (struct capture){ .fd = -1, .function = function };
}

void capture_close(struct capture *capture)
{
	if (capture->fd >= 0)
		close(capture->fd);
	capture->fd = -1;
}

static bool write_header(int fd, bool pcapng)
{
	static const struct pcap_file pcap = {
		.magic = PCAP_MAGIC_NSEC,
		.major = 2,
		.minor = 4,
		.snaplen = PCAP_SNAPLEN,
		.link_type = LINK_ETHERNET,
	};
	static const struct ng_file ng = {
		.section_type = NG_SECTION,
		.section_len = 28,
		.byte_order = NG_BYTE_ORDER,
		.major = 1,
		.length = ~0ull,
		.section_len_again = 28,
		.interface_type = NG_INTERFACE,
		.interface_len = 32,
		.link_type = LINK_ETHERNET,
		.option = NG_OPTION_RESOLUTION,
		.option_len = 1,
		.resolution = NG_NANOSECONDS,
		.interface_len_again = 32,
	};

	if (pcapng)
		return write(fd, &ng, sizeof(ng)) == sizeof(ng);
	return write(fd, &pcap, sizeof(pcap)) == sizeof(pcap);
}

int capture_open(struct capture *capture, const char *path, bool pcapng)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
		      O_NOFOLLOW, 0644);

	if (fd < 0)
		return -errno;
	if (!write_header(fd, pcapng)) {
		close(fd);
		return -EIO;
	}
	capture->fd = fd;
	capture->pcapng = pcapng;
	return 0;
}

/* One unbuffered write a frame, so that a killed model leaves a valid file. */
static void append(struct capture *capture, const struct iovec *iov, int count,
		   size_t want)
{
	off_t end = lseek(capture->fd, 0, SEEK_CUR);
	ssize_t written = writev(capture->fd, iov, count);

	if (written == (ssize_t)want)
		return;
	fprintf(stderr, "function %u: pcap stopped: %s\n", capture->function,
		written < 0 ? strerror(errno) : "no space left");
	if (end < 0 || ftruncate(capture->fd, end))
		fprintf(stderr, "function %u: its last frame is cut\n",
			capture->function);
	capture_close(capture);
}

static void append_pcap(struct capture *capture, const struct timespec *now,
			const u8 *frame, u32 len)
{
	struct pcap_record record = {
		(u32)now->tv_sec, (u32)now->tv_nsec, len, len,
	};
	struct iovec iov[] = {
		{ &record, sizeof(record) },
		{ (void *)(uintptr_t)frame, len },
	};

	append(capture, iov, 2, sizeof(record) + len);
}

static void add_bytes(struct ng_tail *tail, const void *bytes, size_t len)
{
	memcpy(tail->bytes + tail->len, bytes, len);
	tail->len += len;
}

static void add_padding(struct ng_tail *tail, size_t len)
{
	add_bytes(tail, "\0\0\0", -len & 3);
}

static void add_option(struct ng_tail *tail, u16 code, const void *value,
		       size_t len)
{
	const u16 header[] = { code, (u16)len };

	add_bytes(tail, header, sizeof(header));
	add_bytes(tail, value, len);
	add_padding(tail, len);
}

static void add_comment(struct ng_tail *tail, const struct capture_note *note)
{
	char text[128], queue[24] = "no queue", header[40] = "";

	if (note->sq >= 0)
		snprintf(queue, sizeof(queue), "SQ %d", note->sq);
	if (note->drop && note->header_length)
		snprintf(header, sizeof(header), ", header_length %u",
			 note->header_length);
	snprintf(text, sizeof(text), "%s, %s%s%s%s",
		 note->received ? "received" : "sent", queue,
		 note->drop ? ", dropped: " : "", note->drop ? note->drop : "",
		 header);
	add_option(tail, NG_OPTION_COMMENT, text, strlen(text));
}

static void append_pcapng(struct capture *capture, const struct timespec *now,
			  const struct capture_note *note, const u8 *frame,
			  u32 len)
{
	u64 nsec = (u64)now->tv_sec * 1000000000 + (u64)now->tv_nsec;
	u32 flags = note->received ? NG_INBOUND : NG_OUTBOUND;
	struct ng_packet packet = {
		.type = NG_PACKET,
		.time_high = (u32)(nsec >> 32),
		.time_low = (u32)nsec,
		.captured = len,
		.len = len,
	};
	struct ng_tail tail = { 0 };
	struct iovec iov[3];

	add_padding(&tail, len);
	add_comment(&tail, note);
	add_option(&tail, NG_OPTION_FLAGS, &flags, sizeof(flags));
	add_option(&tail, 0, "", 0);
	packet.total = (u32)(sizeof(packet) + len + tail.len + sizeof(u32));
	add_bytes(&tail, &packet.total, sizeof(packet.total));
	iov[0] = (struct iovec){ &packet, sizeof(packet) };
	iov[1] = (struct iovec){ (void *)(uintptr_t)frame, len };
	iov[2] = (struct iovec){ tail.bytes, tail.len };
	append(capture, iov, 3, packet.total);
}

void capture_frame(struct capture *capture, const struct capture_note *note,
		   const u8 *frame, u32 len)
{
	struct timespec now;

	if (capture->fd < 0 || (!capture->pcapng && !note->on_wire))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (capture->pcapng)
		append_pcapng(capture, &now, note, frame, len);
	else
		append_pcap(capture, &now, frame, len);
}
