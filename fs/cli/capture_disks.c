/* SPDX-License-Identifier: MIT */
/*
 * capture_disks.c - the disks and swap areas of a real machine.
 *
 * Disks are what /sys/block lists, without the ones that hold no data of
 * their own (loop, ram, optical); without /sys/block, what /proc/diskstats
 * names.  A swap area is put on the disk that its device is a part of, a
 * swap file on the first disk, since no file says where it lies.
 *
 * Latencies are those of the kind of disk: they cannot be read anywhere.
 *
 * Called by capture.c.  One thread, no locks.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cli/capture.h"
#include "fs/cli/cmd.h"

#define MAX_SIZE (1ull << 44) /* pages; what a machine file takes */

/* No page of a machine ends up on one of these. */
static const char *const no_disks[] = { "fd", "loop", "ram", "sr" };

static bool is_disk(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(no_disks) / sizeof(no_disks[0]); i++) {
		if (!strncmp(name, no_disks[i], strlen(no_disks[i])))
			return false;
	}
	return name[0] != '.';
}

static enum vm_disk_kind kind_of(struct capture *c, const char *name)
{
	enum vm_disk_kind kind = VM_DISK_SSD;
	char *text;

	if (!strncmp(name, "zram", 4))
		return VM_DISK_ZRAM;
	if (!strncmp(name, "nvme", 4))
		return VM_DISK_NVME;
	text = capture_read("%s/block/%s/queue/rotational", c->sys, name);
	if (text && text[0] == '1')
		kind = VM_DISK_HDD;
	free(text);
	return kind;
}

/* "   8        0  125034840 sda", of /proc/partitions: in kB. */
static uint64_t size_in_partitions(struct capture *c, const char *disk)
{
	char *text = capture_read("%s/partitions", c->proc), *at = text, *line;
	char name[VM_NAME_LEN];
	unsigned long long kb;
	uint64_t pages = 0;

	while (at && (line = capture_line(&at))) {
		if (sscanf(line, "%*u %*u %llu %63s", &kb, name) == 2 &&
		    !strcmp(name, disk))
			pages = kb / 4;
	}
	free(text);
	return pages;
}

/* Of sysfs, in sectors, or else of /proc; unknown, it stays what it is. */
static void read_size(struct capture *c, struct vm_disk_conf *d)
{
	char *text = capture_read("%s/block/%s/size", c->sys, d->name);
	uint64_t pages = text ? strtoull(text, NULL, 10) / 8 : 0;

	free(text);
	if (!pages)
		pages = size_in_partitions(c, d->name);
	if (pages && pages < MAX_SIZE)
		d->pages = pages;
}

