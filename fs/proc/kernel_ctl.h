/* SPDX-License-Identifier: MIT */
/*
 * kernel_ctl.h - /proc/sys files that the engine has no model for.
 *
 * Programs read and set them in passing (sysctl -p of a whole sysctl.d), so
 * they are there, keep what is written, refuse what Linux refuses, and move
 * nothing.  Their defaults are the recorded ones.  Two do something:
 * kernel.sysctl_writes_strict (fact sheet A.4), and kernel.pid_max, which
 * bounds the pids that tasks get.
 *
 * A file is one line:
 *
 *	KCTL_INT("panic", 0644, INT_MIN, INT_MAX, -1),
 *
 * Ownership: tables are static; written values live in struct
 * kernel_ctl_state, which struct machine_fs owns.
 * Errors: as fact sheet A.3.  Locking: handlers only, session's lock.
 */
#ifndef PROC_KERNEL_CTL_H
#define PROC_KERNEL_CTL_H

#include <limits.h>

#include <vm/stat.h>
#include <vm/sysctl.h>

#include "fs/vfs/file.h"
#include "fs/vfs/pack.h"
#include "fs/vfs/tree.h"

#define KERNEL_CTL_VALUES 4u
#define KERNEL_CTL_TEXT	  128u /* longest string, with its NUL */

struct kernel_ctl {
	enum vm_ctl_type type;
	uint8_t nr;
	int64_t min, max; /* of every value; ULONG: not looked at */
	int64_t def[KERNEL_CTL_VALUES];
	const char *text; /* STRING: default */
	int64_t (*def_of)(const struct vm_stat *s); /* instead of def[0] */
	void (*apply)(struct vm *vm, int value); /* NULL: moves nothing */
};

struct kernel_ctl_state;

/* What has been written so far: nothing.  0 or -ENOMEM. */
int kernel_ctl_create(struct kernel_ctl_state **sp);
void kernel_ctl_destroy(struct kernel_ctl_state *s);

/* Save it, or load into a new one. */
void kernel_ctl_pack(struct kernel_ctl_state *s, struct pack *p);

/* The string /proc/sys/kernel/@name reads @text from now on.  0, -errno. */
int kernel_ctl_preset(struct kernel_ctl_state *s, const char *name,
		      const char *text);

/* kernel.sysctl_writes_strict: -1, 0 or 1. */
int sysctl_writes_strict(const struct tree_req *rq);

/* A.5: may the caller write a file of @mode?  0 or -EPERM. */
int sysctl_may_write(const struct tree_req *rq, mode_t mode);

/*
 * A.4: is a write at @offset to be parsed?  Logs the warning of mode 0 with
 * the base name @name.
 */
bool sysctl_takes_offset(const struct tree_req *rq, const char *name,
			 off_t offset);

/* A read of a string: the part at @offset. */
void sysctl_slice(struct strbuf *sb, const char *text, size_t size,
		  off_t offset);

extern const struct file_ops kernel_ctl_ops;

#define KCTL(n, m, ...)                                                        \
	{ .name = n, .mode = S_IFREG | (m), .ops = &kernel_ctl_ops,            \
	  .data = &(const struct kernel_ctl){ __VA_ARGS__ } }
#define KCTL_INT(n, m, lo, hi, d)                                              \
	KCTL(n, m, .type = VM_CTL_INT, .nr = 1, .min = lo, .max = hi,          \
	     .def = { d })
#define KCTL_INTS(n, m, count, ...)                                            \
	KCTL(n, m, .type = VM_CTL_INT, .nr = count, .min = INT_MIN,            \
	     .max = INT_MAX, .def = { __VA_ARGS__ })
#define KCTL_FLAG(n, m, d) KCTL_INT(n, m, 0, 1, d)
#define KCTL_ANY(n, m, d) KCTL_INT(n, m, INT_MIN, INT_MAX, d)
#define KCTL_ULONG(n, m, d)                                                    \
	KCTL(n, m, .type = VM_CTL_ULONG, .nr = 1, .def = { (int64_t)(d) })
#define KCTL_STRING(n, m, d) KCTL(n, m, .type = VM_CTL_STRING, .text = d)

/* kernel_ctl_table.c: /proc/sys/kernel. */
extern const struct tree_dir sys_kernel_dir;

/* fs_ctl_table.c: /proc/sys/fs. */
extern const struct tree_dir sys_fs_dir;

#endif
