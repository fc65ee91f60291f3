/* SPDX-License-Identifier: MIT */
/*
 * test_workload.c - what tasks do: patterns, rates, phases, ops, start and
 * end; on a machine of one node that is large enough to leave them alone.
 */
#include <errno.h>
#include <string.h>

#include <vm/vm.h>

#include "actors/sleepers.h"
#include "actors/workload.h"
#include "world/name.h"

#include "check_main.h"

#define MS VM_MILLISECOND

static struct vm_machine machine;
static struct vm *vm;

static void build(enum vm_world_kind kind)
{
	vm_machine_init(&machine);
	machine.nr_nodes = 1;
	machine.node[0].mem_pages = 131072;
	machine.node[0].distance[0] = VM_MIN_DISTANCE;
	machine.nr_cpus = 2;
	machine.nr_disks = 1;
	name_copy(machine.disk[0].name, sizeof(machine.disk[0].name),
		  "nvme0n1");
	vm_disk_defaults(&machine.disk[0], VM_DISK_NVME);
	machine.nr_swaps = 1;
	name_copy(machine.swap[0].path, sizeof(machine.swap[0].path),
		  "/dev/nvme0n1p2");
	machine.swap[0].pages = 32768;
	machine.swap[0].priority = VM_SWAP_PRIO_AUTO;
	machine.seed = 7;
	vm_machine_layout(&machine);
	ck_assert_int_eq(vm_create(&vm, &machine, kind), 0);
}

static void destroy(void)
{
	struct vm_complaint c;

	ck_assert_msg(vm_check(vm, &c), "%s", c.what);
	vm_destroy(vm);
	vm_machine_fini(&machine);
}

static struct vm_task_conf task(const char *comm)
{
	struct vm_task_conf conf = { .cpu = -1 };

	name_copy(conf.comm, sizeof(conf.comm), comm);
	return conf;
}

static int spawn(const struct vm_task_conf *conf)
{
	struct vm_complaint c = { .what = "" };
	int pid = vm_task_spawn(vm, conf, &c);

	ck_assert_msg(pid > 0, "%d: %s", pid, c.what);
	return pid;
}

static void run_ms(uint64_t ms)
{
	uint64_t until = vm_now_ns(vm) + ms * MS;

	while (!vm_run_until(vm, until, 10000))
		;
}

static struct vm_task_stat look(int pid)
{
	struct vm_task_stat s;

	ck_assert_int_eq(vm_task_get(vm, pid, &s), 0);
	return s;
}

/* An op, and how it ended; 1: not yet. */
struct test_op {
	struct vm_op op;
	int err;
	unsigned turn; /* which of all it was */
};

static unsigned turns;

static void op_done(struct vm_op *op, int err)
{
	struct test_op *t = (struct test_op *)op;

	ck_assert_int_eq(t->err, 1);
	t->err = err;
	t->turn = ++turns;
}

static struct test_op make_op(enum vm_op_kind kind, uint64_t pages)
{
	return (struct test_op){
		.op = { .kind = kind, .pages = pages, .done = op_done },
		.err = 1
	};
}

START_TEST(test_scatter)
{
	static const uint64_t sizes[] = { 1, 2, 3, 7, 64, 1000, 1025, 40000 };

	for (unsigned s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		uint64_t n = sizes[s], moved = 0;
		char *seen = calloc(n, 1);

		for (uint64_t x = 0; x < n; x++) {
			uint64_t y = pattern_scatter(x, n);

			ck_assert_uint_lt(y, n);
			ck_assert_int_eq(seen[y], 0);
			seen[y] = 1;
			moved += y > x + n / 16 || x > y + n / 16;
		}
		if (n >= 1000)
			ck_assert_uint_gt(moved, n / 2);
		free(seen);
	}
	ck_assert_uint_lt(pattern_scatter((1ull << 28) - 1, 1ull << 28),
			  1ull << 28);
}
END_TEST

START_TEST(test_sequential)
{
	struct task_work w = { .position = 0 };
	struct vm_phase_conf p = { .pattern = VM_PATTERN_SEQUENTIAL };

	for (unsigned i = 0; i < 250; i++)
		ck_assert_uint_eq(pattern_next(&w, &p, 100), i % 100);
	/* the span has become shorter: from its start again */
	ck_assert_uint_eq(pattern_next(&w, &p, 50), 0);
}
END_TEST

