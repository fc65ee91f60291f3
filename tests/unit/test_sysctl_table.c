/* SPDX-License-Identifier: MIT */
/*
 * test_sysctl_table.c - every line of the table of tunables, and what a
 * write does beside storing a number.
 *
 * Names, modes and defaults are those recorded from a 6.12 kernel; each bound
 * is tried on both sides.  Then the rules of fact sheet A.1 that couple
 * tunables: pairs, refused values that are kept, errors that are swallowed,
 * commands.  The machine is one node of 64 MiB on which nothing runs.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <vm/vm.h>

#include "check_main.h"
#include "memory/state.h"
#include "sysctl.h"

static const struct {
	const char *name;
	unsigned mode;
	const char *value; /* at boot; NULL: depends on the memory */
} recorded[] = {
	{ "admin_reserve_kbytes", 0644, NULL },
	{ "compact_memory", 0200, "0" },
	{ "compact_unevictable_allowed", 0644, "1" },
	{ "compaction_proactiveness", 0644, "20" },
	{ "dirty_background_bytes", 0644, "0" },
	{ "dirty_background_ratio", 0644, "10" },
	{ "dirty_bytes", 0644, "0" },
	{ "dirty_expire_centisecs", 0644, "3000" },
	{ "dirty_ratio", 0644, "20" },
	{ "dirty_writeback_centisecs", 0644, "500" },
	{ "dirtytime_expire_seconds", 0644, "43200" },
	{ "drop_caches", 0200, "0" },
	{ "enable_soft_offline", 0644, "1" },
	{ "extfrag_threshold", 0644, "500" },
	{ "hugetlb_optimize_vmemmap", 0644, "0" },
	{ "hugetlb_shm_group", 0644, "0" },
	{ "laptop_mode", 0644, "0" },
	{ "legacy_va_layout", 0644, "0" },
	{ "lowmem_reserve_ratio", 0644, "256 256 32 0 0" },
	{ "max_map_count", 0644, "65530" },
	{ "memfd_noexec", 0644, "0" },
	{ "memory_failure_early_kill", 0644, "0" },
	{ "memory_failure_recovery", 0644, "1" },
	{ "min_free_kbytes", 0644, NULL },
	{ "min_slab_ratio", 0644, "5" },
	{ "min_unmapped_ratio", 0644, "1" },
	{ "mmap_min_addr", 0644, "65536" },
	{ "mmap_rnd_bits", 0600, "28" },
	{ "mmap_rnd_compat_bits", 0600, "8" },
	{ "nr_hugepages", 0644, "0" },
	{ "nr_hugepages_mempolicy", 0644, "0" },
	{ "nr_overcommit_hugepages", 0644, "0" },
	{ "numa_stat", 0644, "1" },
	{ "numa_zonelist_order", 0644, "Node" },
	{ "oom_dump_tasks", 0644, "1" },
	{ "oom_kill_allocating_task", 0644, "0" },
	{ "overcommit_kbytes", 0644, "0" },
	{ "overcommit_memory", 0644, "0" },
	{ "overcommit_ratio", 0644, "50" },
	{ "page-cluster", 0644, "3" },
	{ "page_lock_unfairness", 0644, "5" },
	{ "panic_on_oom", 0644, "0" },
	{ "percpu_pagelist_high_fraction", 0644, "0" },
	{ "stat_interval", 0644, "1" },
	{ "stat_refresh", 0600, "" },
	{ "swappiness", 0644, "60" },
	{ "unprivileged_userfaultfd", 0644, "0" },
	{ "user_reserve_kbytes", 0644, NULL },
	{ "vfs_cache_pressure", 0644, "100" },
	{ "watermark_boost_factor", 0644, "15000" },
	{ "watermark_scale_factor", 0644, "10" },
	{ "zone_reclaim_mode", 0644, "0" },
};

#define NR_RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static struct vm *vm;
static struct vm_cred root = {
	.pid = 4711,
	.comm = "sysctl",
	.cap_sys_resource = true,
	.cap_sys_admin = true,
	.cap_sys_rawio = true,
};

