/* SPDX-License-Identifier: MIT */
/*
 * harness.c - build, run and look at a small machine; see harness.h.
 *
 * Called by the tests in sim/ and by unit tests that want a whole machine.
 * Uses the engine through its door only.  The text of the trace is made in
 * trace_text.c.  One thread; the observer runs inside vm_run_*() and only
 * appends to the trace.
 */
#include "harness.h"
#include "trace_text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARNESS_SEED 42
#define SLAB_MIB     1

/* --- machines --- */

/* All of a node in zone Normal, and all of it managed. */
static void one_zone(struct vm_node_conf *node, uint64_t start, uint64_t pages)
{
	node->mem_pages = pages;
	node->zones_given = true;
	node->zone[VM_ZONE_NORMAL] = (struct vm_zone_conf){
		.start_pfn = start,
		.spanned = pages,
		.present = pages,
		.managed = pages,
	};
}

static void machine_nodes(struct vm_machine *m, unsigned nr, unsigned mib)
{
	vm_machine_init(m);
	m->seed = HARNESS_SEED;
	m->thp = false;
	m->nr_nodes = nr;
	m->nr_cpus = nr;
	for (unsigned i = 0; i < nr; i++) {
		one_zone(&m->node[i], i * MIB(mib), MIB(mib));
		m->cpu_node[i] = (uint8_t)i;
		for (unsigned j = 0; j < nr; j++)
			m->node[i].distance[j] = i == j ? 10 : 20;
	}
	m->nr_disks = 1;
	vm_disk_defaults(&m->disk[0], VM_DISK_NVME);
	snprintf(m->disk[0].name, sizeof(m->disk[0].name), "nvme0n1");
	m->kernel.slab_reclaimable = MIB(SLAB_MIB);
	m->kernel.slab_unreclaimable = MIB(SLAB_MIB);
}

void machine_one_node(struct vm_machine *m, unsigned mib)
{
	machine_nodes(m, 1, mib);
}

void machine_two_nodes(struct vm_machine *m, unsigned mib)
{
	machine_nodes(m, 2, mib);
}

void machine_swap(struct vm_machine *m, unsigned mib)
{
	struct vm_swap_conf *s = &m->swap[m->nr_swaps];

	ck_assert_uint_lt(m->nr_swaps, VM_MAX_SWAPS);
	memset(s, 0, sizeof(*s));
	snprintf(s->path, sizeof(s->path), "/dev/nvme0n1p%u", ++m->nr_swaps);
	s->pages = MIB(mib) + 1;
	s->priority = VM_SWAP_PRIO_AUTO;
}

void machine_file(struct vm_machine *m, const char *name, unsigned mib)
{
	struct vm_file_conf *f;

	f = realloc(m->file, (m->nr_files + 1) * sizeof(*f));
	ck_assert_ptr_nonnull(f);
	m->file = f;
	f += m->nr_files++;
	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->pages = MIB(mib);
}

void machine_sysctl(struct vm_machine *m, const char *name, const char *value)
{
	struct vm_sysctl_conf *s = &m->sysctl[m->nr_sysctls];

	ck_assert_uint_lt(m->nr_sysctls, VM_MAX_SYSCTLS);
	m->nr_sysctls++;
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->value, sizeof(s->value), "%s", value);
}

struct vm_task_conf *machine_task(struct vm_machine *m, const char *comm)
{
	struct vm_task_conf *t;

	t = realloc(m->task, (m->nr_tasks + 1) * sizeof(*t));
	ck_assert_ptr_nonnull(t);
	m->task = t;
	t += m->nr_tasks++;
	memset(t, 0, sizeof(*t));
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	t->cpu = -1;
	return t;
}

struct vm_phase_conf *machine_phase(struct vm_task_conf *t)
{
	ck_assert_uint_lt(t->nr_phases, VM_MAX_PHASES);
	memset(&t->phase[t->nr_phases], 0, sizeof(t->phase[0]));
	return &t->phase[t->nr_phases++];
}

