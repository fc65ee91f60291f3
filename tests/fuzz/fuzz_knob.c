/* SPDX-License-Identifier: MIT */
/*
 * fuzz_knob.c - what is written to the knobs of a task, and to pressure.
 *
 * The first byte says which knob and who writes; the rest is the text.  The
 * oom_score_adj of a task stays a legal one, and nobody but root lowers it.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fs/proc/base.h"
#include "fs/proc/pressure.h"
#include "fuzz.h"

static const char *const knobs[] = {
	"proc/100/oom_score_adj", "proc/100/oom_adj",
	"proc/101/task/101/oom_score_adj", "proc/102/oom_score_adj",
	"proc/100/comm", "proc/101/clear_refs",
	"proc/pressure/memory", "proc/pressure/io",
	"proc/sys/kernel/pid_max", "proc/sys/kernel/hostname",
	"sys/kernel/mm/transparent_hugepage/enabled", "dev/kmsg",
};

#define NR_KNOBS (sizeof(knobs) / sizeof(knobs[0]))

static void trigger(const char *text, size_t len)
{
	struct psi_trigger t;

	if (psi_trigger_parse(&t, text, len, len & 1))
		return;
	FUZZ_DEMAND(t.win.size_us && t.win.size_us <= PSI_WINDOW_MAX_US);
	FUZZ_DEMAND(t.threshold_us && t.threshold_us <= t.win.size_us);
	FUZZ_DEMAND(t.period_us);
	psi_trigger_start(&t, 5, 7);
	psi_trigger_update(&t, 5 + t.win.size_us, 7 + t.threshold_us);
}

/* How low the task may be set without a capability from where it stands. */
static int adj_of(struct rig *rig, int pid, int *lowest)
{
	struct vm_task_stat t;

	FUZZ_DEMAND(!vm_task_get(rig_vm(rig), pid, &t));
	FUZZ_DEMAND(t.oom_score_adj >= VM_OOM_SCORE_ADJ_MIN &&
		    t.oom_score_adj <= VM_OOM_SCORE_ADJ_MAX);
	FUZZ_DEMAND(t.oom_score >= 0 && t.oom_score <= 2000);
	if (lowest)
		*lowest = t.oom_score_adj < t.oom_score_adj_min ?
				  t.oom_score_adj : t.oom_score_adj_min;
	return t.oom_score_adj;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *rig = rig_shared(512);
	int value = 0, lowest[3], pid, adj;
	struct rig_file *f;
	ssize_t n;

	if (!size)
		return 0;
	trigger((const char *)data + 1, size - 1);
	if (pid_parse_int((const char *)data + 1, size - 1, *data & 1, &value))
		FUZZ_DEMAND(!value);
	for (pid = RIG_PID; pid < RIG_PID + 3; pid++)
		adj_of(rig, pid, &lowest[pid - RIG_PID]);
	rig_user(rig, *data & 0x80 ? 1000 : 0);
	if (!rig_open(rig, knobs[(*data & 0x7f) % NR_KNOBS], O_RDWR, &f)) {
		n = rig_write(rig, f, data + 1, size - 1, 0);
		FUZZ_DEMAND(n <= (ssize_t)size - 1);
		n = rig_poll(rig, f);
		n = rig_read(rig, f, NULL, 4096, 0);
		rig_close(rig, f);
	}
	rig_user(rig, 0);
	for (pid = RIG_PID; pid < RIG_PID + 3; pid++) {
		adj = adj_of(rig, pid, NULL);
		FUZZ_DEMAND(!(*data & 0x80) || adj >= lowest[pid - RIG_PID]);
	}
	return 0;
}
