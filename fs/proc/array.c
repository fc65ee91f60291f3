/* SPDX-License-Identifier: MIT */
/*
 * array.c - /proc/[pid]/{stat,statm,status}, fact sheet J.7.
 *
 * What the engine does not simulate (signals, capabilities, sessions) is what
 * a plain daemon of that uid has: its own session, no terminal, no handlers.
 * Addresses are constants, 0 for readers that may not trace the task.
 *
 * Called through the table of base.c; reads one task's snapshot.  No locks.
 */
#include <errno.h>
#include <stdbool.h>

#include "fs/proc/base.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define TICK_NS	       10000000u /* of USER_HZ */
#define PF_USER	       4194304u	 /* PF_RANDOMIZE */
#define PF_KTHREAD     2129984u	 /* PF_KTHREAD|NOFREEZE|FORKNOEXEC */
#define PF_KSWAPD      2230336u	 /* and PF_KSWAPD|NO_SETAFFINITY */
#define CAP_ALL	       0x1ffffffffffull
#define MEMS_GROUPS    32u /* MAX_NUMNODES / 32 */
#define BOOT_PAGES     3600u /* not yet free when threads are counted */
#define MIN_THREADS    20u

uint64_t max_threads(const struct vm_stat *s)
{
	uint64_t nr = s->total_pages > BOOT_PAGES ?
			      (s->total_pages - BOOT_PAGES) / 32 : 0;

	return nr > MIN_THREADS ? nr : MIN_THREADS;
}

/* "S (sleeping)" */
static const char *state_name(char state)
{
	static const char *const names[] = {
		"R (running)", "S (sleeping)", "D (disk sleep)",
		"T (stopped)", "t (tracing stop)", "X (dead)",
		"Z (zombie)", "P (parked)", "I (idle)",
	};
	unsigned i;

	for (i = 0; i < TREE_NR(names) - 1; i++)
		if (names[i][0] == state)
			break;
	return names[i];
}

static void put_value(struct strbuf *sb, const char *label, uint64_t v)
{
	strbuf_puts(sb, label);
	strbuf_putc(sb, '\t');
	strbuf_u64(sb, v);
	strbuf_putc(sb, '\n');
}

/* Real, effective, saved, file system: all the same. */
static void put_ids(struct strbuf *sb, const char *label, uint32_t id)
{
	unsigned i;

	strbuf_puts(sb, label);
	for (i = 0; i < 4; i++) {
		strbuf_putc(sb, '\t');
		strbuf_u64(sb, id);
	}
	strbuf_putc(sb, '\n');
}

static void put_mask(struct strbuf *sb, const char *label, uint64_t v)
{
	strbuf_puts(sb, label);
	strbuf_putc(sb, '\t');
	strbuf_hex(sb, v, 16);
	strbuf_putc(sb, '\n');
}

static void put_status_head(struct strbuf *sb, const struct vm_task_stat *t)
{
	uint64_t group = t->kthread ? 0 : (uint64_t)t->tgid;

	strbuf_puts(sb, "Name:\t");
	strbuf_puts(sb, t->comm);
	strbuf_puts(sb, "\nUmask:\t0022\nState:\t");
	strbuf_puts(sb, state_name(t->state));
	strbuf_putc(sb, '\n');
	put_value(sb, "Tgid:", (uint64_t)t->tgid);
	put_value(sb, "Ngid:", 0);
	put_value(sb, "Pid:", (uint64_t)t->pid);
	put_value(sb, "PPid:", (uint64_t)t->ppid);
	put_value(sb, "TracerPid:", 0);
	put_ids(sb, "Uid:", t->uid);
	put_ids(sb, "Gid:", t->gid);
	strbuf_puts(sb, "FDSize:\t64\nGroups:\t \n");
	put_value(sb, "NStgid:", (uint64_t)t->tgid);
	put_value(sb, "NSpid:", (uint64_t)t->pid);
	put_value(sb, "NSpgid:", group);
	put_value(sb, "NSsid:", group);
	put_value(sb, "Kthread:", t->kthread);
}

