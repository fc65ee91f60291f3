/* SPDX-License-Identifier: MIT */
/*
 * figure.c - the arithmetic of a row.
 *
 * Words with blanks between them: numbers, names, + - * / and brackets.
 *
 *	NAME		a counter or a level: end less begin
 *	was:NAME now:NAME	the same at begin, at end
 *	oom2:NAME	... in the second OOM report
 *	trough:N0.DMA32 crest: median: first: least:	samples.h, since begin
 *	score:COMM rss:COMM cpu:COMM alive:COMM	of a task; cpu in seconds
 *	held:COMM	MiB it had written when it was first held for long
 *	longest:COMM	seconds that its longest MiB took
 *	err:COMM	0, or the errno that ended its job
 *	points:2	oom_score of the second victim before it died
 *
 * NAME is an item of vmstat, N0.ITEM of one node, N0.DMA32.ITEM of a zone
 * (free min low high boost managed ... and nr_*, numa_*), or one of free,
 * free_pcp swap_free swap_total dirty_threshold dirty_background_threshold
 * committed_as commit_limit total_pages totalreserve seconds psi_some_us
 * psi_full_us cpu_user cpu_system cpu_idle cpu_iowait loadavg1 panicked.
 * most_dirty is the peak of dirty and writeback pages since begin,
 * flush_begin what they were in the first sample with writeback.
 *
 * Called by table.c.  No locks.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/samples.h"

#define MAX_WORDS 32

struct reader {
	struct replay *r;
	char text[512];
	char *word[MAX_WORDS + 1]; /* NULL behind the last */
	int nr, at;
};

static int index_of(const char *const *table, int nr, const char *name)
{
	for (int i = 0; i < nr; i++)
		if (strcmp(table[i], name) == 0)
			return i;
	return -1;
}

/* Members of a zone that zoneinfo prints without nr_. */
static double zone_member(const struct vm_zone_stat *z, const char *name)
{
	const struct {
		const char *name;
		uint64_t value;
	} member[] = {
		{ "free", z->item[NR_FREE_PAGES] },
		{ "min", z->min },
		{ "low", z->low },
		{ "high", z->high },
		{ "boost", z->boost },
		{ "free_pcp", z->free_pcp },
		{ "managed", z->managed },
		{ "present", z->present },
		{ "protection", z->protection[VM_ZONE_NORMAL] },
	};

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++)
		if (strcmp(member[i].name, name) == 0)
			return (double)member[i].value;
	return NAN;
}

static double zone_item(const struct vm_zone_stat *z, const char *name)
{
	int i = index_of(vm_zone_item_name, VM_NR_ZONE_ITEMS, name);

	if (i >= 0)
		return (double)z->item[i];
	i = index_of(vm_numa_item_name, VM_NR_NUMA_ITEMS, name);
	if (i >= 0)
		return (double)z->numa[i];
	return zone_member(z, name);
}

/* Sum of an item of zones over node @nid; NAN if there is no such item. */
static double node_zones(const struct vm_stat *s, unsigned nid,
			 const char *name)
{
	double sum = 0;

	for (int t = 0; t < VM_NR_ZONES; t++)
		sum += zone_item(&s->node[nid].zone[t], name);
	return sum;
}

static double node_item(const struct vm_stat *s, unsigned nid,
			const char *name)
{
	int i = index_of(vm_node_item_name, VM_NR_NODE_ITEMS, name);

	if (i >= 0)
		return (double)s->node[nid].item[i];
	return node_zones(s, nid, name);
}

/* "DMA32" or "DMA32.free": the zone, and what follows the dot. */
static int zone_index(const char *text, const char **rest)
{
	for (int t = 0; t < VM_NR_ZONES; t++) {
		size_t len = strlen(vm_zone_name[t]);

		if (strncmp(text, vm_zone_name[t], len) == 0 &&
		    (text[len] == '.' || !text[len])) {
			*rest = text[len] ? text + len + 1 : text + len;
			return t;
		}
	}
	return -1;
}

/* "N1.": the node, and what follows it; -1 if it is not that. */
static int node_index(const struct vm_stat *s, const char *text,
		      const char **rest)
{
	char *end;
	unsigned long n;

	if (text[0] != 'N')
		return -1;
	n = strtoul(text + 1, &end, 10);
	if (end == text + 1 || *end != '.' || n >= s->nr_nodes)
		return -1;
	*rest = end + 1;
	return (int)n;
}

