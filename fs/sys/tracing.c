/* SPDX-License-Identifier: MIT */
/*
 * tracing.c - MNT/sys/kernel/tracing: the ring, and the files about it.
 *
 * The observer copies an event that is enabled into the ring; text is made
 * when somebody reads.  `trace` shows what is there, trace_pipe takes it
 * away.  The events and their text are tracing_events.c's.
 *
 * Called by machine_fs's observer (tracing_add) and by the file layer under
 * the session's lock.  Locks: the ring's, the last of all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "fs/proc/machine_fs.h"
#include "fs/sys/sys.h"
#include "fs/sys/tracing.h"
#include "fs/vfs/ring.h"

struct tracing {
	struct ring ring;    /* of struct trace_rec */
	atomic_bool stopped; /* tracing_on is 0 */
	atomic_bool enabled[VM_NR_EVENT_TYPES];
};

int tracing_create(struct tracing **tp)
{
	struct tracing *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (ring_init(&t->ring, TRACE_MAX, sizeof(struct trace_rec))) {
		free(t);
		return -ENOMEM;
	}
	*tp = t;
	return 0;
}

void tracing_destroy(struct tracing *t)
{
	if (!t)
		return;
	ring_fini(&t->ring);
	free(t);
}

void tracing_add(struct tracing *t, const struct vm_event *ev)
{
	if (!atomic_load_explicit(&t->enabled[ev->type],
				  memory_order_relaxed) ||
	    atomic_load(&t->stopped))
		return;
	trace_copy(ring_add(&t->ring), ev);
	ring_added(&t->ring);
}

/* The switches; what is enabled, by name. */
static void switches_pack(struct tracing *t, struct pack *p)
{
	bool on = atomic_load(&t->stopped);
	unsigned i;

	pack_bool(p, &on);
	atomic_store(&t->stopped, on);
	pack_mark(p, VM_NR_EVENT_TYPES);
	for (i = 0; i < VM_NR_EVENT_TYPES; i++) {
		on = atomic_load(&t->enabled[i]);
		pack_bool(p, &on);
		atomic_store(&t->enabled[i], on);
	}
}

void tracing_pack(struct tracing *t, struct pack *p)
{
	switches_pack(t, p);
	ring_pack(&t->ring, p, trace_pack);
}

void tracing_replace(struct tracing *t, struct tracing *from)
{
	unsigned i;

	atomic_store(&t->stopped, atomic_load(&from->stopped));
	for (i = 0; i < VM_NR_EVENT_TYPES; i++)
		atomic_store(&t->enabled[i], atomic_load(&from->enabled[i]));
	ring_replace(&t->ring, &from->ring);
}

static struct tracing *tracing_of(const struct tree_req *rq)
{
	return machine_of(rq)->tracing;
}

static void put_rec(struct strbuf *sb, const struct trace_rec *r)
{
	unsigned i;

	for (i = 0; i < trace_nr_event_types; i++)
		if (trace_event_types[i].type == (enum vm_event_type)r->type)
			trace_put_line(sb, &trace_event_types[i], r);
}

/* --- trace --- */

static const char trace_head[] =
	"#                                _-----=> irqs-off/BH-disabled\n"
	"#                               / _----=> need-resched\n"
	"#                              | / _---=> hardirq/softirq\n"
	"#                              || / _--=> preempt-depth\n"
	"#                              ||| / _-=> migrate-disable\n"
	"#                              |||| /     delay\n"
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	"#              | |         |   |||||     |         |\n";

static int trace_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct ring *r = &tracing_of(rq)->ring;
	unsigned nr_cpus = machine_stat(rq)->nr_cpus;
	uint64_t seq;

	pthread_mutex_lock(&r->lock);
	strbuf_puts(sb, "# tracer: nop\n#\n# entries-in-buffer/"
			"entries-written: ");
	strbuf_u64(sb, r->next - r->first);
	strbuf_putc(sb, '/');
	strbuf_u64(sb, r->next - r->cleared);
	strbuf_puts(sb, "   #P:");
	strbuf_u64(sb, nr_cpus);
	strbuf_puts(sb, "\n#\n");
	strbuf_puts(sb, trace_head);
	for (seq = r->first; seq < r->next; seq++)
		put_rec(sb, ring_at(r, seq));
	pthread_mutex_unlock(&r->lock);
	return 0;
}

