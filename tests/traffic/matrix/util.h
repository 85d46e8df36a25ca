/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UTIL_H
#define UTIL_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Says what failed and why, by errno. */
void die(const char *what) __attribute__((noreturn));

/* NULL: that of the guest's first process. */
void enter_netns(const char *name);

#endif
