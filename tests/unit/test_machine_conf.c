/* SPDX-License-Identifier: MIT */
/*
 * test_machine_conf.c - the machine file: what it takes, what it says.
 *
 * Bad input is a table: a file, and all the messages it must give, to the
 * letter.  Good input is held against the struct it must become; what is
 * written must read back to the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vm/machine.h>

#include "check_main.h"
#include "fs/conf/machine_conf.h"

#define NODES "nodes = ( { memory = \"1G\"; } );\n"
#define DISKS "disks = ( { name = \"sda\"; } );\n"

struct bad_row {
	const char *text;
	const char *messages;
};

static const struct bad_row bad_rows[] = {
	/* the language */
	{ "nodes = (\n{ memory = \"1G\" }\n};",
	  "m:3: syntax error, expected key = value;\n" },
	{ "seed = 1;\nseed = 2;",
	  "m:2: duplicate setting name, expected key = value;\n" },
	{ "", "m:1: nodes is missing, expected "
	      "nodes = ( { memory = \"4G\"; } );\n" },
	/* unknown keys */
	{ NODES "colour = 1;",
	  "m:2: colour: unknown key, expected one of seed boot_epoch thp "
	  "reclaim costs kernel nodes disks swap files sysctl tasks\n" },
	{ "nodes = ( { memory = \"1G\"; memry = 1; } );",
	  "m:1: nodes[0].memry: unknown key, expected one of memory movable "
	  "cpus hugepages distance zones\n" },
	{ NODES "reclaim = { wake = \"low\"; };",
	  "m:2: reclaim.wake: unknown key, expected one of kswapd_wake "
	  "page_lists lru_counts\n" },
	/* types */
	{ "nodes = 1;", "m:1: nodes: 1, expected a list ( { ... }, ... )\n" },
	{ "nodes = ( 1 );",
	  "m:1: nodes[0]: 1, expected a group { ... }\n" },
	{ NODES "thp = 1;", "m:2: thp: 1, expected true or false\n" },
	{ NODES "seed = \"x\";",
	  "m:2: seed: \"x\", expected a number from 0 to "
	  "9223372036854775807\n" },
	{ NODES "kernel = 5;", "m:2: kernel: 5, expected a group { ... }\n" },
	{ NODES "reclaim = { kswapd_wake = \"mid\"; };",
	  "m:2: reclaim.kswapd_wake: \"mid\", expected one of \"low\", "
	  "\"high\"\n" },
	{ NODES "costs = { touch = 100; };",
	  "m:2: costs.touch: 100, expected a time, as \"5s\" or "
	  "\"100us\"\n" },
	{ NODES "costs = { touch = \"2s\"; };",
	  "m:2: costs.touch: \"2s\", expected a time from \"0s\" to "
	  "\"1s\"\n" },
	{ NODES "tasks = ( { name = 5; } );",
	  "m:2: tasks[0].name: 5, expected text in quotes\n" },
	/* sizes */
	{ "nodes = ( { memory = \"4X\"; } );",
	  "m:1: nodes[0].memory: \"4X\", expected a size, as \"512M\" or "
	  "\"4G\"\n" },
	{ "nodes = ( { memory = -4096; } );",
	  "m:1: nodes[0].memory: -4096, expected a size, as \"512M\" or "
	  "\"4G\"\n" },
	{ "nodes = ( { memory = 1000; } );",
	  "m:1: nodes[0].memory: 1000, expected a multiple of 4K\n" },
	{ "nodes = ( { memory = \"2T\"; } );",
	  "m:1: nodes[0].memory: \"2T\", expected a size from \"0\" to "
	  "\"1T\"\n" },
	{ "nodes = ( { cpus = \"0\"; } );",
	  "m:1: nodes[0]: memory is missing, expected memory = ...;\n" },
	/* nodes */
	{ "nodes = (\n{ memory = \"1G\"; cpus = \"0-1\"; },\n"
	  "{ memory = \"1G\"; cpus = [ 1 ]; } );",
	  "m:3: nodes[1].cpus: CPU 1 is of node 0 already, expected one node "
	  "a CPU\n" },
	{ "nodes = (\n{ memory = \"1G\"; cpus = \"0,2\"; } );",
	  "m:1: nodes: CPU 1 is of no node, expected CPUs 0 to 2 in cpus of "
	  "the nodes\n" },
	{ "nodes = ( { memory = \"1G\"; cpus = \"0-\"; } );",
	  "m:1: nodes[0].cpus: \"0-\", expected a list as \"0-3,8\", numbers "
	  "from 0 to 255\n" },
	{ "nodes = ( { memory = \"1G\"; cpus = [ 256 ]; } );",
	  "m:1: nodes[0].cpus[0]: 256, expected a number from 0 to 255\n" },
	{ "nodes = ( { memory = \"1G\"; distance = [ 10, 20 ]; } );",
	  "m:1: nodes[0].distance: 2 distances, expected one for each of 1 "
	  "nodes\n" },
	{ "nodes = ( { memory = \"1G\"; distance = [ 7 ]; } );",
	  "m:1: nodes[0].distance[0]: 7, expected a number from 10 to "
	  "255\n" },
	{ "nodes = ( { memory = \"1G\"; distance = [ 20 ]; } );",
	  "m:1: nodes[0].distance: node 0: distance to node 0: 20, want "
	  "10..10\n" },
	{ "nodes = ( { memory = \"1G\"; zones = ( { name = \"DMA\"; } ); } );",
	  "m:1: nodes[0]: memory and zones, expected one of them\n" },
	{ "nodes = ( { zones = ( { name = \"High\"; } ); } );",
	  "m:1: nodes[0].zones[0].name: \"High\", expected one of \"DMA\", "
	  "\"DMA32\", \"Normal\", \"Movable\", \"Device\"\n" },
	{ "nodes = ( { zones = ( { name = \"DMA\"; protection = [ 0 ]; } ); }"
	  " );",
	  "m:1: nodes[0].zones[0].protection: expected an array of 5 "
	  "numbers\n" },
	{ "nodes = ( { zones = ( { name = \"DMA\"; protection = [ 0, -1, 0, "
	  "0, 0 ]; } ); } );",
	  "m:1: nodes[0].zones[0].protection[1]: -1, expected a number from 0 "
	  "to 268435456\n" },
	/* disks and what stands on them */
	{ NODES "disks = ( { kind = \"nvme\"; } );",
	  "m:2: disks[0]: name is missing, expected name = ...;\n" },
	{ NODES "disks = ( { name = \"a\"; kind = \"tape\"; } );",
	  "m:2: disks[0].kind: \"tape\", expected one of \"nvme\", \"ssd\", "
	  "\"hdd\", \"zram\"\n" },
	{ NODES "disks = ( { name = \"a\"; queue_depth = 0; } );",
	  "m:2: disks[0].queue_depth: 0, expected a number from 1 to "
	  "65536\n" },
	{ NODES "disks = ( { name = \"a\"; errors = 1.5; } );",
	  "m:2: disks[0].errors: 1.5, expected a share from 0.0 to 1.0\n" },
	{ NODES "disks = ( { name = \"a\"; bandwidth = \"1G\"; } );",
	  "m:2: disks[0].bandwidth: \"1G\", expected a rate, as "
	  "\"64M/s\"\n" },
	{ NODES "disks = (\n{ name = \"a\"; },\n{ name = \"a\"; } );",
	  "m:4: disks[1].name: disk 1: name: \"a\": two disks of one "
	  "name\n" },
	{ NODES DISKS
	  "swap = (\n{ path = \"/x\"; disk = \"sdb\"; size = \"1G\"; } );",
	  "m:4: swap[0].disk: \"sdb\", expected the name of one of the "
	  "disks\n" },
	{ NODES DISKS "swap = ( { path = \"/x\"; size = \"4K\"; } );",
	  "m:3: swap[0].size: \"4K\", expected a size from \"40K\" to "
	  "\"256G\"\n" },
	{ NODES DISKS
	  "swap = ( { path = \"/x\"; size = \"1G\"; priority = -2; } );",
	  "m:3: swap[0].priority: -2, expected a number from 0 to 32767\n" },
	{ NODES "swap = ( { path = \"/x\"; size = \"1G\"; } );",
	  "m:2: swap[0]: no disk, expected disks = ( ... ) with it\n" },
	/* sysctl */
	{ NODES "sysctl = { vm = { swapiness = 1; }; };",
	  "m:2: sysctl.vm.swapiness: \"vm.swapiness\", expected a tunable of "
	  "/proc/sys/vm\n" },
	{ NODES "sysctl = { vm = { swappiness = 201; }; };",
	  "m:2: sysctl.vm.swappiness: \"201\", expected a number from 0 to "
	  "200\n" },
	{ NODES "sysctl = ( \"vm.dirty_ratio = 20\",\n"
	  "\"vm.dirty_ratio = x\" );",
	  "m:3: sysctl[1]: \"x\", expected a number from 0 to 100\n" },
	{ NODES "sysctl = ( \"swappiness = 1\" );",
	  "m:2: sysctl[0]: expected text as \"vm.swappiness = 60\"\n" },
	{ NODES "sysctl = { kernel = { pid_max = 1; }; };",
	  "m:2: sysctl.kernel: unknown key, expected vm\n" },
	{ NODES "sysctl = 1;",
	  "m:2: sysctl: expected a group { vm = { ... } } or a list "
	  "( \"vm.swappiness = 60\", ... )\n" },
	/* tasks */
	{ NODES "tasks = ( { rss = \"1M\"; } );",
	  "m:2: tasks[0]: name is missing, expected name = ...;\n" },
	{ NODES "tasks = ( { name = \"a-name-of-sixteen\"; } );",
	  "m:2: tasks[0].name: \"a-name-of-sixteen\", expected 1 to 15 "
	  "characters\n" },
	{ NODES "tasks = ( { name = \"a\"; oom_score_adj = 1001; } );",
	  "m:2: tasks[0].oom_score_adj: 1001, expected a number from -1000 to "
	  "1000\n" },
	{ NODES "tasks = ( { name = \"a\"; leak = \"64M\"; } );",
	  "m:2: tasks[0].leak: expected a rate, as \"64M/s\", a multiple of "
	  "\"4K/s\"\n" },
	{ NODES "tasks = ( { name = \"a\"; leak = \"4K/s\";\n"
	  "workload = (); } );",
	  "m:2: tasks[0].leak: together with workload, expected one of leak, "
	  "dirty, stream, workload\n" },
	{ NODES "tasks = ( { name = \"a\"; node = 0; nodes = [ 0 ]; } );",
	  "m:2: tasks[0]: node and nodes, expected one of them\n" },
	{ NODES "tasks = ( { name = \"a\"; nodes = [ 16 ]; } );",
	  "m:2: tasks[0].nodes[0]: 16, expected a number from 0 to 15\n" },
	{ NODES "tasks = ( { name = \"a\"; node = 1; } );",
	  "m:2: tasks[0]: task 0: nodes: a node that the machine has not\n" },
	{ NODES "tasks = ( { name = \"a\"; file = \"/f\"; } );",
	  "m:2: tasks[0]: file \"/f\" is not in files, expected file_size "
	  "with it\n" },
	{ NODES "tasks = ( { name = \"a\"; rss = \"2M\";\nanon = \"1M\"; } );",
	  "m:2: tasks[0].rss: task 0: rss: 512, want 0..256\n" },
	{ NODES "tasks = (\n{ name = \"a\"; pid = 9; },\n"
	  "{ name = \"b\"; pid = 9; } );",
	  "m:4: tasks[1].pid: task 1: pid: two tasks of one pid\n" },
	{ NODES "tasks = ( { name = \"a\"; workload = (\n"
	  "{ pattern = \"random\"; } ); } );",
	  "m:3: tasks[0].workload[0].pattern: \"random\", expected one of "
	  "\"idle\", \"sequential\", \"uniform\", \"zipf\", \"hot\"\n" },
	{ NODES "tasks = ( { name = \"a\"; workload = (\n"
	  "{ write = 1.5; } ); } );",
	  "m:3: tasks[0].workload[0].write: 1.5, expected a share from 0.0 to "
	  "1.0\n" },
	{ NODES "tasks = ( { name = \"a\"; workload = (\n"
	  "{ rate = \"1000/s\"; } ); } );",
	  "m:3: tasks[0].workload[0].rate: \"1000/s\", expected a multiple of "
	  "\"4K/s\"\n" },
	{ NODES "tasks = ( { name = \"a\"; workload = (\n"
	  "{ grow = true; target = \"mapping\"; } ); } );",
	  "m:3: tasks[0].workload[0]: grow, expected target = \"anon\" with "
	  "it\n" },
	{ NODES "tasks = ( { name = \"a\"; file = \"f\";\n"
	  "file_size = \"1M\";"
	  "workload = ( { target = \"mapping\"; } ); } );",
	  "m:2: tasks[0]: task 0: disk: the machine has no disk, want "
	  "one\n" },
	/* all that is wrong is said at once */
	{ "nodes = ( { memory = \"1X\"; } );\nthp = 2;\nfoo = 1;",
	  "m:3: foo: unknown key, expected one of seed boot_epoch thp reclaim "
	  "costs kernel nodes disks swap files sysctl tasks\n"
	  "m:2: thp: 2, expected true or false\n"
	  "m:1: nodes[0].memory: \"1X\", expected a size, as \"512M\" or "
	  "\"4G\"\n" },
};

