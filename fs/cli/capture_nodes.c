/* SPDX-License-Identifier: MIT */
/*
 * capture_nodes.c - nodes, zones, CPUs and distances of a real machine.
 *
 * zoneinfo has the zones to the page; without it, the nodes' meminfo (or the
 * machine's) gives sizes that are laid out as x86-64 would.  A system without
 * NUMA has no /sys/devices/system/node: all is node 0 then.
 *
 * Node numbers may have holes (a node without memory or taken offline); the
 * simulated ones are counted through, so distances and CPUs go by place.
 *
 * Called by capture.c.  One thread, no locks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/stat.h>

#include "fs/cli/capture.h"
#include "fs/cli/cmd.h"

#define MAX_REAL_NODES 1024

/* Real node number of each simulated node. */
struct node_map {
	int real[VM_MAX_NODES];
};

/* The simulated node for real node @nid, a new one if need be; or NULL. */
static struct vm_node_conf *node_of(struct capture *c, struct node_map *map,
				    int nid)
{
	struct vm_machine *m = c->m;
	uint32_t i;

	for (i = 0; i < m->nr_nodes; i++) {
		if (map->real[i] == nid)
			return &m->node[i];
	}
	if (m->nr_nodes == VM_MAX_NODES) {
		cmd_warn("node %d: more than %u nodes, left out", nid,
			 VM_MAX_NODES);
		return NULL;
	}
	map->real[m->nr_nodes] = nid;
	return &m->node[m->nr_nodes++];
}

static int zone_type(const char *name)
{
	int type;

	for (type = 0; type < VM_NR_ZONES; type++) {
		if (!strcmp(name, vm_zone_name[type]))
			return type;
	}
	return -1;
}

/* "protection: (0, 1962, 3949, 3949, 3949)" */
static void protection_line(struct vm_zone_marks *marks, const char *line)
{
	const char *at = strchr(line, '(');
	char *end;
	int i;

	for (i = 0; at && i < VM_NR_ZONES; i++) {
		marks->protection[i] = strtoull(at + 1, &end, 10);
		at = *end == ',' ? end : NULL;
		if (marks->protection[i] > VM_MAX_PAGES)
			marks->protection[i] = 0;
	}
}

/* A zone of zoneinfo on its way into the machine. */
struct zone_place {
	struct vm_zone_conf *conf;
	struct vm_zone_marks *marks;
	uint64_t high; /* as printed; 0: not met yet */
};

static void zone_line(struct zone_place *p, const char *line)
{
	struct vm_zone_conf *z = p->conf;
	const struct {
		const char *name;
		uint64_t *to;
	} wanted[] = {
		{ "boost", &p->marks->boost },
		{ "min", &p->marks->min },
		{ "low", &p->marks->low },
		{ "spanned", &z->spanned },
		{ "present", &z->present },
		{ "managed", &z->managed },
		{ "start_pfn", &z->start_pfn },
	};
	size_t i;

	if (strstr(line, "protection:")) {
		protection_line(p->marks, line);
		return;
	}
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		capture_field(line, wanted[i].name, wanted[i].to);
	if (!p->high) /* those of the per-CPU lists come later */
		capture_field(line, "high", &p->high);
}

/*
 * The marks are printed with the boost.  What no kernel of ours would set
 * (other steps, a boost above them) is left to be calculated.
 */
static void zone_end(struct zone_place *p)
{
	struct vm_zone_marks *m = p->marks;

	if (m->min < m->boost || m->low < m->min || m->low > VM_MAX_PAGES ||
	    p->high - m->low != m->low - m->min) {
		m->min = m->low = m->boost = 0;
		return;
	}
	m->min -= m->boost;
	m->low -= m->boost;
}

/* Zones without pages are printed with a start_pfn of 0; forget them. */
static void forget_empty(struct vm_machine *m)
{
	uint32_t nid;
	int type;

	for (nid = 0; nid < m->nr_nodes; nid++) {
		for (type = 0; type < VM_NR_ZONES; type++) {
			struct vm_zone_conf *z = &m->node[nid].zone[type];

			if (!z->spanned)
				*z = (struct vm_zone_conf){ 0 };
			if (!z->managed)
				m->node[nid].marks[type] =
					(struct vm_zone_marks){ 0 };
		}
	}
}

static void read_zoneinfo(struct capture *c, struct node_map *map, char *text)
{
	struct vm_zone_conf none;
	struct vm_zone_marks none_marks = { 0 };
	const struct zone_place nowhere = { &none, &none_marks, 0 };
	struct zone_place z = nowhere;
	struct vm_node_conf *node;
	char *line, name[32];
	int nid, type;

	while ((line = capture_line(&text))) {
		if (sscanf(line, "Node %d, zone %31s", &nid, name) != 2) {
			zone_line(&z, line);
			continue;
		}
		zone_end(&z);
		z = nowhere;
		node = node_of(c, map, nid);
		type = zone_type(name);
		if (!node)
			continue;
		node->zones_given = true; /* even if none of them is known */
		if (type >= 0)
			z = (struct zone_place){ &node->zone[type],
						 &node->marks[type], 0 };
		else
			cmd_warn("zone %s: not simulated, left out", name);
	}
	zone_end(&z);
	forget_empty(c->m);
}

