/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UNIT_FIXTURE_H
#define UNIT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "register_guest.h"

#define RAM_SIZE	0x400000ull
#define RAM_END		(RAM_BASE + RAM_SIZE)

/*
 * TEST_F(type, arg, setup, teardown, name) { ... } is a test of the program:
 * setup() makes arg. The tests run in the order of the file. The program's
 * argument is a pattern of the names to run.
 */
#define TEST_F(type, arg, setup, teardown, name)			\
static void name##_test(type);						\
static void name##_run(void **state)					\
{									\
	name##_test(*state);						\
}									\
__attribute__((constructor)) static void name##_add(void)		\
{									\
	test_add(#name, name##_run, setup, teardown);			\
}									\
static void name##_test(type arg)

#define TEST(name) \
	TEST_F(void *, unused __attribute__((unused)), NULL, NULL, name)
/* g has its admin queues up. */
#define GUEST_TEST(name) \
	TEST_F(struct guest *, g, guest_setup, guest_teardown, name)
/* And one pair of I/O queues. */
#define QUEUE_TEST(name) \
	TEST_F(struct guest *, g, guest_setup_queues, guest_teardown, name)

void test_add(const char *name, CMUnitTestFunction test,
	      CMFixtureFunction setup, CMFixtureFunction teardown);

int guest_setup(void **state);
int guest_setup_queues(void **state);
int guest_teardown(void **state);

/* Interrupts have eventfds; the wire's far end is a socket. */
struct guest *guest_new(const struct ena_config *config);
/* With its admin queues up. */
struct guest *guest_up(const struct ena_config *config);
/* As guest_config, with the profile nitro. */
struct ena_config nitro_config(void);
void guest_free(struct guest *g);

/* How often the vector fired since the last call. */
u64 interrupts(struct guest *g, u32 vector);

u8 admin_run_once(struct guest *g, union admin_command cmd);
#define assert_admin(g, cmd, status) \
	assert_int_equal(admin_run_once(g, cmd), ENA_ADMIN_##status)

/* One whole frame in one buffer. */
void tx_buffer(struct guest *g, u64 addr, u16 len, u16 req_id);
void tx_frame(struct guest *g, const void *frame, u16 len, u8 header_length);
void assert_tx_completions(struct guest *g, u16 count);
void assert_tx_dropped(struct guest *g, enum tx_drop why);
/* Descriptors of TCP on IPv4 for TSO, in one buffer; tx_ring() rings. */
#define TSO_HEADER	54u
void tx_tso(struct guest *g, u32 payload, u16 mss, u16 req_id);
/* The next frame on the wire, 0 if there is none. */
size_t wire_frame(struct guest *g, u8 *frame, size_t size);
void rx_frame(struct ena_dev *dev, const u8 *frame, u32 len);
/* Posts one buffer and rings. */
void rx_buffer(struct guest *g, u64 addr, u16 len, u16 req_id);

/*
 * A frame of frame.h's names, in a buffer with room for its headers even if
 * len is shorter. Returns where L4 starts.
 */
size_t make_frame(u8 *frame, const char *name, size_t len);
/* The checksum field is as a driver leaves it to the device. */
size_t make_partial_frame(u8 *frame, const char *name, size_t len);

/* A number from the environment. */
u64 env_number(const char *name, u64 otherwise);
/* The same pseudo-random numbers in each run. */
u32 noise(u64 *seed);

/* Between these the log is kept instead of going to stderr. */
void log_begin(void);
const char *logged(void);
void log_end(void);

/* How many file descriptors this process has. */
int count_fds(void);

#endif
