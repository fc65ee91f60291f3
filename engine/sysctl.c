/* SPDX-License-Identifier: MIT */
/*
 * sysctl.c - the tunables of /proc/sys/vm: one table, one line a tunable.
 *
 * A line says name, mode, bounds and hook; type, place and size follow from
 * the member of struct tunables that it names.  One reader and one writer
 * serve all of them (fact sheet A.1; bounds and modes as recorded).
 *
 * Called through vm/sysctl.h by the files and by vm.c at boot.  Calls the
 * hooks of sysctl_hooks.c and tells the observer.  The door functions take
 * the world's lock.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "sysctl.h"
#include "world/compiler.h"
#include "world/name.h"

#define KB_PER_PAGE	  (VM_PAGE_SIZE / 1024)
#define MAX_SECONDS	  (INT_MAX / 250) /* as jiffies it must be an int */
#define USER_RESERVE_KB	  131072u
#define ADMIN_RESERVE_KB  8192u
#define DIRTY_BYTES_LEAST (2 * VM_PAGE_SIZE)

enum ctl_flag {
	CTL_READ_RUNS_HOOK = 1u << 0, /* a read does what a write does */
	CTL_SYS_ADMIN = 1u << 1,      /* writing needs the capability */
	CTL_SYS_RAWIO = 1u << 2,
};

#define MEMBER(m) (((struct tunables *)NULL)->m)

#define TYPE_OF(m)                                                             \
	_Generic(MEMBER(m), int32_t                                            \
		 : VM_CTL_INT, uint32_t                                        \
		 : VM_CTL_UINT, uint64_t                                       \
		 : VM_CTL_ULONG, bool                                          \
		 : VM_CTL_BOOL)

#define CTL_AS(text, m, md, lo, hi, ...)                                       \
	{                                                                      \
		.name = (text), .mode = (md), .type = TYPE_OF(m), .nr = 1,     \
		.min = (lo), .max = (hi), .size = sizeof(MEMBER(m)),           \
		.offset = offsetof(struct tunables, m), __VA_ARGS__            \
	}
#define CTL(m, md, lo, hi, ...) CTL_AS(#m, m, md, lo, hi, __VA_ARGS__)
#define FLAG(m, ...)		CTL(m, 0644, 0, 1, __VA_ARGS__)
#define ANY_INT(m, ...)		CTL(m, 0644, INT_MIN, INT_MAX, __VA_ARGS__)
#define ANY_ULONG(m, ...)	CTL(m, 0644, 0, -1, __VA_ARGS__)
#define SECONDS(m)                                                             \
	{                                                                      \
		.name = #m, .mode = 0644, .type = VM_CTL_SECONDS, .nr = 1,     \
		.min = -MAX_SECONDS, .max = MAX_SECONDS,                       \
		.size = sizeof(MEMBER(m)),                                     \
		.offset = offsetof(struct tunables, m)                         \
	}

