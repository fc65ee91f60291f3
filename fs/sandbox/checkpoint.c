/* SPDX-License-Identifier: MIT */
/*
 * checkpoint.c - save a machine and its files, bring them back.
 *
 * The handlers leave an order with the driver, whose thread serves it here:
 * the file is checkpoint_file.c's, what the files keep checkpoint_state.c's,
 * the machine the engine's (vm/image.h).  fs/cli starts a mount from one.
 *
 * All of one moment: while a checkpoint is taken nobody's handler runs and
 * the machine is held.  While one is brought back nobody's handler runs and
 * the machine is paused; what can fail has been done before.
 *
 * Locks: session's lock, in it the engine's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vm/image.h>
#include <vm/vm.h>

#include "fs/conf/machine_conf.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/pressure.h"
#include "fs/proc/proc.h"
#include "fs/sandbox/checkpoint.h"
#include "fs/sandbox/checkpoint_state.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/session.h"

/* What a write asks for. */
struct order {
	struct machine_fs *mf;
	char name[NAME_MAX + 1];
};

/* A checkpoint that has been read and understood, but for its last part. */
struct loaded {
	struct checkpoint_in in;
	struct checkpoint_machine machine;
	struct checkpoint_state *state;
};

static struct checkpoints *checkpoints_of(const struct tree_req *rq)
{
	return &sandbox_of(rq)->checkpoints;
}

/* Session's lock: @name has been refused. */
static void refuse(struct checkpoints *c, const char *name, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s: %s", name, why);
}

static void done(struct checkpoints *c, const char *name)
{
	snprintf(c->last, sizeof(c->last), "%s", name);
	c->why[0] = '\0';
}

/* --- save --- */

static int put_engine(void *arg, const void *bytes, size_t len)
{
	return checkpoint_put(arg, CHECKPOINT_ENGINE, bytes, len);
}

/* One moment of @mf. */
static int put_all(struct checkpoint_out *out, struct machine_fs *mf)
{
	struct sandbox *sb = atomic_load(&mf->sandbox);
	struct strbuf text = STRBUF_INIT;
	int err;

	err = checkpoint_machine_save(sb->machine, &text);
	if (!err)
		err = checkpoint_put(out, CHECKPOINT_MACHINE, text.bytes,
				     text.len);
	strbuf_clear(&text);
	vm_hold(mf->vm);
	if (!err)
		err = checkpoint_state_save(mf, &text);
	if (!err)
		err = checkpoint_put(out, CHECKPOINT_FILES, text.bytes,
				     text.len);
	if (!err)
		err = vm_save(mf->vm, put_engine, out);
	vm_release(mf->vm);
	strbuf_release(&text);
	return err;
}

static int save(void *arg, bool busy)
{
	struct order *o = arg;
	struct machine_fs *mf = o->mf;
	struct sandbox *sb = atomic_load(&mf->sandbox);
	struct session *s = atomic_load(&mf->session);
	struct checkpoint_out out = { .fd = -1 };
	int err = busy ? -EBUSY : 0;

	if (!err)
		err = checkpoint_begin(&out, sb->checkpoints.dir);
	session_lock(s);
	if (!err)
		err = put_all(&out, mf);
	session_unlock(s);
	if (!err)
		err = checkpoint_end(&out, o->name);
	if (err)
		checkpoint_drop(&out);
	session_lock(s);
	if (err)
		refuse(&sb->checkpoints, o->name, strerror(-err));
	else
		done(&sb->checkpoints, o->name);
	session_unlock(s);
	return err;
}

/* --- restore --- */

static void loaded_free(struct loaded *l)
{
	checkpoint_state_free(l->state);
	checkpoint_machine_free(&l->machine);
}

