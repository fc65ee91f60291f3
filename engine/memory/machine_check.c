/* SPDX-License-Identifier: MIT */
/*
 * machine_check.c - can this machine be simulated?
 *
 * Everything that comes from outside is held against the limits of
 * vm/machine.h here, once, so that the engine behind may assert.  The first
 * thing wrong is told as a sentence: "task 3: rss: 300, want 0..200".
 *
 * Called by the readers of machine files, by vm.c before it builds anything,
 * and for tasks that are started later.  Calls name.c for the sentences.
 * Works on plain data, needs no lock, and asserts nothing about its input.
 */
#include <assert.h>
#include <string.h>

#include <vm/sysctl.h>
#include <vm/task.h>

#include "memory/machine_check.h"
#include "memory/mm.h"
#include "world/compiler.h"
#include "world/name.h"

/* Below it not even the kernel's own reserves fit: 4 MiB. */
#define MIN_MACHINE_PAGES 1024u
#define MAX_QUEUE_DEPTH	  65536u
#define MAX_SWAP_PRIORITY 32767
/* Areas and files may be larger than memory, not than an index. */
#define MAX_AREA_PAGES (4ull * VM_MAX_PAGES)
/* What a cost or a latency may be: an hour. */
#define MAX_COST_NS (1000000000ull * 3600)
/* Sums of times stay in 64 bits: 146 years. */
#define MAX_DURATION_NS (1ull << 62)
#define MAX_RATE	(1ull << 40)
#define MAX_BANDWIDTH	(1ull << 50)
/* A zone must start where it can be printed in bytes. */
#define MAX_PFN (1ull << 40)

/* The part that is being looked at, and where to complain. */
struct part {
	struct vm_complaint *c;
	const char *word;
	int index;
};

/* Begin "task 3: rss: ". */
static struct name complain(const struct part *p, const char *field)
{
	struct name n = name_in(p->c->what, sizeof(p->c->what));

	p->c->field = field;
	p->c->index = p->index;
	if (p->word) {
		name_text(&n, p->word);
		if (p->index >= 0) {
			name_char(&n, ' ');
			name_uint(&n, (uint64_t)p->index);
		}
		name_text(&n, ": ");
	}
	if (field) {
		name_text(&n, field);
		name_text(&n, ": ");
	}
	return n;
}

static bool wrong(const struct part *p, const char *field, const char *why)
{
	struct name n = complain(p, field);

	name_text(&n, why);
	return false;
}

static bool wrong_name(const struct part *p, const char *field,
		       const char *name, const char *why)
{
	struct name n = complain(p, field);

	name_char(&n, '"');
	name_text(&n, name);
	name_text(&n, "\": ");
	name_text(&n, why);
	return false;
}

static bool within(const struct part *p, const char *field, uint64_t v,
		   uint64_t least, uint64_t most)
{
	struct name n;

	if (v >= least && v <= most)
		return true;
	n = complain(p, field);
	name_uint(&n, v);
	name_text(&n, ", want ");
	name_uint(&n, least);
	name_text(&n, "..");
	name_uint(&n, most);
	return false;
}

static bool within_int(const struct part *p, const char *field, int64_t v,
		       int64_t least, int64_t most)
{
	struct name n;

	if (v >= least && v <= most)
		return true;
	n = complain(p, field);
	name_int(&n, v);
	name_text(&n, ", want ");
	name_int(&n, least);
	name_text(&n, "..");
	name_int(&n, most);
	return false;
}

/* A name has an end, is not empty if it is needed, and has no control
 * characters in it, since files print it. */
static bool good_name(const struct part *p, const char *field, const char *name,
		      size_t size, bool needed)
{
	const size_t len = strnlen(name, size);

	if (len == size)
		return wrong(p, field, "too long");
	if (needed && len == 0)
		return wrong(p, field, "empty, want a name");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return wrong(p, field, "control character in a name");
	return true;
}

