/* SPDX-License-Identifier: MIT */
/*
 * task_mmu.c - /proc/[pid]/{maps,smaps,smaps_rollup,numa_maps} (J.7).
 *
 * A simulated task has two areas: its file, if it maps one, and its anonymous
 * memory; status and these files count the same pages.  Anonymous pages are
 * private and dirty; pages of the file are shared, and clean as far as the
 * task's own counters tell.  Pages by node are known for the whole task, so
 * numa_maps shares them out in proportion.
 *
 * Called through the table of base.c; reads one task's snapshot.  No locks.
 */
#include <errno.h>

#include "fs/proc/base.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define NAME_COLUMN   73u /* of what is mapped, as maps and smaps align it */
#define DEV_FILE      "00:02"
#define MAX_AREAS     2u

/* One mapping; sizes in pages. */
struct area {
	uint64_t start, pages;
	uint64_t rss, swap, locked;
	uint64_t referenced; /* smaps only: get_referenced() */
	bool anon;
	const char *file; /* "" for anonymous */
};

static unsigned get_areas(const struct vm_task_stat *t,
			  struct area area[MAX_AREAS])
{
	uint64_t file_pages = t->total_vm > t->data_vm ?
				      t->total_vm - t->data_vm : 0;
	unsigned nr = 0;

	if (file_pages)
		area[nr++] = (struct area){
			.start = PID_FILE, .pages = file_pages,
			.rss = t->rss_file + t->rss_shmem, .file = t->file,
		};
	if (t->data_vm)
		area[nr++] = (struct area){
			.start = PID_ANON, .pages = t->data_vm,
			.rss = t->rss_anon, .swap = t->swapents,
			.locked = t->locked, .anon = true, .file = "",
		};
	return nr;
}

/* Which of them have been used: the page table knows. */
static void get_referenced(const struct tree_req *rq, struct area *area,
			   unsigned nr)
{
	uint64_t anon, file, used;
	unsigned i;

	vm_task_referenced(machine_of(rq)->vm, pid_leader(rq), &anon,
			   &file);
	for (i = 0; i < nr; i++) {
		/* counted a moment later than the rest */
		used = area[i].anon ? anon : file;
		area[i].referenced = used < area[i].rss ? used : area[i].rss;
	}
}

static void put_range(struct strbuf *sb, uint64_t start, uint64_t end)
{
	strbuf_hex(sb, start, 8);
	strbuf_putc(sb, '-');
	strbuf_hex(sb, end, 8);
}

/* A line of maps. */
static void put_map(struct strbuf *sb, const struct area *a)
{
	size_t line = sb->len;

	put_range(sb, a->start, a->start + a->pages * VM_PAGE_SIZE);
	strbuf_puts(sb, a->anon ? " rw-p 00000000 00:00 0 " :
				  " rw-s 00000000 " DEV_FILE " 18 ");
	if (*a->file) {
		size_t used = sb->len - line;

		if (used < NAME_COLUMN)
			strbuf_fill(sb, ' ', NAME_COLUMN - used);
		strbuf_puts(sb, a->file);
	}
	strbuf_putc(sb, '\n');
}

int pid_maps_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	struct area area[MAX_AREAS];
	unsigned i, nr;

	if (!t)
		return -ESRCH;
	nr = get_areas(t, area);
	for (i = 0; i < nr; i++)
		put_map(sb, &area[i]);
	return 0;
}

/* The lines that smaps and smaps_rollup share; what is not there is 0. */
struct smaps {
	uint64_t rss, anon, file, swap, locked, referenced;
};

static void put_shares(struct strbuf *sb, const struct smaps *m)
{
	put_kb(sb, "Shared_Clean:   ", m->file);
	put_kb(sb, "Shared_Dirty:   ", 0);
	put_kb(sb, "Private_Clean:  ", 0);
	put_kb(sb, "Private_Dirty:  ", m->anon);
	put_kb(sb, "Referenced:     ", m->referenced);
	put_kb(sb, "Anonymous:      ", m->anon);
	put_kb(sb, "KSM:            ", 0);
	put_kb(sb, "LazyFree:       ", 0);
	put_kb(sb, "AnonHugePages:  ", 0);
	put_kb(sb, "ShmemPmdMapped: ", 0);
	put_kb(sb, "FilePmdMapped:  ", 0);
	put_kb(sb, "Shared_Hugetlb: ", 0);
	strbuf_puts(sb, "Private_Hugetlb:       0 kB\n");
	put_kb(sb, "Swap:           ", m->swap);
	put_kb(sb, "SwapPss:        ", m->swap);
	put_kb(sb, "Locked:         ", m->locked);
}

