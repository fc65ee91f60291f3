/* SPDX-License-Identifier: MIT */
/*
 * clock.c - MNT/sandbox/clock: the machine's time is a file.
 *
 *	mode	 "live" or "virtual"; writing switches
 *	now	 seconds since boot, nanoseconds behind the point
 *	rate	 live: how fast against real time, 0.1 to 1000, or "max": as
 *		 fast as the machine can be calculated
 *	state	 live: "running" or "paused"; virtual: "running" or "idle"
 *	advance	 "5s": go on that long; the write returns when it is done
 *	settle	 until all kernel threads sleep and no I/O is in flight; "60s"
 *		 bounds it, an empty line or "1" stands for an hour
 *	seed	 of all chance in the machine
 *
 * In live mode advance and settle wait for the running clock instead, so a
 * script works in both.  Errors: EINVAL for what does not parse; ETIME when
 * the bound has passed; EPERM to pause or speed up a virtual clock, which
 * moves only when told to.
 *
 * Handlers run under the session's lock; what takes time goes to driver.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <vm/vm.h>

#include "fs/conf/units.h"
#include "fs/sandbox/clock.h"
#include "fs/sandbox/driver.h"
#include "fs/sandbox/sandbox.h"

#define SETTLE_NS (3600 * VM_SECOND)

static bool is_live(const struct sandbox *sb)
{
	return driver_live(sb->driver);
}

static int mode_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, is_live(sandbox_of(rq)) ? "live\n" : "virtual\n");
	return 0;
}

static ssize_t mode_store(struct tree_req *rq, const char *text, size_t len,
			  off_t offset)
{
	struct sandbox *sb = sandbox_of(rq);
	char value[SANDBOX_VALUE_LEN];
	enum vm_world_kind kind;
	int err = sandbox_value(text, len, value);

	(void)offset;
	if (err)
		return err;
	if (!strcmp(value, "live"))
		kind = VM_WORLD_THREADS;
	else if (!strcmp(value, "virtual"))
		kind = VM_WORLD_SIM;
	else
		return -EINVAL;
	return driver_clock(sb->driver, rq, len, CLOCK_MODE, kind);
}

static int now_show(const struct tree_req *rq, struct strbuf *sb)
{
	uint64_t now = vm_now_ns(sandbox_of(rq)->vm);

	strbuf_u64(sb, now / VM_SECOND);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, now % VM_SECOND, 9);
	strbuf_putc(sb, '\n');
	return 0;
}

static int rate_show(const struct tree_req *rq, struct strbuf *sb)
{
	uint32_t rate = driver_rate(sandbox_of(rq)->driver);

	if (rate == DRIVER_RATE_MAX) {
		strbuf_puts(sb, "max\n");
		return 0;
	}
	strbuf_u64(sb, rate / VM_RATE_ONE);
	if (rate % VM_RATE_ONE) {
		strbuf_putc(sb, '.');
		strbuf_u64_zero(sb, rate % VM_RATE_ONE, 3);
	}
	strbuf_putc(sb, '\n');
	return 0;
}

int clock_parse_rate(const char *text, uint32_t *rate)
{
	uint64_t ns;

	if (!strcmp(text, "max")) {
		*rate = DRIVER_RATE_MAX;
		return 0;
	}
	/* A factor in thousandths is a time in seconds, read as ms. */
	if (strspn(text, "0123456789.") != strlen(text) ||
	    units_parse_sleep(text, &ns) || ns % VM_MILLISECOND)
		return -EINVAL;
	ns /= VM_MILLISECOND;
	if (ns < VM_RATE_MIN || ns > VM_RATE_MAX)
		return -EINVAL;
	*rate = (uint32_t)ns;
	return 0;
}

