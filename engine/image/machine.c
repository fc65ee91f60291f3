/* SPDX-License-Identifier: MIT */
/*
 * machine.c - the machine itself in an image: of what it is made, how
 * it is set, what it has counted, and when each actor steps next.
 *
 * The hardware comes first and must be that of the machine which reads the
 * image; its other descriptions (costs, seed) come with the image.  Tunables
 * are walked by their table, so a new one is in the image by itself.
 *
 * Called by image.c.  Calls vm/sysctl.h's table.  Locking: see image.h.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "image/image.h"
#include "world/name.h"

#define TAG_CONF   0x666e6f43u /* "Conf" */
#define TAG_FIGURE 0x72676946u /* "Figr" */
#define TAG_WORLD  0x646c6f57u /* "Wold" */
#define MIB_PAGES  (1u << (20 - VM_PAGE_SHIFT))

/* The last number is SWAP_ORPHAN. */
#define MAPPING_LAST (MAPPING_MAX - 2)

/* --- hardware ------------------------------------------------------------ */

/* What is compared: "node 1 zone Normal" and " pages". */
struct part {
	const char *what;
	int index;	  /* behind it; -1: none */
	const char *more; /* behind that */
	const char *unit;
};

/* "node 1: ", and the complaint is one about another machine. */
static struct name other_machine(struct image *im, const struct part *p)
{
	struct name n = name_in(im->c->what, sizeof(im->c->what));

	assert(!im->err && !im->saving);
	im->err = -EXDEV;
	im->c->field = "image";
	im->c->index = p->index;
	name_text(&n, p->what);
	if (p->index >= 0) {
		name_char(&n, ' ');
		name_uint(&n, (uint64_t)p->index);
	}
	name_text(&n, p->more);
	name_text(&n, ": ");
	return n;
}

static void same_number(struct image *im, struct part p, uint64_t mine)
{
	uint64_t theirs = mine;
	struct name n;

	image_num(im, theirs);
	if (im->err || theirs == mine)
		return;
	assert(!im->saving);
	n = other_machine(im, &p);
	name_uint(&n, theirs);
	name_text(&n, p.unit);
	name_text(&n, ", this machine has ");
	name_uint(&n, mine);
	name_text(&n, p.unit);
}

static void same_text(struct image *im, struct part p, const char *mine)
{
	char theirs[VM_NAME_LEN];
	struct name n;

	name_copy(theirs, sizeof(theirs), mine);
	image_text(im, theirs, sizeof(theirs));
	if (im->err || !strcmp(theirs, mine))
		return;
	assert(!im->saving);
	n = other_machine(im, &p);
	name_text(&n, theirs);
	name_text(&n, ", this machine has ");
	name_text(&n, mine);
}

/* Marks are where they are now, so those of the file (vm_zone_marks) are
 * nobody's business any more. */
IMAGE_KNOWS(vm_zone_conf, 32);
static void same_zone(struct image *im, int nid, const char *zone,
		      const struct vm_zone_conf *z)
{
	same_number(im, (struct part){ "node", nid, zone, " pages" },
		    z->managed);
	same_number(im, (struct part){ "node", nid, zone, " present pages" },
		    z->present);
	same_number(im, (struct part){ "node", nid, zone, " spanned pages" },
		    z->spanned);
	same_number(im, (struct part){ "node", nid, zone, " as first frame" },
		    z->start_pfn);
	assert(z->managed <= z->present);
}

static void same_node(struct image *im, uint32_t nid)
{
	static const char *const zone[VM_NR_ZONES] = {
		" zone DMA", " zone DMA32", " zone Normal", " zone Movable",
		" zone Device"
	};
	const struct vm_node_conf *node = &im->vm->conf.node[nid];
	const struct pgdat *pgdat = &im->vm->node[nid];

	assert(nid < im->vm->nr_nodes);
	same_number(im, (struct part){ "node", (int)nid, "", " MiB" },
		    (pgdat->present + MIB_PAGES / 2) / MIB_PAGES);
	for (unsigned t = 0; t < VM_NR_ZONES; t++)
		same_zone(im, (int)nid, zone[t], &node->zone[t]);
	for (uint32_t i = 0; i < im->vm->nr_nodes; i++)
		same_number(im, (struct part){ "node", (int)nid, "",
					       " as a distance" },
			    node->distance[i]);
}

