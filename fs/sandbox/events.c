/* SPDX-License-Identifier: MIT */
/*
 * events.c - MNT/sandbox/events: what happens, one JSON object a line.
 *
 * The observer copies an event into a ring; text is made when somebody
 * reads, from copies, so that the engine's lock is held for a memcpy only.
 * What an event points to is copied as well, cut to what fits.  Which
 * members mean something for which event is one table.
 *
 * Called by machine_fs's observer (events_add) and by the file layer.
 * Locks: ring->lock, the last of all.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "fs/sandbox/events.h"
#include "fs/sandbox/events_tail.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/ring.h"

#define EVENT_TEXT_LEN 64
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* An event with a copy of what it points to. */
struct event_rec {
	enum vm_event_type type;
	uint64_t time_ns;
	int cpu, pid, nid, order;
	uint32_t gfp;
	char comm[VM_COMM_LEN];
	uint64_t nr_scanned, nr_reclaimed;
	int64_t value;
	union {
		struct { /* OOM */
			int victim_pid, oom_score, oom_score_adj;
			int constraint, panic;
			char victim_comm[VM_COMM_LEN];
			uint64_t anon, file, shmem, swap, pgtables_bytes;
		} oom;
		struct {
			char name[EVENT_TEXT_LEN];
			char was[EVENT_TEXT_LEN], is[EVENT_TEXT_LEN];
		} sysctl;
		struct {
			int pid;
			uint32_t uid;
			char comm[VM_COMM_LEN];
		} who;
		struct {
			int reason;
			uint64_t timeout_us, delayed_us;
		} throttle;
		struct {
			int zone, loops;
			uint64_t reclaimable, available, min_wmark;
			bool ok;
		} retry;
		struct {
			uint32_t disk;
			int reason;
		} flusher;
		struct {
			char path[VM_NAME_LEN];
			uint64_t pages;
			int priority;
		} swap;
	};
};

struct events {
	struct ring ring; /* of struct event_rec */
	struct oplog *ops; /* has the text of EVENT_OP, or NULL */
	struct events_tail *tail; /* or NULL */
	struct ring_place *tail_at;
};

/* A type beyond the engine's: line @value of the log of ops. */
#define EVENT_OP VM_NR_EVENT_TYPES

/* What an open file has read: events before @at, and a part of a line. */
struct events_reader {
	struct ring_place at;
	struct strbuf rest;
};

/* Which members of an event mean something. */
enum {
	F_NODE = 1 << 0,
	F_ORDER = 1 << 1,
	F_GFP = 1 << 2,
	F_RECLAIMED = 1 << 3,
	F_VALUE = 1 << 4,
	F_OOM = 1 << 5,
	F_SYSCTL = 1 << 6,
	F_WHO = 1 << 7,
	F_THROTTLE = 1 << 8,
	F_SWAP = 1 << 9,
	F_RETRY = 1 << 10,
	F_FLUSHER = 1 << 11,
	F_SCANNED = 1 << 12,
	F_KEPT = 1 << 13, /* in the ring at all */
};

static const unsigned fields[VM_NR_EVENT_TYPES + 1] = {
	[EVENT_OP] = F_KEPT,
	[VM_EV_WAKEUP_KSWAPD] = F_KEPT | F_NODE | F_ORDER | F_GFP,
	[VM_EV_KSWAPD_WAKE] = F_KEPT | F_NODE | F_ORDER,
	[VM_EV_KSWAPD_SLEEP] = F_KEPT | F_NODE,
	[VM_EV_DIRECT_RECLAIM_BEGIN] = F_KEPT | F_ORDER | F_GFP,
	[VM_EV_DIRECT_RECLAIM_END] = F_KEPT | F_RECLAIMED,
	[VM_EV_NODE_RECLAIM_BEGIN] = F_KEPT | F_NODE | F_ORDER | F_GFP,
	[VM_EV_NODE_RECLAIM_END] = F_KEPT | F_RECLAIMED,
	[VM_EV_SHRINK_SLAB] = F_KEPT | F_NODE | F_SCANNED | F_RECLAIMED,
	[VM_EV_THROTTLED] = F_KEPT | F_NODE | F_THROTTLE,
	[VM_EV_RECLAIM_RETRY_ZONE] = F_KEPT | F_NODE | F_ORDER | F_RETRY,
	[VM_EV_OOM_INVOKED] = F_KEPT | F_ORDER | F_GFP | F_OOM,
	[VM_EV_OOM_KILL] = F_KEPT | F_OOM,
	[VM_EV_OOM_REAPED] = F_KEPT | F_OOM,
	[VM_EV_OOM_PANIC] = F_KEPT | F_OOM,
	[VM_EV_PAGE_ALLOC_FAILURE] = F_KEPT | F_ORDER | F_GFP,
	[VM_EV_OOM_SCORE_ADJ] = F_KEPT | F_VALUE,
	[VM_EV_OOM_ADJ_DEPRECATED] = F_KEPT | F_WHO,
	[VM_EV_ENOMEM] = F_KEPT | F_VALUE,
	[VM_EV_TASK_SPAWN] = F_KEPT,
	[VM_EV_TASK_EXIT] = F_KEPT | F_VALUE,
	[VM_EV_SYSCTL] = F_KEPT | F_SYSCTL,
	[VM_EV_DROP_CACHES] = F_KEPT | F_VALUE | F_WHO,
	[VM_EV_NUMA_STAT] = F_KEPT | F_VALUE,
	[VM_EV_ZONELIST_ORDER] = F_KEPT | F_SYSCTL,
	[VM_EV_SYSCTL_POS] = F_KEPT | F_SYSCTL,
	[VM_EV_SWAPON] = F_KEPT | F_SWAP,
	[VM_EV_SWAPOFF] = F_KEPT | F_SWAP,
	[VM_EV_FLUSHER] = F_KEPT | F_RECLAIMED | F_FLUSHER,
};

