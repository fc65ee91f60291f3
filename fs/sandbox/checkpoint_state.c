/* SPDX-License-Identifier: MIT */
/*
 * checkpoint_state.c - what the files keep, as bytes (checkpoint_state.h).
 *
 * One function walks all of it for both ways; each module packs its own.
 *
 * Called by checkpoint.c.  Locks: see the header.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/conf/machine_conf.h"
#include "fs/proc/kernel_ctl.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/sandbox/checkpoint_state.h"
#include "fs/sandbox/events.h"
#include "fs/sandbox/oplog.h"
#include "fs/sandbox/registry.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sys/sys.h"
#include "fs/sys/tracing.h"
#include "fs/vfs/pack.h"

/* Between the modules: "RF" and a number. */
#define MARK 0x52460000u

struct checkpoint_state {
	struct kmsg *kmsg;
	struct kernel_ctl_state *kernel_ctl;
	struct mm_state *mm;
	struct tracing *tracing;
	struct events *events;
	struct oplog *ops;
	struct registry *registry;
	struct refused refused;
	char *spawned;
	bool oom_reported, oom_adj_warned, ctl_pos_warned;
};

/* --- which machine --- */

static int machine_text(const struct vm_machine *m, char **text)
{
	struct vm_machine *bare = malloc(sizeof(*bare));
	size_t len;
	FILE *f;
	int err;

	if (!bare)
		return -ENOMEM;
	*bare = *m;
	bare->nr_tasks = 0;
	bare->nr_sysctls = 0;
	bare->seed = 0;
	bare->boot_epoch_s = 0;
	*text = NULL;
	f = open_memstream(text, &len);
	err = f ? machine_conf_write(bare, f) : -ENOMEM;
	if (f && fclose(f))
		err = -ENOMEM;
	free(bare);
	if (!err)
		return 0;
	free(*text);
	*text = NULL;
	return err;
}

static void machine_pack(struct checkpoint_machine *c, struct pack *p)
{
	pack_u64(p, &c->seed);
	pack_u64(p, &c->boot_epoch_s);
	pack_string(p, &c->text);
}

int checkpoint_machine_save(const struct vm_machine *m, struct strbuf *out)
{
	struct checkpoint_machine c = {
		.seed = m->seed, .boot_epoch_s = m->boot_epoch_s
	};
	struct pack p;
	int err = machine_text(m, &c.text);

	if (err)
		return err;
	pack_save(&p, out);
	machine_pack(&c, &p);
	free(c.text);
	return pack_end(&p);
}

int checkpoint_machine_load(struct checkpoint_machine *c, const void *bytes,
			    size_t len)
{
	struct pack p;
	int err;

	*c = (struct checkpoint_machine){ .seed = 0 };
	pack_load(&p, bytes, len);
	machine_pack(c, &p);
	err = pack_end(&p);
	if (!err && !c->text)
		err = -EBADMSG;
	if (err)
		checkpoint_machine_free(c);
	return err;
}

void checkpoint_machine_free(struct checkpoint_machine *c)
{
	free(c->text);
	c->text = NULL;
}

/* The line of @text in which its byte @at is, without what indents it. */
static int line_of(const char *text, size_t at, const char **line)
{
	while (at && text[at - 1] != '\n')
		at--;
	*line = text + at;
	*line += strspn(*line, " \t");
	return (int)strcspn(*line, "\n");
}

int checkpoint_machine_check(const struct checkpoint_machine *c,
			     const struct vm_machine *m, char *why,
			     size_t size)
{
	const char *there, *here;
	int there_len, here_len;
	char *text;
	size_t at = 0;
	int err = machine_text(m, &text);

	if (err) {
		snprintf(why, size, "%s", strerror(-err));
		return err;
	}
	while (text[at] && text[at] == c->text[at])
		at++;
	if (text[at] != c->text[at]) {
		there_len = line_of(c->text, at, &there);
		here_len = line_of(text, at, &here);
		snprintf(why, size,
			 "of another machine: %.*s there, %.*s here",
			 there_len < 90 ? there_len : 90, there,
			 here_len < 90 ? here_len : 90, here);
		err = -EXDEV;
	}
	free(text);
	return err;
}

/* --- what the files keep --- */

