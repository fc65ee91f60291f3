/* SPDX-License-Identifier: MIT */
/*
 * test_gone.c - files of a task that has ended while they were open.
 *
 * The whole server but for the kernel (tests/fuzz/rig.c).
 */
#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "fuzz/fuzz.h"

/* Of proc/103/, what a reader gets then: all have ESRCH but the constant. */
static const char *const files[] = {
	"status", "stat", "statm", "maps", "smaps", "smaps_rollup",
	"numa_maps", "limits", "sched", "schedstat", "io", "cmdline",
	"environ", "comm", "oom_score", "oom_score_adj", "oom_adj", "wchan",
	"stack", "syscall", "timerslack_ns", "personality", "pagemap",
	"ksm_stat", "task/103/status", "task/103/stat", "task/103/comm",
};

#define NR_FILES (sizeof(files) / sizeof(files[0]))

START_TEST(test_gone)
{
	struct rig *rig = rig_create();
	struct rig_file *r = NULL, *w = NULL;
	char path[64], buf[8192];
	ssize_t n, first = 0;

	snprintf(path, sizeof(path), "proc/103/%s", files[_i]);
	if (rig_open(rig, path, O_RDONLY, &r) == 0)
		first = rig_read(rig, r, NULL, 0, 0);
	ck_assert_msg(!r || first >= 0, "%s: %zd", path, first);
	if (rig_open(rig, path, O_WRONLY, &w))
		w = NULL;
	ck_assert_int_eq(vm_task_kill(rig_vm(rig), 103), 0);
	vm_run_until(rig_vm(rig), vm_now_ns(rig_vm(rig)) + VM_SECOND, 100000);
	ck_assert_int_eq(rig_walk(rig, path), -ENOENT);
	if (r) {
		n = rig_read(rig, r, buf, sizeof(buf), 0);
		ck_assert_msg(n == -ESRCH || n >= 0, "%s: %zd", path, n);
		rig_close(rig, r);
	}
	if (w) {
		n = rig_write(rig, w, "1\n", 2, 0);
		ck_assert_msg(n == -ESRCH || n == -EINVAL || n == -EIO,
			      "%s: %zd", path, n);
		rig_close(rig, w);
	}
	rig_destroy(rig);
}
END_TEST

CHECK_MAIN_ROWS("gone", { test_gone, NR_FILES })
