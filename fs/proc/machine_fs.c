/* SPDX-License-Identifier: MIT */
/*
 * machine_fs.c - what the files share: snapshot, log, observer, credentials.
 *
 * Called by fs/cli (life) and by every show (machine_stat() and friends);
 * calls the engine's doors, the log and the sandbox.  Locks: see
 * machine_fs.h.
 */
#define _GNU_SOURCE /* O_PATH */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/proc/host.h"
#include "fs/proc/kernel_ctl.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/pressure.h"
#include "fs/proc/proc.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sys/sys.h"
#include "fs/sys/tracing.h"
#include "fs/vfs/session.h"

void machine_fs_forget(struct machine_fs *mf, int pid)
{
	struct session *s = atomic_load(&mf->session);
	char name[TREE_NAME_LEN];

	if (!s)
		return;
	tree_name_index(name, "", (uint32_t)pid);
	session_vanished(s, &proc_pid_index, name);
}

/* The engine's observer: engine's lock held. */
static void observe(void *arg, const struct vm_event *ev)
{
	struct machine_fs *mf = arg;
	struct sandbox *sb = atomic_load(&mf->sandbox);

	if (ev->type == VM_EV_PSI) {
		psi_triggers_observe(mf->psi, mf->vm, ev->time_ns);
		return;
	}
	if (ev->type == VM_EV_SWAPON || ev->type == VM_EV_SWAPOFF)
		swaps_changed(&mf->swaps);
	kmsg_observe(mf, ev);
	tracing_add(mf->tracing, ev);
	if (sb)
		sandbox_observe(sb, ev);
	if (ev->type == VM_EV_OOM_KILL)
		host_oom_killed(mf->host, ev->oom->victim.pid);
	if (ev->type == VM_EV_TASK_EXIT) {
		machine_fs_forget(mf, ev->pid);
		host_end(mf->host, ev->pid);
	}
}

static uint64_t host_caps(const struct machine_fs *mf, int pid);

int machine_fs_create(struct machine_fs **mfp, struct vm *vm)
{
	struct machine_fs *mf = calloc(1, sizeof(*mf));

	if (!mf)
		return -ENOMEM;
	mf->vm = vm;
	/* Later the name may lead to our own files: a bind mount, run. */
	mf->host_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mf->caps = host_caps(mf, getpid());
	mf->stat = calloc(1, sizeof(*mf->stat));
	mf->log_stat = calloc(1, sizeof(*mf->log_stat));
	if (!mf->stat || !mf->log_stat || kmsg_create(&mf->kmsg) ||
	    kernel_ctl_create(&mf->kernel_ctl) || mm_state_create(&mf->mm) ||
	    psi_triggers_create(&mf->psi) || tracing_create(&mf->tracing)) {
		machine_fs_destroy(mf);
		return -ENOMEM;
	}
	kmsg_boot(mf);
	vm_observe(vm, observe, mf);
	*mfp = mf;
	return 0;
}

void machine_fs_attach(struct machine_fs *mf, struct session *s)
{
	atomic_store(&mf->session, s);
}

void machine_fs_detach(struct machine_fs *mf)
{
	if (!mf)
		return;
	/* Waits for the engine's lock, hence for an observer under way. */
	vm_observe(mf->vm, NULL, NULL);
	atomic_store(&mf->session, NULL);
}

void machine_fs_destroy(struct machine_fs *mf)
{
	if (!mf)
		return;
	machine_fs_detach(mf);
	tracing_destroy(mf->tracing);
	psi_triggers_destroy(mf->psi);
	mm_state_destroy(mf->mm);
	kernel_ctl_destroy(mf->kernel_ctl);
	kmsg_destroy(mf->kmsg);
	free(mf->log_stat);
	free(mf->stat);
	if (mf->host_proc >= 0)
		close(mf->host_proc);
	free(mf);
}

const struct vm_stat *machine_stat(const struct tree_req *rq)
{
	struct machine_fs *mf = machine_of(rq);

	vm_stat_get(mf->vm, mf->stat);
	return mf->stat;
}

const struct vm_task_stat *machine_task(const struct tree_req *rq, int pid)
{
	struct machine_fs *mf = machine_of(rq);

	return vm_task_get(mf->vm, pid, &mf->task) ? NULL : &mf->task;
}

size_t machine_read_host(const struct machine_fs *mf, int pid,
			 const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(mf->host_proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	if (n < 0 && mf->syscall_of && !strcmp(name, "syscall"))
		n = (ssize_t)mf->syscall_of(mf->syscall_arg, pid, buf,
					    size - 1);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* The effective capabilities of a process of the host; all if unknown. */
static uint64_t host_caps(const struct machine_fs *mf, int pid)
{
	char buf[4096];
	const char *line;

	if (!machine_read_host(mf, pid, "status", buf, sizeof(buf)))
		return UINT64_MAX;
	line = strstr(buf, "\nCapEff:");
	return line ? strtoull(line + strlen("\nCapEff:"), NULL, 16) :
		      UINT64_MAX;
}

/*
 * Whoever plays root of the machine has all capabilities but those that he
 * has dropped: of what the server itself has on the host, what the caller
 * has.  What the host gives to neither it cannot withhold here.
 */
static uint64_t caller_caps(const struct tree_req *rq)
{
	const struct machine_fs *mf = machine_of(rq);

	return rq->uid ? 0 : host_caps(mf, rq->pid) | ~mf->caps;
}

/*
 * A run under a virtual clock repeats to the byte: no number of the host's is
 * in it, and a process of the host's is init, as /proc/self has it.
 */
static int caller_pid(const struct tree_req *rq)
{
	struct sandbox *sb = atomic_load(&machine_of(rq)->sandbox);

	return sb && sandbox_live(sb) ? rq->pid : 1;
}

static void caller_comm(const struct tree_req *rq, char comm[VM_COMM_LEN])
{
	size_t len = machine_read_host(machine_of(rq), rq->pid, "comm", comm,
				       VM_COMM_LEN);

	if (len && comm[len - 1] == '\n')
		comm[len - 1] = '\0';
}

void machine_cred(const struct tree_req *rq, unsigned want,
		  struct vm_cred *who)
{
	struct sandbox *sb = atomic_load(&machine_of(rq)->sandbox);

	*who = (struct vm_cred){
		.pid = caller_pid(rq), .uid = rq->uid, .gid = rq->gid
	};
	oplog_set_caps(who, rq->uid ? 0 : UINT64_MAX);
	if (!want)
		return;
	if (!sb || !oplog_recalls(sb->ops, want, who)) {
		if (want & CRED_CAPS)
			oplog_set_caps(who, caller_caps(rq));
		if (want & CRED_COMM)
			caller_comm(rq, who->comm);
	}
	if (sb)
		oplog_asked(sb->ops, want, who);
}
