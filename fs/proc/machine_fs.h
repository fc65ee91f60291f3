/* SPDX-License-Identifier: MIT */
/*
 * machine_fs.h - what the files of one mounted machine share.
 *
 * The tree knows nothing of memory; its private pointer is a struct
 * machine_fs, and every show and store starts from here:
 *
 *	const struct vm_stat *s = machine_stat(rq);
 *
 * Order of life (fs/cli):
 *
 *	machine_fs_create(&mf, vm);	   observes the machine from here on
 *	sandbox_create(&mf->sandbox, ...);
 *	session_create(&s, &root_dir, mf, &options);
 *	machine_fs_attach(mf, s);
 *	...
 *	machine_fs_detach(mf);
 *	session_destroy(s);
 *	machine_fs_destroy(mf);		   before vm_destroy()
 *
 * Locking: members marked (session) are used by handlers only, which run one
 * at a time under the session's lock.  The log has its own lock.  The
 * observer is called under the engine's lock and takes the log's and the
 * sandbox's; members marked (observer) are its own.
 */
#ifndef PROC_MACHINE_FS_H
#define PROC_MACHINE_FS_H

#include <stdatomic.h>

#include <vm/vm.h>

#include "fs/vfs/file.h"
#include "fs/vfs/tree.h"

struct host;
struct kmsg;
struct kernel_ctl_state;
struct mm_state;
struct sandbox;
struct psi_triggers;
struct tracing;

/* Who polls /proc/swaps (swaps.c). */
struct swaps_state {
	_Atomic unsigned nr_changes; /* areas that came and went */
	struct file_source source;
};

struct machine_fs {
	struct vm *vm;
	int host_proc; /* of the host, opened before we mount; or -1 */
	uint64_t caps; /* that our process had then; it may drop them */
	/* The call that @pid is in, where we may not look; or NULL. */
	size_t (*syscall_of)(void *arg, int pid, char *buf, size_t size);
	void *syscall_arg;
	struct host *host; /* real processes of `run`, or NULL; its owner's */
	struct kmsg *kmsg;
	_Atomic(struct sandbox *) sandbox; /* set by its owner, or NULL */
	_Atomic(struct session *) session; /* or NULL; machine_fs_attach() */
	struct vm_stat *stat;	    /* (session) of the request under way */
	struct vm_task_stat task;   /* (session) the same */
	struct vm_stat *log_stat;     /* (observer) the same for the log */
	struct vm_task_stat log_task; /* (observer) */
	bool oom_reported;	      /* (observer) a report awaits its kill */
	struct kernel_ctl_state *kernel_ctl; /* (session) /proc/sys/kernel */
	struct mm_state *mm;	    /* (session) /sys/kernel/mm */
	struct tracing *tracing;    /* /sys/kernel/tracing */
	struct swaps_state swaps;
	struct psi_triggers *psi;   /* armed triggers of /proc/pressure */
	_Atomic bool oom_adj_warned; /* once per boot (errata (b)2) */
	_Atomic bool ctl_pos_warned; /* the same */
};

/* Make the files of @vm and observe it.  0 or -ENOMEM. */
int machine_fs_create(struct machine_fs **mfp, struct vm *vm);

/*
 * Where tasks that end are to be announced (base.c), for as long as @s lives;
 * and the end of that and of all observing, before session_destroy().
 */
struct session;
void machine_fs_attach(struct machine_fs *mf, struct session *s);
void machine_fs_detach(struct machine_fs *mf);

/* The host's kernel must forget the directory of a task.  Any lock. */
void machine_fs_forget(struct machine_fs *mf, int pid);

/* Stop observing, free all.  NULL is fine. */
void machine_fs_destroy(struct machine_fs *mf);

static inline struct machine_fs *machine_of(const struct tree_req *rq)
{
	return rq->priv;
}

/* The figures of this moment, valid until the next call. */
const struct vm_stat *machine_stat(const struct tree_req *rq);

/* Task @pid at this moment, valid until the next call; NULL if gone. */
const struct vm_task_stat *machine_task(const struct tree_req *rq, int pid);

/*
 * The beginning of the host's /proc/@pid/@name, NUL terminated, for what a
 * request does not say of its caller.  The bytes read, 0 if there are none.
 */
size_t machine_read_host(const struct machine_fs *mf, int pid,
			 const char *name, char *buf, size_t size);

/* Which parts of a credential cost something and are wanted. */
enum { CRED_COMM = 1, CRED_CAPS = 2 };

/*
 * Who asks.  Without CRED_COMM comm is "", without CRED_CAPS only root has
 * capabilities.  Reads the host's /proc/<pid> of the caller.
 */
void machine_cred(const struct tree_req *rq, unsigned want,
		  struct vm_cred *who);

#endif
