/* SPDX-License-Identifier: MIT */
/*
 * harden.c - the doors that are closed after start-up (harden.h).
 *
 * Called by server.c, once the mount is there and before the first thread is;
 * and by a test of its own, in a child.  Landlock has no library here and no
 * function in the C library: its three calls are made by number.
 *
 * One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/cli/harden.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const bool harden_filters = HARDEN_FILTERS;

/* --- capabilities --------------------------------------------------------- */

/* To look at the command's processes, whoever they become; and to kill. */
#define KEEP_INSIDE                                                            \
	(1u << CAP_DAC_READ_SEARCH | 1u << CAP_SYS_PTRACE | 1u << CAP_KILL)

static int drop_capabilities(const struct harden *h)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const uint32_t keep =
		(h->checkpoints >= 0 ? 1u << CAP_DAC_OVERRIDE : 0) |
		(h->inside ? KEEP_INSIDE : 0);
	int cap;

	if (syscall(SYS_capget, &head, data))
		return -errno;
	/* Who has none is refused here, and has nothing to lose. */
	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	data[0].permitted &= keep;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

/* --- files ---------------------------------------------------------------- */

#define MAY_READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAY_WRITE LANDLOCK_ACCESS_FS_WRITE_FILE
#define MAY_KEEP                                                               \
	(MAY_READ | MAY_WRITE | LANDLOCK_ACCESS_FS_MAKE_REG |                  \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* All that the first version of Landlock knows: execute to make_sym. */
#define MAY_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

static int allow_below(int rules, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = fd,
	};

	if (fd < 0)
		return 0;
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		       &rule, 0) ? -errno : 0;
}

static int close_files(const struct harden *h)
{
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = MAY_ALL,
	};
	int rules, null, err;

	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0) /* not in this kernel, or not switched on */
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	null = open("/dev/null", O_PATH | O_CLOEXEC);
	err = allow_below(rules, h->proc, MAY_READ);
	if (!err)
		err = allow_below(rules, h->checkpoints, MAY_KEEP);
	if (!err)
		err = allow_below(rules, null,
				  LANDLOCK_ACCESS_FS_READ_FILE | MAY_WRITE);
	if (!err && syscall(SYS_landlock_restrict_self, rules, 0))
		err = -errno;
	if (null >= 0)
		close(null);
	close(rules);
	return err;
}

/* --- calls ---------------------------------------------------------------- */

/* What libfuse, the C library and we do while we serve. */
static const int calls[] = {
	/* requests, events, what waits for them */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(splice),
	SCMP_SYS(vmsplice), SCMP_SYS(tee), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(eventfd2),
	/* files, within what Landlock leaves */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(lseek),
	SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(ftruncate), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(membarrier),
	/* threads and time */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(getpid),
	SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(tgkill),
	SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage), SCMP_SYS(getcpu),
	/* signals */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	/* the unmounter */
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(shutdown),
};

/* And for a command that lives inside: real_tasks.c, syscalls*.c. */
static const int calls_inside[] = {
	SCMP_SYS(recvmsg), SCMP_SYS(faccessat2), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(fstatfs), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
};

static int allow_all(scmp_filter_ctx ctx, const int *call, size_t nr)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < nr; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call[i], 0);
	return err;
}

/* Answers to the command's filter: three requests of ioctl(2), one size. */
static int allow_answers(scmp_filter_ctx ctx)
{
	static const unsigned long requests[] = {
		SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
		SECCOMP_IOCTL_NOTIF_ID_VALID,
	};
	size_t i;
	int err;

	err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 1,
			       SCMP_A0(SCMP_CMP_EQ, SECCOMP_GET_NOTIF_SIZES,
				       0));
	for (i = 0; !err && i < COUNT(requests); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX,
					       requests[i]));
	return err;
}

/* Those of which only some may be made. */
static int allow_some(scmp_filter_ctx ctx)
{
	int err;

	/* A thread, no process; clone3() hides its flags from a filter. */
	err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
				       CLONE_THREAD));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
				       SCMP_SYS(clone3), 0);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	/* Limits are read. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
				       1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
	return err;
}

static int close_calls(const struct harden *h)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!ctx)
		return -ENOMEM;
	/* Not slower for it: no mitigations, and a search by halves. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_SSB, 1);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	err = allow_all(ctx, calls, COUNT(calls));
	if (!err && h->inside)
		err = allow_all(ctx, calls_inside, COUNT(calls_inside));
	if (!err && h->inside)
		err = allow_answers(ctx);
	if (!err)
		err = allow_some(ctx);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err == -EINVAL || err == -ENOSYS ? 0 : err;
}

int harden(const struct harden *h)
{
	int err = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (harden_filters && !h->inside)
		err = close_files(h);
	if (!err)
		err = drop_capabilities(h);
	if (!err && harden_filters)
		err = close_calls(h);
	return err;
}
