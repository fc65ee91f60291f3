/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the tables of the machine language, and what their files share.
 *
 * machine_keys.c has the machine, task_keys.c a task and its phases,
 * sysctl_keys.c the sysctl setting, idset.c sets of CPUs and nodes.  Only
 * fs/conf includes this.
 */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include "fs/conf/key.h"

extern const struct conf_key machine_keys[];
extern const struct conf_key task_keys[];
extern const struct conf_list task_list;

/* A CPU of no node, until a node names it. */
#define CONF_NO_NODE 0xff

/* What a task without keys is. */
void task_conf_defaults(const struct vm_machine *m, const void *elem,
			void *def);

/* When all keys of a task have been read: what follows from them. */
void task_conf_finish(struct conf *c, const config_setting_t *s, void *elem);

/* The setting sysctl: a group of groups, or a list of "name = value". */
void sysctl_conf_read(struct conf *c, const config_setting_t *s,
		      const struct conf_key *key, void *obj);
void sysctl_conf_write(struct conf_out *out, const struct conf_key *key,
		       const void *obj);

/* A set of small numbers: CPUs or nodes. */
struct idset {
	uint64_t bits[VM_MAX_CPUS / 64];
};

static inline bool idset_has(const struct idset *set, unsigned id)
{
	return set->bits[id / 64] >> (id % 64) & 1;
}

static inline void idset_add(struct idset *set, unsigned id)
{
	set->bits[id / 64] |= 1ull << (id % 64);
}

/*
 * Read a number, an array of numbers or "0-3,8" into @set, every id below
 * @max; else an error and false.
 */
bool idset_read(struct conf *c, const config_setting_t *s, unsigned max,
		struct idset *set);

/* Write @set as "0-3,8". */
void idset_write(struct conf_out *out, const struct idset *set);

#endif
