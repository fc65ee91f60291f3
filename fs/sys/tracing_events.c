/* SPDX-License-Identifier: MIT */
/*
 * tracing_events.c - the tracepoints: their fields, their text.
 *
 * One row a tracepoint: what its format file says and how its line is put
 * together are next to each other, since scripts read the one to parse the
 * other (fact sheet L.2 and L.3).
 *
 * Called by tracing.c; calls put_gfp().  Pure but for the strbuf.  No locks.
 */
#include <string.h>

#include "fs/proc/gfp_text.h"
#include "fs/proc/proc.h"
#include "fs/sys/tracing.h"

#define F_INT(n)   { "int", n, 4, true }
#define F_SHORT(n) { "short", n, 2, true }
#define F_ULONG(n) { "unsigned long", n, 8, false }
#define F_UINT(n)  { "unsigned int", n, 4, false }
#define F_BOOL(n)  { "bool", n, 1, false }
#define F_PID(n)   { "pid_t", n, 4, true }
#define F_COMM(n)  { "char", n "[16]", 16, false }
#define F_STRING(n) { "__data_loc char[]", n, 4, false }

#define GFP_PRINT                                                              \
	"(REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "             \
	"{ (unsigned long) 3264, \"GFP_KERNEL\" }) : \"none\""

#define WB_PRINT                                                               \
	"(REC->reclaim_flags) ? __print_flags(REC->reclaim_flags, \"|\", "     \
	"{ 0x0001u, \"RECLAIM_WB_ANON\" }, { 0x0002u, \"RECLAIM_WB_FILE\" }, " \
	"{ 0x0010u, \"RECLAIM_WB_MIXED\" }, "                                  \
	"{ 0x0004u, \"RECLAIM_WB_SYNC\" }, "                                   \
	"{ 0x0008u, \"RECLAIM_WB_ASYNC\" }) : \"RECLAIM_WB_NONE\""

static const char *const lru_names[VM_NR_LRU_LISTS] = {
	[VM_LRU_INACTIVE_ANON] = "inactive_anon",
	[VM_LRU_ACTIVE_ANON] = "active_anon",
	[VM_LRU_INACTIVE_FILE] = "inactive_file",
	[VM_LRU_ACTIVE_FILE] = "active_file",
	[VM_LRU_UNEVICTABLE] = "unevictable",
};

static const char *const throttle_names[] = {
	[VM_THROTTLE_WRITEBACK] = "VMSCAN_THROTTLE_WRITEBACK",
	[VM_THROTTLE_ISOLATED] = "VMSCAN_THROTTLE_ISOLATED",
	[VM_THROTTLE_NOPROGRESS] = "VMSCAN_THROTTLE_NOPROGRESS",
	[VM_THROTTLE_CONGESTED] = "VMSCAN_THROTTLE_CONGESTED",
};

static void put_named(struct strbuf *sb, const char *name, int64_t value)
{
	strbuf_puts(sb, name);
	strbuf_i64(sb, value);
}

/* Counters may be larger than an int64_t only by being wrong. */
static void put_nr(struct strbuf *sb, const char *name, uint64_t value)
{
	strbuf_puts(sb, name);
	strbuf_u64(sb, value);
}

static void put_gfp_flags(struct strbuf *sb, uint32_t gfp)
{
	strbuf_puts(sb, " gfp_flags=");
	put_gfp(sb, gfp, "none");
}

static void put_wb_flags(struct strbuf *sb, bool file)
{
	strbuf_puts(sb, file ? " flags=RECLAIM_WB_FILE|RECLAIM_WB_ASYNC" :
			       " flags=RECLAIM_WB_ANON|RECLAIM_WB_ASYNC");
}

static void put_sleep(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "nid=", r->nid);
}

static void put_wake(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "nid=", r->nid);
	put_named(sb, " order=", r->order);
}

static void put_wakeup(struct strbuf *sb, const struct trace_rec *r)
{
	put_wake(sb, r);
	put_gfp_flags(sb, r->gfp);
}

static void put_begin(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "order=", r->order);
	put_gfp_flags(sb, r->gfp);
}

static void put_end(struct strbuf *sb, const struct trace_rec *r)
{
	put_nr(sb, "nr_reclaimed=", r->nr_reclaimed);
}