/* On the lists of all CPUs. */
static double free_pcp(const struct vm_stat *s)
{
	double sum = 0;

	for (uint32_t n = 0; n < s->nr_nodes; n++)
		for (int t = 0; t < VM_NR_ZONES; t++)
			sum += (double)s->node[n].zone[t].free_pcp;
	return sum;
}

static double machine_member(const struct vm_stat *s, const char *name)
{
	const struct vm_psi *mem = &s->psi[VM_PSI_MEM];
	const struct {
		const char *name;
		double value;
	} member[] = {
		{ "swap_free", (double)s->swap_free },
		{ "swap_total", (double)s->swap_total },
		{ "dirty_threshold", (double)s->dirty_threshold },
		{ "dirty_background_threshold",
		  (double)s->dirty_background_threshold },
		{ "committed_as", (double)s->committed_as },
		{ "commit_limit", (double)s->commit_limit },
		{ "total_pages", (double)s->total_pages },
		{ "free_pcp", free_pcp(s) },
		{ "totalreserve", (double)s->totalreserve_pages },
		{ "available", (double)s->mem_available },
		{ "seconds", (double)s->now_ns / VM_SECOND },
		{ "psi_some_us", (double)mem->some_total_us },
		{ "psi_full_us", (double)mem->full_total_us },
		{ "loadavg1", (double)s->loadavg[0] / 2048 },
		{ "panicked", s->panicked },
	};

	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++)
		if (strcmp(member[i].name, name) == 0)
			return member[i].value;
	return NAN;
}

/* What all CPUs together did: seconds. */
static double cpu_member(const struct vm_stat *s, const char *name)
{
	uint64_t user = 0, system = 0, idle = 0, iowait = 0;

	for (uint32_t c = 0; c < s->nr_cpus; c++) {
		user += s->cpu[c].user_ns;
		system += s->cpu[c].system_ns;
		idle += s->cpu[c].idle_ns;
		iowait += s->cpu[c].iowait_ns;
	}
	if (strcmp(name, "cpu_user") == 0)
		return (double)user / VM_SECOND;
	if (strcmp(name, "cpu_system") == 0)
		return (double)system / VM_SECOND;
	if (strcmp(name, "cpu_idle") == 0)
		return (double)idle / VM_SECOND;
	if (strcmp(name, "cpu_iowait") == 0)
		return (double)iowait / VM_SECOND;
	return NAN;
}

static double level(const struct vm_stat *s, const char *name)
{
	const char *rest;
	int i = index_of(vm_event_item_name, VM_NR_EVENT_ITEMS, name);
	int nid = node_index(s, name, &rest);
	double sum = 0;

	if (i >= 0)
		return (double)s->event[i];
	if (nid >= 0) {
		int t = zone_index(rest, &rest);

		if (t >= 0)
			return zone_item(&s->node[nid].zone[t], rest);
		return node_item(s, (unsigned)nid, rest);
	}
	for (uint32_t n = 0; n < s->nr_nodes; n++)
		sum += node_item(s, n, name);
	if (!isnan(sum))
		return sum;
	sum = machine_member(s, name);
	return isnan(sum) ? cpu_member(s, name) : sum;
}

static double sampled(struct replay *r, const char *how, const char *where)
{
	const char *rest;
	int nid = node_index(&r->now, where, &rest);
	int t = nid < 0 ? -1 : zone_index(rest, &rest);

	if (t < 0)
		return NAN;
	if (strcmp(how, "trough") == 0)
		return samples_trough(r->sample, r->nr_samples, nid, t);
	if (strcmp(how, "crest") == 0)
		return samples_crest(r->sample, r->nr_samples, nid, t);
	if (strcmp(how, "median") == 0)
		return samples_median(r->sample, r->nr_samples, nid, t);
	if (strcmp(how, "first") == 0)
		return samples_first(r->sample, r->nr_samples, nid, t);
	if (strcmp(how, "least") == 0)
		return samples_least(r->sample, r->nr_samples, nid, t);
	return NAN;
}

static double of_job(const struct job *j, const char *how)
{
	if (!j)
		return NAN;
	if (strcmp(how, "held") == 0)
		return (double)j->slow_at_pages / 256;
	if (strcmp(how, "longest") == 0)
		return (double)j->longest_ns / VM_SECOND;
	if (strcmp(how, "err") == 0)
		return -j->err;
	if (strcmp(how, "took") == 0)
		return (double)(j->next_ns - j->began_ns) / VM_SECOND;
	return strcmp(how, "done") == 0 ? (double)j->done : NAN;
}

