/* SPDX-License-Identifier: MIT */
/*
 * test_image_damage.c - images that are not what they were, or not for this
 * machine.
 *
 * Whatever is in the bytes: vm_restore() refuses them, and the machine is
 * what it was, to the byte of its own image; or it takes them, and then all
 * invariants hold and the machine can be saved and taken down.  It never
 * crashes: run under the sanitizers as well.
 */
#include <errno.h>
#include <stdio.h>

#include "check_main.h"
#include "fault.h"
#include "harness.h"
#include "sim/image_bytes.h"

#define LENGTH_AT  12 /* of the header: magic, version, length */
#define VERSION_AT 8
#define NR_PARTS   64
#define NR_FLIPS   100 /* a row */
#define NR_ROWS	   20
#define MANY	   10000
/* Where pages and tables are in between, in bytes. */
#define EDGE	   (24u << 10)
#define NR_STEPS   19

/* Something of everything in little memory. */
static void machine(struct vm_machine *m)
{
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine_two_nodes(m, 12);
	machine_swap(m, 8);
	machine_file(m, "/big", 16);
	machine_sysctl(m, "vm.nr_hugepages", "1");
	m->kernel.shmem = KIB(512);
	m->kernel.slab_reclaimable = m->kernel.slab_unreclaimable = KIB(512);
	t = machine_task(m, "random");
	t->anon_pages = t->anon_resident = MIB(16);
	t->mlock_pages = KIB(256);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 20000;
	p->write_permille = 300;
	t = machine_task(m, "mapper");
	snprintf(t->file, sizeof(t->file), "/big");
	t->map_file = true;
	p = machine_phase(t);
	p->pattern = VM_PATTERN_ZIPF;
	p->target = VM_TARGET_MAPPING;
	p->rate = 5000;
	p->write_permille = 300;
	machine_stream(m, "writer", "/big", 5000)->write_permille = 500;
}

static void start(struct harness *h)
{
	struct vm_machine m;

	machine(&m);
	harness_start(h, &m);
}

/* In the middle of reading and writing. */
static void busy(struct harness *h, struct image_bytes *b)
{
	uint64_t steps = 0;

	start(h);
	harness_run(h, VM_SECOND);
	while (harness_look(h)->disk[0].in_flight < 2) {
		vm_run_until(h->vm, UINT64_MAX, 1);
		ck_assert_uint_lt(++steps, HARNESS_MAX_STEPS);
	}
	image_bytes_save(b, h->vm);
}

/* The header says that the image is as long as it is now. */
static void set_length(struct image_bytes *b, size_t len)
{
	b->len = len;
	for (unsigned i = 0; i < 8 && LENGTH_AT + i < len; i++)
		b->at[LENGTH_AT + i] = (unsigned char)((uint64_t)len >> 8 * i);
}

static void refused(struct harness *h, const struct image_bytes *bad, int err)
{
	struct vm_complaint c = { .what = "" };

	ck_assert_int_eq(vm_restore(h->vm, bad->at, bad->len, &c), err);
	ck_assert_uint_gt(strlen(c.what), 10);
	ck_assert_ptr_nonnull(c.field);
}

static void unchanged(struct harness *h, const struct image_bytes *own)
{
	struct image_bytes now = { 0 };

	image_bytes_save(&now, h->vm);
	image_bytes_same(own, &now, 0);
	image_bytes_free(&now);
}

static void copy(struct image_bytes *to, const struct image_bytes *from)
{
	to->len = 0;
	image_bytes_put(to, from->at, from->len);
}

START_TEST(test_cut_short)
{
	struct image_bytes own = { 0 }, bad = { 0 };
	struct harness h;

	busy(&h, &own);
	for (size_t i = 0; i < NR_PARTS; i++) {
		copy(&bad, &own);
		bad.len = own.len * i / NR_PARTS;
		refused(&h, &bad, -EINVAL);
		set_length(&bad, bad.len);
		refused(&h, &bad, -EINVAL);
	}
	copy(&bad, &own);
	image_bytes_put(&bad, "more", 4);
	refused(&h, &bad, -EINVAL);
	set_length(&bad, bad.len);
	refused(&h, &bad, -EINVAL);
	unchanged(&h, &own);
	image_bytes_free(&own);
	image_bytes_free(&bad);
	harness_stop(&h);
}
END_TEST

