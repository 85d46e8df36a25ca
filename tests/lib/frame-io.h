/* SPDX-License-Identifier: GPL-2.0 */
/* How the tests' programs send and receive frames, inside the guest. */
#ifndef FRAME_IO_H
#define FRAME_IO_H

#include <stdbool.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Says what failed and why, by errno. Exit status 2: the test itself failed. */
void die(const char *what) __attribute__((noreturn));

long long now_ms(void);
/* Asks each millisecond until it is so; false and ETIMEDOUT after a minute. */
bool wait_until(bool (*is_so)(void *), void *arg);

/* NULL: the namespace of the guest's first process. */
void enter_netns(const char *name);
void get_mac(const char *ifname, unsigned char *mac);

/* A tap (path /dev/net/tun) or macvtap that takes virtio-net headers. */
int tap_open(const char *path, const char *name);

int packet_open(const char *ifname);
/* What arrives at an interface of a network namespace. */
int capture_open(const char *netns, const char *ifname);
/* The length of the next frame, with its VLAN tag where the kernel took it out;
 * 0 if none came within wait_ms. The buffer has four bytes more than size.
 */
unsigned int capture_next(int fd, unsigned char *frame, unsigned int size,
			  int wait_ms);
/* How many did not fit into the socket's buffer. */
unsigned int capture_lost(int fd);

#endif
