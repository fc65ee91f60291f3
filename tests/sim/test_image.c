/* SPDX-License-Identifier: MIT */
/*
 * test_image.c - a machine saved and brought back is the same machine.
 *
 * Equal images are equal machines: an image holds all that decides what
 * happens next, and nothing else.  So a machine is saved before each of many
 * steps; another one becomes each of them, must give the same image again,
 * and after one step, or all that are left, the image of that moment.  The
 * steps are those that follow upon something: the first direct reclaim, a
 * victim of the OOM killer, a page that goes to swap.  Nothing that a machine
 * can be in the middle of is left to chance.
 */
#include <errno.h>
#include <stdio.h>

#include "check_main.h"
#include "harness.h"
#include "sim/image_bytes.h"

#define NR_MOMENTS 120
#define WHOLE	   12 /* every so many moments all steps are run */
#define NO_END	   UINT64_MAX
#define MAX_STEPS  1000000 /* until something happens first */

/* --- machines ------------------------------------------------------------ */

static struct vm_task_conf *add_anon(struct vm_machine *m, const char *comm,
				     unsigned mib, uint64_t rate)
{
	struct vm_task_conf *t = machine_task(m, comm);
	struct vm_phase_conf *p;

	t->anon_pages = t->anon_resident = MIB(mib);
	t->nr_threads = 3;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = rate;
	p->write_permille = 300;
	return t;
}

static void add_mapper(struct vm_machine *m, const char *comm,
		       const char *file)
{
	struct vm_task_conf *t = machine_task(m, comm);
	struct vm_phase_conf *p;

	snprintf(t->file, sizeof(t->file), "%s", file);
	t->map_file = true;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_ZIPF;
	p->target = VM_TARGET_MAPPING;
	p->rate = 5000;
	p->write_permille = 200;
}

static void add_leak(struct vm_machine *m)
{
	struct vm_task_conf *t = machine_task(m, "leaky");
	struct vm_phase_conf *p;

	t->oom_score_adj = 500;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_SEQUENTIAL;
	p->grow = true;
	p->rate = MIB(16);
}

/* Anonymous memory that does not fit, files read, written and mapped. */
static void mixed(struct vm_machine *m)
{
	machine_two_nodes(m, 24);
	machine_swap(m, 24);
	machine_file(m, "/big", 64);
	machine_file(m, "/other", 16);
	add_anon(m, "random", 32, 20000);
	machine_stream(m, "reader", "/big", 0);
	machine_stream(m, "writer", "/other", 0)->write_permille = 1000;
	add_mapper(m, "mapper", "/big");
	add_mapper(m, "mapper2", "/big");
}

/* A leak, and not much swap. */
static void leaking(struct vm_machine *m)
{
	machine_one_node(m, 24);
	machine_swap(m, 8);
	machine_file(m, "/log", 8);
	machine_stream(m, "writer", "/log", 0)->write_permille = 500;
	add_leak(m);
}

/* A slow disk: whoever writes is held back. */
static void slow(struct vm_machine *m)
{
	machine_one_node(m, 32);
	machine_swap(m, 8);
	vm_disk_defaults(&m->disk[0], VM_DISK_HDD);
	snprintf(m->disk[0].name, sizeof(m->disk[0].name), "sda");
	machine_file(m, "/log", 64);
	machine_stream(m, "writer", "/log", 0)->write_permille = 1000;
	machine_stream(m, "writer2", "/log", 0)->write_permille = 1000;
	add_anon(m, "random", 24, 20000);
}

/* Swap in memory, locked pages, tmpfs, huge pages. */
static void odd(struct vm_machine *m)
{
	machine_one_node(m, 32);
	vm_disk_defaults(&m->disk[1], VM_DISK_ZRAM);
	snprintf(m->disk[1].name, sizeof(m->disk[1].name), "zram0");
	m->nr_disks = 2;
	machine_swap(m, 16);
	machine_swap(m, 16);
	m->swap[0].disk = 1;
	m->swap[0].priority = 5;
	m->swap[1].priority = 5;
	m->kernel.shmem = MIB(1);
	machine_sysctl(m, "vm.nr_hugepages", "2");
	add_anon(m, "locked", 8, 1000)->mlock_pages = MIB(2);
	add_anon(m, "random", 28, 20000);
}

