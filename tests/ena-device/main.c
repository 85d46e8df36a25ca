// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "device.h"
#include "options.h"
#include "process.h"
#include "status.h"
#include "vfio_user.h"

struct function {
	struct ena_dev dev;
	struct vfu_server server;
};

struct model {
	size_t count;
	struct function *function;
	const struct ena_dev *dev[MAX_FUNCTIONS];
	const char *stats;
	FILE *trace;
	struct listener status;
	int signals;
	int timer;
	bool stop;
};

/* For a signal handler. */
static struct model *running;

/* poll(2) slots: three for the model, then two for each function. */
enum { SLOT_SIGNALS, SLOT_TIMER, SLOT_STATUS, SLOT_FUNCTIONS };
enum { SLOT_CLIENT, SLOT_TAP, SLOTS_PER_FUNCTION };
/* Standard files, the model's, and those open for a moment. */
#define OTHER_FILES		16
#define FILES_PER_FUNCTION	6	/* two sockets, tap, capture, LLQ */
#define MAX_SLOTS	(SLOT_FUNCTIONS + SLOTS_PER_FUNCTION * MAX_FUNCTIONS)

static int open_function(struct function *f, unsigned int index,
			 const struct function_options *options)
{
	int err;

	ena_dev_init(&f->dev, index, &options->config);
	vfu_init(&f->server, &pci_vfu_ops, &f->dev);
	err = ena_dev_open_llq(&f->dev);
	if (err)
		return complain("cannot open", "an LLQ window", err);
	err = vfu_listen(&f->server, options->socket);
	if (err)
		return complain("cannot listen on", options->socket, err);
	if (options->pcap) {
		err = capture_open(&f->dev.port.capture, options->pcap,
				   options->pcapng);
		if (err)
			return complain("cannot write", options->pcap, err);
	}
	if (options->tap) {
		err = wire_open_tap(&f->dev.port, options->tap);
		if (err)
			return complain("cannot open tap", options->tap, err);
	}
	return 0;
}

static void join_wires(struct model *model, const struct options *options)
{
	for (size_t i = 0; i + 1 < model->count; i += 2)
		if (!options->function[i].tap && !options->function[i + 1].tap)
			wire_join(&model->function[i].dev.port,
				  &model->function[i + 1].dev.port);
}

/* Of a function: its files, its eventfds, and those of a message. */
static size_t count_open_files(const struct options *options)
{
	size_t count = OTHER_FILES;

	for (size_t i = 0; i < options->count; i++)
		count += FILES_PER_FUNCTION + VFU_MAX_FDS + IRQ_MAX_VECTORS;
	return count;
}

#define STATUS_BACKLOG	8

static int open_outputs(struct model *model, const struct options *options)
{
	int err;

	model->stats = options->stats;
	if (options->trace) {
		model->trace = trace_open(options->trace);
		if (!model->trace)
			return complain("cannot write", options->trace, -errno);
	}
	if (!options->status)
		return 0;
	err = listener_open(&model->status, "status", options->status,
			    STATUS_BACKLOG);
	return err ? complain("cannot listen on", options->status, err) : 0;
}

static bool lose_page(const void *addr)
{
	for (size_t i = 0; i < running->count; i++)
		if (dma_lose(&running->function[i].dev.dma, addr))
			return true;
	return false;
}

static int open_model(struct model *model, const struct options *options)
{
	int err = process_prepare(count_open_files(options));

	if (err)
		return err;
	err = open_outputs(model, options);
	if (err)
		return err;
	running = model;
	model->function = calloc(options->count, sizeof(*model->function));
	if (!model->function)
		return complain("cannot allocate", "functions", -ENOMEM);
	model->signals = process_open_signals(lose_page);
	model->timer = process_open_timer();
	if (model->signals < 0 || model->timer < 0)
		return -EIO;
	for (size_t i = 0; i < options->count; i++) {
		struct function *f = &model->function[i];

		model->dev[i] = &f->dev;
		model->count++;
		err = open_function(f, (unsigned int)i, &options->function[i]);
		if (err)
			return err;
		f->dev.trace = model->trace;
	}
	join_wires(model, options);
	return options_outputs_differ(options) ? 0 : -EINVAL;
}

static void close_model(struct model *model)
{
	for (size_t i = 0; i < model->count; i++) {
		vfu_close(&model->function[i].server);
		wire_port_release(&model->function[i].dev.port);
		llq_close(&model->function[i].dev.llq);
	}
	free(model->function);
	listener_close(&model->status);
	if (model->trace)
		fclose(model->trace);
	if (model->signals >= 0)
		close(model->signals);
	if (model->timer >= 0)
		close(model->timer);
}

