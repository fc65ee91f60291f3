/* SPDX-License-Identifier: MIT */
/*
 * replay_log.c - read a log of events, and look whether it is whole.
 *
 * json-c takes a line apart; which members a kind of line has is a table, so
 * that one that is missing or of another type is told alike everywhere.
 *
 * Called by replay.c.  One thread, no locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "fs/cli/replay_log.h"
#include "fs/proc/machine_fs.h"
#include "fs/sandbox/oplog.h"

/* Which members a kind of line has. */
enum {
	M_OP = 1 << 0,
	M_FILE = 1 << 1, /* path, offset, uid, gid */
	M_TEXT = 1 << 2,
	M_SIZE = 1 << 3,
	M_PID = 1 << 4,
	M_AREA = 1 << 5,
	M_RESULT = 1 << 6,
	M_BEGINS = 1 << 7, /* op is the next number, else an earlier one */
};

static const struct {
	const char *name;
	unsigned members;
} kinds[REPLAY_NR_KINDS] = {
	[REPLAY_WRITE] = { "write", M_OP | M_BEGINS | M_FILE | M_TEXT },
	[REPLAY_READ] = { "read", M_OP | M_BEGINS | M_FILE | M_SIZE },
	[REPLAY_OPEN] = { "open", M_OP | M_BEGINS | M_FILE },
	[REPLAY_KILL] = { "kill", M_OP | M_BEGINS | M_PID },
	[REPLAY_SWAPON] = { "swapon", M_OP | M_BEGINS | M_AREA },
	[REPLAY_SWAPOFF] = { "swapoff", M_OP | M_BEGINS | M_AREA },
	[REPLAY_SWAPOFF_CANCEL] = { "swapoff_cancel",
				    M_OP | M_BEGINS | M_AREA },
	[REPLAY_INTERRUPT] = { "interrupt", M_OP },
	[REPLAY_CLOSE] = { "close", M_OP },
	[REPLAY_DONE] = { "done", M_OP | M_RESULT },
};

/* One line on its way into the log. */
struct reading {
	struct replay_log *log;
	struct json_object *o;
	unsigned line;
	int64_t seq;   /* of the line before */
};