static const char *const throttle_names[] = {
	[VM_THROTTLE_WRITEBACK] = "writeback",
	[VM_THROTTLE_ISOLATED] = "isolated",
	[VM_THROTTLE_NOPROGRESS] = "noprogress",
	[VM_THROTTLE_CONGESTED] = "congested",
};

static const char *const wb_names[] = {
	[VM_WB_BACKGROUND] = "background",
	[VM_WB_PERIODIC] = "periodic",
	[VM_WB_VMSCAN] = "vmscan",
	[VM_WB_SYNC] = "sync",
};

static const char *const constraint_names[] = {
	[VM_CONSTRAINT_NONE] = "none",
	[VM_CONSTRAINT_CPUSET] = "cpuset",
	[VM_CONSTRAINT_MEMORY_POLICY] = "memory-policy",
};

int events_create(struct events **ep)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (ring_init(&e->ring, EVENTS_MAX, sizeof(struct event_rec))) {
		free(e);
		return -ENOMEM;
	}
	*ep = e;
	return 0;
}

void events_destroy(struct events *e)
{
	if (!e)
		return;
	ring_fini(&e->ring);
	free(e);
}

/* @from cut to what fits; NULL is the empty text. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t len = from ? strnlen(from, size - 1) : 0;

	if (len)
		memcpy(to, from, len);
	to[len] = '\0';
}

static void copy_oom(struct event_rec *r, const struct vm_ev_oom *oom)
{
	const struct vm_task_stat *v = &oom->victim;

	r->oom.victim_pid = v->pid;
	r->oom.oom_score = v->oom_score;
	r->oom.oom_score_adj = v->oom_score_adj;
	r->oom.constraint = oom->constraint;
	r->oom.panic = oom->panic;
	copy_text(r->oom.victim_comm, VM_COMM_LEN, v->comm);
	r->oom.anon = v->rss_anon;
	r->oom.file = v->rss_file;
	r->oom.shmem = v->rss_shmem;
	r->oom.swap = v->swapents;
	r->oom.pgtables_bytes = v->pgtables_bytes;
}

static void copy_more(struct event_rec *r, const struct vm_event *ev)
{
	unsigned f = fields[ev->type];

	if (f & F_OOM && ev->oom) {
		copy_oom(r, ev->oom);
	} else if (f & F_SYSCTL) {
		copy_text(r->sysctl.name, EVENT_TEXT_LEN, ev->sysctl.name);
		copy_text(r->sysctl.was, EVENT_TEXT_LEN, ev->sysctl.old_text);
		copy_text(r->sysctl.is, EVENT_TEXT_LEN, ev->sysctl.new_text);
	} else if (f & F_WHO && ev->who) {
		r->who.pid = ev->who->pid;
		r->who.uid = ev->who->uid;
		copy_text(r->who.comm, VM_COMM_LEN, ev->who->comm);
	} else if (f & F_THROTTLE) {
		r->throttle.reason = ev->throttle.reason;
		r->throttle.timeout_us = ev->throttle.timeout_us;
		r->throttle.delayed_us = ev->throttle.delayed_us;
	} else if (f & F_RETRY) {
		r->retry.zone = ev->retry.zone;
		r->retry.loops = ev->retry.no_progress_loops;
		r->retry.reclaimable = ev->retry.reclaimable;
		r->retry.available = ev->retry.available;
		r->retry.min_wmark = ev->retry.min_wmark;
		r->retry.ok = ev->retry.wmark_check;
	} else if (f & F_FLUSHER) {
		r->flusher.disk = ev->flusher.disk;
		r->flusher.reason = ev->flusher.reason;
	} else if (f & F_SWAP) {
		copy_text(r->swap.path, VM_NAME_LEN, ev->swap.path);
		r->swap.pages = ev->swap.pages;
		r->swap.priority = ev->swap.priority;
	}
}

void events_add(struct events *e, const struct vm_event *ev)
{
	struct event_rec *r;

	if (!(fields[ev->type] & F_KEPT))
		return;
	if (e->tail)
		events_tail_room(e->tail);
	r = ring_add(&e->ring);
	r->type = ev->type;
	r->time_ns = ev->time_ns;
	r->cpu = ev->cpu;
	r->pid = ev->pid;
	r->nid = ev->nid;
	r->order = ev->order;
	r->gfp = ev->gfp;
	r->nr_scanned = ev->nr_scanned;
	r->nr_reclaimed = ev->nr_reclaimed;
	r->value = ev->value;
	copy_text(r->comm, VM_COMM_LEN, ev->comm);
	copy_more(r, ev);
	ring_added(&e->ring);
	if (e->tail)
		events_tail_added(e->tail);
}

void events_add_op(struct events *e, uint64_t time_ns, uint64_t nr)
{
	struct event_rec *r;

	if (e->tail)
		events_tail_room(e->tail);
	r = ring_add(&e->ring);
	r->type = EVENT_OP;
	r->time_ns = time_ns;
	r->value = (int64_t)nr;
	ring_added(&e->ring);
	if (e->tail)
		events_tail_added(e->tail);
}

void events_set_oplog(struct events *e, struct oplog *l)
{
	e->ops = l;
}

void events_set_tail(struct events *e, struct events_tail *t,
		     struct ring_place *at)
{
	if (t)
		ring_begin(&e->ring, at);
	e->tail_at = at;
	e->tail = t;
}

void events_flush(struct events *e)
{
	if (e->tail)
		events_tail_drain(e->tail);
}

/* --- saved and brought back --- */

