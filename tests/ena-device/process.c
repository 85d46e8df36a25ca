// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

int complain(const char *what, const char *name, int err)
{
	const char *hint = "";

	if (err == -EADDRINUSE)
		hint = " (does another ena-device run?)";
	else if (err == -EEXIST)
		hint = ", and it or its .tmp is not a regular file";
	fprintf(stderr, "ena-device: %s %s: %s%s\n", what, name, strerror(-err),
		hint);
	return err;
}

/*
 * A descriptor below 3 that is closed would be given to a socket or a capture,
 * and our log would go there.
 */
static int open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return complain("cannot open", "/dev/null", -errno);
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

/* Too few would show late, as clients that cannot connect. */
static int allow_open_files(rlim_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return complain("cannot read", "the limit on open files",
				-errno);
	if (limit.rlim_cur >= count)
		return 0;
	if (limit.rlim_max < count) {
		fprintf(stderr,
			"ena-device: needs %lu open files, the limit is %lu; see ulimit -n\n",
			(unsigned long)count, (unsigned long)limit.rlim_max);
		return -EMFILE;
	}
	limit.rlim_cur = count;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return complain("cannot raise", "the limit on open files",
				-errno);
	return 0;
}

static bool (*lost_page)(const void *addr);

/* A client can shorten the memory file that we map. */
static void take_lost_page(int sig, siginfo_t *info, void *context)
{
	if (!lost_page(info->si_addr))
		abort();
}

static void interrupt_a_call(int sig)
{
}

/*
 * A call on a client's file descriptor can block. A signal each second ends it
 * (EINTR), so that other clients are served. It does not help if the client
 * also serves the file system that the file is on: we trust it not to do that.
 */
static int start_interrupting(void)
{
	struct sigaction no_restart = { .sa_handler = interrupt_a_call };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR2,
	};
	const struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	timer_t timer;

	if (sigaction(SIGUSR2, &no_restart, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &second, NULL))
		return complain("cannot set up", "a timer", -errno);
	return 0;
}

/* Under nohup(1) it stays ignored; a blocked signal would be queued. */
static bool is_ignored(int sig)
{
	struct sigaction action;

	return !sigaction(sig, NULL, &action) && action.sa_handler == SIG_IGN;
}

int process_open_signals(bool (*on_lost_page)(const void *addr))
{
	struct sigaction bus = {
		.sa_sigaction = take_lost_page,
		.sa_flags = SA_SIGINFO,
	};
	sigset_t set;
	int fd;

	lost_page = on_lost_page;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	if (!is_ignored(SIGHUP))
		sigaddset(&set, SIGHUP);
	/* The reader of our log may exit first. */
	signal(SIGPIPE, SIG_IGN);
	/* A capture may reach the limit on file sizes: the write fails. */
	signal(SIGXFSZ, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || sigaction(SIGBUS, &bus, NULL))
		return complain("cannot set up", "signals", -errno);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd >= 0 ? fd : complain("cannot set up", "signals", -errno);
}

int process_open_timer(void)
{
	const struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &second, NULL))
		return complain("cannot set up", "a timer", -errno);
	return fd;
}

int process_prepare(size_t open_files)
{
	int err = open_standard_fds();

	if (!err)
		err = allow_open_files(open_files);
	return err ? err : start_interrupting();
}