/* Without zoneinfo: the sizes of the nodes. */
static void read_sizes(struct capture *c, struct node_map *map)
{
	struct vm_node_conf *node;
	char *text, name[64];
	uint64_t kb;
	int nid;

	for (nid = 0; nid < MAX_REAL_NODES; nid++) {
		text = capture_read("%s/devices/system/node/node%d/meminfo",
				    c->sys, nid);
		if (!text)
			continue;
		snprintf(name, sizeof(name), "Node %d MemTotal", nid);
		if (capture_field(text, name, &kb)) {
			node = node_of(c, map, nid);
			if (node)
				node->mem_pages = kb / 4;
		}
		free(text);
	}
	if (c->m->nr_nodes)
		return;
	text = capture_need(c->proc, "meminfo");
	if (text && capture_field(text, "MemTotal", &kb)) {
		node = node_of(c, map, 0);
		node->mem_pages = kb / 4;
	}
	free(text);
}

/* "0-3,8" into cpu_node[]; false if it is no such list. */
static bool add_cpus(struct vm_machine *m, const char *list, uint8_t nid)
{
	unsigned long lo, hi;
	char *end;

	while (*list >= '0' && *list <= '9') {
		lo = hi = strtoul(list, &end, 10);
		if (*end == '-')
			hi = strtoul(end + 1, &end, 10);
		for (; lo <= hi && lo < VM_MAX_CPUS; lo++) {
			m->cpu_node[lo] = nid;
			if (m->nr_cpus <= lo)
				m->nr_cpus = (uint32_t)lo + 1;
		}
		list = end + (*end == ',');
	}
	return *list == '\0' || *list == '\n';
}

/* Without cpulists: the CPUs that /proc/stat names, all of node 0. */
static void count_cpus(struct capture *c)
{
	char *text = capture_need(c->proc, "stat"), *at = text, *line;
	unsigned cpu;

	while ((line = capture_line(&at))) {
		if (sscanf(line, "cpu%u ", &cpu) == 1 && cpu < VM_MAX_CPUS &&
		    c->m->nr_cpus <= cpu)
			c->m->nr_cpus = cpu + 1;
	}
	free(text);
	if (!c->m->nr_cpus)
		c->m->nr_cpus = 1;
}

static void read_cpus(struct capture *c, const struct node_map *map)
{
	uint32_t i;
	char *text;

	for (i = 0; i < c->m->nr_nodes; i++) {
		text = capture_read("%s/devices/system/node/node%d/cpulist",
				    c->sys, map->real[i]);
		if (text && !add_cpus(c->m, text, (uint8_t)i))
			cmd_warn("node%d/cpulist: \"%.20s\", expected a list "
				 "as 0-3,8", map->real[i], text);
		free(text);
	}
	if (!c->m->nr_cpus)
		count_cpus(c);
}

/* One number for each real node that is online, in their order. */
static bool read_distance(struct capture *c, uint32_t nid, const char *text)
{
	unsigned long d;
	uint32_t i;
	char *end;

	for (i = 0; i < c->m->nr_nodes; i++) {
		d = strtoul(text, &end, 10);
		if (end == text || d < VM_MIN_DISTANCE || d > VM_MAX_DISTANCE)
			return false;
		c->m->node[nid].distance[i] = (uint8_t)d;
		text = end;
	}
	return true;
}

static void read_distances(struct capture *c, const struct node_map *map)
{
	uint32_t nid, i;
	char *text;

	for (nid = 0; nid < c->m->nr_nodes; nid++) {
		for (i = 0; i < c->m->nr_nodes; i++)
			c->m->node[nid].distance[i] = nid == i ? 10 : 20;
		text = capture_read("%s/devices/system/node/node%d/distance",
				    c->sys, map->real[nid]);
		if (text ? !read_distance(c, nid, text) : c->m->nr_nodes > 1)
			cmd_warn("node%d/distance: not known, 10 and 20 taken",
				 map->real[nid]);
		free(text);
	}
}

/* Where its huge pages of 2 MiB are. */
static void read_hugepages(struct capture *c, const struct node_map *map)
{
	uint64_t nr;
	uint32_t nid;
	char *text;

	for (nid = 0; nid < c->m->nr_nodes; nid++) {
		text = capture_read("%s/devices/system/node/node%d/hugepages/"
				    "hugepages-2048kB/nr_hugepages",
				    c->sys, map->real[nid]);
		nr = text ? strtoull(text, NULL, 10) : 0;
		if (nr <= VM_MAX_PAGES >> 9)
			c->m->node[nid].hugepages = nr;
		free(text);
	}
}

int capture_nodes(struct capture *c)
{
	struct node_map map;
	char *text = capture_need(c->proc, "zoneinfo");
	uint32_t nid;
	int type;

	if (text)
		read_zoneinfo(c, &map, text);
	free(text);
	if (!c->m->nr_nodes)
		read_sizes(c, &map);
	if (!c->m->nr_nodes)
		return -EINVAL;
	read_cpus(c, &map);
	read_distances(c, &map);
	read_hugepages(c, &map);
	vm_machine_layout(c->m);
	for (nid = 0; nid < c->m->nr_nodes; nid++) {
		for (type = 0; type < VM_NR_ZONES; type++)
			c->total_pages += c->m->node[nid].zone[type].managed;
	}
	return 0;
}