/* The index of disk @name, added if need be; -1 if there is no room. */
static int disk_index(struct capture *c, const char *name)
{
	struct vm_machine *m = c->m;
	struct vm_disk_conf *d;
	uint32_t i;

	for (i = 0; i < m->nr_disks; i++) {
		if (!strcmp(m->disk[i].name, name))
			return (int)i;
	}
	if (m->nr_disks == VM_MAX_DISKS || strlen(name) >= VM_NAME_LEN) {
		cmd_warn("disk %s: more than %u disks, left out", name,
			 VM_MAX_DISKS);
		return -1;
	}
	d = &m->disk[m->nr_disks];
	vm_disk_defaults(d, kind_of(c, name));
	snprintf(d->name, sizeof(d->name), "%s", name);
	read_size(c, d);
	return (int)m->nr_disks++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int wanted(const struct dirent *e)
{
	return is_disk(e->d_name);
}

static bool from_sysfs(struct capture *c)
{
	char path[CAPTURE_PATH_LEN];
	struct dirent **list;
	int i, nr;

	snprintf(path, sizeof(path), "%s/block", c->sys);
	nr = scandir(path, &list, wanted, by_name);
	if (nr < 0)
		return false;
	for (i = 0; i < nr; i++) {
		if (c->m->nr_disks < VM_MAX_DISKS)
			disk_index(c, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return true;
}

/*
 * The disk that partition @name is of: "vda2" of vda, "nvme0n1p2" of nvme0n1.
 * A name without a number at its end is a disk; so are dm-0 and zram0.
 */
static void whole_disk(const char *name, char disk[VM_NAME_LEN])
{
	size_t len = strlen(name);

	snprintf(disk, VM_NAME_LEN, "%s", name);
	if (len >= VM_NAME_LEN || !strncmp(name, "dm-", 3) ||
	    !strncmp(name, "zram", 4) || !strncmp(name, "md", 2))
		return;
	while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	if (!len || !name[len])
		return;
	if (!strncmp(name, "nvme", 4) || !strncmp(name, "mmcblk", 6)) {
		if (len < 2 || name[len - 1] != 'p')
			return;
		len--;
	}
	disk[len] = '\0';
}

/* Whole disks come before their partitions. */
static void from_diskstats(struct capture *c)
{
	char *text = capture_need(c->proc, "diskstats"), *at = text, *line;
	char name[VM_NAME_LEN], disk[VM_NAME_LEN];

	while ((line = capture_line(&at))) {
		if (sscanf(line, "%*u %*u %63s", name) != 1 || !is_disk(name))
			continue;
		whole_disk(name, disk);
		if (!strcmp(name, disk) && c->m->nr_disks < VM_MAX_DISKS)
			disk_index(c, disk);
	}
	free(text);
}

/* "\040" stands for a blank in a path of /proc/swaps. */
static void unescape(char *s)
{
	char *to = s;
	unsigned code;

	while (*s) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3 &&
		    sscanf(s + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The disk below /dev/<name>; a file's is not known. */
static int disk_of(struct capture *c, const char *path, bool is_file)
{
	char disk[VM_NAME_LEN];
	const char *name = strrchr(path, '/');

	if (is_file && c->m->nr_disks)
		return 0;
	if (is_file || !name || strlen(name + 1) >= VM_NAME_LEN)
		return disk_index(c, "sda");
	whole_disk(name + 1, disk);
	return disk_index(c, disk);
}

static void read_swap(struct capture *c, const char *line)
{
	char path[512], type[32];
	unsigned long long kb;
	struct vm_swap_conf *s;
	uint64_t pages;
	int priority, disk;

	if (sscanf(line, "%511s %31s %llu %*u %d", path, type, &kb,
		   &priority) != 4)
		return;
	unescape(path);
	pages = kb / 4 + 1; /* the header is not in the size shown */
	if (strlen(path) >= VM_NAME_LEN || c->m->nr_swaps == VM_MAX_SWAPS ||
	    pages < VM_SWAP_MIN_PAGES || pages > VM_SWAP_MAX_PAGES) {
		cmd_warn("swap %s: %llu kB: left out, expected at most %u "
			 "areas of %u to %llu pages, with names of at most %u "
			 "characters", path, kb, VM_MAX_SWAPS,
			 VM_SWAP_MIN_PAGES, VM_SWAP_MAX_PAGES,
			 VM_NAME_LEN - 1);
		return;
	}
	disk = disk_of(c, path, !strcmp(type, "file"));
	if (disk < 0)
		return;
	s = &c->m->swap[c->m->nr_swaps++];
	memcpy(s->path, path, strlen(path) + 1);
	s->is_file = !strcmp(type, "file");
	s->disk = (uint32_t)disk;
	s->pages = pages;
	s->priority = priority < 0 ? VM_SWAP_PRIO_AUTO : priority;
}

void capture_disks(struct capture *c)
{
	char *text, *at, *line;

	if (!from_sysfs(c))
		from_diskstats(c);
	text = capture_need(c->proc, "swaps");
	at = text;
	capture_line(&at); /* the headings */
	while ((line = capture_line(&at)))
		read_swap(c, line);
	free(text);
	if (!c->m->nr_disks) {
		cmd_warn("no disk found, one nvme disk taken");
		disk_index(c, "nvme0n1");
	}
}
