// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault_plan.h"

#define MAX_FILE	16384

static bool take_number(const char *word, u32 max, u32 *to)
{
	unsigned long number;
	char *end;

	if (!word || *word < '0' || *word > '9')
		return false;
	errno = 0;
	number = strtoul(word, &end, 10);
	if (*end || errno || number > max)
		return false;
	*to = (u32)number;
	return true;
}

static u32 find_fault(const char *name)
{
	u32 fault = FAULT_NONE + 1;

	while (fault < FAULTS && (!name || strcmp(name, fault_name(fault))))
		fault++;
	return fault;
}

const char *fault_plan_line(struct fault_plan *plans, size_t count, char *line)
{
	static const char blanks[] = " \t\r\n";
	struct fault_order *order;
	u32 function, fault, times, after = 0;
	char *word, *more;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, blanks, &more);
	if (!word)
		return NULL;
	if (!take_number(word, (u32)count - 1, &function))
		return "no such function";
	fault = find_fault(strtok_r(NULL, blanks, &more));
	if (fault == FAULTS)
		return "no such fault";
	if (!take_number(strtok_r(NULL, blanks, &more), 0xffff, &times) ||
	    !times)
		return "how many times is not from 1 to 65535";
	word = strtok_r(NULL, blanks, &more);
	if (word && !take_number(word, ~0u, &after))
		return "after how many is not a number";
	if (strtok_r(NULL, blanks, &more))
		return "too many words";
	order = &plans[function].order[fault];
	if (order->times)
		return "this function has that fault already";
	*order = (struct fault_order){ (u16)times, after };
	return NULL;
}

/* What is wrong with the file; NULL: nothing. */
static const char *read_text(const char *path, char *text, size_t size)
{
	const char *wrong = NULL;
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return strerror(errno);
	len = fread(text, 1, size, file);
	if (ferror(file))
		wrong = strerror(errno);
	else if (len == size)
		wrong = "it is too long";
	else if (memchr(text, '\0', len))
		wrong = "it is not a text";
	else
		text[len] = '\0';
	fclose(file);
	return wrong;
}

bool fault_plan_load(struct fault_plan *plans, size_t count, const char *path)
{
	char text[MAX_FILE], *rest = text, *line;
	const char *wrong = read_text(path, text, sizeof(text));
	unsigned int number = 0;

	if (wrong) {
		fprintf(stderr, "ena-device: cannot read %s: %s\n", path,
			wrong);
		return false;
	}
	while (!wrong && (line = strsep(&rest, "\n"))) {
		number++;
		wrong = fault_plan_line(plans, count, line);
	}
	if (wrong)
		fprintf(stderr,
			"ena-device: %s, line %u: %s; expected FUNCTION FAULT TIMES [AFTER], see --help\n",
			path, number, wrong);
	return !wrong;
}
