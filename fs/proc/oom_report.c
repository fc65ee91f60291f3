/* SPDX-License-Identifier: MIT */
/*
 * oom_report.c - writes the OOM report into the kernel log (H.6).
 *
 * The order and the columns are those of the recorded logs; what a simulated
 * machine has not (call frames, registers, per-CPU lists) is there as one
 * would find it on an idle machine, so that a script's patterns match.
 *
 * Called by kmsg_events.c under the engine's lock; calls kmsg.c and the
 * locked doors of include/vm/trace.h.
 */
#include "fs/proc/gfp_text.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/oom_report.h"
#include "fs/proc/proc.h"

#define HARDWARE "reclaimfs simulated machine"

/* The order of a request that SysRq-F makes (include/vm/task.h). */
#define SYSRQ_ORDER (-1)

/* One report on its way into the log. */
struct report {
	struct machine_fs *mf;
	const struct vm_event *ev;
	const struct vm_stat *s;
	uint64_t node[VM_NR_NODE_ITEMS]; /* sums over all nodes */
};

#define say(r, level, ...)                                                     \
	kmsg_printk((r)->mf->kmsg, level, (r)->ev->time_ns, __VA_ARGS__)

/* What printf wants of a count. */
#define ull unsigned long long

static ull kb(uint64_t nr_pages)
{
	return pages_to_kb(nr_pages);
}

static void sum_nodes(struct report *r)
{
	unsigned nid, i;

	for (nid = 0; nid < r->s->nr_nodes; nid++)
		for (i = 0; i < VM_NR_NODE_ITEMS; i++)
			r->node[i] += r->s->node[nid].item[i];
}

static void report_init(struct report *r, struct machine_fs *mf,
			const struct vm_event *ev)
{
	vm_stat_get_locked(mf->vm, mf->log_stat);
	*r = (struct report){ .mf = mf, .ev = ev, .s = mf->log_stat };
	sum_nodes(r);
}

/* "0-1", or "(null)" without bits. */
static const char *node_list(struct strbuf *sb, uint64_t mask, unsigned nr)
{
	strbuf_clear(sb);
	if (!mask)
		return "(null)";
	strbuf_list(sb, &mask, nr);
	return strbuf_str(sb);
}

static uint64_t all_nodes(const struct report *r)
{
	return (1ull << r->s->nr_nodes) - 1;
}

static void put_invoked(const struct report *r)
{
	DECLARE_STRBUF(names, 256);

	put_gfp(&names, r->ev->gfp, "");
	say(r, KMSG_WARNING,
	    "%s invoked oom-killer: gfp_mask=0x%x(%s), order=%d, "
	    "oom_score_adj=%d",
	    r->ev->comm, r->ev->gfp, strbuf_str(&names), r->ev->order,
	    r->ev->oom->oom_score_adj);
	strbuf_release(&names);
}

static void put_cpu_line(const struct report *r, uint32_t uid)
{
	say(r, KMSG_WARNING,
	    "CPU: %d UID: %u PID: %d Comm: %.20s Not tainted %s #1  Debian %s",
	    r->ev->cpu, uid, r->ev->pid, r->ev->comm, KERNEL_RELEASE,
	    KERNEL_PACKAGE);
	say(r, KMSG_WARNING, "Hardware name: %s", HARDWARE);
	if (r->ev->order == SYSRQ_ORDER)
		say(r, KMSG_WARNING, "Workqueue: events moom_callback");
}

/* The same of a worker whom SysRq-F has started. */
static void put_worker_trace(const struct report *r)
{
	static const char *const frames[] = {
		"dump_stack_lvl+0x64/0x80",
		"dump_header+0x43/0x1d0",
		"oom_kill_process+0xfa/0x200",
		"out_of_memory+0x257/0x520",
		"moom_callback+0x83/0xb0",
		"process_one_work+0x17c/0x390",
		"worker_thread+0x265/0x3a0",
		"kthread+0xcf/0x100",
		"ret_from_fork+0x31/0x50",
		"ret_from_fork_asm+0x1a/0x30",
	};
	unsigned i;

	say(r, KMSG_WARNING, "Call Trace:");
	say(r, KMSG_WARNING, " <TASK>");
	for (i = 0; i < TREE_NR(frames); i++)
		say(r, KMSG_WARNING, " %s", frames[i]);
	say(r, KMSG_WARNING, " </TASK>");
}