/* The last event of each type, and how many there were. */
static unsigned nr_events[VM_NR_EVENT_TYPES];
static int64_t event_value[VM_NR_EVENT_TYPES];
static char old_text[VM_VALUE_LEN], new_text[VM_VALUE_LEN];
static char changed_name[VM_NAME_LEN];
static int changed_by;

static void copy(char *to, size_t size, const char *from)
{
	size_t len = from ? strlen(from) : 0;

	ck_assert_uint_lt(len, size);
	memcpy(to, from ? from : "", len + 1);
}

static void observe(void *arg, const struct vm_event *ev)
{
	(void)arg;
	nr_events[ev->type]++;
	event_value[ev->type] = ev->value;
	if (ev->type != VM_EV_SYSCTL)
		return;
	changed_by = ev->pid;
	copy(changed_name, sizeof(changed_name), ev->sysctl.name);
	copy(old_text, sizeof(old_text), ev->sysctl.old_text);
	copy(new_text, sizeof(new_text), ev->sysctl.new_text);
}

static void setup(void)
{
	static struct vm_machine m;

	vm_machine_init(&m);
	m.nr_nodes = 1;
	m.node[0].mem_pages = 64 << (20 - VM_PAGE_SHIFT);
	m.nr_cpus = 1;
	vm_machine_layout(&m);
	ck_assert_int_eq(vm_create(&vm, &m, VM_WORLD_SIM), 0);
	vm_observe(vm, observe, NULL);
	memset(nr_events, 0, sizeof(nr_events));
}

static const struct vm_ctl *find(const char *name)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);

	ck_assert_msg(ctl != NULL, "no tunable %s", name);
	return ctl;
}

/* A write of @nr values with the parser's verdict @err. */
static int write_values(const char *name, const int64_t *value, unsigned nr,
			int err)
{
	return vm_ctl_set(vm, find(name),
			  &(struct vm_ctl_values){ value, nr, err }, &root);
}

static int set(const char *name, int64_t value)
{
	return write_values(name, &value, 1, 0);
}

static int64_t get(const char *name)
{
	int64_t value[VM_CTL_MAX_VALUES];

	vm_ctl_get(vm, find(name), value);
	return value[0];
}

START_TEST(test_names)
{
	ck_assert_uint_eq(vm_ctl_count, NR_RECORDED);
	for (unsigned i = 0; i < vm_ctl_count; i++) {
		const struct vm_ctl *ctl = &vm_ctl_table[i];

		ck_assert_str_eq(ctl->name, recorded[i].name);
		ck_assert_uint_eq(ctl->mode, recorded[i].mode);
		ck_assert_ptr_eq(vm_ctl_find(ctl->name), ctl);
		if (i > 0)
			ck_assert_int_lt(strcmp(ctl[-1].name, ctl->name), 0);
	}
	ck_assert_ptr_null(vm_ctl_find("swappines"));
	ck_assert_ptr_null(vm_ctl_find("swappiness2"));
	ck_assert_ptr_null(vm_ctl_find(""));
}
END_TEST

static void parse(const char *text, int64_t *value, unsigned *nr)
{
	char *end;

	for (*nr = 0; *text; text = *end ? end + 1 : end)
		value[(*nr)++] = strtoll(text, &end, 10);
}

START_TEST(test_defaults)
{
	setup();
	for (unsigned i = 0; i < vm_ctl_count; i++) {
		const struct vm_ctl *ctl = &vm_ctl_table[i];
		int64_t want[VM_CTL_MAX_VALUES], value[VM_CTL_MAX_VALUES];
		unsigned nr;

		if (!recorded[i].value || ctl->type == VM_CTL_STRING ||
		    ctl->type == VM_CTL_NONE)
			continue;
		parse(recorded[i].value, want, &nr);
		ck_assert_uint_eq(nr, ctl->nr);
		vm_ctl_get(vm, ctl, value);
		for (unsigned j = 0; j < nr; j++)
			ck_assert_msg(value[j] == want[j], "%s: %lld",
				      ctl->name, (long long)value[j]);
	}
	/* both reserves come from the same free memory */
	ck_assert_int_gt(get("user_reserve_kbytes"), 1500);
	ck_assert_int_lt(get("user_reserve_kbytes"), 2048);
	ck_assert_int_eq(get("user_reserve_kbytes"),
			 get("admin_reserve_kbytes"));
	ck_assert_int_gt(get("min_free_kbytes"), 128);
	vm_destroy(vm);
}
END_TEST

