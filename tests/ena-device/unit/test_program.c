// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
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

#include "fixture.h"
#include "vfio_user.h"

/* The program itself, as a harness uses it. */

#define PROGRAM		"./ena-device"
#define SOCKET		"program.test.sock"
#define STATS		"program.test.json"
#define STATUS		"program.test.status"
#define TRACE		"program.test.trace"
#define PLAN		"program.test.plan"
#define FUNCTION	PROGRAM " --function socket=" SOCKET
#define PATIENCE_MS	20000

struct run {
	pid_t pid;
	int out;
	int client;
};

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

/* The tests may run under nohup, or in the background of a shell. */
static void heed_signals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

static void start(struct run *run, char *const argv[])
{
	int out[2];

	assert_int_equal(pipe(out), 0);
	run->pid = fork();
	assert_true(run->pid >= 0);
	if (!run->pid) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		heed_signals();
		alarm(120);	/* do not hang */
		execv(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	run->out = out[0];
	run->client = -1;
}

static void start_shell(struct run *run, const char *command)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c",
			       (char *)command, NULL };

	start(run, argv);
}

static void await_ready(struct run *run)
{
	char line[8] = "";

	assert_int_equal(read(run->out, line, 6), 6);
	assert_string_equal(line, "ready\n");
}

static void start_function(struct run *run)
{
	unlink(STATS);
	start_shell(run, "exec " FUNCTION " --stats " STATS);
	await_ready(run);
}

static int finish(struct run *run)
{
	int status;

	if (run->client >= 0)
		close(run->client);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	close(run->out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int stop(struct run *run, int sig)
{
	kill(run->pid, sig);
	return finish(run);
}

static void call(struct run *run, u16 command, const void *data, u32 len,
		 int fd)
{
	u32 msg[16] = { (u32)command << 16, 16 + len };
	struct pollfd p = { .fd = run->client, .events = POLLIN };
	u8 reply[VFU_MAX_MSG];

	memcpy(msg + 4, data, len);
	assert_int_equal(send_fds(run->client, msg, 16 + len, &fd, fd >= 0),
			 16 + len);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_true(recv(run->client, reply, sizeof(reply), 0) >= 16);
	memcpy(msg, reply, 16);
	assert_int_equal(msg[2], 1);
}

static void connect_client(struct run *run)
{
	struct sockaddr_un addr = { AF_UNIX, SOCKET };

	run->client = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(run->client, (struct sockaddr *)&addr,
				 sizeof(addr)), 0);
	call(run, 1, "\0\0\0\0{}", 7, -1);
}

static void write_reg(struct run *run, u64 offset, u32 value)
{
	u32 access[5] = { (u32)offset, 0, VFIO_PCI_BAR0_REGION_INDEX, 4,
			  value };

	call(run, 10, access, sizeof(access), -1);
}

/* Without it the device reaches no RAM. */
static void be_master(struct run *run)
{
	u32 access[5] = { PCI_COMMAND, 0, VFIO_PCI_CONFIG_REGION_INDEX, 2,
			  PCI_COMMAND_MASTER };

	call(run, 10, access, 4 * sizeof(u32) + 2, -1);
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
		assert_int_equal(stop(&run, signals[i]), 0);
		assert_int_equal(stat(SOCKET, &st), -1);
		assert_int_equal(stat(STATS, &st), 0);
	}
	start(&run, no_function);
	assert_int_equal(finish(&run), 2);
	start(&run, help);
	assert_int_equal(finish(&run), 0);
	start(&run, no_folder);
	assert_int_equal(finish(&run), 1);
	start(&run, no_stats);
	assert_int_equal(read(run.out, &st, 1), 0);	/* never ready */
	assert_int_equal(finish(&run), 1);
	assert_int_equal(stat(SOCKET, &st), -1);
}

/* A soft limit is raised; a hard one is an error at the start. */
TEST(limits_on_open_files)
{
	struct run run;

	start_shell(&run, "ulimit -Sn 8; exec " FUNCTION);
	await_ready(&run);
	connect_client(&run);
	assert_int_equal(stop(&run, SIGTERM), 0);
	start_shell(&run, "ulimit -n 8; exec " FUNCTION);
	assert_int_equal(finish(&run), 1);
}