IMAGE_KNOWS(vm_disk_conf, 112);
static void same_disk(struct image *im, int d)
{
	const struct vm_disk_conf *c = &im->vm->conf.disk[d];

	assert(d >= 0);
	same_text(im, (struct part){ "disk", d, "", "" }, c->name);
	same_number(im, (struct part){ "disk", d, " kind", "" }, c->kind);
	same_number(im, (struct part){ "disk", d, " read latency", " ns" },
		    c->read_latency_ns);
	same_number(im, (struct part){ "disk", d, " write latency", " ns" },
		    c->write_latency_ns);
	same_number(im, (struct part){ "disk", d, " bandwidth", " B/s" },
		    c->bandwidth_bps);
	same_number(im, (struct part){ "disk", d, " queue depth", "" },
		    c->queue_depth);
	same_number(im, (struct part){ "disk", d, " errors", " permille" },
		    c->fail_permille);
	same_number(im, (struct part){ "disk", d, "", " pages" }, c->pages);
}

IMAGE_KNOWS(vm_swap_conf, 88);
static void same_swap(struct image *im, int s)
{
	const struct vm_swap_conf *c = &im->vm->conf.swap[s];

	assert(s >= 0);
	same_text(im, (struct part){ "swap area", s, "", "" }, c->path);
	same_number(im, (struct part){ "swap area", s, "", " pages" },
		    c->pages);
	same_number(im, (struct part){ "swap area", s, " disk", "" }, c->disk);
	same_number(im, (struct part){ "swap area", s, " is a file", "" },
		    c->is_file);
}

IMAGE_KNOWS(vm_machine, 24400);
IMAGE_KNOWS(vm_node_conf, 528);
void image_hardware(struct image *im)
{
	const struct vm_machine *m = &im->vm->conf;

	assert(m->nr_nodes == im->vm->nr_nodes);
	same_number(im, (struct part){ "nodes", -1, "", "" }, m->nr_nodes);
	for (uint32_t i = 0; i < m->nr_nodes && !im->err; i++)
		same_node(im, i);
	same_number(im, (struct part){ "CPUs", -1, "", "" }, m->nr_cpus);
	for (uint32_t i = 0; i < m->nr_cpus && !im->err; i++)
		same_number(im, (struct part){ "CPU", (int)i, " node", "" },
			    m->cpu_node[i]);
	same_number(im, (struct part){ "page lists", -1, "", " as their kind" },
		    m->page_lists);
	same_number(im, (struct part){ "counts of lists", -1, "",
				       " as their kind" }, m->lru_counts);
	same_number(im, (struct part){ "disks", -1, "", "" }, m->nr_disks);
	for (uint32_t i = 0; i < m->nr_disks && !im->err; i++)
		same_disk(im, (int)i);
	same_number(im, (struct part){ "swap areas", -1, "", "" },
		    m->nr_swaps);
	for (uint32_t i = 0; i < m->nr_swaps && !im->err; i++)
		same_swap(im, (int)i);
}

/* --- settings ------------------------------------------------------------ */

IMAGE_KNOWS(vm_costs, 88);
static void image_costs(struct image *im, struct vm_costs *c)
{
	image_num(im, c->touch_ns);
	image_num(im, c->read_ns);
	image_num(im, c->minor_fault_ns);
	image_num(im, c->map_file_ns);
	image_num(im, c->scan_ns);
	image_num(im, c->reclaim_ns);
	image_num(im, c->unmap_ns);
	image_num(im, c->swap_out_ns);
	image_num(im, c->swap_in_ns);
	image_num(im, c->free_ns);
	image_num(im, c->remote_percent);
	assert(im->nr > 0);
}

/* Is @p, a value of @ctl, one that it may have?  0 is the default of some. */
static bool ctl_allows(const struct vm_ctl *ctl, const void *p)
{
	int32_t v32;
	uint8_t v8;

	assert(ctl->size == 1 || ctl->size == 4 || ctl->size == 8);
	if (ctl->size == 8)
		return true;
	if (ctl->size == 1) {
		memcpy(&v8, p, sizeof(v8));
		return v8 <= 1;
	}
	memcpy(&v32, p, sizeof(v32));
	return v32 == 0 || (v32 >= ctl->min && v32 <= ctl->max);
}

