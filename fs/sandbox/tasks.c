/* SPDX-License-Identifier: MIT */
/*
 * tasks.c - MNT/sandbox/tasks/<pid>: give a task work, ask how it is.
 *
 * One table for all tasks: the entry's data says which op a file is, the
 * number above it whose.  Called by the file layer under the session's lock;
 * the ops go through driver.c, which answers the writes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <vm/vm.h>

#include "fs/conf/machine_conf.h"
#include "fs/conf/units.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/registry.h"
#include "fs/sandbox/sandbox.h"
#include "fs/sandbox/tasks.h"

/* The op that each file stands for: tree_entry.data points here. */
static const enum vm_op_kind op_alloc = VM_OP_ALLOC, op_free = VM_OP_FREE,
			     op_touch = VM_OP_TOUCH, op_read = VM_OP_READ,
			     op_dirty = VM_OP_DIRTY, op_mlock = VM_OP_MLOCK,
			     op_exit = VM_OP_EXIT;

static int pages_of(const char *text, uint64_t *pages)
{
	uint64_t bytes;

	if (units_parse_size(text, &bytes) || !bytes || bytes % VM_PAGE_SIZE)
		return -EINVAL;
	*pages = bytes >> VM_PAGE_SHIFT;
	return 0;
}

static ssize_t op_store(struct tree_req *rq, const char *text, size_t len,
			off_t offset)
{
	struct task_order order = {
		.pid = (int)rq->index[0],
		.kind = *(const enum vm_op_kind *)rq->entry->data,
	};
	char value[SANDBOX_VALUE_LEN];
	int err;

	(void)offset;
	if (order.kind != VM_OP_EXIT) {
		err = sandbox_value(text, len, value);
		if (!err)
			err = pages_of(value, &order.pages);
		if (err)
			return err;
	}
	return driver_op(sandbox_of(rq)->driver, rq, len, &order);
}

static void line(struct strbuf *sb, const char *name, uint64_t value)
{
	strbuf_puts(sb, name);
	strbuf_putc(sb, ' ');
	strbuf_u64(sb, value);
	strbuf_putc(sb, '\n');
}

static int latency_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct vm_task_stat t;
	uint64_t total = 0;
	unsigned i;
	int err;

	err = vm_task_get(sandbox_of(rq)->vm, (int)rq->index[0], &t);
	if (err)
		return err;
	for (i = 0; i < VM_LATENCY_BUCKETS; i++)
		total += t.alloc_latency[i];
	line(sb, "allocations", total);
	line(sb, "direct_reclaims", t.direct_reclaims);
	line(sb, "direct_reclaim_us", t.direct_reclaim_ns / VM_MICROSECOND);
	line(sb, "throttle_us", t.throttle_ns / VM_MICROSECOND);
	line(sb, "io_wait_us", t.io_wait_ns / VM_MICROSECOND);
	for (i = 0; i < VM_LATENCY_BUCKETS; i++) {
		if (!t.alloc_latency[i])
			continue;
		strbuf_puts(sb, "alloc_ns ");
		strbuf_u64(sb, 1ull << i);
		strbuf_putc(sb, ' ');
		strbuf_u64(sb, (2ull << i) - 1);
		strbuf_putc(sb, ' ');
		strbuf_u64(sb, t.alloc_latency[i]);
		strbuf_putc(sb, '\n');
	}
	return 0;
}

static int workload_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_task_conf *conf;
	struct vm_task_stat t;
	char *text = NULL;
	size_t len;
	FILE *f;
	int err;

	err = vm_task_get(sandbox_of(rq)->vm, (int)rq->index[0], &t);
	if (err)
		return err;
	conf = registry_find(sandbox_of(rq)->registry, t.pid);
	if (!conf) {
		strbuf_puts(sb, "# none of the machine file or of spawn\n");
		return 0;
	}
	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	err = machine_conf_write_task(conf, f);
	if (fclose(f))
		err = -ENOMEM;
	if (!err)
		strbuf_push(sb, text, len);
	free(text);
	return err;
}

#define OP(n, which)                                                           \
	{                                                                      \
		.name = n, .mode = S_IFREG | 0200, .store = op_store,          \
		.data = &(which)                                               \
	}

static const struct tree_entry task_entries[] = {
	OP("alloc", op_alloc),
	OP("dirty", op_dirty),
	OP("exit", op_exit),
	OP("free", op_free),
	RO("latency", 0400, latency_show),
	OP("mlock", op_mlock),
	OP("read", op_read),
	OP("touch", op_touch),
	RO("workload", 0400, workload_show),
};

static int task_attr(const struct tree_req *rq, struct stat *st)
{
	struct vm_task_stat t;

	(void)st;
	return vm_task_get(sandbox_of(rq)->vm, (int)rq->index[0], &t) ?
		       -ENOENT : 0;
}

static const struct tree_dir task_dir = {
	TREE_ENTRIES(task_entries),
	.attr = task_attr,
};

static int64_t task_find(const struct tree_req *dir, const char *name)
{
	int64_t pid = tree_parse_index(name, "");
	struct vm_task_stat t;

	if (pid < 1 || pid > VM_MAX_PID ||
	    vm_task_get(sandbox_of(dir)->vm, (int)pid, &t))
		return -ENOENT;
	return pid;
}

static int64_t task_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	int pid = vm_task_next(sandbox_of(dir)->vm,
			       from ? (int)from - 1 : 0);

	return pid > 0 ? tree_name_index(name, "", (uint32_t)pid) : -1;
}

static const struct tree_index task_index = {
	.entry = DIR(NULL, 0700, &task_dir),
	.find = task_find,
	.next = task_next,
};

static const struct tree_index *const task_indexes[] = { &task_index };

const struct tree_dir tasks_dir = {
	TREE_INDEXES(task_indexes),
};
