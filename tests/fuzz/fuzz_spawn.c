/* SPDX-License-Identifier: MIT */
/*
 * fuzz_spawn.c - a line for sandbox/spawn: any bytes at all.
 *
 * The whole way of a write, with the task that comes of it; the answer is
 * readable from the same descriptor.  Tasks are killed again, so that the
 * machine does not only die of memory.
 */
#include <string.h>

#include "fs/conf/machine_conf.h"
#include "fuzz.h"

static void round_trip(const char *line)
{
	struct vm_task_conf t, again;
	char *messages, *text = NULL;
	size_t len;
	FILE *f;

	if (!machine_conf_task("spawn", line, &t, &messages)) {
		free(messages);
		f = open_memstream(&text, &len);
		FUZZ_DEMAND(f && !machine_conf_write_task(&t, f) && !fclose(f));
		if (machine_conf_task("written", text, &again, &messages)) {
			fprintf(stderr, "%s%s", text, messages);
			abort();
		}
		free(text);
	}
	free(messages);
}

/* One to five digits and a newline. */
static int pid_in(const char *text, ssize_t n)
{
	return n > 1 && n < 8 && text[n - 1] == '\n' &&
	       strspn(text, "0123456789") == (size_t)n - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *rig = rig_shared(256);
	char reply[8192] = "", *line;
	struct rig_file *f;
	ssize_t n, len;

	line = strndup((const char *)data, size);
	FUZZ_DEMAND(line);
	round_trip(line);
	free(line);
	rig_patience(rig, 200);
	FUZZ_DEMAND(!rig_open(rig, "sandbox/spawn", O_RDWR, &f));
	n = rig_write(rig, f, data, size, 0);
	len = rig_read(rig, f, reply, sizeof(reply) - 1, 0);
	FUZZ_DEMAND(len >= 0);
	if (n >= 0)
		FUZZ_DEMAND((size_t)n == size && pid_in(reply, len));
	rig_close(rig, f);
	if (pid_in(reply, len))
		vm_task_kill(rig_vm(rig), (int)strtol(reply, NULL, 10));
	vm_run_until(rig_vm(rig),
		     vm_now_ns(rig_vm(rig)) + 10 * VM_MILLISECOND, 200);
	return 0;
}
