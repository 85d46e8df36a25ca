// SPDX-License-Identifier: GPL-2.0
/* Counts frames with a cut header for a while, then prints them. */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "bpf.h"
#include "embed.h"
#include "watch.h"

EMBED(watch, "watch.bpf.o");

/* Its variables, in the order of watch.bpf.c. */
#define READ_ONLY	".rodata"
#define VARIABLES	".bss"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = 1;
}

static struct bpf_object *load_watch(__u32 only_ifindex)
{
	struct bpf_object *object = bpf_object__open_mem(watch_object,
			watch_object_end - watch_object, NULL);
	struct bpf_map *map;
	int err;

	if (!object)
		fail(EXIT_NO_BPF, "the BPF object cannot be read: %s",
		     strerror(errno));
	map = bpf_object__find_map_by_name(object, READ_ONLY);
	err = bpf_map__set_initial_value(map, &only_ifindex,
					 sizeof(only_ifindex)) ?:
	      bpf_object__load(object);
	if (err)
		fail(EXIT_NO_BPF,
		     "the kernel does not load the BPF program: %s",
		     strerror(-err));
	return object;
}

/* Keys that come meanwhile are in the next round. */
typedef void row_fn(const struct watch_key *key,
		    const struct watch_value *value, void *data);

static void each_row(int map_fd, row_fn *fn, void *data)
{
	struct watch_key key, *previous = NULL;
	struct watch_value value;

	while (!bpf_map_get_next_key(map_fd, previous, &key)) {
		if (!bpf_map_lookup_elem(map_fd, &key, &value))
			fn(&key, &value, data);
		previous = &key;
	}
}

static void add_frames(const struct watch_key *key,
		       const struct watch_value *value, void *data)
{
	*(__u64 *)data += value->frames;
}

/* No tab or line break of a process's name gets into the table. */
static void print_name(const char *name)
{
	for (; *name; name++)
		putchar(*name > ' ' && *name < 127 ? *name : '_');
}

static void print_row(const struct watch_key *key,
		      const struct watch_value *value, void *data)
{
	char from[IF_NAMESIZE + 16];

	if (!value->frames)
		return;
	if (!key->from)
		strcpy(from, "-");
	else if (!if_indextoname(key->from, from))
		snprintf(from, sizeof(from), "if%u", key->from);
	print_name(key->ifname);
	printf("\t%s\t%u\t%u\t%u\t", from, key->head, key->need, key->protocol);
	print_name(key->process);
	printf("\t%llu\t%llu\t%u\n", value->frames, value->bytes, key->whole);
}

/* A line a second, for who sits there. */
static void wait_and_tell(int map_fd, unsigned int seconds)
{
	bool terminal = isatty(STDERR_FILENO);
	struct timespec second = { .tv_sec = 1 };
	unsigned int i;

	for (i = 0; i < seconds && !interrupted; i++) {
		__u64 frames = 0;

		nanosleep(&second, NULL);
		if (!terminal)
			continue;
		each_row(map_fd, add_frames, &frames);
		fprintf(stderr, "%u s: %llu frames with a cut header\n", i + 1,
			frames);
	}
}

static struct bpf_link *attach_probe(struct bpf_object *object,
				     const char *name)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(object, name);
	struct bpf_link *link = bpf_program__attach(program);

	if (!link || libbpf_get_error(link))
		fail(EXIT_NO_BPF, "there is no %s: %s",
		     bpf_program__section_name(program), strerror(errno));
	return link;
}

int cmd_watch(unsigned int seconds, int ifindex)
{
	struct bpf_object *object = load_watch(ifindex);
	struct bpf_link *pull = attach_probe(object, "watch_pull");
	struct bpf_link *link = attach_probe(object, "watch");
	__u64 not_told_apart = 0;
	__u32 zero = 0;
	int rows, rest;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	/* The caller may now send what is to be counted. */
	fputs("watching\n", stderr);
	rows = bpf_object__find_map_fd_by_name(object, "cut_frames");
	rest = bpf_object__find_map_fd_by_name(object, VARIABLES);
	wait_and_tell(rows, seconds);
	bpf_link__destroy(link);
	bpf_link__destroy(pull);
	each_row(rows, print_row, NULL);
	bpf_map_lookup_elem(rest, &zero, &not_told_apart);
	if (not_told_apart)
		printf("-\t-\t0\t0\t0\t-\t%llu\t0\t0\n", not_told_apart);
	bpf_object__close(object);
	return 0;
}