static int trace_open(struct tree_req *rq, int flags)
{
	if (flags & O_TRUNC && (flags & O_ACCMODE) != O_RDONLY)
		ring_clear(&tracing_of(rq)->ring);
	return 0;
}

/* Whatever is written: it is empty afterwards. */
static ssize_t trace_store(struct tree_req *rq, const char *text, size_t len,
			   off_t offset)
{
	(void)text;
	(void)offset;
	ring_clear(&tracing_of(rq)->ring);
	return (ssize_t)len;
}

static const struct file_ops trace_ops = {
	.open = trace_open,
	.truncates = true,
};

/* --- trace_pipe: a part of a line waits for who has it open --- */

static int pipe_open(struct tree_req *rq, int flags)
{
	struct strbuf *rest = calloc(1, sizeof(*rest));

	(void)flags;
	rq->file->priv = rest;
	return rest ? 0 : -ENOMEM;
}

static void pipe_release(struct tree_req *rq)
{
	strbuf_release(rq->file->priv);
	free(rq->file->priv);
}

static int pipe_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		     off_t offset)
{
	struct ring *ring = &tracing_of(rq)->ring;
	struct strbuf *rest = rq->file->priv;
	struct trace_rec r;
	uint64_t lost;
	size_t nr;

	(void)offset;
	while (rest->len < size && ring_take(ring, &r, &lost)) {
		if (lost)
			strbuf_printf(rest, "CPU:%u [LOST %llu EVENTS]\n",
				      r.cpu, (unsigned long long)lost);
		put_rec(rest, &r);
	}
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

static unsigned pipe_poll(struct tree_req *rq)
{
	const struct strbuf *rest = rq->file->priv;
	bool any = rest->len || ring_any(&tracing_of(rq)->ring);

	return any ? POLLIN | POLLRDNORM : 0;
}

static struct file_source *pipe_source(const struct tree_req *rq)
{
	return &tracing_of(rq)->ring.source;
}

static const struct file_ops pipe_ops = {
	.open = pipe_open,
	.release = pipe_release,
	.read = pipe_read,
	.poll = pipe_poll,
	.source = pipe_source,
};

/* --- switches --- */

/* "0" or "1", as the kernel's kstrtoul() takes them. */
static int parse_switch(const char *text, size_t len, bool *on)
{
	uint64_t value;
	int err = sys_parse_u64(text, len, &value);

	if (err)
		return err;
	if (value > 1)
		return -EINVAL;
	*on = value;
	return 0;
}

static int on_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, atomic_load(&tracing_of(rq)->stopped) ? "0\n" : "1\n");
	return 0;
}

static ssize_t on_store(struct tree_req *rq, const char *text, size_t len,
			off_t offset)
{
	uint64_t value;
	int err = sys_parse_u64(text, len, &value);

	(void)offset;
	if (err)
		return err;
	atomic_store(&tracing_of(rq)->stopped, !value);
	return (ssize_t)len;
}

/* All events of @system, or (NULL) all: "0", "1", or "X" for some. */
static int show_many(const struct tree_req *rq, struct strbuf *sb,
		     const char *system)
{
	struct tracing *t = tracing_of(rq);
	bool seen[2] = { false, false };
	unsigned i;

	for (i = 0; i < trace_nr_event_types; i++)
		if (!system || !strcmp(trace_event_types[i].system, system))
			seen[atomic_load(&t->enabled[
				trace_event_types[i].type])] = true;
	strbuf_puts(sb, seen[0] && seen[1] ? "X\n" : seen[1] ? "1\n" : "0\n");
	return 0;
}

/* A name of an event or of a system, or NULL for all. */
static bool switch_many(struct tracing *t, const char *system,
			const char *event, bool on)
{
	const struct trace_event_type *e;
	bool any = false;
	unsigned i;

	for (i = 0; i < trace_nr_event_types; i++) {
		e = &trace_event_types[i];
		if ((system && strcmp(e->system, system)) ||
		    (event && strcmp(e->name, event)))
			continue;
		atomic_store(&t->enabled[e->type], on);
		any = true;
	}
	return any;
}