/* clang-format off */
const struct vm_ctl vm_ctl_table[] = {
	ANY_ULONG(admin_reserve_kbytes, .hook = NULL),
	CTL(compact_memory, 0200, INT_MIN, INT_MAX,
	    .hook = hook_compact_memory),
	FLAG(compact_unevictable_allowed, .hook = NULL),
	CTL(compaction_proactiveness, 0644, 0, 100, .hook = NULL),
	CTL(dirty_background_bytes, 0644, 1, -1,
	    .hook = hook_dirty_background_bytes),
	CTL(dirty_background_ratio, 0644, 0, 100,
	    .hook = hook_dirty_background_ratio),
	CTL(dirty_bytes, 0644, DIRTY_BYTES_LEAST, -1, .hook = hook_dirty_bytes),
	CTL(dirty_expire_centisecs, 0644, 0, INT_MAX, .hook = NULL),
	CTL(dirty_ratio, 0644, 0, 100, .hook = hook_dirty_ratio),
	ANY_INT(dirty_writeback_centisecs, .hook = hook_dirty_writeback),
	CTL(dirtytime_expire_seconds, 0644, 0, INT_MAX, .hook = NULL),
	CTL(drop_caches, 0200, 1, 4, .hook = hook_drop_caches),
	FLAG(enable_soft_offline, .hook = NULL),
	CTL(extfrag_threshold, 0644, 0, 1000, .hook = NULL),
	ANY_INT(hugetlb_optimize_vmemmap, .hook = NULL),
	ANY_INT(hugetlb_shm_group, .hook = NULL),
	SECONDS(laptop_mode),
	CTL(legacy_va_layout, 0644, 0, INT_MAX, .hook = NULL),
	{ .name = "lowmem_reserve_ratio", .mode = 0644, .type = VM_CTL_INT,
	  .nr = VM_NR_ZONES, .min = INT_MIN, .max = INT_MAX,
	  .offset = offsetof(struct tunables, lowmem_reserve_ratio),
	  .size = sizeof(int32_t), .flags = CTL_READ_RUNS_HOOK,
	  .hook = hook_lowmem_reserve },
	CTL(max_map_count, 0644, 0, INT_MAX, .hook = NULL),
	CTL(memfd_noexec, 0644, 0, 2, .flags = CTL_SYS_ADMIN),
	FLAG(memory_failure_early_kill, .hook = NULL),
	FLAG(memory_failure_recovery, .hook = NULL),
	CTL(min_free_kbytes, 0644, 0, INT_MAX, .hook = hook_min_free),
	CTL(min_slab_ratio, 0644, 0, 100, .hook = hook_min_slab,
	    .flags = CTL_READ_RUNS_HOOK),
	CTL(min_unmapped_ratio, 0644, 0, 100, .hook = hook_min_unmapped,
	    .flags = CTL_READ_RUNS_HOOK),
	ANY_ULONG(mmap_min_addr, .flags = CTL_SYS_RAWIO),
	CTL(mmap_rnd_bits, 0600, 28, 32, .hook = NULL),
	CTL(mmap_rnd_compat_bits, 0600, 8, 16, .hook = NULL),
	ANY_ULONG(nr_hugepages, .hook = hook_hugepages),
	CTL_AS("nr_hugepages_mempolicy", nr_hugepages, 0644, 0, -1,
	       .hook = hook_hugepages),
	ANY_ULONG(nr_overcommit_hugepages, .hook = NULL),
	FLAG(numa_stat, .hook = hook_numa_stat),
	{ .name = "numa_zonelist_order", .mode = 0644, .type = VM_CTL_STRING,
	  .nr = 1 },
	ANY_INT(oom_dump_tasks, .hook = NULL),
	ANY_INT(oom_kill_allocating_task, .hook = NULL),
	ANY_ULONG(overcommit_kbytes, .hook = hook_overcommit_kbytes),
	CTL(overcommit_memory, 0644, 0, 2, .hook = NULL),
	ANY_INT(overcommit_ratio, .hook = hook_overcommit_ratio),
	CTL_AS("page-cluster", page_cluster, 0644, 0, 31, .hook = NULL),
	CTL(page_lock_unfairness, 0644, 0, INT_MAX, .hook = NULL),
	CTL(panic_on_oom, 0644, 0, 2, .hook = NULL),
	CTL(percpu_pagelist_high_fraction, 0644, 0, INT_MAX,
	    .hook = hook_pcp_fraction),
	SECONDS(stat_interval),
	{ .name = "stat_refresh", .mode = 0600, .type = VM_CTL_NONE },
	CTL(swappiness, 0644, 0, 200, .hook = NULL),
	FLAG(unprivileged_userfaultfd, .hook = NULL),
	ANY_ULONG(user_reserve_kbytes, .hook = NULL),
	CTL(vfs_cache_pressure, 0644, 0, INT_MAX, .hook = NULL),
	CTL(watermark_boost_factor, 0644, 0, INT_MAX, .hook = NULL),
	CTL(watermark_scale_factor, 0644, 1, 3000,
	    .hook = hook_watermark_scale),
	CTL(zone_reclaim_mode, 0644, 0, INT_MAX, .hook = NULL),
};
/* clang-format on */

const unsigned vm_ctl_count = ARRAY_SIZE(vm_ctl_table);

void sysctl_defaults(struct tunables *ctl)
{
	assert(ctl);
	*ctl = (struct tunables){
		.compact_unevictable_allowed = 1,
		.compaction_proactiveness = 20,
		.dirty_background_ratio = 10,
		.dirty_expire_centisecs = 3000,
		.dirty_ratio = 20,
		.dirty_writeback_centisecs = 500,
		.dirtytime_expire_seconds = 43200,
		.enable_soft_offline = 1,
		.extfrag_threshold = 500,
		.lowmem_reserve_ratio = { 256, 256, 32, 0, 0 },
		.max_map_count = 65530,
		.memory_failure_recovery = 1,
		.min_slab_ratio = 5,
		.min_unmapped_ratio = 1,
		.mmap_min_addr = 65536,
		.mmap_rnd_bits = 28,
		.mmap_rnd_compat_bits = 8,
		.numa_stat = 1,
		.oom_dump_tasks = 1,
		.overcommit_ratio = 50,
		.page_cluster = 3,
		.page_lock_unfairness = 5,
		.stat_interval = 1,
		.swappiness = 60,
		.vfs_cache_pressure = 100,
		.watermark_boost_factor = 15000,
		.watermark_scale_factor = 10,
	};
}

