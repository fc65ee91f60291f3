/* SPDX-License-Identifier: MIT */
/*
 * test_harden.c - what a hardened process can still do, and what not.
 *
 * A child closes its doors with harden(), tries, and says by its exit status
 * which of its sentences is not so.  Nothing is mounted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_main.h"
#include "fs/cli/harden.h"

/* In the child. */
#define SO(cond)                                                               \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%d: not so: %s (%d)\n", __LINE__,     \
				#cond, errno);                                 \
			_exit(1);                                              \
		}                                                              \
	} while (0)

static char dir[] = "/tmp/test_harden.XXXXXX";
static int dir_fd, proc_fd;
static bool landlocked; /* asked before the doors are closed */
static bool inside;	/* as the server of `run` */

static void in_child(void (*what)(void), bool with_dir)
{
	struct harden h = { .proc = proc_fd, .checkpoints = -1 };
	pid_t pid;
	int status;

	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(proc_fd, 0);
	ck_assert_int_ge(dir_fd, 0);
	h.proc = proc_fd;
	h.inside = inside;
	if (with_dir)
		h.checkpoints = dir_fd;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		SO(!harden(&h));
		what();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	unlinkat(dir_fd, "new", 0);
	rmdir(dir);
	ck_assert_int_eq(status, 0);
}

