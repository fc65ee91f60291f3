/* SPDX-License-Identifier: MIT */
/*
 * test_server_faults.c - the server is short of memory, everywhere once.
 *
 * The whole server but for the kernel (tests/fuzz/rig.c), and all that a
 * client may ask of it; every allocation fails once, one run for each.  An
 * answer is the right one or an errno that says so, given once; what comes
 * after is as if nothing had been; the machine is whole (rig_destroy()
 * checks) and, under the sanitizers, nothing is lost.
 *
 * The same for machine files, which are read before there is a server.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fault.h"
#include "fs/conf/machine_conf.h"
#include "fuzz/fuzz.h"

/* More allocations than this in one run would be a loop. */
#define MANY 20000

/* Files that answer at once to whoever may read them. */
static const char *const texts[] = {
	"proc/meminfo", "proc/vmstat", "proc/zoneinfo", "proc/stat",
	"proc/buddyinfo", "proc/pagetypeinfo", "proc/slabinfo", "proc/swaps",
	"proc/diskstats", "proc/partitions", "proc/loadavg", "proc/cpuinfo",
	"proc/interrupts", "proc/softirqs", "proc/schedstat", "proc/version",
	"proc/uptime", "proc/pressure/memory", "proc/pressure/io",
	"proc/sys/vm/swappiness", "proc/sys/vm/lowmem_reserve_ratio",
	"proc/sys/kernel/hostname", "proc/100/status", "proc/100/stat",
	"proc/100/statm", "proc/100/maps", "proc/100/smaps",
	"proc/100/smaps_rollup", "proc/100/numa_maps", "proc/100/limits",
	"proc/100/sched", "proc/100/io", "proc/100/cmdline",
	"proc/100/environ", "proc/100/oom_score", "proc/100/task/100/status",
	"sys/devices/system/node/node0/meminfo",
	"sys/devices/system/node/node1/vmstat",
	"sys/devices/system/node/node0/distance",
	"sys/kernel/mm/transparent_hugepage/enabled",
	"sys/block/sda/size", "sandbox/machine", "sandbox/refused",
	"sandbox/zones", "sandbox/tasks/100/latency",
	"sandbox/tasks/100/workload",
};

static const char *const dirs[] = {
	"", "proc", "proc/100", "proc/100/task", "proc/sys/vm", "sandbox",
	"sandbox/tasks", "sys/devices/system/node", "sys/kernel/tracing",
	"sys/block",
};

/* What is written, and what else than success it may answer. */
static const struct {
	const char *path, *text;
	int err;
} writes[] = {
	{ "proc/sys/vm/swappiness", "61\n", 0 },
	{ "proc/sys/vm/swappiness", "201\n", -EINVAL },
	{ "proc/sys/vm/drop_caches", "3\n", 0 },
	{ "proc/sys/vm/nr_hugepages", "1\n", 0 },
	{ "proc/sys/kernel/hostname", "elsewhere\n", 0 },
	{ "proc/100/oom_score_adj", "17\n", 0 },
	{ "proc/100/oom_adj", "3\n", 0 },
	{ "proc/100/comm", "busy\n", -EINVAL },
	{ "proc/100/clear_refs", "1\n", 0 },
	{ "proc/sysrq-trigger", "m", 0 },
	{ "dev/kmsg", "<4>hello\n", 0 },
	{ "sys/kernel/mm/transparent_hugepage/enabled", "never", 0 },
	{ "sandbox/clock/advance", "20ms\n", 0 },
	{ "sandbox/spawn", "name = \"new\"; rss = \"64K\"; anon = \"1M\";\n",
	  0 },
	{ "sandbox/spawn", "name = 7\n", -EINVAL },
	{ "sandbox/tasks/100/alloc", "64K\n", 0 },
	{ "sandbox/checkpoint", "c1\n", -EOPNOTSUPP },
};

/* The first thing in a run that nobody may be answered; 0: none. */
struct odd {
	const char *what;
	long answer;
};

static bool short_of_memory(long answer)
{
	return answer == -ENOMEM || answer == -EAGAIN || answer == -EINTR;
}

static void note(struct odd *odd, const char *what, long answer, bool right)
{
	if (right || short_of_memory(answer) || odd->what)
		return;
	odd->what = what;
	odd->answer = answer;
}

