// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "vfio_user.h"

/*
 * The program keeps nothing of frames, resets and clients, and sleeps if there
 * are none.
 */

#define SOCKET		"endurance.test.sock"
#define COMMAND		"exec " PROGRAM " --function profile=nitro,socket=" \
			SOCKET " --function profile=nitro,socket=" SOCKET "2"
#define WARM_UP		20
#define ROUNDS		500	/* a million frames, a thousand resets */
#define RECONNECT	10	/* rounds */
#define BATCHES		32	/* of a whole ring in each round */
#define SEGMENTS	1000u
#define MSS		50u

/* A client with RAM: the guest's device is in the program. */
struct end {
	struct run run;
	struct guest g;
	int ram;
};

struct ends {
	struct end a;
	struct end b;
};

static void admin(struct end *e, union admin_command cmd)
{
	union admin_command *aq = ram_at(&e->g, AQ_ADDR);
	union admin_response *acq = ram_at(&e->g, ACQ_ADDR);
	u16 at = e->g.aq_tail++;

	cmd.common.command_id = htole16(at);
	cmd.common.flags |= ring_phase(at, QUEUE_DEPTH);
	aq[at % QUEUE_DEPTH] = cmd;
	run_write(&e->run, ENA_REGS_AQ_DB_OFF, e->g.aq_tail);
	acq += at % QUEUE_DEPTH;
	assert_int_equal(acq->common.flags & 1, ring_phase(at, QUEUE_DEPTH));
	assert_int_equal(acq->common.status, ENA_ADMIN_SUCCESS);
}

static void set_ring(struct end *e, u32 base, u32 caps, u64 addr)
{
	run_write(&e->run, base, (u32)addr);
	run_write(&e->run, caps, QUEUE_DEPTH |
		  64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT);
}

/* A reset, and a pair of queues: SQ 0 and CQ 0 send. */
static void bring_up(struct end *e)
{
	struct guest *g = &e->g;

	run_write(&e->run, ENA_REGS_DEV_CTL_OFF, 1);
	run_write(&e->run, ENA_REGS_DEV_CTL_OFF, 0);
	memset(ram_at(g, RAM_BASE), 0, BUFFERS_ADDR - RAM_BASE);
	g->aq_tail = 0;
	g->tx_tail = 0;
	g->rx_tail = 0;
	set_ring(e, ENA_REGS_AQ_BASE_LO_OFF, ENA_REGS_AQ_CAPS_OFF, AQ_ADDR);
	set_ring(e, ENA_REGS_ACQ_BASE_LO_OFF, ENA_REGS_ACQ_CAPS_OFF, ACQ_ADDR);
	admin(e, cq_command(TX_CQ_ADDR, QUEUE_DEPTH, 2, IO_VECTOR));
	admin(e, sq_command(ENA_ADMIN_SQ_DIRECTION_TX, TX_SQ_ADDR, QUEUE_DEPTH,
			    0));
	admin(e, cq_command(RX_CQ_ADDR, QUEUE_DEPTH, 4, IO_VECTOR));
	admin(e, sq_command(ENA_ADMIN_SQ_DIRECTION_RX, RX_SQ_ADDR, QUEUE_DEPTH,
			    1));
}

static void ring(struct end *e, u32 sq, u16 tail)
{
	run_write(&e->run, BAR0_SQ_DOORBELL + 4 * sq, tail);
}

static void send_ring(struct ends *ends)
{
	struct guest *a = &ends->a.g, *b = &ends->b.g;
	u16 last = b->rx_tail + QUEUE_DEPTH - 1;

	for (u16 i = 0; i < QUEUE_DEPTH; i++) {
		rx_post(b, BUFFERS_ADDR + i * 2048, 2048, i);
		tx_desc(a, BUFFERS_ADDR, 60, TX_WHOLE, 0, i, 0);
	}
	ring(&ends->b, 1, b->rx_tail);
	ring(&ends->a, 0, a->tx_tail);
	assert_int_equal(tx_cdesc(a, last).flags & 1,
			 ring_phase(last, QUEUE_DEPTH));
	assert_int_equal(field_get(ENA_ETH_IO_RX_CDESC_BASE_PHASE_MASK,
				   le32toh(rx_cdesc(b, last).status)),
			 ring_phase(last, QUEUE_DEPTH));
}

