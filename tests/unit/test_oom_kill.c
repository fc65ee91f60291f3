/* SPDX-License-Identifier: MIT */
/*
 * test_oom_kill.c - whom the OOM killer chooses, and whom it does not.
 *
 * Two nodes of 64 MiB on which nothing runs; the tasks' sizes are written
 * into their address spaces, so that each rule of fact sheet H is met alone:
 * ties, exempted tasks, victims in flight, bound requests, the asker, panics,
 * the rate of reports, the reaper's delay, the reserve of a victim that asks.
 */
#include <errno.h>
#include <string.h>

#include <vm/vm.h>

#include "check_main.h"
#include "memory/state.h"
#include "reclaim/gfp.h"
#include "reclaim/oom_kill.h"
#include "reclaim/page_alloc.h"

#define NR_TASKS 4

static struct vm *vm;
static struct task *task[NR_TASKS];

static unsigned nr_events[VM_NR_EVENT_TYPES];
static struct vm_ev_oom last;
/* At the kill min becomes twice what is free, and this less; -1: it stays. */
static int64_t spare = -1;

static void raise_marks(struct zone *z)
{
	const uint64_t min = 2 * zone_free_pages(z) - (uint64_t)spare;

	for (unsigned w = NR_WMARK; w-- > 0;)
		z->wmark[w] += min - z->wmark[WMARK_MIN];
}

static void raise_all_marks(void)
{
	struct pgdat *pgdat;
	struct zone *z;

	for_each_node(vm, pgdat)
		for_each_zone(pgdat, z)
			if (zone_populated(z))
				raise_marks(z);
	/* the sums that go with them */
	setup_per_zone_lowmem_reserve(vm);
}

static void observe(void *arg, const struct vm_event *ev)
{
	(void)arg;
	nr_events[ev->type]++;
	if (ev->type == VM_EV_OOM_KILL && spare >= 0)
		raise_all_marks();
	if (ev->type >= VM_EV_OOM_INVOKED && ev->type <= VM_EV_OOM_PANIC)
		last = *ev->oom;
}

/* Tasks 0..3 with 100 pages each; 3 is bound to node 1. */
static void setup(void)
{
	static struct vm_machine m;
	struct vm_task_conf conf = { .comm = "t", .cpu = -1 };
	struct vm_complaint c;

	vm_machine_init(&m);
	m.nr_nodes = 2;
	m.node[0].mem_pages = m.node[1].mem_pages = 16384;
	m.nr_cpus = 1;
	vm_machine_layout(&m);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_SIM), 0);
	for (unsigned i = 0; i < NR_TASKS; i++) {
		int pid;

		conf.nodes = i == 3 ? 2 : 0;
		pid = vm_task_spawn(vm, &conf, &c);
		ck_assert_msg(pid > 0, "%s", c.what);
		task[i] = task_find(vm, pid);
		ck_assert_ptr_nonnull(task[i]);
		ck_assert_ptr_nonnull(task[i]->mm);
		task[i]->mm->rss_anon = 100;
	}
	vm_observe(vm, observe, NULL);
	memset(nr_events, 0, sizeof(nr_events));
	memset(&last, 0, sizeof(last));
}

static void teardown(void)
{
	for (unsigned i = 0; i < NR_TASKS; i++)
		task[i]->mm->rss_anon = task[i]->mm->swapents = 0;
	vm_destroy(vm);
}

static bool oom(uint64_t nodemask, struct task *asker)
{
	const struct oom_control oc = {
		.nodemask = nodemask,
		.gfp = GFP_ANON,
		.task = asker,
	};

	return out_of_memory(vm, &oc);
}

static bool killed(unsigned i)
{
	return task[i]->flags & TF_KILLED;
}

START_TEST(test_largest)
{
	setup();
	task[1]->mm->rss_anon = 101;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(1));
	ck_assert(task[1]->flags & TF_MEMDIE);
	ck_assert(!killed(0) && !killed(2) && !killed(3));
	ck_assert_uint_eq(vm->event[OOM_KILL], 1);
	ck_assert_uint_eq(vm->nr_oom_victims, 1);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 1);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_KILL], 1);
	ck_assert_int_eq(last.victim.pid, task[1]->pid);
	ck_assert_uint_eq(last.victim.rss_anon, 101);
	ck_assert_int_eq(last.constraint, VM_CONSTRAINT_NONE);
	ck_assert(!last.allocating_task);
	ck_assert(last.dump_tasks);
	teardown();
}
END_TEST

START_TEST(test_last_of_equals)
{
	setup();
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(3));
	teardown();
}
END_TEST

/* Swap counts as memory, and one thousandth of adj as total/1000. */
START_TEST(test_points)
{
	setup();
	task[2]->mm->swapents = 1;
	ck_assert_int_eq(oom_badness(vm, task[2], vm->total_pages), 101);
	task[0]->oom_score_adj = 1;
	ck_assert_int_eq(oom_badness(vm, task[0], vm->total_pages),
			 100 + (int64_t)vm->total_pages / 1000);
	ck_assert(oom(UINT64_MAX, task[1]));
	ck_assert(killed(0));
	teardown();
}
END_TEST

