// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "fixture.h"

#define TRACE	"trace.test.log"
#define LINK	"trace.test.link"
#define FIFO	"trace.test.fifo"

static int setup(void **state)
{
	struct guest *g = guest_new(&guest_config);

	g->dev.trace = trace_open(TRACE);
	assert_non_null(g->dev.trace);
	admin_up(g);
	create_queues(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct guest *g = *state;

	fclose(g->dev.trace);
	unlink(TRACE);
	return guest_teardown(state);
}

#define TRACE_TEST(name) TEST_F(struct guest *, g, setup, teardown, name)

/* Read while the model runs. */
static const char *traced(void)
{
	static char text[65536];
	FILE *file = fopen(TRACE, "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

static void assert_traced(const char *words)
{
	if (!strstr(traced(), words))
		fail_msg("'%s' is not in: %s", words, traced());
}

TRACE_TEST(commands_and_doorbells)
{
	assert_traced(" 0 doorbell aq tail=1 head=0\n");
	assert_traced(" 0 command id=0 opcode=3 words=");
	assert_admin(g, get_feature(9, 0), UNSUPPORTED_OPCODE);
	assert_traced(" opcode=8 words=00000000,00000900 status=3\n");
	reg_write(g, ENA_REGS_DEV_CTL_OFF, 1 | 4u << 28);
	assert_traced(" 0 reset reason=inv_rx_req_id\n");
}

TRACE_TEST(what_becomes_of_a_frame)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 54);
	assert_traced(" 0 doorbell sq=0 tail=1 head=0\n");
	assert_traced(" 0 descriptor sq=0 index=0 words=1d0003e8,01c00000,");
	assert_traced(" 0 completion cq=0 index=0 words=");
	assert_null(strstr(traced(), " drop "));
	tx_frame(g, frame, sizeof(frame), 52);
	assert_traced(" 0 drop tx sq=0 reason=header_length length=1000 "
		      "header_length=52\n");
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_traced(" 0 drop rx sq=1 reason=no_buffer length=1000\n");
	rx_buffer(g, BUFFERS_ADDR, 2048, 9);
	rx_frame(&g->dev, frame, sizeof(frame));
	assert_traced(" 0 descriptor sq=1 index=0 words=");
	assert_traced(" 0 completion cq=1 index=0 words=");
}

TRACE_TEST(events)
{
	union admin_command cmd = set_feature(ENA_ADMIN_AENQ_CONFIG);

	reg_write(g, ENA_REGS_AENQ_HEAD_DB_OFF, QUEUE_DEPTH);
	cmd.set_feature.u.aenq.enabled_groups =
		htole32(BIT(ENA_ADMIN_LINK_CHANGE));
	assert_admin(g, cmd, SUCCESS);
	assert_traced(" 0 event group=0 syndrome=0 index=0\n");
}

/* A disk that is full costs the trace, not the guest, and is said once. */
TRACE_TEST(on_a_full_disk)
{
	FILE *good = g->dev.trace;
	u8 frame[60] = { 0 };

	g->dev.trace = trace_open("/dev/full");
	assert_non_null(g->dev.trace);
	log_begin();
	tx_frame(g, frame, sizeof(frame), 0);
	tx_frame(g, frame, sizeof(frame), 0);
	assert_tx_completions(g, 2);
	assert_string_equal(logged(),
			    "trace stopped: No space left on device\n");
	log_end();
	fclose(g->dev.trace);
	g->dev.trace = good;
}

static void interrupt_a_call(int sig)
{
}

/* As the program's timer does, but sooner. */
static void interrupt_calls(bool on)
{
	const struct itimerval often = { { 0, 10000 }, { 0, 10000 } };
	const struct itimerval never = { 0 };
	struct sigaction action = { .sa_handler = interrupt_a_call };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, on ? &often : &never, NULL);
}

#define LINES	200	/* more than a pipe of a page has room for */

/* It costs lines, whole ones, and neither the trace nor the guest. */
TRACE_TEST(a_reader_that_pauses)
{
	FILE *good = g->dev.trace;
	char text[4096 + 1], lost[32];
	int reader, lines = 0;

	unlink(FIFO);
	assert_int_equal(mkfifo(FIFO, 0600), 0);
	reader = open(FIFO, O_RDONLY | O_NONBLOCK);
	assert_int_equal(fcntl(reader, F_SETPIPE_SZ, 4096), 4096);
	g->dev.trace = trace_open(FIFO);
	interrupt_calls(true);
	for (int i = 0; i < LINES; i++)
		trace_line(&g->dev, "line number=%d", i);
	interrupt_calls(false);
	text[read(reader, text, sizeof(text) - 1)] = '\0';
	for (char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(text[strlen(text) - 1], '\n');
	trace_line(&g->dev, "line number=%d", LINES);
	text[read(reader, text, sizeof(text) - 1)] = '\0';
	sprintf(lost, " 0 lost lines=%d\n", LINES - lines);
	assert_non_null(strstr(text, lost));
	assert_non_null(strstr(text, " 0 line number=200\n"));
	fclose(g->dev.trace);
	close(reader);
	unlink(FIFO);
	g->dev.trace = good;
}

TEST(files_that_cannot_be)
{
	assert_null(trace_open("no/such/file"));
	assert_int_equal(symlink(TRACE, LINK), 0);
	assert_null(trace_open(LINK));
	unlink(LINK);
}