void clock_put_range(struct strbuf *sb, const char *name)
{
	if (!strcmp(name, "rate"))
		strbuf_printf(sb, "\t%g to %g, or max",
			      (double)VM_RATE_MIN / VM_RATE_ONE,
			      (double)VM_RATE_MAX / VM_RATE_ONE);
	else if (!strcmp(name, "advance") || !strcmp(name, "settle"))
		strbuf_printf(sb, "\t0 to %" PRIu64 "s",
			      (uint64_t)(UINT64_MAX / VM_SECOND));
}

static ssize_t rate_store(struct tree_req *rq, const char *text, size_t len,
			  off_t offset)
{
	struct sandbox *sb = sandbox_of(rq);
	char value[SANDBOX_VALUE_LEN];
	uint32_t rate;
	int err = sandbox_value(text, len, value);

	(void)offset;
	if (!err)
		err = clock_parse_rate(value, &rate);
	if (err)
		return err;
	if (!is_live(sb))
		return -EPERM;
	/* To "max" and back is a change of worlds. */
	if (rate == DRIVER_RATE_MAX ||
	    driver_rate(sb->driver) == DRIVER_RATE_MAX)
		return driver_clock(sb->driver, rq, len, CLOCK_RATE, rate);
	err = vm_set_rate(sb->vm, rate);
	return err ? err : (ssize_t)len;
}

static int state_show(const struct tree_req *rq, struct strbuf *sb)
{
	struct sandbox *box = sandbox_of(rq);
	bool running;

	if (is_live(box)) {
		running = !driver_paused(box->driver);
		strbuf_puts(sb, running ? "running\n" : "paused\n");
	} else {
		running = driver_busy(box->driver);
		strbuf_puts(sb, running ? "running\n" : "idle\n");
	}
	return 0;
}

static ssize_t state_store(struct tree_req *rq, const char *text, size_t len,
			   off_t offset)
{
	struct sandbox *sb = sandbox_of(rq);
	char value[SANDBOX_VALUE_LEN];
	bool paused;
	int err = sandbox_value(text, len, value);

	(void)offset;
	if (err)
		return err;
	paused = !strcmp(value, "paused");
	if (!paused && strcmp(value, "running"))
		return -EINVAL;
	if (!is_live(sb))
		return -EPERM;
	if (driver_rate(sb->driver) == DRIVER_RATE_MAX)
		return driver_clock(sb->driver, rq, len, CLOCK_PAUSE, paused);
	driver_pause(sb->driver, paused);
	return (ssize_t)len;
}

static ssize_t advance_store(struct tree_req *rq, const char *text, size_t len,
			     off_t offset)
{
	char value[SANDBOX_VALUE_LEN];
	uint64_t ns;
	int err = sandbox_value(text, len, value);

	(void)offset;
	if (err)
		return err;
	if (units_parse_sleep(value, &ns))
		return -EINVAL;
	return driver_clock(sandbox_of(rq)->driver, rq, len, CLOCK_ADVANCE,
			    ns);
}

static ssize_t settle_store(struct tree_req *rq, const char *text, size_t len,
			    off_t offset)
{
	char value[SANDBOX_VALUE_LEN] = "";
	uint64_t ns = SETTLE_NS;
	bool blank = len == 1 && text[0] == '\n';
	int err = blank ? 0 : sandbox_value(text, len, value);

	(void)offset;
	if (err)
		return err;
	if (!blank && strcmp(value, "1") && units_parse_time(value, &ns))
		return -EINVAL;
	return driver_clock(sandbox_of(rq)->driver, rq, len, CLOCK_SETTLE, ns);
}

static int seed_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_u64(sb, sandbox_of(rq)->machine->seed);
	strbuf_putc(sb, '\n');
	return 0;
}

static const struct tree_entry clock_entries[] = {
	WO("advance", 0200, advance_store),
	RW("mode", 0600, mode_show, mode_store),
	RO("now", 0400, now_show),
	RW("rate", 0600, rate_show, rate_store),
	RO("seed", 0400, seed_show),
	WO("settle", 0200, settle_store),
	RW("state", 0600, state_show, state_store),
};

const struct tree_dir clock_dir = {
	TREE_ENTRIES(clock_entries),
};