void init_reserve_kbytes(struct vm *vm)
{
	const uint64_t free_kb =
		global_zone_item(vm, NR_FREE_PAGES) * KB_PER_PAGE;

	assert(vm->total_pages > 0);
	vm->ctl.user_reserve_kbytes = MIN(free_kb / 32, USER_RESERVE_KB);
	vm->ctl.admin_reserve_kbytes = MIN(free_kb / 32, ADMIN_RESERVE_KB);
}

static int compare_name(const void *name, const void *entry)
{
	const struct vm_ctl *ctl = entry;

	return strcmp(name, ctl->name);
}

const struct vm_ctl *vm_ctl_find(const char *name)
{
	return bsearch(name, vm_ctl_table, vm_ctl_count,
		       sizeof(vm_ctl_table[0]), compare_name);
}

/* Where value @i is kept; NULL for an entry that keeps none. */
static void *place(struct vm *vm, const struct vm_ctl *ctl, unsigned i)
{
	assert(i < ctl->nr);
	assert(ctl->offset + (i + 1) * ctl->size <= sizeof(vm->ctl));
	return (char *)&vm->ctl + ctl->offset + i * ctl->size;
}

static int64_t load(struct vm *vm, const struct vm_ctl *ctl, unsigned i)
{
	const void *p = place(vm, ctl, i);

	switch (ctl->type) {
	case VM_CTL_INT:
	case VM_CTL_SECONDS:
		return *(const int32_t *)p;
	case VM_CTL_UINT:
		/* printed by the int formatter, sign and all */
		return (int32_t) * (const uint32_t *)p;
	case VM_CTL_ULONG:
		return (int64_t) * (const uint64_t *)p;
	case VM_CTL_BOOL:
		return *(const bool *)p;
	case VM_CTL_STRING:
	case VM_CTL_NONE:
		break;
	}
	return 0;
}

static void store(struct vm *vm, const struct vm_ctl *ctl, unsigned i,
		  int64_t v)
{
	void *p = place(vm, ctl, i);

	switch (ctl->type) {
	case VM_CTL_INT:
	case VM_CTL_SECONDS:
		*(int32_t *)p = (int32_t)v;
		break;
	case VM_CTL_UINT:
		*(uint32_t *)p = (uint32_t)v;
		break;
	case VM_CTL_ULONG:
		*(uint64_t *)p = (uint64_t)v;
		break;
	case VM_CTL_BOOL:
		*(bool *)p = v != 0;
		break;
	case VM_CTL_STRING:
	case VM_CTL_NONE:
		break;
	}
}

static bool in_bounds(const struct vm_ctl *ctl, int64_t v)
{
	if (ctl->type == VM_CTL_ULONG)
		return (uint64_t)v >= (uint64_t)ctl->min &&
		       (uint64_t)v <= (uint64_t)ctl->max;
	assert(ctl->min >= INT_MIN && ctl->max <= INT_MAX);
	return v >= ctl->min && v <= ctl->max;
}

static bool keeps_value(const struct vm_ctl *ctl)
{
	return ctl->type != VM_CTL_STRING && ctl->type != VM_CTL_NONE;
}

static void load_all(struct vm *vm, const struct vm_ctl *ctl, int64_t *value)
{
	assert(ctl->nr <= VM_CTL_MAX_VALUES);
	for (unsigned i = 0; i < ctl->nr; i++)
		value[i] = keeps_value(ctl) ? load(vm, ctl, i) : 0;
}

bool vm_ctl_read_acts(const struct vm_ctl *ctl)
{
	return ctl->flags & CTL_READ_RUNS_HOOK;
}

void ctl_get_locked(struct vm *vm, const struct vm_ctl *ctl, int64_t *value)
{
	load_all(vm, ctl, value);
	if (ctl->flags & CTL_READ_RUNS_HOOK) {
		struct ctl_write w = { .ctl = ctl };
		int err;

		assert(ctl->hook);
		load_all(vm, ctl, w.old);
		err = ctl->hook(vm, &w);
		assert(!err);
		(void)err;
	}
}

/* The boot may do everything. */
static bool permitted(const struct vm_ctl *ctl, const struct vm_cred *who)
{
	if (!who)
		return true;
	if (ctl->flags & CTL_SYS_ADMIN && !who->cap_sys_admin)
		return false;
	return !(ctl->flags & CTL_SYS_RAWIO) || who->cap_sys_rawio;
}

/* "256 256 32 0 0" */
static void value_text(const struct vm_ctl *ctl, const int64_t *value,
		       char text[VM_VALUE_LEN])
{
	struct name n = name_in(text, VM_VALUE_LEN);

	assert(keeps_value(ctl));
	for (unsigned i = 0; i < ctl->nr; i++) {
		if (i)
			name_char(&n, ' ');
		if (ctl->type == VM_CTL_ULONG)
			name_uint(&n, (uint64_t)value[i]);
		else
			name_int(&n, value[i]);
	}
}

