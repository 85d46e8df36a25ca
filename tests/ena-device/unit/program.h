/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UNIT_PROGRAM_H
#define UNIT_PROGRAM_H

#include <sys/types.h>

#include "fixture.h"

/* The program that runs, and a client of it. */

#define PROGRAM		"./ena-device"
#define PATIENCE_MS	20000

struct run {
	pid_t pid;
	int out;
	int client;
};

void run_program(struct run *run, char *const argv[]);
void run_shell(struct run *run, const char *command);
/* Until it says "ready". */
void run_await(struct run *run);
/* Both return the program's exit status. */
int run_finish(struct run *run);
int run_stop(struct run *run, int sig);

/* Says the version. */
void run_connect(struct run *run, const char *path);
/* A command that succeeds; a file descriptor goes with it unless fd is -1. */
void run_call(struct run *run, u16 command, const void *data, u32 len, int fd);
void run_write(struct run *run, u64 offset, u32 value);
/* Without bus mastering the device reaches no RAM. */
void run_master(struct run *run);

#endif
