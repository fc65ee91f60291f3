/* SPDX-License-Identifier: MIT */
/*
 * base.c - /proc/[pid]: the directory, its knobs, its small files.
 *
 * The table lists what Debian's 6.12 lists.  What the engine has no model for
 * reads as it does for a plain daemon (README: constants); fd, fdinfo, ns and
 * their like are empty directories, since nothing is open in a simulated
 * task.  Threads: all that a task does is done by the first; the others have
 * numbers, sleep, and share what threads share.
 *
 * Called through the table of /proc; calls the doors of include/vm/task.h,
 * array.c and task_mmu.c.  Session's lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/proc/base.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

int pid_leader(const struct tree_req *rq)
{
	return vm_task_of_thread(machine_of(rq)->vm, (int)rq->index[0]);
}

/* What is a thread's own, and in task/ what is its share of the whole. */
static void be_thread(struct vm_task_stat *t, int tid, bool alone)
{
	t->pid = tid;
	t->state = 'S';
	t->nvcsw = t->nivcsw = 0;
	if (!alone)
		return;
	t->utime_ns = t->stime_ns = t->io_wait_ns = 0;
	t->minflt = t->majflt = 0;
	t->read_bytes = t->write_bytes = 0;
}

const struct vm_task_stat *pid_task(const struct tree_req *rq)
{
	struct machine_fs *mf = machine_of(rq);
	const int tid = (int)(rq->index[1] ? rq->index[1] : rq->index[0]);
	const int pid = pid_leader(rq);

	if (tid == pid)
		return machine_task(rq, pid);
	if (vm_task_of_thread(mf->vm, tid) != pid || !machine_task(rq, pid))
		return NULL;
	be_thread(&mf->task, tid, rq->index[1] != 0);
	return &mf->task;
}

bool pid_may_trace(const struct tree_req *rq, const struct vm_task_stat *t)
{
	return rq->uid == 0 || rq->uid == t->uid;
}

/* Files that tell about memory ask for the right to trace at open. */
static int trace_open(struct tree_req *rq, int flags)
{
	const struct vm_task_stat *t = pid_task(rq);

	(void)flags;
	if (!t)
		return -ENOENT;
	return pid_may_trace(rq, t) ? 0 : -EACCES;
}

/* ... and some have nothing to tell about a kernel thread. */
static int user_open(struct tree_req *rq, int flags)
{
	const struct vm_task_stat *t = pid_task(rq);
	int err = trace_open(rq, flags);

	return !err && t->kthread ? -ESRCH : err;
}

static const struct file_ops trace_ops = { .open = trace_open };
static const struct file_ops user_ops = { .open = user_open };

#define TRACED(n, m, s)                                                        \
	{ .name = n, .mode = S_IFREG | (m), .show = s, .ops = &trace_ops }
#define TRACED_USER(n, m, s)                                                   \
	{ .name = n, .mode = S_IFREG | (m), .show = s, .ops = &user_ops }

static int comm_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_puts(sb, t->comm);
	strbuf_putc(sb, '\n');
	return 0;
}

/* Only a thread of the process may rename it. */
static ssize_t comm_store(struct tree_req *rq, const char *text, size_t len,
			  off_t offset)
{
	size_t most = VM_COMM_LEN - 1;
	size_t nr = strnlen(text, len < most ? len : most);
	char comm[VM_COMM_LEN] = "";
	int err;

	(void)offset;
	if (rq->pid != pid_leader(rq))
		return -EINVAL;
	memcpy(comm, text, nr);
	comm[strcspn(comm, "\n")] = '\0';
	err = vm_task_set_comm(machine_of(rq)->vm, rq->pid, comm);
	return err ? err : (ssize_t)len;
}

/* Words of the command line, each with its NUL. */
static int cmdline_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	const char *args;

	if (!t)
		return -ESRCH;
	if (t->kthread || t->state == 'Z')
		return 0;
	for (args = *t->args ? t->args : t->comm; *args; args++)
		strbuf_putc(sb, *args == ' ' ? '\0' : *args);
	strbuf_putc(sb, '\0');
	return 0;
}

static int environ_show(const struct tree_req *rq, struct strbuf *sb)
{
	static const char text[] = "PATH=/usr/bin:/bin\0PWD=/";

	if (!pid_task(rq))
		return -ESRCH;
	strbuf_push(sb, text, sizeof(text));
	return 0;
}

static int oom_score_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_i64(sb, t->oom_score);
	strbuf_putc(sb, '\n');
	return 0;
}

