/* SPDX-License-Identifier: MIT */
/*
 * task_keys.c - the keys of a task and of the phases of its workload.
 *
 * A task is what stands in tasks = ( { ... } ) of a machine file and, without
 * the braces, in a line written to sandbox/spawn.  Three short forms stand
 * for a workload of one endless phase:
 *
 *	leak = "64M/s"	   touch new anonymous memory and never free it
 *	dirty = "20M/s"	   write() its file round and round
 *	stream = "100M/s"  read() its file round and round
 *
 * Called through the tables by key_read.c and key_write.c.  No locks.
 */
#include <string.h>

#include <vm/task.h>

#include "fs/conf/keys.h"
#include "fs/conf/units.h"

#define MAX_AREA_PAGES VM_MAX_PAGES
#define MAX_RATE       1000000000ull /* pages a second */
#define MAX_TIME_NS    (3600 * 24 * 365 * 1000000000ull)

/* Size of the file of a dirty or stream that names none. */
#define SHORT_FILE_PAGES (1ull << (30 - VM_PAGE_SHIFT))

static const char *const pattern_names[] = {
	[VM_PATTERN_IDLE] = "idle",
	[VM_PATTERN_SEQUENTIAL] = "sequential",
	[VM_PATTERN_UNIFORM] = "uniform",
	[VM_PATTERN_ZIPF] = "zipf",
	[VM_PATTERN_HOT] = "hot",
	[VM_NR_PATTERNS] = NULL,
};

static const char *const target_names[] = {
	[VM_TARGET_ANON] = "anon",
	[VM_TARGET_MAPPING] = "mapping",
	[VM_TARGET_FILE] = "file",
	[VM_NR_TARGETS] = NULL,
};

#define PHASE struct vm_phase_conf

static const struct conf_key phase_keys[] = {
	KEY_ENUM("pattern", PHASE, pattern, pattern_names),
	KEY_ENUM("target", PHASE, target, target_names),
	KEY_TIME("duration", PHASE, duration_ns, 0, MAX_TIME_NS),
	KEY_COUNT("accesses", PHASE, accesses, 0, INT64_MAX),
	KEY_PAGES("first", PHASE, first, 0, MAX_AREA_PAGES),
	KEY_PAGES("size", PHASE, pages, 0, MAX_AREA_PAGES),
	KEY_RATE("rate", PHASE, rate, 0, MAX_RATE),
	KEY_PERMILLE("write", PHASE, write_permille),
	KEY_PERMILLE("hot", PHASE, hot_permille),
	KEY_PAGES("hot_size", PHASE, hot_pages, 0, MAX_AREA_PAGES),
	KEY_BOOL("grow", PHASE, grow),
	{ .name = NULL },
};

static void phase_defaults(const struct vm_machine *m, const void *elem,
			   void *def)
{
	struct vm_phase_conf *p = def;

	(void)m;
	(void)elem;
	memset(p, 0, sizeof(*p));
	p->pattern = VM_PATTERN_SEQUENTIAL;
}

/* Growing is what anonymous memory does, and every new page is written. */
static void phase_finish(struct conf *c, const config_setting_t *s, void *elem)
{
	struct vm_phase_conf *p = elem;

	if (p->grow && p->target != VM_TARGET_ANON)
		conf_error(c, s, "grow, expected target = \"anon\" with it");
	if (p->pattern == VM_PATTERN_HOT && !p->hot_pages)
		conf_error(c, s, "pattern \"hot\", expected hot_size with it");
}

static const struct conf_list phase_list = {
	.keys = phase_keys,
	.elem_size = sizeof(struct vm_phase_conf),
	.max = VM_MAX_PHASES,
	.array = offsetof(struct vm_task_conf, phase),
	.count = offsetof(struct vm_task_conf, nr_phases),
	.defaults = phase_defaults,
	.finish = phase_finish,
};

static const char *const workload_names[] = { "leak", "dirty", "stream",
					      "workload" };

/* Of the ways to give a task work only one can be meant. */
static bool only_workload(struct conf *c, const config_setting_t *s)
{
	const config_setting_t *task = config_setting_parent(s);
	const char *name;
	size_t i;

	for (i = 0; i < sizeof(workload_names) / sizeof(*workload_names); i++) {
		name = workload_names[i];
		if (strcmp(name, config_setting_name(s)) &&
		    config_setting_get_member(task, name)) {
			conf_error(c, s, "together with %s, expected one of "
					 "leak, dirty, stream, workload",
				   name);
			return false;
		}
	}
	return true;
}

/* leak, dirty, stream: a workload of one phase, by its rate. */
static void read_short(struct conf *c, const config_setting_t *s,
		       const struct conf_key *key, void *obj)
{
	const char *text = config_setting_get_string(s);
	struct vm_task_conf *t = obj;
	struct vm_phase_conf *p = &t->phase[0];
	char most[UNITS_TEXT_LEN];
	uint64_t bps;

	if (!only_workload(c, s))
		return;
	if (!text || units_parse_rate(text, &bps) || bps < VM_PAGE_SIZE ||
	    bps % VM_PAGE_SIZE) {
		conf_error(c, s, "expected a rate, as \"64M/s\", "
				 "a multiple of \"4K/s\"");
		return;
	}
	if (bps >> VM_PAGE_SHIFT > MAX_RATE) {
		units_format_rate(most, MAX_RATE << VM_PAGE_SHIFT);
		conf_error(c, s, "\"%.40s\", expected at most \"%s\"", text,
			   most);
		return;
	}
	phase_defaults(NULL, NULL, p);
	p->rate = bps >> VM_PAGE_SHIFT;
	p->grow = !strcmp(key->name, "leak");
	p->target = p->grow ? VM_TARGET_ANON : VM_TARGET_FILE;
	p->write_permille = strcmp(key->name, "stream") ? 1000 : 0;
	t->nr_phases = 1;
}