/* The pools and commands have rules of their own, tried below. */
static bool plain(const struct vm_ctl *ctl)
{
	static const char *const special[] = {
		"compact_memory",
		"lowmem_reserve_ratio",
		"nr_hugepages",
		"nr_hugepages_mempolicy",
		"percpu_pagelist_high_fraction",
	};

	for (unsigned i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!strcmp(ctl->name, special[i]))
			return false;
	return ctl->type != VM_CTL_STRING && ctl->type != VM_CTL_NONE;
}

/* The bounds are accepted, one more or less is not, and changes nothing. */
static void try_bounds(const struct vm_ctl *ctl)
{
	const bool is_bool = ctl->type == VM_CTL_BOOL;
	const int64_t least = ctl->min, most = ctl->max;

	ck_assert_msg(set(ctl->name, least) == 0, "%s", ctl->name);
	ck_assert_int_eq(get(ctl->name), is_bool ? 1 : least);
	ck_assert_int_eq(set(ctl->name, least - 1), -EINVAL);
	ck_assert_int_eq(get(ctl->name), is_bool ? 1 : least);
	ck_assert_int_eq(set(ctl->name, most), 0);
	ck_assert_int_eq(get(ctl->name), is_bool ? 1 : most);
	ck_assert_int_eq(set(ctl->name, most + 1), -EINVAL);
	ck_assert_int_eq(get(ctl->name), is_bool ? 1 : most);
}

START_TEST(test_bounds)
{
	setup();
	for (unsigned i = 0; i < vm_ctl_count; i++) {
		const struct vm_ctl *ctl = &vm_ctl_table[i];

		if (plain(ctl) && ctl->type != VM_CTL_ULONG)
			try_bounds(ctl);
	}
	vm_destroy(vm);
}
END_TEST

START_TEST(test_ulong)
{
	setup();
	ck_assert_int_eq(set("mmap_min_addr", -1), 0); /* 2^64 - 1 */
	ck_assert_int_eq(get("mmap_min_addr"), -1);
	ck_assert_int_eq(set("dirty_background_bytes", 0), -EINVAL);
	ck_assert_int_eq(set("dirty_background_bytes", 1), 0);
	ck_assert_int_eq(set("dirty_bytes", 8191), -EINVAL);
	ck_assert_int_eq(set("dirty_bytes", 8192), 0);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_dirty_pairs)
{
	setup();
	/* bytes silence the ratio, and the other way round */
	ck_assert_int_eq(set("dirty_background_bytes", 4096), 0);
	ck_assert_int_eq(get("dirty_background_ratio"), 0);
	ck_assert_int_eq(set("dirty_background_ratio", 0), 0);
	ck_assert_int_eq(get("dirty_background_bytes"), 0);
	ck_assert_int_eq(set("dirty_bytes", 1 << 20), 0);
	ck_assert_int_eq(get("dirty_ratio"), 0);
	/* the same ratio again is no change, so bytes stay */
	ck_assert_int_eq(set("dirty_ratio", 0), 0);
	ck_assert_int_eq(get("dirty_bytes"), 1 << 20);
	ck_assert_int_eq(set("dirty_ratio", 30), 0);
	ck_assert_int_eq(get("dirty_bytes"), 0);
	vm_destroy(vm);
}
END_TEST

