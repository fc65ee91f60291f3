/* SPDX-License-Identifier: MIT */
/*
 * mount.c - `reclaimfs mount`: put a simulated machine on a directory.
 *
 * As other FUSE programs do it: the server goes to the background unless -f
 * is given, and the command returns when the mount answers.  The machine
 * file is read before anything else, so a bad one costs nothing.
 *
 * The process that stays is background.c's, forked before the first thread
 * exists.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cli/background.h"
#include "fs/cli/cmd.h"
#include "fs/cli/server.h"

static int mount_run(int argc, char **argv);

const struct cmd cmd_mount = {
	.name = "mount",
	.args = "[-fd] [-o OPTIONS] [--events FILE] [MACHINE] MOUNTPOINT",
	.summary = "mount a simulated machine",
	.help =
		"MACHINE is a machine file; without it, a built-in machine of\n"
		"two nodes.  `fusermount3 -u MOUNTPOINT` ends it.\n"
		"\n"
		"  -o clock=live     time passes by itself (default)\n"
		"  -o clock=virtual  it passes by writes to sandbox/clock\n"
		"  -o rate=N         live: N times real time, 0.1 to 1000,\n"
		"                    or max: as fast as it goes\n"
		"  -o paused         live: wait for sandbox/clock/state\n"
		"  -o seed=N         of all chance in the machine\n"
		"  -o allow_other    and all other options of FUSE\n"
		"  --checkpoints DIR  for sandbox/checkpoint, restore; also\n"
		"                    -o checkpoints=DIR\n"
		"  --restore FILE    start from a checkpoint of this machine;\n"
		"                    without MACHINE, of the one it is of\n"
		"  --events FILE     what happens, a JSON object a line;\n"
		"                    `reclaimfs replay` plays it again; a\n"
		"                    pipe needs its reader before\n"
		"  -f                stay in the foreground\n"
		"  -d                the same, with FUSE's own trace\n",
	.run = mount_run,
};

enum { OPT_EVENTS = 256, OPT_CHECKPOINTS, OPT_RESTORE };

static const struct option long_options[] = {
	{ "checkpoints", required_argument, NULL, OPT_CHECKPOINTS },
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "foreground", no_argument, NULL, 'f' },
	{ "debug", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "restore", required_argument, NULL, OPT_RESTORE },
	{ NULL, 0, NULL, 0 },
};

struct mount_args {
	struct server_options options;
	struct server *sv;
	bool foreground;
	const char *machine; /* NULL: the built-in one */
	const char *mountpoint;
};

/* An exit code; takes over sv->machine. */
static int serve(void *arg)
{
	struct mount_args *a = arg;
	struct server *sv = a->sv;
	int err;

	a->options.ready = background_ready;
	err = server_set_apart(sv, a->mountpoint);
	if (!err)
		err = server_create(sv, &a->options);
	if (!err)
		err = server_mount(sv, a->mountpoint);
	if (!err)
		err = server_run(sv);
	server_destroy(sv);
	return server_exit_code(sv, err);
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, struct mount_args *a)
{
	int opt;

	server_options_init(&a->options);
	while ((opt = getopt_long(argc, argv, "fdho:", long_options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'd':
			a->options.debug = true;
			a->foreground = true;
			break;
		case 'f':
			a->foreground = true;
			break;
		case 'o':
			if (server_options_add(&a->options, optarg))
				return CMD_USAGE;
			break;
		case OPT_EVENTS:
			if (server_open_events(&a->options, optarg))
				return CMD_FAIL;
			break;
		case OPT_CHECKPOINTS:
			if (server_options_checkpoints(&a->options, optarg))
				return CMD_USAGE;
			break;
		case OPT_RESTORE:
			a->options.restore = optarg;
			break;
		case 'h':
			return cmd_help(&cmd_mount);
		default:
			return cmd_usage(&cmd_mount);
		}
	}
	if (server_options_check(&a->options))
		return CMD_USAGE;
	if (argc - optind < 1 || argc - optind > 2)
		return cmd_usage(&cmd_mount);
	if (argc - optind == 2)
		a->machine = argv[optind++];
	a->mountpoint = argv[optind];
	return -1;
}

static int mount_run(int argc, char **argv)
{
	static struct server sv;
	struct mount_args a = { .sv = &sv };
	char *path;
	int code;

	code = parse(argc, argv, &a);
	if (code >= 0)
		return code;
	code = server_load(&sv, &a.options, a.machine);
	if (code)
		return code;
	/* The background process must not depend on where it was started. */
	path = mount_path(a.mountpoint);
	if (!path) {
		vm_machine_fini(&sv.machine);
		return CMD_FAIL;
	}
	a.mountpoint = path;
	if (a.foreground)
		code = serve(&a);
	else if (background(serve, &a, &code))
		vm_machine_fini(&sv.machine);
	free(path);
	return code;
}
