/* SPDX-License-Identifier: MIT */
/*
 * replay_log.h - a log of events, read to be played again.
 *
 * What `--events FILE` wrote, or a reader of sandbox/events who began with
 * the first line (fs/sandbox/oplog.h says what is in it).  All is looked at
 * before anything is done with it: a line that is no JSON object, a number
 * that is missing, an end of what never began, a text with characters that
 * are no bytes.  What the engine has said by itself is only counted.
 *
 * Errors: -EINVAL or -errno, and "LOG:line: message" on stderr.
 * Ownership: everything belongs to the struct, until replay_log_free().
 * Locking: none.
 */
#ifndef CLI_REPLAY_LOG_H
#define CLI_REPLAY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vm/task.h>

/* A log longer than this is not read. */
#define REPLAY_LOG_MAX (4ull << 30)

enum replay_kind {
	REPLAY_WRITE,
	REPLAY_READ,
	REPLAY_OPEN, /* truncated */
	REPLAY_KILL,
	REPLAY_SWAPON,
	REPLAY_SWAPOFF,
	REPLAY_SWAPOFF_CANCEL,
	REPLAY_INTERRUPT, /* of op */
	REPLAY_CLOSE,	  /* of op's file */
	REPLAY_DONE,	  /* op */
	REPLAY_NR_KINDS
};

/* A line from outside; which members mean something, the kind says. */
struct replay_rec {
	enum replay_kind kind;
	unsigned line; /* counted from 1 */
	uint64_t time_ns;
	int64_t step; /* -1: under the live clock */
	uint64_t op, of;
	char *path;
	char *text;
	size_t len; /* of text; READ: size */
	int64_t offset, result;
	bool self; /* the caller is what the path's number says */
	uint32_t uid, gid, opener;
	int pid; /* KILL */
	int area, priority;
	struct vm_cred asked; /* DONE: comm and capabilities */
	unsigned want; /* DONE: which of them were asked for, CRED_* */
};

struct replay_log {
	const char *name; /* borrowed */
	char *bytes;
	char **line; /* [nr_lines], NUL terminated, without their newline */
	unsigned nr_lines;
	struct replay_rec *rec; /* [nr_recs], as they came */
	unsigned nr_recs, room;
	unsigned *done; /* [nr_ops + 1]: which rec is an op's end; 0: none */
	uint64_t nr_ops;
	char *machine, *version;
	bool live;	 /* the clock was, at first */
	bool inside;	 /* real processes were in the machine */
	uint64_t end_ns; /* time of the last line */
};

int replay_log_read(struct replay_log *log, const char *name);
void replay_log_free(struct replay_log *log);

/* "reclaimfs: LOG:line: ..." on stderr. */
void replay_complain(const struct replay_log *log, unsigned line,
		     const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