/* The way of an anonymous fault into the allocator, below @top. */
static void put_trace(const struct report *r, const char *const *top,
		      unsigned nr_top)
{
	static const char *const fault[] = {
		"__alloc_pages_slowpath.constprop.0+0x67f/0xe00",
		"__alloc_pages_noprof+0x2ef/0x310",
		"alloc_pages_mpol_noprof+0x8f/0x1e0",
		"folio_alloc_mpol_noprof+0x14/0x30",
		"vma_alloc_folio_noprof+0x6b/0xc0",
		"do_anonymous_page+0x2bd/0x7d0",
		"__handle_mm_fault+0xb52/0xf90",
		"handle_mm_fault+0x180/0x2d0",
		"do_user_addr_fault+0x20c/0x670",
		"exc_page_fault+0x76/0x190",
		"asm_exc_page_fault+0x26/0x30",
	};
	static const char *const registers[] = {
		"RIP: 0033:0x400000",
		"Code: Unable to access opcode bytes at 0x3fffd6.",
		"RSP: 002b:00007fffffffe000 EFLAGS: 00000206",
		"RAX: 0000000000000000 RBX: 0000000000000000 RCX: "
		"0000000000000000",
		"RDX: 0000000000000000 RSI: 0000000000000000 RDI: "
		"0000000000000000",
		"RBP: 0000000000000000 R08: 0000000000000000 R09: "
		"0000000000000000",
		"R10: 0000000000000000 R11: 0000000000000000 R12: "
		"0000000000000000",
		"R13: 0000000000000000 R14: 0000000000000000 R15: "
		"0000000000000000",
	};
	unsigned i;

	say(r, KMSG_WARNING, "Call Trace:");
	say(r, KMSG_WARNING, " <TASK>");
	for (i = 0; i < nr_top; i++)
		say(r, KMSG_WARNING, " %s", top[i]);
	for (i = 0; i < TREE_NR(fault); i++)
		say(r, KMSG_WARNING, " %s", fault[i]);
	for (i = 0; i < TREE_NR(registers); i++)
		say(r, KMSG_WARNING, "%s", registers[i]);
	say(r, KMSG_WARNING, " </TASK>");
}

static ull free_pcp(const struct vm_stat *s)
{
	ull sum = 0;

	for (uint32_t i = 0; i < s->nr_nodes; i++)
		for (unsigned t = 0; t < VM_NR_ZONES; t++)
			sum += s->node[i].zone[t].free_pcp;
	return sum;
}

static void put_mem_info(const struct report *r)
{
	const uint64_t *n = r->node;

	say(r, KMSG_WARNING, "Mem-Info:");
	say(r, KMSG_WARNING,
	    "active_anon:%llu inactive_anon:%llu isolated_anon:%llu\n"
	    " active_file:%llu inactive_file:%llu isolated_file:%llu\n"
	    " unevictable:%llu dirty:%llu writeback:%llu\n"
	    " slab_reclaimable:%llu slab_unreclaimable:%llu\n"
	    " mapped:%llu shmem:%llu pagetables:%llu\n"
	    " sec_pagetables:%llu bounce:%llu\n"
	    " kernel_misc_reclaimable:%llu\n"
	    " free:%llu free_pcp:%llu free_cma:0",
	    (ull)n[NR_ACTIVE_ANON], (ull)n[NR_INACTIVE_ANON],
	    (ull)n[NR_ISOLATED_ANON], (ull)n[NR_ACTIVE_FILE],
	    (ull)n[NR_INACTIVE_FILE], (ull)n[NR_ISOLATED_FILE],
	    (ull)n[NR_UNEVICTABLE], (ull)n[NR_FILE_DIRTY],
	    (ull)n[NR_WRITEBACK], (ull)n[NR_SLAB_RECLAIMABLE],
	    (ull)n[NR_SLAB_UNRECLAIMABLE], (ull)n[NR_FILE_MAPPED],
	    (ull)n[NR_SHMEM], (ull)n[NR_PAGETABLE],
	    (ull)n[NR_SECONDARY_PAGETABLE],
	    (ull)vm_stat_zone_sum(r->s, NR_BOUNCE),
	    (ull)n[NR_KERNEL_MISC_RECLAIMABLE],
	    (ull)vm_stat_zone_sum(r->s, NR_FREE_PAGES), free_pcp(r->s));
}

