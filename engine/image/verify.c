/* SPDX-License-Identifier: MIT */
/*
 * verify.c - does what was read from an image agree with itself?
 *
 * vm_check() trusts what it follows; this does not.  First every frame gets
 * its owner (verify_use.c); then each frame's flags must say what was
 * found, and the counters of zones and nodes how many there are; then tasks,
 * pressure and queues.
 *
 * Called by restore.c.  Locking: nobody else knows the machine yet.
 */
#include <assert.h>

#include "actors/workload.h"
#include "image/image.h"
#include "memory/buddy.h"
#include "reclaim/fault.h"

/* Counters of a zone and of a node, counted anew. */
struct counted {
	int64_t zone[VM_NR_ZONE_ITEMS];
	int64_t node[VM_NR_NODE_ITEMS];
	uint64_t nobodys; /* frames in use without a flag */
};

/* --- frames -------------------------------------------------------------- */

static bool is_set(const struct page *p, unsigned flag)
{
	return p->flags & flag;
}

static bool flags_agree(const struct page *p, uint8_t seen)
{
	const bool owned = seen & FRAME_OWNED;

	assert(!(seen & FRAME_FREE));
	if (is_set(p, PG_KERNEL))
		return p->flags == PG_KERNEL && !p->mapping && !owned;
	if (!owned)
		return !p->flags && !p->mapping;
	if (!is_set(p, PG_LRU) ||
	    is_set(p, PG_MAPPED) != !!(seen & FRAME_MAPPED) ||
	    is_set(p, PG_WRITEBACK) != !!(seen & FRAME_WRITE) ||
	    is_set(p, PG_UPTODATE) == !!(seen & FRAME_READ))
		return false;
	if (is_set(p, PG_MLOCKED) &&
	    (!is_set(p, PG_MAPPED) || !is_set(p, PG_UNEVICTABLE)))
		return false;
	/* the unevictable are of one list only */
	return !is_set(p, PG_UNEVICTABLE) || !is_set(p, PG_ACTIVE);
}

/* What the owner's kind says of the flags, and of the counters. */
static bool count_owned(struct counted *n, const struct page *p,
			enum mapping_kind kind)
{
	const bool anon = kind == MAPPING_ANON || kind == MAPPING_SWAP;

	assert(is_set(p, PG_LRU));
	if (is_set(p, PG_SWAPBACKED) != (kind != MAPPING_FILE) ||
	    is_set(p, PG_SWAPCACHE) != (kind == MAPPING_SWAP))
		return false;
	n->node[NR_ANON_MAPPED] += anon && is_set(p, PG_MAPPED);
	n->node[NR_FILE_MAPPED] += !anon && is_set(p, PG_MAPPED);
	n->node[NR_FILE_PAGES] += kind != MAPPING_ANON;
	n->node[NR_SHMEM] += kind == MAPPING_SHMEM;
	n->node[NR_SWAPCACHE] += kind == MAPPING_SWAP;
	if (kind == MAPPING_FILE && is_set(p, PG_DIRTY)) {
		n->node[NR_FILE_DIRTY]++;
		n->zone[NR_ZONE_WRITE_PENDING]++;
	}
	return true;
}

static void count_frame(struct image *im, struct counted *n, uint32_t pfn)
{
	const struct page *p = pfn_page(im->vm, pfn);
	const uint8_t seen = im->seen[pfn];

	if (seen & FRAME_FREE)
		return;
	if (!flags_agree(p, seen)) {
		image_disagrees(im, "flags of a frame, and its use", p->flags,
				seen);
		return;
	}
	if (!(seen & FRAME_OWNED)) {
		n->nobodys += !is_set(p, PG_KERNEL) && !(seen & FRAME_KERNEL);
		return;
	}
	if (!count_owned(n, p, im->vm->mapping[p->mapping]->kind))
		image_disagrees(im, "flags of a page, and its owner", p->flags,
				p->mapping);
	n->zone[NR_ZONE_INACTIVE_ANON + page_lru(p)]++;
	n->zone[NR_MLOCK] += is_set(p, PG_MLOCKED);
	n->node[NR_WRITEBACK] += is_set(p, PG_WRITEBACK);
	n->zone[NR_ZONE_WRITE_PENDING] += is_set(p, PG_WRITEBACK);
	assert(n->node[NR_WRITEBACK] >= 0);
}