static double of_task(struct replay *r, const char *how, const char *comm)
{
	struct vm_task_stat t;
	int pid = replay_pid(r, comm);
	bool there = pid > 0 && vm_task_get(r->vm, pid, &t) == 0;

	if (strcmp(how, "alive") == 0)
		return there;
	if (!there)
		return of_job(replay_job(r, comm), how);
	if (strcmp(how, "score") == 0)
		return t.oom_score;
	if (strcmp(how, "rss") == 0)
		return (double)(t.rss_anon + t.rss_file + t.rss_shmem);
	if (strcmp(how, "swapents") == 0)
		return (double)t.swapents;
	if (strcmp(how, "pgtables") == 0)
		return (double)(t.pgtables_bytes / VM_PAGE_SIZE);
	if (strcmp(how, "cpu") == 0)
		return (double)(t.utime_ns + t.stime_ns) / VM_SECOND;
	return of_job(replay_job(r, comm), how);
}

/* oom2:NAME and points:2 speak of a report. */
static const struct report *report(struct replay *r, const char *number)
{
	char *end;
	long n = strtol(number, &end, 10);

	return *end || n < 1 || n > r->nr_reports ? NULL : &r->report[n - 1];
}

static double in_report(struct replay *r, const char *how, const char *name)
{
	const struct report *p =
		report(r, strcmp(how, "points") == 0 ? name : how + 3);

	if (!p)
		return NAN;
	if (strcmp(how, "points") == 0)
		return p->task.oom_score;
	if (strcmp(name, "victim_rss") == 0)
		return (double)(p->task.rss_anon + p->task.rss_file +
				p->task.rss_shmem);
	return level(&p->stat, name);
}

static double named(struct replay *r, char *word)
{
	char *name = strchr(word, ':');

	if (strcmp(word, "most_dirty") == 0)
		return samples_most_dirty(r->sample, r->nr_samples);
	if (strcmp(word, "flush_begin") == 0)
		return samples_flush_begin(r->sample, r->nr_samples);
	if (!name)
		return level(&r->now, word) - level(&r->was, word);
	*name++ = '\0';
	if (strcmp(word, "now") == 0)
		return level(&r->now, name);
	if (strcmp(word, "was") == 0)
		return level(&r->was, name);
	if (strncmp(word, "oom", 3) == 0 || strcmp(word, "points") == 0)
		return in_report(r, word, name);
	if (strcmp(word, "trough") == 0 || strcmp(word, "crest") == 0 ||
	    strcmp(word, "first") == 0 || strcmp(word, "least") == 0 ||
	    strcmp(word, "median") == 0)
		return sampled(r, word, name);
	return of_task(r, word, name);
}

static double sum(struct reader *e);

static double operand(struct reader *e)
{
	char *word = e->word[e->at];
	char *end;
	double v;

	if (!word)
		return NAN;
	e->at++;
	if (strcmp(word, "(") == 0) {
		v = sum(e);
		if (!e->word[e->at] || strcmp(e->word[e->at], ")") != 0)
			return NAN;
		e->at++;
		return v;
	}
	v = strtod(word, &end);
	return *end ? named(e->r, word) : v;
}

/* The operator that stands next, if it is one of @which. */
static char operator(struct reader *e, const char *which)
{
	const char *word = e->word[e->at];

	if (!word || word[1] || !strchr(which, word[0]))
		return '\0';
	e->at++;
	return word[0];
}

static double product(struct reader *e)
{
	double v = operand(e);
	char op;

	while ((op = operator(e, "*/"))) {
		double w = operand(e);

		v = op == '*' ? v * w : v / w;
	}
	return v;
}

static double sum(struct reader *e)
{
	double v = product(e);
	char op;

	while ((op = operator(e, "+-"))) {
		double w = product(e);

		v = op == '+' ? v + w : v - w;
	}
	return v;
}

double figure_value(struct replay *r, const char *text)
{
	struct reader e = { .r = r };
	char *at = e.text, *word;
	double v;

	snprintf(e.text, sizeof(e.text), "%s", text);
	while ((word = strsep(&at, " \t")) && e.nr < MAX_WORDS)
		if (*word)
			e.word[e.nr++] = word;
	v = sum(&e);
	if (isnan(v) || e.at != e.nr)
		replay_complain(r, "no such figure: %s", text);
	return e.at == e.nr ? v : NAN;
}