static bool check_counts(const struct vm_machine *m, struct vm_complaint *c)
{
	const struct part p = { c, NULL, -1 };

	return within(&p, "nodes", m->nr_nodes, 1, VM_MAX_NODES) &&
	       within(&p, "cpus", m->nr_cpus, 1, VM_MAX_CPUS) &&
	       within(&p, "disks", m->nr_disks, 0, VM_MAX_DISKS) &&
	       within(&p, "swap", m->nr_swaps, 0, VM_MAX_SWAPS) &&
	       within(&p, "sysctl", m->nr_sysctls, 0, VM_MAX_SYSCTLS) &&
	       within(&p, "files", m->nr_files, 0, VM_MAX_FILES) &&
	       within(&p, "tasks", m->nr_tasks, 0, VM_MAX_TASKS) &&
	       within(&p, "kswapd_wake", m->kswapd_wake, 0,
		      VM_KSWAPD_WAKE_HIGH) &&
	       within(&p, "page_lists", m->page_lists, 0,
		      VM_PAGE_LISTS_SCALED) &&
	       within(&p, "lru_counts", m->lru_counts, 0,
		      VM_LRU_COUNTS_FLUSHED);
}

static bool check_zone(const struct part *p, const struct vm_zone_conf *z)
{
	if (z->present > z->spanned)
		return wrong(p, "zones", "present pages, but fewer spanned");
	if (z->managed > z->present)
		return wrong(p, "zones", "managed pages, but fewer present");
	return within(p, "zones", z->present, 0, VM_MAX_PAGES) &&
	       within(p, "zones", z->spanned, 0, MAX_PFN) &&
	       within(p, "zones", z->start_pfn, 0, MAX_PFN);
}

static bool check_marks(const struct part *p, const struct vm_zone_marks *m)
{
	if (m->min > m->low)
		return wrong(p, "zones", "min, but a lower low");
	for (unsigned type = 0; type < VM_NR_ZONES; type++)
		if (!within(p, "protection", m->protection[type], 0,
			    VM_MAX_PAGES))
			return false;
	return within(p, "low", m->low, 0, VM_MAX_PAGES) &&
	       within(p, "boost", m->boost, 0, VM_MAX_PAGES);
}

static bool check_node(const struct vm_machine *m, int i,
		       struct vm_complaint *c)
{
	const struct vm_node_conf *n = &m->node[i];
	const struct part p = { c, "node", i };

	if (!within(&p, "memory", n->mem_pages, 0, VM_MAX_PAGES))
		return false;
	if (!n->zones_given &&
	    !within(&p, "movable", n->movable_pages, 0, n->mem_pages))
		return false;
	if (!within(&p, "hugepages", n->hugepages, 0, VM_MAX_PAGES >> 9))
		return false;
	for (unsigned type = 0; type < VM_NR_ZONES; type++)
		if (!check_zone(&p, &n->zone[type]) ||
		    !check_marks(&p, &n->marks[type]))
			return false;
	if (n->zone[VM_ZONE_DEVICE].managed)
		return wrong(&p, "zones",
			     "zone Device: memory of devices is "
			     "not simulated, want 0 pages");
	return true;
}

/* "distance to node 0: 7, want 10..255" */
static bool check_distance(const struct vm_machine *m, int i,
			   struct vm_complaint *c)
{
	const struct part p = { c, "node", i };

	for (uint32_t j = 0; j < m->nr_nodes; j++) {
		const unsigned d = m->node[i].distance[j];
		const unsigned most =
			(uint32_t)i == j ? VM_MIN_DISTANCE : VM_MAX_DISTANCE;
		struct name n;

		if (d >= VM_MIN_DISTANCE && d <= most)
			continue;
		n = complain(&p, NULL);
		c->field = "distance";
		name_text(&n, "distance to node ");
		name_uint(&n, j);
		name_text(&n, ": ");
		name_uint(&n, d);
		name_text(&n, ", want ");
		name_uint(&n, VM_MIN_DISTANCE);
		name_text(&n, "..");
		name_uint(&n, most);
		return false;
	}
	return true;
}

static uint64_t managed_pages(const struct vm_machine *m, bool movable)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->nr_nodes; i++)
		for (unsigned type = 0; type < VM_NR_ZONES; type++)
			if (movable || type != VM_ZONE_MOVABLE)
				sum += m->node[i].zone[type].managed;
	return sum;
}