/* Errata 2: pages are counted modulo 2^64. */
START_TEST(test_dirty_range)
{
	setup();
	ck_assert_int_eq(set("dirty_background_bytes", 1 << 20), 0);
	ck_assert_int_eq(set("dirty_background_bytes", INT64_MAX), -ERANGE);
	ck_assert_int_eq(get("dirty_background_bytes"), 1 << 20);
	ck_assert_int_eq(
		set("dirty_background_bytes", (int64_t)UINT32_MAX * 4096 + 1),
		-ERANGE);
	ck_assert_int_eq(
		set("dirty_background_bytes", (int64_t)UINT32_MAX * 4096), 0);
	ck_assert_int_eq(set("dirty_background_bytes", -1), 0);
	ck_assert_int_eq(get("dirty_background_bytes"), -1);
	ck_assert_int_eq(set("dirty_background_bytes", -4096), -ERANGE);
	ck_assert_int_eq(set("dirty_bytes", INT64_MIN), -ERANGE);
	ck_assert_int_eq(get("dirty_bytes"), 0);
	ck_assert_int_eq(get("dirty_ratio"), 20);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_overcommit_pair)
{
	setup();
	ck_assert_int_eq(set("overcommit_kbytes", 400), 0);
	ck_assert_int_eq(get("overcommit_ratio"), 0);
	ck_assert_int_eq(set("overcommit_ratio", -5), 0);
	ck_assert_int_eq(get("overcommit_ratio"), -5);
	ck_assert_int_eq(get("overcommit_kbytes"), 0);
	/* an empty write runs the rule of the pair as well */
	ck_assert_int_eq(write_values("overcommit_kbytes", NULL, 0, 0), 0);
	ck_assert_int_eq(get("overcommit_ratio"), 0);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_marks)
{
	struct zone *z;
	uint64_t min;

	setup();
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	min = z->wmark[WMARK_MIN];
	ck_assert_int_eq(set("min_free_kbytes", 8192), 0);
	ck_assert_uint_gt(z->wmark[WMARK_MIN], min);
	ck_assert_int_eq(vm->user_min_free_kbytes, 8192);
	ck_assert_uint_eq(z->wmark[WMARK_LOW] - z->wmark[WMARK_MIN],
			  z->wmark[WMARK_MIN] / 4);
	ck_assert_int_eq(set("watermark_scale_factor", 3000), 0);
	ck_assert_uint_eq(z->wmark[WMARK_LOW] - z->wmark[WMARK_MIN],
			  z->managed * 3 / 10);
	z->boost = 512;
	/* refused: nothing is recomputed; empty: it is */
	ck_assert_int_eq(set("min_free_kbytes", -1), -EINVAL);
	ck_assert_uint_eq(z->boost, 512);
	ck_assert_int_eq(write_values("min_free_kbytes", NULL, 0, 0), 0);
	ck_assert_uint_eq(z->boost, 0);
	vm_destroy(vm);
}
END_TEST

/* Errors are swallowed, what is below 1 becomes 0, a read recomputes. */
START_TEST(test_lowmem_reserve)
{
	const int64_t values[] = { 64, -3, 1 };
	int64_t value[VM_CTL_MAX_VALUES];
	struct zone *z;

	setup();
	z = &vm->node[0].zone[VM_ZONE_DMA];
	ck_assert_int_eq(
		write_values("lowmem_reserve_ratio", values, 3, -EINVAL), 0);
	vm_ctl_get(vm, find("lowmem_reserve_ratio"), value);
	ck_assert_int_eq(value[0], 64);
	ck_assert_int_eq(value[1], 0);
	ck_assert_int_eq(value[2], 1);
	ck_assert_int_eq(value[3], 0);
	ck_assert_uint_eq(z->lowmem_reserve[VM_ZONE_DMA32],
			  vm->node[0].zone[VM_ZONE_DMA32].managed / 64);
	z->lowmem_reserve[VM_ZONE_DMA32] = 0;
	vm_ctl_get(vm, find("lowmem_reserve_ratio"), value);
	ck_assert_uint_gt(z->lowmem_reserve[VM_ZONE_DMA32], 0);
	ck_assert_str_eq(changed_name, "lowmem_reserve_ratio");
	ck_assert_str_eq(old_text, "256 256 32 0 0");
	ck_assert_str_eq(new_text, "64 0 1 0 0");
	vm_destroy(vm);
}
END_TEST

