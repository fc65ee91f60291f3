/* SPDX-License-Identifier: MIT */
/*
 * pressure.c - /proc/pressure/{cpu,io,memory}, fact sheet J.5.
 *
 * A read prints the averages.  A write arms the file's trigger; poll then
 * waits for POLLPRI.  While one is armed the machine reports every 50 ms that
 * time has passed (vm_psi_watch), and psi_triggers_observe() looks at it.
 *
 * Called through the table of /proc and by the observer.  Locks:
 * psi_triggers.lock guards the list and what hangs on it; taken after the
 * session's and the engine's lock, nothing is taken inside it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fs/proc/machine_fs.h"
#include "fs/proc/pressure.h"
#include "fs/proc/proc.h"

#define FIXED_SHIFT 11

/* A trigger on an open file. */
struct armed {
	struct armed *next;
	struct psi_trigger trigger;
	enum vm_psi_res res;
	bool event; /* since the last poll */
	struct file_source source;
};

struct psi_triggers {
	pthread_mutex_t lock;
	struct armed *first;
	_Atomic unsigned nr;
	_Atomic uint64_t next_look_us; /* the earliest of all */
	struct vm_stat stat; /* (observer) */
};

int psi_triggers_create(struct psi_triggers **tp)
{
	struct psi_triggers *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return -ENOMEM;
	pthread_mutex_init(&ts->lock, NULL);
	*tp = ts;
	return 0;
}

void psi_triggers_destroy(struct psi_triggers *ts)
{
	struct armed *a;

	if (!ts)
		return;
	while ((a = ts->first)) {
		ts->first = a->next;
		free(a);
	}
	pthread_mutex_destroy(&ts->lock);
	free(ts);
}

static uint64_t total_of(const struct vm_stat *s, const struct armed *a)
{
	const struct vm_psi *p = &s->psi[a->res];

	return a->trigger.full ? p->full_total_us : p->some_total_us;
}

/* Look at those whose time has come; the lock is held. */
static void look_at_all(struct psi_triggers *ts, const struct vm_stat *s)
{
	uint64_t now_us = s->now_ns / VM_MICROSECOND;
	uint64_t next = UINT64_MAX;
	struct armed *a;

	for (a = ts->first; a; a = a->next) {
		if (now_us >= a->trigger.next_look_us &&
		    psi_trigger_update(&a->trigger, now_us, total_of(s, a))) {
			a->event = true;
			file_source_wake(&a->source);
		}
		if (a->trigger.next_look_us < next)
			next = a->trigger.next_look_us;
	}
	atomic_store(&ts->next_look_us, next);
}

void psi_triggers_observe(struct psi_triggers *ts, struct vm *vm,
			  uint64_t now_ns)
{
	if (!atomic_load(&ts->nr) ||
	    now_ns / VM_MICROSECOND < atomic_load(&ts->next_look_us))
		return;
	vm_stat_get_locked(vm, &ts->stat);
	pthread_mutex_lock(&ts->lock);
	look_at_all(ts, &ts->stat);
	pthread_mutex_unlock(&ts->lock);
}

void psi_triggers_restart(struct psi_triggers *ts, struct vm *vm)
{
	struct vm_stat *s = malloc(sizeof(*s));
	struct armed *a;

	if (!s)
		return; /* those windows end when their time comes */
	vm_stat_get(vm, s);
	pthread_mutex_lock(&ts->lock);
	for (a = ts->first; a; a = a->next)
		psi_trigger_start(&a->trigger, s->now_ns / VM_MICROSECOND,
				  total_of(s, a));
	atomic_store(&ts->next_look_us, 0);
	pthread_mutex_unlock(&ts->lock);
	free(s);
}

static void put_average(struct strbuf *sb, const char *label, uint64_t v)
{
	uint64_t part = v & ((1u << FIXED_SHIFT) - 1);

	strbuf_puts(sb, label);
	strbuf_u64(sb, v >> FIXED_SHIFT);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, part * 100 >> FIXED_SHIFT, 2);
}

