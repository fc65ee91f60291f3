/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c - MNT/sandbox: the table of the controls, and what ties them to
 * one running machine.
 *
 * fs/cli makes a struct sandbox when it mounts; the root table lists
 * sandbox_dir.  The files are in clock.c, spawn.c, tasks.c, zones.c,
 * events.c and machine.c; driver.c has the thread.
 *
 * Locks: see sandbox.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/proc/machine_fs.h"
#include "fs/sandbox/clock.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/events.h"
#include "fs/sandbox/machine.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/refused.h"
#include "fs/sandbox/registry.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sandbox/spawn.h"
#include "fs/sandbox/tasks.h"
#include "fs/sandbox/zones.h"

static const struct tree_entry sandbox_entries[] = {
	{ .name = "checkpoint", .mode = S_IFREG | 0600,
	  .show = checkpoint_show, .ops = &checkpoint_ops },
	DIR("clock", 0700, &clock_dir),
	FOPS("events", 0400, &events_ops),
	RO("machine", 0400, machine_show),
	RO("refused", 0400, refused_show),
	{ .name = "restore", .mode = S_IFREG | 0600,
	  .show = restore_show, .ops = &restore_ops },
	FOPS("spawn", 0600, &spawn_ops),
	DIR("tasks", 0700, &tasks_dir),
	RO("zones", 0400, zones_show),
};

/* A control is no place for other files. */
static const struct tree_rules sandbox_rules = {
	.create = ENOENT,
	.mkdir = EPERM,
	.remove = EPERM,
	.rename = EPERM,
	.chmod = EPERM,
	.no_op = EIO,
	.blksize = 4096,
};

const struct tree_dir sandbox_dir = {
	TREE_ENTRIES(sandbox_entries),
	.rules = &sandbox_rules,
};

struct sandbox *sandbox_of(const struct tree_req *rq)
{
	return ((struct machine_fs *)rq->priv)->sandbox;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int sandbox_value(const char *text, size_t len, char value[SANDBOX_VALUE_LEN])
{
	while (len && blank(text[len - 1]))
		len--;
	while (len && blank(*text)) {
		text++;
		len--;
	}
	if (!len || len >= SANDBOX_VALUE_LEN || memchr(text, '\0', len))
		return -EINVAL;
	memcpy(value, text, len);
	value[len] = '\0';
	return 0;
}

int sandbox_create(struct sandbox **sbp, struct vm *vm,
		   struct vm_machine *machine)
{
	struct sandbox *sb = calloc(1, sizeof(*sb));
	int err;

	if (!sb)
		return -ENOMEM;
	sb->vm = vm;
	sb->machine = machine;
	sb->checkpoints.dir = -1;
	err = driver_create(&sb->driver, vm);
	if (!err)
		err = events_create(&sb->events);
	if (!err)
		err = oplog_create(&sb->ops, vm, sb->events);
	if (!err)
		err = registry_create(&sb->registry, vm, machine);
	if (err) {
		sandbox_destroy(sb);
		return err;
	}
	events_set_oplog(sb->events, sb->ops);
	driver_set_oplog(sb->driver, sb->ops);
	*sbp = sb;
	return 0;
}

int sandbox_start(struct sandbox *sb)
{
	return driver_start(sb->driver);
}

void sandbox_start_max(struct sandbox *sb)
{
	driver_start_max(sb->driver);
}

bool sandbox_live(const struct sandbox *sb)
{
	return driver_live(sb->driver);
}

void sandbox_stop(struct sandbox *sb)
{
	driver_stop(sb->driver);
}

void sandbox_destroy(struct sandbox *sb)
{
	if (!sb)
		return;
	registry_destroy(sb->registry);
	events_destroy(sb->events);
	oplog_destroy(sb->ops);
	driver_destroy(sb->driver);
	refused_free(&sb->refused);
	free(sb->spawned);
	free(sb);
}

void sandbox_observe(struct sandbox *sb, const struct vm_event *ev)
{
	events_add(sb->events, ev);
}
