/* SPDX-License-Identifier: MIT */
/*
 * psi_trigger.c - the arithmetic of a pressure trigger (fact sheet J.5).
 *
 * Pure functions: text in, trigger out; totals in, events out.  Called by
 * pressure.c and by their unit test.
 *
 * The growth of the window that slides is that of the current fixed window
 * plus, of the one before, the part that still lies inside, taken as linear
 * (kernel/sched/psi.c:window_update).
 */
#include <errno.h>
#include <string.h>

#include "fs/proc/pressure.h"

/* A decimal number; moves *@s behind it.  False if there is none. */
static bool get_number(const char **s, uint64_t *v)
{
	const char *at = *s;

	while (*at == ' ' || *at == '\t')
		at++;
	if (*at < '0' || *at > '9')
		return false;
	for (*v = 0; *at >= '0' && *at <= '9'; at++) {
		*v = *v * 10 + (uint64_t)(*at - '0');
		if (*v > UINT32_MAX)
			return false;
	}
	*s = at;
	return true;
}

int psi_trigger_parse(struct psi_trigger *t, const char *text, size_t len,
		      bool privileged)
{
	size_t look = len < PSI_TRIGGER_MAX ? len : PSI_TRIGGER_MAX;
	char buf[PSI_TRIGGER_MAX];
	uint64_t threshold, window;
	const char *s = buf + 4;

	if (!look)
		return -EINVAL;
	memcpy(buf, text, look - 1);
	buf[look - 1] = '\0'; /* the last byte is lost, whatever it was */
	if (strncmp(buf, "some", 4) && strncmp(buf, "full", 4))
		return -EINVAL;
	if (*s != ' ' || !get_number(&s, &threshold) ||
	    !get_number(&s, &window))
		return -EINVAL;
	if (!window || window > PSI_WINDOW_MAX_US ||
	    (!privileged && window % PSI_PERIOD_US))
		return -EINVAL;
	if (!threshold || threshold > window)
		return -EINVAL;
	*t = (struct psi_trigger){
		.full = buf[0] == 'f',
		.threshold_us = threshold,
		.win.size_us = window,
		.period_us = privileged ? window / PSI_UPDATES : PSI_PERIOD_US,
	};
	if (!t->period_us)
		t->period_us = 1;
	return 0;
}

static void window_reset(struct psi_window *w, uint64_t now_us,
			 uint64_t value, uint64_t prev_growth)
{
	w->start_us = now_us;
	w->start_value = value;
	w->prev_growth = prev_growth;
}

/* Growth inside the window that ends now. */
static uint64_t window_update(struct psi_window *w, uint64_t now_us,
			      uint64_t value)
{
	uint64_t elapsed = now_us - w->start_us;
	uint64_t growth = value - w->start_value;

	if (elapsed > w->size_us)
		window_reset(w, now_us, value, growth);
	else
		growth += w->prev_growth * (w->size_us - elapsed) / w->size_us;
	return growth;
}

void psi_trigger_start(struct psi_trigger *t, uint64_t now_us,
		       uint64_t total_us)
{
	window_reset(&t->win, now_us, total_us, 0);
	t->last_event_us = now_us;
	t->next_look_us = now_us + t->period_us;
}

bool psi_trigger_update(struct psi_trigger *t, uint64_t now_us,
			uint64_t total_us)
{
	uint64_t growth;

	t->next_look_us = now_us + t->period_us;
	growth = window_update(&t->win, now_us, total_us);
	if (growth < t->threshold_us ||
	    now_us < t->last_event_us + t->win.size_us)
		return false;
	t->last_event_us = now_us;
	return true;
}
