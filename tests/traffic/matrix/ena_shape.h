/* SPDX-License-Identifier: GPL-2.0 */
/* What is written to ena_shape/send in debugfs: this, then the frame. */
#ifndef ENA_SHAPE_H
#define ENA_SHAPE_H

#include <linux/types.h>

#define ENA_SHAPE_FRAGS	20
#define ENA_SHAPE_LEN	65536	/* of the longest frame */
#define ENA_SHAPE_UNSET	(-1)

/* Someone else holds ... while the driver has the skb: */
#define ENA_SHAPE_CLONED	1	/* a clone */
#define ENA_SHAPE_SHARED	2	/* a reference */
/* What is not in the head is in an skb on frag_list. */
#define ENA_SHAPE_FRAG_LIST	4

struct ena_shape_request {
	__u32 ifindex;
	__u32 head;		/* bytes in the linear part */
	__u32 flags;
	__u16 frags;		/* how many; the last takes what is left */
	__u16 frag[ENA_SHAPE_FRAGS];
	__be16 protocol;
	__s16 network;		/* offset of the header, or ENA_SHAPE_UNSET */
	__s16 transport;
	__u16 csum_start;	/* 0: CHECKSUM_NONE */
	__u16 csum_offset;
};

#endif
