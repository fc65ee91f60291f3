/* SPDX-License-Identifier: MIT */
/*
 * fuzz_machine.c - the machine file: any text at all.
 *
 * What is refused says where and why; what is accepted can be written, reads
 * back as the same text, and, if it is small, boots and runs.
 */
#include <string.h>

#include "fs/conf/machine_conf.h"
#include "fuzz.h"

/* Booting a larger one takes longer than the fuzzer likes to wait. */
#define BOOT_PAGES 16384u
#define BOOT_TASKS 32u

static uint64_t pages_of(const struct vm_machine *m)
{
	uint64_t nr = 0;
	uint32_t i, z;

	for (i = 0; i < m->nr_nodes; i++)
		for (z = 0; z < VM_NR_ZONES; z++)
			nr += m->node[i].zone[z].managed;
	for (i = 0; i < m->nr_files; i++)
		nr += m->file[i].pages;
	for (i = 0; i < m->nr_swaps; i++)
		nr += m->swap[i].pages;
	for (i = 0; i < m->nr_tasks; i++)
		nr += m->task[i].anon_pages + m->task[i].file_pages;
	return nr;
}

static void boot(const struct vm_machine *m)
{
	struct vm_complaint c = { .index = -1 };
	struct vm *vm;

	if (pages_of(m) > BOOT_PAGES || m->nr_tasks > BOOT_TASKS)
		return;
	if (vm_create(&vm, m, VM_WORLD_SIM))
		return;
	vm_run_until(vm, 100 * VM_MILLISECOND, 1000);
	if (!vm_check(vm, &c)) {
		fprintf(stderr, "vm_check: %s\n", c.what);
		abort();
	}
	vm_destroy(vm);
}

/* The text of @m. */
static char *written(const struct vm_machine *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	FUZZ_DEMAND(f && !machine_conf_write(m, f) && !fclose(f));
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm_machine m, again;
	char *text = strndup((const char *)data, size), *messages, *one, *two;

	FUZZ_DEMAND(text);
	if (machine_conf_parse("m", text, &m, &messages)) {
		FUZZ_DEMAND(messages && strchr(messages, ':'));
	} else {
		FUZZ_DEMAND(!*messages);
		free(messages);
		one = written(&m);
		if (machine_conf_parse("written", one, &again, &messages)) {
			fprintf(stderr, "%s%s", one, messages);
			abort();
		}
		two = written(&again);
		FUZZ_DEMAND(!strcmp(one, two));
		boot(&m);
		vm_machine_fini(&again);
		vm_machine_fini(&m);
		free(two);
		free(one);
	}
	free(messages);
	free(text);
	return 0;
}