static void put_smap(struct strbuf *sb, const struct area *a)
{
	const struct smaps m = {
		.rss = a->rss, .anon = a->anon ? a->rss : 0,
		.file = a->anon ? 0 : a->rss, .swap = a->swap,
		.locked = a->locked, .referenced = a->referenced,
	};

	put_map(sb, a);
	put_kb(sb, "Size:           ", a->pages);
	put_kb(sb, "KernelPageSize: ", 1);
	put_kb(sb, "MMUPageSize:    ", 1);
	put_kb(sb, "Rss:            ", m.rss);
	put_kb(sb, "Pss:            ", m.rss);
	put_kb(sb, "Pss_Dirty:      ", m.anon);
	put_shares(sb, &m);
	strbuf_puts(sb, "THPeligible:           0\nProtectionKey:         0\n");
	strbuf_puts(sb, "VmFlags: rd wr ");
	strbuf_puts(sb, a->anon ? "" : "sh ");
	strbuf_puts(sb, a->anon ? "mr mw me ac sd \n" : "mr mw me ms sd \n");
}

int pid_smaps_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	struct area area[MAX_AREAS];
	unsigned i, nr;

	if (!t)
		return -ESRCH;
	nr = get_areas(t, area);
	get_referenced(rq, area, nr);
	for (i = 0; i < nr; i++)
		put_smap(sb, &area[i]);
	return 0;
}

int pid_smaps_rollup_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	struct area area[MAX_AREAS];
	struct smaps m;
	size_t line = sb->len;
	unsigned i, nr;

	if (!t || t->kthread)
		return -ESRCH;
	nr = get_areas(t, area);
	m = (struct smaps){
		.rss = t->rss_anon + t->rss_file + t->rss_shmem,
		.anon = t->rss_anon, .file = t->rss_file + t->rss_shmem,
		.swap = t->swapents, .locked = t->locked,
	};
	get_referenced(rq, area, nr);
	for (i = 0; i < nr; i++)
		m.referenced += area[i].referenced;
	put_range(sb, nr ? area[0].start : 0,
		  nr ? area[nr - 1].start + area[nr - 1].pages * VM_PAGE_SIZE :
		       0);
	strbuf_puts(sb, " ---p 00000000 00:00 0 ");
	strbuf_fill(sb, ' ', NAME_COLUMN - (sb->len - line));
	strbuf_puts(sb, "[rollup]\n");
	put_kb(sb, "Rss:            ", m.rss);
	put_kb(sb, "Pss:            ", m.rss);
	put_kb(sb, "Pss_Dirty:      ", m.anon);
	put_kb(sb, "Pss_Anon:       ", t->rss_anon);
	put_kb(sb, "Pss_File:       ", t->rss_file);
	put_kb(sb, "Pss_Shmem:      ", t->rss_shmem);
	put_shares(sb, &m);
	return 0;
}

/* "default", or the nodes that the task is bound to. */
static void put_policy(struct strbuf *sb, const struct vm_task_stat *t,
		       unsigned nr_nodes)
{
	uint64_t all = nr_nodes < 64 ? (1ull << nr_nodes) - 1 : UINT64_MAX;
	uint64_t mask = t->nodes_allowed & all;

	if (!mask || mask == all) {
		strbuf_puts(sb, " default");
		return;
	}
	strbuf_puts(sb, " bind:");
	strbuf_list(sb, &mask, nr_nodes);
}

/* " N0=12 N1=3": the area's part of the task's pages, node by node. */
static void put_nodes(struct strbuf *sb, const struct vm_task_stat *t,
		      const struct area *a)
{
	uint64_t all = 0, left = a->rss;
	unsigned nid;

	for (nid = 0; nid < VM_MAX_NODES; nid++)
		all += t->node_pages[nid];
	for (nid = 0; nid < VM_MAX_NODES && left && all; nid++) {
		/* what is left, by what the nodes from here on hold */
		uint64_t part = left * t->node_pages[nid] / all;

		all -= t->node_pages[nid];
		if (!all)
			part = left;
		left -= part;
		if (part)
			strbuf_printf(sb, " N%u=%llu", nid,
				      (unsigned long long)part);
	}
	strbuf_puts(sb, " kernelpagesize_kB=4");
}

static void put_numa_area(struct strbuf *sb, const struct vm_task_stat *t,
			  const struct area *a, unsigned nr_nodes)
{
	strbuf_hex(sb, a->start, 8);
	put_policy(sb, t, nr_nodes);
	if (*a->file) {
		strbuf_puts(sb, " file=");
		strbuf_puts(sb, a->file);
	}
	if (a->rss) {
		strbuf_puts(sb, a->anon ? " anon=" : " mapped=");
		strbuf_u64(sb, a->rss);
		if (a->anon) {
			strbuf_puts(sb, " dirty=");
			strbuf_u64(sb, a->rss);
		}
		put_nodes(sb, t, a);
	}
	strbuf_putc(sb, '\n');
}

int pid_numa_maps_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	struct area area[MAX_AREAS];
	unsigned i, nr, nr_nodes;

	if (!t)
		return -ESRCH;
	nr_nodes = machine_stat(rq)->nr_nodes;
	nr = get_areas(t, area);
	for (i = 0; i < nr; i++)
		put_numa_area(sb, t, &area[i], nr_nodes);
	return 0;
}