TEST(a_limit_on_file_sizes)
{
	struct run run;

	start_shell(&run, "ulimit -f 0; exec " FUNCTION " --stats " STATS);
	assert_int_equal(finish(&run), 1);
	/* Enough for all but the window of LLQ. */
	start_shell(&run, "ulimit -f 4000; exec " FUNCTION ",profile=nitro");
	assert_int_equal(finish(&run), 1);
}

TEST(under_nohup)
{
	struct run run;

	start_shell(&run, "trap '' HUP; exec " FUNCTION);
	await_ready(&run);
	kill(run.pid, SIGHUP);
	connect_client(&run);
	assert_int_equal(stop(&run, SIGTERM), 0);
}

/* The log must not go to whatever gets a closed descriptor's number. */
TEST(closed_standard_files)
{
	char path[64], target[64] = "";
	struct run run;

	start_shell(&run, "exec " FUNCTION " <&- 2>&-");
	await_ready(&run);
	sprintf(path, "/proc/%d/fd/2", run.pid);
	assert_true(readlink(path, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "/dev/null");
	assert_int_equal(stop(&run, SIGTERM), 0);
}

TEST(two_on_one_socket)
{
	char *const argv[] = { (char *)PROGRAM, (char *)"--function",
			       (char *)"socket=" SOCKET, NULL };
	struct run first, second;

	start_function(&first);
	start(&second, argv);
	assert_int_equal(finish(&second), 1);
	connect_client(&first);
	assert_int_equal(stop(&first, SIGTERM), 0);
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
	assert_int_equal(stop(&run, SIGTERM), 0);
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
	connect_client(&run);
	wait_for_stats(&run, "\"connected\":true");
	write_reg(&run, ENA_REGS_DEV_CTL_OFF, 1);
	wait_for_stats(&run, "\"resets\":1");
	close(run.client);
	run.client = -1;
	wait_for_stats(&run, "\"connected\":false");
	assert_int_equal(stop(&run, SIGTERM), 0);
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

	start_shell(&run, "exec " FUNCTION " --status " STATUS);
	await_ready(&run);
	len = get_status(text, sizeof(text));
	assert_int_equal(text[0], '{');
	assert_string_equal(text + len - 4, "\n]}\n");
	assert_non_null(strstr(text, "\"connected\":false"));
	connect_client(&run);
	get_status(text, sizeof(text));
	assert_non_null(strstr(text, "\"connected\":true"));
	assert_int_equal(stop(&run, SIGTERM), 0);
	assert_int_equal(stat(STATUS, &st), -1);
}

/* Clients that never read, or leave at once, hold nothing up. */
TEST(status_clients_that_do_not_read)
{
	struct sockaddr_un addr = { AF_UNIX, STATUS };
	char text[16384];
	struct run run;
	int fd[20];

	start_shell(&run, "exec " FUNCTION " --status " STATUS);
	await_ready(&run);
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
	assert_int_equal(stop(&run, SIGTERM), 0);
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
		start_shell(&run, command);
		assert_int_equal(finish(&run), 1);
		assert_int_equal(access(SOCKET, F_OK), -1);
	}
	start_shell(&run, "exec " FUNCTION " --fault-plan no/such/file");
	assert_int_equal(finish(&run), 2);
}

