/* SPDX-License-Identifier: MIT */
/*
 * kswapd.c - background reclaim: balance until high, nap, sleep (D).
 *
 * One actor a node.  Woken by the allocator (wakeup_kswapd), runs
 * shrink_node_step() and pays for it with its own CPU time.
 * mm/vmscan.c:balance_pgdat and kswapd_try_to_sleep are the models.
 * Locking: the world's lock.
 */
#include "actors/cpu.h"
#include "actors/kswapd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory/trace.h"
#include "memory/vmstat.h"
#include "memory/watermark.h"
#include "reclaim/gfp.h"
#include "reclaim/page_alloc.h"
#include "world/name.h"

#define NAP_NS (25 * VM_JIFFY_NS) /* HZ/10 */

static void trace_kswapd(struct kswapd *k, enum vm_event_type type)
{
	struct vm_event ev;

	assert(k->task);
	if (!trace_enabled(k->vm))
		return;
	ev = trace_event(k->vm, type, k->task);
	ev.nid = k->pgdat->nid;
	ev.order = k->order;
	trace_send(k->vm, &ev);
}

/* Running or not, stalled or not: the pid list and PSI are to show it. */
static void set_running(struct kswapd *k, bool running)
{
	task_set_state(k->vm, k->task,
		       running ? TASK_RUNNABLE : TASK_SLEEPING, ACTOR_NEVER);
	task_psi(k->vm, k->task, running ? 0 : PSI_MEMSTALL,
		 running ? PSI_MEMSTALL : 0);
}

/* The CPUs' lists of these zones are kept short while we work (pcp.h). */
static void set_reclaim_active(struct kswapd *k, bool active)
{
	assert(k->highest_zoneidx < VM_NR_ZONES);
	for (int t = 0; t <= k->highest_zoneidx; t++)
		k->pgdat->zone[t].reclaim_active = active;
}

/* D.4: the top of balance_pgdat(). */
static void begin_balance(struct kswapd *k)
{
	struct scan_control *sc = &k->sc;

	assert(k->highest_zoneidx < VM_NR_ZONES);
	trace_kswapd(k, VM_EV_KSWAPD_WAKE);
	count_event(k->vm, PAGEOUTRUN);
	set_reclaim_active(k, true);
	memset(sc, 0, sizeof(*sc));
	sc->who = RECLAIM_KSWAPD;
	sc->task = k->task;
	sc->gfp = GFP_KERNEL;
	sc->order = k->order;
	sc->may_unmap = true;
	sc->priority = DEF_PRIORITY;
	sc->reclaim_idx = k->highest_zoneidx;
	k->nr_boost = 0;
	for (int t = 0; t < VM_NR_ZONES; t++) {
		bool in = t <= k->highest_zoneidx;

		k->boosted[t] = in ? k->pgdat->zone[t].boost : 0;
		k->nr_boost += k->boosted[t];
	}
	k->trim_retried = false;
	k->state = KSWAPD_BALANCE;
}

/* Take the request that was left for us; keep the old one where none is. */
static void take_request(struct kswapd *k)
{
	struct pgdat *pgdat = k->pgdat;

	k->order = pgdat->kswapd_order;
	if (pgdat->kswapd_highest_zoneidx < VM_NR_ZONES)
		k->highest_zoneidx = pgdat->kswapd_highest_zoneidx;
	assert(k->highest_zoneidx >= 0);
	pgdat->kswapd_order = 0;
	pgdat->kswapd_highest_zoneidx = VM_NR_ZONES;
}

static void clear_marks(struct pgdat *pgdat)
{
	pgdat->flags &= ~(uint32_t)(PGDAT_CONGESTED | PGDAT_DIRTY |
				    PGDAT_WRITEBACK);
}

static bool ready_to_sleep(struct kswapd *k)
{
	struct pgdat *pgdat = k->pgdat;

	assert(k->highest_zoneidx < VM_NR_ZONES);
	if (pgdat->kswapd_failures >= MAX_RECLAIM_RETRIES)
		return true;
	if (!pgdat_balanced(k->vm, pgdat, k->order, k->highest_zoneidx))
		return false;
	clear_marks(pgdat);
	return true;
}

/* What is left of boosts that were worked off, and the end of a call. */
static void end_balance(struct kswapd *k)
{
	struct pgdat *pgdat = k->pgdat;

	for (int t = 0; t <= k->highest_zoneidx; t++) {
		struct zone *z = &pgdat->zone[t];

		z->boost -= MIN(z->boost, k->boosted[t]);
	}
	set_reclaim_active(k, false);
	snapshot_refaults(pgdat);
	assert(k->sc.order <= k->order);
	k->order = k->sc.order;
}

