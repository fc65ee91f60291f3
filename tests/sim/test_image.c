/* SPDX-License-Identifier: MIT */
/*
 * test_image.c - a machine saved and brought back is the same machine.
 *
 * Equal images are equal machines: an image holds all that decides what
 * happens next, and nothing else.  So a machine is run to a moment, saved,
 * run on and saved again; another one is restored at that moment and run on
 * as far, and its image must be the same, byte for byte.  The moments are
 * taken one after another, step by step, so that everything is met in the
 * middle of what it does: faults, reclaim, requests, exits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/image.h>

#include "harness.h"
#include "check_main.h"

struct bytes {
	unsigned char *at;
	size_t len, room;
};

static int put(void *arg, const void *bytes, size_t len)
{
	struct bytes *b = arg;

	if (b->room - b->len < len) {
		b->room = 2 * b->room + len;
		b->at = realloc(b->at, b->room);
		ck_assert_ptr_nonnull(b->at);
	}
	memcpy(b->at + b->len, bytes, len);
	b->len += len;
	return 0;
}

static struct bytes save(struct vm *vm)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(vm_save(vm, put, &b), 0);
	ck_assert_uint_gt(b.len, 0);
	return b;
}

static void same(const struct bytes *a, const struct bytes *b)
{
	size_t i = 0;

	while (i < a->len && i < b->len && a->at[i] == b->at[i])
		i++;
	ck_assert_msg(i == a->len && i == b->len,
		      "images of %zu and %zu bytes differ at %zu", a->len,
		      b->len, i);
}

static void restore(struct vm *vm, const struct bytes *b)
{
	struct vm_complaint c = { .what = "" };
	int err = vm_restore(vm, b->at, b->len, &c);

	ck_assert_msg(err == 0, "%d: %s", err, c.what);
}

/* --- machines ------------------------------------------------------------ */

static void add_random(struct vm_machine *m, const char *comm, unsigned mib,
		       uint64_t rate)
{
	struct vm_task_conf *t = machine_task(m, comm);
	struct vm_phase_conf *p;

	t->anon_pages = t->anon_resident = MIB(mib);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = rate;
	p->write_permille = 300;
}

static void add_stream(struct vm_machine *m, const char *comm,
		       const char *file, unsigned write_permille)
{
	struct vm_task_conf *t = machine_task(m, comm);
	struct vm_phase_conf *p;

	snprintf(t->file, sizeof(t->file), "%s", file);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_SEQUENTIAL;
	p->target = VM_TARGET_FILE;
	p->write_permille = write_permille;
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
	p->rate = MIB(8);
}

/* Anonymous memory that does not fit, and streams past it. */
static void busy(struct vm_machine *m)
{
	machine_two_nodes(m, 32);
	machine_swap(m, 32);
	machine_file(m, "/big", 64);
	machine_file(m, "/other", 16);
	add_random(m, "random", 40, 20000);
	add_stream(m, "reader", "/big", 0);
	add_stream(m, "writer", "/other", 1000);
	add_mapper(m, "mapper", "/big");
	add_mapper(m, "mapper2", "/big");
	add_leak(m);
}

START_TEST(test_first)
{
	struct vm_machine m;
	struct harness h, g;
	struct bytes a, x, y;

	busy(&m);
	harness_start(&h, &m);
	busy(&m);
	harness_start(&g, &m);
	harness_run(&h, 2 * VM_SECOND);
	a = save(h.vm);
	harness_run(&h, VM_SECOND);
	x = save(h.vm);
	restore(g.vm, &a);
	y = save(g.vm);
	same(&a, &y);
	free(y.at);
	harness_run(&g, VM_SECOND);
	y = save(g.vm);
	same(&x, &y);
	harness_stop(&h);
	harness_stop(&g);
}
END_TEST

CHECK_MAIN("image", test_first)
