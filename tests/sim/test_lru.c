/* SPDX-License-Identifier: MIT */
/*
 * test_lru.c - which pages go: used once or twice, file or anonymous.
 *
 * Fact sheet E: use-once, activation by the second access, refaults within
 * reach, the balance by swappiness.  Figures read off the recordings are
 * named where they are used.
 */
#include <errno.h>
#include <stdio.h>

#include "harness.h"
#include "check_main.h"

#define HOT "/data/hot"
#define BIG "/data/big"

/* A task on a file, idle. */
static struct vm_task_conf *user(struct vm_machine *m, const char *comm,
				 const char *file)
{
	struct vm_task_conf *t = machine_task(m, comm);

	snprintf(t->file, sizeof(t->file), "%s", file);
	return t;
}

static void two_files(struct vm_machine *m)
{
	machine_one_node(m, 96);
	m->nr_cpus = 2;
	machine_file(m, HOT, 16);
	machine_file(m, BIG, 256);
	user(m, "hot", HOT);
	user(m, "stream", BIG);
}

/* Read all of @mib MiB, in pieces, so that kswapd can keep up. */
static void read_all(struct harness *h, const char *comm, unsigned mib)
{
	for (uint64_t left = MIB(mib); left > 0; left -= 64) {
		ck_assert_int_eq(harness_op(h, comm, VM_OP_READ, 64), 0);
		harness_run(h, VM_MILLISECOND);
	}
}

START_TEST(test_use_once)
{
	struct vm_machine m;
	struct harness h;

	two_files(&m);
	harness_start(&h, &m);
	read_all(&h, "hot", 16);
	ck_assert_uint_ge(harness_node(&h, NR_INACTIVE_FILE), MIB(16));
	ck_assert_uint_eq(harness_event(&h, PGACTIVATE), 0);
	/* the file starts over: every page is used a second time */
	read_all(&h, "hot", 16);
	ck_assert_uint_ge(harness_node(&h, NR_ACTIVE_FILE), MIB(15));
	ck_assert_uint_ge(harness_event(&h, PGACTIVATE), MIB(15));
	ck_assert_uint_le(harness_event(&h, PGPGIN), 2 * 4 * 2 * MIB(16));
	harness_stop(&h);
}
END_TEST

/* Recorded: a hot set read three times stays whole while a stream passes. */
START_TEST(test_hot_set_survives)
{
	struct vm_machine m;
	struct harness h;
	uint64_t sectors;

	two_files(&m);
	harness_start(&h, &m);
	for (int i = 0; i < 3; i++)
		read_all(&h, "hot", 16);
	read_all(&h, "stream", 256);
	ck_assert_uint_gt(harness_event(&h, PGSTEAL_FILE), MIB(128));
	sectors = harness_event(&h, PGPGIN);
	read_all(&h, "hot", 16);
	/* at most 5 % of it had to be read again; sectors of 512 bytes */
	ck_assert_uint_le(harness_event(&h, PGPGIN) - sectors,
			  MIB(16) * 8 / 20);
	harness_stop(&h);
}
END_TEST

/* A set used once and dropped not long ago comes back active. */
START_TEST(test_refault)
{
	struct vm_machine m;
	struct harness h;

	machine_one_node(&m, 96);
	m.nr_cpus = 2;
	machine_file(&m, BIG, 100);
	user(&m, "looper", BIG);
	harness_start(&h, &m);
	read_all(&h, "looper", 100);
	ck_assert_uint_eq(harness_node(&h, WORKINGSET_REFAULT_FILE), 0);
	read_all(&h, "looper", 100);
	ck_assert_uint_gt(harness_node(&h, WORKINGSET_REFAULT_FILE), MIB(8));
	/* M.7 */
	ck_assert_uint_le(harness_node(&h, WORKINGSET_ACTIVATE_FILE),
			  harness_node(&h, WORKINGSET_REFAULT_FILE));
	ck_assert_uint_le(harness_node(&h, WORKINGSET_RESTORE_FILE),
			  harness_node(&h, WORKINGSET_ACTIVATE_FILE));
	harness_stop(&h);
}
END_TEST

/*
 * Half anonymous, half cache that was read twice and is active (else it would
 * all go first, E.2 rule 4); then something grows, to no more than fits in the
 * place of the cache: beyond that even swappiness 0 swaps (E.2 rule 3).
 */