static void same_items(struct image *im, const int64_t *have,
		       const int64_t *found, const int *item)
{
	for (; *item >= 0; item++)
		if (have[*item] != found[*item])
			image_disagrees(im, "a counter, and what it counts",
					(uint64_t)have[*item],
					(uint64_t)found[*item]);
	assert(*item == -1);
}

static void verify_zone(struct image *im, const struct zone *z,
			struct counted *n)
{
	static const int items[] = {
		NR_ZONE_INACTIVE_ANON, NR_ZONE_ACTIVE_ANON,
		NR_ZONE_INACTIVE_FILE, NR_ZONE_ACTIVE_FILE,
		NR_ZONE_UNEVICTABLE, NR_ZONE_WRITE_PENDING, NR_MLOCK, -1
	};
	const uint32_t end = z->first_pfn + (uint32_t)z->managed;

	for (unsigned i = 0; i < VM_NR_ZONE_ITEMS; i++)
		n->zone[i] = 0;
	for (uint32_t pfn = z->first_pfn; pfn < z->virgin_pfn; pfn++)
		count_frame(im, n, pfn);
	for (uint32_t pfn = buddy_virgin_end(z); pfn < end; pfn++)
		count_frame(im, n, pfn);
	same_items(im, z->item, n->zone, items);
	assert(z->virgin_pfn <= end);
}

static void verify_node(struct image *im, struct pgdat *pgdat)
{
	static const int items[] = {
		NR_ANON_MAPPED, NR_FILE_MAPPED, NR_FILE_PAGES, NR_FILE_DIRTY,
		NR_WRITEBACK, NR_SHMEM, NR_SWAPCACHE, -1
	};
	struct counted n = { .nobodys = 0 };
	struct zone *z;

	for_each_zone(pgdat, z)
		if (zone_populated(z))
			verify_zone(im, z, &n);
	same_items(im, pgdat->item, n.node, items);
	if (n.nobodys)
		image_disagrees(im, "frames that are nobody's, want none",
				n.nobodys, 0);
	assert(pgdat->nid >= 0);
}

/* --- tasks --------------------------------------------------------------- */

/* Is @t in a memory stall for what it is in the middle of? */
static bool stall_agrees(const struct task *t)
{
	const struct access *a = &t->exec->access;
	const bool stalled = t->psi & PSI_MEMSTALL;

	if (!t->exec->busy)
		return !stalled;
	assert(a->stage <= ACCESS_DIRTY);
	if (access_allocates(a))
		return stalled == a->alloc.stalled;
	return !stalled || a->stage == ACCESS_IO;
}

static bool task_agrees(const struct image *im, const struct task *t)
{
	const uint64_t now = im->vm->world.now_ns;
	const bool runs = t->state == TASK_RUNNABLE;
	const bool stalled = t->psi & PSI_MEMSTALL;

	assert(t->state != TASK_DEAD);
	if (!!(t->psi & PSI_RUNNING) != runs ||
	    !!(t->psi & PSI_MEMSTALL_RUNNING) != (runs && stalled))
		return false;
	if (t->flags & TF_IOWAIT && t->state != TASK_UNINTERRUPTIBLE)
		return false;
	if (t->reap_ns && !(t->flags & TF_MEMDIE))
		return false;
	if (!t->exec)
		return !(t->flags & TF_MEMDIE);
	return t->queued == runs && stall_agrees(t) &&
	       (!t->exec->busy || t->exec->access.slept_ns <= MAX(now, 1));
}

