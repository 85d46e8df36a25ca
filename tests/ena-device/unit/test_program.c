// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "vfio_user.h"

/* The program itself, as a harness uses it. */

#define SOCKET		"program.test.sock"
#define STATS		"program.test.json"
#define STATUS		"program.test.status"
#define TRACE		"program.test.trace"
#define PLAN		"program.test.plan"
#define FUNCTION	PROGRAM " --function socket=" SOCKET

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

static void start_function(struct run *run)
{
	unlink(STATS);
	run_shell(run, "exec " FUNCTION " --stats " STATS);
	run_await(run);
}

TEST(exits_as_documented)
{
	char *const no_function[] = { (char *)PROGRAM, NULL };
	char *const help[] = { (char *)PROGRAM, (char *)"--help", NULL };
	char *const no_folder[] = { (char *)PROGRAM, (char *)"--function",
				    (char *)"socket=no/such/folder", NULL };
	char *const no_stats[] = { (char *)PROGRAM, (char *)"--function",
				   (char *)"socket=" SOCKET, (char *)"--stats",
				   (char *)"no/such/folder", NULL };
	struct run run;
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		start_function(&run);
		assert_int_equal(stat(SOCKET, &st), 0);
		assert_int_equal(run_stop(&run, signals[i]), 0);
		assert_int_equal(stat(SOCKET, &st), -1);
		assert_int_equal(stat(STATS, &st), 0);
	}
	run_program(&run, no_function);
	assert_int_equal(run_finish(&run), 2);
	run_program(&run, help);
	assert_int_equal(run_finish(&run), 0);
	run_program(&run, no_folder);
	assert_int_equal(run_finish(&run), 1);
	run_program(&run, no_stats);
	assert_int_equal(read(run.out, &st, 1), 0);	/* never ready */
	assert_int_equal(run_finish(&run), 1);
	assert_int_equal(stat(SOCKET, &st), -1);
}

/* A soft limit is raised; a hard one is an error at the start. */
TEST(limits_on_open_files)
{
	struct run run;

	run_shell(&run, "ulimit -Sn 8; exec " FUNCTION);
	run_await(&run);
	run_connect(&run, SOCKET);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
	run_shell(&run, "ulimit -n 8; exec " FUNCTION);
	assert_int_equal(run_finish(&run), 1);
}

TEST(a_limit_on_file_sizes)
{
	struct run run;

	run_shell(&run, "ulimit -f 0; exec " FUNCTION " --stats " STATS);
	assert_int_equal(run_finish(&run), 1);
	/* Enough for all but the window of LLQ. */
	run_shell(&run, "ulimit -f 4000; exec " FUNCTION ",profile=nitro");
	assert_int_equal(run_finish(&run), 1);
}

