/* SPDX-License-Identifier: MIT */
/*
 * oplog.c - what came from outside, in the log of events (oplog.h).
 *
 * A line is made when its call comes, kept here, and has its place among the
 * events by number; events.c asks for the text when somebody reads.
 *
 * Called by fs/vfs (the watch), driver.c, fs/cli (calls that are no writes)
 * and events.c.  Calls the engine for where the machine stands, events.c to
 * add a line.  Locks: see oplog.h; oplog.lock is never held around a call
 * out of here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/conf/machine_conf.h"
#include "fs/proc/machine_fs.h"
#include "fs/sandbox/events.h"
#include "fs/sandbox/oplog.h"
#include "fs/vfs/file.h"

/* As the kernel numbers them. */
#define CAP_SYS_RAWIO	 17
#define CAP_SYS_ADMIN	 21
#define CAP_SYS_RESOURCE 24

/* As many as the ring of events has places for. */
#define NR_LINES EVENTS_MAX

struct oplog {
	struct vm *vm;
	struct events *events;
	uint64_t nr_ops; /* (machine held) numbers given so far */
	/* (session) what the handler under way asked of its caller */
	unsigned wanted;
	struct vm_cred asked;
	const struct vm_cred *recalled; /* or NULL: look at the caller */
	pthread_mutex_t lock;
	char *line[NR_LINES]; /* NULL: gone, or never was */
	uint64_t first, next; /* number of the oldest line, of the next */
	size_t bytes;	      /* of all lines */
};

int oplog_create(struct oplog **lp, struct vm *vm, struct events *events)
{
	struct oplog *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->vm = vm;
	l->events = events;
	pthread_mutex_init(&l->lock, NULL);
	*lp = l;
	return 0;
}

/* The oldest goes; the lock is held. */
static void drop_first(struct oplog *l)
{
	char **line = &l->line[l->first++ % NR_LINES];

	if (*line)
		l->bytes -= strlen(*line);
	free(*line);
	*line = NULL;
}

void oplog_destroy(struct oplog *l)
{
	if (!l)
		return;
	while (l->first < l->next)
		drop_first(l);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static bool is_sim(struct oplog *l)
{
	return vm_world_kind(l->vm) == VM_WORLD_SIM;
}

static void put_text(struct strbuf *sb, const char *text, size_t len)
{
	size_t i;

	strbuf_putc(sb, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n') {
			strbuf_puts(sb, "\\n");
		} else if (c < ' ' || c > '~') {
			strbuf_puts(sb, "\\u");
			strbuf_hex(sb, c, 4);
		} else {
			if (c == '"' || c == '\\')
				strbuf_putc(sb, '\\');
			strbuf_putc(sb, (char)c);
		}
	}
	strbuf_putc(sb, '"');
}

static void put_number(struct strbuf *sb, const char *name, int64_t v)
{
	strbuf_puts(sb, ",\"");
	strbuf_puts(sb, name);
	strbuf_puts(sb, "\":");
	strbuf_i64(sb, v);
}

static void put_string(struct strbuf *sb, const char *name, const char *v)
{
	strbuf_puts(sb, ",\"");
	strbuf_puts(sb, name);
	strbuf_puts(sb, "\":");
	put_text(sb, v, strlen(v));
}

/* When and where it is, and what. */
static void begin_line(struct oplog *l, struct strbuf *sb, const char *what,
		       uint64_t op)
{
	strbuf_puts(sb, "\"time_ns\":");
	strbuf_u64(sb, vm_now_ns(l->vm));
	if (is_sim(l))
		put_number(sb, "step", (int64_t)vm_steps(l->vm));
	put_string(sb, "event", what);
	if (op)
		put_number(sb, "op", (int64_t)op);
}

/* Keep the line and put it among the events. */
static void end_line(struct oplog *l, struct strbuf *sb)
{
	char *line = strdup(strbuf_str(sb));
	uint64_t nr;

	if (strbuf_error(sb)) {
		free(line);
		line = NULL;
	}
	pthread_mutex_lock(&l->lock);
	if (l->next - l->first == NR_LINES)
		drop_first(l);
	nr = l->next++;
	l->line[nr % NR_LINES] = line;
	l->bytes += line ? strlen(line) : 0;
	pthread_mutex_unlock(&l->lock);
	strbuf_release(sb);
	events_add_op(l->events, vm_now_ns(l->vm), nr);
}

