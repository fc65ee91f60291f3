/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - MNT/sandbox/spawn: start a task.
 *
 * The text is the machine file's: fs/conf reads it, so a task that works in
 * one works in the other.  Called by the file layer under the session's
 * lock; the wait for the task's first memory goes through driver.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/vm.h>

#include "fs/conf/machine_conf.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/registry.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sandbox/spawn.h"

/* The description of one task is never longer. */
#define SPAWN_MAX (64u << 10)

/* What a descriptor that has written reads, and where that begins for it. */
struct spawn_reply {
	off_t start; /* behind what was written: its position is there */
	char text[];
};

/* Keep @text as the answer of this descriptor and as the last of all. */
static void set_reply(struct tree_req *rq, const char *text)
{
	struct sandbox *sb = sandbox_of(rq);
	size_t size = strlen(text) + 1;
	struct spawn_reply *reply = calloc(1, sizeof(*reply) + size);

	if (reply)
		memcpy(reply->text, text, size);
	free(rq->file->priv);
	rq->file->priv = reply;
	free(sb->spawned);
	sb->spawned = strdup(text);
}

/* Start the task that @text describes; its pid, or -errno and a reply. */
static int start(struct tree_req *rq, const char *text,
		 struct vm_task_conf *conf)
{
	struct host *host = ((struct machine_fs *)rq->priv)->host;
	struct sandbox *sb = sandbox_of(rq);
	struct vm_complaint cmp = { .index = -1 };
	char reply[sizeof(cmp.what) + 16];
	char *messages;
	int pid;

	pid = machine_conf_task("spawn", text, conf, &messages);
	if (pid) {
		set_reply(rq, messages ? messages : "");
		free(messages);
		return pid;
	}
	free(messages);
	pid = host_place(host, conf->pid, conf->comm, false);
	if (pid >= 0) {
		conf->pid = pid;
		pid = vm_task_spawn(sb->vm, conf, &cmp);
		if (pid < 0 && pid != -EEXIST)
			host_end(host, conf->pid);
	}
	if (pid < 0)
		snprintf(reply, sizeof(reply), "spawn: %s\n",
			 cmp.what[0] ? cmp.what : strerror(-pid));
	else
		snprintf(reply, sizeof(reply), "%d\n", pid);
	set_reply(rq, reply);
	if (pid > 0)
		registry_add(sb->registry, pid, conf);
	return pid;
}

static ssize_t spawn_write(struct tree_req *rq, const char *text, size_t len,
			   off_t offset)
{
	struct sandbox *sb = sandbox_of(rq);
	struct vm_task_conf conf;
	struct spawn_reply *reply;
	char why[64], *copy;
	uint64_t pages;
	int pid;

	if (len > SPAWN_MAX) {
		snprintf(why, sizeof(why),
			 "spawn: %zu bytes, expected at most %u\n", len,
			 SPAWN_MAX);
		set_reply(rq, why);
	}
	if (len > SPAWN_MAX || memchr(text, '\0', len))
		return -EINVAL;
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	pid = start(rq, copy, &conf);
	free(copy);
	if (pid < 0)
		return pid;
	reply = rq->file->priv;
	if (reply)
		reply->start = offset + (off_t)len;
	pages = conf.anon_resident + conf.anon_swapped;
	if (!pages || driver_paused(sb->driver))
		return (ssize_t)len;
	return driver_populate(sb->driver, rq, len, pid, pages);
}

static int spawn_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		      off_t offset)
{
	const struct spawn_reply *reply = rq->file->priv;
	const char *text = reply ? reply->text : sandbox_of(rq)->spawned;
	size_t len;

	/* From its beginning as well: somebody may have rewound. */
	if (reply && offset >= reply->start)
		offset -= reply->start;
	len = text ? strlen(text) : 0;
	if (offset < 0 || (size_t)offset >= len)
		return 0;
	len -= (size_t)offset;
	strbuf_push(sb, text + offset, len < size ? len : size);
	return 0;
}

static void spawn_release(struct tree_req *rq)
{
	free(rq->file->priv);
	rq->file->priv = NULL;
}

const struct file_ops spawn_ops = {
	.release = spawn_release,
	.read = spawn_read,
	.write = spawn_write,
};