START_TEST(test_exempted)
{
	setup();
	task[3]->oom_score_adj = -1000;
	task[2]->mm->rss_anon = 50;
	task[1]->flags |= TF_OOM_SKIP;
	task[1]->mm->rss_anon = 1000;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(0));
	task[1]->flags &= ~(uint32_t)TF_OOM_SKIP;
	teardown();
}
END_TEST

/* A victim on its way holds others back, until its memory is gone. */
START_TEST(test_in_flight)
{
	setup();
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(3));
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert_uint_eq(vm->event[OOM_KILL], 1);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 1);
	exit_oom_victim(vm, task[3]);
	ck_assert_uint_eq(vm->nr_oom_victims, 0);
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(2));
	ck_assert_uint_eq(vm->event[OOM_KILL], 2);
	teardown();
}
END_TEST

/* swapoff asked for all of it. */
START_TEST(test_origin)
{
	setup();
	task[1]->flags |= TF_OOM_ORIGIN;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(1));
	teardown();
}
END_TEST

/* Present pages of the node instead of the whole machine. */
START_TEST(test_bound)
{
	setup();
	/* would win by adj in the large machine, must not be looked at */
	task[3]->nodes = 1;
	task[0]->nodes = 2;
	task[2]->oom_score_adj = -999;
	task[1]->oom_score_adj = -999;
	ck_assert(oom(2, task[0]));
	ck_assert(killed(0));
	ck_assert_int_eq(last.constraint, VM_CONSTRAINT_MEMORY_POLICY);
	ck_assert_uint_eq(last.nodemask, 2);
	teardown();
}
END_TEST

/* A mask of all nodes is no policy; nor is a request for one node only. */
START_TEST(test_unbound)
{
	struct oom_control oc = { .nodemask = 1,
				  .gfp = GFP_ANON | GFP_BIT_THISNODE };

	setup();
	ck_assert(oom(3, task[0]));
	ck_assert_int_eq(last.constraint, VM_CONSTRAINT_NONE);
	ck_assert_uint_eq(last.nodemask, 0);
	exit_oom_victim(vm, task[3]);
	ck_assert(out_of_memory(vm, &oc));
	ck_assert_int_eq(last.constraint, VM_CONSTRAINT_NONE);
	teardown();
}
END_TEST

START_TEST(test_allocating_task)
{
	setup();
	vm->ctl.oom_kill_allocating_task = 1;
	task[2]->mm->rss_anon = 1000;
	ck_assert(oom(UINT64_MAX, task[1]));
	ck_assert(killed(1) && !killed(2));
	ck_assert(last.allocating_task);
	exit_oom_victim(vm, task[1]);
	/* it may not be killed: back to the search */
	task[0]->oom_score_adj = -1000;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(!killed(0) && killed(2));
	ck_assert(!last.allocating_task);
	teardown();
}
END_TEST

/* The asker is dying already: it gets the reserves, nobody hears of it. */
START_TEST(test_dying_asker)
{
	setup();
	task[0]->flags |= TF_KILLED;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(task[0]->flags & TF_MEMDIE);
	ck_assert_uint_eq(vm->event[OOM_KILL], 0);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 0);
	teardown();
}
END_TEST

/* Chosen, but dying already: the same. */
START_TEST(test_dying_victim)
{
	setup();
	task[2]->flags |= TF_KILLED;
	task[2]->mm->rss_anon = 1000;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(task[2]->flags & TF_MEMDIE);
	ck_assert_uint_eq(vm->event[OOM_KILL], 0);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_KILL], 0);
	teardown();
}
END_TEST

/* A request that may not enter the file system goes on and on. */
START_TEST(test_no_fs)
{
	const struct oom_control oc = { .nodemask = UINT64_MAX,
					.gfp = GFP_KERNEL & ~GFP_BIT_FS };

	setup();
	ck_assert(out_of_memory(vm, &oc));
	ck_assert_uint_eq(vm->nr_oom_victims, 0);
	teardown();
}
END_TEST

START_TEST(test_panic)
{
	setup();
	vm->ctl.panic_on_oom = 1;
	/* bound to a node: no panic with 1 */
	ck_assert(oom(1, task[0]));
	ck_assert(!vm->panicked);
	ck_assert(!oom(UINT64_MAX, task[0]));
	ck_assert(vm->panicked);
	ck_assert_int_eq(last.panic, VM_PANIC_SYSTEM_WIDE);
	ck_assert_int_eq(last.victim.pid, 0);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_PANIC], 1);
	ck_assert_uint_eq(vm->event[OOM_KILL], 1);
	teardown();
}
END_TEST

