/* SPDX-License-Identifier: MIT */
/*
 * task.h - the tasks of the machine: look at one, start one, give one work.
 *
 * A task is named by its pid.  A pid that is gone is -ESRCH.  All functions
 * may be called from any thread; they take the engine's lock for microseconds
 * and never wait for reclaim.  What takes (virtual) time is a struct vm_op.
 */
#ifndef VM_TASK_H
#define VM_TASK_H

#include <vm/machine.h>

struct vm;

#define VM_LATENCY_BUCKETS 32 /* bucket i: 2^i .. 2^(i+1)-1 ns */
#define VM_OOM_SCORE_ADJ_MIN (-1000)
#define VM_OOM_SCORE_ADJ_MAX 1000

/* Who asks: the caller of a write, as the file system saw it. */
struct vm_cred {
	int pid;
	uint32_t uid, gid;
	char comm[VM_COMM_LEN];
	bool cap_sys_resource;
	bool cap_sys_admin;
	bool cap_sys_rawio;
};

struct vm_task_stat {
	int pid, ppid;
	int tgid; /* pid, but where a reader makes it a thread's */
	uint32_t uid, gid;
	char comm[VM_COMM_LEN];
	char args[VM_ARGS_LEN];
	char state; /* R S D Z X ... as in /proc/[pid]/stat */
	bool kthread;
	bool victim; /* chosen by the OOM killer, not gone yet */
	uint32_t nr_threads;
	int oom_score_adj, oom_score_adj_min;
	int oom_score; /* as /proc/[pid]/oom_score prints it */
	/* pages */
	uint64_t total_vm, peak_vm;
	uint64_t rss_anon, rss_file, rss_shmem, peak_rss;
	uint64_t swapents;
	uint64_t locked;
	uint64_t data_vm;
	uint64_t node_pages[VM_MAX_NODES]; /* resident, by node */
	uint64_t pgtables_bytes;
	uint64_t minflt, majflt;
	uint64_t utime_ns, stime_ns, start_ns;
	uint64_t read_bytes, write_bytes; /* from and to disks */
	uint64_t nvcsw, nivcsw;
	int cpu;		   /* last ran on */
	uint64_t nodes_allowed;	   /* mask */
	uint64_t cpus_allowed_low; /* mask of CPUs 0..63 */
	char file[VM_NAME_LEN];
	uint64_t file_pages;
	bool map_file;
	/* what memory management cost it */
	uint64_t direct_reclaims, direct_reclaim_ns;
	uint64_t throttle_ns;	/* held in balance_dirty_pages */
	uint64_t io_wait_ns;
	uint64_t alloc_latency[VM_LATENCY_BUCKETS]; /* page allocations */
};

/* The smallest pid > @after, 0 if there is none; start with 0. */
int vm_task_next(struct vm *vm, int after);

/*
 * Threads: numbers as pids are, of which the first is the pid.  The others do
 * nothing and share all with it.  The pid of whom @tid is a thread, 0 if it is
 * none; the smallest thread > @after of @pid, 0 if there is none.  A task may
 * have fewer numbers than nr_threads: then none were free, or it is a real
 * process, whose threads are not the machine's (vm_task_conf.own_tids).
 */
int vm_task_of_thread(struct vm *vm, int tid);
int vm_task_next_thread(struct vm *vm, int pid, int after);

/* Fill in @s for @pid.  0 or -ESRCH. */
int vm_task_get(struct vm *vm, int pid, struct vm_task_stat *s);

/*
 * Start a task.  Returns its pid; -EINVAL and @c filled in for a bad @conf;
 * -EAGAIN and @c filled in, as fork(), if no pid is free below kernel.pid_max,
 * the one that is asked for is not below it, or VM_MAX_TASKS run; -EEXIST if
 * the pid is taken, -ENOMEM if overcommit refuses its area.  Its memory comes
 * as its work runs, not before this returns.
 */
int vm_task_spawn(struct vm *vm, const struct vm_task_conf *conf,
		  struct vm_complaint *c);