static void state_pack(struct checkpoint_state *s, struct pack *p)
{
	pack_mark(p, MARK + 1);
	kmsg_pack(s->kmsg, p);
	pack_mark(p, MARK + 2);
	kernel_ctl_pack(s->kernel_ctl, p);
	pack_mark(p, MARK + 3);
	mm_state_pack(s->mm, p);
	pack_mark(p, MARK + 4);
	tracing_pack(s->tracing, p);
	pack_mark(p, MARK + 5);
	events_pack(s->events, p);
	oplog_pack(s->ops, p);
	pack_mark(p, MARK + 6);
	registry_pack(s->registry, p);
	pack_mark(p, MARK + 7);
	refused_pack(&s->refused, p);
	pack_mark(p, MARK + 8);
	pack_string(p, &s->spawned);
	pack_bool(p, &s->oom_reported);
	pack_bool(p, &s->oom_adj_warned);
	pack_bool(p, &s->ctl_pos_warned);
}

int checkpoint_state_save(struct machine_fs *mf, struct strbuf *out)
{
	struct sandbox *sb = atomic_load(&mf->sandbox);
	struct checkpoint_state s = {
		.kmsg = mf->kmsg,
		.kernel_ctl = mf->kernel_ctl,
		.mm = mf->mm,
		.tracing = mf->tracing,
		.events = sb->events,
		.ops = sb->ops,
		.registry = sb->registry,
		.refused = sb->refused,
		.spawned = sb->spawned,
		.oom_reported = mf->oom_reported,
		.oom_adj_warned = atomic_load(&mf->oom_adj_warned),
		.ctl_pos_warned = atomic_load(&mf->ctl_pos_warned),
	};
	struct pack p;

	pack_save(&p, out);
	state_pack(&s, &p);
	return pack_end(&p);
}

int checkpoint_state_load(struct checkpoint_state **sp, const void *bytes,
			  size_t len)
{
	struct checkpoint_state *s = calloc(1, sizeof(*s));
	struct pack p;
	int err;

	if (!s)
		return -ENOMEM;
	err = kmsg_create(&s->kmsg);
	if (!err)
		err = kernel_ctl_create(&s->kernel_ctl);
	if (!err)
		err = mm_state_create(&s->mm);
	if (!err)
		err = tracing_create(&s->tracing);
	if (!err)
		err = events_create(&s->events);
	if (!err)
		err = oplog_create(&s->ops, NULL, NULL);
	if (!err)
		err = registry_new(&s->registry);
	if (!err) {
		pack_load(&p, bytes, len);
		state_pack(s, &p);
		err = pack_end(&p);
	}
	if (err)
		checkpoint_state_free(s);
	else
		*sp = s;
	return err;
}

#define SWAP(a, b)                                                             \
	do {                                                                   \
		__typeof__(a) swap_ = (a);                                     \
		(a) = (b);                                                     \
		(b) = swap_;                                                   \
	} while (0)

void checkpoint_state_take(struct checkpoint_state *s, struct machine_fs *mf)
{
	struct sandbox *sb = atomic_load(&mf->sandbox);

	/* What somebody waits for stays where it is. */
	kmsg_replace(mf->kmsg, s->kmsg);
	tracing_replace(mf->tracing, s->tracing);
	oplog_replace(sb->ops, s->ops);
	events_replace(sb->events, s->events);
	SWAP(mf->kernel_ctl, s->kernel_ctl);
	SWAP(mf->mm, s->mm);
	SWAP(sb->registry, s->registry);
	SWAP(sb->refused, s->refused);
	SWAP(sb->spawned, s->spawned);
	mf->oom_reported = s->oom_reported;
	atomic_store(&mf->oom_adj_warned, s->oom_adj_warned);
	atomic_store(&mf->ctl_pos_warned, s->ctl_pos_warned);
}

void checkpoint_state_free(struct checkpoint_state *s)
{
	if (!s)
		return;
	kmsg_destroy(s->kmsg);
	kernel_ctl_destroy(s->kernel_ctl);
	mm_state_destroy(s->mm);
	tracing_destroy(s->tracing);
	oplog_destroy(s->ops);
	events_destroy(s->events);
	registry_destroy(s->registry);
	refused_free(&s->refused);
	free(s->spawned);
	free(s);
}