/* D.3 from its beginning: nap if it seems to be over, else go on. */
static uint64_t try_to_sleep(struct kswapd *k, uint64_t now)
{
	struct pgdat *pgdat = k->pgdat;

	/* a request that came meanwhile counts as well */
	k->order = MAX(k->order, pgdat->kswapd_order);
	if (pgdat->kswapd_highest_zoneidx < VM_NR_ZONES)
		k->highest_zoneidx = MAX(k->highest_zoneidx,
					 pgdat->kswapd_highest_zoneidx);
	if (!ready_to_sleep(k)) {
		count_event(k->vm, KSWAPD_HIGH_WMARK_HIT_QUICKLY);
		pgdat->kswapd_highest_zoneidx = k->highest_zoneidx;
		pgdat->kswapd_order = k->order;
		take_request(k);
		begin_balance(k);
		return now;
	}
	set_running(k, false);
	pgdat->kswapd_waiting = true;
	k->state = KSWAPD_NAP;
	k->nap_until_ns = now + NAP_NS;
	return k->nap_until_ns;
}

static void resume(struct kswapd *k)
{
	k->pgdat->kswapd_waiting = false;
	set_running(k, true);
	take_request(k);
	begin_balance(k);
}

static uint64_t end_nap(struct kswapd *k, uint64_t now)
{
	struct pgdat *pgdat = k->pgdat;
	bool early = !pgdat->kswapd_waiting;

	assert(k->state == KSWAPD_NAP);
	if (!early && now < k->nap_until_ns)
		return k->nap_until_ns;
	if (!early && ready_to_sleep(k)) {
		trace_kswapd(k, VM_EV_KSWAPD_SLEEP);
		k->state = KSWAPD_ASLEEP;
		return ACTOR_NEVER;
	}
	count_event(k->vm, early ? KSWAPD_LOW_WMARK_HIT_QUICKLY
				 : KSWAPD_HIGH_WMARK_HIT_QUICKLY);
	pgdat->kswapd_order = MAX(pgdat->kswapd_order, k->order);
	resume(k);
	return now;
}

static uint64_t sum_high(const struct kswapd *k)
{
	uint64_t n = 0;

	for (int t = 0; t <= k->highest_zoneidx; t++) {
		const struct zone *z = &k->pgdat->zone[t];

		if (zone_populated(z))
			n += MAX(wmark_pages(z, WMARK_HIGH), SWAP_CLUSTER_MAX);
	}
	return n;
}

/*
 * What kswapd has just freed lies on its CPU's list, up to four batches of it
 * (mm/page_alloc.c:nr_pcp_high), and is not counted as free yet.  In a machine
 * without such lists (pcp.h) that they hide something must be seen here: a run
 * would end one turn earlier than a kernel's, and the next follow a moment
 * later.  In small zones with a batch of 1 the recordings show runs of 60 to
 * 70 pages, so more is hidden there than the one list would hold.
 */
static uint64_t hidden_pages(const struct zone *z, uint64_t nr_freed)
{
	uint64_t held = 4ull * calc_pcp_batch(z->managed);

	assert(held > 0);
	if (z->pcp)
		return 0;
	return MIN(MAX(held, SWAP_CLUSTER_MAX), nr_freed);
}

/* D.2 as kswapd sees it while it works. */
static bool balanced_so_far(const struct kswapd *k)
{
	const struct scan_control *sc = &k->sc;

	for (int t = 0; t <= k->highest_zoneidx; t++) {
		const struct zone *z = &k->pgdat->zone[t];
		uint64_t mark = wmark_pages(z, WMARK_HIGH) +
				hidden_pages(z, sc->nr_reclaimed);

		if (zone_populated(z) &&
		    zone_watermark_ok(z, (unsigned)sc->order, mark,
				      k->highest_zoneidx, 0))
			return true;
	}
	assert(k->pgdat->managed > 0);
	return false;
}

/* The top of one priority's turn: over, or set up and shrink. */
static uint64_t begin_turn(struct kswapd *k, uint64_t now)
{
	struct scan_control *sc = &k->sc;
	bool balanced = balanced_so_far(k);

	if (!balanced && k->nr_boost) {
		k->nr_boost = 0;
		sc->priority = DEF_PRIORITY;
	}
	if (balanced && !k->nr_boost) {
		end_balance(k);
		return try_to_sleep(k, now);
	}
	k->raise_priority = true;
	if (k->nr_boost && sc->priority == DEF_PRIORITY - 2)
		k->raise_priority = false;
	sc->may_writepage = !k->vm->ctl.laptop_mode && !k->nr_boost;
	sc->may_swap = !k->nr_boost;
	if (sc->priority < DEF_PRIORITY - 2)
		sc->may_writepage = true;
	k->turn_scanned = sc->nr_scanned;
	k->turn_reclaimed = sc->nr_reclaimed;
	sc->nr_to_reclaim = sum_high(k);
	shrink_node_begin(k->vm, sc, k->pgdat);
	age_active_anon(k->vm, k->pgdat, sc);
	assert(sc->priority >= 0);
	k->state = KSWAPD_SHRINK;
	return now;
}

