/* SPDX-License-Identifier: MIT */
/*
 * test_capture.c - `reclaimfs capture` of trees that are not what they should.
 *
 * A small /proc is captured; then one file of it has another text, or is not
 * there, and what the machine file has, and what is said, is that of the row.
 * Last, every allocation fails once: what is written then is a machine too,
 * or nothing is and the end is a failure that says why.
 */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "fault.h"
#include "fs/cli/cmd.h"
#include "fs/conf/machine_conf.h"

static char root[] = "/tmp/test_capture.XXXXXX";
static char said[1 << 14]; /* all warnings, a line each */

/* main.c has it in the program; its others are in no_cmd.c. */
void cmd_warn(const char *fmt, ...)
{
	size_t len = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + len, sizeof(said) - len - 1, fmt, ap);
	va_end(ap);
	len = strlen(said);
	snprintf(said + len, sizeof(said) - len, "\n");
}

/* File @name below the root has @text, or (NULL) is not there. */
static void put(const char *name, const char *text)
{
	char path[PATH_MAX], *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (slash = path + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	unlink(path);
	if (!text)
		return;
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

#define SWAPS "Filename Type Size Used Priority\n"
#define STATUS "Pid:\t100\nUid:\t1 2 3 4\nVmRSS:\t400 kB\n"

static void base(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	put("meminfo", "MemTotal: 65536 kB\nMemFree: 60000 kB\nSlab: 0 kB\n");
	put("stat", "cpu  1 2\ncpu0 1 2\ncpu1 1 2\nintr 0\n");
	put("swaps", SWAPS "/dev/sda2 partition 4096 0 -2\n");
	put("diskstats", "8 0 sda 1 2\n8 1 sda1 1 2\n7 0 loop0 1 2\n");
	put("100/status", "Name:\tone\n" STATUS "Threads:\t3\n");
	put("100/cmdline", "one --two");
	put("100/oom_score_adj", "17\n");
	put("101/status", "Name:\tkthread\nPid:\t101\n");
	put("sys/vm/swappiness", "33\n");
}

static int gone(const char *path, const struct stat *st, int kind,
		struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	ck_assert_int_eq(nftw(root, gone, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Capture to "out"; the exit code. */
static int capture(void)
{
	char proc[PATH_MAX], sys[PATH_MAX], out[PATH_MAX];
	char name[] = "capture", flag[] = "-o", tasks[] = "--tasks=3";
	char *argv[] = { name, proc, sys, tasks, flag, out, NULL };

	snprintf(proc, sizeof(proc), "--proc=%s", root);
	snprintf(sys, sizeof(sys), "--sys=%s/sysfs", root);
	snprintf(out, sizeof(out), "%s/out", root);
	unlink(out);
	optind = 0;
	said[0] = '\0';
	return cmd_capture.run(6, argv);
}

/* What was written; it reads back as a machine file. */
static void written(char *text, size_t size)
{
	static struct vm_machine m;
	char path[PATH_MAX], *messages;
	FILE *f;

	snprintf(path, sizeof(path), "%s/out", root);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	fclose(f);
	ck_assert_msg(!machine_conf_read(path, &m, &messages), "%s", messages);
	free(messages);
	vm_machine_fini(&m);
}

#define NAME16 "0123456789abcdef"
#define NAME64 NAME16 NAME16 NAME16 NAME16
#define SWAP(path, type) SWAPS path " " type " 4096 0 5\n"

static const struct {
	const char *file, *text; /* that is changed */
	const char *has, *says;	 /* what is in the machine file, on stderr */
} rows[] = {
	{ "none", NULL, "memory = \"64M\"", "zoneinfo" },
	{ "none", NULL, "cpus = \"0-1\"", "" },
	{ "none", NULL, "\"sda\"", "" },
	{ "none", NULL, "\"one\"", "" },
	{ "none", NULL, "oom_score_adj = 17", "" },
	{ "none", NULL, "threads = 3", "" },
	{ "none", NULL, "uid = 2", "" },
	{ "none", NULL, "vm.swappiness = 33", "" },
	/* disks and swap areas */
	{ "swaps", NULL, "\"sda\"", "swaps: No such file or directory" },
	{ "swaps", SWAP("/dev/sda\\0402", "partition"), "\"/dev/sda 2\"", "" },
	{ "swaps", SWAP("/dev/sda\\7", "partition"), "/dev/sda\\\\7", "" },
	{ "swaps", SWAP("/dev/sda\\04x", "partition"), "sda\\\\04x", "" },
	{ "swaps", SWAP("/dev/nvme0n1p2", "partition"), "\"nvme0n1\"", "" },
	{ "swaps", SWAP("/dev/nvme0n1", "partition"), "\"nvme0n1\"", "" },
	{ "swaps", SWAP("/dev/mmcblk0p1", "partition"), "\"mmcblk0\"", "" },
	{ "swaps", SWAP("/dev/mmcblk7", "partition"), "\"mmcblk7\"", "" },
	{ "swaps", SWAP("/dev/nvme7", "partition"), "\"nvme7\"", "" },
	{ "swaps", SWAP("/dev/dm-0", "partition"), "\"dm-0\"", "" },
	{ "swaps", SWAP("/dev/md0", "partition"), "\"md0\"", "" },
	{ "swaps", SWAP("/dev/zram0", "partition"), "\"zram0\"", "" },
	{ "swaps", SWAP("/dev/vdb", "partition"), "\"vdb\"", "" },
	{ "swaps", SWAP("/dev/77", "partition"), "\"77\"", "" },
	{ "swaps", SWAP("swap", "partition"), "path = \"swap\"", "" },
	{ "swaps", SWAP("/swapfile", "file"), "file = true", "" },
	{ "swaps", SWAP("/dev/a/" NAME64, "partition"), "\"sda\"",
	  "left out, expected at most 16 areas" },
	{ "swaps", SWAPS "/dev/sda3 partition 20 0 -2\n", "\"sda\"",
	  "swap /dev/sda3: 20 kB: left out, expected at most 16 areas of 10 " },
	{ "swaps", SWAPS "/dev/sda3 partition 36 0 -2\n",
	  "size = \"40K\"", "" },
	{ "swaps", SWAPS "/dev/sda3 partition 268435456 0 -2\n", "\"sda\"",
	  "left out" },
	{ "swaps", SWAPS "nothing at all\n", "\"sda\"", "" },
	{ "diskstats", "", "\"sda\"", "" },
	{ "diskstats", "1 2\n8 0 vda\n8 16 vdb1\n1 0 ram0\n", "\"vda\"", "" },
	{ "diskstats", NULL, "\"sda\"", "diskstats: No such file" },
	{ "partitions", "major minor #blocks name\n\n 8 0 4000 sda\n",
	  "size = \"4000K\"", "" },
	{ "sysfs/block/sdx/size", "8000\n", "size = \"4000K\"", "" },
	{ "sysfs/block/sdx/queue/rotational", "1\n", "kind = \"hdd\"", "" },
	{ "sysfs/block/nvme0n1/size", "x\n", "\"nvme0n1\"", "" },
	/* processes */
	{ "100/status", "Name:\tone\n" STATUS "Threads:\t0\n", "\"one\"", "" },
	{ "100/status", "Name:\to\tn\001e\n" STATUS, "\"o?n?e\"", "" },
	{ "100/status", "Name:\tone\n" STATUS "PPid:\t99999\n", "\"one\"", "" },
	{ "100/status", "Name:\tone\n" STATUS "VmLck:\t4000 kB\n",
	  "mlock = \"400K\"", "" },
	{ "100/status", "Name:\tone\n" STATUS "VmSwap:\t40 kB\n",
	  "swap = \"40K\"", "" },
	{ "100/oom_score_adj", "5000\n", "\"one\"", "" },
	{ "100/oom_score_adj", "-2000\n", "\"one\"", "" },
	{ "100/oom_score_adj", NULL, "\"one\"", "" },
	{ "100/cmdline", NULL, "\"one\"", "" },
	{ "99999999/status", "Name:\tfar\n" STATUS, "\"far\"", "" },
	{ "1000000000/status", "Name:\tbeyond\n" STATUS, "\"one\"", "" },
	{ "102/status", "Name:\tbig\nVmRSS:\t60000 kB\nRssAnon:\t400 kB\n",
	  "\"big\"", "rss is each one's own part" },
	/* tunables and nodes */
	{ "sys/vm/swappiness", "999\n", "\"one\"", "swappiness" },
	{ "sys/vm/swappiness", "x\n", "\"one\"", "swappiness" },
	{ "sys/vm/swappiness", "", "\"one\"", "swappiness" },
	{ "stat", "cpu9999 1\nintr 0\n", "\"one\"", "" },
	{ "stat", NULL, "\"one\"", "" },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

START_TEST(test_row)
{
	static char text[1 << 16];

	base();
	put(rows[_i].file, rows[_i].text);
	ck_assert_msg(capture() == CMD_OK, "%s", said);
	written(text, sizeof(text));
	ck_assert_msg(strstr(text, rows[_i].has), "no %s in:\n%s",
		      rows[_i].has, text);
	ck_assert_msg(strstr(said, rows[_i].says), "said \"%s\", want \"%s\"",
		      said, rows[_i].says);
	end();
}
END_TEST

/* More than there may be of something. */
START_TEST(test_many)
{
	static char text[1 << 16];
	char name[64];
	FILE *f;
	int i;

	base();
	for (i = 0; i < 70; i++) {
		snprintf(name, sizeof(name), "sysfs/block/sd%c%c/size",
			 'a' + i / 26, 'a' + i % 26);
		put(name, "80000\n");
	}
	snprintf(name, sizeof(name), "%s/swaps", root);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	fputs(SWAPS, f);
	for (i = 0; i < 40; i++)
		fprintf(f, "/dev/sdaa%d partition 4096 0 5\n", i + 1);
	fputs("/dev/other partition 4096 0 5\n", f);
	fclose(f);
	ck_assert_int_eq(capture(), CMD_OK);
	written(text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(said, "expected at most 16 areas"));
	end();
}
END_TEST

START_TEST(test_nothing)
{
	base();
	put("meminfo", NULL);
	ck_assert_int_eq(capture(), CMD_FAIL);
	ck_assert_ptr_nonnull(strstr(said, "no machine found below"));
	put("meminfo", "MemTotal: much\n");
	ck_assert_int_eq(capture(), CMD_FAIL);
	end();
}
END_TEST

START_TEST(test_allocations_fail)
{
	static char text[1 << 16];
	long n;
	int code;

	base();
	for (n = 0; n < 1000; n++) {
		fault_arm(n);
		code = capture();
		if (!fault_disarm())
			break;
		ck_assert_msg(code == CMD_OK || code == CMD_FAIL, "%ld: %d", n,
			      code);
		ck_assert_msg(code == CMD_OK || said[0], "%ld: no word", n);
		if (code == CMD_OK && !strstr(said, "cannot be simulated"))
			written(text, sizeof(text));
	}
	ck_assert_int_gt(n, 10);
	ck_assert_int_eq(code, CMD_OK);
	end();
}
END_TEST

CHECK_MAIN_ROWS("capture", { test_row, NR_ROWS }, { test_many, 0 },
		{ test_nothing, 0 }, { test_allocations_fail, 0 })