START_TEST(test_pcp_fraction)
{
	setup();
	ck_assert_int_eq(set("percpu_pagelist_high_fraction", 8), 0);
	for (int i = 1; i < 8; i++)
		ck_assert_int_eq(set("percpu_pagelist_high_fraction", i),
				 -EINVAL);
	ck_assert_int_eq(get("percpu_pagelist_high_fraction"), 8);
	ck_assert_int_eq(set("percpu_pagelist_high_fraction", -1), -EINVAL);
	ck_assert_int_eq(set("percpu_pagelist_high_fraction", 0), 0);
	vm_destroy(vm);
}
END_TEST

/* Stored, and then refused; an empty write goes by what is stored. */
START_TEST(test_compact_memory)
{
	setup();
	ck_assert_int_eq(write_values("compact_memory", NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(set("compact_memory", 1), 0);
	ck_assert_int_eq(write_values("compact_memory", NULL, 0, 0), 0);
	ck_assert_int_eq(set("compact_memory", 2), -EINVAL);
	ck_assert_int_eq(get("compact_memory"), 2);
	ck_assert_int_eq(write_values("compact_memory", NULL, 0, 0), -EINVAL);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_drop_caches)
{
	setup();
	ck_assert_int_eq(set("drop_caches", 0), -EINVAL);
	ck_assert_int_eq(set("drop_caches", 5), -EINVAL);
	ck_assert_uint_eq(nr_events[VM_EV_DROP_CACHES], 0);
	ck_assert_int_eq(set("drop_caches", 1), 0);
	ck_assert_uint_eq(vm->event[DROP_PAGECACHE], 1);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 0);
	ck_assert_int_eq(set("drop_caches", 3), 0);
	ck_assert_uint_eq(vm->event[DROP_PAGECACHE], 2);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 1);
	/* an empty write does it again; what does not parse does not */
	ck_assert_int_eq(write_values("drop_caches", NULL, 0, 0), 0);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 2);
	ck_assert_int_eq(write_values("drop_caches", NULL, 0, -EINVAL),
			 -EINVAL);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 2);
	ck_assert_uint_eq(nr_events[VM_EV_DROP_CACHES], 3);
	/* 4 drops nothing, is logged, and is the last that is */
	ck_assert_int_eq(set("drop_caches", 4), 0);
	ck_assert_uint_eq(nr_events[VM_EV_DROP_CACHES], 4);
	ck_assert_int_eq(event_value[VM_EV_DROP_CACHES], 4);
	ck_assert_uint_eq(vm->event[DROP_SLAB], 2);
	ck_assert_int_eq(set("drop_caches", 1), 0);
	ck_assert_uint_eq(nr_events[VM_EV_DROP_CACHES], 4);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_numa_stat)
{
	struct zone *z;

	setup();
	z = &vm->node[0].zone[VM_ZONE_DMA32];
	z->numa[NUMA_HIT] = 17;
	ck_assert_int_eq(set("numa_stat", 1), 0);
	ck_assert_uint_eq(nr_events[VM_EV_NUMA_STAT], 0);
	ck_assert_uint_eq(z->numa[NUMA_HIT], 17);
	ck_assert_int_eq(set("numa_stat", 0), 0);
	ck_assert_uint_eq(nr_events[VM_EV_NUMA_STAT], 1);
	ck_assert_int_eq(event_value[VM_EV_NUMA_STAT], 0);
	ck_assert_uint_eq(z->numa[NUMA_HIT], 0);
	ck_assert_int_eq(set("numa_stat", 1), 0);
	ck_assert_uint_eq(nr_events[VM_EV_NUMA_STAT], 2);
	vm_destroy(vm);
}
END_TEST

/* As many as there are free blocks for, and no more. */
START_TEST(test_hugepages)
{
	int64_t got;

	setup();
	ck_assert_int_eq(set("nr_hugepages", 3), 0);
	ck_assert_int_eq(get("nr_hugepages"), 3);
	ck_assert_int_eq(get("nr_hugepages_mempolicy"), 3);
	ck_assert_int_eq(set("nr_hugepages_mempolicy", 1000000), 0);
	got = get("nr_hugepages");
	ck_assert_int_gt(got, 3);
	ck_assert_int_le(got, 32);
	ck_assert_int_eq(set("nr_hugepages", 0), 0);
	ck_assert_int_eq(get("nr_hugepages"), 0);
	vm_destroy(vm);
}
END_TEST

