/* SPDX-License-Identifier: MIT */
/*
 * check.c - `reclaimfs check`: is this a machine, and which?
 *
 * Reads a machine file as mount would and prints what would be simulated.
 * Wrong lines go to stderr, all of them.  One thread, no locks.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include <vm/stat.h>

#include "fs/cli/cmd.h"
#include "fs/conf/units.h"

static int check_run(int argc, char **argv);

const struct cmd cmd_check = {
	.name = "check",
	.args = "[MACHINE]",
	.summary = "say what is wrong with a machine file, or what it is",
	.help = "Without MACHINE, the built-in machine.\n",
	.run = check_run,
};

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char *const kind_names[] = {
	[VM_DISK_NVME] = "nvme",
	[VM_DISK_SSD] = "ssd",
	[VM_DISK_HDD] = "hdd",
	[VM_DISK_ZRAM] = "zram",
};

static void print_size(const char *name, uint64_t pages)
{
	char text[UNITS_TEXT_LEN];

	units_format_size(text, pages << VM_PAGE_SHIFT);
	printf("%s%s", name, text);
}

static void print_node(const struct vm_machine *m, uint32_t nid)
{
	const struct vm_node_conf *node = &m->node[nid];
	const struct vm_zone_conf *z;
	uint64_t managed = 0;
	uint32_t i;
	int type;

	for (type = 0; type < VM_NR_ZONES; type++)
		managed += node->zone[type].managed;
	printf("node %u: %" PRIu64 " pages managed, CPUs", nid, managed);
	for (i = 0; i < m->nr_cpus; i++) {
		if (m->cpu_node[i] == nid)
			printf(" %u", i);
	}
	printf(", distance");
	for (i = 0; i < m->nr_nodes; i++)
		printf(" %u", node->distance[i]);
	printf("\n");
	for (type = 0; type < VM_NR_ZONES; type++) {
		z = &node->zone[type];
		if (!z->spanned)
			continue;
		printf("  zone %-7s start_pfn %" PRIu64 " spanned %" PRIu64
		       " present %" PRIu64 " managed %" PRIu64 "\n",
		       vm_zone_name[type], z->start_pfn, z->spanned,
		       z->present, z->managed);
	}
}

static void print_disks(const struct vm_machine *m)
{
	char text[UNITS_TEXT_LEN];
	uint32_t i;

	for (i = 0; i < m->nr_disks; i++) {
		units_format_rate(text, m->disk[i].bandwidth_bps);
		printf("disk %s: %s, %s\n", m->disk[i].name,
		       kind_names[m->disk[i].kind], text);
	}
	for (i = 0; i < m->nr_swaps; i++) {
		printf("swap %s: ", m->swap[i].path);
		print_size("", m->swap[i].pages);
		printf(" on %s\n", m->disk[m->swap[i].disk].name);
	}
	for (i = 0; i < m->nr_files; i++) {
		printf("file %s: ", m->file[i].name);
		print_size("", m->file[i].pages);
		printf(" on %s\n", m->disk[m->file[i].disk].name);
	}
}

static void print_tasks(const struct vm_machine *m)
{
	const struct vm_task_conf *t;
	uint32_t i;

	for (i = 0; i < m->nr_sysctls; i++)
		printf("sysctl %s = %s\n", m->sysctl[i].name,
		       m->sysctl[i].value);
	for (i = 0; i < m->nr_tasks; i++) {
		t = &m->task[i];
		printf("task %s:", t->comm);
		if (t->pid)
			printf(" pid %d,", t->pid);
		print_size(" rss ", t->anon_resident);
		print_size(", swap ", t->anon_swapped);
		printf(", oom_score_adj %d, %u phase%s\n", t->oom_score_adj,
		       t->nr_phases, t->nr_phases == 1 ? "" : "s");
	}
}

static int check_run(int argc, char **argv)
{
	static struct vm_machine m;
	uint32_t nid;
	int opt, code;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return cmd_help(&cmd_check);
		return cmd_usage(&cmd_check);
	}
	if (argc - optind > 1)
		return cmd_usage(&cmd_check);
	code = cmd_load_machine(argv[optind], &m);
	if (code)
		return code;
	for (nid = 0; nid < m.nr_nodes; nid++)
		print_node(&m, nid);
	print_disks(&m);
	print_tasks(&m);
	vm_machine_fini(&m);
	return CMD_OK;
}