START_TEST(test_hot)
{
	struct task_work w = { .position = 0 };
	struct vm_phase_conf p = { .pattern = VM_PATTERN_HOT,
				   .hot_permille = 900,
				   .hot_pages = 100,
				   .write_permille = 250 };
	unsigned hot = 0, writes = 0;

	prng_init(&w.prng, 1, 2);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t index = pattern_next(&w, &p, 10000);

		ck_assert_uint_lt(index, 10000);
		hot += index < 100;
		writes += pattern_write(&w, &p);
	}
	ck_assert_uint_gt(hot, 89000);
	ck_assert_uint_lt(hot, 91000);
	ck_assert_uint_gt(writes, 24000);
	ck_assert_uint_lt(writes, 26000);
	/* a hot part that is larger than the span is all of it */
	ck_assert_uint_lt(pattern_next(&w, &p, 10), 10);
}
END_TEST

/* Rank 0 comes H(n) times less often than always: 1 of 7.5 for 1000. */
START_TEST(test_zipf)
{
	struct task_work w = { .position = 0 };
	struct vm_phase_conf p = { .pattern = VM_PATTERN_ZIPF };
	uint64_t first = pattern_scatter(0, 1000);
	uint64_t second = pattern_scatter(1, 1000);
	unsigned nr_first = 0, nr_second = 0;

	prng_init(&w.prng, 3, 4);
	for (unsigned i = 0; i < 75000; i++) {
		uint64_t index = pattern_next(&w, &p, 1000);

		ck_assert_uint_lt(index, 1000);
		nr_first += index == first;
		nr_second += index == second;
	}
	ck_assert_uint_gt(nr_first, 9300);
	ck_assert_uint_lt(nr_first, 10700);
	ck_assert_uint_gt(nr_second, 4600);
	ck_assert_uint_lt(nr_second, 5400);
}
END_TEST

#define NR_SLEEPERS 500

START_TEST(test_sleepers)
{
	static struct task sleeper[NR_SLEEPERS];
	static struct task *heap[NR_SLEEPERS];
	struct cpu c = { .sleeper = heap };
	struct prng p;
	uint64_t last = 0;
	unsigned nr = 0;

	prng_init(&p, 5, 6);
	for (int i = 0; i < NR_SLEEPERS; i++) {
		sleeper[i].pid = i + 1;
		sleeper[i].wake_ns = prng_below(&p, 100);
		sleepers_add(&c, &sleeper[i]);
	}
	for (int i = 0; i < NR_SLEEPERS; i += 3)
		sleepers_remove(&c, &sleeper[i]);
	sleepers_remove(&c, &sleeper[0]); /* not there: nothing happens */
	while (sleepers_first(&c)) {
		struct task *t = sleepers_first(&c);
		uint64_t key = t->wake_ns * 1000 + (unsigned)t->pid;

		ck_assert_uint_gt(key, last);
		ck_assert_int_ne((t->pid - 1) % 3, 0);
		last = key;
		sleepers_remove(&c, t);
		ck_assert_uint_eq(t->sleep_at, 0);
		nr++;
	}
	ck_assert_uint_eq(nr, NR_SLEEPERS - (NR_SLEEPERS + 2) / 3);
}
END_TEST

START_TEST(test_leak_rate)
{
	struct vm_task_conf conf = task("leaky");
	int pid;

	build(VM_WORLD_SIM);
	conf.nr_phases = 1;
	conf.phase[0] = (struct vm_phase_conf){
		.pattern = VM_PATTERN_SEQUENTIAL, .rate = 3000, .grow = true
	};
	pid = spawn(&conf);
	for (unsigned s = 1; s <= 5; s++) {
		run_ms(1000);
		/* what is due comes in bursts of 10 ms */
		ck_assert_uint_ge(look(pid).rss_anon, s * 3000 - 31);
		ck_assert_uint_le(look(pid).rss_anon, s * 3000 + 1);
	}
	ck_assert_uint_le(look(pid).nvcsw, 5 * 101);
	destroy();
}
END_TEST

