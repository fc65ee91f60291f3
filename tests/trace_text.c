/* SPDX-License-Identifier: MIT */
/*
 * trace_text.c - one line an event; see trace_text.h.
 *
 * Called by the harness's observer, with the engine's lock held: it only
 * formats.  A type that has no fields of its own prints its name and who did
 * it.
 */
#include "trace_text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const lru_name[VM_NR_LRU_LISTS] = {
	[VM_LRU_INACTIVE_ANON] = "inactive_anon",
	[VM_LRU_ACTIVE_ANON] = "active_anon",
	[VM_LRU_INACTIVE_FILE] = "inactive_file",
	[VM_LRU_ACTIVE_FILE] = "active_file",
	[VM_LRU_UNEVICTABLE] = "unevictable",
};

/* Scans: what was looked at and what came of it. */
static int scan_fields(char *text, size_t room, const struct vm_event *ev)
{
	const struct vm_ev_isolate *iso = &ev->isolate;
	const struct vm_ev_inactive *in = &ev->inactive;
	const struct vm_ev_active *act = &ev->active;

	switch (ev->type) {
	case VM_EV_LRU_ISOLATE:
		return snprintf(text, room,
				" lru=%s scanned=%" PRIu64 " taken=%" PRIu64,
				lru_name[iso->lru], iso->nr_scanned,
				iso->nr_taken);
	case VM_EV_SHRINK_INACTIVE:
		return snprintf(text, room,
				" nid=%d %s scanned=%" PRIu64
				" reclaimed=%" PRIu64 " dirty=%" PRIu64
				" keep=%" PRIu64 " priority=%d",
				ev->nid, in->file ? "file" : "anon",
				in->nr_scanned, in->nr_reclaimed, in->nr_dirty,
				in->nr_ref_keep, in->priority);
	case VM_EV_SHRINK_ACTIVE:
		return snprintf(text, room,
				" nid=%d %s taken=%" PRIu64
				" deactivated=%" PRIu64 " priority=%d",
				ev->nid, act->file ? "file" : "anon",
				act->nr_taken, act->nr_deactivated,
				act->priority);
	default:
		return 0;
	}
}

/* Who dies, and of what. */
static int oom_fields(char *text, size_t room, const struct vm_event *ev)
{
	if (ev->type == VM_EV_OOM_INVOKED)
		return snprintf(text, room, " by=%s order=%d constraint=%d",
				ev->comm, ev->order, ev->oom->constraint);
	return snprintf(text, room, " victim=%s adj=%d", ev->oom->victim.comm,
			ev->oom->victim.oom_score_adj);
}

static int fields(char *text, size_t room, const struct vm_event *ev)
{
	switch (ev->type) {
	case VM_EV_WAKEUP_KSWAPD:
	case VM_EV_KSWAPD_WAKE:
	case VM_EV_NODE_RECLAIM_BEGIN:
		return snprintf(text, room, " nid=%d order=%d", ev->nid,
				ev->order);
	case VM_EV_KSWAPD_SLEEP:
		return snprintf(text, room, " nid=%d", ev->nid);
	case VM_EV_DIRECT_RECLAIM_BEGIN:
		return snprintf(text, room, " by=%s order=%d", ev->comm,
				ev->order);
	case VM_EV_DIRECT_RECLAIM_END:
	case VM_EV_NODE_RECLAIM_END:
		return snprintf(text, room, " by=%s reclaimed=%" PRIu64,
				ev->comm, ev->nr_reclaimed);
	case VM_EV_LRU_ISOLATE:
	case VM_EV_SHRINK_INACTIVE:
	case VM_EV_SHRINK_ACTIVE:
		return scan_fields(text, room, ev);
	case VM_EV_THROTTLED:
		return snprintf(text, room, " nid=%d by=%s reason=%d", ev->nid,
				ev->comm, ev->throttle.reason);
	case VM_EV_OOM_INVOKED:
	case VM_EV_OOM_KILL:
	case VM_EV_OOM_REAPED:
		return oom_fields(text, room, ev);
	case VM_EV_OOM_PANIC:
		return snprintf(text, room, " reason=%d", ev->oom->panic);
	case VM_EV_SYSCTL:
		return snprintf(text, room, " %s=%s", ev->sysctl.name,
				ev->sysctl.new_text);
	case VM_EV_TASK_SPAWN:
	case VM_EV_TASK_EXIT:
	case VM_EV_DROP_CACHES:
	case VM_EV_OOM_SCORE_ADJ:
		return snprintf(text, room, " by=%s value=%" PRId64, ev->comm,
				ev->value);
	case VM_EV_FLUSHER:
		return snprintf(text, room, " reason=%d written=%" PRIu64,
				ev->flusher.reason, ev->nr_reclaimed);
	default:
		return snprintf(text, room, " by=%s", ev->comm);
	}
}

size_t trace_text(char *text, const struct vm_event *ev)
{
	int len = snprintf(text, TRACE_TEXT_MAX, "%s",
			   vm_event_type_name[ev->type]);

	len += fields(text + len, TRACE_TEXT_MAX - 1 - (size_t)len, ev);
	if (len > TRACE_TEXT_MAX - 2)
		len = TRACE_TEXT_MAX - 2;
	text[len] = '\n';
	text[len + 1] = '\0';
	return (size_t)len + 1;
}