static void read_all(struct rig *rig, struct odd *odd)
{
	static char buf[1 << 16];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rig_file *f;
		ssize_t n = rig_open(rig, texts[i], O_RDONLY, &f);

		note(odd, texts[i], n, !n);
		if (n)
			continue;
		n = rig_read(rig, f, buf, sizeof(buf), 0);
		rig_close(rig, f);
		note(odd, texts[i], n, n >= 0);
	}
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int err = rig_look(rig, dirs[i], 1024);

		note(odd, dirs[i], err, !err);
	}
}

static void write_all(struct rig *rig, struct odd *odd)
{
	size_t i;

	for (i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		ssize_t n = rig_put(rig, writes[i].path, writes[i].text,
				    strlen(writes[i].text));

		note(odd, writes[i].path, n,
		     writes[i].err ? n == writes[i].err :
				     n == (ssize_t)strlen(writes[i].text));
	}
}

/* Files that wait, and those who poll them. */
static void wait_all(struct rig *rig, struct odd *odd)
{
	static const struct {
		const char *path, *text;
		int flags;
	} waits[] = {
		{ "sandbox/events", NULL, O_RDONLY },
		{ "proc/kmsg", NULL, O_RDONLY },
		{ "dev/kmsg", NULL, O_RDONLY },
		{ "sys/kernel/tracing/trace_pipe", NULL, O_RDONLY },
		{ "proc/pressure/memory", "some 50000 1000000", O_RDWR },
		{ "proc/swaps", NULL, O_RDONLY },
	};
	struct rig_file *f;
	char buf[512];
	size_t i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		ssize_t n = rig_open(rig, waits[i].path, waits[i].flags, &f);

		note(odd, waits[i].path, n, !n);
		if (n)
			continue;
		if (waits[i].text) {
			n = rig_write(rig, f, waits[i].text,
				      strlen(waits[i].text) + 1, 0);
			note(odd, waits[i].path, n, n > 0);
		}
		n = rig_poll(rig, f);
		note(odd, "poll", n, n >= 0);
		n = rig_read(rig, f, buf, sizeof(buf), 0);
		note(odd, waits[i].path, n, n >= 0);
		rig_close(rig, f);
	}
}

START_TEST(test_boot)
{
	struct rig *rig = NULL;
	long n;
	int err;

	for (n = 0; n < MANY; n++) {
		fault_arm(n);
		err = rig_boot(&rig);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM || err == -EAGAIN,
			      "allocation %ld: %d", n, err);
	}
	ck_assert_int_gt(n, 30);
	ck_assert_int_lt(n, MANY);
	ck_assert_int_eq(err, 0);
	rig_destroy(rig);
}
END_TEST

static void (*const scripts[])(struct rig *rig, struct odd *odd) = {
	read_all, write_all, wait_all,
};

START_TEST(test_requests)
{
	bool hit = true;
	long n;

	for (n = 0; hit && n < MANY; n++) {
		struct rig *rig = rig_create();
		struct odd odd = { NULL, 0 };

		fault_arm(n);
		scripts[_i](rig, &odd);
		hit = fault_disarm();
		ck_assert_msg(!odd.what, "allocation %ld: %s: %ld", n,
			      odd.what, odd.answer);
		/* and now that there is memory again */
		ck_assert_int_eq(rig_put(rig, "proc/sys/vm/swappiness", "9",
					 1), 1);
		ck_assert_int_eq(rig_look(rig, "proc", 4000), 0);
		rig_destroy(rig);
	}
	ck_assert_int_gt(n, 5);
	ck_assert_int_lt(n, MANY);
}
END_TEST

/* As often as it is interrupted: the driver may be busy. */
static ssize_t put(struct rig *rig, const char *path, const char *text)
{
	ssize_t n;

	do {
		n = rig_put(rig, path, text, strlen(text));
	} while (n == -EINTR);
	return n == (ssize_t)strlen(text) ? 0 : n;
}

/*
 * A checkpoint is there or it is not, and the machine is the one that it was
 * or the one of the checkpoint.
 */