static void put_isolate(struct strbuf *sb, const struct trace_rec *r)
{
	const struct vm_ev_isolate *i = &r->isolate;

	put_named(sb, "classzone=", i->highest_zoneidx);
	put_named(sb, " order=", i->order);
	put_nr(sb, " nr_requested=", i->nr_requested);
	put_nr(sb, " nr_scanned=", i->nr_scanned);
	put_nr(sb, " nr_skipped=", i->nr_skipped);
	put_nr(sb, " nr_taken=", i->nr_taken);
	strbuf_puts(sb, " lru=");
	strbuf_puts(sb, lru_names[i->lru]);
}

static void put_inactive(struct strbuf *sb, const struct trace_rec *r)
{
	const struct vm_ev_inactive *i = &r->inactive;

	put_named(sb, "nid=", r->nid);
	put_nr(sb, " nr_scanned=", i->nr_scanned);
	put_nr(sb, " nr_reclaimed=", i->nr_reclaimed);
	put_nr(sb, " nr_dirty=", i->nr_dirty);
	put_nr(sb, " nr_writeback=", i->nr_writeback);
	put_nr(sb, " nr_congested=", i->nr_congested);
	put_nr(sb, " nr_immediate=", i->nr_immediate);
	put_nr(sb, " nr_activate_anon=", i->nr_activate_anon);
	put_nr(sb, " nr_activate_file=", i->nr_activate_file);
	put_nr(sb, " nr_ref_keep=", i->nr_ref_keep);
	put_nr(sb, " nr_unmap_fail=", i->nr_unmap_fail);
	put_named(sb, " priority=", i->priority);
	put_wb_flags(sb, i->file);
}

static void put_active(struct strbuf *sb, const struct trace_rec *r)
{
	const struct vm_ev_active *a = &r->active;

	put_named(sb, "nid=", r->nid);
	put_nr(sb, " nr_taken=", a->nr_taken);
	put_nr(sb, " nr_active=", a->nr_active);
	put_nr(sb, " nr_deactivated=", a->nr_deactivated);
	put_nr(sb, " nr_referenced=", a->nr_referenced);
	put_named(sb, " priority=", a->priority);
	put_wb_flags(sb, a->file);
}

/* The frame's descriptor: an address that says the frame, and no more. */
static void put_folio(struct strbuf *sb, const struct trace_rec *r)
{
	strbuf_puts(sb, "page=");
	strbuf_hex(sb, 0xffffea0000000000u + r->folio.pfn * 64, 16);
	strbuf_puts(sb, " pfn=0x");
	strbuf_hex(sb, r->folio.pfn, 0);
	put_wb_flags(sb, r->folio.file);
}

static void put_throttled(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "nid=", r->nid);
	put_nr(sb, " usec_timeout=", r->throttle.timeout_us);
	put_nr(sb, " usect_delayed=", r->throttle.delayed_us);
	strbuf_puts(sb, " reason=");
	strbuf_puts(sb, throttle_names[r->throttle.reason]);
}

static void put_retry(struct strbuf *sb, const struct trace_rec *r)
{
	const struct vm_ev_retry *t = &r->retry;

	put_named(sb, "node=", r->nid);
	strbuf_puts(sb, " zone=");
	strbuf_puts_left(sb, vm_zone_name[t->zone], 8);
	put_named(sb, " order=", r->order);
	put_nr(sb, " reclaimable=", t->reclaimable);
	put_nr(sb, " available=", t->available);
	put_nr(sb, " min_wmark=", t->min_wmark);
	put_named(sb, " no_progress_loops=", t->no_progress_loops);
	put_named(sb, " wmark_check=", t->wmark_check);
}

static void put_mark(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "pid=", r->mark.pid);
	strbuf_puts(sb, " comm=");
	strbuf_puts(sb, r->mark.comm);
	put_nr(sb, " total-vm=", r->mark.total_vm);
	put_nr(sb, "kB anon-rss=", r->mark.anon);
	put_nr(sb, "kB file-rss:", r->mark.file);
	put_nr(sb, "kB shmem-rss:", r->mark.shmem);
	put_nr(sb, "kB uid=", r->mark.uid);
	put_nr(sb, " pgtables=", r->mark.pgtables);
	put_named(sb, "kB oom_score_adj=", r->mark.oom_score_adj);
}

static void put_adj(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "pid=", r->pid);
	strbuf_puts(sb, " comm=");
	strbuf_puts(sb, r->comm);
	put_named(sb, " oom_score_adj=", r->value);
}

static void put_reaped(struct strbuf *sb, const struct trace_rec *r)
{
	put_named(sb, "pid=", r->mark.pid);
}

