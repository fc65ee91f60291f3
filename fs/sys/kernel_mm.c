/* SPDX-License-Identifier: MIT */
/*
 * kernel_mm.c - /sys/kernel/mm: huge pages, KSM, swap, MGLRU, DAMON.
 *
 * What is modelled: the pool of 2 MiB pages (it is vm.nr_hugepages).  All
 * else is a constant or a knob that keeps its value (mm_ctl.c): the engine
 * has no transparent huge pages, no KSM and no multi-generational LRU.
 * lru_gen/enabled reads 0x0000, the classic LRU, and cannot be switched on.
 *
 * Called through the tables of /sys.  Session's lock.
 */
#include <errno.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/sys/sys.h"

#define KNOB(n, m, ...)                                                        \
	{ .name = n, .mode = S_IFREG | (m), .show = mm_ctl_show,               \
	  .store = mm_ctl_store, .data = &(const struct mm_ctl){ __VA_ARGS__ } }
#define NUMBER(n, d) KNOB(n, 0644, .def = d, .max = UINT32_MAX)
#define FLAG(n, d) KNOB(n, 0644, .def = d, .max = 1, .any_base = true)
#define CHOICE(n, w, d) KNOB(n, 0644, .words = w, .def = d)
#define ZERO(n) TEXT(n, 0444, "0\n")
#define NONE(n, s)                                                             \
	{ .name = n, .mode = S_IFREG | 0644, .show = tree_show_text,           \
	  .store = s, .data = "0\n" }

/* hugepages/: one pool that is there, one that is empty. */

static int show_count(struct strbuf *sb, uint64_t v)
{
	strbuf_u64(sb, v);
	strbuf_putc(sb, '\n');
	return 0;
}

static int huge_nr(const struct tree_req *rq, struct strbuf *sb)
{
	return show_count(sb, machine_stat(rq)->nr_hugepages);
}

static int huge_free(const struct tree_req *rq, struct strbuf *sb)
{
	return show_count(sb, machine_stat(rq)->nr_hugepages_free);
}

static int huge_resv(const struct tree_req *rq, struct strbuf *sb)
{
	return show_count(sb, machine_stat(rq)->nr_hugepages_rsvd);
}

static int huge_surplus(const struct tree_req *rq, struct strbuf *sb)
{
	return show_count(sb, machine_stat(rq)->nr_hugepages_surp);
}

/* The sysctl of the same name, through its own parser. */
static ssize_t set_ctl(const struct tree_req *rq, const char *name,
		       const char *text, size_t len)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);
	struct vm_cred who;
	uint64_t v;
	int err = sys_parse_decimal(text, len, &v);

	if (err)
		return err;
	const int64_t value = (int64_t)v;
	const struct vm_ctl_values values = { &value, 1, 0 };

	machine_cred(rq, 0, &who);
	err = vm_ctl_set(machine_of(rq)->vm, ctl, &values, &who);
	return err ? err : (ssize_t)len;
}

static ssize_t huge_nr_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	(void)offset;
	return set_ctl(rq, "nr_hugepages", text, len);
}

static int huge_overcommit(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_ctl *ctl = vm_ctl_find("nr_overcommit_hugepages");
	int64_t value[VM_CTL_MAX_VALUES];

	vm_ctl_get(machine_of(rq)->vm, ctl, value);
	return show_count(sb, (uint64_t)value[0]);
}

static ssize_t huge_overcommit_store(struct tree_req *rq, const char *text,
				     size_t len, off_t offset)
{
	(void)offset;
	return set_ctl(rq, "nr_overcommit_hugepages", text, len);
}

ssize_t sys_huge_1g_store(struct tree_req *rq, const char *text, size_t len,
			  off_t offset)
{
	uint64_t v;
	int err = sys_parse_decimal(text, len, &v);

	(void)rq;
	(void)offset;
	return err ? err : (ssize_t)len;
}

/* The kernel reserves no more of them than it has at boot. */
static ssize_t no_overcommit(struct tree_req *rq, const char *text,
			     size_t len, off_t offset)
{
	(void)rq;
	(void)text;
	(void)len;
	(void)offset;
	return -EINVAL;
}

static const struct tree_entry huge_1g_entries[] = {
	WO("demote", 0200, sys_huge_1g_store),
	TEXT("demote_size", 0644, "2048kB\n"),
	ZERO("free_hugepages"),
	NONE("nr_hugepages", sys_huge_1g_store),
	NONE("nr_hugepages_mempolicy", sys_huge_1g_store),
	NONE("nr_overcommit_hugepages", no_overcommit),
	ZERO("resv_hugepages"),
	ZERO("surplus_hugepages"),
};