START_TEST(test_checkpoint)
{
	char dir[] = "/tmp/faults.XXXXXX";
	int fd, nr_failed = 0;
	bool hit = true;
	long n;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(fd, 0);
	for (n = 0; hit && n < MANY; n++) {
		struct rig *rig = rig_create();
		ssize_t kept, back = 0;

		rig_checkpoints(rig, fd);
		rig_patience(rig, 900000);
		fault_arm(n);
		kept = put(rig, "sandbox/checkpoint", "c1\n");
		if (!kept)
			back = put(rig, "sandbox/restore", "c1\n");
		hit = fault_disarm();
		ck_assert_msg(!kept || short_of_memory(kept), "%ld: %zd", n,
			      kept);
		ck_assert_msg(!back || short_of_memory(back), "%ld: %zd", n,
			      back);
		nr_failed += kept || back;
		ck_assert_int_eq(faccessat(fd, "c1", F_OK, 0), kept ? -1 : 0);
		ck_assert_int_eq(put(rig, "sandbox/checkpoint", "c2\n"), 0);
		ck_assert_int_eq(put(rig, "sandbox/restore", "c2\n"), 0);
		rig_destroy(rig);
		unlinkat(fd, "c1", 0);
		unlinkat(fd, "c2", 0);
	}
	ck_assert_int_gt(nr_failed, 10);
	close(fd);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing is left in it */
}
END_TEST

/* --- machine files ---------------------------------------------------- */

static const char machine_text[] =
	"seed = 9; kernel = { slab_reclaimable = \"1M\"; };\n"
	"nodes = ( { memory = \"64M\"; cpus = \"0-1\";\n"
	"            distance = [ 10, 20 ]; },\n"
	"          { memory = \"32M\"; distance = [ 20, 10 ]; } );\n"
	"disks = ( { name = \"sda\"; }, { name = \"zram0\"; } );\n"
	"swap = ( { path = \"/dev/sda2\"; disk = \"sda\"; size = \"4M\"; } );\n"
	"sysctl = { vm = { swappiness = 10;\n"
	"           lowmem_reserve_ratio = [ 256, 256, 32 ]; }; };\n"
	"files = ( { name = \"/f\"; disk = \"sda\"; size = \"8M\"; } );\n"
	"tasks = ( { name = \"t\"; anon = \"4M\"; file = \"/f\"; nodes = 1;\n"
	"  workload = ( { pattern = \"zipf\"; rate = \"1M/s\"; } ); } );\n";

START_TEST(test_machine_text)
{
	struct vm_machine m;
	char *messages;
	long n;
	int err;

	for (n = 0; n < MANY; n++) {
		messages = NULL;
		fault_arm(n);
		err = machine_conf_parse("m", machine_text, &m, &messages);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM, "allocation %ld: %d %s", n,
			      err, messages ? messages : "");
		free(messages);
	}
	ck_assert_int_gt(n, 1);
	ck_assert_msg(!err, "%s", messages);
	free(messages);
	vm_machine_fini(&m);
}
END_TEST

/* From a file, and written again. */
START_TEST(test_machine_file)
{
	char path[] = "/tmp/faults.XXXXXX", *messages;
	int fd = mkstemp(path), err;
	FILE *null = fopen("/dev/null", "w");
	struct vm_machine m;
	long n;

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(null);
	ck_assert_int_eq(write(fd, machine_text, strlen(machine_text)),
			 (ssize_t)strlen(machine_text));
	close(fd);
	for (n = 0; n < MANY; n++) {
		messages = NULL;
		fault_arm(n);
		err = machine_conf_read(path, &m, &messages);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM, "allocation %ld: %d", n, err);
		free(messages);
	}
	unlink(path);
	ck_assert_int_gt(n, 2);
	ck_assert_msg(!err, "%s", messages);
	free(messages);
	fault_arm(0);
	ck_assert_int_eq(machine_conf_write(&m, null), -ENOMEM);
	fault_arm(0);
	ck_assert_int_eq(machine_conf_write_task(&m.task[0], null), -ENOMEM);
	ck_assert(fault_disarm());
	ck_assert_int_eq(machine_conf_write(&m, null), 0);
	fclose(null);
	vm_machine_fini(&m);
}
END_TEST

CHECK_MAIN_ROWS("server_faults", { test_boot, 0 },
		{ test_requests, sizeof(scripts) / sizeof(scripts[0]) },
		{ test_checkpoint, 0 }, { test_machine_text, 0 },
		{ test_machine_file, 0 })