static void put_vm_kb(struct strbuf *sb, const char *label, uint64_t kb)
{
	strbuf_puts(sb, label);
	strbuf_putc(sb, '\t');
	strbuf_u64_pad(sb, kb, 8);
	strbuf_puts(sb, " kB\n");
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void put_status_vm(struct strbuf *sb, const struct vm_task_stat *t)
{
	uint64_t rss = t->rss_anon + t->rss_file + t->rss_shmem;

	put_vm_kb(sb, "VmPeak:", pages_to_kb(max_u64(t->peak_vm, t->total_vm)));
	put_vm_kb(sb, "VmSize:", pages_to_kb(t->total_vm));
	put_vm_kb(sb, "VmLck:", pages_to_kb(t->locked));
	put_vm_kb(sb, "VmPin:", 0);
	put_vm_kb(sb, "VmHWM:", pages_to_kb(max_u64(t->peak_rss, rss)));
	put_vm_kb(sb, "VmRSS:", pages_to_kb(rss));
	put_vm_kb(sb, "RssAnon:", pages_to_kb(t->rss_anon));
	put_vm_kb(sb, "RssFile:", pages_to_kb(t->rss_file));
	put_vm_kb(sb, "RssShmem:", pages_to_kb(t->rss_shmem));
	put_vm_kb(sb, "VmData:", pages_to_kb(t->data_vm));
	put_vm_kb(sb, "VmStk:", 0);
	put_vm_kb(sb, "VmExe:", 0);
	put_vm_kb(sb, "VmLib:", 0);
	put_vm_kb(sb, "VmPTE:", t->pgtables_bytes >> 10);
	put_vm_kb(sb, "VmSwap:", pages_to_kb(t->swapents));
	put_vm_kb(sb, "HugetlbPages:", 0);
	strbuf_puts(sb, "CoreDumping:\t0\nTHP_enabled:\t1\n"
			"untag_mask:\t0xffffffffffffffff\n");
}

static void put_status_caps(struct strbuf *sb, const struct vm_task_stat *t,
			    const struct vm_stat *s)
{
	uint64_t caps = t->uid ? 0 : CAP_ALL;

	strbuf_puts(sb, "SigQ:\t0/");
	strbuf_u64(sb, max_threads(s) / 2);
	strbuf_putc(sb, '\n');
	put_mask(sb, "SigPnd:", 0);
	put_mask(sb, "ShdPnd:", 0);
	put_mask(sb, "SigBlk:", 0);
	put_mask(sb, "SigIgn:", t->kthread ? UINT64_MAX : 0);
	put_mask(sb, "SigCgt:", 0);
	put_mask(sb, "CapInh:", 0);
	put_mask(sb, "CapPrm:", caps);
	put_mask(sb, "CapEff:", caps);
	put_mask(sb, "CapBnd:", CAP_ALL);
	put_mask(sb, "CapAmb:", 0);
	strbuf_puts(sb, "NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n"
			"Speculation_Store_Bypass:\tnot vulnerable\n"
			"SpeculationIndirectBranch:\talways enabled\n");
}

/* @nr_bits of a mask as hex in groups of 32 bits, as Linux's %*pb. */
static void put_bitmap(struct strbuf *sb, const uint64_t *mask,
		       unsigned nr_bits)
{
	unsigned group = (nr_bits + 31) / 32;
	unsigned width = (nr_bits - 1) % 32 / 4 + 1;

	while (group--) {
		uint64_t v = mask[group / 2] >> (group % 2 * 32);

		strbuf_hex(sb, v & UINT32_MAX, width);
		width = 8;
		if (group)
			strbuf_putc(sb, ',');
	}
}

/* A mask of what is allowed, cut to what there is. */
static void fill_mask(uint64_t *mask, unsigned nr_words, uint64_t low,
		      unsigned nr_bits)
{
	bool all = !low || low == UINT64_MAX;
	unsigned i, left;

	for (i = 0; i < nr_words; i++) {
		left = nr_bits > i * 64 ? nr_bits - i * 64 : 0;
		mask[i] = i == 0 && !all ? low : all ? UINT64_MAX : 0;
		if (left < 64)
			mask[i] &= (1ull << left) - 1;
	}
}

/* A kernel thread of a node runs on the node's CPUs; -1: it is of none. */
static int64_t node_of_kthread(const struct vm_task_stat *t)
{
	int64_t node = -ENOENT;

	if (t->kthread)
		node = tree_parse_index(t->comm, "kswapd");
	if (t->kthread && node < 0)
		node = tree_parse_index(t->comm, "kcompactd");
	return node;
}

static void fill_cpus(uint64_t *mask, unsigned nr_words,
		      const struct vm_task_stat *t, const struct vm_stat *s)
{
	int64_t node = node_of_kthread(t);
	unsigned i;

	fill_mask(mask, nr_words, t->cpus_allowed_low, s->nr_cpus);
	for (i = 0; node >= 0 && i < s->nr_cpus; i++)
		if (s->cpu[i].node != (uint64_t)node)
			mask[i / 64] &= ~(1ull << i % 64);
}

static void put_status_allowed(struct strbuf *sb, const struct vm_task_stat *t,
			       const struct vm_stat *s)
{
	uint64_t cpus[VM_MAX_CPUS / 64];
	uint64_t mems[MEMS_GROUPS / 2] = { 0 };

	fill_cpus(cpus, TREE_NR(cpus), t, s);
	fill_mask(mems, 1, t->nodes_allowed, s->nr_nodes);
	strbuf_puts(sb, "Cpus_allowed:\t");
	put_bitmap(sb, cpus, s->nr_cpus);
	strbuf_puts(sb, "\nCpus_allowed_list:\t");
	strbuf_list(sb, cpus, s->nr_cpus);
	strbuf_puts(sb, "\nMems_allowed:\t");
	put_bitmap(sb, mems, MEMS_GROUPS * 32);
	strbuf_puts(sb, "\nMems_allowed_list:\t");
	strbuf_list(sb, mems, s->nr_nodes);
	strbuf_putc(sb, '\n');
}

int pid_status_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	const struct vm_stat *s;

	if (!t)
		return -ESRCH;
	s = machine_stat(rq);
	put_status_head(sb, t);
	if (!t->kthread)
		put_status_vm(sb, t);
	put_value(sb, "Threads:", t->nr_threads ? t->nr_threads : 1);
	put_status_caps(sb, t, s);
	put_status_allowed(sb, t, s);
	put_value(sb, "voluntary_ctxt_switches:", t->nvcsw);
	put_value(sb, "nonvoluntary_ctxt_switches:", t->nivcsw);
	strbuf_puts(sb,
		    "x86_Thread_features:\t\nx86_Thread_features_locked:\t\n");
	return 0;
}