static const struct tree_entry huge_2m_entries[] = {
	RO("free_hugepages", 0444, huge_free),
	RW("nr_hugepages", 0644, huge_nr, huge_nr_store),
	RW("nr_hugepages_mempolicy", 0644, huge_nr, huge_nr_store),
	RW("nr_overcommit_hugepages", 0644, huge_overcommit,
	   huge_overcommit_store),
	RO("resv_hugepages", 0444, huge_resv),
	RO("surplus_hugepages", 0444, huge_surplus),
};

static const struct tree_dir huge_1g_dir = { TREE_ENTRIES(huge_1g_entries) };
static const struct tree_dir huge_2m_dir = { TREE_ENTRIES(huge_2m_entries) };

static const struct tree_entry hugepages_entries[] = {
	DIR("hugepages-1048576kB", 0755, &huge_1g_dir),
	DIR("hugepages-2048kB", 0755, &huge_2m_dir),
};

static const struct tree_dir hugepages_dir = {
	TREE_ENTRIES(hugepages_entries)
};

/* ksm/: switched off, nothing merged. */

static const char *const advisor_modes[] = { "none", "scan-time", NULL };

static const struct tree_entry ksm_entries[] = {
	NUMBER("advisor_max_cpu", 70),
	NUMBER("advisor_max_pages_to_scan", 30000),
	NUMBER("advisor_min_pages_to_scan", 500),
	CHOICE("advisor_mode", advisor_modes, 0),
	NUMBER("advisor_target_scan_time", 200),
	ZERO("full_scans"),
	ZERO("general_profit"),
	ZERO("ksm_zero_pages"),
	NUMBER("max_page_sharing", 256),
	FLAG("merge_across_nodes", 1),
	ZERO("pages_scanned"),
	ZERO("pages_shared"),
	ZERO("pages_sharing"),
	ZERO("pages_skipped"),
	NUMBER("pages_to_scan", 100),
	ZERO("pages_unshared"),
	ZERO("pages_volatile"),
	KNOB("run", 0644, .def = 0, .max = 2),
	NUMBER("sleep_millisecs", 20),
	FLAG("smart_scan", 1),
	ZERO("stable_node_chains"),
	NUMBER("stable_node_chains_prune_millisecs", 2000),
	ZERO("stable_node_dups"),
	FLAG("use_zero_pages", 0),
};

static const struct tree_dir ksm_dir = { TREE_ENTRIES(ksm_entries) };

/* lru_gen/: the classic LRU is the policy, until there is another. */

static ssize_t lru_gen_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	struct machine_fs *mf = machine_of(rq);
	uint64_t v = 0;
	int err;

	(void)offset;
	if (len && (text[0] | 0x20) == 'y')
		v = 1;
	else if (len && (text[0] | 0x20) == 'n')
		v = 0;
	else if ((err = sys_parse_u64(text, len, &v)))
		return -EINVAL;
	if (!v)
		return (ssize_t)len;
	kmsg_printk(mf->kmsg, KMSG_INFO, vm_now_ns(mf->vm),
		    "lru_gen: not available, the classic LRU stays");
	return -EOPNOTSUPP;
}

static const struct tree_entry lru_gen_entries[] = {
	{ .name = "enabled", .mode = S_IFREG | 0644, .show = tree_show_text,
	  .store = lru_gen_store, .data = "0x0000\n" },
	KNOB("min_ttl_ms", 0644, .def = 0, .max = UINT32_MAX,
	     .any_base = true),
};

static const struct tree_dir lru_gen_dir = { TREE_ENTRIES(lru_gen_entries) };

/* transparent_hugepage/, with a directory a size. */

enum { THP_ALWAYS, THP_MADVISE, THP_NEVER };
enum { DEFRAG_MADVISE = 3, DEFRAG_NEVER };

static const char *const thp_words[] = { "always", "madvise", "never", NULL };
static const char *const defrag_words[] = { "always", "defer", "defer+madvise",
					    "madvise", "never", NULL };
static const char *const shmem_words[] = { "always", "within_size", "advise",
					   "never", "deny", "force", NULL };
static const char *const size_words[] = { "always", "inherit", "madvise",
					  "never", NULL };