START_TEST(test_other_format)
{
	struct image_bytes own = { 0 }, bad = { 0 };
	struct vm_complaint c;
	struct harness h;

	busy(&h, &own);
	copy(&bad, &own);
	bad.at[0] ^= 1;
	refused(&h, &bad, -EINVAL);
	copy(&bad, &own);
	bad.at[VERSION_AT]++;
	refused(&h, &bad, -EINVAL);
	ck_assert_int_eq(vm_restore(h.vm, NULL, 0, &c), -EINVAL);
	unchanged(&h, &own);
	image_bytes_free(&own);
	image_bytes_free(&bad);
	harness_stop(&h);
}
END_TEST

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

START_TEST(test_flipped)
{
	struct image_bytes own = { 0 }, bad = { 0 };
	uint64_t chance = (uint64_t)_i + 1;
	struct vm_complaint c;
	struct harness h;
	unsigned taken = 0;

	busy(&h, &own);
	for (unsigned i = 0; i < NR_FLIPS; i++) {
		size_t at = (draw(&chance) << 20 ^ draw(&chance)) % own.len;
		int err;

		copy(&bad, &own);
		bad.at[at] ^= (unsigned char)(1 + draw(&chance) % 255);
		err = vm_restore(h.vm, bad.at, bad.len, &c);
		if (!err) {
			taken++;
			harness_check(&h);
			image_bytes_save(&bad, h.vm);
			image_bytes_restore(&own, h.vm);
			continue;
		}
		ck_assert_msg(err == -EINVAL || err == -EXDEV ||
				      err == -ENOMEM,
			      "byte %zu: %d", at, err);
		if (i % 16 == 0)
			unchanged(&h, &own);
	}
	unchanged(&h, &own);
	ck_assert_uint_lt(taken, NR_FLIPS);
	image_bytes_free(&own);
	image_bytes_free(&bad);
	harness_stop(&h);
}
END_TEST

/*
 * Not drawn but one after the other, at as many moments as there are rows:
 * one in three bytes of what is not pages, and some of those.
 */
START_TEST(test_each_byte)
{
	struct image_bytes own = { 0 }, bad = { 0 };
	struct vm_complaint c;
	struct harness h;
	size_t at = VERSION_AT + (size_t)_i, step;

	busy(&h, &own);
	vm_run_until(h.vm, UINT64_MAX, 41 * (uint64_t)_i);
	image_bytes_save(&own, h.vm);
	copy(&bad, &own);
	for (; at < own.len; at += step) {
		const unsigned char was = bad.at[at];
		int err;

		step = at < EDGE || at + EDGE > own.len ? 3 * NR_STEPS :
							  41 * NR_STEPS;
		bad.at[at] = at / NR_STEPS % 2 ? was ^ 0xff : was + 1;
		err = vm_restore(h.vm, bad.at, bad.len, &c);
		bad.at[at] = was;
		if (!err) {
			harness_check(&h);
			image_bytes_restore(&own, h.vm);
		} else {
			ck_assert_msg(err == -EINVAL || err == -EXDEV ||
					      err == -ENOMEM,
				      "byte %zu: %d", at, err);
		}
	}
	unchanged(&h, &own);
	image_bytes_free(&own);
	image_bytes_free(&bad);
	harness_stop(&h);
}
END_TEST

/* --- other machines ------------------------------------------------------ */

static void less_memory(struct vm_machine *m)
{
	m->node[1].zone[VM_ZONE_NORMAL].managed -= MIB(4);
	m->node[1].zone[VM_ZONE_NORMAL].present -= MIB(4);
}

