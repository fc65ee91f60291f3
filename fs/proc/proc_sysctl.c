/* SPDX-License-Identifier: MIT */
/*
 * proc_sysctl.c - /proc/sys, and /proc/sys/vm whose files are the engine's.
 *
 * The names, types, modes and bounds of vm are vm_ctl_table's: a tunable is
 * one line there and none here.  This file is the way a write takes (fact
 * sheet A.2): permission of the writer, length, offset and strict mode, the
 * parser, the engine, the number of bytes.
 *
 * Called through the table of /proc; calls sysctl_text.c, kernel_ctl.c and
 * include/vm/sysctl.h.  Session's lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <vm/sysctl.h>

#include "fs/proc/kernel_ctl.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/proc/sysctl_text.h"

/* The longest write that FUSE passes on, and that of a buffer which does not
 * begin on a page. */
#define WRITE_CHUNK	((1u << 20) - 4096)

static const struct vm_ctl *ctl_of(const struct tree_req *rq)
{
	return &vm_ctl_table[rq->index[0]];
}

static int64_t vm_find(const struct tree_req *dir, const char *name)
{
	const struct vm_ctl *ctl = vm_ctl_find(name);

	(void)dir;
	return ctl ? ctl - vm_ctl_table : -ENOENT;
}

static int64_t vm_next(const struct tree_req *dir, uint32_t from,
		       char name[TREE_NAME_LEN])
{
	(void)dir;
	if (from >= vm_ctl_count)
		return -1;
	strncpy(name, vm_ctl_table[from].name, TREE_NAME_LEN - 1);
	name[TREE_NAME_LEN - 1] = '\0';
	return from;
}

static int vm_attr(const struct tree_req *rq, struct stat *st)
{
	st->st_mode = S_IFREG | ctl_of(rq)->mode;
	return 0;
}

/* numa_zonelist_order: the one string of vm; it cannot be changed (A.1). */

static ssize_t order_write(struct tree_req *rq, const char *text, size_t len)
{
	struct machine_fs *mf = machine_of(rq);

	if (len && text[0] && strchr("dDnN", text[0]))
		return (ssize_t)len;
	kmsg_printk(mf->kmsg, KMSG_WARNING, vm_now_ns(mf->vm),
		    "Ignoring unsupported numa_zonelist_order value:  %.*s",
		    (int)strnlen(text, len), text);
	return -EINVAL;
}

static int vm_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		   off_t offset)
{
	const struct vm_ctl *ctl = ctl_of(rq);
	int64_t value[VM_CTL_MAX_VALUES];

	if (ctl->type == VM_CTL_STRING) {
		sysctl_slice(sb, "Node\n", size, offset);
		return 0;
	}
	if (offset || ctl->type == VM_CTL_NONE)
		return 0;
	vm_ctl_get(machine_of(rq)->vm, ctl, value);
	sysctl_format(sb, value, ctl->type, ctl->nr);
	if (sb->len > size)
		sb->len = size; /* the rest is lost, as in Linux (A.4) */
	return 0;
}

/*
 * Who writes, as far as this file wants to know: looking up a name costs as
 * much as the whole write, so only those get it that log it or ask for a
 * capability beyond the mode bits.
 */
static void writer_cred(const struct tree_req *rq, const struct vm_ctl *ctl,
			struct vm_cred *who)
{
	static const struct {
		const char *name;
		unsigned want;
	} wants[] = {
		{ "drop_caches", CRED_COMM },
		{ "memfd_noexec", CRED_CAPS },
		{ "mmap_min_addr", CRED_CAPS },
	};
	unsigned i, want = 0;

	for (i = 0; i < TREE_NR(wants); i++)
		if (!strcmp(ctl->name, wants[i].name))
			want = wants[i].want;
	machine_cred(rq, want, who);
}

/*
 * The length that the caller gave to write(2).  FUSE cuts a long write into
 * requests of WRITE_CHUNK or a page more; one of that size may be part of more,
 * and what is refused for its length must be refused here (A.2).  The host
 * shows the call that the caller is in; if it does not, the chunk it is.
 */
static size_t whole_length(const struct tree_req *rq, size_t len)
{
	uint64_t arg[4]; /* number, fd, buffer, count */
	char text[256], *at = text;
	unsigned i;

	if (len < WRITE_CHUNK ||
	    !machine_read_host(machine_of(rq), rq->pid, "syscall", text,
			       sizeof(text)))
		return len;
	for (i = 0; i < TREE_NR(arg); i++)
		arg[i] = strtoull(at, &at, i ? 16 : 10);
	if (arg[0] != SYS_write && arg[0] != SYS_pwrite64)
		return len;
	return arg[3] > len ? arg[3] : len;
}

static ssize_t vm_write(struct tree_req *rq, const char *text, size_t len,
			off_t offset)
{
	const struct vm_ctl *ctl = ctl_of(rq);
	struct vm *vm = machine_of(rq)->vm;
	struct sysctl_values v = { .nr = 0 };
	struct vm_cred who;
	int err = sysctl_may_write(rq, ctl->mode);

	if (err)
		return err;
	if (whole_length(rq, len) >= SYSCTL_WRITE_MAX)
		return -ENOMEM;
	if (ctl->type == VM_CTL_STRING)
		return order_write(rq, text, len);
	writer_cred(rq, ctl, &who);
	if (ctl->type != VM_CTL_NONE &&
	    sysctl_takes_offset(rq, ctl->name, offset))
		sysctl_parse(&v, text, len, ctl->type, ctl->nr);
	else
		v.used = len; /* taken unseen; what a write does, it does */
	err = vm_ctl_set(vm, ctl,
			 &(struct vm_ctl_values){ v.value, v.nr, v.err },
			 &who);
	return sysctl_result(&v, len, err);
}

/* The values of some are made anew, and what hangs on them, by looking. */
static bool vm_read_acts(const struct tree_req *rq, off_t offset)
{
	return !offset && vm_ctl_read_acts(ctl_of(rq));
}

static const struct file_ops vm_ops = {
	.read = vm_read,
	.read_acts = vm_read_acts,
	.write = vm_write,
};

static const struct tree_index vm_index = {
	.entry = { .mode = S_IFREG | 0644, .ops = &vm_ops, .attr = vm_attr },
	.find = vm_find,
	.next = vm_next,
	.stable = true,
};

static const struct tree_index *const vm_indexes[] = { &vm_index };

static const struct tree_dir vm_dir = { TREE_INDEXES(vm_indexes) };

/* Here nobody, root neither, does what the mode bits do not say (A.5). */
static const struct tree_rules sysctl_rules = {
	.create = ENOENT,
	.mkdir = ENOENT,
	.remove = EACCES,
	.rename = ENOENT,
	.chmod = EPERM,
	.no_op = EINVAL,
	.mode_binds_root = true,
	.dir_nlink = 1,
	.blksize = 1024,
};

static const struct tree_dir empty_dir = { .nr_entries = 0 };

static const struct tree_entry sys_entries[] = {
	DIR("abi", 0555, &empty_dir),
	DIR("crypto", 0555, &empty_dir),
	DIR("debug", 0555, &empty_dir),
	DIR("dev", 0555, &empty_dir),
	DIR("fs", 0555, &sys_fs_dir),
	DIR("kernel", 0555, &sys_kernel_dir),
	DIR("net", 0555, &empty_dir),
	DIR("user", 0555, &empty_dir),
	DIR("vm", 0555, &vm_dir),
};

const struct tree_dir proc_sys_dir = {
	TREE_ENTRIES(sys_entries),
	.rules = &sysctl_rules,
};