static void balance(struct harness *h, const char *swappiness)
{
	struct vm_machine m;
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine_one_node(&m, 96);
	m.nr_cpus = 2;
	machine_swap(&m, 96);
	machine_file(&m, BIG, 44);
	machine_sysctl(&m, "vm.swappiness", swappiness);
	t = machine_task(&m, "anon");
	t->anon_pages = t->anon_resident = MIB(40);
	user(&m, "file", BIG);
	machine_task(&m, "growing");
	/* programs in use: without them file is tiny at last (E.2 rule 3) */
	machine_file(&m, "/usr/lib", 4);
	t = user(&m, "libs", "/usr/lib");
	t->cpu = 1;
	t->map_file = true;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->target = VM_TARGET_MAPPING;
	p->rate = 50000;
	harness_start(h, &m);
	read_all(h, "file", 88);
	for (int i = 0; i < 48 * 16; i++) {
		if (harness_op(h, "growing", VM_OP_ALLOC, 16))
			break;
		harness_run(h, 20 * VM_MILLISECOND);
	}
}

/* Recorded: anon share 0 at 0, 0.41 at 60, 1.00 at 200. */
START_TEST(test_swappiness)
{
	static const char *const value[] = { "0", "60", "100", "200" };
	struct harness h;
	uint64_t anon, file;
	double share[4];

	for (int i = 0; i < 4; i++) {
		balance(&h, value[i]);
		anon = harness_event(&h, PGSTEAL_ANON);
		file = harness_event(&h, PGSTEAL_FILE);
		ck_assert_uint_gt(anon + file, MIB(8));
		share[i] = (double)anon / (double)(anon + file);
		harness_stop(&h);
	}
	ck_assert_double_lt(share[0], 0.02);
	ck_assert_double_gt(share[1], share[0]);
	ck_assert_double_gt(share[2], share[1]);
	ck_assert_double_eq(share[3], 1);
}
END_TEST

/* E.6: seen in use twice, a mapped page moves up; a stream does not hurt it. */
START_TEST(test_mapped_in_use)
{
	struct vm_machine m;
	struct harness h;
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	two_files(&m);
	machine_file(&m, "/usr/lib", 4);
	t = user(&m, "libs", "/usr/lib");
	t->cpu = 1;
	t->map_file = true;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->target = VM_TARGET_MAPPING;
	p->rate = 50000;
	harness_start(&h, &m);
	read_all(&h, "stream", 256);
	ck_assert_uint_gt(harness_event(&h, PGSTEAL_FILE), MIB(128));
	ck_assert_uint_ge(harness_task(&h, "libs").rss_file, MIB(4) - 32);
	ck_assert_uint_ge(harness_node(&h, NR_ACTIVE_FILE), MIB(4) - 64);
	harness_stop(&h);
}
END_TEST

START_TEST(test_mlock)
{
	struct vm_machine m;
	struct harness h;

	machine_one_node(&m, 64);
	machine_swap(&m, 64);
	machine_task(&m, "locker")->anon_pages = 0;
	machine_task(&m, "hungry");
	harness_start(&h, &m);
	ck_assert_int_eq(harness_op(&h, "locker", VM_OP_ALLOC, MIB(16)), 0);
	ck_assert_int_eq(harness_op(&h, "locker", VM_OP_MLOCK, MIB(16)), 0);
	ck_assert_uint_eq(harness_node(&h, NR_UNEVICTABLE), MIB(16));
	ck_assert_uint_eq(harness_zone(&h, NR_MLOCK), MIB(16));
	ck_assert_int_eq(harness_op(&h, "hungry", VM_OP_ALLOC, MIB(64)), 0);
	ck_assert_uint_eq(harness_task(&h, "locker").rss_anon, MIB(16));
	ck_assert_uint_eq(harness_task(&h, "locker").swapents, 0);
	ck_assert_uint_gt(harness_task(&h, "hungry").swapents, 0);
	harness_stop(&h);
}
END_TEST

/* Errata 16: what cannot be dropped is pushed to the inactive list. */
START_TEST(test_drop_caches)
{
	struct vm_machine m;
	struct harness h;
	uint64_t file;

	two_files(&m);
	harness_start(&h, &m);
	read_all(&h, "hot", 16);
	ck_assert_int_eq(harness_op(&h, "stream", VM_OP_DIRTY, MIB(2)), 0);
	file = harness_node(&h, NR_FILE_PAGES);
	ck_assert_int_eq(harness_sysctl(&h, "drop_caches", 1), 0);
	ck_assert_uint_le(harness_node(&h, NR_FILE_PAGES), file - MIB(15));
	ck_assert_uint_ge(harness_node(&h, NR_FILE_PAGES), MIB(2));
	ck_assert_uint_eq(harness_event(&h, DROP_PAGECACHE), 1);
	ck_assert_uint_eq(harness_event(&h, DROP_SLAB), 0);
	ck_assert_int_eq(harness_sysctl(&h, "drop_caches", 3), 0);
	ck_assert_uint_eq(harness_event(&h, DROP_SLAB), 1);
	ck_assert_int_eq(harness_sysctl(&h, "drop_caches", 5), -EINVAL);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN("lru", test_use_once, test_hot_set_survives, test_refault,
	   test_swappiness, test_mapped_in_use, test_mlock, test_drop_caches)