/* Each node is cleaned up before the other one is asked. */
static void at_home(struct vm_machine *m)
{
	machine_two_nodes(m, 32);
	machine_file(m, "/big", 64);
	machine_sysctl(m, "vm.zone_reclaim_mode", "7");
	m->node[0].distance[1] = m->node[1].distance[0] = 21;
	machine_stream(m, "reader", "/big", 0)->write_permille = 100;
	add_anon(m, "random", 24, 5000);
	add_leak(m);
}

/*
 * The same with lists of free pages for every CPU, of both kinds, and with
 * sums that are flushed now and then.
 */
static void listed(struct vm_machine *m)
{
	mixed(m);
	m->page_lists = VM_PAGE_LISTS_SCALED;
	m->lru_counts = VM_LRU_COUNTS_FLUSHED;
}

static void listed_leaking(struct vm_machine *m)
{
	leaking(m);
	m->page_lists = VM_PAGE_LISTS_FIXED;
}

/* Steps that follow upon the first time that @item is counted. */
struct moment {
	void (*machine)(struct vm_machine *m);
	enum vm_event_item item;
};

static const struct moment moments[] = {
	{ mixed, PGFAULT },
	{ mixed, PAGEOUTRUN },
	{ mixed, ALLOCSTALL_MOVABLE },
	{ mixed, PSWPOUT },
	{ mixed, PSWPIN },
	{ mixed, PGMAJFAULT },
	{ mixed, PGROTATED },
	{ leaking, PGSCAN_DIRECT },
	{ leaking, OOM_KILL },
	{ slow, PGPGOUT },
	{ slow, PGSCAN_FILE },
	{ odd, HTLB_BUDDY_PGALLOC },
	{ odd, PSWPOUT },
	{ odd, PSWPIN },
	{ at_home, PGSCAN_ZONE_RECLAIM_SUCCESS },
	{ listed, PGFAULT },
	{ listed, PAGEOUTRUN },
	{ listed, ALLOCSTALL_MOVABLE },
	{ listed_leaking, PGSCAN_DIRECT },
	{ listed_leaking, OOM_KILL },
};

#define NR_ROWS (sizeof(moments) / sizeof(moments[0]))

/* --- the same ------------------------------------------------------------ */

static void start(struct harness *h, void (*machine)(struct vm_machine *m))
{
	struct vm_machine m;

	machine(&m);
	harness_start(h, &m);
}

static void step(struct vm *vm, uint64_t nr)
{
	ck_assert(!vm_run_until(vm, NO_END, nr));
}

static void run_up_to(struct harness *h, enum vm_event_item item)
{
	uint64_t left = MAX_STEPS;

	while (!harness_event(h, item) && left--)
		vm_run_until(h->vm, NO_END, 1);
	ck_assert_uint_gt(harness_event(h, item), 0);
}

START_TEST(test_moments)
{
	static struct image_bytes at[NR_MOMENTS + 1], got;
	struct harness h, other;

	start(&h, moments[_i].machine);
	start(&other, moments[_i].machine);
	run_up_to(&h, moments[_i].item);
	for (unsigned i = 0; i <= NR_MOMENTS; i++) {
		image_bytes_save(&at[i], h.vm);
		step(h.vm, 1);
	}
	for (unsigned i = NR_MOMENTS; i-- > 0;) {
		image_bytes_restore(&at[i], other.vm);
		image_bytes_save(&got, other.vm);
		image_bytes_same(&at[i], &got, i);
		harness_check(&other);
		step(other.vm, 1);
		image_bytes_save(&got, other.vm);
		image_bytes_same(&at[i + 1], &got, i);
		if (i % WHOLE)
			continue;
		image_bytes_restore(&at[i], other.vm);
		step(other.vm, NR_MOMENTS - i);
		image_bytes_save(&got, other.vm);
		image_bytes_same(&at[NR_MOMENTS], &got, i);
	}
	for (unsigned i = 0; i <= NR_MOMENTS; i++)
		image_bytes_free(&at[i]);
	image_bytes_free(&got);
	harness_stop(&h);
	harness_stop(&other);
}
END_TEST