static void other_zone(struct vm_machine *m)
{
	m->node[0].zone[VM_ZONE_NORMAL].managed--;
}

static void other_distance(struct vm_machine *m)
{
	m->node[0].distance[1] = m->node[1].distance[0] = 30;
}

static void more_cpus(struct vm_machine *m)
{
	m->cpu_node[m->nr_cpus++] = 0;
}

static void other_disk(struct vm_machine *m)
{
	snprintf(m->disk[0].name, sizeof(m->disk[0].name), "sda");
}

static void slower_disk(struct vm_machine *m)
{
	m->disk[0].bandwidth_bps /= 2;
}

static void less_swap(struct vm_machine *m)
{
	m->swap[0].pages--;
}

static void no_swap(struct vm_machine *m)
{
	m->nr_swaps = 0;
}

static void flushed_counts(struct vm_machine *m)
{
	m->lru_counts = VM_LRU_COUNTS_FLUSHED;
}

struct other {
	void (*change)(struct vm_machine *m);
	const char *what;
};

static const struct other others[] = {
	{ less_memory, "node 1: 12 MiB, this machine has 8 MiB" },
	{ other_zone, "node 0 zone Normal: 3072 pages, this machine has "
		      "3071 pages" },
	{ other_distance, "node 0: 20 as a distance, this machine has 30 as "
			  "a distance" },
	{ more_cpus, "CPUs: 2, this machine has 3" },
	{ other_disk, "disk 0: nvme0n1, this machine has sda" },
	{ slower_disk, NULL },
	{ less_swap, "swap area 0: 2049 pages, this machine has 2048 pages" },
	{ no_swap, "swap areas: 1, this machine has 0" },
	{ flushed_counts, "counts of lists: 0 as their kind, this machine has "
			  "1 as their kind" },
};

#define NR_OTHERS (sizeof(others) / sizeof(others[0]))

START_TEST(test_other_machine)
{
	struct image_bytes theirs = { 0 }, own = { 0 };
	struct vm_complaint c;
	struct harness h, other;
	struct vm_machine m;

	busy(&h, &theirs);
	machine(&m);
	others[_i].change(&m);
	harness_start(&other, &m);
	image_bytes_save(&own, other.vm);
	ck_assert_int_eq(vm_restore(other.vm, theirs.at, theirs.len, &c),
			 -EXDEV);
	if (others[_i].what)
		ck_assert_str_eq(c.what, others[_i].what);
	unchanged(&other, &own);
	harness_run(&other, VM_SECOND);
	image_bytes_free(&theirs);
	image_bytes_free(&own);
	harness_stop(&h);
	harness_stop(&other);
}
END_TEST

/* --- no memory ----------------------------------------------------------- */

START_TEST(test_allocations_fail)
{
	struct image_bytes own = { 0 }, then = { 0 };
	struct vm_complaint c;
	struct harness h;
	long n;

	busy(&h, &then);
	harness_run(&h, VM_SECOND / 10);
	image_bytes_save(&own, h.vm);
	for (n = 0; n < MANY; n++) {
		int err;

		fault_arm(n);
		err = vm_restore(h.vm, then.at, then.len, &c);
		if (!fault_disarm())
			break;
		/* a longer queue of a disk is not needed to go on */
		if (!err)
			image_bytes_restore(&own, h.vm);
		else
			ck_assert_msg(err == -ENOMEM || err == -EAGAIN,
				      "allocation %ld: %d", n, err);
		unchanged(&h, &own);
	}
	ck_assert_int_gt(n, 20);
	unchanged(&h, &then);
	image_bytes_free(&own);
	image_bytes_free(&then);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN_ROWS("image_damage", { test_cut_short, 0 },
		{ test_other_format, 0 }, { test_flipped, NR_ROWS },
		{ test_each_byte, NR_STEPS },
		{ test_other_machine, NR_OTHERS },
		{ test_allocations_fail, 0 })
