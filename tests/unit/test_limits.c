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

/* Sizes, times and texts: at the limit, beyond, and how it is called. */
struct word {
	const char *key, *at, *beyond, *named;
	bool task;
	const char *head, *tail;
};

#define N63 "123456789012345678901234567890123456789012345678901234567890123"
#define N255 N63 N63 N63 N63 "123"
#define DISK "nodes = ( " NODE " ); disks = ( { name = \"d\"; "
#define D(key, at, beyond, named)                                              \
	{ key, at, beyond, named, false, DISK key " = ", "; } );" }
#define T(key, at, beyond, named)                                              \
	{ key, at, beyond, named, true, "name = \"t\"; " key " = ", ";" }
#define W(key, at, beyond, named)                                              \
	{ key, at, beyond, named, true,                                        \
	  "name = \"t\"; anon = \"1T\"; "                                \
	  "workload = ( { pattern = \"uniform\"; " key " = ", "; } );" }
#define C(group, key, at, beyond, named)                                       \
	{ key, at, beyond, named, false,                                       \
	  "nodes = ( " NODE " ); " group " = { " key " = ", "; };" }

static const struct word words[] = {
	{ "memory", "\"1T\"", "\"1048577M\"", "\"1T\"", false,
	  "nodes = ( { memory = ", "; } );" },
	D("read_latency", "\"60s\"", "\"61s\"", "\"1m\""),
	D("write_latency", "\"60s\"", "\"61s\"", "\"1m\""),
	D("bandwidth", "\"16T/s\"", "\"17T/s\"", "\"16T/s\""),
	D("queue_depth", "65536", "65537", "65536"),
	D("errors", "1.0", "1.1", "1.0"),
	{ "size", "\"256G\"", "\"257G\"", "\"256G\"", false,
	  BASE "swap = ( { path = \"/s\"; disk = \"d\"; size = ", "; } );" },
	{ "priority", "32767", "32768", "32767", false,
	  BASE "swap = ( { path = \"/s\"; size = \"1M\"; priority = ",
	  "; } );" },
	{ "size", "\"1T\"", "\"1025G\"", "\"1T\"", false,
	  BASE "files = ( { name = \"/f\"; disk = \"d\"; size = ",
	  "; } );" },
	{ "name", "\"" N63 "\"", "\"" N63 "4\"", "63", false,
	  "nodes = ( " NODE " ); disks = ( { name = ", "; } );" },
	{ "path", "\"" N63 "\"", "\"" N63 "4\"", "63", false,
	  BASE "swap = ( { size = \"1M\"; path = ", "; } );" },
	{ "name", "\"123456789012345\"", "\"1234567890123456\"", "15", true,
	  "name = ", ";" },
	T("args", "\"" N255 "\"", "\"" N255 "6\"", "255"),
	T("uid", "4294967294L", "4294967295L", "4294967294"),
	T("gid", "4294967294L", "4294967295L", "4294967294"),
	T("anon", "\"1T\"", "\"1025G\"", "\"1T\""),
	T("leak", "\"4000000000K/s\"", "\"4000000004K/s\"",
	  "\"3906250M/s\""),
	W("duration", "\"8760h\"", "\"8761h\"", "\"8760h\""),
	W("rate", "1000000000", "1000000001", "1000000000"),
	W("first", "\"1023G\"", "\"1025G\"", "\"1T\""),
	W("hot", "1.0", "1.1", "1.0"),
	C("costs", "touch", "\"1s\"", "\"2s\"", "\"1s\""),
	C("costs", "remote_percent", "10000", "10001", "10000"),
	C("kernel", "misc", "\"1M\"", "\"1025G\"", "\"1T\""),
};

#define NR_WORDS (sizeof(words) / sizeof(words[0]))

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

static int parse_word(const struct word *w, const char *value, char **messages)
{
	static struct vm_machine m;
	struct vm_task_conf t;
	char text[2048];
	int err;

	snprintf(text, sizeof(text), "%s%s%s", w->head, value, w->tail);
	if (w->task)
		return machine_conf_task("m", text, &t, messages);
	err = machine_conf_parse("m", text, &m, messages);
	if (!err)
		vm_machine_fini(&m);
	return err;
}

START_TEST(test_word)
{
	const struct word *w = &words[_i];
	char *messages;

	ck_assert_msg(!parse_word(w, w->at, &messages), "%s = %s: %s", w->key,
		      w->at, messages);
	free(messages);
	ck_assert_msg(parse_word(w, w->beyond, &messages) == -EINVAL,
		      "%s = %s is taken", w->key, w->beyond);
	ck_assert_msg(strstr(messages, w->key) && strstr(messages, w->named),
		      "%s = %s: %.300s", w->key, w->beyond, messages);
	free(messages);
}
END_TEST

/* Tunables that a machine boots with, which may come more than once. */
START_TEST(test_sysctls)
{
	char text[4096], *messages;
	struct vm_machine m;
	unsigned i, nr;

	for (nr = VM_MAX_SYSCTLS; nr <= VM_MAX_SYSCTLS + 1; nr++) {
		snprintf(text, sizeof(text),
			 "nodes = ( " NODE " ); sysctl = (");
		for (i = 0; i < nr; i++)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text),
				 "%s\"vm.swappiness = 1\"", i ? "," : "");
		strncat(text, ");", sizeof(text) - strlen(text) - 1);
		i = (unsigned)!machine_conf_parse("m", text, &m, &messages);
		ck_assert_uint_eq(i, nr == VM_MAX_SYSCTLS);
		if (i)
			vm_machine_fini(&m);
		else
			ck_assert_ptr_nonnull(strstr(messages, "at most 64"));
		free(messages);
	}
}
END_TEST

CHECK_MAIN_ROWS("limits", { test_limit, NR_ROWS }, { test_word, NR_WORDS },
		{ test_sysctls, 0 })