/* Every part has been looked at, so that the sums cannot overflow. */
static bool check_memory(const struct vm_machine *m, struct vm_complaint *c)
{
	const struct part p = { c, NULL, -1 };
	const struct vm_kernel_conf *k = &m->kernel;
	const uint64_t fixed = managed_pages(m, false);

	if (!within(&p, "pages of memory", managed_pages(m, true),
		    MIN_MACHINE_PAGES, VM_MAX_PAGES) ||
	    !within(&p, "pages of memory outside of zone Movable", fixed,
		    MIN_MACHINE_PAGES, VM_MAX_PAGES))
		return false;
	/* Half is left for page tables and for what runs. */
	return within(&p, "slab_reclaimable", k->slab_reclaimable, 0,
		      fixed / 2) &&
	       within(&p, "slab_unreclaimable", k->slab_unreclaimable, 0,
		      fixed / 2 - k->slab_reclaimable) &&
	       within(&p, "misc", k->misc, 0,
		      fixed / 2 - k->slab_reclaimable -
			      k->slab_unreclaimable) &&
	       within(&p, "shmem", k->shmem, 0,
		      fixed / 2 - k->slab_reclaimable - k->slab_unreclaimable -
			      k->misc);
}

static bool check_nodes(const struct vm_machine *m, struct vm_complaint *c)
{
	for (uint32_t i = 0; i < m->nr_nodes; i++)
		if (!check_node(m, (int)i, c) || !check_distance(m, (int)i, c))
			return false;
	for (uint32_t i = 0; i < m->nr_cpus; i++) {
		const struct part p = { c, "cpu", (int)i };

		if (!within(&p, "node", m->cpu_node[i], 0, m->nr_nodes - 1))
			return false;
	}
	return true;
}

static bool check_costs(const struct vm_machine *m, struct vm_complaint *c)
{
	const struct part p = { c, NULL, -1 };
	const struct vm_costs *k = &m->cost;

	return within(&p, "touch", k->touch_ns, 0, MAX_COST_NS) &&
	       within(&p, "read", k->read_ns, 0, MAX_COST_NS) &&
	       within(&p, "minor_fault", k->minor_fault_ns, 0, MAX_COST_NS) &&
	       within(&p, "map_file", k->map_file_ns, 0, MAX_COST_NS) &&
	       within(&p, "scan", k->scan_ns, 0, MAX_COST_NS) &&
	       within(&p, "reclaim", k->reclaim_ns, 0, MAX_COST_NS) &&
	       within(&p, "unmap", k->unmap_ns, 0, MAX_COST_NS) &&
	       within(&p, "swap_out", k->swap_out_ns, 0, MAX_COST_NS) &&
	       within(&p, "swap_in", k->swap_in_ns, 0, MAX_COST_NS) &&
	       within(&p, "free", k->free_ns, 0, MAX_COST_NS) &&
	       within(&p, "remote_percent", k->remote_percent, 0, 10000);
}

static bool check_disk(const struct vm_machine *m, uint32_t i,
		       struct vm_complaint *c)
{
	const struct vm_disk_conf *d = &m->disk[i];
	const struct part p = { c, "disk", (int)i };

	if (!good_name(&p, "name", d->name, sizeof(d->name), true))
		return false;
	if (strchr(d->name, '/'))
		return wrong_name(&p, "name", d->name,
				  "want a name as in /sys/block");
	for (uint32_t j = 0; j < i; j++)
		if (!strcmp(d->name, m->disk[j].name))
			return wrong_name(&p, "name", d->name,
					  "two disks of one name");
	return within(&p, "kind", d->kind, 0, VM_NR_DISK_KINDS - 1) &&
	       within(&p, "read_latency", d->read_latency_ns, 0, MAX_COST_NS) &&
	       within(&p, "write_latency", d->write_latency_ns, 0,
		      MAX_COST_NS) &&
	       within(&p, "bandwidth", d->bandwidth_bps, VM_PAGE_SIZE,
		      MAX_BANDWIDTH) &&
	       within(&p, "queue_depth", d->queue_depth, 1, MAX_QUEUE_DEPTH) &&
	       within(&p, "errors", d->fail_permille, 0, 1000);
}

