/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - /proc/pressure: averages, and triggers that poll waits for.
 *
 * Fact sheet J.5.  A trigger is written to an open file, "some 150000
 * 1000000": wake me when stalls of 150 ms fall into a window of 1 s.  It
 * lives as long as the descriptor.
 *
 * The pure half: psi_trigger_parse() and psi_trigger_update() know no clock
 * and no file; the times are virtual.
 *
 * Locking: the list of triggers has its own mutex, taken after the session's
 * and the engine's lock.
 */
#ifndef PROC_PRESSURE_H
#define PROC_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include <vm/vm.h>

#include "fs/vfs/file.h"

#define PSI_WINDOW_MAX_US  10000000u
#define PSI_PERIOD_US	   2000000u /* unprivileged windows are multiples */
#define PSI_UPDATES	   10u	    /* looks a window, privileged */
#define PSI_TRIGGER_MAX	   32u	    /* bytes of a write that are looked at */

/* One end of a sliding window of stall time. */
struct psi_window {
	uint64_t size_us;
	uint64_t start_us;    /* when it began */
	uint64_t start_value; /* total then */
	uint64_t prev_growth; /* of the one before */
};

struct psi_trigger {
	bool full;
	uint64_t threshold_us;
	struct psi_window win;
	uint64_t last_event_us;
	uint64_t next_look_us;
	uint64_t period_us; /* between two looks */
};

/*
 * "some|full threshold window" as written, @len bytes; @privileged: the
 * opener has CAP_SYS_RESOURCE.  0 and @t without a start, or -EINVAL.
 */
int psi_trigger_parse(struct psi_trigger *t, const char *text, size_t len,
		      bool privileged);

/* From now on: the window begins at @now_us with @total_us. */
void psi_trigger_start(struct psi_trigger *t, uint64_t now_us,
		       uint64_t total_us);

/* Look at the total stall time; true if that is an event. */
bool psi_trigger_update(struct psi_trigger *t, uint64_t now_us,
			uint64_t total_us);

struct psi_triggers;

int psi_triggers_create(struct psi_triggers **tp);
void psi_triggers_destroy(struct psi_triggers *ts);

/* The machine is another now, its time too: all windows begin anew. */
void psi_triggers_restart(struct psi_triggers *ts, struct vm *vm);

/*
 * Time is @now_ns: look at every trigger whose time has come.  For the
 * observer (engine's lock held): stalls come with events.  Costs one load
 * where no trigger is armed.
 */
void psi_triggers_observe(struct psi_triggers *ts, struct vm *vm,
			  uint64_t now_ns);

#endif