/* Tell of a value that is not what it was. */
static void changed(struct vm *vm, const struct ctl_write *w)
{
	char old_text[VM_VALUE_LEN], new_text[VM_VALUE_LEN];
	int64_t value[VM_CTL_MAX_VALUES];
	struct vm_event ev;

	assert(keeps_value(w->ctl));
	if (!trace_enabled(vm))
		return;
	load_all(vm, w->ctl, value);
	if (!memcmp(value, w->old, w->ctl->nr * sizeof(value[0])))
		return;
	value_text(w->ctl, w->old, old_text);
	value_text(w->ctl, value, new_text);
	ev = trace_event(vm, VM_EV_SYSCTL, NULL);
	if (w->who) {
		ev.pid = w->who->pid;
		memcpy(ev.comm, w->who->comm, sizeof(ev.comm));
	}
	ev.sysctl = (struct vm_ev_sysctl){
		.name = w->ctl->name,
		/* What nobody can read has no old value. */
		.old_text = w->ctl->mode & 0444 ? old_text : NULL,
		.new_text = new_text,
	};
	trace_send(vm, &ev);
}

int ctl_set_locked(struct vm *vm, const struct vm_ctl *ctl,
		   const struct vm_ctl_values *v, const struct vm_cred *who)
{
	struct ctl_write w = { .ctl = ctl, .who = who, .err = v->err };
	int err;

	assert(v->nr <= ctl->nr);
	if (!permitted(ctl, who))
		return -EPERM;
	/* The counters are exact, so there is nothing to fold; and the one
	 * string cannot be changed. */
	if (!keeps_value(ctl))
		return v->err;
	load_all(vm, ctl, w.old);
	for (unsigned i = 0; i < v->nr; i++) {
		if (!in_bounds(ctl, v->value[i])) {
			w.err = -EINVAL;
			break;
		}
		store(vm, ctl, i, v->value[i]);
	}
	err = ctl->hook ? ctl->hook(vm, &w) : w.err;
	changed(vm, &w);
	return err;
}

void vm_ctl_get(struct vm *vm, const struct vm_ctl *ctl, int64_t *value)
{
	lock_take(&vm->world.lock);
	ctl_get_locked(vm, ctl, value);
	lock_drop(&vm->world.lock);
}

void vm_ctl_look(struct vm *vm, const struct vm_ctl *ctl, int64_t *value)
{
	lock_take(&vm->world.lock);
	load_all(vm, ctl, value);
	lock_drop(&vm->world.lock);
}

int vm_ctl_set(struct vm *vm, const struct vm_ctl *ctl,
	       const struct vm_ctl_values *v, const struct vm_cred *who)
{
	int err;

	lock_take(&vm->world.lock);
	/* Events carry the time. */
	world_now(&vm->world);
	err = ctl_set_locked(vm, ctl, v, who);
	lock_drop(&vm->world.lock);
	return err;
}

/* Numbers between blanks, as sysctl files take them; how many, or -EINVAL. */
static int parse_values(const struct vm_ctl *ctl, const char *p, int64_t *value)
{
	unsigned nr = 0;

	for (;;) {
		char *end;

		p += strspn(p, " \t\n");
		if (!*p)
			return nr > 0 ? (int)nr : -EINVAL;
		if (nr == ctl->nr)
			return -EINVAL;
		errno = 0;
		if (ctl->type == VM_CTL_ULONG)
			value[nr] = (int64_t)strtoull(p, &end, 0);
		else
			value[nr] = strtoll(p, &end, 0);
		if (errno || end == p || (*end && !strchr(" \t\n", *end)) ||
		    (ctl->type == VM_CTL_ULONG && *p == '-'))
			return -EINVAL;
		p = end;
		nr++;
	}
}

int sysctl_set_text(struct vm *vm, const char *name, const char *text)
{
	int64_t value[VM_CTL_MAX_VALUES] = { 0 };
	struct vm_ctl_values v = { .value = value };
	const struct vm_ctl *ctl;
	int nr;

	if (!strncmp(name, "vm.", 3))
		name += 3;
	ctl = vm_ctl_find(name);
	if (!ctl)
		return -ENOENT;
	if (!keeps_value(ctl))
		return 0;
	nr = parse_values(ctl, text, value);
	if (nr < 0)
		return nr;
	assert((unsigned)nr <= ctl->nr);
	v.nr = (unsigned)nr;
	return ctl_set_locked(vm, ctl, &v, NULL);
}