static uint64_t task_flags(const struct vm_task_stat *t)
{
	if (!t->kthread)
		return PF_USER;
	return strncmp(t->comm, "kswapd", 6) ? PF_KTHREAD : PF_KSWAPD;
}

static void put_fields(struct strbuf *sb, const uint64_t *v, unsigned nr)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		strbuf_putc(sb, ' ');
		strbuf_u64(sb, v[i]);
	}
}

int pid_stat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	uint64_t group, rss, code;
	bool traced;

	if (!t)
		return -ESRCH;
	group = t->kthread ? 0 : (uint64_t)t->tgid;
	rss = t->rss_anon + t->rss_file + t->rss_shmem;
	traced = !t->kthread && pid_may_trace(rq, t);
	code = traced ? PID_CODE : !t->kthread; /* 1: there is some */
	const uint64_t head[] = { (uint64_t)t->ppid, group, group, 0 };
	const uint64_t tail[] = {
		task_flags(t), t->minflt, 0, t->majflt, 0,
		t->utime_ns / TICK_NS, t->stime_ns / TICK_NS, 0, 0, 20, 0,
		t->nr_threads ? t->nr_threads : 1, 0, t->start_ns / TICK_NS,
		t->total_vm * VM_PAGE_SIZE, rss, UINT64_MAX,
		code, code,
		traced ? PID_STACK : 0, 0, 0, 0, 0,
		t->kthread ? INT32_MAX : 0, 0, t->state != 'R', 0, 0
	};
	const uint64_t last[] = {
		(uint64_t)t->cpu, 0, 0, t->io_wait_ns / TICK_NS, 0, 0,
		traced ? PID_CODE : 0, traced ? PID_CODE : 0,
		traced ? PID_ANON : 0, traced ? PID_STACK : 0,
		traced ? PID_STACK : 0, traced ? PID_STACK : 0,
		traced ? PID_STACK : 0, 0
	};

	strbuf_i64(sb, t->pid);
	strbuf_puts(sb, " (");
	strbuf_puts(sb, t->comm);
	strbuf_puts(sb, ") ");
	strbuf_putc(sb, t->state);
	put_fields(sb, head, TREE_NR(head));
	strbuf_puts(sb, " -1"); /* tpgid: no terminal */
	put_fields(sb, tail, TREE_NR(tail));
	strbuf_puts(sb, t->pid == t->tgid ? " 17" : " -1"); /* exit signal */
	put_fields(sb, last, TREE_NR(last));
	strbuf_putc(sb, '\n');
	return 0;
}

int pid_statm_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	uint64_t shared;

	if (!t)
		return -ESRCH;
	if (t->kthread) {
		strbuf_puts(sb, "0 0 0 0 0 0 0\n");
		return 0;
	}
	shared = t->rss_file + t->rss_shmem;
	strbuf_u64(sb, t->total_vm);
	const uint64_t v[] = { shared + t->rss_anon, shared, 0, 0, t->data_vm,
			       0 };

	put_fields(sb, v, TREE_NR(v));
	strbuf_putc(sb, '\n');
	return 0;
}