/* An index into the disks, of which there must be one. */
static bool good_disk(const struct vm_machine *m, const struct part *p,
		      uint32_t disk)
{
	if (m->nr_disks == 0)
		return wrong(p, "disk", "the machine has no disk, want one");
	return within(p, "disk", disk, 0, m->nr_disks - 1);
}

static bool check_swap(const struct vm_machine *m, uint32_t i,
		       struct vm_complaint *c)
{
	const struct vm_swap_conf *s = &m->swap[i];
	const struct part p = { c, "swap", (int)i };

	if (!good_name(&p, "path", s->path, sizeof(s->path), true))
		return false;
	for (uint32_t j = 0; j < i; j++)
		if (!strcmp(s->path, m->swap[j].path))
			return wrong_name(&p, "path", s->path,
					  "two swap areas of one path");
	/* a header and at least one page; slots are numbered in a PTE */
	return good_disk(m, &p, s->disk) &&
	       within(&p, "size", s->pages, 2, SWAP_MAX_SLOTS) &&
	       (s->priority == VM_SWAP_PRIO_AUTO ||
		within_int(&p, "priority", s->priority, 0, MAX_SWAP_PRIORITY));
}

static const struct vm_file_conf *find_file(const struct vm_machine *m,
					    uint32_t nr, const char *name)
{
	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(m->file[i].name, name))
			return &m->file[i];
	return NULL;
}

static bool check_file(const struct vm_machine *m, uint32_t i,
		       struct vm_complaint *c)
{
	const struct vm_file_conf *f = &m->file[i];
	const struct part p = { c, "file", (int)i };

	if (!good_name(&p, "name", f->name, sizeof(f->name), true))
		return false;
	if (find_file(m, i, f->name))
		return wrong_name(&p, "name", f->name, "two files of one name");
	return good_disk(m, &p, f->disk) &&
	       within(&p, "size", f->pages, 1, MAX_AREA_PAGES);
}

static bool check_sysctl(const struct vm_machine *m, uint32_t i,
			 struct vm_complaint *c)
{
	static const char prefix[] = "vm.";
	const size_t len = sizeof(prefix) - 1;
	const struct vm_sysctl_conf *s = &m->sysctl[i];
	const struct part p = { c, "sysctl", (int)i };

	if (!good_name(&p, "name", s->name, sizeof(s->name), true) ||
	    !good_name(&p, "value", s->value, sizeof(s->value), true))
		return false;
	if (strncmp(s->name, prefix, len) || !vm_ctl_find(s->name + len))
		return wrong_name(&p, NULL, s->name,
				  "no such tunable, want one of vm.*");
	return true;
}

static bool check_phase(const struct vm_task_conf *t, const struct part *p,
			const struct vm_phase_conf *ph)
{
	if (!within(p, "workload: pattern", ph->pattern, 0,
		    VM_NR_PATTERNS - 1) ||
	    !within(p, "workload: target", ph->target, 0, VM_NR_TARGETS - 1) ||
	    !within(p, "workload: duration", ph->duration_ns, 0,
		    MAX_DURATION_NS) ||
	    !within(p, "workload: rate", ph->rate, 0, MAX_RATE) ||
	    !within(p, "workload: write", ph->write_permille, 0, 1000) ||
	    !within(p, "workload: hot", ph->hot_permille, 0, 1000) ||
	    !within(p, "workload: first", ph->first, 0, MAX_AREA_PAGES) ||
	    !within(p, "workload: size", ph->pages, 0, MAX_AREA_PAGES) ||
	    !within(p, "workload: hot_size", ph->hot_pages, 0, MAX_AREA_PAGES))
		return false;
	if (ph->pattern == VM_PATTERN_IDLE)
		return true;
	if (ph->target != VM_TARGET_ANON && !t->file[0])
		return wrong(p, "workload", "uses a file, want file = ...");
	if (ph->target == VM_TARGET_MAPPING && !t->map_file)
		return wrong(p, "workload", "uses a mapping, want map = true");
	if (ph->grow && ph->target != VM_TARGET_ANON)
		return wrong(p, "workload", "grow, want target anon");
	return true;
}