void replay_complain(const struct replay_log *log, unsigned line,
		     const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "reclaimfs: %s:%u: ", log->name, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static int expected(const struct reading *r, const char *what)
{
	replay_complain(r->log, r->line, "expected %s", what);
	return -EINVAL;
}

/* Member @name as a number from @min to @max.  0, -ENOENT, or -EINVAL. */
static int look_number(const struct reading *r, const char *name, int64_t min,
		       int64_t max, int64_t *v)
{
	struct json_object *m;

	if (!json_object_object_get_ex(r->o, name, &m))
		return -ENOENT;
	*v = json_object_get_int64(m);
	if (json_object_is_type(m, json_type_int) && *v >= min && *v <= max)
		return 0;
	replay_complain(r->log, r->line,
			"\"%s\": not a number from %lld to %lld", name,
			(long long)min, (long long)max);
	return -EINVAL;
}

static int want_number(const struct reading *r, const char *name, int64_t min,
		       int64_t max, int64_t *v)
{
	int err = look_number(r, name, min, max, v);

	if (err == -ENOENT) {
		replay_complain(r->log, r->line, "expected \"%s\"", name);
		err = -EINVAL;
	}
	return err;
}

/* Characters up to U+00FF are bytes (oplog.h).  Their number, or -1. */
static ssize_t decode(char *to, const char *from, size_t len)
{
	const unsigned char *s = (const unsigned char *)from, *end = s + len;
	ssize_t n = 0;

	for (; s < end; n++) {
		if (*s < 0x80) {
			to[n] = (char)*s++;
		} else if ((*s == 0xc2 || *s == 0xc3) && s + 1 < end) {
			to[n] = (char)((*s & 3) << 6 | (s[1] & 0x3f));
			s += 2;
		} else {
			return -1;
		}
	}
	return n;
}

/* Member @name as bytes, with a NUL behind; @len may be NULL. */
static int want_text(const struct reading *r, const char *name, char **text,
		     size_t *len)
{
	struct json_object *m;
	ssize_t n;

	if (!json_object_object_get_ex(r->o, name, &m) ||
	    !json_object_is_type(m, json_type_string)) {
		replay_complain(r->log, r->line, "expected \"%s\", a text",
				name);
		return -EINVAL;
	}
	n = json_object_get_string_len(m);
	free(*text);
	*text = malloc((size_t)n + 1);
	if (!*text)
		return -ENOMEM;
	n = decode(*text, json_object_get_string(m), (size_t)n);
	if (n < 0) {
		replay_complain(r->log, r->line,
				"\"%s\": a character beyond \\u00ff", name);
		return -EINVAL;
	}
	(*text)[n] = '\0';
	if (len)
		*len = (size_t)n;
	return 0;
}

static int read_caller(const struct reading *r, struct replay_rec *rec)
{
	struct json_object *m;
	int64_t v;
	int err;

	err = want_text(r, "path", &rec->path, NULL);
	if (!err && rec->path[0] != '/')
		err = expected(r, "a path that begins with /");
	if (!err)
		err = want_number(r, "offset", 0, INT64_MAX, &rec->offset);
	if (!err)
		err = want_number(r, "uid", 0, UINT32_MAX, &v);
	if (err)
		return err;
	rec->uid = rec->opener = (uint32_t)v;
	err = want_number(r, "gid", 0, UINT32_MAX, &v);
	if (err)
		return err;
	rec->gid = (uint32_t)v;
	if (!look_number(r, "opener", 0, UINT32_MAX, &v))
		rec->opener = (uint32_t)v;
	if (!look_number(r, "of", 1, INT64_MAX, &v))
		rec->of = (uint64_t)v;
	rec->self = json_object_object_get_ex(r->o, "self", &m);
	return 0;
}

/* What the handler wanted to know of its caller. */
static int read_asked(const struct reading *r, struct replay_rec *rec)
{
	struct json_object *m;
	char *text = NULL;
	int err = 0;

	oplog_set_caps(&rec->asked, UINT64_MAX);
	if (json_object_object_get_ex(r->o, "comm", &m)) {
		err = want_text(r, "comm", &text, NULL);
		rec->want |= CRED_COMM;
		if (!err)
			snprintf(rec->asked.comm, VM_COMM_LEN, "%s", text);
	}
	if (!err && json_object_object_get_ex(r->o, "caps", &m)) {
		err = want_text(r, "caps", &text, NULL);
		rec->want |= CRED_CAPS;
		if (!err)
			oplog_set_caps(&rec->asked, strtoull(text, NULL, 16));
	}
	free(text);
	return err;
}

static int read_swap(const struct reading *r, struct replay_rec *rec)
{
	int64_t v;
	int err = want_number(r, "area", 0, VM_MAX_SWAPS - 1, &v);

	if (err)
		return err;
	rec->area = (int)v;
	err = want_number(r, "priority", INT32_MIN, INT32_MAX, &v);
	rec->priority = (int)v;
	return err;
}

/* Its number: the next one, or one that has been there. */
static int read_op(const struct reading *r, struct replay_rec *rec,
		   bool begins)
{
	struct replay_log *log = r->log;
	int64_t v;
	int err = want_number(r, "op", 1, INT64_MAX, &v);

	if (err)
		return err;
	rec->op = (uint64_t)v;
	if (begins && rec->op != log->nr_ops + 1)
		return expected(r, "the next number of an op");
	if (!begins && rec->op > log->nr_ops)
		return expected(r, "the number of an op that has begun");
	if (begins && rec->op > log->nr_ops)
		log->nr_ops = rec->op;
	return 0;
}

static int read_members(const struct reading *r, struct replay_rec *rec)
{
	const unsigned m = kinds[rec->kind].members;
	int64_t v = 0;
	int err;

	err = read_op(r, rec, m & M_BEGINS);
	if (!err && m & M_FILE)
		err = read_caller(r, rec);
	if (!err && m & M_TEXT)
		err = want_text(r, "text", &rec->text, &rec->len);
	if (!err && m & M_SIZE) {
		err = want_number(r, "size", 0, INT64_MAX, &v);
		rec->len = (size_t)v;
	}
	if (!err && m & M_PID) {
		err = want_number(r, "pid", 1, VM_MAX_PID, &v);
		rec->pid = (int)v;
	}
	if (!err && m & M_AREA)
		err = read_swap(r, rec);
	if (!err && m & M_RESULT)
		err = want_number(r, "result", INT64_MIN, INT64_MAX,
				  &rec->result);
	if (!err && m & M_RESULT)
		err = read_asked(r, rec);
	return err;
}

/* The kind of a line from outside; REPLAY_NR_KINDS if it is not. */
static enum replay_kind kind_of(const char *event)
{
	unsigned i;

	for (i = 0; i < REPLAY_NR_KINDS; i++)
		if (!strcmp(event, kinds[i].name))
			break;
	return i;
}

static struct replay_rec *add_rec(struct replay_log *log)
{
	struct replay_rec *more;

	if (log->nr_recs == log->room) {
		log->room = log->room ? 2 * log->room : 64;
		more = realloc(log->rec, log->room * sizeof(*more));
		if (!more)
			return NULL;
		log->rec = more;
	}
	more = &log->rec[log->nr_recs++];
	*more = (struct replay_rec){ .step = -1 };
	return more;
}

/* The machine has a word of its own for what a swapon or swapoff has done. */
static bool is_its_own(const struct reading *r, enum replay_kind kind)
{
	struct json_object *m;

	return kinds[kind].members & M_AREA &&
	       !json_object_object_get_ex(r->o, "op", &m);
}

static int read_rec(struct reading *r, const char *event)
{
	enum replay_kind kind = kind_of(event);
	struct replay_rec *rec;
	int err;

	if (kind == REPLAY_NR_KINDS || is_its_own(r, kind))
		return 0;
	rec = add_rec(r->log);
	if (!rec)
		return -ENOMEM;
	rec->kind = kind;
	rec->line = r->line;
	rec->time_ns = r->log->end_ns;
	err = look_number(r, "step", 0, INT64_MAX, &rec->step);
	if (err && err != -ENOENT)
		return err;
	return read_members(r, rec);
}

static int read_head(struct reading *r)
{
	struct replay_log *log = r->log;
	struct json_object *m;
	char *clock = NULL;
	int err;

	err = want_text(r, "version", &log->version, NULL);
	if (!err)
		err = want_text(r, "clock", &clock, NULL);
	if (!err)
		err = want_text(r, "text", &log->machine, NULL);
	log->live = clock && strcmp(clock, "virtual");
	log->inside = json_object_object_get_ex(r->o, "inside", &m);
	free(clock);
	return err;
}

/* No line is missing between this and the one before. */
static int read_seq(struct reading *r)
{
	struct json_object *m;
	int64_t seq;
	int err;

	if (json_object_object_get_ex(r->o, "lost", &m)) {
		replay_complain(r->log, r->line,
				"events are lost here: it cannot be played "
				"again");
		return -EINVAL;
	}
	err = want_number(r, "seq", 0, INT64_MAX, &seq);
	if (err)
		return err;
	if (seq <= r->seq) {
		replay_complain(r->log, r->line,
				"from here on it is the machine of a "
				"checkpoint: it cannot be played again");
		return -EINVAL;
	}
	if (seq != r->seq + 1) {
		replay_complain(r->log, r->line,
				"\"seq\":%lld: lines are missing, expected "
				"%lld", (long long)seq, (long long)r->seq + 1);
		return -EINVAL;
	}
	r->seq = seq;
	return 0;
}

static int read_object(struct reading *r)
{
	struct json_object *m;
	const char *event;
	int64_t v;
	int err;

	err = read_seq(r);
	if (!err)
		err = want_number(r, "time_ns", 0, INT64_MAX, &v);
	if (err)
		return err;
	r->log->end_ns = (uint64_t)v;
	if (!json_object_object_get_ex(r->o, "event", &m) ||
	    !json_object_is_type(m, json_type_string))
		return expected(r, "\"event\", a text");
	event = json_object_get_string(m);
	if (r->line > 1)
		return read_rec(r, event);
	if (strcmp(event, "machine"))
		return expected(r, "the machine in the first line of a log");
	return read_head(r);
}

static int read_line(struct reading *r, const char *text)
{
	struct json_tokener *tok = json_tokener_new_ex(8);
	size_t len = strlen(text);
	int err;

	if (!tok)
		return -ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	r->o = json_tokener_parse_ex(tok, text, (int)len);
	if (!r->o || json_tokener_get_parse_end(tok) < len ||
	    !json_object_is_type(r->o, json_type_object))
		err = expected(r, "a JSON object");
	else
		err = read_object(r);
	json_object_put(r->o);
	json_tokener_free(tok);
	return err;
}

/* Where the end of each op is. */
static int index_ends(struct replay_log *log)
{
	unsigned i;

	log->done = calloc(log->nr_ops + 1, sizeof(*log->done));
	if (!log->done)
		return -ENOMEM;
	for (i = 0; i < log->nr_recs; i++)
		if (log->rec[i].kind == REPLAY_DONE)
			log->done[log->rec[i].op] = i;
	return 0;
}

/* All of @f, with a NUL behind. */
static int slurp(struct replay_log *log, FILE *f, size_t *len)
{
	size_t size = 1u << 16, nr;
	char *more;

	for (*len = 0;; *len += nr) {
		if (!log->bytes || *len == size - 1) {
			size *= 2;
			more = size <= REPLAY_LOG_MAX ?
				       realloc(log->bytes, size) : NULL;
			if (!more)
				return -ENOMEM;
			log->bytes = more;
		}
		nr = fread(log->bytes + *len, 1, size - 1 - *len, f);
		if (!nr)
			break;
	}
	log->bytes[*len] = '\0';
	return ferror(f) ? -EIO : 0;
}

static int split(struct replay_log *log, size_t len)
{
	char *at, *end = log->bytes + len, *newline;
	size_t nr = 0;

	for (at = log->bytes; at < end; at++)
		nr += *at == '\n';
	log->line = calloc(nr + 1, sizeof(*log->line));
	if (!log->line)
		return -ENOMEM;
	for (at = log->bytes; at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		log->line[log->nr_lines++] = at;
		if (!newline || memchr(at, '\0', (size_t)(newline - at))) {
			replay_complain(log, log->nr_lines,
					"not a whole line of text");
			return -EINVAL;
		}
		*newline = '\0';
	}
	return 0;
}

static int read_all(struct replay_log *log, FILE *f)
{
	struct reading r = { .log = log, .line = 1, .seq = -1 };
	size_t len;
	int err = slurp(log, f, &len);

	if (!err)
		err = split(log, len);
	if (!err && !log->nr_lines)
		err = expected(&r, "the machine in the first line of a log");
	for (; !err && r.line <= log->nr_lines; r.line++)
		err = read_line(&r, log->line[r.line - 1]);
	return err ? err : index_ends(log);
}

int replay_log_read(struct replay_log *log, const char *name)
{
	FILE *f;
	int err;

	*log = (struct replay_log){ .name = name };
	f = fopen(name, "re");
	err = f ? read_all(log, f) : -errno;
	if (f)
		fclose(f);
	if (err && err != -EINVAL)
		fprintf(stderr, "reclaimfs: %s: %s\n", name, strerror(-err));
	return err;
}

void replay_log_free(struct replay_log *log)
{
	unsigned i;

	for (i = 0; i < log->nr_recs; i++) {
		free(log->rec[i].path);
		free(log->rec[i].text);
	}
	free(log->rec);
	free(log->done);
	free(log->machine);
	free(log->version);
	free(log->line);
	free(log->bytes);
}
