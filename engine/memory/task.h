/* SPDX-License-Identifier: MIT */
/*
 * task.h - tasks: who they are, what they wait for, what it cost them.
 *
 * Tasks are kept in the order of their creation (the OOM killer walks it)
 * and found by pid.  What a task is doing (its fault, its workload) is
 * floor 1's and 2's, behind ->exec.  Locking: the world's lock.
 */
#ifndef ENGINE_MEMORY_TASK_H
#define ENGINE_MEMORY_TASK_H

#include <vm/task.h>

#include "memory/file.h"
#include "memory/psi.h"
#include "world/world.h"

struct mm;
struct task_exec; /* reclaim/fault.h */
struct task_work; /* actors/workload.h */

enum task_state {
	TASK_RUNNABLE,
	TASK_SLEEPING,	      /* S: until wake_ns, or for good */
	TASK_UNINTERRUPTIBLE, /* D: I/O or throttled, until wake_ns or woken */
	TASK_DEAD
};

enum task_flag {
	TF_KTHREAD = 1u << 0,
	TF_INIT = 1u << 1,	 /* pid 1: not killable */
	TF_KILLED = 1u << 2,	 /* SIGKILL pending */
	TF_MEMDIE = 1u << 3,	 /* OOM victim: may use reserves */
	TF_OOM_SKIP = 1u << 4,	 /* its memory has been reaped */
	TF_IOWAIT = 1u << 5,
	TF_EXITING = 1u << 6,
	TF_OOM_ORIGIN = 1u << 7, /* in swapoff */
	TF_SIGBUS = 1u << 8,	 /* what kills it is an I/O error */
};

struct task {
	int pid, ppid;
	uint32_t uid, gid;
	char comm[VM_COMM_LEN];
	char args[VM_ARGS_LEN];
	enum task_state state;
	uint32_t flags;
	uint32_t nr_threads;
	int cpu;		/* runs on, or ran last */
	bool cpu_bound;
	uint32_t nr_tids;	/* numbers that its other threads have */
	uint64_t nodes;		/* allowed nodes; all: no policy */
	int oom_score_adj, oom_score_adj_min;
	struct mm *mm;		/* NULL for kernel threads */
	struct file *file;
	uint64_t file_pos;	/* page that read or write comes to next */
	uint64_t file_last;	/* page of the last access: E.7 mark once */
	struct file_ra ra;	/* of its reads */
	uint64_t wake_ns;
	uint32_t psi;		/* PSI_* that it counts as now */
	uint64_t start_ns, utime_ns, stime_ns;
	uint64_t minflt, majflt, nvcsw, nivcsw;
	uint64_t read_pages, written_pages;
	uint64_t direct_reclaims, direct_reclaim_ns, throttle_ns, io_wait_ns;
	uint64_t alloc_latency[VM_LATENCY_BUCKETS];
	/* F.2, F.4: dirty throttling */
	uint32_t nr_dirtied, nr_dirtied_pause;
	uint64_t dirty_paused_when_ns;
	uint64_t dirty_ratelimit; /* pages a second */
	struct task_exec *exec;
	struct task_work *work;
	struct vm_op *ops;	/* queue */
	uint64_t reap_ns;	/* oom_reap.c: when its turn comes; 0: never */
	uint32_t reap_vma;	/* how far it is */
	uint64_t reap_index;
	struct task *next, *prev;	    /* all tasks, oldest first */
	struct task *run_next, *run_prev;   /* its CPU's run queue */
	bool queued;
	uint32_t sleep_at; /* place in its CPU's heap of sleepers, + 1; 0 */
};

#define for_each_task(vm, t) for (t = (vm)->tasks; t; t = (t)->next)

/* NULL if there is none.  The second one knows every thread of it. */
struct task *task_find(struct vm *vm, int pid);
struct task *task_of_thread(struct vm *vm, int tid);

/*
 * A task without memory or work: known by pid, counted.  NULL and *@err:
 * -EAGAIN, -EEXIST, -ENOMEM.  @pid 0 takes the next free one.
 */
struct task *task_create(struct vm *vm, const char *comm, int pid, int *err);

/* It has @nr threads, 1 to begin with: figures, nothing runs in them. */
void task_set_threads(struct vm *vm, struct task *t, uint32_t nr);

/*
 * Threads have numbers of the same table as pids (kernel/fork.c: copy_process
 * gives each a struct pid).  task_add_threads() takes the next free ones after
 * the pid, as many as there are and as the task has threads;
 * task_add_thread() takes @tid, false if it is not free.  The next number
 * after @after, the pid among them, 0 at the end.
 */
void task_add_threads(struct vm *vm, struct task *t);
bool task_add_thread(struct vm *vm, struct task *t, int tid);
int task_next_thread(const struct vm *vm, const struct task *t, int after);

/* Somebody outside has number @tid: a thread that has it gets another. */
void task_move_thread(struct vm *vm, int tid);

/* Take it out of all lists and free it; mm, exec, work must be gone. */
void task_release(struct vm *vm, struct task *t);

/* Change state with PSI and load accounting; wakes the CPU when runnable. */
void task_set_state(struct vm *vm, struct task *t, enum task_state s,
		    uint64_t wake_ns);
void task_wake(struct vm *vm, struct task *t);

/* Move a task to @cpu, with what it counts there. */
void task_set_cpu(struct vm *vm, struct task *t, int cpu);

/*
 * Enter or leave a memory stall, an I/O wait (J.5): PSI_MEMSTALL, PSI_IOWAIT.
 * The bits about running follow from the state.
 */
void task_psi(struct vm *vm, struct task *t, uint32_t clear, uint32_t set);

#endif