/* D.4: the priorities are through; nothing at all was found. */
static uint64_t give_up(struct kswapd *k, uint64_t now)
{
	struct scan_control *sc = &k->sc;

	assert(sc->priority <= 0 || k->nr_boost);
	if (!sc->nr_reclaimed && sc->cache_trim_blocked && !k->trim_retried) {
		k->trim_retried = true;
		sc->no_cache_trim_mode = true;
		sc->priority = DEF_PRIORITY;
		k->state = KSWAPD_BALANCE;
		return now;
	}
	if (!sc->nr_reclaimed)
		k->pgdat->kswapd_failures++;
	end_balance(k);
	return try_to_sleep(k, now);
}

static uint64_t end_turn(struct kswapd *k, uint64_t now)
{
	struct scan_control *sc = &k->sc;
	uint64_t scanned = sc->nr_scanned - k->turn_scanned;
	uint64_t reclaimed = sc->nr_reclaimed - k->turn_reclaimed;

	assert(k->state == KSWAPD_SHRINK);
	if (sc->order > 0 && sc->nr_reclaimed >= 2ull << sc->order)
		sc->order = 0;
	if (MAX(scanned, reclaimed) >= sc->nr_to_reclaim)
		k->raise_priority = false;
	k->nr_boost -= MIN(k->nr_boost, reclaimed);
	k->state = KSWAPD_BALANCE;
	if (k->nr_boost && !reclaimed)
		return give_up(k, now);
	if (k->raise_priority || !reclaimed)
		sc->priority--;
	if (sc->priority < 1)
		return give_up(k, now);
	return now;
}

/* CPU time of this step: the kernel thread's, on its node. */
static uint64_t pay(struct kswapd *k)
{
	uint64_t ns = k->sc.cost_ns;

	assert(k->task->flags & TF_KTHREAD);
	k->sc.cost_ns = 0;
	if (ns)
		cpu_charge(k->vm, k->task, ns);
	return ns;
}

static uint64_t kswapd_step(struct actor *a, uint64_t now)
{
	struct kswapd *k = container_of(a, struct kswapd, actor);
	uint64_t next;

	if (k->vm->panicked)
		return ACTOR_NEVER;
	k->vm->cpu_now = cpu_of_kthread(k->vm, k->task);
	switch (k->state) {
	case KSWAPD_ASLEEP:
		if (k->pgdat->kswapd_waiting)
			return ACTOR_NEVER;
		resume(k);
		return now;
	case KSWAPD_NAP:
		return end_nap(k, now);
	case KSWAPD_BALANCE:
		return begin_turn(k, now);
	default:
		break;
	}
	if (!shrink_node_step(k->vm, &k->sc))
		return now + pay(k) + k->sc.wait_ns;
	now += pay(k) + k->sc.sleep_ns;
	k->sc.sleep_ns = 0;
	assert(k->sc.stage == SHRINK_END);
	next = end_turn(k, now);
	return MAX(now, next);
}

int kswapd_init(struct vm *vm, struct pgdat *pgdat)
{
	struct kswapd *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	k->vm = vm;
	k->pgdat = pgdat;
	k->state = KSWAPD_ASLEEP;
	k->highest_zoneidx = VM_ZONE_NORMAL;
	k->actor.step = kswapd_step;
	name_number(k->actor.name, sizeof(k->actor.name), "kswapd",
		    (unsigned)pgdat->nid);
	k->task = task_create(vm, k->actor.name, 0, &err);
	if (!k->task) {
		free(k);
		return err;
	}
	k->task->flags |= TF_KTHREAD;
	k->task->ppid = 2;
	for (uint32_t c = vm->conf.nr_cpus; c-- > 0;)
		if (vm->conf.cpu_node[c] == pgdat->nid)
			k->task->cpu = (int)c;
	k->task->cpu = MAX(k->task->cpu, 0);
	pgdat->kswapd = k;
	pgdat->kswapd_actor = &k->actor;
	pgdat->kswapd_waiting = true;
	world_add(&vm->world, &k->actor);
	assert(k->task->cpu < (int)vm->conf.nr_cpus);
	return 0;
}

void kswapd_fini(struct pgdat *pgdat)
{
	free(pgdat->kswapd);
	pgdat->kswapd = NULL;
	pgdat->kswapd_actor = NULL;
}