START_TEST(test_capabilities)
{
	struct vm_cred nobody = { .pid = 1, .uid = 0 };
	const int64_t one = 1;
	const struct vm_ctl_values v = { &one, 1, 0 };

	setup();
	ck_assert_int_eq(vm_ctl_set(vm, find("mmap_min_addr"), &v, &nobody),
			 -EPERM);
	ck_assert_int_eq(get("mmap_min_addr"), 65536);
	ck_assert_int_eq(vm_ctl_set(vm, find("memfd_noexec"), &v, &nobody),
			 -EPERM);
	ck_assert_int_eq(get("memfd_noexec"), 0);
	nobody.cap_sys_rawio = true;
	ck_assert_int_eq(vm_ctl_set(vm, find("mmap_min_addr"), &v, &nobody), 0);
	nobody.cap_sys_admin = true;
	ck_assert_int_eq(vm_ctl_set(vm, find("memfd_noexec"), &v, &nobody), 0);
	/* no other file asks for more than its mode */
	memset(&nobody, 0, sizeof(nobody));
	ck_assert_int_eq(vm_ctl_set(vm, find("swappiness"), &v, &nobody), 0);
	vm_destroy(vm);
}
END_TEST

/* The observer hears of changes, and only of them. */
START_TEST(test_events)
{
	setup();
	ck_assert_int_eq(set("swappiness", 60), 0);
	ck_assert_int_eq(set("swappiness", 201), -EINVAL);
	ck_assert_uint_eq(nr_events[VM_EV_SYSCTL], 0);
	ck_assert_int_eq(set("swappiness", 10), 0);
	ck_assert_uint_eq(nr_events[VM_EV_SYSCTL], 1);
	ck_assert_str_eq(changed_name, "swappiness");
	ck_assert_int_eq(changed_by, root.pid);
	ck_assert_str_eq(old_text, "60");
	ck_assert_str_eq(new_text, "10");
	ck_assert_int_eq(set("laptop_mode", -2), 0);
	ck_assert_str_eq(new_text, "-2");
	ck_assert_int_eq(set("mmap_min_addr", -1), 0);
	ck_assert_str_eq(new_text, "18446744073709551615");
	vm_destroy(vm);
}
END_TEST

/* Values that a machine boots with, as text. */
START_TEST(test_set_text)
{
	setup();
	ck_assert_int_eq(sysctl_set_text(vm, "vm.swappiness", "0x10"), 0);
	ck_assert_int_eq(get("swappiness"), 16);
	ck_assert_int_eq(sysctl_set_text(vm, "swappiness", " 010\n"), 0);
	ck_assert_int_eq(get("swappiness"), 8);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.swappiness", "201"), -EINVAL);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.swappiness", ""), -EINVAL);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.swappiness", "1x"), -EINVAL);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.swappiness", "1 2"), -EINVAL);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.mmap_min_addr", "-1"),
			 -EINVAL);
	ck_assert_int_eq(sysctl_set_text(vm, "vm.none", "1"), -ENOENT);
	ck_assert_int_eq(
		sysctl_set_text(vm, "vm.lowmem_reserve_ratio", "1 2\t3"), 0);
	ck_assert_int_eq(vm->ctl.lowmem_reserve_ratio[2], 3);
	ck_assert_int_eq(vm->ctl.lowmem_reserve_ratio[3], 0);
	vm_destroy(vm);
}
END_TEST

CHECK_MAIN("sysctl_table", test_names, test_defaults, test_bounds, test_ulong,
	   test_dirty_pairs, test_dirty_range, test_overcommit_pair, test_marks,
	   test_lowmem_reserve, test_pcp_fraction, test_compact_memory,
	   test_drop_caches, test_numa_stat, test_hugepages, test_capabilities,
	   test_events, test_set_text)