static void pack_oom(struct pack *p, struct event_rec *r)
{
	pack_int(p, &r->oom.victim_pid);
	pack_int(p, &r->oom.oom_score);
	pack_int(p, &r->oom.oom_score_adj);
	r->oom.constraint = (int)pack_index(p, (uint32_t)r->oom.constraint,
					    COUNT(constraint_names));
	pack_int(p, &r->oom.panic);
	pack_text(p, r->oom.victim_comm, VM_COMM_LEN);
	pack_u64(p, &r->oom.anon);
	pack_u64(p, &r->oom.file);
	pack_u64(p, &r->oom.shmem);
	pack_u64(p, &r->oom.swap);
	pack_u64(p, &r->oom.pgtables_bytes);
}

static void pack_retry(struct pack *p, struct event_rec *r)
{
	r->retry.zone = (int)pack_index(p, (uint32_t)r->retry.zone,
					VM_NR_ZONES);
	pack_int(p, &r->retry.loops);
	pack_u64(p, &r->retry.reclaimable);
	pack_u64(p, &r->retry.available);
	pack_u64(p, &r->retry.min_wmark);
	pack_bool(p, &r->retry.ok);
}

static void pack_throttle(struct pack *p, struct event_rec *r)
{
	r->throttle.reason = (int)pack_index(p, (uint32_t)r->throttle.reason,
					     COUNT(throttle_names));
	pack_u64(p, &r->throttle.timeout_us);
	pack_u64(p, &r->throttle.delayed_us);
}

/* What only some events have; as put_more(). */
static void pack_more(struct pack *p, struct event_rec *r, unsigned f)
{
	if (f & F_OOM) {
		pack_oom(p, r);
	} else if (f & F_SYSCTL) {
		pack_text(p, r->sysctl.name, EVENT_TEXT_LEN);
		pack_text(p, r->sysctl.was, EVENT_TEXT_LEN);
		pack_text(p, r->sysctl.is, EVENT_TEXT_LEN);
	} else if (f & F_WHO) {
		pack_int(p, &r->who.pid);
		pack_u32(p, &r->who.uid);
		pack_text(p, r->who.comm, VM_COMM_LEN);
	} else if (f & F_THROTTLE) {
		pack_throttle(p, r);
	} else if (f & F_RETRY) {
		pack_retry(p, r);
	} else if (f & F_FLUSHER) {
		pack_u32(p, &r->flusher.disk);
		r->flusher.reason = (int)pack_index(
			p, (uint32_t)r->flusher.reason, COUNT(wb_names));
	} else if (f & F_SWAP) {
		pack_text(p, r->swap.path, VM_NAME_LEN);
		pack_u64(p, &r->swap.pages);
		pack_int(p, &r->swap.priority);
	}
}

