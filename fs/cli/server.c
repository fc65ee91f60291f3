/* SPDX-License-Identifier: MIT */
/*
 * server.c - a machine and its mount in one process.
 *
 * Assembles the floors: the engine, the files' shared state, the sandbox's
 * controls, the FUSE session; and takes them down in the opposite order.
 * Called by mount.c and run.c, in the process that is going to serve.
 *
 * One thread until server_run(); no locks of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/cli/harden.h"
#include "fs/cli/placeholders.h"
#include "fs/cli/real_tasks.h"
#include "fs/cli/server.h"
#include "fs/cli/syscalls.h"
#include "fs/conf/units.h"
#include "fs/proc/host.h"
#include "fs/proc/kernel_ctl.h"
#include "fs/proc/machine_fs.h"
#include "fs/root.h"
#include "fs/sandbox/clock.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/events_tail.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/refused.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/session.h"

/* One option of a list never needs more. */
#define OPTION_LEN 256
/* What is larger is mapped, bytes: glibc's own choice at the start. */
#define MAPPED_FROM (128 << 10)

void server_options_init(struct server_options *o)
{
	memset(o, 0, sizeof(*o));
	o->clock = VM_WORLD_THREADS;
	o->rate = VM_RATE_ONE;
	o->checkpoints = -1;
	o->events_fd = -1;
}

int server_open_events(struct server_options *o, const char *path)
{
	int err;

	if (o->events_fd >= 0)
		close(o->events_fd);
	/* A pipe whose reader sleeps must not stop the machine. */
	o->events_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
				  O_NONBLOCK, 0666);
	if (o->events_fd >= 0)
		return 0;
	err = -errno;
	cmd_warn("%s: %s", path, err == -ENXIO ?
		 "expected a file, or a pipe that somebody reads" :
		 strerror(errno));
	return err;
}

static int bad_value(const char *option, const char *want)
{
	cmd_warn("-o %s: expected %s", option, want);
	return -EINVAL;
}

static int set_clock(struct server_options *o, const char *option,
		     const char *value)
{
	if (!strcmp(value, "virtual"))
		o->clock = VM_WORLD_SIM;
	else if (!strcmp(value, "live"))
		o->clock = VM_WORLD_THREADS;
	else
		return bad_value(option, "clock=live or clock=virtual");
	return 0;
}

static int set_rate(struct server_options *o, const char *option,
		    const char *value)
{
	o->rate_given = true;
	if (clock_parse_rate(value, &o->rate))
		return bad_value(option, "rate=0.1 to rate=1000, or rate=max");
	return 0;
}

static int set_seed(struct server_options *o, const char *option,
		    const char *value)
{
	o->seed_given = true;
	if (units_parse_u64(value, &o->seed) || o->seed > INT64_MAX)
		return bad_value(option, "seed=0 to seed=9223372036854775807");
	return 0;
}

static int set_paused(struct server_options *o, const char *option,
		      const char *value)
{
	(void)option;
	(void)value;
	o->paused = true;
	return 0;
}

int server_options_checkpoints(struct server_options *o, const char *dir)
{
	if (o->checkpoints >= 0)
		close(o->checkpoints);
	/* Now: later names lead elsewhere. */
	o->checkpoints = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->checkpoints < 0) {
		cmd_warn("%s: %s", dir, strerror(errno));
		return -EINVAL;
	}
	checkpoint_sweep(o->checkpoints);
	return 0;
}

static int set_checkpoints(struct server_options *o, const char *option,
			   const char *value)
{
	if (!*value)
		return bad_value(option, "checkpoints=DIR");
	return server_options_checkpoints(o, value);
}

static const struct {
	const char *prefix; /* with its "=" if it has a value */
	int (*set)(struct server_options *o, const char *option,
		   const char *value);
} our_options[] = {
	{ "checkpoints=", set_checkpoints },
	{ "clock=", set_clock },
	{ "paused", set_paused },
	{ "rate=", set_rate },
	{ "seed=", set_seed },
};

static int pass_on(struct server_options *o, const char *option)
{
	size_t used = strlen(o->fuse_opts), len = strlen(option);

	if (used + len + 2 > sizeof(o->fuse_opts)) {
		cmd_warn("-o: too many options for FUSE, expected at most %zu "
			 "characters", sizeof(o->fuse_opts) - 1);
		return -EINVAL;
	}
	snprintf(o->fuse_opts + used, sizeof(o->fuse_opts) - used, "%s%s",
		 used ? "," : "", option);
	return 0;
}

static int add_one(struct server_options *o, const char *option)
{
	const char *prefix;
	size_t i, len;

	for (i = 0; i < sizeof(our_options) / sizeof(our_options[0]); i++) {
		prefix = our_options[i].prefix;
		len = strlen(prefix);
		if (strncmp(option, prefix, len))
			continue;
		if (prefix[len - 1] != '=' && option[len])
			continue;
		return our_options[i].set(o, option, option + len);
	}
	return pass_on(o, option);
}