static ssize_t store_many(struct tree_req *rq, const char *text, size_t len,
			  const char *system)
{
	bool on;
	int err = parse_switch(text, len, &on);

	if (err)
		return err;
	switch_many(tracing_of(rq), system, NULL, on);
	return (ssize_t)len;
}

static int all_show(const struct tree_req *rq, struct strbuf *sb)
{
	return show_many(rq, sb, NULL);
}

static ssize_t all_store(struct tree_req *rq, const char *text, size_t len,
			 off_t offset)
{
	(void)offset;
	return store_many(rq, text, len, NULL);
}

/* events/SYSTEM/enable: the entry says which. */
static int system_show(const struct tree_req *rq, struct strbuf *sb)
{
	return show_many(rq, sb, rq->entry->data);
}

static ssize_t system_store(struct tree_req *rq, const char *text, size_t len,
			    off_t offset)
{
	(void)offset;
	return store_many(rq, text, len, rq->entry->data);
}

/* --- one event --- */

static const struct trace_event_type *event_of(const struct tree_req *rq)
{
	return &trace_event_types[rq->index[0]];
}

static int enable_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct tracing *t = tracing_of(rq);

	strbuf_puts(sb, atomic_load(&t->enabled[event_of(rq)->type]) ?
				"1\n" : "0\n");
	return 0;
}

static ssize_t enable_store(struct tree_req *rq, const char *text, size_t len,
			    off_t offset)
{
	bool on;
	int err = parse_switch(text, len, &on);

	(void)offset;
	if (err)
		return err;
	atomic_store(&tracing_of(rq)->enabled[event_of(rq)->type], on);
	return (ssize_t)len;
}

static int format_show(const struct tree_req *rq, struct strbuf *sb)
{
	trace_put_format(sb, event_of(rq));
	return 0;
}

static int id_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, event_of(rq)->id);
	strbuf_putc(sb, '\n');
	return 0;
}

/* --- set_event: names, one a line --- */

static void put_name(struct strbuf *sb, const struct trace_event_type *e)
{
	strbuf_puts(sb, e->system);
	strbuf_putc(sb, ':');
	strbuf_puts(sb, e->name);
	strbuf_putc(sb, '\n');
}

static int available_show(const struct tree_req *rq, struct strbuf *sb)
{
	unsigned i;

	(void)rq;
	for (i = 0; i < trace_nr_event_types; i++)
		put_name(sb, &trace_event_types[i]);
	return 0;
}

static int set_event_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct tracing *t = tracing_of(rq);
	unsigned i;

	for (i = 0; i < trace_nr_event_types; i++)
		if (atomic_load(&t->enabled[trace_event_types[i].type]))
			put_name(sb, &trace_event_types[i]);
	return 0;
}

/* "vmscan:*", "vmscan:", "vmscan", "mm_vmscan_kswapd_wake", "*:*"; "!" off. */
static bool set_one(struct tracing *t, char *name)
{
	bool on = *name != '!';
	char *event;

	name += !on;
	event = strchr(name, ':');
	if (!event)
		return switch_many(t, name, NULL, on) ||
		       switch_many(t, NULL, name, on);
	*event++ = '\0';
	return switch_many(t, !*name || !strcmp(name, "*") ? NULL : name,
			   !*event || !strcmp(event, "*") ? NULL : event, on);
}

static ssize_t set_event_store(struct tree_req *rq, const char *text,
			       size_t len, off_t offset)
{
	char name[128];
	size_t n = len;

	(void)offset;
	while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (!n || n >= sizeof(name) || memchr(text, '\0', n))
		return -EINVAL;
	memcpy(name, text, n);
	name[n] = '\0';
	return set_one(tracing_of(rq), name) ? (ssize_t)len : -EINVAL;
}

static int set_event_open(struct tree_req *rq, int flags)
{
	if (flags & O_TRUNC && (flags & O_ACCMODE) != O_RDONLY)
		switch_many(tracing_of(rq), NULL, NULL, false);
	return 0;
}

static const struct file_ops set_event_ops = {
	.open = set_event_open,
	.truncates = true,
};