/* Seconds later they are still the same, and so is what they tell. */
START_TEST(test_long)
{
	struct image_bytes a = { 0 }, b = { 0 };
	struct harness h, other;

	start(&h, _i ? listed : mixed);
	start(&other, _i ? listed : mixed);
	/* past the first flush of sums, and not at one */
	harness_run(&h, 3 * VM_SECOND);
	image_bytes_save(&a, h.vm);
	image_bytes_restore(&a, other.vm);
	for (int ev = 0; ev < VM_NR_EVENT_TYPES; ev++) {
		harness_want(&h, ev);
		harness_want(&other, ev);
	}
	harness_run(&h, 10 * VM_SECOND);
	harness_run(&other, 10 * VM_SECOND);
	image_bytes_save(&a, h.vm);
	image_bytes_save(&b, other.vm);
	image_bytes_same(&a, &b, 0);
	ck_assert_uint_gt(h.len, 1000);
	ck_assert_uint_eq(h.len, other.len);
	ck_assert_mem_eq(h.text, other.text, h.len);
	image_bytes_free(&a);
	image_bytes_free(&b);
	harness_stop(&h);
	harness_stop(&other);
}
END_TEST

/* Everything that a client sees is that of the moment. */
START_TEST(test_what_is_seen)
{
	static struct vm_stat now, then;
	struct image_bytes a = { 0 };
	struct vm_task_stat t, u;
	struct harness h;

	start(&h, mixed);
	harness_run(&h, 2 * VM_SECOND);
	harness_sysctl(&h, "swappiness", 17);
	image_bytes_save(&a, h.vm);
	then = *harness_look(&h);
	t = harness_task(&h, "random");
	harness_sysctl(&h, "swappiness", 100);
	ck_assert_int_eq(vm_task_kill(h.vm, t.pid), 0);
	harness_run(&h, 2 * VM_SECOND);
	ck_assert_int_eq(harness_pid(&h, "random"), 0);
	image_bytes_restore(&a, h.vm);
	now = *harness_look(&h);
	u = harness_task(&h, "random");
	ck_assert_mem_eq(&now, &then, sizeof(now));
	ck_assert_mem_eq(&t, &u, sizeof(t));
	ck_assert_uint_eq(vm_now_ns(h.vm), 2 * VM_SECOND);
	ck_assert_int_eq(harness_sysctl(&h, "swappiness", 17), 0);
	image_bytes_free(&a);
	harness_stop(&h);
}
END_TEST

/* A task that came after the machine was made is in its image as well. */
START_TEST(test_newcomers)
{
	struct vm_task_conf conf = { .comm = "late", .cpu = -1 };
	struct image_bytes a = { 0 }, b = { 0 };
	struct vm_complaint c;
	struct harness h, other;

	conf.anon_pages = conf.anon_resident = MIB(1);
	conf.file_pages = MIB(3);
	conf.map_file = true;
	snprintf(conf.file, sizeof(conf.file), "/new");
	start(&h, mixed);
	start(&other, leaking);
	harness_stop(&other);
	start(&other, mixed);
	ck_assert_int_gt(vm_task_spawn(h.vm, &conf, &c), 0);
	harness_run(&h, VM_SECOND);
	ck_assert_int_eq(harness_op(&h, "late", VM_OP_DIRTY, MIB(1)), 0);
	image_bytes_save(&a, h.vm);
	image_bytes_restore(&a, other.vm);
	ck_assert_int_eq(harness_op(&h, "late", VM_OP_READ, MIB(1)), 0);
	ck_assert_int_eq(harness_op(&other, "late", VM_OP_READ, MIB(1)), 0);
	image_bytes_save(&a, h.vm);
	image_bytes_save(&b, other.vm);
	image_bytes_same(&a, &b, 0);
	image_bytes_free(&a);
	image_bytes_free(&b);
	harness_stop(&h);
	harness_stop(&other);
}
END_TEST

