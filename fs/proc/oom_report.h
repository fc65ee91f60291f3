/* SPDX-License-Identifier: MIT */
/*
 * oom_report.h - the OOM killer's report, line by line (fact sheet H.6).
 *
 * Called by the observer, but for one: the engine's lock is held, so figures
 * come through the vm_*_locked() doors, and nothing here may wait.
 */
#ifndef PROC_OOM_REPORT_H
#define PROC_OOM_REPORT_H

#include <vm/trace.h>

struct machine_fs;

/* Lines 1 to 13: who asked, memory, tasks. */
void oom_report(struct machine_fs *mf, const struct vm_event *ev);

/*
 * "Mem-Info:" and what follows it, as SysRq-M shows it.  For a handler: takes
 * the engine's lock itself.
 */
void oom_report_memory(struct machine_fs *mf);

/* Lines 14 (if the report was printed) and 15. */
void oom_report_kill(struct machine_fs *mf, const struct vm_event *ev);

/* Line 16. */
void oom_report_reaped(struct machine_fs *mf, const struct vm_event *ev);

/* What follows the report if the machine halts (errata (a)21). */
void oom_report_panic(struct machine_fs *mf, const struct vm_event *ev);

/* "{comm}: page allocation failure: ..." and the memory lines (b)4. */
void oom_report_failure(struct machine_fs *mf, const struct vm_event *ev);

#endif