static void put_node(const struct report *r, unsigned nid)
{
	const struct vm_node_stat *node = &r->s->node[nid];
	const uint64_t *n = node->item;

	say(r, KMSG_WARNING,
	    "Node %u active_anon:%llukB inactive_anon:%llukB "
	    "active_file:%llukB inactive_file:%llukB unevictable:%llukB "
	    "isolated(anon):%llukB isolated(file):%llukB mapped:%llukB "
	    "dirty:%llukB writeback:%llukB shmem:%llukB shmem_thp:%llukB "
	    "shmem_pmdmapped:%llukB anon_thp:%llukB writeback_tmp:%llukB "
	    "kernel_stack:%llukB pagetables:%llukB sec_pagetables:%llukB "
	    "all_unreclaimable? %s",
	    nid, kb(n[NR_ACTIVE_ANON]), kb(n[NR_INACTIVE_ANON]),
	    kb(n[NR_ACTIVE_FILE]), kb(n[NR_INACTIVE_FILE]),
	    kb(n[NR_UNEVICTABLE]), kb(n[NR_ISOLATED_ANON]),
	    kb(n[NR_ISOLATED_FILE]), kb(n[NR_FILE_MAPPED]),
	    kb(n[NR_FILE_DIRTY]), kb(n[NR_WRITEBACK]), kb(n[NR_SHMEM]),
	    kb(n[NR_SHMEM_THPS]), kb(n[NR_SHMEM_PMDMAPPED]),
	    kb(n[NR_ANON_THPS]), kb(n[NR_WRITEBACK_TEMP]),
	    (ull)n[NR_KERNEL_STACK_KB], kb(n[NR_PAGETABLE]),
	    kb(n[NR_SECONDARY_PAGETABLE]), node->unreclaimable ? "yes" : "no");
}

static void put_zone(const struct report *r, unsigned nid, unsigned zone)
{
	const struct vm_zone_stat *z = &r->s->node[nid].zone[zone];
	const uint64_t *n = z->item;

	say(r, KMSG_WARNING,
	    "Node %u %s free:%llukB boost:%llukB min:%llukB low:%llukB "
	    "high:%llukB reserved_highatomic:%lluKB active_anon:%llukB "
	    "inactive_anon:%llukB active_file:%llukB inactive_file:%llukB "
	    "unevictable:%llukB writepending:%llukB present:%llukB "
	    "managed:%llukB mlocked:%llukB bounce:%llukB free_pcp:%llukB "
	    "local_pcp:%llukB free_cma:0kB",
	    nid, vm_zone_name[zone], kb(n[NR_FREE_PAGES]), kb(z->boost),
	    kb(z->min), kb(z->low), kb(z->high),
	    kb(z->pageblocks[VM_MIGRATE_HIGHATOMIC] * 512),
	    kb(n[NR_ZONE_ACTIVE_ANON]), kb(n[NR_ZONE_INACTIVE_ANON]),
	    kb(n[NR_ZONE_ACTIVE_FILE]), kb(n[NR_ZONE_INACTIVE_FILE]),
	    kb(n[NR_ZONE_UNEVICTABLE]), kb(n[NR_ZONE_WRITE_PENDING]),
	    kb(z->present), kb(z->managed), kb(n[NR_MLOCK]),
	    kb(n[NR_BOUNCE]), kb(z->free_pcp),
	    kb(r->s->pcp[nid][zone][r->s->cpu_now].count));
	say(r, KMSG_WARNING, "lowmem_reserve[]: %llu %llu %llu %llu %llu",
	    (ull)z->protection[0], (ull)z->protection[1],
	    (ull)z->protection[2], (ull)z->protection[3],
	    (ull)z->protection[4]);
}

