/* SPDX-License-Identifier: MIT */
/*
 * kernel_ctl_table.c - /proc/sys/kernel, as Debian's 6.12 lists it.
 *
 * Names, modes and defaults are the recorded ones; bounds are given where
 * Linux has them tighter than the type.  boot_id and uuid are constants, so
 * that the same machine reads the same twice.
 *
 * Tables only; the handlers are kernel_ctl.c's.
 */
#include <vm/task.h>

#include "fs/proc/kernel_ctl.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define MAX_THREADS	0x3fffffff

static int last_pid_read(struct tree_req *rq, struct strbuf *sb, size_t size,
			 off_t offset)
{
	if (offset)
		return 0;
	strbuf_i64(sb, machine_stat(rq)->last_pid);
	strbuf_putc(sb, '\n');
	if (sb->len > size)
		sb->len = size;
	return 0;
}

/* Accepted, but pids here are given out by the machine alone. */
static ssize_t last_pid_write(struct tree_req *rq, const char *text,
			      size_t len, off_t offset)
{
	(void)rq;
	(void)text;
	(void)offset;
	return (ssize_t)len;
}

static const struct file_ops last_pid_ops = {
	.read = last_pid_read,
	.write = last_pid_write,
};

static const struct tree_entry firmware_config_entries[] = {
	KCTL_FLAG("force_sysfs_fallback", 0644, 0),
	KCTL_FLAG("ignore_sysfs_fallback", 0644, 0),
};

static const struct tree_dir firmware_config_dir = {
	TREE_ENTRIES(firmware_config_entries)
};

static const struct tree_entry keys_entries[] = {
	KCTL_ANY("gc_delay", 0644, 300),
	KCTL_ANY("maxbytes", 0644, 20000),
	KCTL_ANY("maxkeys", 0644, 200),
	KCTL_ANY("persistent_keyring_expiry", 0644, 259200),
	KCTL_ANY("root_maxbytes", 0644, 25000000),
	KCTL_ANY("root_maxkeys", 0644, 1000000),
};

static const struct tree_dir keys_dir = { TREE_ENTRIES(keys_entries) };

static const struct tree_entry pty_entries[] = {
	KCTL_ANY("max", 0644, 4096),
	KCTL_ANY("nr", 0444, 0),
	KCTL_ANY("reserve", 0644, 1024),
};

static const struct tree_dir pty_dir = { TREE_ENTRIES(pty_entries) };

static const struct tree_entry random_entries[] = {
	KCTL_STRING("boot_id", 0444, "5ec1a1f5-0000-4000-8000-000000000001"),
	KCTL_ANY("entropy_avail", 0444, 256),
	KCTL_ANY("poolsize", 0444, 256),
	KCTL_ANY("urandom_min_reseed_secs", 0644, 60),
	KCTL_STRING("uuid", 0444, "5ec1a1f5-0000-4000-8000-000000000002"),
	KCTL_ANY("write_wakeup_threshold", 0644, 256),
};

static const struct tree_dir random_dir = { TREE_ENTRIES(random_entries) };

static const struct tree_entry seccomp_entries[] = {
	KCTL_STRING("actions_avail", 0444,
		"kill_process kill_thread trap errno user_notif "
		"trace log allow"),
	KCTL_STRING("actions_logged", 0644,
		"kill_process kill_thread trap errno user_notif trace log"),
};

static const struct tree_dir seccomp_dir = { TREE_ENTRIES(seccomp_entries) };

static const struct tree_entry usermodehelper_entries[] = {
	KCTL_STRING("bset", 0600, "4294967295\t511"),
	KCTL_STRING("inheritable", 0600, "4294967295\t511"),
};

static const struct tree_dir usermodehelper_dir = {
	TREE_ENTRIES(usermodehelper_entries)
};

static const struct tree_entry yama_entries[] = {
	KCTL_INT("ptrace_scope", 0644, 0, 3, 0),
};

static const struct tree_dir yama_dir = { TREE_ENTRIES(yama_entries) };

static int64_t threads_max(const struct vm_stat *s)
{
	return (int64_t)max_threads(s);
}

/* On where there is something to balance (mm/mempolicy.c). */
static int64_t numa_balancing(const struct vm_stat *s)
{
	return s->nr_nodes > 1;
}

/* As the machine has booted with. */
static int64_t pid_max(const struct vm_stat *s)
{
	return s->pid_max;
}