static bool check_task_file(const struct vm_machine *m, const struct part *p,
			    const struct vm_task_conf *t)
{
	if (!good_name(p, "file", t->file, sizeof(t->file), false) ||
	    !within(p, "file_size", t->file_pages, 0, MAX_AREA_PAGES))
		return false;
	if (!t->file[0])
		return !t->map_file || wrong(p, "map", "want file = ... too");
	if (find_file(m, m->nr_files, t->file))
		return true;
	if (t->file_pages == 0)
		return wrong_name(p, "file", t->file,
				  "not a file of the machine, want file_size");
	return good_disk(m, p, 0);
}

/* The mask of the nodes that there are. */
static uint64_t all_nodes(const struct vm_machine *m)
{
	return (1ull << m->nr_nodes) - 1;
}

static bool check_task_memory(const struct vm_machine *m, const struct part *p,
			      const struct vm_task_conf *t)
{
	if (!within(p, "anon", t->anon_pages, 0, MAX_AREA_PAGES) ||
	    !within(p, "rss", t->anon_resident, 0, t->anon_pages) ||
	    !within(p, "swap", t->anon_swapped, 0,
		    t->anon_pages - t->anon_resident) ||
	    !within(p, "mlock", t->mlock_pages, 0, t->anon_pages))
		return false;
	if (t->anon_swapped && m->nr_swaps == 0)
		return wrong(p, "swap", "the machine has no swap area");
	if (t->nodes & ~all_nodes(m))
		return wrong(p, "nodes", "a node that the machine has not");
	return true;
}

bool task_conf_check(const struct vm_machine *m, const struct vm_task_conf *t,
		     int index, struct vm_complaint *c)
{
	const struct part p = { c, "task", index };

	if (!good_name(&p, "name", t->comm, sizeof(t->comm), true) ||
	    !good_name(&p, "args", t->args, sizeof(t->args), false) ||
	    !within_int(&p, "pid", t->pid, 0, VM_MAX_PID) ||
	    !within_int(&p, "ppid", t->ppid, 0, VM_MAX_PID) ||
	    !within_int(&p, "oom_score_adj", t->oom_score_adj,
			VM_OOM_SCORE_ADJ_MIN, VM_OOM_SCORE_ADJ_MAX) ||
	    !within(&p, "threads", t->nr_threads, 0, VM_MAX_PID) ||
	    !within_int(&p, "cpu", t->cpu, -1, (int64_t)m->nr_cpus - 1) ||
	    !within(&p, "workload", t->nr_phases, 0, VM_MAX_PHASES))
		return false;
	if (!check_task_memory(m, &p, t) || !check_task_file(m, &p, t))
		return false;
	for (uint32_t i = 0; i < t->nr_phases; i++)
		if (!check_phase(t, &p, &t->phase[i]))
			return false;
	return true;
}

/* Tasks are many: pids that are taken are ticked off in a bitmap. */
static bool check_tasks(const struct vm_machine *m, struct vm_complaint *c)
{
	uint64_t taken[VM_MAX_PID / 64 + 1] = { 0 };

	for (uint32_t i = 0; i < m->nr_tasks; i++) {
		const struct part p = { c, "task", (int)i };
		const int pid = m->task[i].pid;
		const uint64_t bit = 1ull << (pid & 63);

		if (!task_conf_check(m, &m->task[i], (int)i, c))
			return false;
		if (pid == 0)
			continue;
		if (taken[pid / 64] & bit)
			return wrong(&p, "pid", "two tasks of one pid");
		taken[pid / 64] |= bit;
	}
	return true;
}

bool vm_machine_check(const struct vm_machine *m, struct vm_complaint *c)
{
	*c = (struct vm_complaint){ .index = -1 };
	if (!check_counts(m, c) || !check_nodes(m, c) || !check_memory(m, c) ||
	    !check_costs(m, c))
		return false;
	for (uint32_t i = 0; i < m->nr_disks; i++)
		if (!check_disk(m, i, c))
			return false;
	for (uint32_t i = 0; i < m->nr_swaps; i++)
		if (!check_swap(m, i, c))
			return false;
	for (uint32_t i = 0; i < m->nr_files; i++)
		if (!check_file(m, i, c))
			return false;
	for (uint32_t i = 0; i < m->nr_sysctls; i++)
		if (!check_sysctl(m, i, c))
			return false;
	return check_tasks(m, c);
}