static void end_connect(struct end *e, const char *path)
{
	struct vfu_dma_map map = { sizeof(map), 3, 0, RAM_BASE, RAM_SIZE };

	run_connect(&e->run, path);
	run_call(&e->run, 2, &map, sizeof(map), e->ram);
	run_master(&e->run);
}

static void end_open(struct end *e, const char *path)
{
	e->ram = memfd_create("ram", MFD_CLOEXEC);
	assert_int_equal(ftruncate(e->ram, RAM_SIZE), 0);
	e->g.ram_size = RAM_SIZE;
	e->g.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			e->ram, 0);
	assert_true(e->g.ram != MAP_FAILED);
	make_frame(ram_at(&e->g, BUFFERS_ADDR), "v4-tcp",
		   TSO_HEADER + SEGMENTS * MSS);
	end_connect(e, path);
}

static void run_rounds(struct ends *ends, u64 rounds)
{
	for (u64 i = 0; i < rounds; i++) {
		if (i % RECONNECT == 0) {
			close(ends->a.run.client);
			end_connect(&ends->a, SOCKET);
		}
		bring_up(&ends->a);
		bring_up(&ends->b);
		for (u32 j = 0; j < BATCHES; j++)
			send_ring(ends);
		tx_tso(&ends->a.g, SEGMENTS * MSS, MSS, 1);
		ring(&ends->a, 0, ends->a.g.tx_tail);
	}
}

static int setup(void **state)
{
	struct ends *ends = calloc(1, sizeof(*ends));

	run_shell(&ends->a.run, COMMAND);
	run_await(&ends->a.run);
	ends->b.run = ends->a.run;
	end_open(&ends->a, SOCKET);
	end_open(&ends->b, SOCKET "2");
	*state = ends;
	return 0;
}

static void end_close(struct end *e)
{
	munmap(e->g.ram, RAM_SIZE);
	close(e->ram);
}

static int teardown(void **state)
{
	struct ends *ends = *state;

	close(ends->b.run.client);
	assert_int_equal(run_stop(&ends->a.run, SIGTERM), 0);
	end_close(&ends->a);
	end_close(&ends->b);
	free(ends);
	return 0;
}

#define ENDURANCE_TEST(name) \
	TEST_F(struct ends *, ends, setup, teardown, name)

/* The number behind a word in /proc/PID/status. */
static u64 proc_number(const struct end *e, const char *word)
{
	char path[64], line[256];
	u64 value = ~0ull;
	FILE *file;

	sprintf(path, "/proc/%d/status", e->run.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, word, strlen(word)))
			value = strtoull(line + strlen(word), NULL, 10);
	fclose(file);
	assert_true(value != ~0ull);
	return value;
}

/* In nanoseconds. */
static u64 clock_now(clockid_t clock)
{
	struct timespec now;

	assert_int_equal(clock_gettime(clock, &now), 0);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* Its processor time. */
static clockid_t clock_of(const struct end *e)
{
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(e->run.pid, &clock), 0);
	return clock;
}

static u32 open_files(const struct end *e)
{
	char path[64];
	u32 count = 0;
	DIR *dir;

	sprintf(path, "/proc/%d/fd", e->run.pid);
	dir = opendir(path);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

#define MARGIN_KB	1024	/* a byte a frame; sanitizers have tables */

ENDURANCE_TEST(nothing_piles_up)
{
	u64 memory;
	u32 files;

	run_rounds(ends, WARM_UP);
	memory = proc_number(&ends->a, "RssAnon:");
	files = open_files(&ends->a);
	run_rounds(ends, env_number("ENDURANCE_ROUNDS", ROUNDS));
	assert_int_equal(open_files(&ends->a), files);
	assert_in_range(proc_number(&ends->a, "RssAnon:"), 0,
			memory + MARGIN_KB);
}

/* Two timers wake it each second, and nothing else. */
ENDURANCE_TEST(an_idle_model_sleeps)
{
	u64 turns, busy, passed;

	run_rounds(ends, 1);
	turns = proc_number(&ends->a, "voluntary_ctxt_switches:");
	busy = clock_now(clock_of(&ends->a));
	passed = clock_now(CLOCK_MONOTONIC);
	sleep(2);
	busy = clock_now(clock_of(&ends->a)) - busy;
	passed = clock_now(CLOCK_MONOTONIC) - passed;
	turns = proc_number(&ends->a, "voluntary_ctxt_switches:") - turns;
	assert_in_range(turns, 0, 50);
	assert_in_range(busy, 0, passed / 20);
}
