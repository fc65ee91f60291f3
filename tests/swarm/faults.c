/* SPDX-License-Identifier: MIT */
/*
 * faults.c - what a mount cannot ask for: hardware that fails, a server that
 * is short of memory.
 *
 * Called by ops.c.  Looks behind the engine's doors with the world's lock
 * held; allocations fail by tests/fault.c.
 */
#include "fault.h"
#include "inside.h"
#include "memory/state.h"
#include "memory/swap_map.h"

#define MAX_LATENCY_NS (50 * VM_MILLISECOND)

static void disks_fail(struct swarm *s, uint32_t permille)
{
	uint32_t i;

	lock_take(&s->vm->world.lock);
	for (i = 0; i < s->m.nr_disks; i++)
		s->vm->disk[i].fail_permille = permille;
	lock_drop(&s->vm->world.lock);
}

void op_disk_fault(struct swarm *s, struct prng *p)
{
	static const uint32_t permille[] = { 0, 1, 50, 500, 1000 };
	uint32_t n = permille[prng_below(p, 5)];

	say(s, "of 1000 requests %u fail", n);
	disks_fail(s, n);
}

/* A disk that is worn out, or busy with others; sometimes it recovers. */
void op_disk_slow(struct swarm *s, struct prng *p)
{
	uint32_t i = (uint32_t)prng_below(p, s->m.nr_disks);
	struct vm_disk_conf conf = s->m.disk[i];

	if (prng_below(p, 4)) {
		conf.read_latency_ns = prng_below(p, MAX_LATENCY_NS);
		conf.write_latency_ns = prng_below(p, MAX_LATENCY_NS);
		conf.bandwidth_bps = (1 + prng_below(p, 200)) << 20;
	}
	lock_take(&s->vm->world.lock);
	s->vm->disk[i].conf = conf;
	lock_drop(&s->vm->world.lock);
	say(s, "disk %u: %llu and %llu ns, %llu bytes a second", i,
	    (unsigned long long)conf.read_latency_ns,
	    (unsigned long long)conf.write_latency_ns,
	    (unsigned long long)conf.bandwidth_bps);
}

void op_swap_fault(struct swarm *s, struct prng *p)
{
	struct swap_area *sa;
	uint32_t i, slot;

	if (!s->m.nr_swaps)
		return;
	sa = &s->vm->swap[prng_below(p, s->m.nr_swaps)];
	lock_take(&s->vm->world.lock);
	for (i = 0; i < 64 && sa->active; i++) {
		slot = (uint32_t)prng_below(p, sa->nr_slots);
		sa->slot[slot].bad = 1;
	}
	lock_drop(&s->vm->world.lock);
	say(s, "slots of area %u cannot be written", sa->id);
}

void end_faults(struct swarm *s)
{
	uint32_t i;

	disks_fail(s, 0);
	lock_take(&s->vm->world.lock);
	for (i = 0; i < s->m.nr_disks; i++)
		s->vm->disk[i].conf = s->m.disk[i];
	lock_drop(&s->vm->world.lock);
}

/* In one of four operations; most calls allocate a few times, if at all. */
void begin_shortage(struct swarm *s, struct prng *p)
{
	s->short_of_memory = !prng_below(p, 4);
	if (s->short_of_memory)
		fault_arm((long)prng_below(p, 1ull << prng_below(p, 5)));
}

void end_shortage(struct swarm *s)
{
	bool failed = fault_disarm();

	if (failed && s->short_of_memory && s->vm)
		say(s, "  (an allocation failed)");
	s->short_of_memory = false;
}
