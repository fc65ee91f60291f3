/* SPDX-License-Identifier: MIT */
/*
 * tracing.h - MNT/sys/kernel/tracing: reclaim events as the kernel prints
 * them (fact sheet L).
 *
 *	trace		what the ring holds, with a header; a write clears it
 *	trace_pipe	the same as a stream that consumes; read and poll wait
 *	tracing_on	"1" or "0": does the ring take anything
 *	events/enable	events/{vmscan,oom}/enable: "0", "1", "X" for both
 *	events/SYSTEM/EVENT/{enable,format,id}
 *	available_events set_event available_tracers current_tracer
 *
 * The ring keeps TRACE_MAX events of all CPUs in the order they happened.
 * What a reader of trace_pipe has missed is told as the kernel does:
 * "CPU:0 [LOST 17 EVENTS]".
 *
 * No event is enabled at first; one that is not costs the observer a test of
 * a bit.  The events of L.2 that need what the engine does not have (memory
 * cgroups, compaction, shrinkers by function) are not there.
 *
 * Ownership: struct tracing belongs to the machine's files and is freed
 * after the observer has gone.  Locking: the ring's (fs/vfs/ring.h), taken
 * last: by tracing_add() below the engine's and by readers below the
 * session's.
 *
 * Source: kernel/trace/trace.c, kernel/trace/trace_events.c,
 * include/trace/events/{vmscan,oom}.h.
 */
#ifndef SYS_TRACING_H
#define SYS_TRACING_H

#include <stdbool.h>

#include <vm/trace.h>

#include "fs/vfs/file.h"
#include "fs/vfs/pack.h"

#define TRACE_MAX 65536u

struct tracing;

extern const struct tree_dir sys_tracing_dir;

/* 0 or -ENOMEM. */
int tracing_create(struct tracing **tp);
void tracing_destroy(struct tracing *t);

/* Keep @ev if it is enabled.  Quick; with the engine's lock held. */
void tracing_add(struct tracing *t, const struct vm_event *ev);

/* Save the switches and what the ring holds, or load into a new one. */
void tracing_pack(struct tracing *t, struct pack *p);

/* @t gets what @from has. */
void tracing_replace(struct tracing *t, struct tracing *from);

/* --- what follows is between tracing.c and tracing_events.c --- */

/* An event as the ring keeps it, with a copy of what it points to. */
struct trace_rec {
	uint64_t time_ns;
	uint16_t type; /* enum vm_event_type */
	uint16_t cpu;
	int pid;
	char comm[VM_COMM_LEN];
	int nid, order;
	uint32_t gfp;
	union {
		uint64_t nr_reclaimed;
		int64_t value;
		struct vm_ev_isolate isolate;
		struct vm_ev_inactive inactive;
		struct vm_ev_active active;
		struct vm_ev_retry retry;
		struct {
			int reason;
			uint64_t timeout_us, delayed_us;
		} throttle;
		struct {
			uint64_t pfn;
			bool file;
		} folio;
		struct { /* sizes in kB */
			int pid, oom_score_adj;
			uint32_t uid;
			char comm[VM_COMM_LEN];
			uint64_t total_vm, anon, file, shmem, pgtables;
		} mark;
	};
};

struct trace_field {
	const char *type; /* C declaration without the name */
	const char *name;
	uint8_t size;
	bool is_signed;
};

#define TRACE_MAX_FIELDS 12

/* A tracepoint.  Those of one system stand together, sorted by name. */
struct trace_event_type {
	const char *system, *name;
	enum vm_event_type type;
	unsigned id; /* of format and id; the numbers mean nothing */
	struct trace_field field[TRACE_MAX_FIELDS]; /* ends with a NULL type */
	const char *print; /* print fmt: as events/.../format has it */
	void (*put)(struct strbuf *sb, const struct trace_rec *r);
};

extern const struct trace_event_type trace_event_types[];
extern const unsigned trace_nr_event_types;

/* The whole line of @r, which is of type @t. */
void trace_put_line(struct strbuf *sb, const struct trace_event_type *t,
		    const struct trace_rec *r);

/* The text of format. */
void trace_put_format(struct strbuf *sb, const struct trace_event_type *t);

/* What of @ev its line needs, into a record that is zeroed. */
void trace_copy(struct trace_rec *r, const struct vm_event *ev);

/* Save or load the struct trace_rec @rec. */
void trace_pack(struct pack *p, void *rec);

#endif
