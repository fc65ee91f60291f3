/* SPDX-License-Identifier: MIT */
/*
 * test_limits.c - every named limit of include/vm/machine.h, from outside.
 *
 * A machine file or a line for spawn that is exactly at a limit is taken, and
 * one beyond it is refused with the key it is about and the limit's value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/machine.h>

#include "check_main.h"
#include "fs/conf/machine_conf.h"

#define NODE "{ memory = \"16M\"; }"

/* Copies of a text, "%u" being the number of each; or one number. */
struct row {
	const char *key; /* that the message names */
	uint64_t limit;
	bool task;	 /* for spawn, not a machine file */
	const char *head, *each, *sep, *tail;
};

#define BASE "nodes = ( " NODE " ); disks = ( { name = \"d\"; } );\n"
#define LIST(key, nr, head, each, tail)                                        \
	{ key, nr, false, head, each, ",", tail }
/* A number that goes up to the limit. */
#define VALUE(key, nr, head, tail)                                             \
	{ key, nr, false, head, NULL, "", tail }
#define TASK(key, nr, head, tail)                                              \
	{ key, nr, true, head, NULL, "", tail }

static const struct row rows[] = {
	LIST("nodes", VM_MAX_NODES, "nodes = (", NODE, ");"),
	LIST("disks", VM_MAX_DISKS, "nodes = (" NODE "); disks = (",
	     "{ name = \"d%u\"; }", ");"),
	LIST("swap", VM_MAX_SWAPS, BASE "swap = (",
	     "{ path = \"/s%u\"; disk = \"d\"; size = \"1M\"; }", ");"),
	LIST("files", VM_MAX_FILES, BASE "files = (",
	     "{ name = \"/f%u\"; disk = \"d\"; size = \"4K\"; }", ");"),
	LIST("tasks", VM_MAX_TASKS, BASE "tasks = (", "{ name = \"t%u\"; }",
	     ");"),
	LIST("workload", VM_MAX_PHASES,
	     BASE "tasks = ( { name = \"t\"; anon = \"1M\"; workload = (",
	     "{ pattern = \"uniform\"; }", "); } );"),
	VALUE("cpus", VM_MAX_CPUS - 1,
	      "nodes = ( { memory = \"16M\"; cpus = \"0-", "\"; } );"),
	VALUE("distance", VM_MAX_DISTANCE,
	      "nodes = ( { memory = \"16M\"; distance = [ 10, ",
	      " ]; }, " NODE " );"),
	VALUE("pid", VM_MAX_PID, BASE "tasks = ( { name = \"t\"; pid = ",
	      "; } );"),
	TASK("pid", VM_MAX_PID, "name = \"t\"; pid = ", ";"),
	TASK("ppid", VM_MAX_PID, "name = \"t\"; ppid = ", ";"),
	TASK("threads", VM_MAX_PID, "name = \"t\"; threads = ", ";"),
	TASK("cpu", VM_MAX_CPUS - 1, "name = \"t\"; cpu = ", ";"),
	TASK("nodes", VM_MAX_NODES - 1, "name = \"t\"; nodes = ", ";"),
	TASK("oom_score_adj", 1000, "name = \"t\"; oom_score_adj = ", ";"),
	{ "workload", VM_MAX_PHASES, true,
	  "name = \"t\"; anon = \"1M\"; workload = (",
	  "{ pattern = \"uniform\"; }", ",", ");" },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static char *text_of(const struct row *r, uint64_t n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	const char *at;
	uint64_t i;

	ck_assert_ptr_nonnull(f);
	fputs(r->head, f);
	if (!r->each)
		fprintf(f, "%llu", (unsigned long long)n);
	for (i = 0; r->each && i < n; i++) {
		fputs(i ? r->sep : "", f);
		for (at = r->each; *at; at++) {
			if (at[0] == '%' && at[1] == 'u') {
				fprintf(f, "%llu", (unsigned long long)i);
				at++;
			} else {
				fputc(*at, f);
			}
		}
	}
	fputs(r->tail, f);
	fclose(f);
	return text;
}

static int parse(const struct row *r, uint64_t n, char **messages)
{
	static struct vm_machine m;
	struct vm_task_conf t;
	char *text = text_of(r, n);
	int err;

	if (r->task) {
		err = machine_conf_task("m", text, &t, messages);
	} else {
		err = machine_conf_parse("m", text, &m, messages);
		if (!err)
			vm_machine_fini(&m);
	}
	free(text);
	return err;
}

START_TEST(test_limit)
{
	const struct row *r = &rows[_i];
	char *messages, value[32];

	ck_assert_msg(!parse(r, r->limit, &messages), "%s at its limit: %s",
		      r->key, messages);
	free(messages);
	snprintf(value, sizeof(value), "%llu", (unsigned long long)r->limit);
	ck_assert_msg(parse(r, r->limit + 1, &messages) == -EINVAL,
		      "%s beyond its limit is taken", r->key);
	ck_assert_msg(strstr(messages, r->key) && strstr(messages, value),
		      "%s beyond %s: %.300s", r->key, value, messages);
	free(messages);
}
END_TEST

CHECK_MAIN_ROWS("limits", { test_limit, NR_ROWS })