struct vm_phase_conf *machine_stream(struct vm_machine *m, const char *comm,
				     const char *file, uint64_t rate)
{
	struct vm_task_conf *t = machine_task(m, comm);
	struct vm_phase_conf *p = machine_phase(t);

	snprintf(t->file, sizeof(t->file), "%s", file);
	p->pattern = VM_PATTERN_SEQUENTIAL;
	p->target = VM_TARGET_FILE;
	p->rate = rate;
	return p;
}

void machine_busy(struct vm_machine *m, unsigned mib, unsigned anon_mib,
		  unsigned file_mib)
{
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine_two_nodes(m, mib);
	machine_swap(m, 16);
	machine_file(m, "/big", file_mib);
	t = machine_task(m, "anon");
	t->anon_pages = t->anon_resident = MIB(anon_mib);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 2000;
	p->write_permille = 500;
	machine_stream(m, "file", "/big", 2000)->write_permille = 300;
	machine_task(m, "worker")->oom_score_adj = VM_OOM_SCORE_ADJ_MIN;
	vm_machine_layout(m);
}

/* --- running --- */

static void observe(void *arg, const struct vm_event *ev)
{
	struct harness *h = arg;
	size_t room;

	if (!(h->want & (1ull << ev->type)))
		return;
	if (h->room - h->len < TRACE_TEXT_MAX) {
		room = 2 * h->room + TRACE_TEXT_MAX;
		h->text = realloc(h->text, room);
		ck_assert_ptr_nonnull(h->text);
		h->room = room;
	}
	h->len += trace_text(h->text + h->len, ev);
}

void harness_start(struct harness *h, struct vm_machine *m)
{
	struct vm_complaint c;
	bool good;

	memset(h, 0, sizeof(*h));
	vm_machine_layout(m);
	good = vm_machine_check(m, &c);
	ck_assert_msg(good, "the machine: %s", good ? "" : c.what);
	ck_assert_int_eq(vm_create(&h->vm, m, VM_WORLD_SIM), 0);
	vm_machine_fini(m);
	vm_observe(h->vm, observe, h);
	ck_assert_int_eq(vm_start(h->vm), 0);
}

void harness_stop(struct harness *h)
{
	if (h->vm)
		harness_check(h);
	vm_destroy(h->vm);
	free(h->text);
	memset(h, 0, sizeof(*h));
}

void harness_run(struct harness *h, uint64_t ns)
{
	uint64_t until = vm_now_ns(h->vm) + ns;

	ck_assert_msg(vm_run_until(h->vm, until, HARNESS_MAX_STEPS),
		      "stuck at %llu ns", (unsigned long long)vm_now_ns(h->vm));
}

void harness_settle(struct harness *h, uint64_t ns)
{
	uint64_t until = vm_now_ns(h->vm) + ns;

	ck_assert_msg(vm_run_settle(h->vm, until, HARNESS_MAX_STEPS),
		      "not settled at %llu ns",
		      (unsigned long long)vm_now_ns(h->vm));
}

void harness_check(struct harness *h)
{
	struct vm_complaint c;
	bool good = vm_check(h->vm, &c);

	ck_assert_msg(good, "vm_check: %s", good ? "" : c.what);
}

/* --- looking --- */

const struct vm_stat *harness_look(struct harness *h)
{
	vm_stat_get(h->vm, &h->stat);
	return &h->stat;
}

uint64_t harness_event(struct harness *h, enum vm_event_item item)
{
	return harness_look(h)->event[item];
}

uint64_t harness_zone(struct harness *h, enum vm_zone_item item)
{
	return vm_stat_zone_sum(harness_look(h), item);
}

uint64_t harness_node(struct harness *h, enum vm_node_item item)
{
	return vm_stat_node_sum(harness_look(h), item);
}

