/* SPDX-License-Identifier: GPL-2.0 */
/* What the probe at the driver and its loader share. */
#ifndef ENA_BPF_WATCH_H
#define ENA_BPF_WATCH_H

#include <linux/types.h>

struct watch_key {
	__u32 ifindex;
	__u32 from;		/* the interface it came in by; 0: from here */
	__u16 head;
	__u16 need;		/* 0: its headers could not be read */
	__u32 protocol;
	__u32 whole;		/* 1: the driver made it whole itself */
	char ifname[16];
	char process[16];
};

struct watch_value {
	__u64 frames;
	__u64 bytes;
};

#endif
