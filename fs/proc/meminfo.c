/* SPDX-License-Identifier: MIT */
/*
 * meminfo.c - /proc/meminfo, fact sheet J.1.
 *
 * The order of lines and the columns are an interface: nohang wants MemTotal
 * first, and every reader splits at the colon.  What the engine has no model
 * for is a constant here: Zswap, vmalloc, the direct map.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define HPAGE_KB       2048u
#define VMALLOC_TOTAL  (34359738367ull) /* kB, four-level page tables */
#define VMALLOC_USED   19880u		/* kB, as recorded */
#define PERCPU_KB_CPU  276u		/* kB a CPU, as recorded */
#define DIRECT_MAP_4K  34664u		/* kB, as recorded */

static void put_kb_value(struct strbuf *sb, const char *label, uint64_t kb,
			 unsigned width)
{
	strbuf_puts(sb, label);
	strbuf_u64_pad(sb, kb, width);
	strbuf_push(sb, " kB\n", 4);
}

void put_kb(struct strbuf *sb, const char *label, uint64_t nr_pages)
{
	put_kb_value(sb, label, pages_to_kb(nr_pages), 8);
}

/* Sums that several lines use, in pages. */
struct sums {
	uint64_t item[VM_NR_NODE_ITEMS];
	uint64_t present;
};

static void sum_up(struct sums *sum, const struct vm_stat *s)
{
	unsigned item, nid, z;

	*sum = (struct sums){ .present = 0 };
	for (nid = 0; nid < s->nr_nodes; nid++) {
		const struct vm_node_stat *n = &s->node[nid];

		for (item = 0; item < VM_NR_NODE_ITEMS; item++)
			sum->item[item] += n->item[item];
		for (z = 0; z < VM_NR_ZONES; z++)
			sum->present += n->zone[z].present;
	}
}

static void put_lru(struct strbuf *sb, const uint64_t *item)
{
	put_kb(sb, "Active:         ",
	       item[NR_ACTIVE_ANON] + item[NR_ACTIVE_FILE]);
	put_kb(sb, "Inactive:       ",
	       item[NR_INACTIVE_ANON] + item[NR_INACTIVE_FILE]);
	put_kb(sb, "Active(anon):   ", item[NR_ACTIVE_ANON]);
	put_kb(sb, "Inactive(anon): ", item[NR_INACTIVE_ANON]);
	put_kb(sb, "Active(file):   ", item[NR_ACTIVE_FILE]);
	put_kb(sb, "Inactive(file): ", item[NR_INACTIVE_FILE]);
	put_kb(sb, "Unevictable:    ", item[NR_UNEVICTABLE]);
}

static void put_head(struct strbuf *sb, const struct vm_stat *s,
		     const uint64_t *item)
{
	uint64_t cached = item[NR_FILE_PAGES];
	uint64_t other = item[NR_SWAPCACHE] + s->buffers;

	put_kb(sb, "MemTotal:       ", s->total_pages);
	put_kb(sb, "MemFree:        ", vm_stat_zone_sum(s, NR_FREE_PAGES));
	put_kb(sb, "MemAvailable:   ", s->mem_available);
	put_kb(sb, "Buffers:        ", s->buffers);
	put_kb(sb, "Cached:         ", cached > other ? cached - other : 0);
	put_kb(sb, "SwapCached:     ", item[NR_SWAPCACHE]);
	put_lru(sb, item);
	put_kb(sb, "Mlocked:        ", vm_stat_zone_sum(s, NR_MLOCK));
	put_kb(sb, "SwapTotal:      ", s->swap_total);
	put_kb(sb, "SwapFree:       ", s->swap_free);
	put_kb(sb, "Zswap:          ", 0);
	put_kb(sb, "Zswapped:       ", 0);
}

