/* SPDX-License-Identifier: MIT */
/*
 * test_image_fields.c - a member of an image that is out of its bounds.
 *
 * Where a member lies in the image is found by saving it with two values.
 * With one that it cannot have, vm_restore() refuses the image where that
 * member ends, before anybody has used what it says; and the machine is what
 * it was.  (test_image_damage.c damages bytes without knowing whose.)
 */
#include <errno.h>
#include <stdio.h>

#include "actors/flusher.h"
#include "actors/kswapd.h"
#include "check_main.h"
#include "harness.h"
#include "memory/state.h"
#include "sim/image_bytes.h"

#define ALL (~0ull)

struct member {
	void *at;
	size_t size;
};

/* --- a machine, and who is meant in it ----------------------------------- */

static bool user(const struct task *t)
{
	return t->exec && t->mm->nr_vmas > 0;
}

static struct task *somebody(struct vm *vm)
{
	struct task *t;

	for_each_task(vm, t)
		if (user(t))
			return t;
	ck_abort_msg("nobody is there");
}

static void start(struct harness *h)
{
	struct vm_machine m;
	struct vm_task_conf *t;
	struct vm_phase_conf *p;

	machine_two_nodes(&m, 12);
	machine_swap(&m, 16);
	machine_file(&m, "/big", 16);
	machine_sysctl(&m, "vm.min_free_kbytes", "1024");
	t = machine_task(&m, "random");
	t->anon_pages = t->anon_resident = MIB(18);
	p = machine_phase(t);
	p->pattern = VM_PATTERN_UNIFORM;
	p->rate = 20000;
	p->write_permille = 300;
	machine_stream(&m, "reader", "/big", 5000)->write_permille = 300;
	harness_start(h, &m);
	harness_run(h, VM_SECOND / 2);
}

/* --- members ------------------------------------------------------------- */

#define MEMBER(name, what)                                                     \
	static struct member name(struct vm *vm, struct task *t)               \
	{                                                                      \
		(void)vm;                                                      \
		(void)t;                                                       \
		return (struct member){ &(what), sizeof(what) };               \
	}

#define AREA (t->mm->vma[0])

MEMBER(read_ahead, t->ra.size)
MEMBER(area_window, AREA->ra_window)
MEMBER(area_hits, AREA->ra_hits)
MEMBER(area_ahead, AREA->ra.size)
MEMBER(area_misses, AREA->ra.mmap_miss)
MEMBER(priority, vm->swap[0].priority)
MEMBER(next_slot, vm->swap[0].next)
MEMBER(swap_window, vm->swap[0].ra_window)
MEMBER(swap_hits, vm->swap[0].ra_hits)
MEMBER(owner, vm->files[0]->mapping.id)
MEMBER(last_owner, vm->last_mapping)
MEMBER(last_pid, vm->last_pid)
MEMBER(min_free, vm->user_min_free_kbytes)
MEMBER(last_done, vm->disk[0].queue[0].last_done_ns)
MEMBER(taken_until, vm->disk[0].queue[1].free_ns)
MEMBER(failures, vm->disk[0].fail_permille)
MEMBER(wanted, vm->disk[0].flusher->wanted)
MEMBER(kswapd_order, vm->node[0].kswapd->order)
MEMBER(node_order, vm->node[1].kswapd_order)

static const struct {
	struct member (*member)(struct vm *vm, struct task *t);
	uint64_t bad;
} rows[] = {
	{ read_ahead, INT32_MAX + 1ull },
	{ area_window, (1u << 30) + 1 },
	{ area_hits, INT32_MAX + 1ull },
	{ area_ahead, INT32_MAX + 1ull },
	{ area_misses, INT32_MAX + 1ull },
	{ priority, INT16_MAX + 1 },
	{ priority, (uint32_t)(INT16_MIN - 1) },
	{ next_slot, UINT32_MAX },
	{ swap_window, (1u << 30) + 1 },
	{ swap_hits, INT32_MAX + 1ull },
	{ owner, MAPPING_MAX - 1 },
	{ last_owner, MAPPING_MAX - 1 },
	{ last_pid, VM_MAX_PID + 1 },
	{ min_free, (uint32_t)-2 },
	{ last_done, INT64_MAX + 1ull },
	{ taken_until, ALL },
	{ failures, 1001 },
	{ wanted, 2u << VM_WB_SYNC },
	{ kswapd_order, VM_MAX_ORDER + 1 },
	{ node_order, VM_MAX_ORDER + 1 },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* --- tests --------------------------------------------------------------- */

/* The byte of the image at which a member begins. */
static size_t place(struct harness *h, const struct member *m,
		    const struct image_bytes *own)
{
	struct image_bytes other = { 0 };
	uint8_t *low = m->at, was[8];
	size_t i = 0;

	memcpy(was, low, m->size);
	*low ^= 1;
	image_bytes_save(&other, h->vm);
	memcpy(low, was, m->size);
	ck_assert_uint_eq(other.len, own->len);
	while (i < own->len && other.at[i] == own->at[i])
		i++;
	ck_assert_uint_lt(i + m->size, own->len);
	ck_assert_int_eq(memcmp(own->at + i, was, m->size), 0);
	image_bytes_free(&other);
	return i;
}

START_TEST(test_out_of_bounds)
{
	struct image_bytes own = { 0 }, now = { 0 };
	struct vm_complaint c = { .what = "" };
	char want[sizeof(c.what)];
	struct harness h;
	struct member m;
	uint64_t bad = rows[_i].bad;
	size_t at;

	start(&h);
	image_bytes_save(&own, h.vm);
	m = rows[_i].member(h.vm, somebody(h.vm));
	at = place(&h, &m, &own);
	image_bytes_put(&now, own.at, own.len);
	memcpy(now.at + at, &bad, m.size);
	ck_assert_int_eq(vm_restore(h.vm, now.at, now.len, &c), -EINVAL);
	snprintf(want, sizeof(want), "the image is damaged before byte %zu",
		 at + m.size);
	ck_assert_str_eq(c.what, want);
	image_bytes_save(&now, h.vm);
	image_bytes_same(&own, &now, (unsigned)_i);
	image_bytes_restore(&own, h.vm);
	image_bytes_free(&own);
	image_bytes_free(&now);
	harness_stop(&h);
}
END_TEST

/*
 * The same with slabs of the page cache's index that are on no list: what was
 * read until then has none to give back when it is taken down.
 */
START_TEST(test_lost_slabs)
{
	struct image_bytes own = { 0 }, now = { 0 };
	struct slab_cache *cache, was;
	struct vm_complaint c;
	struct harness h;
	struct member m;

	start(&h);
	image_bytes_save(&own, h.vm);
	cache = &h.vm->node[0].xa_nodes;
	was = *cache;
	ck_assert_uint_gt(was.pages, 0);
	m = rows[_i].member(h.vm, somebody(h.vm));
	cache->slabs = cache->small_slabs = PFN_NONE;
	image_bytes_save(&now, h.vm);
	*cache = was;
	memcpy(now.at + place(&h, &m, &own), &rows[_i].bad, m.size);
	ck_assert_int_eq(vm_restore(h.vm, now.at, now.len, &c), -EINVAL);
	image_bytes_save(&now, h.vm);
	image_bytes_same(&own, &now, (unsigned)_i);
	image_bytes_free(&own);
	image_bytes_free(&now);
	harness_stop(&h);
}
END_TEST

CHECK_MAIN_ROWS("image_fields", { test_out_of_bounds, NR_ROWS },
		{ test_lost_slabs, NR_ROWS })
