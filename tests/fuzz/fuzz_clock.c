/* SPDX-License-Identifier: MIT */
/*
 * fuzz_clock.c - the control files: the clock, and work for tasks.
 *
 * The first byte of each line of the input says which file, the rest of the
 * line is written to it.  Time never goes back, and every write is answered,
 * at the latest when it is interrupted.
 */
#include <string.h>

#include "fs/conf/units.h"
#include "fuzz.h"

#define MAX_LINES 32u

static const char *const controls[] = {
	"sandbox/clock/advance", "sandbox/clock/settle",
	"sandbox/clock/mode", "sandbox/clock/rate", "sandbox/clock/state",
	"sandbox/tasks/100/alloc", "sandbox/tasks/100/free",
	"sandbox/tasks/100/touch", "sandbox/tasks/101/read",
	"sandbox/tasks/101/dirty", "sandbox/tasks/102/mlock",
	"sandbox/tasks/103/exit", "sandbox/tasks/103/alloc",
};

#define NR_CONTROLS (sizeof(controls) / sizeof(controls[0]))

static void units(const char *line, size_t len)
{
	char *text = strndup(line, len), out[UNITS_TEXT_LEN];
	uint64_t v, again;

	FUZZ_DEMAND(text);
	if (!units_parse_size(text, &v)) {
		units_format_size(out, v);
		FUZZ_DEMAND(!units_parse_size(out, &again) && again == v);
	}
	if (!units_parse_rate(text, &v)) {
		units_format_rate(out, v);
		FUZZ_DEMAND(!units_parse_rate(out, &again) && again == v);
	}
	if (!units_parse_time(text, &v)) {
		units_format_time(out, v);
		FUZZ_DEMAND(!units_parse_time(out, &again) && again == v);
	}
	free(text);
}

static void one_line(struct rig *rig, const char *line, size_t len)
{
	uint64_t before = vm_now_ns(rig_vm(rig));
	unsigned which;
	ssize_t n;

	if (!len)
		return;
	which = (unsigned char)(*line - 'a');
	rig_patience(rig, which & 0x80 ? 2000 : 100);
	units(line + 1, len - 1);
	n = rig_put(rig, controls[(which & 0x7f) % NR_CONTROLS], line + 1,
		    len - 1);
	FUZZ_DEMAND(n < 0 || (size_t)n == len - 1);
	FUZZ_DEMAND(vm_now_ns(rig_vm(rig)) >= before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end;
	struct rig *rig = rig_create();
	unsigned i;

	for (i = 0; size && i < MAX_LINES; i++) {
		end = memchr(line, '\n', size);
		if (!end)
			end = line + size;
		one_line(rig, line, (size_t)(end - line));
		if ((size_t)(end - line) == size)
			break;
		size -= (size_t)(end - line) + 1;
		line = end + 1;
	}
	rig_destroy(rig);
	return 0;
}