/* --- the tables --- */

static const struct tree_entry event_entries[] = {
	RW("enable", 0640, enable_show, enable_store),
	RO("format", 0440, format_show),
	RO("id", 0440, id_show),
};

static const struct tree_dir event_dir = { TREE_ENTRIES(event_entries) };

static int64_t find_event(const char *system, const char *name)
{
	unsigned i;

	for (i = 0; i < trace_nr_event_types; i++)
		if (!strcmp(trace_event_types[i].system, system) &&
		    !strcmp(trace_event_types[i].name, name))
			return i;
	return -ENOENT;
}

static int64_t next_event(const char *system, uint32_t from,
			  char name[TREE_NAME_LEN])
{
	for (; from < trace_nr_event_types; from++) {
		if (strcmp(trace_event_types[from].system, system))
			continue;
		memcpy(name, trace_event_types[from].name,
		       strlen(trace_event_types[from].name) + 1);
		return from;
	}
	return -1;
}

static int64_t oom_find(const struct tree_req *dir, const char *name)
{
	(void)dir;
	return find_event("oom", name);
}

static int64_t oom_next(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN])
{
	(void)dir;
	return next_event("oom", from, name);
}

static int64_t vmscan_find(const struct tree_req *dir, const char *name)
{
	(void)dir;
	return find_event("vmscan", name);
}

static int64_t vmscan_next(const struct tree_req *dir, uint32_t from,
			   char name[TREE_NAME_LEN])
{
	(void)dir;
	return next_event("vmscan", from, name);
}

#define EVENT_INDEX(f, n)                                                      \
	{ .entry = { .mode = S_IFDIR | 0750, .dir = &event_dir },              \
	  .find = f, .next = n, .stable = true }

static const struct tree_index oom_index = EVENT_INDEX(oom_find, oom_next);
static const struct tree_index vmscan_index = EVENT_INDEX(vmscan_find,
							  vmscan_next);
static const struct tree_index *const oom_indexes[] = { &oom_index };
static const struct tree_index *const vmscan_indexes[] = { &vmscan_index };

#define SYSTEM_ENABLE(s)                                                       \
	{ .name = "enable", .mode = S_IFREG | 0640, .show = system_show,       \
	  .store = system_store, .data = s }

static const struct tree_entry oom_entries[] = { SYSTEM_ENABLE("oom") };
static const struct tree_entry vmscan_entries[] = { SYSTEM_ENABLE("vmscan") };

static const struct tree_dir oom_dir = {
	TREE_ENTRIES(oom_entries), TREE_INDEXES(oom_indexes),
};

static const struct tree_dir vmscan_dir = {
	TREE_ENTRIES(vmscan_entries), TREE_INDEXES(vmscan_indexes),
};

static const struct tree_entry events_entries[] = {
	RW("enable", 0640, all_show, all_store),
	DIR("oom", 0750, &oom_dir),
	DIR("vmscan", 0750, &vmscan_dir),
};

static const struct tree_dir events_dir = { TREE_ENTRIES(events_entries) };

static const struct tree_entry tracing_entries[] = {
	RO("available_events", 0440, available_show),
	TEXT("available_tracers", 0440, "nop\n"),
	TEXT("current_tracer", 0440, "nop\n"),
	DIR("events", 0750, &events_dir),
	{ .name = "set_event", .mode = S_IFREG | 0640, .show = set_event_show,
	  .store = set_event_store, .ops = &set_event_ops },
	{ .name = "trace", .mode = S_IFREG | 0640, .show = trace_show,
	  .store = trace_store, .ops = &trace_ops },
	FOPS("trace_pipe", 0440, &pipe_ops),
	RW("tracing_on", 0640, on_show, on_store),
};

/* tracefs: files have no size. */
static const struct tree_rules tracing_rules = {
	.create = EACCES,
	.mkdir = EPERM,
	.remove = EPERM,
	.rename = EPERM,
	.chmod = EPERM,
	.no_op = EINVAL,
	.blksize = 4096,
};

const struct tree_dir sys_tracing_dir = {
	TREE_ENTRIES(tracing_entries),
	.rules = &tracing_rules,
};
