/* SPDX-License-Identifier: MIT */
/*
 * capture.c - `reclaimfs capture`: the machine file of a real machine.
 *
 * Reads the running machine's /proc and /sys, or a copy of them, and writes
 * the machine that behaves alike: same zones to the page, same tunables,
 * same swap areas, its largest processes.  Works for anybody; what cannot be
 * read is said on stderr.
 *
 * The parts are capture_nodes.c, capture_disks.c, capture_kernel.c and
 * capture_tasks.c; fs/conf writes the file.  One thread, no locks.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/capture.h"
#include "fs/cli/cmd.h"
#include "fs/conf/machine_conf.h"
#include "fs/conf/units.h"

#define DEFAULT_TASKS 20u
#define MAX_FILE      (64u << 20) /* bytes; in a copy anything may lie */

static int capture_run(int argc, char **argv);

const struct cmd cmd_capture = {
	.name = "capture",
	.args = "[--proc DIR] [--sys DIR] [--tasks N] [-o FILE]",
	.summary = "write the machine file of this machine, or of a saved one",
	.help = "      --proc DIR   instead of /proc: a copy of one\n"
		"      --sys DIR    instead of /sys\n"
		"      --tasks N    the N largest processes (default 20)\n"
		"  -o, --output FILE  instead of standard output\n",
	.run = capture_run,
};

enum { OPT_PROC = 256, OPT_SYS, OPT_TASKS };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "proc", required_argument, NULL, OPT_PROC },
	{ "sys", required_argument, NULL, OPT_SYS },
	{ "tasks", required_argument, NULL, OPT_TASKS },
	{ NULL, 0, NULL, 0 },
};

struct capture_args {
	const char *proc, *sys;
	const char *output; /* NULL: standard output */
	uint64_t nr_tasks;
};

static char *slurp(FILE *f, const char *path)
{
	size_t len = 0, room = 0, got;
	char *buf = NULL, *more;

	do {
		room = room ? room * 2 : 8192;
		errno = EFBIG;
		more = room <= MAX_FILE ? realloc(buf, room + 1) : NULL;
		if (!more) {
			free(buf);
			if (errno == EFBIG)
				cmd_warn("%s: expected at most %u bytes", path,
					 MAX_FILE);
			return NULL;
		}
		buf = more;
		got = fread(buf + len, 1, room - len, f);
		len += got;
	} while (len == room);
	if (ferror(f)) {
		free(buf);
		return NULL;
	}
	buf[len] = '\0';
	return buf;
}

char *capture_read(const char *fmt, ...)
{
	char path[CAPTURE_PATH_LEN], *text;
	va_list ap;
	FILE *f;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	f = fopen(path, "re");
	if (!f)
		return NULL;
	text = slurp(f, path);
	fclose(f);
	return text;
}

char *capture_need(const char *root, const char *name)
{
	char *text = capture_read("%s/%s", root, name);

	if (!text)
		cmd_warn("%s/%s: %s, left out", root, name, strerror(errno));
	return text;
}

bool capture_field(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	const char *p = text;

	while (p) {
		while (*p == ' ' || *p == '\t')
			p++;
		if (!strncmp(p, name, len) &&
		    (p[len] == ':' || p[len] == ' ' || p[len] == '\t')) {
			p += len + 1;
			p += strspn(p, " \t");
			if (*p < '0' || *p > '9')
				return false;
			*value = strtoull(p, NULL, 10);
			return true;
		}
		p = strchr(p, '\n');
		if (p)
			p++;
	}
	return false;
}

char *capture_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	*text = end;
	return line;
}

static int write_machine(const struct vm_machine *m, const char *output)
{
	FILE *f = output ? fopen(output, "we") : stdout;
	int err;

	if (!f) {
		cmd_warn("%s: %s", output, strerror(errno));
		return CMD_FAIL;
	}
	fprintf(f, "# The machine that `reclaimfs capture` found.\n");
	err = machine_conf_write(m, f);
	if (output && fclose(f))
		err = -errno;
	if (err)
		cmd_warn("%s: %s", output ? output : "standard output",
			 strerror(-err));
	return err ? CMD_FAIL : CMD_OK;
}

static int capture(const struct capture_args *a, struct vm_machine *m)
{
	struct capture c = { .proc = a->proc, .sys = a->sys, .m = m };
	struct vm_complaint cmp = { .index = -1 };

	if (capture_nodes(&c)) {
		cmd_warn("no machine found below %s", a->proc);
		return CMD_FAIL;
	}
	capture_disks(&c);
	capture_kernel(&c);
	if (capture_tasks(&c, (unsigned)a->nr_tasks)) {
		cmd_warn("out of memory");
		return CMD_FAIL;
	}
	if (!vm_machine_check(m, &cmp))
		cmd_warn("this machine cannot be simulated as it is: %s",
			 cmp.what);
	return write_machine(m, a->output);
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct capture_args *a)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "ho:", long_options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'o':
			a->output = optarg;
			break;
		case OPT_PROC:
			a->proc = optarg;
			break;
		case OPT_SYS:
			a->sys = optarg;
			break;
		case OPT_TASKS:
			if (units_parse_u64(optarg, &a->nr_tasks) ||
			    a->nr_tasks > VM_MAX_TASKS) {
				cmd_warn("--tasks: %s, expected 0 to %u",
					 optarg, VM_MAX_TASKS);
				return CMD_USAGE;
			}
			break;
		case 'h':
			return cmd_help(&cmd_capture);
		default:
			return cmd_usage(&cmd_capture);
		}
	}
	return optind < argc ? cmd_usage(&cmd_capture) : -1;
}

static int capture_run(int argc, char **argv)
{
	static struct vm_machine m;
	struct capture_args a = { .proc = "/proc",
				  .sys = "/sys",
				  .nr_tasks = DEFAULT_TASKS };
	int code = parse(argc, argv, &a);

	if (code >= 0)
		return code;
	vm_machine_init(&m);
	code = capture(&a, &m);
	vm_machine_fini(&m);
	return code;
}
