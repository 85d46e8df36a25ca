/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ENA_DEVICE_PACKET_H
#define ENA_DEVICE_PACKET_H

#include "ena_defs.h"

#define PROTO_TCP	6
#define PROTO_UDP	17
#define TCP_MIN_HLEN	20
#define UDP_HLEN	8

/* What a frame's own bytes say; its descriptors may claim otherwise. */
struct packet {
	u8 ip_version;	/* 0: not IP */
	u8 l4_proto;	/* 0: a later fragment, or unknown */
	bool fragment;
	u32 l3_offset;
	u32 l4_offset;
	u32 end;	/* of the IP datagram; a short frame is padded */
};

void packet_parse(const u8 *frame, u32 len, struct packet *packet);

/* Where the TCP or UDP header ends without its options; 0 for others. */
u32 packet_header_end(const struct packet *packet);

/* The complemented Internet checksum of len bytes. */
u16 packet_checksum(const u8 *data, u32 len);

#endif