/* "2*4kB (UM) 0*8kB ... = 1816kB" */
static void put_free_lists(const struct report *r, unsigned nid, unsigned zone)
{
	static const char letters[VM_NR_MIGRATETYPES] = { 'U', 'M', 'E', 'H' };
	const struct vm_zone_stat *z = &r->s->node[nid].zone[zone];
	DECLARE_STRBUF(sb, 512);
	uint64_t total = 0, nr;
	unsigned order, type;

	for (order = 0; order < VM_NR_ORDERS; order++) {
		nr = 0;
		for (type = 0; type < VM_NR_MIGRATETYPES; type++)
			nr += z->nr_free[order][type];
		total += nr << order;
		strbuf_printf(&sb, "%llu*%llukB ", (ull)nr,
			      kb(1ull << order));
		if (!nr)
			continue;
		strbuf_putc(&sb, '(');
		for (type = 0; type < VM_NR_MIGRATETYPES; type++)
			if (z->nr_free[order][type])
				strbuf_putc(&sb, letters[type]);
		strbuf_puts(&sb, ") ");
	}
	say(r, KMSG_WARNING, "Node %u %s: %s= %llukB", nid, vm_zone_name[zone],
	    strbuf_str(&sb), kb(total));
	strbuf_release(&sb);
}

static void put_hugepages(const struct report *r, unsigned nid)
{
	const struct vm_node_stat *n = &r->s->node[nid];

	say(r, KMSG_WARNING,
	    "Node %u hugepages_total=0 hugepages_free=0 hugepages_surp=0 "
	    "hugepages_size=1048576kB",
	    nid);
	say(r, KMSG_WARNING,
	    "Node %u hugepages_total=%llu hugepages_free=%llu "
	    "hugepages_surp=0 hugepages_size=2048kB",
	    nid, (ull)n->nr_hugepages, (ull)n->nr_hugepages_free);
}

static void put_totals(const struct report *r)
{
	uint64_t present = 0;
	unsigned nid, zone;

	for (nid = 0; nid < r->s->nr_nodes; nid++)
		for (zone = 0; zone < VM_NR_ZONES; zone++)
			present += r->s->node[nid].zone[zone].present;
	say(r, KMSG_WARNING, "%llu total pagecache pages",
	    (ull)r->node[NR_FILE_PAGES]);
	say(r, KMSG_WARNING, "%llu pages in swap cache",
	    (ull)r->node[NR_SWAPCACHE]);
	say(r, KMSG_WARNING, "Free swap  = %llukB", kb(r->s->swap_free));
	say(r, KMSG_WARNING, "Total swap = %llukB", kb(r->s->swap_total));
	say(r, KMSG_WARNING, "%llu pages RAM", (ull)present);
	say(r, KMSG_WARNING, "0 pages HighMem/MovableOnly");
	say(r, KMSG_WARNING, "%llu pages reserved",
	    (ull)(present - r->s->total_pages));
	say(r, KMSG_WARNING, "0 pages hwpoisoned");
}

static bool in_nodes(uint64_t mask, unsigned nid)
{
	return !mask || mask >> nid & 1;
}

/* Lines 3 to 11; @mask limits the nodes, 0 is all. */
static void put_memory(const struct report *r, uint64_t mask, unsigned highest)
{
	const struct vm_stat *s = r->s;
	unsigned nid, zone;

	put_mem_info(r);
	for (nid = 0; nid < s->nr_nodes; nid++)
		if (in_nodes(mask, nid))
			put_node(r, nid);
	for (nid = 0; nid < s->nr_nodes; nid++)
		for (zone = 0; zone < VM_NR_ZONES && zone <= highest; zone++)
			if (in_nodes(mask, nid) &&
			    s->node[nid].zone[zone].present)
				put_zone(r, nid, zone);
	for (nid = 0; nid < s->nr_nodes; nid++)
		for (zone = 0; zone < VM_NR_ZONES && zone <= highest; zone++)
			if (in_nodes(mask, nid) &&
			    s->node[nid].zone[zone].present)
				put_free_lists(r, nid, zone);
	for (nid = 0; nid < s->nr_nodes; nid++)
		if (in_nodes(mask, nid))
			put_hugepages(r, nid);
	put_totals(r);
}

