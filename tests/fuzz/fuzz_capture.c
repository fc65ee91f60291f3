/* SPDX-License-Identifier: MIT */
/*
 * fuzz_capture.c - reclaimfs capture on a /proc and /sys that lie.
 *
 * An input is a tree: "=", a letter and a newline begin the file that the
 * letter is of in the list below; its text is what follows up to the next.
 * Whatever they hold, capture comes to an end, and the machine that it writes
 * is one that reads back, or one that it has warned of.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cli/cmd.h"
#include "fs/conf/machine_conf.h"
#include "fuzz.h"

static const char *const names[] = {
	"zoneinfo", "meminfo", "stat", "swaps", "diskstats",
	"sys/vm/min_free_kbytes", "sys/vm/lowmem_reserve_ratio",
	"sys/vm/dirty_bytes", "sys/vm/swappiness",
	"100/status", "100/cmdline", "100/oom_score_adj", "2000/status",
	"32768/status", "99999999/status",
	"devices/system/node/node0/cpulist",
	"devices/system/node/node0/distance",
	"devices/system/node/node0/meminfo",
	"devices/system/node/node1/cpulist",
	"devices/system/node/node1/distance",
	"devices/system/node/node1/meminfo",
	"block/sda/queue/rotational", "block/nvme0n1/size", "block/zram0/size",
	"kernel/mm/transparent_hugepage/enabled",
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

static char root[] = "/tmp/fuzz_capture.XXXXXX";
static bool warned; /* "cannot be simulated" */

/* main.c has it in the program; its others are in no_cmd.c. */
void cmd_warn(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strstr(text, "cannot be simulated"))
		warned = true;
}

static void clean(void)
{
	char path[PATH_MAX], *slash;
	size_t i;

	for (i = 0; i < NR_NAMES; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		unlink(path);
		while ((slash = strrchr(path, '/')) &&
		       (size_t)(slash - path) > strlen(root)) {
			*slash = '\0';
			if (rmdir(path))
				break;
		}
	}
}

static void at_end(void)
{
	char path[PATH_MAX];

	clean();
	snprintf(path, sizeof(path), "%s/out", root);
	unlink(path);
	rmdir(root);
}

static void make_file(const char *name, const uint8_t *text, size_t len)
{
	char path[PATH_MAX], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	slash = path + strlen(root);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "w");
	FUZZ_DEMAND(f);
	fwrite(text, 1, len, f);
	fclose(f);
}

/* The files of the tree, as the input has them. */
static void make_tree(const uint8_t *data, size_t size)
{
	const uint8_t *end, *text;
	unsigned which;

	while (size && (text = memchr(data, '=', size))) {
		size -= (size_t)(text - data) + 1;
		data = text + 1;
		if (size < 2)
			return;
		which = (unsigned char)(*data - 'a') % NR_NAMES;
		data += 2;
		size -= 2;
		end = memchr(data, '=', size);
		if (!end)
			end = data + size;
		make_file(names[which], data, (size_t)(end - data));
		size -= (size_t)(end - data);
		data = end;
	}
}

static int capture(const char *out)
{
	char proc[PATH_MAX], sys[PATH_MAX], o[PATH_MAX];
	char name[] = "capture", flag[] = "-o", tasks[] = "--tasks=3";
	char *argv[] = { name, proc, sys, tasks, flag, o, NULL };

	snprintf(proc, sizeof(proc), "--proc=%s", root);
	snprintf(sys, sizeof(sys), "--sys=%s", root);
	snprintf(o, sizeof(o), "%s", out);
	optind = 0;
	return cmd_capture.run(6, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vm_machine m;
	static bool made;
	char *messages = NULL, out[64];

	if (!made) {
		made = mkdtemp(root) != NULL;
		FUZZ_DEMAND(made && !atexit(at_end));
	}
	snprintf(out, sizeof(out), "%s/out", root);
	make_tree(data, size);
	warned = false;
	if (capture(out) == CMD_OK) {
		if (!machine_conf_read(out, &m, &messages)) {
			vm_machine_fini(&m);
		} else if (!warned) {
			fprintf(stderr, "%s", messages);
			abort();
		}
		free(messages);
	}
	clean();
	return 0;
}