START_TEST(test_phases)
{
	struct vm_task_conf conf = task("phases");
	int pid;

	build(VM_WORLD_SIM);
	conf.anon_pages = 1000;
	conf.nr_phases = 3;
	conf.phase[0] = (struct vm_phase_conf){
		.pattern = VM_PATTERN_SEQUENTIAL, .accesses = 100, .first = 50
	};
	conf.phase[1] = (struct vm_phase_conf){ .pattern = VM_PATTERN_IDLE,
						.duration_ns = 500 * MS };
	conf.phase[2] = (struct vm_phase_conf){
		.pattern = VM_PATTERN_SEQUENTIAL, .first = 500, .accesses = 200
	};
	pid = spawn(&conf);
	run_ms(400);
	ck_assert_uint_eq(look(pid).rss_anon, 100);
	ck_assert_int_eq(look(pid).state, 'S');
	run_ms(200);
	ck_assert_uint_eq(look(pid).rss_anon, 300);
	run_ms(5000); /* no repeat: asleep for good */
	ck_assert_uint_eq(look(pid).minflt, 300);
	ck_assert_uint_eq(vm->cpu[look(pid).cpu].nr_sleepers, 0);
	destroy();
}
END_TEST

/* Phases that can do nothing, over and over, cost next to nothing. */
START_TEST(test_empty_phases)
{
	struct vm_task_conf conf = task("empty");
	int pid;

	build(VM_WORLD_SIM);
	conf.repeat = true;
	conf.nr_phases = 2;
	conf.phase[0].pattern = VM_PATTERN_SEQUENTIAL; /* no area to touch */
	conf.phase[1].pattern = VM_PATTERN_UNIFORM;
	pid = spawn(&conf);
	run_ms(1000);
	ck_assert_uint_le(look(pid).nvcsw, 102);
	ck_assert_uint_ge(look(pid).nvcsw, 50);
	ck_assert_uint_lt(look(pid).utime_ns, MS);
	destroy();
}
END_TEST

START_TEST(test_ops_in_order)
{
	struct vm_task_conf conf = task("shell");
	struct test_op op[] = {
		make_op(VM_OP_ALLOC, 3000), make_op(VM_OP_TOUCH, 100),
		make_op(VM_OP_MLOCK, 500),  make_op(VM_OP_READ, 700),
		make_op(VM_OP_DIRTY, 300),  make_op(VM_OP_FREE, 2000),
		make_op(VM_OP_ALLOC, 10)
	};
	const unsigned nr = sizeof(op) / sizeof(*op);
	struct test_op last = make_op(VM_OP_FREE, 5000);
	struct test_op none = make_op(VM_OP_FREE, 1);
	int pid;

	build(VM_WORLD_SIM);
	name_copy(conf.file, sizeof(conf.file), "log");
	conf.file_pages = 900;
	pid = spawn(&conf);
	for (unsigned i = 0; i < nr; i++)
		ck_assert_int_eq(vm_task_submit(vm, pid, &op[i].op), 0);
	run_ms(1000);
	for (unsigned i = 0; i < nr; i++) {
		ck_assert_int_eq(op[i].err, 0);
		ck_assert_uint_eq(op[i].turn, i + 1);
	}
	ck_assert_uint_eq(look(pid).rss_anon, 1010);
	ck_assert_uint_eq(look(pid).total_vm, 1010);
	ck_assert_uint_eq(look(pid).locked, 500);
	/* 900 pages of file: the write went on at 700 and around */
	ck_assert_uint_eq(vm->files[0]->nr_dirty, 300);
	ck_assert_uint_eq(file_next_dirty(vm->files[0], 100), 700);
	ck_assert_uint_eq(vm->committed_as, 1010);
	ck_assert_int_eq(vm_task_submit(vm, pid, &last.op), 0);
	ck_assert_int_eq(vm_task_submit(vm, pid, &none.op), 0);
	run_ms(100);
	ck_assert_int_eq(last.err, 0); /* all there was */
	ck_assert_int_eq(none.err, -ENOMEM);
	ck_assert_uint_eq(look(pid).rss_anon, 0);
	ck_assert_uint_eq(vm->committed_as, 0);
	destroy();
}
END_TEST

START_TEST(test_refused_ops)
{
	struct vm_task_conf conf = task("shell");
	struct test_op op = make_op(VM_OP_READ, 1);
	int pid;

	build(VM_WORLD_SIM);
	pid = spawn(&conf);
	ck_assert_int_eq(vm_task_submit(vm, pid, &op.op), -EINVAL);
	op.op = (struct vm_op){ .kind = VM_OP_TOUCH, .done = op_done };
	ck_assert_int_eq(vm_task_submit(vm, pid, &op.op), -EINVAL);
	op.op = (struct vm_op){ .kind = VM_NR_OPS, .pages = 1 };
	ck_assert_int_eq(vm_task_submit(vm, pid, &op.op), -EINVAL);
	op.op = (struct vm_op){ .kind = VM_OP_ALLOC, .pages = 1u << 25 };
	ck_assert_int_eq(vm_task_submit(vm, pid, &op.op), -ENOMEM);
	op.op = (struct vm_op){ .kind = VM_OP_TOUCH, .pages = 1 };
	ck_assert_int_eq(vm_task_submit(vm, 2, &op.op), -EINVAL); /* kthreadd */
	ck_assert_int_eq(vm_task_submit(vm, 30000, &op.op), -ESRCH);
	ck_assert_int_eq(op.err, 1);
	destroy();
}
END_TEST