static int oom_score_adj_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_i64(sb, t->oom_score_adj);
	strbuf_putc(sb, '\n');
	return 0;
}

static int oom_adj_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_i64(sb, oom_adj_of_score_adj(t->oom_score_adj));
	strbuf_putc(sb, '\n');
	return 0;
}

ssize_t pid_knob_result(int err, size_t len)
{
	return err ? err : (ssize_t)(len < 12 ? len : 12);
}

static ssize_t oom_score_adj_store(struct tree_req *rq, const char *text,
				   size_t len, off_t offset)
{
	struct vm_cred who;
	int adj, err;

	(void)offset;
	err = pid_parse_int(text, len, false, &adj);
	if (err)
		return err;
	machine_cred(rq, CRED_CAPS, &who);
	err = vm_task_set_oom_score_adj(machine_of(rq)->vm, pid_leader(rq),
					adj, &who);
	return pid_knob_result(err, len);
}

static ssize_t oom_adj_store(struct tree_req *rq, const char *text,
			     size_t len, off_t offset)
{
	struct vm_cred who;
	int adj, err;

	(void)offset;
	err = pid_parse_int(text, len, false, &adj);
	if (err)
		return err;
	machine_cred(rq, CRED_CAPS | CRED_COMM, &who);
	err = vm_task_set_oom_adj(machine_of(rq)->vm, pid_leader(rq), adj,
				  &who);
	return pid_knob_result(err, len);
}

static ssize_t clear_refs_store(struct tree_req *rq, const char *text,
				size_t len, off_t offset)
{
	int v, err;

	(void)offset;
	err = pid_parse_int(text, len, true, &v);
	if (err)
		return err;
	if (v < VM_REFS_ALL || v > VM_REFS_PEAK)
		return -EINVAL;
	err = vm_task_clear_refs(machine_of(rq)->vm, pid_leader(rq),
				 (enum vm_refs)v);
	return pid_knob_result(err, len);
}

/* Settings without a model: taken, and read back as they were. */
static ssize_t ignore_store(struct tree_req *rq, const char *text, size_t len,
			    off_t offset)
{
	(void)text;
	(void)offset;
	return pid_task(rq) ? (ssize_t)len : -ESRCH;
}

static int io_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	put_counter(sb, "rchar:", t->read_bytes);
	put_counter(sb, "wchar:", t->write_bytes);
	put_counter(sb, "syscr:", t->read_bytes / VM_PAGE_SIZE);
	put_counter(sb, "syscw:", t->write_bytes / VM_PAGE_SIZE);
	put_counter(sb, "read_bytes:", t->read_bytes);
	put_counter(sb, "write_bytes:", t->write_bytes);
	put_counter(sb, "cancelled_write_bytes:", 0);
	return 0;
}

/* Time on the CPU, time waiting for one (not simulated), turns. */
static int pid_schedstat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_u64(sb, t->utime_ns + t->stime_ns);
	strbuf_puts(sb, " 0 ");
	strbuf_u64(sb, t->nvcsw + t->nivcsw);
	strbuf_putc(sb, '\n');
	return 0;
}

static bool is_kswapd(const struct vm_task_stat *t)
{
	return t->kthread && !strncmp(t->comm, "kswapd", 6);
}

/* What a kernel thread sleeps in: the few that have a function of their own
 * name are named as it, but for the number of their node. */
static void put_kthread_wchan(struct strbuf *sb, const char *comm)
{
	static const char *const own[] = {
		"kcompactd", "khugepaged", "kswapd", "kthreadd", "oom_reaper",
	};
	size_t i;

	for (i = 0; i < TREE_NR(own); i++) {
		if (!strncmp(comm, own[i], strlen(own[i]))) {
			strbuf_puts(sb, own[i]);
			return;
		}
	}
	strbuf_puts(sb, "worker_thread");
}

/* Where it sleeps: no newline, "0" while it runs. */
static int wchan_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	if (t->state == 'R' || !pid_may_trace(rq, t))
		strbuf_putc(sb, '0');
	else if (t->kthread)
		put_kthread_wchan(sb, t->comm);
	else if (t->state == 'D')
		strbuf_puts(sb, "io_schedule");
	else
		strbuf_puts(sb, "__do_sys_pause");
	return 0;
}