static void put_task(const struct report *r, const struct vm_task_stat *t)
{
	say(r, KMSG_INFO,
	    "[%7d] %5u %5d %8llu %8llu %8llu %8llu %9llu %8llu %8llu         "
	    "%5d %s",
	    t->pid, t->uid, t->pid, (ull)t->total_vm,
	    (ull)(t->rss_anon + t->rss_file + t->rss_shmem), (ull)t->rss_anon,
	    (ull)t->rss_file, (ull)t->rss_shmem, (ull)t->pgtables_bytes,
	    (ull)t->swapents, t->oom_score_adj, t->comm);
}

/* Line 13: every process that could have been chosen, and the -1000 ones. */
static void put_tasks(const struct report *r)
{
	uint64_t mask = r->ev->oom->nodemask;
	struct vm_task_stat *t = &r->mf->log_task;
	int pid = 0;

	say(r, KMSG_INFO, "Tasks state (memory values in pages):");
	say(r, KMSG_INFO,
	    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file "
	    "rss_shmem pgtables_bytes swapents oom_score_adj name");
	while ((pid = vm_task_next_locked(r->mf->vm, pid))) {
		if (vm_task_get_locked(r->mf->vm, pid, t) || t->kthread ||
		    pid == 1)
			continue;
		if (mask && t->nodes_allowed && !(t->nodes_allowed & mask))
			continue;
		put_task(r, t);
	}
}

void oom_report_memory(struct machine_fs *mf)
{
	const struct vm_event ev = { .time_ns = vm_now_ns(mf->vm) };
	struct report r = { .mf = mf, .ev = &ev, .s = mf->stat };

	vm_stat_get(mf->vm, mf->stat);
	sum_nodes(&r);
	put_memory(&r, 0, VM_NR_ZONES);
}

void oom_report(struct machine_fs *mf, const struct vm_event *ev)
{
	static const char *const killing[] = {
		"dump_stack_lvl+0x64/0x80", "dump_header+0x43/0x1d0",
		"oom_kill_process+0xfa/0x200", "out_of_memory+0x257/0x520",
	};
	static const char *const panicking[] = {
		"dump_stack_lvl+0x64/0x80", "dump_header+0x43/0x1d0",
		"out_of_memory+0xc2/0x520",
	};
	const struct vm_ev_oom *oom = ev->oom;
	struct report r;

	report_init(&r, mf, ev);
	put_invoked(&r);
	put_cpu_line(&r, oom->asker_uid);
	if (ev->order == SYSRQ_ORDER)
		put_worker_trace(&r);
	else if (oom->panic == VM_PANIC_NO)
		put_trace(&r, killing, TREE_NR(killing));
	else
		put_trace(&r, panicking, TREE_NR(panicking));
	put_memory(&r, oom->nodemask, (unsigned)oom->highest_zoneidx);
	if (oom->dump_tasks)
		put_tasks(&r);
	mf->oom_reported = true;
}

static void put_constraint(const struct report *r)
{
	static const char *const names[] = {
		[VM_CONSTRAINT_NONE] = "CONSTRAINT_NONE",
		[VM_CONSTRAINT_CPUSET] = "CONSTRAINT_CPUSET",
		[VM_CONSTRAINT_MEMORY_POLICY] = "CONSTRAINT_MEMORY_POLICY",
	};
	const struct vm_ev_oom *oom = r->ev->oom;
	DECLARE_STRBUF(mask, 64);
	DECLARE_STRBUF(mems, 64);

	say(r, KMSG_INFO,
	    "oom-kill:constraint=%s,nodemask=%s,cpuset=/,mems_allowed=%s,"
	    "global_oom,task_memcg=/,task=%s,pid=%d,uid=%u",
	    names[oom->constraint],
	    node_list(&mask, oom->nodemask & all_nodes(r), r->s->nr_nodes),
	    node_list(&mems, all_nodes(r), r->s->nr_nodes), oom->victim.comm,
	    oom->victim.pid, oom->victim.uid);
	strbuf_release(&mask);
	strbuf_release(&mems);
}

