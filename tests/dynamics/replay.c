/* SPDX-License-Identifier: MIT */
/*
 * replay.c - read a scenario and do what its lines say.
 *
 * Called by test_replay.c.  Reads the machine, boots it, watches it for OOM
 * kills, hands commands to steps.c and rows to table.c.  The observer runs
 * with the engine's lock held and only copies.
 */
#include "dynamics/replay.h"

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/log.h"
#include "fs/conf/machine_conf.h"

#define MAX_LINE 4096

void replay_complain(struct replay *r, const char *fmt, ...)
{
	va_list ap;

	printf("%s:%d: ", r->path, r->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	r->failed++;
}

static void add_victim(struct replay *r, const char *comm)
{
	size_t len = strlen(r->victims);

	snprintf(r->victims + len, sizeof(r->victims) - len, "%s%s",
		 len ? " " : "", comm);
}

/* A kill, or the panic that came instead. */
static void observe(void *arg, const struct vm_event *ev)
{
	struct replay *r = arg;
	struct report *p;

	log_event(r, ev);
	if (ev->type != VM_EV_OOM_KILL && ev->type != VM_EV_OOM_PANIC)
		return;
	if (ev->type == VM_EV_OOM_KILL)
		add_victim(r, ev->oom->victim.comm);
	if (r->nr_reports == REPLAY_MAX_REPORTS)
		return;
	p = &r->report[r->nr_reports++];
	p->task = ev->oom->victim;
	if (ev->type == VM_EV_OOM_KILL)
		memcpy(p->victim, ev->oom->victim.comm, sizeof(p->victim));
	vm_stat_get_locked(r->vm, &p->stat);
}

/* @name lies beside the scenario. */
static bool boot(struct replay *r, const char *name)
{
	char dir[MAX_LINE], path[2 * MAX_LINE];
	char *messages = NULL;
	int err;

	snprintf(dir, sizeof(dir), "%s", r->path);
	snprintf(path, sizeof(path), "%s/%s", dirname(dir), name);
	err = machine_conf_read(path, &r->machine, &messages);
	if (err) {
		replay_complain(r, "%s", messages ? messages : strerror(-err));
		free(messages);
		return false;
	}
	free(messages);
	err = vm_create(&r->vm, &r->machine, VM_WORLD_SIM);
	if (err) {
		replay_complain(r, "boot: %s", strerror(-err));
		return false;
	}
	if (!log_open(r))
		return false;
	/* in place of the log's own observer, which ours calls */
	vm_observe(r->vm, observe, r);
	return true;
}

static void do_line(struct replay *r, char *line)
{
	char *args = line;
	char *word = strsep(&args, " \t");

	while (args && (*args == ' ' || *args == '\t'))
		args++;
	if (!args)
		args = word + strlen(word);
	if (strcmp(word, "machine") == 0)
		boot(r, args);
	else if (!r->vm)
		replay_complain(r, "no machine yet");
	else if (strcmp(word, "row") == 0)
		table_row(r, args);
	else if (strcmp(word, "victims") == 0)
		table_words(r, "victims, in order", args, r->victims);
	else if (strcmp(word, "log") == 0)
		log_compare(r, args);
	else if (!replay_step(r, word, args))
		replay_complain(r, "no such command: %s", word);
}

/* A comment and the newline go. */
static void strip(char *line)
{
	char *end = line + strcspn(line, "#\n");

	while (end > line && strchr(" \t\n", end[-1]))
		end--;
	*end = '\0';
}

static void play(struct replay *r, FILE *f)
{
	char line[MAX_LINE];

	while (fgets(line, sizeof(line), f)) {
		char *at = line;

		r->line++;
		strip(line);
		at += strspn(at, " \t");
		if (*at)
			do_line(r, at);
		if (!r->vm && r->failed)
			return;
	}
}

static void print_head(const char *path)
{
	const char *name = strrchr(path, '/');

	printf("\n%s\n%-46s %10s %10s %9s  %s\n", name ? name + 1 : path,
	       "figure", "real", "simulated", "diff", "tolerance");
}

void replay_run(struct replay *r, const char *path)
{
	FILE *f = fopen(path, "re");

	memset(r, 0, sizeof(*r));
	r->path = path;
	r->sample_ns = 100 * VM_MILLISECOND;
	r->sample = calloc(REPLAY_MAX_SAMPLES, sizeof(*r->sample));
	vm_machine_init(&r->machine);
	print_head(path);
	if (!f || !r->sample)
		replay_complain(r, "%s", strerror(errno));
	else
		play(r, f);
	if (f)
		fclose(f);
	log_close(r);
	vm_destroy(r->vm);
	vm_machine_fini(&r->machine);
	free(r->sample);
}