static void put_pages(struct strbuf *sb, const struct vm_stat *s,
		      const uint64_t *item)
{
	uint64_t slab_r = item[NR_SLAB_RECLAIMABLE];
	uint64_t slab_u = item[NR_SLAB_UNRECLAIMABLE];

	put_kb(sb, "Dirty:          ", item[NR_FILE_DIRTY]);
	put_kb(sb, "Writeback:      ", item[NR_WRITEBACK]);
	put_kb(sb, "AnonPages:      ", item[NR_ANON_MAPPED]);
	put_kb(sb, "Mapped:         ", item[NR_FILE_MAPPED]);
	put_kb(sb, "Shmem:          ", item[NR_SHMEM]);
	put_kb(sb, "KReclaimable:   ",
	       slab_r + item[NR_KERNEL_MISC_RECLAIMABLE]);
	put_kb(sb, "Slab:           ", slab_r + slab_u);
	put_kb(sb, "SReclaimable:   ", slab_r);
	put_kb(sb, "SUnreclaim:     ", slab_u);
	put_kb_value(sb, "KernelStack:    ", item[NR_KERNEL_STACK_KB], 8);
	put_kb(sb, "PageTables:     ", item[NR_PAGETABLE]);
	put_kb(sb, "SecPageTables:  ", item[NR_SECONDARY_PAGETABLE]);
	put_kb(sb, "NFS_Unstable:   ", 0);
	put_kb(sb, "Bounce:         ", vm_stat_zone_sum(s, NR_BOUNCE));
	put_kb(sb, "WritebackTmp:   ", item[NR_WRITEBACK_TEMP]);
	put_kb(sb, "CommitLimit:    ", s->commit_limit);
	put_kb(sb, "Committed_AS:   ", s->committed_as);
	put_kb_value(sb, "VmallocTotal:   ", VMALLOC_TOTAL, 8);
	put_kb_value(sb, "VmallocUsed:    ", VMALLOC_USED, 8);
	put_kb_value(sb, "VmallocChunk:   ", 0, 8);
	put_kb_value(sb, "Percpu:         ", PERCPU_KB_CPU * s->nr_cpus, 8);
	put_kb_value(sb, "HardwareCorrupted: ", 0, 5);
}

static void put_huge_count(struct strbuf *sb, const char *label, uint64_t v)
{
	strbuf_puts(sb, label);
	strbuf_u64_pad(sb, v, 5);
	strbuf_putc(sb, '\n');
}

/* The direct map: 2 MiB pages to the next GiB, 1 GiB pages above 3 GiB. */
static void put_direct_map(struct strbuf *sb, uint64_t present)
{
	uint64_t kb = pages_to_kb(present);
	uint64_t huge = kb > 3ull << 20 ? (kb >> 20) - 2 : 0;
	uint64_t rest = kb - (huge << 20);

	if (rest < DIRECT_MAP_4K)
		rest = DIRECT_MAP_4K;
	put_kb_value(sb, "DirectMap4k:    ", DIRECT_MAP_4K, 8);
	put_kb_value(sb, "DirectMap2M:    ",
		     (rest - DIRECT_MAP_4K) / HPAGE_KB * HPAGE_KB, 8);
	put_kb_value(sb, "DirectMap1G:    ", huge << 20, 8);
}

static void put_huge(struct strbuf *sb, const struct vm_stat *s,
		     const uint64_t *item)
{
	put_kb(sb, "AnonHugePages:  ", item[NR_ANON_THPS]);
	put_kb(sb, "ShmemHugePages: ", item[NR_SHMEM_THPS]);
	put_kb(sb, "ShmemPmdMapped: ", item[NR_SHMEM_PMDMAPPED]);
	put_kb(sb, "FileHugePages:  ", item[NR_FILE_THPS]);
	put_kb(sb, "FilePmdMapped:  ", item[NR_FILE_PMDMAPPED]);
	put_kb(sb, "Unaccepted:     ", vm_stat_zone_sum(s, NR_UNACCEPTED));
	put_huge_count(sb, "HugePages_Total:   ", s->nr_hugepages);
	put_huge_count(sb, "HugePages_Free:    ", s->nr_hugepages_free);
	put_huge_count(sb, "HugePages_Rsvd:    ", s->nr_hugepages_rsvd);
	put_huge_count(sb, "HugePages_Surp:    ", s->nr_hugepages_surp);
	put_kb_value(sb, "Hugepagesize:   ", HPAGE_KB, 8);
	put_kb_value(sb, "Hugetlb:        ", s->nr_hugepages * HPAGE_KB, 8);
}

int meminfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	struct sums sum;

	sum_up(&sum, s);
	put_head(sb, s, sum.item);
	put_pages(sb, s, sum.item);
	put_huge(sb, s, sum.item);
	put_direct_map(sb, sum.present);
	return 0;
}
