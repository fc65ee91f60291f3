/* SPDX-License-Identifier: MIT */
/*
 * replay.c - `reclaimfs replay`: play a log of events again.
 *
 * Builds the machine of the log's first line and does to it what the other
 * lines say came from outside: each where it came, by virtual time and by
 * steps of the machine, through the same handlers, and without a mount.
 * Between them the machine goes its own way, which must be the way that the
 * log says.  What it says now is compared line by line, or written out.
 *
 * Calls replay_log.c, the server without its loop, the session's local
 * calls, the driver in replay.  One thread; no locks of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/background.h"
#include "fs/cli/cmd.h"
#include "fs/cli/replay_log.h"
#include "fs/cli/server.h"
#include "fs/conf/machine_conf.h"
#include "fs/conf/units.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/events.h"
#include "fs/sandbox/events_tail.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/file.h"
#include "fs/vfs/session.h"

/* A log of the live clock: how long to wait for the end of an op. */
#define LIVE_WAIT_NS  (600 * VM_SECOND)
#define LIVE_SLICE_NS (100 * VM_MILLISECOND)

static int replay_run(int argc, char **argv);

const struct cmd cmd_replay = {
	.name = "replay",
	.args = "[--check] [--to TIME] [-o FILE] LOG [MOUNTPOINT]",
	.summary = "play a log of events again",
	.help =
		"LOG is what --events of mount or run has written: the\n"
		"machine and what was done to it.  Without --check and\n"
		"MOUNTPOINT the events are printed as they come now.\n"
		"\n"
		"  --check      compare them: the first line that differs is\n"
		"               told, and the exit status is 1 then\n"
		"  --to TIME    only so far, 90s or 2.5 (seconds since boot)\n"
		"  -o FILE      the events go there\n"
		"  MOUNTPOINT   mount the machine as it stands at the end,\n"
		"               with the virtual clock\n"
		"  -f           with MOUNTPOINT: stay in the foreground\n"
		"\n"
		"Of a log that was written under the live clock the times are\n"
		"kept, but not what happened at once: it is no exact copy.\n",
	.run = replay_run,
};

enum { OPT_CHECK = 256, OPT_TO };

static const struct option long_options[] = {
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "foreground", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "to", required_argument, NULL, OPT_TO },
	{ NULL, 0, NULL, 0 },
};

struct replay {
	struct replay_log log;
	struct server sv;
	struct server_options options;
	bool check, foreground;
	uint64_t to_ns; /* UINT64_MAX: to the end */
	const char *output, *mountpoint;
	FILE *out; /* of the events, or NULL */
	unsigned at;	  /* lines that were the same so far */
	unsigned differs; /* the first line that was not; 0: none */
	bool *queued;	  /* [nr_ops + 1] begun, not ended */
};

/* --- what the machine says now ------------------------------------------- */

/* Whoever wrote the log may have been of another version. */
static const char *beyond_version(const char *line, unsigned nr)
{
	const char *at = nr ? NULL : strstr(line, "\"clock\":");

	return at ? at : line;
}

static void compare(struct replay *p, const char *line)
{
	const char *was;

	if (p->differs || p->at == p->log.nr_lines)
		return; /* a log that was cut off ends somewhere */
	was = beyond_version(p->log.line[p->at], p->at);
	if (!strcmp(was, beyond_version(line, p->at))) {
		p->at++;
		return;
	}
	p->differs = p->at + 1;
	if (p->check)
		replay_complain(&p->log, p->differs,
				"not the same; now it is\n%s", line);
}

/* The tail's sink. */
static int hear(void *arg, const char *lines, size_t len)
{
	struct replay *p = arg;
	const char *end = lines + len, *newline;
	char *line;

	if (p->out && fwrite(lines, 1, len, p->out) < len)
		return -EIO;
	for (; lines < end; lines = newline + 1) {
		newline = memchr(lines, '\n', (size_t)(end - lines));
		line = strndup(lines, (size_t)(newline - lines));
		if (!line)
			return -ENOMEM;
		compare(p, line);
		free(line);
	}
	return 0;
}

/* --- one line after the other -------------------------------------------- */