/* What is too much goes when those who want all have got it. */
static void trim(struct oplog *l)
{
	bool full;

	pthread_mutex_lock(&l->lock);
	full = l->bytes > OPLOG_BYTES_MAX;
	pthread_mutex_unlock(&l->lock);
	if (!full)
		return;
	events_flush(l->events);
	pthread_mutex_lock(&l->lock);
	while (l->bytes > OPLOG_BYTES_MAX)
		drop_first(l);
	pthread_mutex_unlock(&l->lock);
}

bool oplog_line(struct oplog *l, uint64_t nr, struct strbuf *sb)
{
	const char *line = NULL;

	pthread_mutex_lock(&l->lock);
	if (nr >= l->first && nr < l->next)
		line = l->line[nr % NR_LINES];
	if (line)
		strbuf_puts(sb, line);
	pthread_mutex_unlock(&l->lock);
	return line;
}

uint64_t oplog_nr(const struct oplog *l)
{
	return l->nr_ops;
}

void oplog_machine(struct oplog *l, const struct vm_machine *m, bool inside)
{
	struct strbuf sb = STRBUF_INIT;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return;
	if (machine_conf_write(m, f) | fclose(f)) {
		free(text);
		return;
	}
	begin_line(l, &sb, "machine", 0);
	put_string(&sb, "version", RECLAIMFS_VERSION);
	put_string(&sb, "clock", is_sim(l) ? "virtual" : "live");
	put_number(&sb, "rate", vm_rate(l->vm));
	if (inside)
		strbuf_puts(&sb, ",\"inside\":true");
	strbuf_puts(&sb, ",\"text\":");
	put_text(&sb, text, len);
	free(text);
	end_line(l, &sb);
}

/* Numbers of the host's processes are no part of a virtual run. */
static void put_caller(struct oplog *l, struct strbuf *sb,
		       const struct tree_req *rq)
{
	put_number(sb, "pid", is_sim(l) ? 1 : rq->pid);
	if (rq->pid > 0 && (uint32_t)rq->pid == rq->index[0])
		strbuf_puts(sb, ",\"self\":true");
	put_number(sb, "uid", rq->uid);
	put_number(sb, "gid", rq->gid);
}

static void on_begin(void *arg, struct tree_req *rq,
		     const struct session_call *call)
{
	struct strbuf sb = STRBUF_INIT;
	struct oplog *l = arg;

	vm_hold(l->vm);
	l->wanted = 0;
	rq->op = ++l->nr_ops;
	begin_line(l, &sb, call->what, rq->op);
	put_string(&sb, "path", call->path);
	put_number(&sb, "offset", call->offset);
	put_caller(l, &sb, rq);
	if (call->opener != rq->uid)
		put_number(&sb, "opener", call->opener);
	if (call->kept_op)
		put_number(&sb, "of", (int64_t)call->kept_op);
	if (call->text) {
		strbuf_puts(&sb, ",\"text\":");
		put_text(&sb, call->text, call->len);
	} else if (strcmp(call->what, "open")) {
		put_number(&sb, "size", (int64_t)call->len);
	}
	end_line(l, &sb);
	trim(l);
}

static void done(struct oplog *l, uint64_t op, ssize_t result, unsigned asked)
{
	struct strbuf sb = STRBUF_INIT;

	begin_line(l, &sb, "done", op);
	put_number(&sb, "result", result);
	if (asked & CRED_COMM)
		put_string(&sb, "comm", l->asked.comm);
	if (asked & CRED_CAPS) {
		strbuf_puts(&sb, ",\"caps\":\"");
		strbuf_hex(&sb, oplog_caps(&l->asked), 16);
		strbuf_putc(&sb, '"');
	}
	end_line(l, &sb);
	events_flush(l->events);
}

static void on_end(void *arg, struct tree_req *rq, ssize_t result)
{
	struct oplog *l = arg;

	if (result != FILE_QUEUED)
		done(l, rq->op, result, l->wanted);
	l->wanted = 0;
	vm_release(l->vm);
}

