// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

/* The log of one test, instead of stderr. */
struct log {
	struct guest *g;
	int file;
	int saved;
	char text[65536];
};

static struct log capture;

static int setup(void **state)
{
	guest_setup_queues(state);
	capture.g = *state;
	capture.g->dev.config.strict = true;
	fflush(stderr);
	capture.file = memfd_create("log", MFD_CLOEXEC);
	capture.saved = dup(STDERR_FILENO);
	dup2(capture.file, STDERR_FILENO);
	return 0;
}

static int teardown(void **state)
{
	dup2(capture.saved, STDERR_FILENO);
	close(capture.saved);
	close(capture.file);
	return guest_teardown(state);
}

#define STRICT_TEST(name) TEST_F(struct guest *, g, setup, teardown, name)

static const char *logged(void)
{
	ssize_t len = pread(capture.file, capture.text,
			    sizeof(capture.text) - 1, 0);

	capture.text[len > 0 ? len : 0] = '\0';
	return capture.text;
}

static void assert_logged(const char *text)
{
	if (!strstr(logged(), text))
		fail_msg("'%s' is not in: %s", text, capture.text);
}

STRICT_TEST(frames_that_break_no_rule)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 0);
	tx_frame(g, frame, sizeof(frame), 54);
	assert_int_equal(g->dev.stats.tx_frames, 2);
	assert_string_equal(logged(), "");
	assert_int_equal(g->dev.stats.violations, 0);
}

STRICT_TEST(a_short_header)
{
	u8 frame[1000];

	make_frame(frame, "v4-tcp", sizeof(frame));
	tx_frame(g, frame, sizeof(frame), 0);
	tx_frame(g, frame, sizeof(frame), 52);
	assert_logged("function 0: strict: SQ 0, index 1, words ");
	assert_logged(" 1d0003e8 01c00000 40008000 34000000: header_length: ");
	assert_int_equal(g->dev.stats.violations, 1);
}

STRICT_TEST(more_descriptors_than_announced)
{
	for (u32 i = 0; i < 18; i++)
		tx_desc(g, BUFFERS_ADDR, 60, i ? i == 17 ? TX_LAST : 0 :
			TX_FIRST, 0, 1, 0);
	tx_ring(g);
	assert_int_equal(g->dev.stats.tx_frames, 1);
	assert_logged("max_packet_tx_descs: ");
}

/* Each reason has its rule, and a full wire is nobody's fault. */
STRICT_TEST(every_rule)
{
	u8 frame[200] = { 0 };

	tx_frame(g, frame, 100, 97);
	assert_logged(": header_length: at most");
	tx_buffer(g, RAM_END, 100, 1);
	assert_logged(": buff_addr_lo, buff_addr_hi: ");
	tx_buffer(g, BUFFERS_ADDR, 13, 1);
	assert_logged(": length: a packet has");
	tx_desc(g, BUFFERS_ADDR, 100, TX_WHOLE, 0, 1,
		ENA_ETH_IO_TX_DESC_TSO_EN_MASK);
	tx_ring(g);
	assert_logged(": tso_en, ");
	tx_desc(g, BUFFERS_ADDR, 60, TX_FIRST, 0, 1, 0);
	tx_desc(g, BUFFERS_ADDR, 60, TX_WHOLE, 0, 1, 0);
	tx_ring(g);
	assert_logged(": first, last, ");
	assert_int_equal(g->dev.stats.violations, 5);
	close(g->dev.port.tap);
	g->dev.port.tap = -1;
	tx_buffer(g, BUFFERS_ADDR, 60, 1);
	assert_int_equal(g->dev.stats.tx_drop[TX_DROP_NO_PEER], 1);
	assert_int_equal(g->dev.stats.violations, 5);
}

/* Without it the log has ten lines a second. */
STRICT_TEST(nothing_is_left_out)
{
	const char *line;
	int lines = 0;

	for (int i = 0; i < 50; i++)
		reg_read(g, 0x48);
	for (line = logged(); (line = strchr(line, '\n')); line++)
		lines++;
	assert_int_equal(lines, 50);
}

STRICT_TEST(off_by_default)
{
	g->dev.config.strict = false;
	tx_buffer(g, BUFFERS_ADDR, 13, 1);
	assert_null(strstr(logged(), "strict"));
	assert_int_equal(g->dev.stats.violations, 0);
}

/* A line of its own, or a terminal's command, would be the guest's to write. */
STRICT_TEST(what_the_driver_calls_itself_is_escaped)
{
	union admin_command cmd = set_feature(ENA_ADMIN_HOST_ATTR_CONFIG);
	struct ena_admin_host_info *info = ram_at(g, BUFFERS_ADDR);

	memset(info, 0, sizeof(*info));
	strcpy((char *)info->kernel_ver_str, "6.1\nlost\033[2J");
	set_addr(&cmd.set_feature.u.host_attr.os_info_ba, BUFFERS_ADDR);
	g->dev.config.verbose = true;
	assert_admin(g, cmd, SUCCESS);
	assert_logged("kernel 6.1?lost?[2J, interface");
}