static const struct tree_entry kernel_entries[] = {
	KCTL_INTS("acct", 0644, 3, 4, 2, 30),
	KCTL_ANY("acpi_video_flags", 0644, 0),
	KCTL_ANY("apparmor_display_secid_mode", 0600, 0),
	KCTL_ANY("apparmor_restrict_unprivileged_unconfined", 0600, 0),
	KCTL_STRING("arch", 0444, "x86_64"),
	KCTL_FLAG("auto_msgmni", 0644, 0),
	KCTL_ANY("bootloader_type", 0444, 176),
	KCTL_ANY("bootloader_version", 0444, 0),
	KCTL_FLAG("bpf_stats_enabled", 0644, 0),
	KCTL_ANY("cad_pid", 0600, 1),
	KCTL_ANY("cap_last_cap", 0444, 40),
	KCTL_ANY("core_file_note_size_limit", 0644, 4194304),
	KCTL_STRING("core_pattern", 0644, "core"),
	KCTL_ANY("core_pipe_limit", 0644, 0),
	KCTL_FLAG("core_sort_vma", 0644, 0),
	KCTL_ANY("core_uses_pid", 0644, 0),
	KCTL_ANY("ctrl-alt-del", 0644, 1),
	KCTL_FLAG("dmesg_restrict", 0644, 1),
	KCTL_STRING("domainname", 0644, "(none)"),
	DIR("firmware_config", 0555, &firmware_config_dir),
	KCTL_ANY("ftrace_dump_on_oops", 0644, 0),
	KCTL_ANY("ftrace_enabled", 0644, 1),
	KCTL_FLAG("hardlockup_all_cpu_backtrace", 0644, 0),
	KCTL_INT("hardlockup_panic", 0644, 0, 1, 0),
	KCTL_STRING("hostname", 0644, "(none)"),
	KCTL_FLAG("hung_task_all_cpu_backtrace", 0644, 0),
	KCTL_ANY("hung_task_check_count", 0644, 4194304),
	KCTL_ULONG("hung_task_check_interval_secs", 0644, 0ull),
	KCTL_INT("hung_task_panic", 0644, 0, 1, 0),
	KCTL_ULONG("hung_task_timeout_secs", 0644, 120ull),
	KCTL_INT("hung_task_warnings", 0644, -1, INT_MAX, 10),
	KCTL_INT("io_delay_type", 0644, 0, 3, 0),
	KCTL_INT("io_uring_disabled", 0644, 0, 2, 0),
	KCTL_ANY("io_uring_group", 0644, -1),
	KCTL_FLAG("kexec_load_disabled", 0644, 0),
	KCTL_ANY("kexec_load_limit_panic", 0644, -1),
	KCTL_ANY("kexec_load_limit_reboot", 0644, -1),
	DIR("keys", 0555, &keys_dir),
	KCTL_INT("kptr_restrict", 0644, 0, 2, 0),
	KCTL_ANY("max_lock_depth", 0644, 1024),
	KCTL_INT("max_rcu_stall_to_panic", 0644, 1, INT_MAX, 0),
	KCTL_STRING("modprobe", 0644, "/sbin/modprobe"),
	KCTL_FLAG("modules_disabled", 0644, 0),
	KCTL_ANY("msg_next_id", 0444, -1),
	KCTL_ANY("msgmax", 0644, 8192),
	KCTL_ANY("msgmnb", 0644, 16384),
	KCTL_ANY("msgmni", 0644, 32000),
	KCTL_ANY("ngroups_max", 0444, 65536),
	KCTL_ANY("nmi_watchdog", 0444, 0),
	FOPS("ns_last_pid", 0666, &last_pid_ops),
	KCTL("numa_balancing", 0644, .type = VM_CTL_INT, .nr = 1, .min = 0,
	     .max = 4, .def_of = numa_balancing),
	KCTL_ANY("numa_balancing_promote_rate_limit_MBps", 0644, 65536),
	KCTL_FLAG("oops_all_cpu_backtrace", 0644, 0),
	KCTL_ANY("oops_limit", 0644, 10000),
	KCTL_STRING("osrelease", 0444, KERNEL_RELEASE),
	KCTL_STRING("ostype", 0444, "Linux"),
	KCTL_INT("overflowgid", 0644, 0, 65535, 65534),
	KCTL_INT("overflowuid", 0644, 0, 65535, 65534),
	KCTL_ANY("panic", 0644, -1),
	KCTL_ANY("panic_on_io_nmi", 0644, 0),
	KCTL_ANY("panic_on_oops", 0644, 0),
	KCTL_FLAG("panic_on_rcu_stall", 0644, 0),
	KCTL_ANY("panic_on_unrecovered_nmi", 0644, 0),
	KCTL_ANY("panic_on_warn", 0644, 0),
	KCTL_ULONG("panic_print", 0644, 0ull),
	KCTL_INT("perf_cpu_time_max_percent", 0644, 0, 100, 25),
	KCTL_ANY("perf_event_max_contexts_per_stack", 0644, 8),
	KCTL_ANY("perf_event_max_sample_rate", 0644, 100000),
	KCTL_ANY("perf_event_max_stack", 0644, 127),
	KCTL_ANY("perf_event_mlock_kb", 0644, 516),
	KCTL_INT("perf_event_paranoid", 0644, -1, INT_MAX, 3),
	KCTL("pid_max", 0644, .type = VM_CTL_INT, .nr = 1,
	     .min = VM_PID_MAX_LEAST, .max = VM_PID_MAX_MOST,
	     .def_of = pid_max, .apply = vm_set_pid_max),
	KCTL_STRING("poweroff_cmd", 0644, "/sbin/poweroff"),
	KCTL_ANY("print-fatal-signals", 0644, 0),
	KCTL_INTS("printk", 0644, 4, 3, 4, 1, 7),
	KCTL_ANY("printk_delay", 0644, 0),
	KCTL_STRING("printk_devkmsg", 0644, "ratelimit"),
	KCTL_ANY("printk_ratelimit", 0644, 5),
	KCTL_ANY("printk_ratelimit_burst", 0644, 10),
	DIR("pty", 0555, &pty_dir),
	DIR("random", 0555, &random_dir),
	KCTL_INT("randomize_va_space", 0644, 0, 2, 2),
	KCTL_ANY("real-root-dev", 0644, 0),
	KCTL_FLAG("sched_autogroup_enabled", 0644, 1),
	KCTL_ANY("sched_cfs_bandwidth_slice_us", 0644, 5000),
	KCTL_ANY("sched_deadline_period_max_us", 0644, 4194304),
	KCTL_ANY("sched_deadline_period_min_us", 0644, 100),
	TEXT("sched_energy_aware", 0644, ""),
	KCTL_ANY("sched_rr_timeslice_ms", 0644, 100),
	KCTL_ANY("sched_rt_period_us", 0644, 1000000),
	KCTL_ANY("sched_rt_runtime_us", 0644, 950000),
	KCTL_INT("sched_schedstats", 0644, 0, 1, 0),
	DIR("seccomp", 0555, &seccomp_dir),
	KCTL_INTS("sem", 0644, 4, 32000, 1024000000, 500, 32000),
	KCTL_ANY("sem_next_id", 0444, -1),
	KCTL_ANY("shm_next_id", 0444, -1),
	KCTL_FLAG("shm_rmid_forced", 0644, 0),
	KCTL_ULONG("shmall", 0644, 18446744073692774399ull),
	KCTL_ULONG("shmmax", 0644, 18446744073692774399ull),
	KCTL_ANY("shmmni", 0644, 4096),
	KCTL_FLAG("soft_watchdog", 0644, 1),
	KCTL_FLAG("softlockup_all_cpu_backtrace", 0644, 0),
	KCTL_INT("softlockup_panic", 0644, 0, 1, 0),
	KCTL_FLAG("split_lock_mitigate", 0644, 1),
	KCTL_ANY("stack_tracer_enabled", 0644, 0),
	KCTL_INT("sysctl_writes_strict", 0644, -1, 1, 1),
	KCTL_ANY("sysrq", 0644, 438),
	KCTL_ANY("tainted", 0644, 8192),
	KCTL_FLAG("task_delayacct", 0644, 0),
	KCTL("threads-max", 0644, .type = VM_CTL_INT, .nr = 1, .min = 1,
	     .max = MAX_THREADS, .def_of = threads_max),
	KCTL_FLAG("timer_migration", 0644, 1),
	KCTL_ANY("traceoff_on_warning", 0644, 0),
	KCTL_ANY("tracepoint_printk", 0644, 0),
	KCTL_ANY("unknown_nmi_panic", 0644, 0),
	KCTL_INT("unprivileged_bpf_disabled", 0644, 0, 2, 2),
	KCTL_ANY("unprivileged_userns_apparmor_policy", 0600, 1),
	KCTL_FLAG("unprivileged_userns_clone", 0644, 1),
	DIR("usermodehelper", 0555, &usermodehelper_dir),
	KCTL_STRING("version", 0444, KERNEL_VERSION),
	KCTL_ANY("warn_limit", 0644, 0),
	KCTL_FLAG("watchdog", 0644, 1),
	KCTL_STRING("watchdog_cpumask", 0644, "0-1"),
	KCTL_INT("watchdog_thresh", 0644, 0, 60, 10),
	DIR("yama", 0555, &yama_dir),
};

const struct tree_dir sys_kernel_dir = { TREE_ENTRIES(kernel_entries) };