static void verify_states(struct image *im)
{
	const struct vm *vm = im->vm;
	uint32_t running = 0, blocked = 0, iowait = 0, victims = 0;
	uint64_t committed = 0;
	const struct task *t;

	for_each_task(vm, t) {
		if (!task_agrees(im, t))
			image_disagrees(im, "what a task does: pid, state",
					(uint64_t)t->pid, t->state);
		running += t->state == TASK_RUNNABLE;
		blocked += t->state == TASK_UNINTERRUPTIBLE;
		iowait += !!(t->flags & TF_IOWAIT);
		victims += !!(t->flags & TF_MEMDIE);
		committed += t->mm ? t->mm->committed : 0;
	}
	if (running != vm->nr_running || blocked != vm->nr_uninterruptible ||
	    iowait != vm->nr_iowait)
		image_disagrees(im, "running tasks, and their count", running,
				vm->nr_running);
	if (victims != vm->nr_oom_victims)
		image_disagrees(im, "victims, and their count", victims,
				vm->nr_oom_victims);
	if (committed != vm->committed_as)
		image_disagrees(im, "committed by tasks, and in all",
				committed, vm->committed_as);
	assert(running <= vm->nr_tasks);
}

static void verify_pressure(struct image *im)
{
	const struct psi *p = &im->vm->psi;
	const uint64_t now = im->vm->world.now_ns;
	uint32_t nr[VM_MAX_CPUS][PSI_NR_COUNTS] = { { 0 } };
	const struct task *t;

	for_each_task(im->vm, t)
		for (unsigned b = 0; b < PSI_NR_COUNTS; b++)
			nr[t->cpu][b] += t->psi >> b & 1;
	for (uint32_t c = 0; c < p->nr_cpus; c++) {
		for (unsigned b = 0; b < PSI_NR_COUNTS; b++)
			if (nr[c][b] != p->cpu[c].nr[b])
				image_disagrees(im, "tasks of a CPU by state",
						nr[c][b], p->cpu[c].nr[b]);
	}
	if (p->last_ns > now)
		image_disagrees(im, "pressure: its time, and now", p->last_ns,
				now);
	if (p->avg_next_ns <= p->avg_last_ns)
		image_disagrees(im, "pressure: this period, and the last",
				p->avg_next_ns, p->avg_last_ns);
	assert(p->nr_cpus <= VM_MAX_CPUS);
}

/* Times that are compared with now, which they cannot be after. */
static void verify_times(struct image *im)
{
	const struct vm *vm = im->vm;
	const uint64_t now = vm->world.now_ns;

	if (vm->oom_report_ns > now)
		image_disagrees(im, "time of a report, and now",
				vm->oom_report_ns, now);
	for (uint32_t i = 0; i < vm->conf.nr_disks; i++) {
		const struct disk *d = &vm->disk[i];

		assert(d->vm == vm);
		if (d->bw_time_ns > now || d->bw_written > d->nr_written)
			image_disagrees(im, "bandwidth of a disk: since, now",
					d->bw_time_ns, now);
	}
}

/* A node is locked for reclaim by the task that is in it. */
static void verify_reclaim_locks(struct image *im)
{
	uint32_t in[VM_MAX_NODES] = { 0 };
	const struct pgdat *pgdat;
	const struct task *t;

	for_each_task(im->vm, t) {
		const struct access *a = t->exec ? &t->exec->access : NULL;

		if (a && t->exec->busy && access_allocates(a) &&
		    a->alloc.stage == ALLOC_NODE_RECLAIM)
			in[a->alloc.reclaim.nid]++;
	}
	for_each_node(im->vm, pgdat) {
		uint32_t want = !!(pgdat->flags & PGDAT_RECLAIM_LOCKED);

		assert(pgdat->nid >= 0);
		if (in[pgdat->nid] != want)
			image_disagrees(im, "who reclaims a node, and its lock",
					in[pgdat->nid], want);
	}
}

void image_verify(struct image *im)
{
	struct pgdat *pgdat;

	assert(!im->saving && im->seen);
	image_find_use(im);
	if (im->err)
		return;
	for_each_node(im->vm, pgdat)
		verify_node(im, pgdat);
	verify_states(im);
	verify_pressure(im);
	verify_times(im);
	verify_reclaim_locks(im);
}