/* An op's wait, or the file that it lasted on, comes to its end. */
static void note_end(struct oplog *l, const char *what, uint64_t op,
		     bool begin)
{
	struct strbuf sb = STRBUF_INIT;

	if (!begin) {
		events_flush(l->events);
		vm_release(l->vm);
		return;
	}
	vm_hold(l->vm);
	begin_line(l, &sb, what, op);
	end_line(l, &sb);
}

static void on_interrupt(void *arg, uint64_t op, bool begin)
{
	note_end(arg, "interrupt", op, begin);
}

static void on_closed(void *arg, uint64_t op, bool begin)
{
	note_end(arg, "close", op, begin);
}

const struct session_watch oplog_watch = {
	.begin = on_begin,
	.end = on_end,
	.interrupt = on_interrupt,
	.closed = on_closed,
};

void oplog_done(struct oplog *l, uint64_t op, ssize_t result)
{
	if (l && op)
		done(l, op, result, 0);
}

uint64_t oplog_kill(struct oplog *l, int pid)
{
	struct strbuf sb = STRBUF_INIT;
	uint64_t op;

	vm_hold(l->vm);
	op = ++l->nr_ops;
	begin_line(l, &sb, "kill", op);
	put_number(&sb, "pid", pid);
	end_line(l, &sb);
	return op;
}

uint64_t oplog_swap(struct oplog *l, const char *what, uint32_t area,
		    int prio)
{
	struct strbuf sb = STRBUF_INIT;
	uint64_t op;

	vm_hold(l->vm);
	op = ++l->nr_ops;
	begin_line(l, &sb, what, op);
	put_number(&sb, "area", area);
	put_number(&sb, "priority", prio);
	end_line(l, &sb);
	return op;
}

void oplog_call_end(struct oplog *l, uint64_t op, int result)
{
	done(l, op, result, 0);
	vm_release(l->vm);
}

uint64_t oplog_caps(const struct vm_cred *who)
{
	return (uint64_t)who->cap_sys_rawio << CAP_SYS_RAWIO |
	       (uint64_t)who->cap_sys_admin << CAP_SYS_ADMIN |
	       (uint64_t)who->cap_sys_resource << CAP_SYS_RESOURCE;
}

void oplog_set_caps(struct vm_cred *who, uint64_t caps)
{
	who->cap_sys_rawio = caps >> CAP_SYS_RAWIO & 1;
	who->cap_sys_admin = caps >> CAP_SYS_ADMIN & 1;
	who->cap_sys_resource = caps >> CAP_SYS_RESOURCE & 1;
}

void oplog_asked(struct oplog *l, unsigned want, const struct vm_cred *who)
{
	l->wanted |= want;
	l->asked = *who;
}

bool oplog_recalls(const struct oplog *l, unsigned want, struct vm_cred *who)
{
	if (!l->recalled)
		return false;
	if (want & CRED_COMM)
		memcpy(who->comm, l->recalled->comm, sizeof(who->comm));
	if (want & CRED_CAPS)
		oplog_set_caps(who, oplog_caps(l->recalled));
	return true;
}

void oplog_recall(struct oplog *l, const struct vm_cred *who)
{
	l->recalled = who;
}

void oplog_pack(struct oplog *l, struct pack *p)
{
	uint64_t nr;

	pack_u64(p, &l->nr_ops);
	pack_u64(p, &l->first);
	pack_u64(p, &l->next);
	if (l->first > l->next || l->next - l->first > NR_LINES)
		pack_refuse(p);
	if (pack_error(p)) {
		l->first = l->next = 0;
		return;
	}
	for (nr = l->first; nr < l->next; nr++)
		pack_string(p, &l->line[nr % NR_LINES]);
	l->bytes = 0;
	for (nr = l->first; nr < l->next; nr++)
		if (l->line[nr % NR_LINES])
			l->bytes += strlen(l->line[nr % NR_LINES]);
}

void oplog_replace(struct oplog *l, struct oplog *from)
{
	uint64_t nr;

	pthread_mutex_lock(&l->lock);
	while (l->first < l->next)
		drop_first(l);
	for (nr = 0; nr < NR_LINES; nr++) {
		l->line[nr] = from->line[nr];
		from->line[nr] = NULL;
	}
	l->nr_ops = from->nr_ops;
	l->first = from->first;
	l->next = from->next;
	l->bytes = from->bytes;
	from->first = from->next;
	from->bytes = 0;
	pthread_mutex_unlock(&l->lock);
}
