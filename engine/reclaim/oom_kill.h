/* SPDX-License-Identifier: MIT */
/*
 * oom_kill.h - the OOM killer (fact sheet H).
 *
 * Units: pages.  Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_OOM_KILL_H
#define ENGINE_RECLAIM_OOM_KILL_H

#include "memory/state.h"

/* The magic SysRq's request has no order. */
#define SYSRQ_ORDER (-1)

/* What a call to the killer knows of the request. */
struct oom_control {
	uint64_t nodemask; /* all ones: no policy */
	uint32_t gfp;
	int order;
	struct task *task; /* who asks */
};

/* H.3, pure.  @totalpages as constrained_alloc() counts them. */
int64_t calc_badness(uint64_t rss, uint64_t swapents, uint64_t pgtables_bytes,
		     int oom_score_adj, uint64_t totalpages);

/* H.4, pure: what /proc/[pid]/oom_score prints. */
int calc_oom_score(int64_t badness, uint64_t totalpages);

/* INT64_MIN: never. */
int64_t oom_badness(const struct vm *vm, const struct task *t,
		    uint64_t totalpages);

int oom_score(const struct vm *vm, const struct task *t);

/*
 * H.1.  True: progress (a victim was chosen, or is on its way out), the
 * request goes on.  May set vm->panicked.
 */
bool out_of_memory(struct vm *vm, const struct oom_control *oc);

/* SIGKILL to @t with access to reserves; H.5 step 3.  */
void mark_oom_victim(struct vm *vm, struct task *t);

/* Its memory is gone: other victims may be chosen (exit, reaper). */
void exit_oom_victim(struct vm *vm, struct task *t);

/* H.5: the reaper's turn; when it wants the next, or ACTOR_NEVER. */
uint64_t oom_reaper_step(struct vm *vm, uint64_t now_ns);

#endif