#define NR_BAD ((int)(sizeof(bad_rows) / sizeof(bad_rows[0])))

START_TEST(test_bad)
{
	const struct bad_row *r = &bad_rows[_i];
	struct vm_machine m;
	char *messages;
	int err = machine_conf_parse("m", r->text, &m, &messages);

	ck_assert_int_eq(err, -EINVAL);
	ck_assert_str_eq(messages, r->messages);
	free(messages);
}
END_TEST

/* More than CONF_MAX_ERRORS are counted, not printed. */
START_TEST(test_many_errors)
{
	char text[4096] = NODES, *messages, *last;
	struct vm_machine m;
	size_t i, lines = 0;

	for (i = 0; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "x%zu = 1;\n", i);
	ck_assert_int_eq(machine_conf_parse("m", text, &m, &messages),
			 -EINVAL);
	for (i = 0; messages[i]; i++)
		lines += messages[i] == '\n';
	ck_assert_uint_eq(lines, 21);
	last = strstr(messages, "m: 10 more\n");
	ck_assert_ptr_nonnull(last);
	free(messages);
}
END_TEST

/* Read @text, which must be right. */
static void read_good(const char *text, struct vm_machine *m)
{
	char *messages;
	int err = machine_conf_parse("m", text, m, &messages);

	ck_assert_msg(!err, "%s", messages);
	ck_assert_str_eq(messages, "");
	free(messages);
}