static void rec_pack(struct pack *p, void *rec)
{
	struct event_rec *r = rec;

	r->type = pack_index(p, r->type, VM_NR_EVENT_TYPES + 1);
	pack_u64(p, &r->time_ns);
	pack_int(p, &r->cpu);
	pack_int(p, &r->pid);
	pack_int(p, &r->nid);
	pack_int(p, &r->order);
	pack_u32(p, &r->gfp);
	pack_text(p, r->comm, VM_COMM_LEN);
	pack_u64(p, &r->nr_scanned);
	pack_u64(p, &r->nr_reclaimed);
	pack_i64(p, &r->value);
	pack_more(p, r, fields[r->type]);
}

void events_pack(struct events *e, struct pack *p)
{
	ring_pack(&e->ring, p, rec_pack);
}

void events_replace(struct events *e, struct events *from)
{
	events_flush(e);
	ring_replace(&e->ring, &from->ring);
	events_flush(e); /* he sees the end of one log and goes on */
}

static void put_int(struct json_object *o, const char *name, int64_t v)
{
	json_object_object_add(o, name, json_object_new_int64(v));
}

static void put_text(struct json_object *o, const char *name, const char *v)
{
	json_object_object_add(o, name, json_object_new_string(v));
}

static void put_oom(struct json_object *o, const struct event_rec *r)
{
	put_text(o, "constraint", constraint_names[r->oom.constraint]);
	if (r->oom.panic)
		put_int(o, "panic", r->oom.panic);
	if (!r->oom.victim_pid)
		return;
	put_int(o, "victim_pid", r->oom.victim_pid);
	put_text(o, "victim_comm", r->oom.victim_comm);
	put_int(o, "oom_score", r->oom.oom_score);
	put_int(o, "oom_score_adj", r->oom.oom_score_adj);
	put_int(o, "anon_pages", (int64_t)r->oom.anon);
	put_int(o, "file_pages", (int64_t)r->oom.file);
	put_int(o, "shmem_pages", (int64_t)r->oom.shmem);
	put_int(o, "swap_pages", (int64_t)r->oom.swap);
	put_int(o, "pgtables_bytes", (int64_t)r->oom.pgtables_bytes);
}

static void put_retry(struct json_object *o, const struct event_rec *r)
{
	put_text(o, "zone", vm_zone_name[r->retry.zone]);
	put_int(o, "reclaimable", (int64_t)r->retry.reclaimable);
	put_int(o, "available", (int64_t)r->retry.available);
	put_int(o, "min_wmark", (int64_t)r->retry.min_wmark);
	put_int(o, "no_progress_loops", r->retry.loops);
	json_object_object_add(o, "wmark_check",
			       json_object_new_boolean(r->retry.ok));
}

/* The members that only some events have. */
static void put_more(struct json_object *o, const struct event_rec *r,
		     unsigned f)
{
	if (f & F_OOM) {
		put_oom(o, r);
	} else if (f & F_SYSCTL) {
		put_text(o, "name", r->sysctl.name);
		put_text(o, "old", r->sysctl.was);
		put_text(o, "new", r->sysctl.is);
	} else if (f & F_WHO) {
		put_int(o, "by_pid", r->who.pid);
		put_int(o, "by_uid", r->who.uid);
		put_text(o, "by_comm", r->who.comm);
	} else if (f & F_THROTTLE) {
		put_text(o, "reason", throttle_names[r->throttle.reason]);
		put_int(o, "timeout_us", (int64_t)r->throttle.timeout_us);
		put_int(o, "delayed_us", (int64_t)r->throttle.delayed_us);
	} else if (f & F_RETRY) {
		put_retry(o, r);
	} else if (f & F_FLUSHER) {
		put_int(o, "disk", r->flusher.disk);
		put_text(o, "reason", wb_names[r->flusher.reason]);
	} else if (f & F_SWAP) {
		put_text(o, "path", r->swap.path);
		put_int(o, "pages", (int64_t)r->swap.pages);
		put_int(o, "priority", r->swap.priority);
	}
}