START_TEST(test_cancel)
{
	struct vm_task_conf conf = task("shell");
	struct test_op first = make_op(VM_OP_ALLOC, 20000);
	struct test_op second = make_op(VM_OP_ALLOC, 100);
	struct test_op third = make_op(VM_OP_TOUCH, 5);
	uint64_t rss;
	int pid;

	build(VM_WORLD_SIM);
	pid = spawn(&conf);
	ck_assert_int_eq(vm_task_submit(vm, pid, &first.op), 0);
	ck_assert_int_eq(vm_task_submit(vm, pid, &second.op), 0);
	ck_assert_int_eq(vm_task_submit(vm, pid, &third.op), 0);
	ck_assert_uint_eq(vm->committed_as, 20100);
	run_ms(2);
	rss = look(pid).rss_anon;
	ck_assert_uint_gt(rss, 0);
	ck_assert_uint_lt(rss, 20000);
	vm_task_cancel(vm, pid, &second.op);
	ck_assert_int_eq(second.err, -EINTR);
	ck_assert_uint_eq(vm->committed_as, 20000);
	vm_task_cancel(vm, pid, &first.op);
	ck_assert_int_eq(first.err, -EINTR);
	run_ms(10);
	ck_assert_int_eq(third.err, 0);
	/* what was done stays done; the page in hand may have come through */
	ck_assert_uint_ge(look(pid).rss_anon, rss);
	ck_assert_uint_le(look(pid).rss_anon, rss + 1);
	vm_task_cancel(vm, pid, &third.op); /* has ended: nothing happens */
	destroy();
}
END_TEST

START_TEST(test_exit_and_kill)
{
	struct vm_task_conf conf = task("shell");
	struct test_op op[] = { make_op(VM_OP_ALLOC, 2000),
				make_op(VM_OP_EXIT, 0),
				make_op(VM_OP_TOUCH, 1) };
	struct test_op dies = make_op(VM_OP_ALLOC, 50000);
	struct vm_task_stat s;
	int pid, other;

	build(VM_WORLD_SIM);
	pid = spawn(&conf);
	other = spawn(&conf);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(vm_task_submit(vm, pid, &op[i].op), 0);
	ck_assert_int_eq(vm_task_submit(vm, other, &dies.op), 0);
	run_ms(1);
	ck_assert_int_eq(vm_task_kill(vm, other), 0);
	ck_assert_int_eq(vm_task_submit(vm, other, &op[2].op), -ESRCH);
	run_ms(1000);
	ck_assert_int_eq(op[0].err, 0);
	ck_assert_int_eq(op[1].err, 0);
	ck_assert_int_eq(op[2].err, -ESRCH);
	ck_assert_int_eq(dies.err, -ESRCH);
	ck_assert_int_eq(vm_task_get(vm, pid, &s), -ESRCH);
	ck_assert_int_eq(vm_task_get(vm, other, &s), -ESRCH);
	ck_assert_int_eq(vm_task_kill(vm, pid), -ESRCH);
	ck_assert_int_eq(vm_task_kill(vm, 2), -EPERM);
	ck_assert_int_eq(vm_task_kill(vm, 1), 0); /* init does not hear it */
	run_ms(10);
	ck_assert_int_eq(vm_task_get(vm, 1, &s), 0);
	ck_assert_uint_eq(vm->committed_as, 0);
	destroy();
}
END_TEST