static char *write_text(const struct vm_machine *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(machine_conf_write(m, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

/* All of two machines but the pointers. */
static void assert_same(struct vm_machine *a, struct vm_machine *b)
{
	struct vm_file_conf *file = a->file;
	struct vm_task_conf *task = a->task;

	ck_assert_uint_eq(a->nr_files, b->nr_files);
	ck_assert_uint_eq(a->nr_tasks, b->nr_tasks);
	if (a->nr_files)
		ck_assert_mem_eq(a->file, b->file,
				 a->nr_files * sizeof(*a->file));
	if (a->nr_tasks)
		ck_assert_mem_eq(a->task, b->task,
				 a->nr_tasks * sizeof(*a->task));
	a->file = b->file;
	a->task = b->task;
	ck_assert_mem_eq(a, b, sizeof(*a));
	a->file = file;
	a->task = task;
}

static const char everything[] =
	"seed = 99;\n"
	"boot_epoch = 1700000000;\n"
	"thp = false;\n"
	"reclaim = { kswapd_wake = \"high\"; page_lists = \"scaled\";\n"
	"            lru_counts = \"flushed\"; };\n"
	"costs = { touch = \"90ns\"; swap_in = \"3us\";\n"
	"          remote_percent = 50; };\n"
	"kernel = { slab_reclaimable = \"20M\"; misc = \"1M\"; };\n"
	"nodes = (\n"
	"  { zones = ( { name = \"DMA\"; start_pfn = 1; spanned = 4095;\n"
	"                present = 3998; managed = 3840;\n"
	"                min = 86; low = 107; boost = 12;\n"
	"                protection = [ 0, 1962, 1962, 1962, 1962 ]; },\n"
	"              { name = \"DMA32\"; start_pfn = 4096;\n"
	"                spanned = 520192; present = 520192;\n"
	"                managed = 502334; } );\n"
	"    cpus = \"0,2\"; distance = [ 10, 31 ]; },\n"
	"  { memory = \"512M\"; movable = \"128M\"; cpus = 1;\n"
	"    distance = ( 31, 10 ); } );\n"
	"disks = ( { name = \"sda\"; kind = \"hdd\"; read_latency = \"9ms\";\n"
	"            size = \"2T\"; },\n"
	"          { name = \"zram0\"; kind = \"zram\"; bandwidth = \"1G/s\";\n"
	"            queue_depth = 4; errors = 0.125; } );\n"
	"swap = ( { path = \"/dev/sda2\"; size = \"1G\"; },\n"
	"         { path = \"/dev/zram0\"; disk = \"zram0\"; size = \"256M\";\n"
	"           priority = 100; is_file = true; } );\n"
	"files = (\n"
	"  { name = \"/a \\\"b\\\\\"; disk = \"sda\"; size = \"3M\"; } );\n"
	"sysctl = ( \"vm.swappiness=10\", \"vm.dirty_ratio = 5\",\n"
	"           \"vm.lowmem_reserve_ratio = 256 32\" );\n"
	"tasks = (\n"
	"  { name = \"one\"; args = \"/bin/one --x\"; pid = 77; ppid = 1;\n"
	"    uid = 1000; gid = 100; oom_score_adj = -500; threads = 3;\n"
	"    nodes = \"0-1\"; cpu = 2; rss = \"10M\"; swap = \"2M\";\n"
	"    anon = \"20M\"; mlock = \"1M\"; file = \"/f\";\n"
	"    file_size = \"8M\"; map = true; repeat = true;\n"
	"    workload = (\n"
	"      { pattern = \"hot\"; target = \"anon\"; duration = \"10s\";\n"
	"        accesses = \"40M\"; first = \"1M\"; size = \"4M\";\n"
	"        rate = 500; write = 0.25; hot = 0.9; hot_size = \"64K\"; },\n"
	"      { pattern = \"uniform\"; target = \"mapping\";\n"
	"        accesses = 7; rate = \"4M/s\"; write = 1; },\n"
	"      { grow = true; } ); },\n"
	"  { name = \"two\"; leak = \"64M/s\"; },\n"
	"  { name = \"three\"; dirty = \"20M/s\"; },\n"
	"  { name = \"four\"; file = \"/a \\\"b\\\\\";\n"
	"    stream = \"4K/s\"; } );\n";

/* What every line of it means. */
START_TEST(test_nodes_and_disks)
{
	struct vm_machine m;

	read_good(everything, &m);
	ck_assert_uint_eq(m.seed, 99);
	ck_assert_uint_eq(m.boot_epoch_s, 1700000000);
	ck_assert(!m.thp);
	ck_assert_int_eq(m.kswapd_wake, VM_KSWAPD_WAKE_HIGH);
	ck_assert_int_eq(m.page_lists, VM_PAGE_LISTS_SCALED);
	ck_assert_int_eq(m.lru_counts, VM_LRU_COUNTS_FLUSHED);
	ck_assert_uint_eq(m.cost.touch_ns, 90);
	ck_assert_uint_eq(m.cost.swap_in_ns, 3000);
	ck_assert_uint_eq(m.cost.remote_percent, 50);
	ck_assert_uint_eq(m.kernel.slab_reclaimable, 5120);
	ck_assert_uint_eq(m.nr_nodes, 2);
	ck_assert(m.node[0].zones_given && !m.node[1].zones_given);
	ck_assert_uint_eq(m.node[0].zone[VM_ZONE_DMA].present, 3998);
	ck_assert_uint_eq(m.node[0].zone[VM_ZONE_DMA32].managed, 502334);
	ck_assert_uint_eq(m.node[0].marks[VM_ZONE_DMA].min, 86);
	ck_assert_uint_eq(m.node[0].marks[VM_ZONE_DMA].low, 107);
	ck_assert_uint_eq(m.node[0].marks[VM_ZONE_DMA].boost, 12);
	ck_assert_uint_eq(m.node[0].marks[VM_ZONE_DMA].protection[4], 1962);
	ck_assert_uint_eq(m.node[1].mem_pages, 131072);
	ck_assert_uint_eq(m.node[1].movable_pages, 32768);
	ck_assert_uint_eq(m.node[1].zone[VM_ZONE_MOVABLE].present, 32768);
	ck_assert_uint_eq(m.node[0].distance[1], 31);
	ck_assert_uint_eq(m.nr_cpus, 3);
	ck_assert_uint_eq(m.cpu_node[1], 1);
	ck_assert_uint_eq(m.cpu_node[2], 0);
	ck_assert_uint_eq(m.disk[0].read_latency_ns, 9000000);
	ck_assert_uint_eq(m.disk[0].write_latency_ns, 8000000);
	ck_assert_uint_eq(m.disk[0].pages, 2ull << 28);
	ck_assert_uint_eq(m.disk[1].pages, 1ull << 27);
	ck_assert_uint_eq(m.disk[1].bandwidth_bps, 1u << 30);
	ck_assert_uint_eq(m.swap[0].disk, 0);
	ck_assert_int_eq(m.swap[0].priority, VM_SWAP_PRIO_AUTO);
	ck_assert_uint_eq(m.swap[1].disk, 1);
	ck_assert_int_eq(m.swap[1].priority, 100);
	ck_assert(m.swap[1].is_file);
	ck_assert_str_eq(m.file[0].name, "/a \"b\\");
	ck_assert_uint_eq(m.nr_sysctls, 3);
	ck_assert_str_eq(m.sysctl[0].name, "vm.swappiness");
	ck_assert_str_eq(m.sysctl[0].value, "10");
	ck_assert_str_eq(m.sysctl[2].value, "256 32");
	vm_machine_fini(&m);
}
END_TEST

START_TEST(test_tasks)
{
	const struct vm_task_conf *t;
	struct vm_machine m;

	read_good(everything, &m);
	ck_assert_uint_eq(m.nr_tasks, 4);
	t = &m.task[0];
	ck_assert_str_eq(t->comm, "one");
	ck_assert_uint_eq(t->nodes, 3);
	ck_assert_int_eq(t->cpu, 2);
	ck_assert_uint_eq(t->anon_pages, 5120);
	ck_assert_uint_eq(t->anon_resident, 2560);
	ck_assert_uint_eq(t->anon_swapped, 512);
	ck_assert_uint_eq(t->mlock_pages, 256);
	ck_assert_uint_eq(t->nr_phases, 3);
	ck_assert_uint_eq(t->phase[0].accesses, 10240);
	ck_assert_uint_eq(t->phase[0].rate, 500);
	ck_assert_uint_eq(t->phase[0].write_permille, 250);
	ck_assert_uint_eq(t->phase[0].hot_pages, 16);
	ck_assert_uint_eq(t->phase[1].accesses, 7);
	ck_assert_uint_eq(t->phase[1].rate, 1024);
	ck_assert_uint_eq(t->phase[1].write_permille, 1000);
	ck_assert(t->phase[2].grow);
	vm_machine_fini(&m);
}
END_TEST

START_TEST(test_short_forms)
{
	const struct vm_task_conf *t;
	struct vm_machine m;

	read_good(everything, &m);
	t = &m.task[1];
	ck_assert_int_eq(t->cpu, -1);
	ck_assert_uint_eq(t->nr_phases, 1);
	ck_assert(t->phase[0].grow);
	ck_assert_int_eq(t->phase[0].target, VM_TARGET_ANON);
	ck_assert_uint_eq(t->phase[0].rate, 16384);
	ck_assert_uint_eq(t->phase[0].write_permille, 1000);
	t = &m.task[2];
	ck_assert_int_eq(t->phase[0].target, VM_TARGET_FILE);
	ck_assert_uint_eq(t->phase[0].write_permille, 1000);
	ck_assert_str_eq(t->file, "three.data");
	ck_assert_uint_eq(t->file_pages, 262144);
	t = &m.task[3];
	ck_assert_uint_eq(t->phase[0].write_permille, 0);
	ck_assert_uint_eq(t->phase[0].rate, 1);
	ck_assert_uint_eq(t->file_pages, 0);
	vm_machine_fini(&m);
}
END_TEST

static const char *const good_texts[] = {
	NODES,
	everything,
	machine_conf_default,
	/* CPUs without memory */
	"nodes = ( { memory = \"0\"; cpus = \"0\"; }, "
	"{ memory = \"4G\"; cpus = \"1\"; } );\n",
};

#define NR_GOOD ((int)(sizeof(good_texts) / sizeof(good_texts[0])))

START_TEST(test_round_trip)
{
	struct vm_machine *a = calloc(2, sizeof(*a)), *b = a + 1;
	char *text, *again;

	read_good(good_texts[_i], a);
	text = write_text(a);
	read_good(text, b);
	assert_same(a, b);
	again = write_text(b);
	ck_assert_str_eq(text, again);
	free(text);
	free(again);
	vm_machine_fini(a);
	vm_machine_fini(b);
	free(a);
}
END_TEST

START_TEST(test_default_machine)
{
	struct vm_machine m;
	uint32_t i;
	bool sshd = false, leaky = false;

	read_good(machine_conf_default, &m);
	ck_assert_uint_eq(m.nr_nodes, 2);
	ck_assert_uint_eq(m.nr_cpus, 4);
	ck_assert_uint_eq(m.nr_swaps, 1);
	ck_assert_int_eq(m.disk[m.swap[0].disk].kind, VM_DISK_NVME);
	for (i = 0; i < m.nr_tasks; i++) {
		sshd |= !strcmp(m.task[i].comm, "sshd") &&
			m.task[i].oom_score_adj == -1000;
		leaky |= m.task[i].nr_phases && m.task[i].phase[0].grow;
	}
	ck_assert(sshd && leaky);
	vm_machine_fini(&m);
}
END_TEST

START_TEST(test_one_task)
{
	struct vm_task_conf t;
	char *messages, *text = NULL;
	size_t len;
	FILE *f;

	ck_assert_int_eq(machine_conf_task("spawn",
					   "name = \"leaky\"; leak = \"64M/s\"",
					   &t, &messages), 0);
	ck_assert_str_eq(messages, "");
	free(messages);
	ck_assert_str_eq(t.comm, "leaky");
	ck_assert_uint_eq(t.phase[0].rate, 16384);
	f = open_memstream(&text, &len);
	ck_assert_int_eq(machine_conf_write_task(&t, f), 0);
	fclose(f);
	ck_assert_str_eq(text, "name = \"leaky\";\n"
			       "workload = (\n"
			       "\t{\n"
			       "\t\trate = 16384;\n"
			       "\t\twrite = 1.0;\n"
			       "\t\tgrow = true;\n"
			       "\t}\n"
			       ");\n");
	free(text);
	/* A file that the running machine may have is not asked for here. */
	ck_assert_int_eq(machine_conf_task("spawn",
					   "name = \"r\"; file = \"/f\";",
					   &t, &messages), 0);
	free(messages);
	ck_assert_int_eq(machine_conf_task("spawn",
					   "name = \"r\"; color = 1;\n", &t,
					   &messages), -EINVAL);
	ck_assert_int_eq(strncmp(messages, "spawn:1: color: unknown key", 27),
			 0);
	free(messages);
}
END_TEST

static void assert_unreadable(const char *path, int err, const char *want)
{
	struct vm_machine m;
	char *messages;

	ck_assert_int_eq(machine_conf_read(path, &m, &messages), err);
	ck_assert_str_eq(messages, want);
	free(messages);
}

START_TEST(test_files)
{
	char path[] = "/tmp/machine_conf.XXXXXX", want[128];
	int fd = mkstemp(path);
	struct vm_machine m;
	char *messages;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, NODES, strlen(NODES)), strlen(NODES));
	ck_assert_int_eq(machine_conf_read(path, &m, &messages), 0);
	free(messages);
	vm_machine_fini(&m);
	ck_assert_int_eq(write(fd, "\0", 1), 1);
	snprintf(want, sizeof(want),
		 "%s: binary data, expected a machine file\n", path);
	assert_unreadable(path, -EINVAL, want);
	close(fd);
	unlink(path);
	assert_unreadable("/", -EISDIR,
			  "/: Is a directory, expected a machine file\n");
	assert_unreadable("/nowhere/m.conf", -ENOENT,
			  "/nowhere/m.conf: No such file or directory, "
			  "expected a machine file\n");
}
END_TEST

/* @text in a file of its own, included by a machine file beside it. */
static void assert_include(const char *dir, const char *line, const char *want)
{
	char path[128], text[256], *messages, *got;
	struct vm_machine m;
	FILE *f;

	snprintf(path, sizeof(path), "%s/m.conf", dir);
	snprintf(text, sizeof(text), "%s\n%s\n", NODES, line);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	if (!machine_conf_read(path, &m, &messages))
		vm_machine_fini(&m);
	got = strrchr(messages, '@');
	ck_assert_str_eq(got ? got : messages, want);
	free(messages);
}

static void make_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* libconfig would end the program, or never come back. */
START_TEST(test_includes)
{
	char dir[] = "/tmp/machine_conf.XXXXXX", path[64], line[128];
	static const char *const names[] = { "m.conf", "a.conf", "b.conf",
					     "fifo" };
	size_t i;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	make_file(dir, "a.conf", "seed = 3;\n");
	make_file(dir, "b.conf", "\n @include  \"/\"\n");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_include(dir, "@include \"a.conf\"", "");
	assert_include(dir, "@include \"/\"",
		       "@include \"/\": expected a regular file\n");
	assert_include(dir, "\t@include \"fifo\"",
		       "@include \"fifo\": expected a regular file\n");
	assert_include(dir, "@include \"fi\\fo\"",
		       "@include \"fifo\": expected a regular file\n");
	assert_include(dir, "@include \"b.conf\"",
		       "@include \"/\": expected a regular file\n");
	snprintf(line, sizeof(line), "%s/m.conf:3: cannot open include file, "
		 "expected key = value;\n", dir);
	assert_include(dir, "@include \"nothing\"", line);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}
END_TEST

/* A task's text comes from whoever may write to the running machine. */
START_TEST(test_task_includes_nothing)
{
	static const char *const rows[] = {
		"@include \"/\"", "name = \"x\";\n \t@include\t\"/etc/passwd\"",
		"@include \"/dev/zero", "@include \"nothing",
	};
	struct vm_task_conf t;
	char *messages;

	ck_assert_int_eq(machine_conf_task("spawn", rows[_i], &t, &messages),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(messages,
				     "expected a task without other files"));
	free(messages);
}
END_TEST

CHECK_MAIN_ROWS("machine_conf", { test_bad, NR_BAD }, { test_many_errors, 0 },
		{ test_nodes_and_disks, 0 }, { test_tasks, 0 },
		{ test_short_forms, 0 }, { test_round_trip, NR_GOOD },
		{ test_default_machine, 0 }, { test_one_task, 0 },
		{ test_files, 0 }, { test_includes, 0 },
		{ test_task_includes_nothing, 4 })