static int save_stats(const struct model *model)
{
	int err;

	if (!model->stats)
		return 0;
	err = stats_save(model->stats, model->dev, model->count);
	return err ? complain("cannot write", model->stats, err) : 0;
}

static void take_signal(struct model *model)
{
	struct signalfd_siginfo info;

	if (read(model->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		save_stats(model);
	else
		model->stop = true;
}

static void tick(struct model *model)
{
	u64 expirations;

	if (read(model->timer, &expirations, sizeof(expirations)) < 0)
		return;
	listener_tick(&model->status);
	for (size_t i = 0; i < model->count; i++) {
		metrics_new_second(&model->function[i].dev);
		aenq_tick(&model->function[i].dev);
		vfu_tick(&model->function[i].server);
	}
}

static void prepare_polls(const struct model *model, struct pollfd *slots)
{
	slots[SLOT_SIGNALS] = (struct pollfd){ model->signals, POLLIN, 0 };
	slots[SLOT_TIMER] = (struct pollfd){ model->timer, POLLIN, 0 };
	slots[SLOT_STATUS] = (struct pollfd){
		listener_poll(&model->status), POLLIN, 0,
	};
	for (size_t i = 0; i < model->count; i++) {
		const struct function *f = &model->function[i];
		struct pollfd *p = slots + SLOT_FUNCTIONS +
				   i * SLOTS_PER_FUNCTION;

		p[SLOT_CLIENT].fd = vfu_poll(&f->server,
					     &p[SLOT_CLIENT].events);
		p[SLOT_TAP] = (struct pollfd){ f->dev.port.tap, POLLIN, 0 };
	}
}

static void serve_function(struct function *f, const struct pollfd *p)
{
	if (p[SLOT_CLIENT].revents || vfu_has_work(&f->server))
		vfu_process(&f->server);
	if (p[SLOT_TAP].revents)
		wire_poll_tap(&f->dev.port, p[SLOT_TAP].revents & POLLERR);
}

/* Until a delayed interrupt is due or there is work; NULL if neither. */
static struct timespec *until_next(const struct model *model,
				   struct timespec *delay)
{
	u64 next = ~0ull, now;

	for (size_t i = 0; i < model->count; i++) {
		u64 due = model->dev[i]->irq.next;

		if (vfu_has_work(&model->function[i].server))
			due = 1;
		if (due && due < next)
			next = due;
	}
	if (next == ~0ull)
		return NULL;
	now = irq_now();
	next = next > now ? next - now : 0;
	delay->tv_sec = (time_t)(next / 1000000);
	delay->tv_nsec = (long)(next % 1000000 * 1000);
	return delay;
}

static void run_delayed(struct model *model)
{
	for (size_t i = 0; i < model->count; i++)
		if (model->dev[i]->irq.next)
			irq_run_delayed(&model->function[i].dev, irq_now());
}

static int run(struct model *model)
{
	struct pollfd slots[MAX_SLOTS];
	struct timespec delay;
	nfds_t count = (nfds_t)(SLOT_FUNCTIONS +
				SLOTS_PER_FUNCTION * model->count);

	while (!model->stop) {
		prepare_polls(model, slots);
		if (ppoll(slots, count, until_next(model, &delay), NULL) < 0) {
			if (errno == EINTR)
				continue;
			return complain("cannot", "poll", -errno);
		}
		if (slots[SLOT_SIGNALS].revents)
			take_signal(model);
		if (slots[SLOT_TIMER].revents)
			tick(model);
		if (slots[SLOT_STATUS].revents)
			status_serve(&model->status, model->dev, model->count);
		run_delayed(model);
		for (size_t i = 0; i < model->count; i++)
			serve_function(&model->function[i],
				       slots + SLOT_FUNCTIONS +
					       i * SLOTS_PER_FUNCTION);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct model model = {
		.signals = -1, .timer = -1, .status.fd = -1,
	};
	struct options options;
	int err;

	switch (options_parse(&options, argc, argv)) {
	case PARSED_HELP:
		return 0;
	case PARSED_ERROR:
		return 2;
	case PARSED_RUN:
		break;
	}
	err = open_model(&model, &options);
	if (!err)	/* a file that cannot be written shows now */
		err = save_stats(&model);
	if (!err) {
		puts("ready");
		fflush(stdout);
		err = run(&model);
		if (save_stats(&model))
			err = -EIO;
	}
	close_model(&model);
	return err ? 1 : 0;
}