IMAGE_KNOWS(tunables, 264);
static void image_tunables(struct image *im)
{
	for (unsigned i = 0; i < vm_ctl_count; i++) {
		const struct vm_ctl *ctl = &vm_ctl_table[i];
		char *member = (char *)&im->vm->ctl + ctl->offset;

		for (unsigned v = 0; ctl->size && v < ctl->nr; v++) {
			char value[8] = { 0 };

			assert(ctl->size <= sizeof(value));
			memcpy(value, member, ctl->size);
			image_int(im, value, ctl->size);
			if (ctl_allows(ctl, value))
				memcpy(member, value, ctl->size);
			else
				image_bad(im);
			member += ctl->size;
		}
	}
}

IMAGE_KNOWS(vm_kernel_conf, 32);
void image_conf(struct image *im)
{
	struct vm_machine *m = &im->vm->conf;

	image_tag(im, TAG_CONF);
	image_costs(im, &m->cost);
	image_num(im, m->kernel.slab_reclaimable);
	image_num(im, m->kernel.slab_unreclaimable);
	image_num(im, m->kernel.misc);
	image_num(im, m->kernel.shmem);
	image_upto(im, m->kswapd_wake, VM_KSWAPD_WAKE_HIGH);
	image_flag(im, &m->thp);
	image_num(im, m->seed);
	image_num(im, m->boot_epoch_s);
	if (!im->saving && !im->err && !vm_machine_check(m, im->c))
		image_bad(im);
	image_tunables(im);
	image_within(im, im->vm->user_min_free_kbytes, -1, INT32_MAX);
	image_flag(im, &im->vm->drop_caches_silent);
	assert(!im->saving || im->vm->user_min_free_kbytes >= -1);
}

/* --- figures ------------------------------------------------------------- */

IMAGE_KNOWS(psi, 312);
IMAGE_KNOWS(psi_cpu, 16);
static void image_psi(struct image *im, struct psi *p)
{
	assert(p->nr_cpus == im->vm->conf.nr_cpus);
	for (uint32_t i = 0; i < p->nr_cpus; i++) {
		struct psi_cpu *c = &p->cpu[i];

		image_ints(im, c->nr, sizeof(c->nr[0]), ARRAY_SIZE(c->nr));
	}
	if (!im->saving)
		psi_recount(p);
	image_num(im, p->last_ns);
	image_num(im, p->avg_next_ns);
	image_num(im, p->avg_last_ns);
	image_u64s(im, p->total);
	image_u64s(im, p->avg_total_ns);
	image_u64s(im, p->avg);
}

/* Members of struct vm that are nobody's in particular. */
IMAGE_KNOWS(vm, 993440);
static void image_vm(struct image *im, struct vm *vm)
{
	uint16_t last = vm->last_mapping;

	image_tag(im, TAG_FIGURE);
	image_upto(im, last, MAPPING_LAST);
	vm->last_mapping = last;
	image_upto(im, vm->last_pid, VM_MAX_PID);
	image_within(im, vm->pid_max, VM_PID_MAX_LEAST, VM_PID_MAX_MOST);
	image_u64s(im, vm->event);
	image_psi(im, &vm->psi);
	image_u64s(im, vm->loadavg);
	image_num(im, vm->load_next_ns);
	image_num(im, vm->nr_running);
	image_num(im, vm->nr_uninterruptible);
	image_num(im, vm->nr_iowait);
	image_num(im, vm->forks);
	image_num(im, vm->context_switches);
	image_num(im, vm->committed_as);
	image_upto(im, vm->dirty_limit, UINT32_MAX);
	image_num(im, vm->dirty_limit_time_ns);
	image_num(im, vm->nr_oom_victims);
	image_flag(im, &vm->panicked);
	image_num(im, vm->oom_report_ns);
	image_num(im, vm->nr_oom_reports);
	image_upto(im, vm->cpu_now, vm->conf.nr_cpus - 1);
	image_num(im, vm->pcp_next_ns);
	image_num(im, vm->flush_next_ns);
	assert(vm->last_pid <= VM_MAX_PID);
}

IMAGE_KNOWS(actor, 168);
static void image_actor(struct image *im, struct actor *a)
{
	assert(a->step);
	image_num(im, a->due_ns);
	image_num(im, a->steps);
	image_prng(im, &a->prng);
}

IMAGE_KNOWS(world, 4208);
void image_figures(struct image *im)
{
	struct world *w = &im->vm->world;

	image_vm(im, im->vm);
	image_tag(im, TAG_WORLD);
	image_num(im, w->now_ns);
	image_num(im, w->seed);
	image_prng(im, &w->prng);
	assert(w->nr_actors > 0);
	for (uint32_t i = 0; i < w->nr_actors; i++)
		image_actor(im, w->actor[i]);
}
