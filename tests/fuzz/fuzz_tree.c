/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tree.c - a client of the mount: any calls, on any path.
 *
 * An input is a script, a line a call, with up to eight open files:
 *
 *	o SLOT FLAGS PATH	open
 *	r SLOT SIZE OFFSET	read
 *	w SLOT OFFSET TEXT	write, with a newline at the end
 *	p SLOT			poll
 *	c SLOT			close
 *	l CHUNK PATH		attributes, link, listing in pieces
 *	x NAME PATH		what is not allowed: create, mkdir, unlink, ...
 *	u UID			who asks from here on
 *	i US			patience before an interrupt
 *	t MS			virtual time passes
 *
 * Nothing crashes, every call is answered once, and the machine is whole
 * when the mount has gone, with what was still open.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <string.h>

#include "fuzz.h"

#define MAX_LINES 64u
#define NR_SLOTS  8u
#define MAX_LINE  512u

struct client {
	struct rig *rig;
	struct rig_file *slot[NR_SLOTS];
};

/* The next number of @s, 0 if there is none. */
static long number(const char **s)
{
	char *end;
	long v = strtol(*s, &end, 0);

	*s = end + strspn(end, " ");
	return v;
}

static void do_close(struct client *c, unsigned slot)
{
	if (c->slot[slot])
		rig_close(c->rig, c->slot[slot]);
	c->slot[slot] = NULL;
}

static void do_open(struct client *c, const char *s)
{
	unsigned slot = (unsigned long)number(&s) % NR_SLOTS;
	long flags = number(&s);

	do_close(c, slot);
	rig_open(c->rig, s, (int)(flags & (O_ACCMODE | O_NONBLOCK | O_APPEND |
					   O_TRUNC | O_DIRECT)),
		 &c->slot[slot]);
}

static void do_read(struct client *c, const char *s)
{
	unsigned slot = (unsigned long)number(&s) % NR_SLOTS;
	size_t size = (unsigned long)number(&s) % (1u << 17);
	off_t offset = number(&s);

	/* The kernel passes on no offset below 0. */
	if (c->slot[slot] && offset >= 0)
		rig_read(c->rig, c->slot[slot], NULL, size, offset);
}

static void do_write(struct client *c, const char *s, const char *end)
{
	unsigned slot = (unsigned long)number(&s) % NR_SLOTS;
	off_t offset = number(&s);

	if (c->slot[slot] && offset >= 0 && s < end)
		rig_write(c->rig, c->slot[slot], s, (size_t)(end - s), offset);
}

static void do_name(struct client *c, const char *s)
{
	char name[64];
	size_t len = strcspn(s, " ");

	if (len >= sizeof(name))
		return;
	memcpy(name, s, len);
	name[len] = '\0';
	rig_change(c->rig, s + len + (s[len] == ' '), name);
}

static void pass_time(struct client *c, const char *s)
{
	uint64_t ms = (unsigned long)number(&s) % 100;
	struct vm *vm = rig_vm(c->rig);

	if (vm_world_kind(vm) == VM_WORLD_SIM)
		vm_run_until(vm, vm_now_ns(vm) + ms * VM_MILLISECOND, 500);
}

/* @s is a line with a newline and a NUL behind it, up to @end. */
static void one_line(struct client *c, const char *s, const char *end)
{
	char op = *s++;
	long v;

	s += strspn(s, " ");
	switch (op) {
	case 'o':
		do_open(c, s);
		break;
	case 'r':
		do_read(c, s);
		break;
	case 'w':
		do_write(c, s, end);
		break;
	case 'p':
		v = (long)((unsigned long)number(&s) % NR_SLOTS);
		if (c->slot[v])
			rig_poll(c->rig, c->slot[v]);
		break;
	case 'c':
		do_close(c, (unsigned long)number(&s) % NR_SLOTS);
		break;
	case 'l':
		v = number(&s);
		rig_look(c->rig, s, (unsigned long)v % 4096);
		break;
	case 'x':
		do_name(c, s);
		break;
	case 'u':
		rig_user(c->rig, (uint32_t)number(&s));
		break;
	case 'i':
		rig_patience(c->rig, (unsigned long)number(&s) % 2000);
		break;
	case 't':
		pass_time(c, s);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client c = { .rig = rig_create() };
	const char *at = (const char *)data, *end, *all = at + size;
	char line[MAX_LINE + 2];
	unsigned i;

	for (i = 0; at < all && i < MAX_LINES; i++, at = end + 1) {
		size_t len;

		end = memchr(at, '\n', (size_t)(all - at));
		if (!end)
			end = all;
		len = (size_t)(end - at) < MAX_LINE ? (size_t)(end - at) :
						      MAX_LINE;
		memcpy(line, at, len);
		/* Writes end in a newline, paths do not. */
		line[len] = len && *line == 'w' ? '\n' : '\0';
		line[len + 1] = '\0';
		if (len)
			one_line(&c, line, line + len + (*line == 'w'));
	}
	rig_user(c.rig, 0);
	for (i = 0; i < NR_SLOTS; i++)
		if (i & 1) /* the others are open when the mount goes */
			do_close(&c, i);
		else
			free(c.slot[i]);
	rig_destroy(c.rig);
	return 0;
}