static void put_line(struct strbuf *sb, const char *kind, const uint64_t *avg,
		     uint64_t total_us)
{
	strbuf_puts(sb, kind);
	put_average(sb, " avg10=", avg[0]);
	put_average(sb, " avg60=", avg[1]);
	put_average(sb, " avg300=", avg[2]);
	strbuf_puts(sb, " total=");
	strbuf_u64(sb, total_us);
	strbuf_putc(sb, '\n');
}

static enum vm_psi_res res_of(const struct tree_req *rq)
{
	return *(const enum vm_psi_res *)rq->entry->data;
}

static int pressure_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_psi *p = &machine_stat(rq)->psi[res_of(rq)];

	put_line(sb, "some", p->some_avg, p->some_total_us);
	put_line(sb, "full", p->full_avg, p->full_total_us);
	return 0;
}

static ssize_t pressure_write(struct tree_req *rq, const char *text,
			      size_t len, off_t offset)
{
	struct psi_triggers *ts = machine_of(rq)->psi;
	const struct vm_stat *s;
	struct armed *a;
	int err;

	(void)offset;
	if (rq->file->priv)
		return -EBUSY;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	err = psi_trigger_parse(&a->trigger, text, len,
				rq->file->opener == 0);
	if (err) {
		free(a);
		return err;
	}
	a->res = res_of(rq);
	s = machine_stat(rq);
	psi_trigger_start(&a->trigger, s->now_ns / VM_MICROSECOND,
			  total_of(s, a));
	pthread_mutex_lock(&ts->lock);
	a->next = ts->first;
	ts->first = a;
	if (!atomic_fetch_add(&ts->nr, 1) ||
	    a->trigger.next_look_us < atomic_load(&ts->next_look_us))
		atomic_store(&ts->next_look_us, a->trigger.next_look_us);
	pthread_mutex_unlock(&ts->lock);
	vm_psi_watch(machine_of(rq)->vm, true);
	rq->file->priv = a;
	return (ssize_t)len;
}

static void pressure_release(struct tree_req *rq)
{
	struct psi_triggers *ts = machine_of(rq)->psi;
	struct armed *a = rq->file->priv;
	struct armed **at;
	bool last;

	if (!a)
		return;
	pthread_mutex_lock(&ts->lock);
	for (at = &ts->first; *at != a; at = &(*at)->next)
		;
	*at = a->next;
	last = atomic_fetch_sub(&ts->nr, 1) == 1;
	pthread_mutex_unlock(&ts->lock);
	if (last)
		vm_psi_watch(machine_of(rq)->vm, false);
	free(a);
}

/* Without a trigger there is nothing to wait for: an error at once. */
static unsigned pressure_poll(struct tree_req *rq)
{
	struct psi_triggers *ts = machine_of(rq)->psi;
	struct armed *a = rq->file->priv;
	unsigned mask = FILE_POLL_ALWAYS;

	if (!a)
		return mask | POLLERR | POLLPRI;
	pthread_mutex_lock(&ts->lock);
	if (a->event)
		mask |= POLLPRI;
	a->event = false;
	pthread_mutex_unlock(&ts->lock);
	return mask;
}

static struct file_source *pressure_source(const struct tree_req *rq)
{
	struct armed *a = rq->file->priv;

	return a ? &a->source : NULL;
}

static const struct file_ops pressure_ops = {
	.release = pressure_release,
	.write = pressure_write,
	.poll = pressure_poll,
	.source = pressure_source,
	.keeps = true,
};

static const enum vm_psi_res res_cpu = VM_PSI_CPU;
static const enum vm_psi_res res_io = VM_PSI_IO;
static const enum vm_psi_res res_memory = VM_PSI_MEM;

#define PRESSURE(n, r)                                                         \
	{ .name = n, .mode = S_IFREG | 0666, .show = pressure_show,            \
	  .ops = &pressure_ops, .data = &(r) }

static const struct tree_entry pressure_entries[] = {
	PRESSURE("cpu", res_cpu),
	PRESSURE("io", res_io),
	PRESSURE("memory", res_memory),
};

const struct tree_dir pressure_dir = { TREE_ENTRIES(pressure_entries) };