/* The machine cannot be brought to where @rec was. */
static int astray(struct replay *p, const struct replay_rec *rec,
		  const char *why)
{
	events_flush(p->sv.sandbox->events);
	if (!p->differs) {
		p->differs = rec->line;
		replay_complain(&p->log, rec->line,
				"%s: now it is at step %llu, %llu ns", why,
				(unsigned long long)vm_steps(p->sv.vm),
				(unsigned long long)vm_now_ns(p->sv.vm));
	}
	return -EIO;
}

/* Let the machine go to where @rec met it. */
static int seek(struct replay *p, const struct replay_rec *rec)
{
	struct vm *vm = p->sv.vm;
	uint64_t at = vm_steps(vm);

	if (rec->step < 0) {
		vm_run_until(vm, rec->time_ns, UINT64_MAX);
		return 0;
	}
	if ((uint64_t)rec->step > at)
		vm_run_until(vm, rec->time_ns, (uint64_t)rec->step - at);
	/* The rest of the time nobody did anything. */
	if (vm_steps(vm) == (uint64_t)rec->step &&
	    vm_now_ns(vm) < rec->time_ns)
		vm_run_until(vm, rec->time_ns, 1);
	if (vm_steps(vm) != (uint64_t)rec->step ||
	    vm_now_ns(vm) != rec->time_ns)
		return astray(p, rec, "the machine does not get there");
	return 0;
}

static const struct replay_rec *end_of(const struct replay *p, uint64_t op)
{
	return p->log.done[op] ? &p->log.rec[p->log.done[op]] : NULL;
}

/*
 * A file of a real process: nothing of the machine's, but the log has it.
 */
static int play_absent(struct replay *p, const struct replay_rec *rec,
		       const struct session_call *call, struct tree_req *who)
{
	const struct replay_rec *end = end_of(p, rec->op);

	if (!p->log.inside || !end)
		return astray(p, rec, "there is no such file");
	if (rec->self) {
		who->pid = 1; /* any, if it is its own */
		who->index[0] = 1;
	}
	oplog_watch.begin(p->sv.sandbox->ops, who, call);
	oplog_asked(p->sv.sandbox->ops, end->want, &end->asked);
	oplog_watch.end(p->sv.sandbox->ops, who, end->result);
	return 0;
}

static int play_call(struct replay *p, const struct replay_rec *rec)
{
	const struct session_call call = {
		.what = rec->kind == REPLAY_WRITE ? "write" :
			rec->kind == REPLAY_READ  ? "read" : "open",
		.path = rec->path,
		.text = rec->text,
		.len = rec->len,
		.offset = rec->offset,
		.opener = rec->opener,
		.kept_op = rec->of,
	};
	struct tree_req who = { .uid = rec->uid, .gid = rec->gid };
	const struct replay_rec *end = end_of(p, rec->op);
	uint64_t before = oplog_nr(p->sv.sandbox->ops);
	ssize_t n;

	if (rec->self)
		who.pid = SESSION_LOCAL_SELF;
	oplog_recall(p->sv.sandbox->ops, end ? &end->asked : NULL);
	n = session_local_call(p->sv.session, &call, &who);
	oplog_recall(p->sv.sandbox->ops, NULL);
	if (oplog_nr(p->sv.sandbox->ops) == before)
		return play_absent(p, rec, &call, &who);
	p->queued[rec->op] = n == FILE_QUEUED;
	return 0;
}

/* What `run` passed on. */
static int play_passed_on(struct replay *p, const struct replay_rec *rec)
{
	struct oplog *ops = p->sv.sandbox->ops;
	const uint32_t area = (uint32_t)rec->area;
	struct vm *vm = p->sv.vm;
	uint64_t op;
	int err = 0;

	if (rec->kind == REPLAY_KILL) {
		op = oplog_kill(ops, rec->pid);
		err = vm_task_kill(vm, rec->pid);
	} else if (rec->kind == REPLAY_SWAPON) {
		op = oplog_swap(ops, "swapon", area, rec->priority);
		err = vm_swapon(vm, area, rec->priority);
	} else if (rec->kind == REPLAY_SWAPOFF) {
		op = oplog_swap(ops, "swapoff", area, rec->priority);
		err = vm_swapoff(vm, area);
	} else {
		op = oplog_swap(ops, "swapoff_cancel", area, rec->priority);
		vm_swapoff_cancel(vm, area);
	}
	oplog_call_end(ops, op, err);
	return 0;
}