int server_options_add(struct server_options *o, const char *list)
{
	char option[OPTION_LEN];
	size_t len;
	int err;

	while (*list) {
		len = strcspn(list, ",");
		if (len >= sizeof(option)) {
			cmd_warn("-o %.40s...: %zu characters, expected at "
				 "most %zu", list, len, sizeof(option) - 1);
			return -EINVAL;
		}
		memcpy(option, list, len);
		option[len] = '\0';
		err = len ? add_one(o, option) : 0;
		if (err)
			return err;
		list += len + (list[len] == ',');
	}
	return 0;
}

int server_options_check(const struct server_options *o)
{
	if (o->restore && o->seed_given) {
		cmd_warn("-o seed: expected without --restore; a checkpoint "
			 "has its own");
		return -EINVAL;
	}
	if (o->clock != VM_WORLD_SIM || (!o->rate_given && !o->paused))
		return 0;
	cmd_warn("-o %s: expected clock=live with it; a virtual clock moves "
		 "only when told to",
		 o->paused ? "paused" : "rate");
	return -EINVAL;
}

static void unmount(void *arg)
{
	unmounter_call(arg);
}

/* Who mounts plays root in the machine. */
static int create_session(struct server *sv, const struct server_options *o)
{
	const struct session_options so = {
		.mount_opts = o->fuse_opts,
		.debug = o->debug,
		.root_uid = getuid(),
		.root_gid = getgid(),
		.ready = o->ready,
		.ready_arg = o->ready_arg,
		.refused = refused_add,
		.refused_arg = &sv->sandbox->refused,
		.unmount = sv->unmounter.pid ? unmount : NULL,
		.unmount_arg = &sv->unmounter,
		.stays = o->inside != NULL,
		.watch = &oplog_watch,
		.watch_arg = sv->sandbox->ops,
	};

	return session_create(&sv->session,
			      o->inside ? root_dir_inside() : &root_dir,
			      sv->mf, &so);
}

/* Real processes beside the tasks, and in their place. */
static int create_inside(struct server *sv, const struct server_inside *in)
{
	size_t i;
	int err = host_create(&sv->mf->host);

	if (err)
		return err;
	for (i = 0; i < sizeof(in->hidden) / sizeof(in->hidden[0]); i++)
		host_hide(sv->mf->host, in->hidden[i], true);
	sv->syscalls_fd = in->syscalls_fd;
	sv->real_memory = in->real_memory;
	sv->inside = true;
	if (in->hostname[0])
		err = kernel_ctl_preset(sv->mf->kernel_ctl, "hostname",
					in->hostname);
	if (err)
		return err;
	if (!in->pipe)
		return 0;
	return placeholders_open(&sv->places, in->pipe, sv->vm, sv->mf->host);
}

/* Go back to where the checkpoint was taken, if we start from one. */
static int start_from(struct server *sv, const char *name)
{
	char why[CHECKPOINT_WHY];
	int err;

	if (!name)
		return 0;
	err = checkpoint_start(sv->mf, &sv->restore, name, why);
	if (err)
		cmd_warn("%s: %s", name, why);
	sv->refused = err && err != -ENOMEM;
	checkpoint_in_free(&sv->restore);
	return err;
}

/* Before the machine has moved, so that nothing is missing. */
static int create_tail(struct server *sv, const struct server_options *o)
{
	sv->events_to.fd = o->events_fd;
	if (o->events_fd < 0)
		return 0;
	return events_tail_create(&sv->tail, sv->sandbox->events,
				  events_tail_to_fd, &sv->events_to);
}

/* The live clock at rate "max" is the sim world's, in a hurry. */
static bool is_max(const struct server_options *o)
{
	return o->clock == VM_WORLD_THREADS && o->rate == DRIVER_RATE_MAX;
}

static int create_vm(struct server *sv, const struct server_options *o)
{
	int err;

	err = vm_create(&sv->vm, &sv->machine,
			is_max(o) ? VM_WORLD_SIM : o->clock);
	if (!err && o->clock == VM_WORLD_THREADS && !is_max(o))
		err = vm_set_rate(sv->vm, o->rate);
	if (!err && o->paused)
		vm_pause(sv->vm, true);
	return err;
}

/*
 * No program that the server could start gains anything by it; before there
 * are threads, since each has this for itself.  A user's own server mounts
 * by fusermount3, which has to become root: close_doors(), if anybody.
 */