int harness_pid(struct harness *h, const char *comm)
{
	struct vm_task_stat t;
	int pid = 0;

	while ((pid = vm_task_next(h->vm, pid)) != 0)
		if (vm_task_get(h->vm, pid, &t) == 0 &&
		    strcmp(t.comm, comm) == 0)
			return pid;
	return 0;
}

struct vm_task_stat harness_task(struct harness *h, const char *comm)
{
	struct vm_task_stat t;
	int pid = harness_pid(h, comm);

	ck_assert_msg(pid != 0, "no task called %s", comm);
	ck_assert_int_eq(vm_task_get(h->vm, pid, &t), 0);
	return t;
}

/* --- acting --- */

/* An op with the harness that waits for it. */
struct harness_op {
	struct vm_op op;
	struct harness *h;
};

static void op_done(struct vm_op *op, int err)
{
	struct harness_op *waiting = (struct harness_op *)op;

	waiting->h->op_done = true;
	waiting->h->op_err = err;
}

int harness_op(struct harness *h, const char *comm, enum vm_op_kind kind,
	       uint64_t pages)
{
	struct harness_op op = {
		.op = { .kind = kind, .pages = pages, .done = op_done },
		.h = h,
	};
	uint64_t steps = 0;
	int err;

	h->op_done = false;
	err = vm_task_submit(h->vm, harness_pid(h, comm), &op.op);
	if (err)
		return err;
	while (!h->op_done) {
		vm_run_until(h->vm, vm_now_ns(h->vm) + VM_SECOND, 1);
		ck_assert_uint_lt(++steps, HARNESS_MAX_STEPS);
	}
	return h->op_err;
}

int harness_sysctl(struct harness *h, const char *name, int64_t value)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);
	const struct vm_cred root = {
		.comm = "test",
		.cap_sys_resource = true,
		.cap_sys_admin = true,
		.cap_sys_rawio = true,
	};

	ck_assert_msg(ctl, "no tunable called %s", name);
	return vm_ctl_set(h->vm, ctl, &(struct vm_ctl_values){ &value, 1, 0 },
			  &root);
}

/* --- the trace --- */

void harness_want(struct harness *h, enum vm_event_type type)
{
	h->want |= 1ull << type;
}

unsigned harness_seen(const struct harness *h, enum vm_event_type type)
{
	const char *name = vm_event_type_name[type];
	const char *end = h->text + h->len;
	unsigned seen = 0;

	for (const char *p = h->text; p && p < end; p = strchr(p, '\n') + 1)
		if (strncmp(p, name, strlen(name)) == 0 &&
		    (p[strlen(name)] == ' ' || p[strlen(name)] == '\n'))
			seen++;
	return seen;
}

/* The whole of @path, NUL-terminated; NULL if it cannot be read. */
static char *slurp(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (f && getdelim(&text, &room, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

/* Compare line by line; false and a message at the first difference. */
static void same_lines(const char *name, const char *want, const char *got)
{
	unsigned line = 1;

	while (*want || *got) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		ck_assert_msg(w == g && memcmp(want, got, w) == 0,
			      "%s.txt:%u:\nwant: %.*s\ngot:  %.*s", name, line,
			      (int)w, want, (int)g, got);
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
		line++;
	}
}

void harness_golden(const struct harness *h, const char *name)
{
	const char *tests = getenv("TESTS");
	char path[4096], *want;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sim/golden/%s.txt",
		 tests ? tests : "tests", name);
	if (getenv("GOLDEN_UPDATE")) {
		f = fopen(path, "we");
		ck_assert_msg(f, "%s: %s", path, strerror(errno));
		ck_assert_uint_eq(fwrite(h->text, 1, h->len, f), h->len);
		ck_assert_int_eq(fclose(f), 0);
		return;
	}
	want = slurp(path);
	ck_assert_msg(want, "%s: %s", path, strerror(errno));
	same_lines(name, want, h->len ? h->text : "");
	free(want);
}