TEST(under_nohup)
{
	struct run run;

	run_shell(&run, "trap '' HUP; exec " FUNCTION);
	run_await(&run);
	kill(run.pid, SIGHUP);
	run_connect(&run, SOCKET);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

/* The log must not go to whatever gets a closed descriptor's number. */
TEST(closed_standard_files)
{
	char path[64], target[64] = "";
	struct run run;

	run_shell(&run, "exec " FUNCTION " <&- 2>&-");
	run_await(&run);
	sprintf(path, "/proc/%d/fd/2", run.pid);
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/dev/null");
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

TEST(two_on_one_socket)
{
	char *const argv[] = { (char *)PROGRAM, (char *)"--function",
			       (char *)"socket=" SOCKET, NULL };
	struct run first, second;

	start_function(&first);
	run_program(&second, argv);
	assert_int_equal(run_finish(&second), 1);
	run_connect(&first, SOCKET);
	assert_int_equal(run_stop(&first, SIGTERM), 0);
}

TEST(starts_again_after_a_kill)
{
	struct run run;
	int status;

	start_function(&run);
	kill(run.pid, SIGKILL);
	assert_int_equal(waitpid(run.pid, &status, 0), run.pid);
	close(run.out);
	start_function(&run);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

static void wait_for_stats(struct run *run, const char *text)
{
	char got[4096];

	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
		FILE *file = fopen(STATS, "r");

		if (file) {
			size_t len = fread(got, 1, sizeof(got) - 1, file);

			fclose(file);
			got[len] = '\0';
			assert_string_equal(got + len - 4, "\n]}\n");
			if (strstr(got, text))
				return;
		}
		kill(run->pid, SIGUSR1);
		usleep(10000);
	}
	fail_msg("%s never came", text);
}

TEST(stats_on_a_signal)
{
	struct run run;

	start_function(&run);
	wait_for_stats(&run, "\"connected\":false");
	run_connect(&run, SOCKET);
	wait_for_stats(&run, "\"connected\":true");
	run_write(&run, ENA_REGS_DEV_CTL_OFF, 1);
	wait_for_stats(&run, "\"resets\":1");
	close(run.client);
	run.client = -1;
	wait_for_stats(&run, "\"connected\":false");
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

/* What a client of the status socket gets until the model hangs up. */
static size_t get_status(char *text, size_t size)
{
	struct sockaddr_un addr = { AF_UNIX, STATUS };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t got = 0;
	ssize_t len;

	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	while ((len = recv(fd, text + got, size - 1 - got, 0)) > 0)
		got += (size_t)len;
	close(fd);
	text[got] = '\0';
	return got;
}

TEST(status_over_a_socket)
{
	char text[16384];
	struct run run;
	struct stat st;
	size_t len;

	run_shell(&run, "exec " FUNCTION " --status " STATUS);
	run_await(&run);
	len = get_status(text, sizeof(text));
	assert_int_equal(text[0], '{');
	assert_string_equal(text + len - 4, "\n]}\n");
	assert_non_null(strstr(text, "\"connected\":false"));
	run_connect(&run, SOCKET);
	get_status(text, sizeof(text));
	assert_non_null(strstr(text, "\"connected\":true"));
	assert_int_equal(run_stop(&run, SIGTERM), 0);
	assert_int_equal(stat(STATUS, &st), -1);
}

/* Clients that never read, or leave at once, hold nothing up. */
TEST(status_clients_that_do_not_read)
{
	struct sockaddr_un addr = { AF_UNIX, STATUS };
	char text[16384];
	struct run run;
	int fd[20];

	run_shell(&run, "exec " FUNCTION " --status " STATUS);
	run_await(&run);
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(fd[i], (struct sockaddr *)&addr,
					 sizeof(addr)), 0);
		if (i % 2)
			shutdown(fd[i], SHUT_RD);
	}
	assert_true(get_status(text, sizeof(text)) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++)
		close(fd[i]);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

TEST(outputs_that_cannot_be)
{
	static const char *const bad[] = {
		" --status no/such/folder", " --trace no/such/folder",
		" --status program.test.sock",
	};
	char command[256];
	struct run run;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sprintf(command, "exec " FUNCTION "%s", bad[i]);
		run_shell(&run, command);
		assert_int_equal(run_finish(&run), 1);
		assert_int_equal(access(SOCKET, F_OK), -1);
	}
	run_shell(&run, "exec " FUNCTION " --fault-plan no/such/file");
	assert_int_equal(run_finish(&run), 2);
}

/* Two names of one file: each output would overwrite the other's. */
TEST(outputs_to_one_file)
{
	static const char *const bad[] = {
		",pcap=" TRACE " --trace ./" TRACE,
		" --trace " TRACE " --stats ./" TRACE,
		",pcap=" TRACE " --stats " TRACE,
		",pcap=" STATS ".tmp --stats " STATS,
		" --function socket=" STATS ".tmp --stats " STATS,
		" --status " STATS ".tmp --stats " STATS,
		" --stats ./" SOCKET,
		",pcap=" TRACE " --function socket=" SOCKET "2,pcap=./" TRACE,
	};
	char command[256];
	struct run run;

	unlink(STATS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sprintf(command, "exec " FUNCTION "%s", bad[i]);
		run_shell(&run, command);
		assert_int_equal(read(run.out, command, 1), 0);
		assert_int_equal(run_finish(&run), 1);
		assert_int_equal(access(STATS, F_OK), -1);
		unlink(TRACE);
		unlink(STATS ".tmp");
	}
	/* A file of an earlier run may be there. */
	run_shell(&run, "echo >" STATS "; echo >" STATS ".tmp; exec " FUNCTION
		    ",pcap=" TRACE " --stats " STATS);
	run_await(&run);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
	unlink(TRACE);
}

/* An admin queue with one command in it; the client keeps no RAM. */
static void push_command(struct run *run)
{
	const union admin_command cmd = {
		.get_feature = {
			.aq_common_descriptor.opcode = ENA_ADMIN_GET_FEATURE,
			.aq_common_descriptor.flags = 1,
			.feat_common.feature_id = ENA_ADMIN_DEVICE_ATTRIBUTES,
		},
	};
	const u32 caps = 32 | 64u << ENA_REGS_AQ_CAPS_AQ_ENTRY_SIZE_SHIFT;
	struct vfu_dma_map map = { sizeof(map), 3, 0, 0x10000, 0x10000 };
	int fd = memfd_create("ram", 0);

	assert_int_equal(ftruncate(fd, (off_t)map.size), 0);
	assert_int_equal(pwrite(fd, &cmd, sizeof(cmd), 0), sizeof(cmd));
	run_call(run, 2, &map, sizeof(map), fd);
	close(fd);
	run_master(run);
	run_write(run, ENA_REGS_AQ_BASE_LO_OFF, 0x10000);
	run_write(run, ENA_REGS_ACQ_BASE_LO_OFF, 0x11000);
	run_write(run, ENA_REGS_AQ_CAPS_OFF, caps);
	run_write(run, ENA_REGS_ACQ_CAPS_OFF, caps);
	run_write(run, ENA_REGS_AQ_DB_OFF, 1);
}

TEST(a_trace_and_a_plan)
{
	char text[4096];
	struct run run;
	FILE *file;
	size_t len;

	run_shell(&run, "echo 0 admin_lost 1 >" PLAN "; exec " FUNCTION
		    " --trace " TRACE " --fault-plan " PLAN " --stats " STATS);
	run_await(&run);
	run_connect(&run, SOCKET);
	push_command(&run);
	run_write(&run, ENA_REGS_DEV_CTL_OFF, 1);
	wait_for_stats(&run, "\"admin_lost\":1");
	assert_int_equal(run_stop(&run, SIGTERM), 0);
	file = fopen(TRACE, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	assert_non_null(strstr(text, " 0 fault admin_lost left=0\n"));
	assert_non_null(strstr(text, " 0 reset reason=normal\n"));
	unlink(TRACE);
	unlink(PLAN);
}

/* The client shortens its RAM while the device has it mapped. */
TEST(ram_that_is_cut)
{
	struct vfu_dma_map map = { sizeof(map), 3, 0, 0x1000, 0x2000 };
	int fd = memfd_create("ram", 0);
	struct run run;

	start_function(&run);
	run_connect(&run, SOCKET);
	assert_int_equal(ftruncate(fd, 0x2000), 0);
	run_call(&run, 2, &map, sizeof(map), fd);
	run_master(&run);
	assert_int_equal(ftruncate(fd, 0x1000), 0);
	for (u32 addr = 0x1000; addr < 0x3000; addr += 0x1000) {
		run_write(&run, ENA_REGS_MMIO_RESP_LO_OFF, addr);
		run_write(&run, ENA_REGS_MMIO_REG_READ_OFF, 1);
	}
	close(fd);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

/* More pages than a process may have mappings: none may need one for itself. */
TEST(much_ram_that_is_cut)
{
	const u64 pages = 70000;
	struct vfu_dma_map map = { sizeof(map), 3, 0, 0, pages << 12 };
	u32 msg[2][9];
	int fd = memfd_create("ram", 0);
	struct run run;

	for (u32 i = 0; i < 2; i++) {
		const u32 offset = i ? ENA_REGS_MMIO_REG_READ_OFF :
				       ENA_REGS_MMIO_RESP_LO_OFF;
		const u32 words[] = { 10u << 16, sizeof(msg[i]), 0x10, 0,
				      offset, 0, VFIO_PCI_BAR0_REGION_INDEX,
				      4, 1 };

		memcpy(msg[i], words, sizeof(words));
	}
	start_function(&run);
	run_connect(&run, SOCKET);
	assert_int_equal(ftruncate(fd, (off_t)map.size), 0);
	run_call(&run, 2, &map, sizeof(map), fd);
	run_master(&run);
	assert_int_equal(ftruncate(fd, 0), 0);
	for (u64 page = 0; page < pages; page += 2) {
		msg[0][8] = (u32)page << 12;
		assert_int_equal(send(run.client, msg, sizeof(msg), 0),
				 sizeof(msg));
	}
	run_write(&run, ENA_REGS_MMIO_RESP_LO_OFF, 0);
	close(fd);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}

/* The client makes its eventfd block: SIGTERM still ends the model. */
TEST(an_eventfd_that_blocks)
{
	const u32 trigger = VFIO_IRQ_SET_ACTION_TRIGGER;
	u32 set[] = { 20, trigger | VFIO_IRQ_SET_DATA_EVENTFD,
		      VFIO_PCI_MSIX_IRQ_INDEX, 0, 1 };
	int fd = eventfd(0, 0);
	u64 full = ~0ull - 1;
	struct run run;

	start_function(&run);
	run_connect(&run, SOCKET);
	run_call(&run, 8, set, sizeof(set), fd);
	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	set[1] = trigger | VFIO_IRQ_SET_DATA_NONE;
	run_call(&run, 8, set, sizeof(set), -1);
	close(fd);
	assert_int_equal(run_stop(&run, SIGTERM), 0);
}