static int play_done(struct replay *p, const struct replay_rec *rec)
{
	struct driver *d = p->sv.sandbox->driver;
	const uint64_t limit = vm_now_ns(p->sv.vm) + LIVE_WAIT_NS;
	int err;

	if (!p->queued[rec->op])
		return 0; /* its handler has said so itself */
	for (;;) {
		err = driver_replay_done(d, rec->op, rec->result);
		if (!err || rec->step >= 0 || vm_now_ns(p->sv.vm) >= limit)
			break;
		vm_run_until(p->sv.vm, vm_now_ns(p->sv.vm) + LIVE_SLICE_NS, 1);
	}
	p->queued[rec->op] = err;
	return err ? astray(p, rec, "it is not through") : 0;
}

static int play_one(struct replay *p, const struct replay_rec *rec)
{
	int err = seek(p, rec);

	if (err)
		return err;
	switch (rec->kind) {
	case REPLAY_WRITE:
	case REPLAY_READ:
	case REPLAY_OPEN:
		return play_call(p, rec);
	case REPLAY_DONE:
		return play_done(p, rec);
	case REPLAY_INTERRUPT:
		if (session_local_interrupt(p->sv.session, rec->op))
			return astray(p, rec, "nobody waits for it");
		return 0;
	case REPLAY_CLOSE:
		if (session_local_close(p->sv.session, rec->op))
			return astray(p, rec, "no file is open by it");
		return 0;
	default:
		return play_passed_on(p, rec);
	}
}

static int play_all(struct replay *p)
{
	uint64_t end_ns = p->to_ns;
	unsigned i;
	int err = 0;

	for (i = 0; i < p->log.nr_recs && !err; i++) {
		if (p->log.rec[i].time_ns > p->to_ns)
			break;
		err = play_one(p, &p->log.rec[i]);
		if (p->check && p->differs)
			break;
	}
	if (end_ns == UINT64_MAX)
		end_ns = p->log.end_ns;
	if (!err && !p->differs && vm_now_ns(p->sv.vm) < end_ns)
		vm_run_until(p->sv.vm, end_ns, UINT64_MAX);
	return err;
}

/* --- the command --------------------------------------------------------- */

/* Lines up to --to that the machine has not said. */
static bool all_said(struct replay *p)
{
	if (p->differs)
		return false;
	if (p->at == p->log.nr_lines || p->to_ns != UINT64_MAX)
		return true;
	p->differs = p->at + 1;
	replay_complain(&p->log, p->differs, "now it does not come");
	return false;
}

/* Leave nothing behind that waits for a log; ops of one that was cut off. */
static void end_replay(struct replay *p)
{
	uint64_t op;

	for (op = 1; op <= p->log.nr_ops; op++)
		if (p->queued[op])
			session_local_interrupt(p->sv.session, op);
	driver_replay(p->sv.sandbox->driver, false);
}

static int play(struct replay *p)
{
	int err, code = CMD_FAIL;

	err = server_create(&p->sv, &p->options);
	if (err)
		return code;
	err = events_tail_create(&p->sv.tail, p->sv.sandbox->events, hear, p);
	if (err) {
		cmd_warn("events: %s", strerror(-err));
		return code;
	}
	driver_replay(p->sv.sandbox->driver, true);
	err = play_all(p);
	if (events_tail_destroy(p->sv.tail))
		cmd_warn("%s: %s", p->output ? p->output : "standard output",
			 "write error");
	else if (!err)
		code = CMD_OK;
	p->sv.tail = NULL;
	if (p->check && code == CMD_OK && all_said(p))
		printf("%llu operations, %u events: the same\n",
		       (unsigned long long)p->log.nr_ops, p->at);
	else if (p->check)
		code = CMD_FAIL;
	end_replay(p);
	return code;
}

static int serve(void *arg)
{
	struct replay *p = arg;
	int err = server_mount(&p->sv, p->mountpoint);

	if (!err)
		err = server_run(&p->sv);
	server_destroy(&p->sv);
	return err < 0 ? CMD_FAIL : CMD_OK;
}

