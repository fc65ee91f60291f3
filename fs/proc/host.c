/* SPDX-License-Identifier: MIT */
/*
 * host.c - /proc of `run`: what is simulated, and links to what is not.
 *
 * The table is that of root.c without the names that a mount answers with a
 * constant for want of anything better; those stand there as links if the
 * host has them.  host_task.c has the directories of real processes.
 *
 * Called through the tables, and by fs/cli for the life of struct host.
 * Reads the /proc that machine_fs.host_proc is.  Session's lock.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define PIDS	    (TREE_INDEX_MAX + 1u)
#define PID_WORDS   (PIDS / 64)
#define MAX_ENTRIES 96u

/* Of /proc: what the machine has no model for. */
static const char *const proc_names[] = {
	"acpi",	      "bus",	 "cgroups",  "config.gz",   "consoles",
	"crypto",     "devices", "dma",	     "driver",	    "execdomains",
	"fb",	      "filesystems", "fs",   "ioports",	    "irq",
	"iomem",      "key-users",   "keys", "locks",	    "mdstat",
	"misc",	      "modules", "mtrr",     "scsi",	    "sysvipc",
	"timer_list", "tty",
};

int host_create(struct host **hp)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	h->hidden = calloc(PID_WORDS, sizeof(*h->hidden));
	h->real = calloc(PID_WORDS, sizeof(*h->real));
	if (!h->hidden || !h->real) {
		host_destroy(h);
		return -ENOMEM;
	}
	*hp = h;
	return 0;
}

void host_destroy(struct host *h)
{
	struct host_task *t, *next;
	unsigned i;

	if (!h)
		return;
	for (i = 0; i < HOST_BUCKETS; i++) {
		for (t = h->task[i]; t; t = next) {
			next = t->next;
			free(t);
		}
	}
	pthread_mutex_destroy(&h->lock);
	free(h->pid);
	free(h->real);
	free(h->hidden);
	free(h);
}

static void set_bit(_Atomic uint64_t *bits, int pid, bool on)
{
	uint64_t bit;

	if (pid <= 0 || (unsigned)pid >= PIDS)
		return;
	bit = 1ull << pid % 64;
	if (on)
		atomic_fetch_or(&bits[pid / 64], bit);
	else
		atomic_fetch_and(&bits[pid / 64], ~bit);
}

static bool test_bit(const _Atomic uint64_t *bits, uint32_t pid)
{
	return pid < PIDS && atomic_load(&bits[pid / 64]) >> (pid % 64) & 1;
}

void host_hide(struct host *h, int pid, bool hide)
{
	set_bit(h->hidden, pid, hide);
}

void host_set_real(struct host *h, int pid, bool real)
{
	set_bit(h->real, pid, real);
}

bool host_is_real(const struct host *h, uint32_t pid)
{
	return h && test_bit(h->real, pid);
}

void host_oom_killed(struct host *h, int pid)
{
	if (host_is_real(h, (uint32_t)pid) && h->reals.killed)
		h->reals.killed(h->reals.arg, pid);
}

int host_place(struct host *h, int pid, const char *comm, bool kthread)
{
	int place;

	if (!h || !h->places.place)
		return pid;
	place = h->places.place(h->places.arg, pid, comm, kthread);
	if (place > 0)
		host_hide(h, place, true);
	else if (place != -EEXIST)
		place = pid; /* beyond the host's limits: without one */
	return place;
}

void host_end(struct host *h, int pid)
{
	if (!h || pid <= 0)
		return;
	if (!host_is_real(h, (uint32_t)pid)) {
		if (h->places.end)
			h->places.end(h->places.arg, pid);
	} else if (h->reals.gone) {
		h->reals.gone(h->reals.arg, pid);
	} else {
		host_set_real(h, pid, false);
	}
}

bool host_is_hidden(const struct host *h, uint32_t pid)
{
	return pid >= PIDS || test_bit(h->hidden, pid);
}