const struct trace_event_type trace_event_types[] = {
	{ "oom", "finish_task_reaping", VM_EV_OOM_REAPED, 301,
	  { F_INT("pid") },
	  "\"pid=%d\", REC->pid", put_reaped },
	{ "oom", "mark_victim", VM_EV_OOM_KILL, 302,
	  { F_INT("pid"), F_STRING("comm"), F_ULONG("total_vm"),
	    F_ULONG("anon_rss"), F_ULONG("file_rss"), F_ULONG("shmem_rss"),
	    { "uid_t", "uid", 4, false }, F_ULONG("pgtables"),
	    F_SHORT("oom_score_adj") },
	  "\"pid=%d comm=%s total-vm=%lukB anon-rss=%lukB file-rss:%lukB "
	  "shmem-rss:%lukB uid=%u pgtables=%lukB oom_score_adj=%hd\", "
	  "REC->pid, __get_str(comm), REC->total_vm, REC->anon_rss, "
	  "REC->file_rss, REC->shmem_rss, REC->uid, REC->pgtables, "
	  "REC->oom_score_adj", put_mark },
	{ "oom", "oom_score_adj_update", VM_EV_OOM_SCORE_ADJ, 303,
	  { F_PID("pid"), F_COMM("comm"), F_SHORT("oom_score_adj") },
	  "\"pid=%d comm=%s oom_score_adj=%hd\", REC->pid, REC->comm, "
	  "REC->oom_score_adj", put_adj },
	{ "oom", "reclaim_retry_zone", VM_EV_RECLAIM_RETRY_ZONE, 304,
	  { F_INT("node"), F_INT("zone_idx"), F_INT("order"),
	    F_ULONG("reclaimable"), F_ULONG("available"),
	    F_ULONG("min_wmark"), F_INT("no_progress_loops"),
	    F_BOOL("wmark_check") },
	  "\"node=%d zone=%-8s order=%d reclaimable=%lu available=%lu "
	  "min_wmark=%lu no_progress_loops=%d wmark_check=%d\", REC->node, "
	  "__print_symbolic(REC->zone_idx, { 0, \"DMA\" }, "
	  "{ 1, \"DMA32\" }, { 2, \"Normal\" }, { 3, \"Movable\" }, "
	  "{ 4, \"Device\" }), REC->order, REC->reclaimable, "
	  "REC->available, REC->min_wmark, REC->no_progress_loops, "
	  "REC->wmark_check", put_retry },
	{ "vmscan", "mm_vmscan_direct_reclaim_begin",
	  VM_EV_DIRECT_RECLAIM_BEGIN, 401,
	  { F_INT("order"), F_ULONG("gfp_flags") },
	  "\"order=%d gfp_flags=%s\", REC->order, " GFP_PRINT, put_begin },
	{ "vmscan", "mm_vmscan_direct_reclaim_end",
	  VM_EV_DIRECT_RECLAIM_END, 402,
	  { F_ULONG("nr_reclaimed") },
	  "\"nr_reclaimed=%lu\", REC->nr_reclaimed", put_end },
	{ "vmscan", "mm_vmscan_kswapd_sleep", VM_EV_KSWAPD_SLEEP, 403,
	  { F_INT("nid") },
	  "\"nid=%d\", REC->nid", put_sleep },
	{ "vmscan", "mm_vmscan_kswapd_wake", VM_EV_KSWAPD_WAKE, 404,
	  { F_INT("nid"), F_INT("zid"), F_INT("order") },
	  "\"nid=%d order=%d\", REC->nid, REC->order", put_wake },
	{ "vmscan", "mm_vmscan_lru_isolate", VM_EV_LRU_ISOLATE, 405,
	  { F_INT("highest_zoneidx"), F_INT("order"),
	    F_ULONG("nr_requested"), F_ULONG("nr_scanned"),
	    F_ULONG("nr_skipped"), F_ULONG("nr_taken"), F_INT("lru") },
	  "\"classzone=%d order=%d nr_requested=%lu nr_scanned=%lu "
	  "nr_skipped=%lu nr_taken=%lu lru=%s\", REC->highest_zoneidx, "
	  "REC->order, REC->nr_requested, REC->nr_scanned, "
	  "REC->nr_skipped, REC->nr_taken, __print_symbolic(REC->lru, "
	  "{ 0, \"inactive_anon\" }, { 1, \"active_anon\" }, "
	  "{ 2, \"inactive_file\" }, { 3, \"active_file\" }, "
	  "{ 4, \"unevictable\" })", put_isolate },
	{ "vmscan", "mm_vmscan_lru_shrink_active", VM_EV_SHRINK_ACTIVE, 406,
	  { F_INT("nid"), F_ULONG("nr_taken"), F_ULONG("nr_active"),
	    F_ULONG("nr_deactivated"), F_ULONG("nr_referenced"),
	    F_INT("priority"), F_INT("reclaim_flags") },
	  "\"nid=%d nr_taken=%ld nr_active=%ld nr_deactivated=%ld "
	  "nr_referenced=%ld priority=%d flags=%s\", REC->nid, "
	  "REC->nr_taken, REC->nr_active, REC->nr_deactivated, "
	  "REC->nr_referenced, REC->priority, " WB_PRINT, put_active },
	{ "vmscan", "mm_vmscan_lru_shrink_inactive",
	  VM_EV_SHRINK_INACTIVE, 407,
	  { F_INT("nid"), F_ULONG("nr_scanned"), F_ULONG("nr_reclaimed"),
	    F_ULONG("nr_dirty"), F_ULONG("nr_writeback"),
	    F_ULONG("nr_congested"), F_ULONG("nr_immediate"),
	    F_UINT("nr_activate0"), F_UINT("nr_activate1"),
	    F_ULONG("nr_ref_keep"), F_ULONG("nr_unmap_fail"),
	    F_INT("priority") },
	  "\"nid=%d nr_scanned=%ld nr_reclaimed=%ld nr_dirty=%ld "
	  "nr_writeback=%ld nr_congested=%ld nr_immediate=%ld "
	  "nr_activate_anon=%d nr_activate_file=%d nr_ref_keep=%ld "
	  "nr_unmap_fail=%ld priority=%d flags=%s\", REC->nid, "
	  "REC->nr_scanned, REC->nr_reclaimed, REC->nr_dirty, "
	  "REC->nr_writeback, REC->nr_congested, REC->nr_immediate, "
	  "REC->nr_activate0, REC->nr_activate1, REC->nr_ref_keep, "
	  "REC->nr_unmap_fail, REC->priority, " WB_PRINT, put_inactive },
	{ "vmscan", "mm_vmscan_node_reclaim_begin",
	  VM_EV_NODE_RECLAIM_BEGIN, 408,
	  { F_INT("nid"), F_INT("order"), F_ULONG("gfp_flags") },
	  "\"nid=%d order=%d gfp_flags=%s\", REC->nid, REC->order, "
	  GFP_PRINT, put_wakeup },
	{ "vmscan", "mm_vmscan_node_reclaim_end", VM_EV_NODE_RECLAIM_END, 409,
	  { F_ULONG("nr_reclaimed") },
	  "\"nr_reclaimed=%lu\", REC->nr_reclaimed", put_end },
	{ "vmscan", "mm_vmscan_throttled", VM_EV_THROTTLED, 410,
	  { F_INT("nid"), F_INT("usec_timeout"), F_INT("usec_delayed"),
	    F_INT("reason") },
	  "\"nid=%d usec_timeout=%d usect_delayed=%d reason=%s\", REC->nid, "
	  "REC->usec_timeout, REC->usec_delayed, "
	  "__print_flags(REC->reason, \"|\", "
	  "{ 1, \"VMSCAN_THROTTLE_WRITEBACK\" }, "
	  "{ 2, \"VMSCAN_THROTTLE_ISOLATED\" }, "
	  "{ 4, \"VMSCAN_THROTTLE_NOPROGRESS\" }, "
	  "{ 8, \"VMSCAN_THROTTLE_CONGESTED\" })", put_throttled },
	{ "vmscan", "mm_vmscan_wakeup_kswapd", VM_EV_WAKEUP_KSWAPD, 411,
	  { F_INT("nid"), F_INT("zid"), F_INT("order"),
	    F_ULONG("gfp_flags") },
	  "\"nid=%d order=%d gfp_flags=%s\", REC->nid, REC->order, "
	  GFP_PRINT, put_wakeup },
	{ "vmscan", "mm_vmscan_write_folio", VM_EV_WRITE_FOLIO, 412,
	  { F_ULONG("pfn"), F_INT("reclaim_flags") },
	  "\"page=%p pfn=0x%lx flags=%s\", (void *)REC->pfn, REC->pfn, "
	  WB_PRINT, put_folio },
};

