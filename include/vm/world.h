/* SPDX-License-Identifier: MIT */
/*
 * world.h - when things happen, and by what chance.
 *
 * The machine's actors (CPUs, kswapds, flushers, disks) are step functions.
 * A world calls them.  There are two:
 *
 *   VM_WORLD_SIM      one thread, the caller's, a virtual clock; the actor
 *                     whose time comes first steps next, equal times are
 *                     drawn by the seed.  Nothing moves but by vm_run_*().
 *   VM_WORLD_THREADS  a pthread an actor, the real clock times a rate.
 *
 * Both keep the same virtual nanoseconds since boot, so a machine can be
 * switched from one to the other while it runs.
 */
#ifndef VM_WORLD_H
#define VM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

enum vm_world_kind { VM_WORLD_SIM, VM_WORLD_THREADS };

#define VM_RATE_ONE 1000u /* rates are in thousandths of real time */
#define VM_RATE_MIN 100u
#define VM_RATE_MAX 1000000u

enum vm_world_kind vm_world_kind(struct vm *vm);

/* Virtual nanoseconds since boot. */
uint64_t vm_now_ns(struct vm *vm);

/*
 * Switch worlds, with nothing lost.  0, or -EAGAIN if threads cannot be
 * started (the machine then stays in the sim world).  Not from an observer
 * or from done().
 */
int vm_world_switch(struct vm *vm, enum vm_world_kind kind);

/* THREADS: thousandths of real time, VM_RATE_MIN..MAX, else -EINVAL. */
int vm_set_rate(struct vm *vm, uint32_t rate);
uint32_t vm_rate(struct vm *vm);

/* THREADS: stop and go on.  A paused machine uses no CPU time at all. */
void vm_pause(struct vm *vm, bool paused);
bool vm_paused(struct vm *vm);

/*
 * Nobody but this thread sees or changes the machine from here on, until
 * vm_release(): several calls become one moment.  Keep it short.  May be
 * nested; not around vm_world_switch(), vm_start(), vm_destroy(), vm_run_*().
 */
void vm_hold(struct vm *vm);
void vm_release(struct vm *vm);

/*
 * Steps that actors have done since boot.  In the sim world this and
 * vm_now_ns() say where a run stands: the same seed, calls and places give
 * the same machine.
 */
uint64_t vm_steps(struct vm *vm);

/*
 * SIM: let the machine run until @until_ns, at most @max_steps steps of
 * actors, so that a caller who has other things to do comes back.  Returns
 * true when @until_ns has been reached (the clock then stands on it).
 */
bool vm_run_until(struct vm *vm, uint64_t until_ns, uint64_t max_steps);

/*
 * SIM: true if every kernel actor sleeps, no I/O is in flight and no task is
 * in the middle of a fault.  A task with a workload that never ends does not
 * count.
 */
bool vm_settled(struct vm *vm);

/*
 * SIM: run until vm_settled() or @until_ns, at most @max_steps; true when
 * settled.
 */
bool vm_run_settle(struct vm *vm, uint64_t until_ns, uint64_t max_steps);

#endif