static void put_event(struct json_object *o, const struct event_rec *r)
{
	unsigned f = fields[r->type];

	put_int(o, "time_ns", (int64_t)r->time_ns);
	put_text(o, "event", vm_event_type_name[r->type]);
	put_int(o, "cpu", r->cpu);
	put_int(o, "pid", r->pid);
	put_text(o, "comm", r->comm);
	if (f & F_NODE)
		put_int(o, "node", r->nid);
	if (f & F_ORDER)
		put_int(o, "order", r->order);
	if (f & F_GFP)
		put_int(o, "gfp", r->gfp);
	if (f & F_SCANNED)
		put_int(o, "nr_scanned", (int64_t)r->nr_scanned);
	if (f & F_RECLAIMED)
		put_int(o, "nr_reclaimed", (int64_t)r->nr_reclaimed);
	if (f & F_VALUE)
		put_int(o, "value", r->value);
	put_more(o, r, f);
}

/* One line: @r with its number or, if that is NULL, how many were lost. */
static void put_line(struct strbuf *sb, const struct event_rec *r, uint64_t n)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return;
	put_int(o, r ? "seq" : "lost", (int64_t)n);
	if (r)
		put_event(o, r);
	strbuf_puts(sb, json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PLAIN |
					   JSON_C_TO_STRING_NOSLASHESCAPE));
	strbuf_putc(sb, '\n');
	json_object_put(o);
}

/* As oplog.c has it; what it has not any more is as if pushed out. */
static void put_op(struct events *e, struct strbuf *sb,
		   const struct event_rec *r, uint64_t seq)
{
	DECLARE_STRBUF(line, 1024);

	if (!e->ops || !oplog_line(e->ops, (uint64_t)r->value, &line)) {
		put_line(sb, NULL, 1);
		return;
	}
	strbuf_puts(sb, "{\"seq\":");
	strbuf_u64(sb, seq);
	strbuf_putc(sb, ',');
	strbuf_push(sb, line.bytes, line.len);
	strbuf_puts(sb, "}\n");
	strbuf_release(&line);
}

bool events_line(struct events *e, struct ring_place *at, struct strbuf *sb)
{
	struct event_rec r;
	uint64_t seq;

	switch (ring_next(&e->ring, at, &r, &seq)) {
	case RING_NOTHING:
		return false;
	case RING_GAP:
		/* The tail has seen all of what another log now replaces. */
		if (at == e->tail_at)
			ring_skip(&e->ring, at);
		else
			put_line(sb, NULL, seq);
		return true;
	case RING_RECORD:
		break;
	}
	if (r.type == EVENT_OP)
		put_op(e, sb, &r, seq);
	else
		put_line(sb, &r, seq);
	return true;
}

static int events_open(struct tree_req *rq, int flags)
{
	struct events *e = sandbox_of(rq)->events;
	struct events_reader *reader = calloc(1, sizeof(*reader));

	(void)flags;
	if (!reader)
		return -ENOMEM;
	ring_begin(&e->ring, &reader->at);
	rq->file->priv = reader;
	return 0;
}

static void events_release(struct tree_req *rq)
{
	struct events_reader *reader = rq->file->priv;

	strbuf_release(&reader->rest);
	free(reader);
}

/* Whole lines until @size is full; what does not fit waits in the reader. */
static int events_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		       off_t offset)
{
	struct events_reader *reader = rq->file->priv;
	struct strbuf *rest = &reader->rest;
	struct events *e = sandbox_of(rq)->events;
	size_t nr;

	(void)offset;
	events_flush(e);
	while (rest->len < size && events_line(e, &reader->at, rest))
		;
	if (strbuf_error(rest))
		return strbuf_error(rest);
	if (!rest->len)
		return -EAGAIN;
	nr = rest->len < size ? rest->len : size;
	strbuf_push(sb, rest->bytes, nr);
	memmove(rest->bytes, rest->bytes + nr, rest->len - nr);
	rest->len -= nr;
	return 0;
}

static unsigned events_poll(struct tree_req *rq)
{
	struct events_reader *reader = rq->file->priv;
	bool any = reader->rest.len ||
		   ring_more(&sandbox_of(rq)->events->ring, &reader->at);

	return any ? POLLIN | POLLRDNORM : 0;
}

static struct file_source *events_source(const struct tree_req *rq)
{
	return &sandbox_of(rq)->events->ring.source;
}

const struct file_ops events_ops = {
	.open = events_open,
	.release = events_release,
	.read = events_read,
	.poll = events_poll,
	.source = events_source,
};