/* Of @m, and all of it makes sense; @why if not. */
static int load(struct loaded *l, const struct checkpoint_in *in,
		const struct vm_machine *m, char why[CHECKPOINT_WHY])
{
	int err;

	*l = (struct loaded){ .state = NULL };
	err = checkpoint_machine_load(&l->machine,
				      in->part[CHECKPOINT_MACHINE],
				      in->len[CHECKPOINT_MACHINE]);
	if (!err)
		err = checkpoint_machine_check(&l->machine, m, why,
					       CHECKPOINT_WHY);
	if (err == -EXDEV)
		goto err_free;
	if (!err)
		err = checkpoint_state_load(&l->state,
					    in->part[CHECKPOINT_FILES],
					    in->len[CHECKPOINT_FILES]);
	if (!err)
		return 0;
	snprintf(why, CHECKPOINT_WHY, "%s", err == -EBADMSG ?
		 "its contents make no sense" : strerror(-err));
err_free:
	loaded_free(l);
	return err;
}

/* The kernel must look again at every task there was. */
static void forget_tasks(struct machine_fs *mf)
{
	int pid = 0;

	while ((pid = vm_task_next(mf->vm, pid)) > 0)
		machine_fs_forget(mf, pid);
}

/* Session's lock: from here on @mf is what was loaded, or as it was. */
static int become(struct machine_fs *mf, struct loaded *l,
		  const struct checkpoint_in *in, char why[CHECKPOINT_WHY])
{
	struct sandbox *sb = atomic_load(&mf->sandbox);
	bool paused = vm_paused(mf->vm);
	struct vm_complaint c = { .index = -1 };
	int err;

	vm_pause(mf->vm, true);
	forget_tasks(mf);
	err = vm_restore(mf->vm, in->part[CHECKPOINT_ENGINE],
			 in->len[CHECKPOINT_ENGINE], &c);
	if (!err) {
		checkpoint_state_take(l->state, mf);
		sb->machine->seed = l->machine.seed;
		sb->machine->boot_epoch_s = l->machine.boot_epoch_s;
		psi_triggers_restart(mf->psi, mf->vm);
		swaps_changed(&mf->swaps);
	} else {
		snprintf(why, CHECKPOINT_WHY, "%s",
			 c.what[0] ? c.what : strerror(-err));
	}
	vm_pause(mf->vm, paused);
	return err;
}

static int read_name(const struct order *o, struct checkpoint_in *in,
		     char why[CHECKPOINT_WHY])
{
	struct sandbox *sb = atomic_load(&o->mf->sandbox);
	int fd, err;

	fd = openat(sb->checkpoints.dir, o->name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		snprintf(why, CHECKPOINT_WHY, "%s", strerror(errno));
		return err;
	}
	err = checkpoint_read(in, fd, why);
	close(fd);
	return err;
}

static int restore(void *arg, bool busy)
{
	struct order *o = arg;
	struct machine_fs *mf = o->mf;
	struct sandbox *sb = atomic_load(&mf->sandbox);
	struct session *s = atomic_load(&mf->session);
	char why[CHECKPOINT_WHY] = "";
	struct checkpoint_in in;
	struct loaded l;
	int err;

	(void)busy; /* they are ended */
	err = read_name(o, &in, why);
	if (!err) {
		err = load(&l, &in, sb->machine, why);
		if (err)
			checkpoint_in_free(&in);
	}
	driver_hold(sb->driver);
	session_lock(s);
	if (!err) {
		err = become(mf, &l, &in, why);
		loaded_free(&l);
		checkpoint_in_free(&in);
	}
	if (err)
		refuse(&sb->checkpoints, o->name, why);
	else
		done(&sb->checkpoints, o->name);
	session_unlock(s);
	driver_release(sb->driver);
	return err;
}

/* --- the files --- */

int checkpoint_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct checkpoints *c = checkpoints_of(rq);

	if (c->last[0])
		strbuf_printf(sb, "%s\n", c->last);
	return 0;
}

int restore_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct checkpoints *c = checkpoints_of(rq);

	if (!c->why[0])
		return checkpoint_show(rq, sb);
	strbuf_printf(sb, "%s\n", c->why);
	return 0;
}

/* What was written as a name; "" if it is none. */
static void parse_name(const char *text, size_t len, char name[NAME_MAX + 1])
{
	name[0] = '\0';
	if (len && text[len - 1] == '\n')
		len--;
	if (!len || len > NAME_MAX || text[0] == '.' ||
	    memchr(text, '/', len) || memchr(text, '\0', len) ||
	    memchr(text, '\n', len))
		return;
	memcpy(name, text, len);
	name[len] = '\0';
}