/* --- ops, put(), order --------------------------------------------------- */

struct waiting {
	struct vm_op op;
	unsigned nr;
	int err;
};

static void done(struct vm_op *op, int err)
{
	struct waiting *w = (struct waiting *)op;

	w->nr++;
	w->err = err;
}

START_TEST(test_ops)
{
	struct waiting w = { .op = { .kind = VM_OP_TOUCH, .pages = MIB(32),
				     .done = done } };
	struct image_bytes a = { 0 }, b = { 0 };
	struct harness h;

	start(&h, mixed);
	harness_run(&h, VM_SECOND);
	image_bytes_save(&a, h.vm);
	ck_assert_int_eq(vm_task_submit(h.vm, harness_pid(&h, "random"),
					&w.op), 0);
	ck_assert_int_eq(vm_save(h.vm, image_bytes_put, &b), -EBUSY);
	ck_assert_uint_eq(b.len, 0);
	step(h.vm, 20);
	ck_assert_int_eq(vm_save(h.vm, image_bytes_put, &b), -EBUSY);
	ck_assert_uint_eq(w.nr, 0);
	image_bytes_restore(&a, h.vm);
	ck_assert_uint_eq(w.nr, 1);
	ck_assert_int_eq(w.err, -EINTR);
	image_bytes_save(&b, h.vm);
	image_bytes_same(&a, &b, 0);
	harness_run(&h, VM_SECOND);
	ck_assert_uint_eq(w.nr, 1);
	image_bytes_free(&a);
	image_bytes_free(&b);
	harness_stop(&h);
}
END_TEST

static int put_some(void *arg, const void *bytes, size_t len)
{
	size_t *left = arg;

	(void)bytes;
	if (*left < len)
		return -ENOSPC;
	*left -= len;
	return 0;
}

START_TEST(test_put_fails)
{
	struct image_bytes a = { 0 }, b = { 0 };
	struct harness h;

	start(&h, mixed);
	harness_run(&h, VM_SECOND);
	image_bytes_save(&a, h.vm);
	for (size_t room = 0; room < a.len; room += a.len / 16) {
		size_t left = room;

		ck_assert_int_eq(vm_save(h.vm, put_some, &left), -ENOSPC);
	}
	image_bytes_save(&b, h.vm);
	image_bytes_same(&a, &b, 0);
	image_bytes_free(&a);
	image_bytes_free(&b);
	harness_stop(&h);
}
END_TEST

/* What has never been used takes no room. */
START_TEST(test_idle_is_small)
{
	struct image_bytes a = { 0 };
	struct vm_machine m;
	struct harness h;

	vm_machine_init(&m);
	m.nr_nodes = 1;
	m.nr_cpus = 1;
	m.node[0].mem_pages = MIB(256 * 1024);
	m.node[0].distance[0] = 10;
	harness_start(&h, &m);
	harness_run(&h, VM_SECOND);
	image_bytes_save(&a, h.vm);
	ck_assert_uint_lt(a.len, 1 << 20);
	image_bytes_restore(&a, h.vm);
	harness_run(&h, VM_SECOND);
	image_bytes_free(&a);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN_ROWS("image", { test_moments, NR_ROWS }, { test_long, 2 },
		{ test_what_is_seen, 0 }, { test_newcomers, 0 },
		{ test_ops, 0 }, { test_put_fails, 0 },
		{ test_idle_is_small, 0 })