void oom_report_kill(struct machine_fs *mf, const struct vm_event *ev)
{
	const struct vm_ev_oom *oom = ev->oom;
	const struct vm_task_stat *v = &oom->victim;
	struct report r;

	report_init(&r, mf, ev);
	if (mf->oom_reported)
		put_constraint(&r);
	mf->oom_reported = false;
	say(&r, KMSG_ERR,
	    "%s: Killed process %d (%s) total-vm:%llukB, anon-rss:%llukB, "
	    "file-rss:%llukB, shmem-rss:%llukB, UID:%u pgtables:%llukB "
	    "oom_score_adj:%d",
	    oom->allocating_task ? "Out of memory (oom_kill_allocating_task)" :
				   "Out of memory",
	    v->pid, v->comm, kb(v->total_vm), kb(v->rss_anon),
	    kb(v->rss_file), kb(v->rss_shmem), v->uid,
	    (ull)v->pgtables_bytes >> 10, v->oom_score_adj);
}

void oom_report_reaped(struct machine_fs *mf, const struct vm_event *ev)
{
	const struct vm_task_stat *v = &ev->oom->victim;

	kmsg_printk(mf->kmsg, KMSG_INFO, ev->time_ns,
		    "oom_reaper: reaped process %d (%s), now anon-rss:%llukB, "
		    "file-rss:%llukB, shmem-rss:%llukB",
		    v->pid, v->comm, kb(v->rss_anon), kb(v->rss_file),
		    kb(v->rss_shmem));
}

void oom_report_panic(struct machine_fs *mf, const struct vm_event *ev)
{
	static const char *const top[] = {
		"panic+0x344/0x3a0", "out_of_memory+0xe7/0x520",
	};
	static const char *const why[] = {
		[VM_PANIC_NO] = "",
		[VM_PANIC_SYSTEM_WIDE] =
			"Out of memory: system-wide panic_on_oom is enabled",
		[VM_PANIC_COMPULSORY] =
			"Out of memory: compulsory panic_on_oom is enabled",
		[VM_PANIC_DEADLOCK] = "System is deadlocked on memory",
	};
	struct report r;

	report_init(&r, mf, ev);
	mf->oom_reported = false;
	if (ev->oom->panic == VM_PANIC_DEADLOCK)
		say(&r, KMSG_WARNING,
		    "Out of memory and no killable processes...");
	say(&r, KMSG_EMERG, "Kernel panic - not syncing: %s",
	    why[ev->oom->panic]);
	put_cpu_line(&r, ev->oom->asker_uid);
	put_trace(&r, top, TREE_NR(top));
	say(&r, KMSG_EMERG, "Kernel Offset: disabled");
}

void oom_report_failure(struct machine_fs *mf, const struct vm_event *ev)
{
	static const char *const top[] = {
		"dump_stack_lvl+0x64/0x80", "warn_alloc+0x164/0x190",
	};
	DECLARE_STRBUF(names, 256);
	DECLARE_STRBUF(mems, 64);
	struct report r;

	report_init(&r, mf, ev);
	put_gfp(&names, ev->gfp, "");
	say(&r, KMSG_WARNING,
	    "%s: page allocation failure: order:%d, mode:0x%x(%s), "
	    "nodemask=(null),cpuset=/,mems_allowed=%s",
	    ev->comm, ev->order, ev->gfp, strbuf_str(&names),
	    node_list(&mems, all_nodes(&r), r.s->nr_nodes));
	put_cpu_line(&r, 0);
	put_trace(&r, top, TREE_NR(top));
	put_memory(&r, 0, VM_NR_ZONES);
	strbuf_release(&names);
	strbuf_release(&mems);
}