const unsigned trace_nr_event_types = TREE_NR(trace_event_types);

void trace_put_line(struct strbuf *sb, const struct trace_event_type *t,
		    const struct trace_rec *r)
{
	uint64_t us = r->time_ns / 1000;

	/* in nobody's name (read ahead of who asked): as an interrupt's */
	strbuf_printf(sb, "%16s-%-7d [%03u] ..... ",
		      r->pid ? r->comm : "<idle>", r->pid, r->cpu);
	strbuf_u64_pad(sb, us / 1000000, 5);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, us % 1000000, 6);
	strbuf_puts(sb, ": ");
	strbuf_puts(sb, t->name);
	strbuf_puts(sb, ": ");
	t->put(sb, r);
	strbuf_putc(sb, '\n');
}

static void put_field(struct strbuf *sb, const struct trace_field *f,
		      unsigned offset)
{
	strbuf_printf(sb, "\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n",
		      f->type, f->name, offset, f->size, f->is_signed);
}

void trace_put_format(struct strbuf *sb, const struct trace_event_type *t)
{
	static const struct trace_field common[] = {
		{ "unsigned short", "common_type", 2, false },
		{ "unsigned char", "common_flags", 1, false },
		{ "unsigned char", "common_preempt_count", 1, false },
		{ "int", "common_pid", 4, true },
	};
	const struct trace_field *f;
	unsigned i, align, offset = 0;

	strbuf_printf(sb, "name: %s\nID: %u\nformat:\n", t->name, t->id);
	for (i = 0; i < TREE_NR(common); i++) {
		put_field(sb, &common[i], offset);
		offset += common[i].size;
	}
	strbuf_putc(sb, '\n');
	for (i = 0; i < TRACE_MAX_FIELDS && t->field[i].type; i++) {
		f = &t->field[i];
		/* an array of characters stands anywhere */
		align = f->size > 8 ? 1 : f->size;
		offset = (offset + align - 1) / align * align;
		put_field(sb, f, offset);
		offset += f->size;
	}
	strbuf_printf(sb, "\nprint fmt: %s\n", t->print);
}

