/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PORT_H
#define PORT_H

#include "item.h"

/* A frame as it was received; a VLAN tag that the kernel took out is in tag. */
struct received {
	unsigned char data[ITEM_MAX];
	unsigned int len;
	unsigned int tag;
};

int tap_open(const char *name);
/* 0, or the errno for which the tap refused it. */
int tap_send(int tap, const struct item *item);

/* What arrives at an interface of a network namespace. */
int capture_open(const char *netns, const char *ifname);
/* False where nothing came within wait_ms. */
bool capture_next(int fd, struct received *r, int wait_ms);
unsigned int capture_lost(int fd);

void die(const char *what, const char *name) __attribute__((noreturn));

#endif
