/* SPDX-License-Identifier: MIT */
/*
 * root.c - /proc: the table.
 *
 * What needs code has its show in the file of its name; what never changes
 * stands here as text.  Written to, a file without a store answers EIO, as
 * fs/proc/inode.c does (fact sheet J).
 *
 * Tables only.
 */
#include <errno.h>
#include <string.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/proc.h"

#define FILESYSTEMS                                                            \
	"nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup\n"             \
	"nodev\tcgroup2\nnodev\tdevtmpfs\nnodev\tdebugfs\nnodev\ttracefs\n"    \
	"nodev\tsecurityfs\nnodev\tsockfs\nnodev\tbpf\nnodev\tpipefs\n"        \
	"nodev\tramfs\nnodev\thugetlbfs\nnodev\tdevpts\n\tfuseblk\n"           \
	"nodev\tfuse\nnodev\tfusectl\nnodev\tvirtiofs\nnodev\tmqueue\n"        \
	"nodev\tpstore\n\text3\n\text2\n\text4\n"

#define DEVICES                                                                \
	"Character devices:\n"                                                 \
	"  1 mem\n  4 /dev/vc/0\n  4 tty\n  4 ttyS\n  5 /dev/tty\n"            \
	"  5 /dev/console\n  5 /dev/ptmx\n  7 vcs\n 10 misc\n 13 input\n"      \
	"128 ptm\n136 pts\n\n"                                                 \
	"Block devices:\n  7 loop\n  8 sd\n253 zram\n254 virtblk\n"            \
	"259 blkext\n"

static const struct tree_dir empty_dir = { .nr_entries = 0 };

#define SIZED(n, m, t, a)                                                      \
	{ .name = n, .mode = S_IFREG | (m), .show = tree_show_text,            \
	  .data = t, .attr = a }

/* These two are as long as what they say. */
static int link_attr(const struct tree_req *rq, struct stat *st)
{
	st->st_size = (off_t)strlen(rq->entry->data);
	return 0;
}

#define SIZED_LINK(n, t)                                                       \
	{ .name = n, .mode = S_IFLNK | 0777, .show = tree_show_text,           \
	  .data = t, .attr = link_attr }

static const struct tree_entry proc_entries[] = {
	DIR("acpi", 0555, &empty_dir),
	RO("buddyinfo", 0444, buddyinfo_show),
	DIR("bus", 0555, &empty_dir),
	TEXT("cgroups", 0444,
	     "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"),
	SIZED("cmdline", 0444, KERNEL_CMDLINE "\n", cmdline_attr),
	TEXT("consoles", 0444, "ttyS0                -W- (EC    )    4:64\n"),
	RO("cpuinfo", 0444, cpuinfo_show),
	TEXT("crypto", 0444, ""),
	TEXT("devices", 0444, DEVICES),
	RO("diskstats", 0444, diskstats_show),
	TEXT("dma", 0444, " 4: cascade\n"),
	DIR("driver", 0555, &empty_dir),
	DIR("dynamic_debug", 0555, &empty_dir),
	TEXT("execdomains", 0444, "0-0\tLinux           \t[kernel]\n"),
	TEXT("fb", 0444, ""),
	TEXT("filesystems", 0444, FILESYSTEMS),
	DIR("fs", 0555, &empty_dir),
	RO("interrupts", 0444, interrupts_show),
	TEXT("iomem", 0444, ""),
	TEXT("ioports", 0444, ""),
	DIR("irq", 0555, &empty_dir),
	TEXT("kallsyms", 0444, ""),
	SIZED("kcore", 0400, "", kcore_attr),
	TEXT("key-users", 0444, ""),
	TEXT("keys", 0444, ""),
	FOPS("kmsg", 0400, &proc_kmsg_ops),
	TEXT("kpagecgroup", 0400, ""),
	TEXT("kpagecount", 0400, ""),
	TEXT("kpageflags", 0400, ""),
	RO("loadavg", 0444, loadavg_show),
	TEXT("locks", 0444, ""),
	RO("meminfo", 0444, meminfo_show),
	TEXT("misc", 0444, "229 fuse\n"),
	TEXT("modules", 0444, ""),
	SIZED_LINK("mounts", "self/mounts"),
	TEXT("mtrr", 0644, ""),
	SIZED_LINK("net", "self/net"),
	RO("pagetypeinfo", 0400, pagetypeinfo_show),
	RO("partitions", 0444, partitions_show),
	DIR("pressure", 0555, &pressure_dir),
	RO("schedstat", 0444, schedstat_show),
	LINK("self", self_show),
	RO("slabinfo", 0400, slabinfo_show),
	RO("softirqs", 0444, softirqs_show),
	RO("stat", 0444, proc_stat_show),
	{ .name = "swaps", .mode = S_IFREG | 0444, .show = swaps_show,
	  .ops = &swaps_ops },
	DIR("sys", 0555, &proc_sys_dir),
	WO("sysrq-trigger", 0200, sysrq_store),
	DIR("sysvipc", 0555, &empty_dir),
	LINK("thread-self", thread_self_show),
	TEXT("timer_list", 0400, ""),
	DIR("tty", 0555, &empty_dir),
	RO("uptime", 0444, uptime_show),
	RO("version", 0444, version_show),
	TEXT("vmallocinfo", 0400, ""),
	RO("vmstat", 0444, vmstat_show),
	RO("zoneinfo", 0444, zoneinfo_show),
};

static const struct tree_index *const proc_indexes[] = {
	&proc_pid_index, &proc_thread_index
};

const struct tree_rules proc_rules = {
	.create = ENOENT,
	.mkdir = ENOENT,
	.remove = EPERM,
	.rename = EPERM,
	.chmod = EPERM,
	.no_op = EIO,
	.blksize = 1024,
};

const struct tree_dir proc_dir = {
	TREE_ENTRIES(proc_entries),
	TREE_INDEXES(proc_indexes),
	.rules = &proc_rules,
};