static int limits_show(const struct tree_req *rq, struct strbuf *sb)
{
	static const struct {
		const char *name, *soft, *hard, *unit;
	} rows[] = {
		{ "Limit", "Soft Limit", "Hard Limit", "Units" },
		{ "Max cpu time", "unlimited", "unlimited", "seconds" },
		{ "Max file size", "unlimited", "unlimited", "bytes" },
		{ "Max data size", "unlimited", "unlimited", "bytes" },
		{ "Max stack size", "8388608", "unlimited", "bytes" },
		{ "Max core file size", "0", "unlimited", "bytes" },
		{ "Max resident set", "unlimited", "unlimited", "bytes" },
		{ "Max processes", NULL, NULL, "processes" },
		{ "Max open files", "1024", "4096", "files" },
		{ "Max locked memory", "8388608", "8388608", "bytes" },
		{ "Max address space", "unlimited", "unlimited", "bytes" },
		{ "Max file locks", "unlimited", "unlimited", "locks" },
		{ "Max pending signals", NULL, NULL, "signals" },
		{ "Max msgqueue size", "819200", "819200", "bytes" },
		{ "Max nice priority", "0", "0", "" },
		{ "Max realtime priority", "0", "0", "" },
		{ "Max realtime timeout", "unlimited", "unlimited", "us" },
	};
	char most[24];
	unsigned i;

	if (!pid_task(rq))
		return -ESRCH;
	/* half of threads-max as it boots, kernel/fork.c:fork_init */
	snprintf(most, sizeof(most), "%llu", (unsigned long long)
		 max_threads(machine_stat(rq)) / 2);
	for (i = 0; i < TREE_NR(rows); i++) {
		strbuf_puts_left(sb, rows[i].name, 26);
		strbuf_puts_left(sb, rows[i].soft ? rows[i].soft : most, 21);
		strbuf_puts_left(sb, rows[i].hard ? rows[i].hard : most, 21);
		if (*rows[i].unit)
			strbuf_puts_left(sb, rows[i].unit, 10);
		strbuf_putc(sb, '\n');
	}
	return 0;
}

static int sched_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);
	uint64_t ns, turns;

	if (!t)
		return -ESRCH;
	ns = t->utime_ns + t->stime_ns;
	turns = t->nvcsw + t->nivcsw;
	strbuf_printf(sb, "%s (%d, #threads: %u)\n", t->comm, t->pid,
		      t->nr_threads ? t->nr_threads : 1);
	strbuf_fill(sb, '-', 67);
	strbuf_printf(sb,
		      "\n%-45s:%14llu.%06llu\n%-45s:%21llu\n%-45s:%21llu\n"
		      "%-45s:%21llu\n%-45s:%21d\n%-45s:%21d\n",
		      "se.sum_exec_runtime", (unsigned long long)ns / 1000000,
		      (unsigned long long)ns % 1000000, "nr_switches",
		      (unsigned long long)turns, "nr_voluntary_switches",
		      (unsigned long long)t->nvcsw, "nr_involuntary_switches",
		      (unsigned long long)t->nivcsw, "policy", 0, "prio", 120);
	return 0;
}

static int ksm_stat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	if (!t->kthread)
		strbuf_puts(sb, "ksm_rmap_items 0\nksm_zero_pages 0\n"
				"ksm_merging_pages 0\nksm_process_profit 0\n");
	return 0;
}

/* Kernel threads have no memory of their own to merge. */
static int ksm_merging_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	if (!t->kthread)
		strbuf_puts(sb, "0\n");
	return 0;
}

static int syscall_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	strbuf_puts(sb, t->kthread ? "0 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n" :
		       t->state == 'R' ? "running\n" :
				"34 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n");
	return 0;
}

static int coredump_filter_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	if (!t->kthread)
		strbuf_puts(sb, "00000033\n");
	return 0;
}

static int timerslack_show(const struct tree_req *rq, struct strbuf *sb)
{
	if (!pid_task(rq))
		return -ESRCH;
	strbuf_puts(sb, "50000\n");
	return 0;
}

static int exe_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t || t->kthread)
		return -ENOENT;
	if (t->args[0] == '/') {
		strbuf_push(sb, t->args, strcspn(t->args, " "));
		return 0;
	}
	strbuf_puts(sb, "/usr/bin/");
	strbuf_puts(sb, t->comm);
	return 0;
}

static int pid_attr(const struct tree_req *rq, struct stat *st)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ENOENT;
	st->st_uid = t->uid;
	st->st_gid = t->gid;
	return 0;
}

static const struct tree_dir empty_dir = { .nr_entries = 0 };

