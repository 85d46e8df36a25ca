/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UNIT_SESSION_H
#define UNIT_SESSION_H

#include "fixture.h"
#include "vfio_user.h"

/* A small client, in step with the server: it sends, the server runs. */

enum {
	VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, REGION_INFO, REGION_IO_FDS,
	IRQ_INFO, SET_IRQS, REGION_READ, REGION_WRITE, DMA_READ_CMD,
	DMA_WRITE_CMD, RESET,
};

#define NO_REPLY	0x10u
#define REPLY_ERROR	0x20u
#define PATH		"vfio-user.test"

struct header {
	u16 id;
	u16 command;
	u32 size;
	u32 flags;
	u32 error;
};

struct reply {
	struct header header;
	u8 data[VFU_MAX_MSG];
};

struct session {
	struct ena_dev dev;
	struct vfu_server server;
	struct reply reply;
	int client;
	int open_fds;
};

#define UNVERSIONED_TEST(name) \
	TEST_F(struct session *, s, session_setup_raw, session_teardown, name)
#define SESSION_TEST(name) \
	TEST_F(struct session *, s, session_setup, session_teardown, name)

int session_setup_raw(void **state);
void send_raw(struct session *s, const void *data, size_t len,
	      const int *fds, size_t fd_count);
void serve(struct session *s);
void send_command(struct session *s, u16 command, u32 flags,
		  const void *data, size_t len, const int *fds,
		  size_t fd_count);
int take_reply(struct session *s, u16 command);
int call_fds(struct session *s, u16 command, const void *data,
	     size_t len, const int *fds, size_t fd_count);
int call(struct session *s, u16 command, const void *data, size_t len);
int negotiate(struct session *s);
int session_setup(void **state);
int session_teardown(void **state);
void reconnect(struct session *s);
void assert_hung_up(struct session *s);

#endif