START_TEST(test_panic_compulsory)
{
	setup();
	vm->ctl.panic_on_oom = 2;
	ck_assert(!oom(1, task[0]));
	ck_assert(vm->panicked);
	ck_assert_int_eq(last.panic, VM_PANIC_COMPULSORY);
	ck_assert_int_eq(last.constraint, VM_CONSTRAINT_MEMORY_POLICY);
	teardown();
}
END_TEST

START_TEST(test_deadlock)
{
	setup();
	for (unsigned i = 0; i < NR_TASKS; i++)
		task[i]->oom_score_adj = -1000;
	ck_assert(!oom(UINT64_MAX, task[0]));
	ck_assert(vm->panicked);
	ck_assert_int_eq(last.panic, VM_PANIC_DEADLOCK);
	ck_assert_uint_eq(vm->event[OOM_KILL], 0);
	teardown();
}
END_TEST

/* Ten reports in five seconds; every kill is told. */
START_TEST(test_rate)
{
	setup();
	for (unsigned i = 0; i < 15; i++) {
		ck_assert(oom(UINT64_MAX, task[0]));
		ck_assert(killed(3));
		exit_oom_victim(vm, task[3]);
		task[3]->flags &= ~(uint32_t)(TF_KILLED | TF_OOM_SKIP);
	}
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 10);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_KILL], 15);
	vm->world.now_ns += 5 * VM_SECOND;
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 11);
	teardown();
}
END_TEST

/* Two seconds, then its turn; then it may be passed over. */
START_TEST(test_reaper)
{
	uint64_t now;

	setup();
	now = vm->world.now_ns;
	ck_assert_uint_eq(oom_reaper_step(vm, now), ACTOR_NEVER);
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert_uint_le(vm->timer.due_ns, now + 2 * VM_SECOND);
	ck_assert_uint_eq(oom_reaper_step(vm, now), now + 2 * VM_SECOND);
	now += 2 * VM_SECOND;
	ck_assert(!(task[3]->flags & TF_OOM_SKIP));
	for (unsigned i = 0; i < 100 && now != ACTOR_NEVER; i++)
		now = oom_reaper_step(vm, now);
	ck_assert_uint_eq(now, ACTOR_NEVER);
	ck_assert(task[3]->flags & TF_OOM_SKIP);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_REAPED], 1);
	ck_assert_int_eq(last.victim.pid, task[3]->pid);
	/* it is still on its way out, but another one may go */
	ck_assert_uint_eq(vm->nr_oom_victims, 1);
	ck_assert(oom(UINT64_MAX, task[0]));
	ck_assert(killed(2));
	teardown();
}
END_TEST

static void op_done(struct vm_op *op, int err)
{
	ck_assert_int_eq(err, -ESRCH);
	op->pages = 0;
}

/* Task 0 takes all there is and is killed in the middle of a request. */
static void exhaust(int64_t left)
{
	struct vm_op op = { .kind = VM_OP_ALLOC, .pages = 40000,
			    .done = op_done };
	int pid = task[0]->pid;

	for (unsigned i = 0; i < NR_TASKS; i++)
		task[i]->mm->rss_anon = 0;
	vm->ctl.overcommit_memory = 1;
	spare = left;
	ck_assert_int_eq(vm_task_submit(vm, pid, &op), 0);
	vm_run_until(vm, 10 * VM_SECOND, UINT64_MAX);
	spare = -1;
	ck_assert_uint_eq(nr_events[VM_EV_OOM_KILL], 1);
	ck_assert_int_eq(last.victim.pid, pid);
	ck_assert_uint_eq(op.pages, 0);
	ck_assert_ptr_null(task_find(vm, pid));
	for (unsigned i = 1; i < NR_TASKS; i++)
		ck_assert(!killed(i));
	vm_destroy(vm);
}

/* oom/6.12/01-noswap: half of min is a victim's; if that is not there... */
START_TEST(test_victim_fails)
{
	setup();
	exhaust(0);
	ck_assert_uint_eq(nr_events[VM_EV_PAGE_ALLOC_FAILURE], 1);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 1);
}
END_TEST

/* 04-victim-plus1000: ... and if one page more is */
START_TEST(test_victim_gets_its_page)
{
	setup();
	exhaust(2);
	ck_assert_uint_eq(nr_events[VM_EV_PAGE_ALLOC_FAILURE], 0);
	ck_assert_uint_eq(nr_events[VM_EV_OOM_INVOKED], 1);
}
END_TEST

CHECK_MAIN("oom_kill", test_largest, test_last_of_equals, test_points,
	   test_exempted, test_in_flight, test_origin, test_bound, test_unbound,
	   test_allocating_task, test_dying_asker, test_dying_victim,
	   test_no_fs, test_panic, test_panic_compulsory, test_deadlock,
	   test_rate, test_reaper, test_victim_fails,
	   test_victim_gets_its_page)