static void gain_nothing(void)
{
	if (!geteuid() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		cmd_warn("no_new_privs: %s", strerror(errno));
}

int server_load(struct server *sv, const struct server_options *o,
		const char *path)
{
	char why[CHECKPOINT_WHY];
	int code = CMD_OK, err;

	if (path || !o->restore)
		code = cmd_load_machine(path, &sv->machine);
	else
		vm_machine_init(&sv->machine);
	if (code || !o->restore)
		return code;
	err = checkpoint_open(&sv->restore, o->restore, &sv->machine, why);
	if (!err)
		return CMD_OK;
	cmd_warn("%s: %s", o->restore, why);
	vm_machine_fini(&sv->machine);
	return err == -ENOMEM ? CMD_FAIL : CMD_USAGE;
}

/*
 * Left alone, glibc takes large texts from the heap once it has had some back;
 * the holes that they leave would make a server larger and larger that runs
 * for long.
 */
static void keep_heap_small(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
}

int server_create(struct server *sv, const struct server_options *o)
{
	const char *what = "machine";
	int err;

	gain_nothing();
	keep_heap_small();
	if (o->seed_given)
		sv->machine.seed = o->seed;
	/* A live machine without a date of its own has been booted now. */
	if (sv->machine.boot_epoch_s == VM_BOOT_EPOCH_S && !o->restore &&
	    o->clock == VM_WORLD_THREADS)
		sv->machine.boot_epoch_s = (uint64_t)time(NULL);
	err = create_vm(sv, o);
	if (!err) {
		what = "files";
		err = machine_fs_create(&sv->mf, sv->vm);
	}
	if (!err && o->inside)
		err = create_inside(sv, o->inside);
	if (!err)
		err = sandbox_create(&sv->sandbox, sv->vm, &sv->machine);
	if (!err) {
		oplog_machine(sv->sandbox->ops, &sv->machine,
			      o->inside || o->was_inside);
		if (is_max(o))
			sandbox_start_max(sv->sandbox);
		sv->sandbox->checkpoints.dir = o->checkpoints;
		sv->mf->sandbox = sv->sandbox;
		what = NULL; /* it says itself what is wrong */
		err = start_from(sv, o->restore);
		if (!err && o->restore && o->inside)
			real_tasks_bury(sv->vm, sv->mf->host);
	}
	if (!err) {
		what = "session";
		err = create_tail(sv, o);
	}
	if (!err) {
		if (sv->places)
			placeholders_all(sv->places);
		err = create_session(sv, o);
	}
	if (!err)
		machine_fs_attach(sv->mf, sv->session);
	if (err && what)
		cmd_warn("%s: %s", what, strerror(-err));
	return err;
}

int server_exit_code(const struct server *sv, int err)
{
	if (err >= 0)
		return CMD_OK;
	return sv->refused ? CMD_USAGE : CMD_FAIL;
}

int server_set_apart(struct server *sv, const char *mountpoint)
{
	int err = unmounter_start(&sv->unmounter, mountpoint);

	if (err)
		cmd_warn("unmounter: %s", strerror(-err));
	sv->hardened = !err;
	return err;
}

static size_t syscall_of(void *arg, int pid, char *buf, size_t size)
{
	return unmounter_syscall(arg, pid, buf, size);
}

/* All that is needed is open. */
static int close_doors(struct server *sv)
{
	const struct harden h = {
		.proc = sv->mf->host_proc,
		.checkpoints = sv->sandbox->checkpoints.dir,
		.inside = sv->inside,
	};
	int err = 0;

	if (sv->hardened) {
		sv->mf->syscall_of = syscall_of;
		sv->mf->syscall_arg = &sv->unmounter;
	}
	if (sv->hardened || sv->inside)
		err = harden(&h);
	if (err)
		cmd_warn("hardening: %s", strerror(-err));
	return err;
}

int server_mount(struct server *sv, const char *mountpoint)
{
	sv->where = mountpoint;
	return session_mount(sv->session, mountpoint);
}

static int run_session(struct server *sv)
{
	int err = session_run(sv->session);

	if (err < 0)
		cmd_warn("session: %s", strerror(-err));
	return err;
}

int server_run(struct server *sv)
{
	int err;

	err = close_doors(sv);
	if (err)
		return err;
	err = sandbox_start(sv->sandbox);
	if (!err)
		err = vm_start(sv->vm);
	if (!err && sv->tail)
		err = events_tail_start(sv->tail);
	if (!err && sv->places)
		err = placeholders_start(sv->places, sv->sandbox->ops);
	if (!err && sv->syscalls_fd)
		err = syscalls_start(&sv->syscalls, sv->sandbox, sv->session,
				     sv->syscalls_fd, sv->where);
	if (!err && sv->real_memory)
		err = real_tasks_start(&sv->reals, sv->vm, sv->mf);
	if (err)
		cmd_warn("threads: %s", strerror(-err));
	else
		err = run_session(sv);
	syscalls_stop(sv->syscalls);
	sv->syscalls = NULL;
	real_tasks_stop(sv->reals);
	sandbox_stop(sv->sandbox);
	return err;
}

void server_destroy(struct server *sv)
{
	machine_fs_detach(sv->mf);
	struct host *host = sv->mf ? sv->mf->host : NULL;
	const bool tail = sv->tail;

	real_tasks_destroy(sv->reals);
	session_destroy(sv->session);
	unmounter_stop(&sv->unmounter);
	machine_fs_destroy(sv->mf);
	placeholders_close(sv->places);
	host_destroy(host);
	if (events_tail_destroy(sv->tail) ||
	    (tail && events_tail_to_fd(&sv->events_to, "", 0)))
		cmd_warn("events: they could not be written");
	strbuf_release(&sv->events_to.rest);
	sandbox_destroy(sv->sandbox);
	vm_destroy(sv->vm);
	vm_machine_fini(&sv->machine);
}