START_TEST(test_start)
{
	struct vm_task_conf conf = task("database");
	struct vm_task_stat s;
	struct vm_stat *st = calloc(1, sizeof(*st));
	int pid;

	build(VM_WORLD_SIM);
	conf.anon_pages = 5000;
	conf.anon_resident = 2000;
	conf.anon_swapped = 1500;
	conf.mlock_pages = 100;
	pid = spawn(&conf);
	run_ms(1000);
	s = look(pid);
	ck_assert_uint_eq(s.rss_anon, 2000);
	ck_assert_uint_eq(s.swapents, 1500);
	ck_assert_uint_eq(s.total_vm, 5000);
	ck_assert_uint_eq(s.locked, 100);
	vm_stat_get(vm, st);
	ck_assert_uint_eq(st->event[PSWPOUT], 0);
	ck_assert_uint_eq(st->swap_total - st->swap_free, 1500);
	ck_assert_uint_eq(vm_stat_zone_sum(st, NR_MLOCK), 100);
	free(st);
	destroy();
}
END_TEST

START_TEST(test_spawn_refuses)
{
	struct vm_task_conf conf = task("bad");
	struct vm_complaint c;

	build(VM_WORLD_SIM);
	conf.cpu = 2;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	ck_assert_str_eq(c.field, "cpu");
	conf = task("bad");
	conf.nodes = 2;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	ck_assert_str_eq(c.field, "nodes");
	conf = task("bad");
	conf.oom_score_adj = 1001;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	ck_assert_str_eq(c.field, "oom_score_adj");
	conf = task("bad");
	conf.anon_pages = 10;
	conf.anon_resident = 11;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	conf = task("bad");
	name_copy(conf.file, sizeof(conf.file), "nowhere");
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	conf = task("");
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EINVAL);
	conf = task("bad");
	conf.pid = 1;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EEXIST);
	conf = task("bad");
	conf.anon_pages = 1u << 24; /* more than memory and swap */
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -ENOMEM);
	destroy();
}
END_TEST

/* kernel.pid_max is for those that come, by number and by name. */
START_TEST(test_pid_max)
{
	struct vm_task_conf conf = task("late");
	struct vm_complaint c;
	int pid, last = 0;

	build(VM_WORLD_SIM);
	conf.pid = 5000;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), 5000);
	vm_set_pid_max(vm, 310);
	conf.pid = 309;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), 309);
	conf.pid = 310;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), -EAGAIN);
	ck_assert_str_eq(c.what,
			 "pid: 310, want one below kernel.pid_max, 310");
	conf.pid = 0;
	while ((pid = vm_task_spawn(vm, &conf, &c)) > 0) {
		ck_assert_int_lt(pid, 309);
		last = pid;
	}
	ck_assert_int_gt(last, 0);
	ck_assert_int_eq(pid, -EAGAIN);
	ck_assert_str_eq(c.what, "pid: none is free, want one below "
				 "kernel.pid_max, 310");
	/* threads are numbers too, and a real process is the host's */
	vm_set_pid_max(vm, 312);
	conf.nr_threads = 5;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), 310);
	ck_assert_int_eq(vm_task_next_thread(vm, 310, 310), 311);
	ck_assert_int_eq(vm_task_next_thread(vm, 310, 311), 0);
	conf = task("real");
	conf.pid = 4000;
	conf.own_tids = true;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), 4000);
	vm_set_pid_max(vm, 4194304);
	conf = task("highest");
	conf.pid = VM_MAX_PID;
	ck_assert_int_eq(vm_task_spawn(vm, &conf, &c), VM_MAX_PID);
	destroy();
}
END_TEST

START_TEST(test_oom_adj)
{
	struct vm_task_conf conf = task("shell");
	struct vm_cred user = { .pid = 1 };
	struct vm_cred root = { .pid = 1, .cap_sys_resource = true };
	int pid;

	build(VM_WORLD_SIM);
	pid = spawn(&conf);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, 500, &user), 0);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, 0, &user), 0);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, -1, &user),
			 -EACCES);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, 1001, &root),
			 -EINVAL);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, -500, &root), 0);
	ck_assert_int_eq(look(pid).oom_score_adj_min, -500);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, 100, &user), 0);
	ck_assert_int_eq(vm_task_set_oom_score_adj(vm, pid, -500, &user), 0);
	/* the old file: not below what it is now, no new minimum */
	ck_assert_int_eq(vm_task_set_oom_adj(vm, pid, -17, &user), -EACCES);
	ck_assert_int_eq(vm_task_set_oom_adj(vm, pid, 15, &user), 0);
	ck_assert_int_eq(look(pid).oom_score_adj, 1000);
	ck_assert_int_eq(vm_task_set_oom_adj(vm, pid, 8, &root), 0);
	ck_assert_int_eq(look(pid).oom_score_adj, 470);
	ck_assert_int_eq(look(pid).oom_score_adj_min, -500);
	ck_assert_int_eq(vm_task_set_oom_adj(vm, pid, -18, &root), -EINVAL);
	ck_assert_int_eq(vm_task_set_oom_adj(vm, pid, -17, &root), 0);
	ck_assert_int_eq(look(pid).oom_score_adj, -1000);
	ck_assert_int_eq(vm_task_set_oom_adj(vm, 30000, 1, &root), -ESRCH);
	destroy();
}
END_TEST