static int play_and_mount(struct replay *p)
{
	int code;

	p->options.clock = VM_WORLD_SIM;
	p->options.ready = background_ready;
	p->options.was_inside = p->log.inside;
	code = play(p);
	if (code != CMD_OK || !p->mountpoint) {
		if (p->sv.sandbox)
			sandbox_stop(p->sv.sandbox);
		server_destroy(&p->sv);
	} else if (p->foreground) {
		code = serve(p);
	} else if (background(serve, p, &code)) {
		/* The machine is the child's now. */
		sandbox_stop(p->sv.sandbox);
		server_destroy(&p->sv);
	}
	return code;
}

/* The first line beyond which the log is not exact; 0: it is. */
static unsigned first_live(const struct replay_log *log)
{
	unsigned i;

	if (log->live)
		return 1;
	for (i = 0; i < log->nr_recs; i++)
		if (log->rec[i].step < 0)
			return log->rec[i].line;
	return 0;
}

/* CMD_OK, or nothing has been done. */
static int prepare(struct replay *p, const char *name)
{
	unsigned line;
	char *messages;
	int err = replay_log_read(&p->log, name);

	if (err)
		return err == -EINVAL ? CMD_USAGE : CMD_FAIL;
	line = first_live(&p->log);
	if (line)
		replay_complain(&p->log, line,
				"from here on under the live clock: %s",
				p->check ? "cannot be compared" :
					   "not an exact copy");
	if (line && p->check)
		return CMD_USAGE;
	p->queued = calloc(p->log.nr_ops + 1, sizeof(*p->queued));
	if (!p->queued) {
		cmd_warn("%s: %s", name, strerror(errno));
		return CMD_FAIL;
	}
	err = machine_conf_parse("machine", p->log.machine, &p->sv.machine,
				 &messages);
	if (err)
		replay_complain(&p->log, 1, "%s",
				messages ? messages : "out of memory");
	free(messages);
	return err ? CMD_USAGE : CMD_OK;
}

static bool open_output(struct replay *p)
{
	if (p->output)
		p->out = fopen(p->output, "we");
	else if (!p->check && !p->mountpoint)
		p->out = stdout;
	if (p->output && !p->out)
		cmd_warn("%s: %s", p->output, strerror(errno));
	return !p->output || p->out;
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct replay *p)
{
	int opt;

	p->to_ns = UINT64_MAX;
	while ((opt = getopt_long(argc, argv, "fho:", long_options, NULL)) !=
	       -1) {
		switch (opt) {
		case OPT_CHECK:
			p->check = true;
			break;
		case OPT_TO:
			if (!units_parse_sleep(optarg, &p->to_ns))
				break;
			cmd_warn("--to %s: expected a time such as 90s",
				 optarg);
			return CMD_USAGE;
		case 'f':
			p->foreground = true;
			break;
		case 'o':
			p->output = optarg;
			break;
		case 'h':
			return cmd_help(&cmd_replay);
		default:
			return cmd_usage(&cmd_replay);
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return cmd_usage(&cmd_replay);
	p->mountpoint = argv[optind + 1];
	return -1;
}

static int replay_run(int argc, char **argv)
{
	static struct replay p;
	char *path = NULL;
	int code;

	server_options_init(&p.options);
	code = parse(argc, argv, &p);
	if (code >= 0)
		return code;
	code = prepare(&p, argv[optind]);
	if (code == CMD_OK && p.mountpoint) {
		path = mount_path(p.mountpoint);
		p.mountpoint = path;
		code = path ? CMD_OK : CMD_FAIL;
	}
	if (code == CMD_OK && !open_output(&p))
		code = CMD_FAIL;
	if (code == CMD_OK)
		code = play_and_mount(&p);
	else
		vm_machine_fini(&p.sv.machine);
	if (p.out && p.out != stdout && fclose(p.out)) {
		cmd_warn("%s: %s", p.output, strerror(errno));
		code = code ? code : CMD_FAIL;
	}
	free(path);
	free(p.queued);
	replay_log_free(&p.log);
	return code;
}