bool host_has_pid(const struct tree_req *rq, uint32_t pid)
{
	const struct machine_fs *mf = machine_of(rq);
	char name[TREE_NAME_LEN];

	if (!pid || host_is_hidden(mf->host, pid))
		return false;
	if (!host_is_real(mf->host, pid) && machine_task(rq, (int)pid))
		return false;
	tree_name_index(name, "", pid);
	return !faccessat(mf->host_proc, name, F_OK, 0);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* What one reading of the host's directory finds. */
static void list_pids(struct host *h, DIR *dir)
{
	struct dirent *e;
	int64_t pid;

	h->nr_pids = 0;
	while ((e = readdir(dir))) {
		pid = tree_parse_index(e->d_name, "");
		if (pid <= 0)
			continue;
		if (h->nr_pids == h->room) {
			unsigned room = h->room ? h->room * 2 : 256;
			uint32_t *more = realloc(h->pid, room * sizeof(*more));

			if (!more)
				break;
			h->pid = more;
			h->room = room;
		}
		h->pid[h->nr_pids++] = (uint32_t)pid;
	}
	if (h->nr_pids)
		qsort(h->pid, h->nr_pids, sizeof(*h->pid), by_number);
}

static void refresh(const struct machine_fs *mf)
{
	int fd = openat(mf->host_proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir) {
		list_pids(mf->host, dir);
		closedir(dir);
	} else if (fd >= 0) {
		close(fd);
	}
}

int64_t host_next_pid(const struct tree_req *rq, uint32_t from)
{
	struct host *h = machine_of(rq)->host;
	unsigned low = 0, high, mid;

	if (!from)
		refresh(machine_of(rq));
	high = h->nr_pids;
	while (low < high) {
		mid = (low + high) / 2;
		if (h->pid[mid] < from)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < h->nr_pids; low++)
		if (host_has_pid(rq, h->pid[low]))
			return h->pid[low];
	return -1;
}

int host_tgid(const struct tree_req *rq)
{
	char text[512];
	const char *line;

	if (rq->pid <= 0 || !machine_read_host(machine_of(rq), rq->pid,
					       "status", text, sizeof(text)))
		return 0;
	line = strstr(text, "\nTgid:");
	return line ? (int)strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

/* Links to what the host has, in numbers: places in a list of names. */

static bool on_host(const struct tree_req *rq, const char *name)
{
	return !faccessat(machine_of(rq)->host_proc, name, F_OK, 0);
}

static int64_t find_name(const char *const *names, size_t nr,
			 const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return (int64_t)i;
	return -ENOENT;
}

static int64_t proc_name_find(const struct tree_req *dir, const char *name)
{
	int64_t nr = find_name(proc_names, TREE_NR(proc_names), name);

	return nr >= 0 && on_host(dir, name) ? nr : -ENOENT;
}

static int64_t proc_name_next(const struct tree_req *dir, uint32_t from,
			      char name[TREE_NAME_LEN])
{
	for (; from < TREE_NR(proc_names); from++) {
		if (!on_host(dir, proc_names[from]))
			continue;
		strncpy(name, proc_names[from], TREE_NAME_LEN - 1);
		name[TREE_NAME_LEN - 1] = '\0';
		return from;
	}
	return -1;
}

static int proc_name_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, HOST_ALL "/");
	strbuf_puts(sb, proc_names[rq->index[0]]);
	return 0;
}

static const struct tree_index proc_name_index = {
	.entry = { .mode = S_IFLNK | 0777, .show = proc_name_show },
	.find = proc_name_find,
	.next = proc_name_next,
};

/* Two directories that are there for who knows them, to mount on. */

static const char *const mount_names[] = { HOST_ALL, HOST_TASK };

static int64_t mount_find(const struct tree_req *dir, const char *name)
{
	(void)dir;
	return find_name(mount_names, TREE_NR(mount_names), name);
}

static int64_t mount_next(const struct tree_req *dir, uint32_t from,
			  char name[TREE_NAME_LEN])
{
	(void)dir;
	(void)from;
	(void)name;
	return -1;
}

static const struct tree_dir empty_dir = { .nr_entries = 0 };

static const struct tree_index mount_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &empty_dir },
	.find = mount_find,
	.next = mount_next,
	.stable = true,
};

/* The table of @from without @names; its length. */
static unsigned without(struct tree_entry *to, const struct tree_dir *from,
			const char *const *names, size_t nr_names)
{
	unsigned i, nr = 0;

	for (i = 0; i < from->nr_entries && nr < MAX_ENTRIES; i++)
		if (find_name(names, nr_names, from->entries[i].name) < 0)
			to[nr++] = from->entries[i];
	return nr;
}

const struct tree_dir *host_proc_dir(void)
{
	static const struct tree_index *const indexes[] = {
		&proc_name_index, &mount_index, &proc_pid_index,
		&host_pid_index, &proc_thread_index
	};
	static struct tree_entry entries[MAX_ENTRIES];
	static struct tree_dir dir;

	dir = proc_dir;
	dir.entries = entries;
	dir.nr_entries = without(entries, &proc_dir, proc_names,
				 TREE_NR(proc_names));
	dir.indexes = indexes;
	dir.nr_indexes = TREE_NR(indexes);
	return &dir;
}
