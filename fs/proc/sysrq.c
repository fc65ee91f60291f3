/* SPDX-License-Identifier: MIT */
/*
 * sysrq.c - /proc/sysrq-trigger: the magic keys (errata (b)2).
 *
 * The first character of a write is a key, or all of them behind "_".  Each
 * logs what it is, as drivers/tty/sysrq.c does whatever kernel.sysrq says,
 * since this file does not ask it.  What is about memory, dirty pages or
 * tasks is done; what would restart or stop the machine is logged and the
 * machine goes on.
 *
 * Called through the table of /proc; calls the engine's doors, kmsg.c and
 * oom_report.c.  Session's lock.
 */
#include <vm/vm.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/oom_report.h"
#include "fs/proc/proc.h"

#define say(mf, level, ...)                                                    \
	kmsg_printk((mf)->kmsg, level, vm_now_ns((mf)->vm), __VA_ARGS__)

typedef void sysrq_handler(struct machine_fs *mf, char key);

static void set_loglevel(struct machine_fs *mf, char key)
{
	say(mf, KMSG_INFO, "sysrq: Loglevel set to %c", key);
}

static void oom_kill(struct machine_fs *mf, char key)
{
	(void)key;
	if (vm_oom_kill(mf->vm))
		say(mf, KMSG_INFO,
		    "sysrq: OOM request ignored. No task eligible");
}

/* Init and kernel threads do not take the signal. */
static void kill_all(struct machine_fs *mf, char key)
{
	int pid;

	(void)key;
	for (pid = vm_task_next(mf->vm, 0); pid;
	     pid = vm_task_next(mf->vm, pid))
		vm_task_kill(mf->vm, pid);
}

static void thaw(struct machine_fs *mf, char key)
{
	(void)key;
	say(mf, KMSG_WARNING, "Emergency Thaw complete");
}

static void show_memory(struct machine_fs *mf, char key)
{
	(void)key;
	oom_report_memory(mf);
}

static void sync_all(struct machine_fs *mf, char key)
{
	(void)key;
	vm_sync(mf->vm);
	say(mf, KMSG_WARNING, "Emergency Sync complete");
}

static void remount(struct machine_fs *mf, char key)
{
	(void)key;
	vm_sync(mf->vm);
	say(mf, KMSG_WARNING, "Emergency Remount complete");
}

/* In the order in which the help names them. */
static const struct {
	char first, last; /* keys */
	const char *help, *action;
	sysrq_handler *handle; /* NULL: it is only said */
} keys[] = {
	{ '0', '9', "loglevel(0-9)", "Changing Loglevel", set_loglevel },
	{ 'b', 'b', "reboot(b)", "Resetting", NULL },
	{ 'c', 'c', "crash(c)", "Trigger a crash", NULL },
	{ 'e', 'e', "terminate-all-tasks(e)", "Terminate All Tasks",
	  kill_all },
	{ 'f', 'f', "memory-full-oom-kill(f)", "Manual OOM execution",
	  oom_kill },
	{ 'i', 'i', "kill-all-tasks(i)", "Kill All Tasks", kill_all },
	{ 'j', 'j', "thaw-filesystems(j)",
	  "Emergency Thaw of all frozen filesystems", thaw },
	{ 'k', 'k', "sak(k)", "SAK", NULL },
	{ 'l', 'l', "show-backtrace-all-active-cpus(l)",
	  "Show backtrace of all active CPUs", NULL },
	{ 'm', 'm', "show-memory-usage(m)", "Show Memory", show_memory },
	{ 'n', 'n', "nice-all-RT-tasks(n)", "Nice All RT Tasks", NULL },
	{ 'o', 'o', "poweroff(o)", "Power Off", NULL },
	{ 'p', 'p', "show-registers(p)", "Show Regs", NULL },
	{ 'q', 'q', "show-all-timers(q)",
	  "Show clockevent devices & pending hrtimers (no others)", NULL },
	{ 'r', 'r', "unraw(r)", "Keyboard mode set to system default", NULL },
	{ 's', 's', "sync(s)", "Emergency Sync", sync_all },
	{ 't', 't', "show-task-states(t)", "Show State", NULL },
	{ 'u', 'u', "unmount(u)", "Emergency Remount R/O", remount },
	{ 'w', 'w', "show-blocked-tasks(w)", "Show Blocked State", NULL },
	{ 'z', 'z', "dump-ftrace-buffer(z)", "Dump ftrace buffer", NULL },
	{ 'R', 'R', "replay-kernel-logs(R)", "Replay kernel logs on consoles",
	  NULL },
};

static void help(struct machine_fs *mf)
{
	DECLARE_STRBUF(line, 1024);
	size_t i;

	for (i = 0; i < TREE_NR(keys); i++) {
		strbuf_puts(&line, keys[i].help);
		strbuf_putc(&line, ' ');
	}
	say(mf, KMSG_INFO, "sysrq: HELP : %s", strbuf_str(&line));
	strbuf_release(&line);
}

static void press(struct machine_fs *mf, char key)
{
	size_t i;

	for (i = 0; i < TREE_NR(keys); i++) {
		if (key < keys[i].first || key > keys[i].last)
			continue;
		say(mf, KMSG_INFO, "sysrq: %s", keys[i].action);
		if (keys[i].handle)
			keys[i].handle(mf, key);
		return;
	}
	help(mf);
}

ssize_t sysrq_store(struct tree_req *rq, const char *text, size_t len,
		    off_t offset)
{
	struct machine_fs *mf = machine_of(rq);
	bool all = false;
	size_t i;

	(void)offset;
	for (i = 0; i < len && (all || i == 0); i++) {
		if (text[i] == '_')
			all = true;
		else
			press(mf, text[i]);
	}
	return (ssize_t)len;
}