static ssize_t give_order(struct tree_req *rq, const char *text, size_t len,
			  struct driver_call *call)
{
	struct checkpoints *c = checkpoints_of(rq);
	struct order *o = malloc(sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->mf = machine_of(rq);
	parse_name(text, len, o->name);
	call->arg = o;
	if (c->dir >= 0 && o->name[0])
		return driver_call(sandbox_of(rq)->driver, rq, len, call);
	if (!o->name[0] && len > NAME_MAX + 1)
		snprintf(c->why, sizeof(c->why), "a name of %zu bytes, "
			 "expected at most %u", len, NAME_MAX);
	else if (!o->name[0])
		snprintf(c->why, sizeof(c->why), "not a name for a "
			 "checkpoint: it has no \"/\" and does not begin "
			 "with \".\"");
	else
		refuse(c, o->name, "no directory for checkpoints was given "
		       "(--checkpoints DIR, -o checkpoints=DIR)");
	free(o);
	return c->dir >= 0 ? -EINVAL : -EOPNOTSUPP;
}

static ssize_t checkpoint_store(struct tree_req *rq, const char *text,
				size_t len, off_t offset)
{
	struct driver_call call = { .run = save, .settled = true };

	(void)offset;
	return give_order(rq, text, len, &call);
}

static ssize_t restore_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	const struct host *host = machine_of(rq)->host;
	struct driver_call call = { .run = restore };

	(void)offset;
	if (!host || !host->places.place)
		return give_order(rq, text, len, &call);
	snprintf(checkpoints_of(rq)->why, sizeof(checkpoints_of(rq)->why),
		 "restore: processes stand for the tasks here; "
		 "`reclaimfs run --restore` starts from a checkpoint");
	return -EOPNOTSUPP;
}

const struct file_ops checkpoint_ops = {
	.write = checkpoint_store,
	.aside = true,
};

const struct file_ops restore_ops = {
	.write = restore_store,
	.aside = true,
};

/* --- from the beginning --- */

/* The machine that the checkpoint is of, if nobody has named one. */
static int take_machine(const struct checkpoint_in *in, struct vm_machine *m)
{
	struct checkpoint_machine c;
	char *messages = NULL;
	int err;

	err = checkpoint_machine_load(&c, in->part[CHECKPOINT_MACHINE],
				      in->len[CHECKPOINT_MACHINE]);
	if (err)
		return err;
	if (!m->nr_nodes)
		err = machine_conf_parse("checkpoint", c.text, m, &messages);
	free(messages);
	if (!err) {
		m->seed = c.seed;
		m->boot_epoch_s = c.boot_epoch_s;
	}
	checkpoint_machine_free(&c);
	return err == -EINVAL ? -EBADMSG : err;
}

int checkpoint_open(struct checkpoint_in *in, const char *path,
		    struct vm_machine *m, char why[CHECKPOINT_WHY])
{
	int err, fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct loaded l;

	if (fd < 0) {
		err = -errno;
		snprintf(why, CHECKPOINT_WHY, "%s", strerror(errno));
		return err;
	}
	err = checkpoint_read(in, fd, why);
	close(fd);
	if (err)
		return err;
	err = take_machine(in, m);
	if (err)
		snprintf(why, CHECKPOINT_WHY, "%s", err == -EBADMSG ?
			 "its contents make no sense" : strerror(-err));
	else
		err = load(&l, in, m, why);
	if (err)
		checkpoint_in_free(in);
	else
		loaded_free(&l); /* it was well: there is time to see it now */
	return err;
}

int checkpoint_start(struct machine_fs *mf, const struct checkpoint_in *in,
		     const char *name, char why[CHECKPOINT_WHY])
{
	struct sandbox *sb = atomic_load(&mf->sandbox);
	const char *base = strrchr(name, '/');
	struct loaded l;
	int err = load(&l, in, sb->machine, why);

	if (err)
		return err;
	err = become(mf, &l, in, why);
	loaded_free(&l);
	if (!err)
		done(&sb->checkpoints, base ? base + 1 : name);
	return err;
}