/* Not in this build, or, for Landlock, not in this kernel. */
static bool has_landlock(void)
{
	return harden_filters &&
	       syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void no_file(void)
{
	char c;
	int fd;

	SO(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	SO(open("/etc/shadow", O_RDONLY) < 0 && errno == EACCES);
	SO(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	SO(open("/proc/self/oom_score_adj", O_WRONLY) < 0 && errno == EACCES);
	SO(open("/proc/sys/vm/swappiness", O_WRONLY) < 0);
	SO(open("/tmp/test_harden", O_CREAT | O_WRONLY, 0600) < 0 &&
	   errno == EACCES);
	SO(openat(dir_fd, "new", O_CREAT | O_WRONLY, 0600) < 0 &&
	   errno == EACCES);
	fd = openat(proc_fd, "self/status", O_RDONLY);
	SO(fd >= 0 && read(fd, &c, 1) == 1);
	fd = open("/dev/null", O_RDWR);
	SO(fd >= 0 && write(fd, "x", 1) == 1);
}

START_TEST(test_files)
{
	if (has_landlock())
		in_child(no_file, false);
}
END_TEST

static void one_directory(void)
{
	int fd = openat(dir_fd, "temp", O_CREAT | O_RDWR | O_EXCL, 0600);

	SO(fd >= 0 && write(fd, "x", 1) == 1 && !fsync(fd));
	SO(!renameat(dir_fd, "temp", dir_fd, "new"));
	SO(openat(dir_fd, "new", O_RDONLY) >= 0);
	SO(openat(dir_fd, "../../etc/passwd", O_RDONLY) < 0);
	SO(renameat(dir_fd, "new", AT_FDCWD, "/tmp/test_harden") < 0);
	SO(symlinkat("/etc/passwd", dir_fd, "link") < 0);
	SO(mkdirat(dir_fd, "sub", 0700) < 0);
	SO(!unlinkat(dir_fd, "new", 0));
}

START_TEST(test_checkpoints)
{
	if (has_landlock())
		in_child(one_directory, true);
}
END_TEST

static void *thread(void *arg)
{
	return open("/etc/passwd", O_RDONLY) < 0 ? arg : NULL;
}

static void no_call(void)
{
	char *const args[] = { "true", NULL };
	void *result = NULL;
	pthread_t t;

	SO(execv("/bin/true", args) < 0 && errno == EPERM);
	SO(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	SO(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	SO(fork() < 0 && errno == EPERM);
	SO(kill(getppid(), 0) < 0 && errno == EPERM);
	SO(mount("none", "/nowhere", "tmpfs", 0, NULL) < 0 && errno == EPERM);
	SO(umount2("/nowhere", MNT_DETACH) < 0 && errno == EPERM);
	SO(chmod("/nowhere", 0777) < 0 && errno == EPERM);
	SO(setuid(0) < 0 && errno == EPERM);
	SO(syscall(SYS_ptrace, 0, 0, 0, 0) < 0 && errno == EPERM);
	SO(syscall(SYS_bpf, 0, NULL, 0) < 0 && errno == EPERM);
	SO(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 && errno == EPERM);
	SO(!prctl(PR_SET_NAME, "x"));
	/* A thread is fine, and no freer. */
	SO(!pthread_create(&t, NULL, thread, &landlocked));
	SO(!pthread_join(t, &result));
	SO(!landlocked || result == &landlocked);
}

START_TEST(test_calls)
{
	landlocked = has_landlock();
	if (harden_filters)
		in_child(no_call, false);
}
END_TEST

static void nobody(uint32_t keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	if (harden_filters) /* whose filter does not let us look */
		return;
	SO(!syscall(SYS_capget, &head, d));
	SO(d[0].effective == keep && d[0].permitted == keep);
	SO(!d[0].inheritable && !d[1].effective && !d[1].permitted);
	SO(prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 0 || geteuid());
	SO(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

/* As anybody may: by the text of /proc. */
static void status_says(const char *want)
{
	char text[8192];
	int fd = openat(proc_fd, "self/status", O_RDONLY);
	ssize_t n;

	SO(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	SO(n > 0);
	text[n] = '\0';
	SO(strstr(text, want));
	SO(strstr(text, "NoNewPrivs:\t1\n"));
	SO(!harden_filters || strstr(text, "Seccomp:\t2\n"));
}

static void no_capability(void)
{
	nobody(0);
	status_says("CapEff:\t0000000000000000\n");
	status_says("CapPrm:\t0000000000000000\n");
	if (!geteuid())
		status_says("CapBnd:\t0000000000000000\n");
}

static void one_capability(void)
{
	nobody(geteuid() ? 0 : 1u << CAP_DAC_OVERRIDE);
	status_says(geteuid() ? "CapEff:\t0000000000000000\n" :
				"CapEff:\t0000000000000002\n");
}

START_TEST(test_capabilities)
{
	in_child(_i ? one_capability : no_capability, _i);
}
END_TEST

/* It looks at processes and answers for them; beyond that nothing is new. */
static void some_more(void)
{
	char here = 'x', there = 'y', *const args[] = { "true", NULL };
	struct iovec from = { &here, 1 }, to = { &there, 1 };
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	SO(fd >= 0 && !syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	SO(syscall(SYS_pidfd_getfd, fd, STDERR_FILENO, 0) >= 0);
	SO(process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1);
	SO(process_vm_writev(getpid(), &to, 1, &from, 1, 0) == 1);
	SO(there == 'x' && epoll_create1(0) >= 0);
	if (!harden_filters)
		return;
	SO(ioctl(-1, SECCOMP_IOCTL_NOTIF_RECV, NULL) < 0 && errno == EBADF);
	SO(ioctl(-1, TIOCSTI, "x") < 0 && errno == EPERM);
	SO(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 &&
	   errno == EPERM);
	SO(execv("/bin/true", args) < 0 && errno == EPERM);
	SO(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	SO(fork() < 0 && errno == EPERM);
	SO(unshare(CLONE_NEWNS) < 0 && errno == EPERM);
	SO(mount("none", "/nowhere", "tmpfs", 0, NULL) < 0 && errno == EPERM);
	status_says(geteuid() ? "CapEff:\t0000000000000000\n" :
				"CapEff:\t0000000000080024\n");
}

START_TEST(test_inside)
{
	inside = true;
	in_child(some_more, false);
}
END_TEST

CHECK_MAIN_ROWS("harden", { test_files, 0 }, { test_checkpoints, 0 },
		{ test_calls, 0 }, { test_capabilities, 2 },
		{ test_inside, 0 })