/*
 * kernel.pid_max: pids and numbers of threads that are given from now on are
 * below it; who has one beyond keeps it.  VM_PID_MAX_LEAST..VM_PID_MAX_MOST;
 * VM_MAX_PID is the last one in any case.
 */
void vm_set_pid_max(struct vm *vm, int max);

/* As kill -9: the task ends at its next step.  -EPERM for a kernel thread. */
int vm_task_kill(struct vm *vm, int pid);

/*
 * SysRq-F: one round of the OOM killer as if a kernel worker had asked, with
 * order -1; panic_on_oom and victims still on their way do not stop it.  The
 * observer is told.  0, or -ESRCH: no task is eligible, or the machine has
 * panicked.
 */
int vm_oom_kill(struct vm *vm);

/*
 * Rules of H.4: range -1000..1000 (-EINVAL), below the task's minimum only
 * with CAP_SYS_RESOURCE (-EACCES).
 */
int vm_task_set_oom_score_adj(struct vm *vm, int pid, int adj,
			      const struct vm_cred *who);

/* The legacy scale, -17..15; its own rule about lowering (H.4). */
int vm_task_set_oom_adj(struct vm *vm, int pid, int oom_adj,
			const struct vm_cred *who);

/* Set the name, cut to 15 characters. */
int vm_task_set_comm(struct vm *vm, int pid, const char *comm);

/* Of /proc/[pid]/clear_refs, by the numbers that are written there. */
enum vm_refs {
	VM_REFS_ALL = 1, /* forget which pages have been used */
	VM_REFS_ANON,
	VM_REFS_FILE,
	VM_REFS_SOFT_DIRTY, /* not simulated: nothing happens */
	VM_REFS_PEAK,	    /* peak_rss becomes what is resident now */
};

/*
 * Clear accessed bits, or the peak; of a kernel thread there are none.  And
 * count them: pages of anonymous areas, pages of files.  0 or -ESRCH.  Walks
 * the page table, giving the lock back every 64 Ki entries.
 */
int vm_task_clear_refs(struct vm *vm, int pid, enum vm_refs which);
int vm_task_referenced(struct vm *vm, int pid, uint64_t *anon,
		       uint64_t *file);

enum vm_op_kind {
	VM_OP_ALLOC, /* grow the anonymous area by @pages and touch them */
	VM_OP_FREE,  /* give the last @pages of the area back */
	VM_OP_TOUCH, /* write to the first @pages resident or not */
	VM_OP_READ,  /* read() @pages of its file from where it stands */
	VM_OP_DIRTY, /* write() @pages of its file from where it stands */
	VM_OP_MLOCK, /* lock the first @pages of the area */
	VM_OP_EXIT,
	VM_NR_OPS
};

/*
 * A piece of work for a task that a caller waits for.  The caller owns it
 * and keeps it until done() has been called.
 *
 * done() is called exactly once for an accepted op, without the engine's
 * lock, on an engine thread or (sim) in the thread that runs the world; or,
 * when it is cancelled, inside vm_task_cancel().
 * @err: 0, -ENOMEM (refused or nothing left to free), -ESRCH (the task died
 * first), -EINTR (cancelled), -EIO (its disk cannot read a page of the file;
 * or the machine has panicked).
 */
struct vm_op {
	enum vm_op_kind kind;
	uint64_t pages;
	void (*done)(struct vm_op *op, int err);
	/* private to the engine */
	struct vm_op *next;
	uint64_t progress;
	int err;
};

/*
 * Queue @op for @pid behind the ops that it has.  0: accepted.  -ESRCH,
 * -EINVAL (a kernel thread, 0 pages, no file), -ENOMEM (overcommit says no,
 * fact sheet I), -EIO (the machine has panicked): refused, done() will not be
 * called.
 */
int vm_task_submit(struct vm *vm, int pid, struct vm_op *op);

/*
 * Take @op back if it has not ended: done(-EINTR) is called before this
 * returns.  What it has done so far stays done.
 */
void vm_task_cancel(struct vm *vm, int pid, struct vm_op *op);

#endif
