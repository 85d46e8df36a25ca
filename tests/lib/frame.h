/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <linux/if_ether.h>

#define FRAME_MAX	65536
#define EXTENSIONS_MAX	4

enum fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

/* What stands in front of an inner IPv4 and TCP header in the payload. */
enum tunnel {
	TUNNEL_NONE, TUNNEL_VXLAN, TUNNEL_GENEVE, TUNNEL_GRE, TUNNEL_IPIP,
	TUNNEL_AH, TUNNEL_MPLS, TUNNEL_PPPOE,
};

struct frame {
	unsigned int tags;		/* VLAN tags */
	unsigned int type;		/* Ethertype behind them */
	unsigned int ip_options;
	unsigned int extensions;	/* IPv6 headers */
	struct {
		unsigned char type;
		unsigned char len;
	} extension[EXTENSIONS_MAX];
	unsigned int proto;
	unsigned int l4_options;
	enum fragment fragment;
	enum tunnel tunnel;
	unsigned int len;
	unsigned int id;		/* different in each cell */
	unsigned int flow;		/* not 0: of an open connection */
	unsigned int tcp_flags;
	bool reply;			/* from the other end of the flow */
	unsigned char smac[ETH_ALEN];
	unsigned char dmac[ETH_ALEN];
};

/* From a name such as vlan-v4opt-tcp-first; false if it is none. */
bool frame_parse(struct frame *f, const char *name);

unsigned int frame_l3(const struct frame *f);
unsigned int frame_l4(const struct frame *f);
/* From the start of L4; 0 if the frame has no checksum there. */
unsigned int frame_csum_offset(const struct frame *f);
/* Of the shortest frame of its kind. */
unsigned int frame_min(const struct frame *f);

/* With partial, the checksum field is left as for CHECKSUM_PARTIAL. */
void frame_build(const struct frame *f, unsigned int seq, bool partial,
		 unsigned char *p);

/* What a router changes in a frame. */
void frame_route(const struct frame *f, unsigned char *p,
		 const unsigned char *smac, const unsigned char *dmac);

/* The nr-th frame that segmentation, with ufo into IP fragments, makes of one:
 * its length, or 0 if there are fewer.
 */
unsigned int frame_segment(const struct frame *f, const unsigned char *whole,
			   unsigned int size, unsigned int nr, bool ufo,
			   unsigned char *p);

#endif
