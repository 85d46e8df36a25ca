// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "vfio_user.h"

/* The tests may run under nohup, or in the background of a shell. */
static void heed_signals(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

void run_program(struct run *run, char *const argv[])
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

void run_shell(struct run *run, const char *command)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c",
			       (char *)command, NULL };

	run_program(run, argv);
}

void run_await(struct run *run)
{
	char line[8] = "";

	assert_int_equal(read(run->out, line, 6), 6);
	assert_string_equal(line, "ready\n");
}

int run_finish(struct run *run)
{
	int status;

	if (run->client >= 0)
		close(run->client);
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	close(run->out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int run_stop(struct run *run, int sig)
{
	kill(run->pid, sig);
	return run_finish(run);
}

void run_call(struct run *run, u16 command, const void *data, u32 len,
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

void run_connect(struct run *run, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, path);
	run->client = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(run->client, (struct sockaddr *)&addr,
				 sizeof(addr)), 0);
	run_call(run, 1, "\0\0\0\0{}", 7, -1);
}

void run_write(struct run *run, u64 offset, u32 value)
{
	u32 access[5] = { (u32)offset, 0, VFIO_PCI_BAR0_REGION_INDEX, 4,
			  value };

	run_call(run, 10, access, sizeof(access), -1);
}

void run_master(struct run *run)
{
	u32 access[5] = { PCI_COMMAND, 0, VFIO_PCI_CONFIG_REGION_INDEX, 2,
			  PCI_COMMAND_MASTER };

	run_call(run, 10, access, 4 * sizeof(u32) + 2, -1);
}