static void copy_mark(struct trace_rec *r, const struct vm_ev_oom *oom)
{
	const struct vm_task_stat *v = &oom->victim;

	r->mark.pid = v->pid;
	r->mark.uid = v->uid;
	r->mark.oom_score_adj = v->oom_score_adj;
	memcpy(r->mark.comm, v->comm, sizeof(r->mark.comm));
	r->mark.total_vm = pages_to_kb(v->total_vm);
	r->mark.anon = pages_to_kb(v->rss_anon);
	r->mark.file = pages_to_kb(v->rss_file);
	r->mark.shmem = pages_to_kb(v->rss_shmem);
	r->mark.pgtables = v->pgtables_bytes / 1024;
}

void trace_copy(struct trace_rec *r, const struct vm_event *ev)
{
	r->time_ns = ev->time_ns;
	r->type = (uint16_t)ev->type;
	r->cpu = (uint16_t)ev->cpu;
	r->pid = ev->pid;
	memcpy(r->comm, ev->comm, sizeof(r->comm));
	r->nid = ev->nid;
	r->order = ev->order;
	r->gfp = ev->gfp;
	switch (ev->type) {
	case VM_EV_LRU_ISOLATE:
		r->isolate = ev->isolate;
		break;
	case VM_EV_SHRINK_INACTIVE:
		r->inactive = ev->inactive;
		break;
	case VM_EV_SHRINK_ACTIVE:
		r->active = ev->active;
		break;
	case VM_EV_RECLAIM_RETRY_ZONE:
		r->retry = ev->retry;
		break;
	case VM_EV_THROTTLED:
		r->throttle.reason = ev->throttle.reason;
		r->throttle.timeout_us = ev->throttle.timeout_us;
		r->throttle.delayed_us = ev->throttle.delayed_us;
		break;
	case VM_EV_WRITE_FOLIO:
		r->folio.pfn = ev->folio.pfn;
		r->folio.file = ev->folio.file;
		break;
	case VM_EV_OOM_KILL:
	case VM_EV_OOM_REAPED:
		copy_mark(r, ev->oom);
		break;
	case VM_EV_OOM_SCORE_ADJ:
		r->value = ev->value;
		break;
	default:
		r->nr_reclaimed = ev->nr_reclaimed;
	}
}