static const char *const size_shmem_words[] = { "always", "inherit",
						"within_size", "advise",
						"never", NULL };

static const struct tree_entry anon_stats_entries[] = {
	ZERO("anon_fault_alloc"),
	ZERO("anon_fault_fallback"),
	ZERO("anon_fault_fallback_charge"),
	ZERO("nr_anon"),
	ZERO("nr_anon_partially_mapped"),
	ZERO("shmem_alloc"),
	ZERO("shmem_fallback"),
	ZERO("shmem_fallback_charge"),
	ZERO("split"),
	ZERO("split_deferred"),
	ZERO("split_failed"),
	ZERO("swpout"),
	ZERO("swpout_fallback"),
};

static const struct tree_entry shmem_stats_entries[] = {
	ZERO("shmem_alloc"),
	ZERO("shmem_fallback"),
	ZERO("shmem_fallback_charge"),
	ZERO("split"),
	ZERO("split_failed"),
	ZERO("swpout"),
	ZERO("swpout_fallback"),
};

static const struct tree_dir anon_stats_dir = {
	TREE_ENTRIES(anon_stats_entries)
};
static const struct tree_dir shmem_stats_dir = {
	TREE_ENTRIES(shmem_stats_entries)
};

static const struct tree_entry size_entries[] = {
	CHOICE("enabled", size_words, 3),
	CHOICE("shmem_enabled", size_shmem_words, 4),
	DIR("stats", 0755, &anon_stats_dir),
};

/* The PMD's size does as the system's switch says. */
static const struct tree_entry pmd_entries[] = {
	CHOICE("enabled", size_words, 1),
	CHOICE("shmem_enabled", size_shmem_words, 1),
	DIR("stats", 0755, &anon_stats_dir),
};

/* Anonymous memory has no huge pages of 8 kB. */
static const struct tree_entry smallest_entries[] = {
	CHOICE("shmem_enabled", size_shmem_words, 4),
	DIR("stats", 0755, &shmem_stats_dir),
};

static const struct tree_dir size_dir = { TREE_ENTRIES(size_entries) };
static const struct tree_dir pmd_dir = { TREE_ENTRIES(pmd_entries) };
static const struct tree_dir smallest_dir = { TREE_ENTRIES(smallest_entries) };

#define SIZE_MIN 16u   /* kB of the sizes that are alike */
#define SIZE_MAX_KB 1024u

static int64_t size_find(const struct tree_req *dir, const char *name)
{
	char number[TREE_NAME_LEN];
	uint32_t kb;

	(void)dir;
	for (kb = SIZE_MIN; kb <= SIZE_MAX_KB; kb *= 2) {
		tree_name_index(number, "hugepages-", kb);
		if (!strncmp(name, number, strlen(number)) &&
		    !strcmp(name + strlen(number), "kB"))
			return kb;
	}
	return -ENOENT;
}

static int64_t size_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	uint32_t kb = SIZE_MIN;

	(void)dir;
	while (kb < from)
		kb *= 2;
	if (kb > SIZE_MAX_KB)
		return -1;
	tree_name_index(name, "hugepages-", kb);
	memcpy(name + strlen(name), "kB", 3);
	return kb;
}

static const struct tree_index size_index = {
	.entry = { .mode = S_IFDIR | 0755, .dir = &size_dir },
	.find = size_find,
	.next = size_next,
	.stable = true,
};

static const struct tree_index *const thp_indexes[] = { &size_index };

/*
 * A small machine boots with all of it off (mm/huge_memory.c:hugepage_init);
 * "enabled" may have been said otherwise in the machine file.
 */
static bool is_small(const struct vm_stat *s)
{
	return s->total_pages < VM_THP_LEAST_PAGES;
}

static uint64_t thp_default(const struct vm_stat *s)
{
	return s->thp ? THP_ALWAYS : THP_NEVER;
}

static uint64_t defrag_default(const struct vm_stat *s)
{
	return is_small(s) ? DEFRAG_NEVER : DEFRAG_MADVISE;
}

static uint64_t flag_default(const struct vm_stat *s)
{
	return !is_small(s);
}

static const struct tree_entry khugepaged_entries[] = {
	NUMBER("alloc_sleep_millisecs", 60000),
	KNOB("defrag", 0644, .def_of = flag_default, .max = 1,
	     .any_base = true),
	ZERO("full_scans"),
	KNOB("max_ptes_none", 0644, .def = 511, .max = 511),
	KNOB("max_ptes_shared", 0644, .def = 256, .max = 511),
	KNOB("max_ptes_swap", 0644, .def = 64, .max = 511),
	ZERO("pages_collapsed"),
	NUMBER("pages_to_scan", 4096),
	NUMBER("scan_sleep_millisecs", 10000),
};