#define MOUNTS "rootfs / rootfs rw 0 0\nproc /proc proc rw,relatime 0 0\n"     \
	       "sysfs /sys sysfs rw,relatime 0 0\n"                           \
	       "devtmpfs /dev devtmpfs rw,relatime 0 0\n"
#define MOUNTINFO                                                              \
	"1 1 0:2 / / rw - rootfs rootfs rw\n"                                  \
	"24 1 0:22 / /proc rw,relatime - proc proc rw\n"                       \
	"25 1 0:23 / /sys rw,relatime - sysfs sysfs rw\n"                      \
	"26 1 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw\n"

/* What a process and each of its threads have. */
#define TASK_ENTRIES_AR                                                        \
	TEXT("arch_status", 0444, ""),                                         \
	DIR("attr", 0555, &empty_dir)
#define TASK_ENTRIES_AU                                                        \
	TEXT("auxv", 0400, ""),                                                \
	TEXT("cgroup", 0444, "0::/\n")
#define TASK_ENTRIES_CL                                                        \
	WO("clear_refs", 0200, clear_refs_store),                              \
	RO("cmdline", 0444, cmdline_show),                                     \
	RW("comm", 0644, comm_show, comm_store)
#define TASK_ENTRIES_CP                                                        \
	TEXT("cpu_resctrl_groups", 0444, "res:\nmon:\n"),                      \
	TEXT("cpuset", 0444, "/\n"),                                           \
	TEXT_LINK("cwd", "/"),                                                 \
	TRACED_USER("environ", 0400, environ_show),                            \
	LINK("exe", exe_show),                                                 \
	DIR("fd", 0500, &empty_dir),                                           \
	DIR("fdinfo", 0555, &empty_dir),                                       \
	TEXT("gid_map", 0644, "         0          0 4294967295\n"),           \
	TRACED("io", 0400, io_show),                                           \
	RO("ksm_merging_pages", 0400, ksm_merging_show),                       \
	RO("ksm_stat", 0400, ksm_stat_show),                                   \
	RO("limits", 0444, limits_show),                                       \
	TEXT("loginuid", 0644, "4294967295")
#define TASK_ENTRIES_MA                                                        \
	TRACED("maps", 0444, pid_maps_show),                                   \
	TEXT("mem", 0600, ""),                                                 \
	TEXT("mountinfo", 0444, MOUNTINFO),                                    \
	TEXT("mounts", 0444, MOUNTS)
#define TASK_ENTRIES_NE                                                        \
	DIR("net", 0555, &empty_dir),                                          \
	DIR("ns", 0511, &empty_dir),                                           \
	TRACED("numa_maps", 0444, pid_numa_maps_show),                         \
	RW("oom_adj", 0644, oom_adj_show, oom_adj_store),                      \
	RO("oom_score", 0444, oom_score_show),                                 \
	RW("oom_score_adj", 0644, oom_score_adj_show, oom_score_adj_store),    \
	TEXT("pagemap", 0400, ""),                                             \
	TEXT("patch_state", 0400, "-1\n"),                                     \
	TEXT("personality", 0400, "00000000\n"),                               \
	TEXT("projid_map", 0644, "         0          0 4294967295\n"),        \
	TEXT_LINK("root", "/"),                                                \
	RW("sched", 0644, sched_show, ignore_store),                           \
	RO("schedstat", 0444, pid_schedstat_show),                             \
	TEXT("sessionid", 0444, "4294967295"),                                 \
	TEXT("setgroups", 0644, "allow\n"),                                    \
	TRACED("smaps", 0444, pid_smaps_show),                                 \
	TRACED_USER("smaps_rollup", 0444, pid_smaps_rollup_show),              \
	TRACED("stack", 0400, stack_show),                                     \
	RO("stat", 0444, pid_stat_show),                                       \
	RO("statm", 0444, pid_statm_show),                                     \
	RO("status", 0444, pid_status_show),                                   \
	TRACED("syscall", 0400, syscall_show)

static int stack_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_stat *t = pid_task(rq);

	if (!t)
		return -ESRCH;
	if (is_kswapd(t))
		strbuf_puts(sb, "[<0>] kswapd+0x342/0x360\n");
	strbuf_puts(sb, t->kthread ? "[<0>] kthread+0xcf/0x100\n"
				     "[<0>] ret_from_fork+0x31/0x50\n"
				     "[<0>] ret_from_fork_asm+0x1a/0x30\n" :
				     "[<0>] do_syscall_64+0x87/0x1b0\n");
	return 0;
}

