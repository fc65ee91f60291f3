/* SPDX-License-Identifier: MIT */
/*
 * fs_ctl_table.c - /proc/sys/fs: what sysctl.d files set in passing.
 *
 * Names, modes and bounds are Linux 6.12's, as Debian builds it; what depends
 * on the size of a machine has the value of one of a few GiB.  Nothing here
 * moves memory.
 *
 * Tables only; the handlers are kernel_ctl.c's.
 */
#include "fs/proc/kernel_ctl.h"

static const struct tree_dir empty_dir = { .nr_entries = 0 };

static const struct tree_entry epoll_entries[] = {
	KCTL_ULONG("max_user_watches", 0644, 435814),
};

static const struct tree_dir epoll_dir = { TREE_ENTRIES(epoll_entries) };

static const struct tree_entry fanotify_entries[] = {
	KCTL_INT("max_queued_events", 0644, 0, INT_MAX, 16384),
	KCTL_INT("max_user_groups", 0644, 0, INT_MAX, 128),
	KCTL_INT("max_user_marks", 0644, 0, INT_MAX, 15544),
};

static const struct tree_dir fanotify_dir = { TREE_ENTRIES(fanotify_entries) };

static const struct tree_entry inotify_entries[] = {
	KCTL_INT("max_queued_events", 0644, 0, INT_MAX, 16384),
	KCTL_INT("max_user_instances", 0644, 0, INT_MAX, 128),
	KCTL_INT("max_user_watches", 0644, 0, INT_MAX, 14568),
};

static const struct tree_dir inotify_dir = { TREE_ENTRIES(inotify_entries) };

static const struct tree_entry mqueue_entries[] = {
	KCTL_INT("msg_default", 0644, 1, 65536, 10),
	KCTL_INT("msg_max", 0644, 1, 65536, 10),
	KCTL_INT("msgsize_default", 0644, 128, 16777216, 8192),
	KCTL_INT("msgsize_max", 0644, 128, 16777216, 8192),
	KCTL_ANY("queues_max", 0644, 256),
};

static const struct tree_dir mqueue_dir = { TREE_ENTRIES(mqueue_entries) };

static const struct tree_entry quota_entries[] = {
	KCTL_ULONG("allocated_dquots", 0444, 0),
	KCTL_ULONG("cache_hits", 0444, 0),
	KCTL_ULONG("drops", 0444, 0),
	KCTL_ULONG("free_dquots", 0444, 0),
	KCTL_ULONG("lookups", 0444, 0),
	KCTL_ULONG("reads", 0444, 0),
	KCTL_ULONG("syncs", 0444, 0),
	KCTL_ULONG("writes", 0444, 0),
};

static const struct tree_dir quota_dir = { TREE_ENTRIES(quota_entries) };

static const struct tree_entry fs_entries[] = {
	KCTL_ULONG("aio-max-nr", 0644, 65536),
	KCTL_ULONG("aio-nr", 0444, 0),
	DIR("binfmt_misc", 0555, &empty_dir),
	KCTL_STRING("dentry-state", 0444, "17180\t4026\t45\t0\t1536\t0"),
	KCTL_ANY("dir-notify-enable", 0644, 1),
	DIR("epoll", 0555, &epoll_dir),
	DIR("fanotify", 0555, &fanotify_dir),
	KCTL_ULONG("file-max", 0644, INT64_MAX),
	KCTL_INTS("file-nr", 0444, 3, 512, 0, INT_MAX),
	KCTL_STRING("inode-nr", 0444, "14824\t379"),
	KCTL_STRING("inode-state", 0444, "14824\t379\t0\t0\t0\t0\t0"),
	DIR("inotify", 0555, &inotify_dir),
	KCTL_INT("lease-break-time", 0644, 0, INT_MAX, 45),
	KCTL_ANY("leases-enable", 0644, 1),
	KCTL_INT("mount-max", 0644, 1, INT_MAX, 100000),
	DIR("mqueue", 0555, &mqueue_dir),
	KCTL_ANY("nr_open", 0644, 1048576),
	KCTL_INT("overflowgid", 0644, 0, 65535, 65534),
	KCTL_INT("overflowuid", 0644, 0, 65535, 65534),
	KCTL_ANY("pipe-max-size", 0644, 1048576),
	KCTL_ULONG("pipe-user-pages-hard", 0644, 0),
	KCTL_ULONG("pipe-user-pages-soft", 0644, 16384),
	KCTL_INT("protected_fifos", 0600, 0, 2, 1),
	KCTL_INT("protected_hardlinks", 0600, 0, 1, 1),
	KCTL_INT("protected_regular", 0600, 0, 2, 2),
	KCTL_INT("protected_symlinks", 0600, 0, 1, 1),
	DIR("quota", 0555, &quota_dir),
	KCTL_INT("suid_dumpable", 0644, 0, 2, 0),
};

const struct tree_dir sys_fs_dir = { TREE_ENTRIES(fs_entries) };