/* node = 1 and nodes = [ 0, 1 ]: the nodes its memory may come from. */
static void read_nodes(struct conf *c, const config_setting_t *s,
		       const struct conf_key *key, void *obj)
{
	struct vm_task_conf *t = obj;
	struct idset set = { { 0 } };

	(void)key;
	if (!idset_read(c, s, VM_MAX_NODES, &set))
		return;
	if (!set.bits[0])
		conf_error(c, s, "no node, expected at least one");
	t->nodes = set.bits[0];
}

static void write_nodes(struct conf_out *out, const struct conf_key *key,
			const void *obj)
{
	const struct vm_task_conf *t = obj;
	struct idset set = { { t->nodes } };

	if (!t->nodes)
		return;
	conf_write_name(out, key->name);
	idset_write(out, &set);
	fputs(";\n", out->f);
}

#define TASK struct vm_task_conf

const struct conf_key task_keys[] = {
	KEY_TEXT("name", TASK, comm, true),
	KEY_TEXT("args", TASK, args, false),
	KEY_INT("pid", TASK, pid, 1, VM_MAX_PID),
	KEY_INT("ppid", TASK, ppid, 1, VM_MAX_PID),
	KEY_U32("uid", TASK, uid, 0, UINT32_MAX - 1),
	KEY_U32("gid", TASK, gid, 0, UINT32_MAX - 1),
	KEY_INT("oom_score_adj", TASK, oom_score_adj, VM_OOM_SCORE_ADJ_MIN,
		VM_OOM_SCORE_ADJ_MAX),
	KEY_U32("threads", TASK, nr_threads, 1, VM_MAX_PID),
	KEY_CUSTOM("node", read_nodes, NULL),
	KEY_CUSTOM("nodes", read_nodes, write_nodes),
	KEY_INT("cpu", TASK, cpu, 0, VM_MAX_CPUS - 1),
	KEY_PAGES("rss", TASK, anon_resident, 0, MAX_AREA_PAGES),
	KEY_PAGES("swap", TASK, anon_swapped, 0, MAX_AREA_PAGES),
	KEY_PAGES("anon", TASK, anon_pages, 0, MAX_AREA_PAGES),
	KEY_PAGES("mlock", TASK, mlock_pages, 0, MAX_AREA_PAGES),
	KEY_TEXT("file", TASK, file, false),
	KEY_PAGES("file_size", TASK, file_pages, 1, MAX_AREA_PAGES),
	KEY_BOOL("map", TASK, map_file),
	KEY_BOOL("repeat", TASK, repeat),
	KEY_CUSTOM("leak", read_short, NULL),
	KEY_CUSTOM("dirty", read_short, NULL),
	KEY_CUSTOM("stream", read_short, NULL),
	KEY_LIST("workload", &phase_list),
	{ .name = NULL },
};

const struct conf_list task_list = {
	.keys = task_keys,
	.elem_size = sizeof(struct vm_task_conf),
	.max = VM_MAX_TASKS,
	.array = offsetof(struct vm_machine, task),
	.count = offsetof(struct vm_machine, nr_tasks),
	.heap = true,
	.defaults = task_conf_defaults,
	.finish = task_conf_finish,
};

void task_conf_defaults(const struct vm_machine *m, const void *elem,
			void *def)
{
	const struct vm_task_conf *is = elem;
	struct vm_task_conf *t = def;

	(void)m;
	memset(t, 0, sizeof(*t));
	t->cpu = -1;
	if (is)
		t->anon_pages = is->anon_resident + is->anon_swapped;
}

static bool in_machine(const struct vm_machine *m, const char *file)
{
	uint32_t i;

	for (i = 0; i < m->nr_files; i++) {
		if (!strcmp(m->file[i].name, file))
			return true;
	}
	return false;
}

static bool uses_file(const struct vm_task_conf *t)
{
	uint32_t i;

	for (i = 0; i < t->nr_phases; i++) {
		if (t->phase[i].target != VM_TARGET_ANON)
			return true;
	}
	return t->map_file;
}

/* A task that works on a file and names none gets one of its own. */
static void own_file(struct vm_task_conf *t)
{
	size_t len = strlen(t->comm);

	if (!uses_file(t) || t->file[0])
		return;
	memcpy(t->file, t->comm, len);
	memcpy(t->file + len, ".data", sizeof(".data"));
	if (!t->file_pages)
		t->file_pages = SHORT_FILE_PAGES;
}

void task_conf_finish(struct conf *c, const config_setting_t *s, void *elem)
{
	struct vm_task_conf *t = elem;

	if (config_setting_get_member(s, "node") &&
	    config_setting_get_member(s, "nodes"))
		conf_error(c, s, "node and nodes, expected one of them");
	if (!config_setting_get_member(s, "anon"))
		t->anon_pages = t->anon_resident + t->anon_swapped;
	own_file(t);
	if (c->m && t->file[0] && !t->file_pages && !in_machine(c->m, t->file))
		conf_error(c, s, "file \"%s\" is not in files, expected "
				 "file_size with it", t->file);
}
