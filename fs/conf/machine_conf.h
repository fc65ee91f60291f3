/* SPDX-License-Identifier: MIT */
/*
 * machine_conf.h - the machine file: text to struct vm_machine and back.
 *
 * The language is libconfig's (key = value; groups, lists, @include) with
 * the keys of machine_keys.c and task_keys.c; units.h says how sizes, rates
 * and times are written.  examples/machines/default.conf shows it all.
 *
 * Every function that reads gives back @messages: one "file:line: path:
 * what, what was expected" a line, "" if nothing is wrong.  The caller
 * free()s it; it is NULL only when memory ran out.
 *
 * Errors: 0; -EINVAL with messages; -errno of the file system, with a
 * message as well; -ENOMEM.  After an error the machine is empty and needs
 * no vm_machine_fini().  No locks, no state; any thread.
 */
#ifndef CONF_MACHINE_CONF_H
#define CONF_MACHINE_CONF_H

#include <stdio.h>

#include <vm/machine.h>

/* A machine file longer than this is not one. */
#define CONF_MAX_FILE (16u << 20)

/* Read the machine file @path into @m, zones laid out and all checked. */
int machine_conf_read(const char *path, struct vm_machine *m, char **messages);

/* The same from memory; @name stands for the file in messages. */
int machine_conf_parse(const char *name, const char *text,
		       struct vm_machine *m, char **messages);

/*
 * Read one task as sandbox/spawn takes it: the keys of a task without the
 * braces around them.  References to the machine are left to
 * vm_task_spawn().
 */
int machine_conf_task(const char *name, const char *text,
		      struct vm_task_conf *t, char **messages);

/*
 * Write @m so that reading it gives the same machine.  0, -ENOMEM, or -EIO
 * when @f took no more.
 */
int machine_conf_write(const struct vm_machine *m, FILE *f);

/* Write one task as sandbox/spawn takes it, a key a line.  Errors as above. */
int machine_conf_write_task(const struct vm_task_conf *t, FILE *f);

/* The machine that is simulated when no file is named: default.conf. */
extern const char machine_conf_default[];

#endif