/* Four busy tasks on two CPUs get half a CPU each, and all time is there. */
START_TEST(test_fair_cpus)
{
	struct vm_task_conf conf = task("busy");
	struct vm_stat *st = calloc(1, sizeof(*st));
	int pid[4];

	build(VM_WORLD_SIM);
	conf.anon_pages = 1000;
	conf.nr_phases = 1;
	conf.phase[0].pattern = VM_PATTERN_UNIFORM;
	for (unsigned i = 0; i < 4; i++)
		pid[i] = spawn(&conf);
	run_ms(2000);
	for (unsigned i = 0; i < 4; i++) {
		struct vm_task_stat s = look(pid[i]);

		ck_assert_uint_gt(s.utime_ns + s.stime_ns, 980 * MS);
		ck_assert_uint_lt(s.utime_ns + s.stime_ns, 1020 * MS);
		ck_assert_uint_gt(s.nivcsw, 300);
	}
	vm_stat_get(vm, st);
	for (unsigned i = 0; i < 2; i++) {
		const struct vm_cpu_stat *c = &st->cpu[i];
		uint64_t sum =
			c->user_ns + c->system_ns + c->idle_ns + c->iowait_ns;

		ck_assert_uint_ge(sum, 2000 * MS);
		ck_assert_uint_le(sum, 2000 * MS + CPU_STEP_NS * 2);
		ck_assert_uint_lt(c->idle_ns, MS);
	}
	free(st);
	destroy();
}
END_TEST

/* Settled means that the tasks are there, too. */
START_TEST(test_settle_start)
{
	struct vm_task_conf conf = task("database");
	int pid;

	build(VM_WORLD_SIM);
	conf.anon_pages = 4000;
	conf.anon_resident = 4000;
	pid = spawn(&conf);
	ck_assert(!vm_settled(vm));
	ck_assert(vm_run_settle(vm, VM_SECOND, 1000000));
	ck_assert_uint_eq(look(pid).rss_anon, 4000);
	ck_assert_uint_lt(vm_now_ns(vm), VM_SECOND);
	destroy();
}
END_TEST

/* A machine that has panicked keeps nobody waiting. */
START_TEST(test_panic)
{
	struct vm_task_conf conf = task("large");
	struct test_op op[] = { make_op(VM_OP_ALLOC, 140000),
				make_op(VM_OP_TOUCH, 1),
				make_op(VM_OP_TOUCH, 1) };
	struct vm_stat *st = calloc(1, sizeof(*st));
	uint64_t utime;
	int pid;

	build(VM_WORLD_SIM);
	vm->ctl.panic_on_oom = 1;
	ck_assert_int_eq(vm_swapoff(vm, 0), 0);
	vm->ctl.overcommit_memory = 1;
	pid = spawn(&conf);
	ck_assert_int_eq(vm_task_submit(vm, pid, &op[0].op), 0);
	ck_assert_int_eq(vm_task_submit(vm, pid, &op[1].op), 0);
	run_ms(20000);
	vm_stat_get(vm, st);
	ck_assert(st->panicked);
	ck_assert_int_eq(op[0].err, -EIO);
	ck_assert_int_eq(op[1].err, -EIO);
	ck_assert_int_eq(vm_task_submit(vm, pid, &op[2].op), -EIO);
	utime = look(pid).utime_ns + look(pid).stime_ns;
	run_ms(1000);
	ck_assert_uint_eq(look(pid).utime_ns + look(pid).stime_ns, utime);
	free(st);
	destroy();
}
END_TEST

CHECK_MAIN("workload", test_scatter, test_sequential, test_hot, test_zipf,
	   test_sleepers, test_leak_rate, test_phases, test_empty_phases,
	   test_ops_in_order, test_refused_ops, test_cancel, test_exit_and_kill,
	   test_start, test_spawn_refuses, test_pid_max, test_oom_adj,
	   test_fair_cpus, test_settle_start, test_panic)