static const struct tree_entry tid_entries[] = {
	TASK_ENTRIES_AR,
	TASK_ENTRIES_AU,
	TEXT("children", 0444, ""),
	TASK_ENTRIES_CL,
	TASK_ENTRIES_CP,
	TASK_ENTRIES_MA,
	TASK_ENTRIES_NE,
	TEXT("uid_map", 0644, "         0          0 4294967295\n"),
	RO("wchan", 0444, wchan_show),
};

static const struct tree_dir tid_dir = { TREE_ENTRIES(tid_entries) };

static int64_t tid_find(const struct tree_req *dir, const char *name)
{
	int64_t tid = tree_parse_index(name, "");

	if (tid <= 0 || tid > VM_MAX_PID)
		return -ENOENT;
	return vm_task_of_thread(machine_of(dir)->vm, (int)tid) ==
			       pid_leader(dir) ? tid : -ENOENT;
}

static int64_t tid_next(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN])
{
	int tid = vm_task_next_thread(machine_of(dir)->vm, pid_leader(dir),
				      from ? (int)from - 1 : 0);

	return tid ? tree_name_index(name, "", (uint32_t)tid) : -1;
}

static const struct tree_index tid_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &tid_dir },
	.find = tid_find,
	.next = tid_next,
};

static const struct tree_index *const task_indexes[] = { &tid_index };

static const struct tree_dir task_dir = { TREE_INDEXES(task_indexes) };

static const struct tree_entry pid_entries[] = {
	TASK_ENTRIES_AR,
	TEXT("autogroup", 0644, ""),
	TASK_ENTRIES_AU,
	TASK_ENTRIES_CL,
	RW("coredump_filter", 0644, coredump_filter_show, ignore_store),
	TASK_ENTRIES_CP,
	DIR("map_files", 0500, &empty_dir),
	TASK_ENTRIES_MA,
	TEXT("mountstats", 0400, ""),
	TASK_ENTRIES_NE,
	DIR("task", 0555, &task_dir),
	TEXT("timens_offsets", 0644,
	     "monotonic           0         0\n"
	     "boottime            0         0\n"),
	TEXT("timers", 0444, ""),
	RW("timerslack_ns", 0666, timerslack_show, ignore_store),
	TEXT("uid_map", 0644, "         0          0 4294967295\n"),
	RO("wchan", 0444, wchan_show),
};

/* Writing to what cannot be written is EINVAL here, not EIO (J). */
const struct tree_rules pid_rules = {
	.create = ENOENT,
	.mkdir = ENOENT,
	.remove = EPERM,
	.rename = EXDEV,
	.chmod = EPERM,
	.no_op = EINVAL,
	.write_keeps_pos = true,
	.blksize = 1024,
};

static const struct tree_dir pid_dir = {
	TREE_ENTRIES(pid_entries),
	.rules = &pid_rules,
	.attr = pid_attr,
};

static int64_t pid_find(const struct tree_req *dir, const char *name)
{
	int64_t pid = tree_parse_index(name, "");

	if (pid <= 0 || pid > VM_MAX_PID ||
	    host_is_real(machine_of(dir)->host, (uint32_t)pid))
		return -ENOENT;
	return machine_task(dir, (int)pid) ? pid : -ENOENT;
}

static int64_t pid_next(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN])
{
	const struct machine_fs *mf = machine_of(dir);
	int pid = from ? (int)from - 1 : 0;

	do {
		pid = vm_task_next(mf->vm, pid);
	} while (pid && host_is_real(mf->host, (uint32_t)pid));
	return pid ? tree_name_index(name, "", (uint32_t)pid) : -1;
}

const struct tree_index proc_pid_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &pid_dir },
	.find = pid_find,
	.next = pid_next,
	.told = true,
};

/* A thread is there for who knows its number; a listing names processes. */
static int64_t thread_find(const struct tree_req *dir, const char *name)
{
	int64_t tid = tree_parse_index(name, "");
	int pid;

	if (tid <= 0 || tid > VM_MAX_PID)
		return -ENOENT;
	pid = vm_task_of_thread(machine_of(dir)->vm, (int)tid);
	return pid && pid != tid ? tid : -ENOENT;
}

static int64_t thread_next(const struct tree_req *dir, uint32_t from,
			   char name[TREE_NAME_LEN])
{
	(void)dir;
	return from ? tree_name_index(name, "", from) : -1;
}

const struct tree_index proc_thread_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &pid_dir },
	.find = thread_find,
	.next = thread_next,
};
