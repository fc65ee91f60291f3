/* SPDX-License-Identifier: MIT */
/*
 * sysctl.h - the tunables, by name, with type and bounds.
 *
 * The engine knows values; the text rules of /proc/sys (fact sheet A.3, A.4)
 * are the file system's.  One table serves both: an entry says type, mode,
 * bounds and whether a write does something at once.
 */
#ifndef VM_SYSCTL_H
#define VM_SYSCTL_H

#include <vm/task.h>

struct vm;
struct ctl_write; /* private to the engine */

enum vm_ctl_type {
	VM_CTL_INT,	/* int32_t, "proc_dointvec_minmax" */
	VM_CTL_UINT,	/* uint32_t through the int parser */
	VM_CTL_ULONG,	/* uint64_t */
	VM_CTL_BOOL,	/* any int, kept as 0 or 1 */
	VM_CTL_SECONDS, /* int32_t, |value| <= INT_MAX / 250 */
	VM_CTL_STRING,	/* numa_zonelist_order */
	VM_CTL_NONE	/* stat_refresh: no value */
};

#define VM_CTL_MAX_VALUES VM_NR_ZONES

struct vm_ctl {
	const char *name; /* as the file is called */
	uint16_t mode;	  /* permission bits */
	enum vm_ctl_type type;
	uint8_t nr;	     /* values: 1, or 5 for lowmem_reserve_ratio */
	int64_t min, max;    /* bounds; ULONG: compared as uint64_t */
	uint32_t offset;     /* private to the engine */
	uint32_t size;	     /* private to the engine */
	uint32_t flags;	     /* private to the engine */
	int (*hook)(struct vm *vm, const struct ctl_write *w); /* private */
};

/* Sorted by name (memcmp order, shorter first): /proc/sys/vm as it lists. */
extern const struct vm_ctl vm_ctl_table[];
extern const unsigned vm_ctl_count;

/* The entry called @name, or NULL. */
const struct vm_ctl *vm_ctl_find(const char *name);

/* The values now; @value has room for ctl->nr.  ULONG as its bit pattern. */
void vm_ctl_get(struct vm *vm, const struct vm_ctl *ctl, int64_t *value);

/*
 * Of some a read does what a write does (lowmem_reserve_ratio): true of
 * those; and the values without that.
 */
bool vm_ctl_read_acts(const struct vm_ctl *ctl);
void vm_ctl_look(struct vm *vm, const struct vm_ctl *ctl, int64_t *value);

/* A write, as the parser understood it. */
struct vm_ctl_values {
	const int64_t *value; /* ULONG as its bit pattern */
	unsigned nr;	      /* 0..ctl->nr */
	int err; /* the verdict on the text behind them: 0 or -errno */
};

/*
 * Store the values, then run the entry's side effects by the rules of A.1:
 * what a write does even when it is empty, ignored, or swallowed.
 * Returns 0 or -errno: -EINVAL out of bounds (nothing stored from there on),
 * -ERANGE, -EPERM.
 */
int vm_ctl_set(struct vm *vm, const struct vm_ctl *ctl,
	       const struct vm_ctl_values *v, const struct vm_cred *who);

#endif