/* Two names of one file: each output would overwrite the other's. */
TEST(outputs_to_one_file)
{
	static const char *const bad[] = {
		",pcap=" TRACE " --trace ./" TRACE,
		" --trace " TRACE " --stats ./" TRACE,
		",pcap=" TRACE " --stats " TRACE,
		",pcap=" STATS ".tmp --stats " STATS,
		",pcap=" TRACE " --function socket=" SOCKET "2,pcap=./" TRACE,
	};
	char command[256];
	struct run run;

	unlink(STATS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		sprintf(command, "exec " FUNCTION "%s", bad[i]);
		start_shell(&run, command);
		assert_int_equal(read(run.out, command, 1), 0);
		assert_int_equal(finish(&run), 1);
		assert_int_equal(access(STATS, F_OK), -1);
		unlink(TRACE);
	}
	unlink(STATS ".tmp");
	/* A file of an earlier run may be there. */
	start_shell(&run, "echo >" STATS "; echo >" STATS ".tmp; exec " FUNCTION
		    ",pcap=" TRACE " --stats " STATS);
	await_ready(&run);
	assert_int_equal(stop(&run, SIGTERM), 0);
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
	call(run, 2, &map, sizeof(map), fd);
	close(fd);
	be_master(run);
	write_reg(run, ENA_REGS_AQ_BASE_LO_OFF, 0x10000);
	write_reg(run, ENA_REGS_ACQ_BASE_LO_OFF, 0x11000);
	write_reg(run, ENA_REGS_AQ_CAPS_OFF, caps);
	write_reg(run, ENA_REGS_ACQ_CAPS_OFF, caps);
	write_reg(run, ENA_REGS_AQ_DB_OFF, 1);
}

TEST(a_trace_and_a_plan)
{
	char text[4096];
	struct run run;
	FILE *file;
	size_t len;

	start_shell(&run, "echo 0 admin_lost 1 >" PLAN "; exec " FUNCTION
		    " --trace " TRACE " --fault-plan " PLAN " --stats " STATS);
	await_ready(&run);
	connect_client(&run);
	push_command(&run);
	write_reg(&run, ENA_REGS_DEV_CTL_OFF, 1);
	wait_for_stats(&run, "\"admin_lost\":1");
	assert_int_equal(stop(&run, SIGTERM), 0);
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
	connect_client(&run);
	assert_int_equal(ftruncate(fd, 0x2000), 0);
	call(&run, 2, &map, sizeof(map), fd);
	be_master(&run);
	assert_int_equal(ftruncate(fd, 0x1000), 0);
	for (u32 addr = 0x1000; addr < 0x3000; addr += 0x1000) {
		write_reg(&run, ENA_REGS_MMIO_RESP_LO_OFF, addr);
		write_reg(&run, ENA_REGS_MMIO_REG_READ_OFF, 1);
	}
	close(fd);
	assert_int_equal(stop(&run, SIGTERM), 0);
}

/* More pages than a process may have mappings: none may need one for itself. */
TEST(much_ram_that_is_cut)
{
	const u64 pages = 70000;
	struct vfu_dma_map map = { sizeof(map), 3, 0, 0, pages << 12 };
	u32 msg[2][9];
	int fd = memfd_create("ram", 0);
	struct run run;

	for (u32 i = 0; i < 2; i++)
		memcpy(msg[i], (u32[]){ 10u << 16, sizeof(msg[i]), 0x10, 0,
					i ? ENA_REGS_MMIO_REG_READ_OFF :
					    ENA_REGS_MMIO_RESP_LO_OFF,
					0, VFIO_PCI_BAR0_REGION_INDEX, 4, 1 },
		       sizeof(msg[i]));
	start_function(&run);
	connect_client(&run);
	assert_int_equal(ftruncate(fd, (off_t)map.size), 0);
	call(&run, 2, &map, sizeof(map), fd);
	be_master(&run);
	assert_int_equal(ftruncate(fd, 0), 0);
	for (u64 page = 0; page < pages; page += 2) {
		msg[0][8] = (u32)page << 12;
		assert_int_equal(send(run.client, msg, sizeof(msg), 0),
				 sizeof(msg));
	}
	write_reg(&run, ENA_REGS_MMIO_RESP_LO_OFF, 0);
	close(fd);
	assert_int_equal(stop(&run, SIGTERM), 0);
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
	connect_client(&run);
	call(&run, 8, set, sizeof(set), fd);
	assert_int_equal(write(fd, &full, sizeof(full)), sizeof(full));
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	set[1] = trigger | VFIO_IRQ_SET_DATA_NONE;
	call(&run, 8, set, sizeof(set), -1);
	close(fd);
	assert_int_equal(stop(&run, SIGTERM), 0);
}