static void pack_isolate(struct pack *p, struct vm_ev_isolate *i)
{
	pack_int(p, &i->highest_zoneidx);
	pack_int(p, &i->order);
	pack_u64(p, &i->nr_requested);
	pack_u64(p, &i->nr_scanned);
	pack_u64(p, &i->nr_skipped);
	pack_u64(p, &i->nr_taken);
	i->lru = pack_index(p, i->lru, VM_NR_LRU_LISTS);
}

static void pack_inactive(struct pack *p, struct vm_ev_inactive *i)
{
	pack_u64(p, &i->nr_scanned);
	pack_u64(p, &i->nr_reclaimed);
	pack_u64(p, &i->nr_dirty);
	pack_u64(p, &i->nr_writeback);
	pack_u64(p, &i->nr_congested);
	pack_u64(p, &i->nr_immediate);
	pack_u64(p, &i->nr_activate_anon);
	pack_u64(p, &i->nr_activate_file);
	pack_u64(p, &i->nr_ref_keep);
	pack_u64(p, &i->nr_unmap_fail);
	pack_int(p, &i->priority);
	pack_bool(p, &i->file);
}

static void pack_active(struct pack *p, struct vm_ev_active *a)
{
	pack_u64(p, &a->nr_taken);
	pack_u64(p, &a->nr_active);
	pack_u64(p, &a->nr_deactivated);
	pack_u64(p, &a->nr_referenced);
	pack_int(p, &a->priority);
	pack_bool(p, &a->file);
}

static void pack_retry(struct pack *p, struct vm_ev_retry *t)
{
	t->zone = pack_index(p, t->zone, VM_NR_ZONES);
	pack_u64(p, &t->reclaimable);
	pack_u64(p, &t->available);
	pack_u64(p, &t->min_wmark);
	pack_int(p, &t->no_progress_loops);
	pack_bool(p, &t->wmark_check);
}

static void pack_throttle(struct pack *p, struct trace_rec *r)
{
	r->throttle.reason = (int)pack_index(p, (uint32_t)r->throttle.reason,
					     TREE_NR(throttle_names));
	pack_u64(p, &r->throttle.timeout_us);
	pack_u64(p, &r->throttle.delayed_us);
}

static void pack_oom_mark(struct pack *p, struct trace_rec *r)
{
	pack_int(p, &r->mark.pid);
	pack_int(p, &r->mark.oom_score_adj);
	pack_u32(p, &r->mark.uid);
	pack_text(p, r->mark.comm, VM_COMM_LEN);
	pack_u64(p, &r->mark.total_vm);
	pack_u64(p, &r->mark.anon);
	pack_u64(p, &r->mark.file);
	pack_u64(p, &r->mark.shmem);
	pack_u64(p, &r->mark.pgtables);
}

/* The member that trace_copy() filled in. */
static void pack_more(struct pack *p, struct trace_rec *r)
{
	switch ((enum vm_event_type)r->type) {
	case VM_EV_LRU_ISOLATE:
		pack_isolate(p, &r->isolate);
		break;
	case VM_EV_SHRINK_INACTIVE:
		pack_inactive(p, &r->inactive);
		break;
	case VM_EV_SHRINK_ACTIVE:
		pack_active(p, &r->active);
		break;
	case VM_EV_RECLAIM_RETRY_ZONE:
		pack_retry(p, &r->retry);
		break;
	case VM_EV_THROTTLED:
		pack_throttle(p, r);
		break;
	case VM_EV_WRITE_FOLIO:
		pack_u64(p, &r->folio.pfn);
		pack_bool(p, &r->folio.file);
		break;
	case VM_EV_OOM_KILL:
	case VM_EV_OOM_REAPED:
		pack_oom_mark(p, r);
		break;
	case VM_EV_OOM_SCORE_ADJ:
		pack_i64(p, &r->value);
		break;
	default:
		pack_u64(p, &r->nr_reclaimed);
	}
}

void trace_pack(struct pack *p, void *rec)
{
	struct trace_rec *r = rec;

	pack_u64(p, &r->time_ns);
	r->type = (uint16_t)pack_index(p, r->type, VM_NR_EVENT_TYPES);
	r->cpu = (uint16_t)pack_index(p, r->cpu, VM_MAX_CPUS);
	pack_int(p, &r->pid);
	pack_text(p, r->comm, VM_COMM_LEN);
	pack_int(p, &r->nid);
	pack_int(p, &r->order);
	pack_u32(p, &r->gfp);
	pack_more(p, r);
}