static const struct tree_dir khugepaged_dir = {
	TREE_ENTRIES(khugepaged_entries)
};

/* With huge pages more is kept free, so that blocks of them can form. */
static void thp_changed(struct machine_fs *mf, uint64_t word)
{
	const struct vm_ctl *ctl = vm_ctl_find("min_free_kbytes");
	int64_t before[VM_CTL_MAX_VALUES], after[VM_CTL_MAX_VALUES];

	vm_ctl_get(mf->vm, ctl, before);
	if (!vm_set_thp(mf->vm, word != THP_NEVER))
		return;
	vm_ctl_get(mf->vm, ctl, after);
	kmsg_printk(mf->kmsg, KMSG_INFO, vm_now_ns(mf->vm),
		    "raising min_free_kbytes from %d to %d to help "
		    "transparent hugepage allocations",
		    (int)before[0], (int)after[0]);
}

static const struct tree_entry thp_entries[] = {
	KNOB("defrag", 0644, .words = defrag_words, .def_of = defrag_default),
	KNOB("enabled", 0644, .words = thp_words, .def_of = thp_default,
	     .changed = thp_changed),
	TEXT("hpage_pmd_size", 0444, "2097152\n"),
	DIR("hugepages-2048kB", 0755, &pmd_dir),
	DIR("hugepages-8kB", 0755, &smallest_dir),
	DIR("khugepaged", 0755, &khugepaged_dir),
	CHOICE("shmem_enabled", shmem_words, 3),
	FLAG("shrink_underused", 1),
	KNOB("use_zero_page", 0644, .def_of = flag_default, .max = 1,
	     .any_base = true),
};

static const struct tree_dir thp_dir = {
	TREE_ENTRIES(thp_entries),
	TREE_INDEXES(thp_indexes),
};

/* damon/, mempolicy/, numa/, swap/. */

static const struct tree_entry kdamonds_entries[] = {
	KNOB("nr_kdamonds", 0600, .def = 0, .max = 0),
};
static const struct tree_dir kdamonds_dir = { TREE_ENTRIES(kdamonds_entries) };
static const struct tree_entry damon_admin_entries[] = {
	DIR("kdamonds", 0755, &kdamonds_dir),
};
static const struct tree_dir damon_admin_dir = {
	TREE_ENTRIES(damon_admin_entries)
};
static const struct tree_entry damon_entries[] = {
	DIR("admin", 0755, &damon_admin_dir),
};
static const struct tree_dir damon_dir = { TREE_ENTRIES(damon_entries) };

static const struct tree_index weight_index = {
	.entry = KNOB(NULL, 0644, .def = 1, .max = 255, .any_base = true),
	.find = sys_node_find,
	.next = sys_node_next,
	.stable = true,
};

static const struct tree_index *const weight_indexes[] = { &weight_index };
static const struct tree_dir weights_dir = { TREE_INDEXES(weight_indexes) };
static const struct tree_entry mempolicy_entries[] = {
	DIR("weighted_interleave", 0755, &weights_dir),
};
static const struct tree_dir mempolicy_dir = {
	TREE_ENTRIES(mempolicy_entries)
};

static const struct tree_entry numa_entries[] = {
	KNOB("demotion_enabled", 0644, .def = 0, .boolean = true),
};
static const struct tree_dir numa_dir = { TREE_ENTRIES(numa_entries) };

static const struct tree_entry swap_entries[] = {
	KNOB("vma_ra_enabled", 0644, .def = 1, .boolean = true),
};
static const struct tree_dir swap_dir = { TREE_ENTRIES(swap_entries) };

static const struct tree_entry mm_entries[] = {
	DIR("damon", 0755, &damon_dir),
	DIR("hugepages", 0755, &hugepages_dir),
	DIR("ksm", 0755, &ksm_dir),
	DIR("lru_gen", 0755, &lru_gen_dir),
	DIR("mempolicy", 0755, &mempolicy_dir),
	DIR("numa", 0755, &numa_dir),
	DIR("swap", 0755, &swap_dir),
	DIR("transparent_hugepage", 0755, &thp_dir),
};

const struct tree_dir sys_mm_dir = { TREE_ENTRIES(mm_entries) };
