/* SPDX-License-Identifier: MIT */
/*
 * test_host.c - real processes beside the tasks: who is seen by which pid,
 * what a child inherits, who is told of an end.
 *
 * The host's /proc is a directory of our own with a stat for each process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_main.h"
#include "fs/conf/machine_conf.h"
#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

/* The only simulated task that is no kernel thread, beside init. */
#define SIM_PID 500

static struct machine_fs mf;
static struct tree_req rq = { .priv = &mf };
static char dir[256];

static void start(void)
{
	char *messages = NULL;
	struct vm_machine m;

	ck_assert_int_eq(machine_conf_parse("m",
		"nodes = ( { memory = \"64M\"; } );"
		"tasks = ( { name = \"sim\"; pid = 500; } );",
		&m, &messages), 0);
	free(messages);
	ck_assert_int_eq(vm_create(&mf.vm, &m, VM_WORLD_SIM), 0);
	vm_machine_fini(&m);
	ck_assert_int_eq(host_create(&mf.host), 0);
	snprintf(dir, sizeof(dir), "%s/test_host.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	mf.host_proc = open(dir, O_PATH | O_DIRECTORY);
	ck_assert_int_ge(mf.host_proc, 0);
}

static void write_in(int pid, const char *name, const char *text)
{
	char path[sizeof(dir) + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/%s", dir, pid, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* Process @pid of @ppid, started at @ticks of the host. */
static void process(int pid, int ppid, unsigned ticks)
{
	char text[sizeof(dir) + 32];

	snprintf(text, sizeof(text), "%s/%d", dir, pid);
	mkdir(text, 0755);
	snprintf(text, sizeof(text),
		 "%d (a) b) S %d 0 0 0 0 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 9\n",
		 pid, ppid, ticks);
	write_in(pid, "stat", text);
}

static void stop(void)
{
	char command[sizeof(dir) + 16];

	close(mf.host_proc);
	host_destroy(mf.host);
	vm_destroy(mf.vm);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(test_hidden)
{
	static const int pids[] = { 1, 63, 64, 65, 32767, TREE_INDEX_MAX };
	size_t i;

	start();
	for (i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		uint32_t pid = (uint32_t)pids[i];

		ck_assert(!host_is_hidden(mf.host, pid));
		host_hide(mf.host, pids[i], true);
		ck_assert(host_is_hidden(mf.host, pid));
		ck_assert(!host_is_hidden(mf.host, pid - 1));
		host_hide(mf.host, pids[i], false);
		ck_assert(!host_is_hidden(mf.host, pid));
	}
	/* What is no pid changes nothing, and is never seen. */
	host_hide(mf.host, 0, true);
	host_hide(mf.host, -1, true);
	host_hide(mf.host, TREE_INDEX_MAX + 1, true);
	ck_assert(!host_is_hidden(mf.host, 0));
	ck_assert(host_is_hidden(mf.host, TREE_INDEX_MAX + 1));
	ck_assert(!host_is_real(NULL, 1));
	stop();
}
END_TEST

START_TEST(test_who_is_there)
{
	start();
	process(10, 1, 100);
	process(SIM_PID, 1, 100); /* its placeholder */
	ck_assert(host_has_pid(&rq, 10));
	ck_assert(!host_has_pid(&rq, 11));
	ck_assert(!host_has_pid(&rq, 0));
	ck_assert(!host_has_pid(&rq, SIM_PID));
	host_hide(mf.host, 10, true);
	ck_assert(!host_has_pid(&rq, 10));
	/* The engine's task stands for the process: that is what is seen. */
	host_set_real(mf.host, SIM_PID, true);
	ck_assert(host_has_pid(&rq, SIM_PID));
	ck_assert_int_eq(proc_pid_index.find(&rq, "500"), -ENOENT);
	host_set_real(mf.host, SIM_PID, false);
	ck_assert_int_eq(proc_pid_index.find(&rq, "500"), 500);
	stop();
}
END_TEST

START_TEST(test_listing)
{
	char name[TREE_NAME_LEN];
	int64_t pid;

	start();
	process(300, 1, 1);
	process(20, 1, 1);
	process(1000, 1, 1);
	process(SIM_PID, 1, 1);
	mkdirat(mf.host_proc, "self", 0755);
	mkdirat(mf.host_proc, "007", 0755);
	host_hide(mf.host, 300, true);
	ck_assert_int_eq(host_next_pid(&rq, 0), 20);
	ck_assert_int_eq(host_next_pid(&rq, 20), 20);
	ck_assert_int_eq(host_next_pid(&rq, 21), 1000);
	ck_assert_int_eq(host_next_pid(&rq, 1001), -1);
	/* Each pid is listed by one of the two, whoever it belongs to. */
	host_set_real(mf.host, SIM_PID, true);
	ck_assert_int_eq(host_next_pid(&rq, 21), SIM_PID);
	for (pid = 0; (pid = proc_pid_index.next(&rq, (uint32_t)pid, name)) > 0;
	     pid++)
		ck_assert_int_ne(pid, SIM_PID);
	stop();
}
END_TEST

/* Places, and reals: what they are told. */
static int placed, ended, killed, gone, answer;

static int place(void *arg, int pid, const char *comm, bool kthread)
{
	ck_assert_ptr_eq(arg, &placed);
	ck_assert_str_eq(comm, "x");
	ck_assert(!kthread);
	placed = pid;
	return answer;
}

static void end(void *arg, int pid)
{
	(void)arg;
	ended = pid;
}

static void on_killed(void *arg, int pid)
{
	(void)arg;
	killed = pid;
}

static void on_gone(void *arg, int pid)
{
	(void)arg;
	gone = pid;
}

START_TEST(test_places)
{
	start();
	/* Without anybody who keeps them a task goes without. */
	ck_assert_int_eq(host_place(NULL, 7, "x", false), 7);
	ck_assert_int_eq(host_place(mf.host, 7, "x", false), 7);
	host_end(NULL, 7);
	host_end(mf.host, 7);
	mf.host->places = (struct host_places){ place, end, &placed };
	answer = 33;
	ck_assert_int_eq(host_place(mf.host, 0, "x", false), 33);
	ck_assert_int_eq(placed, 0);
	ck_assert(host_is_hidden(mf.host, 33));
	answer = -EEXIST;
	ck_assert_int_eq(host_place(mf.host, 34, "x", false), -EEXIST);
	ck_assert(!host_is_hidden(mf.host, 34));
	answer = -EAGAIN;
	ck_assert_int_eq(host_place(mf.host, 35, "x", false), 35);
	host_end(mf.host, 33);
	ck_assert_int_eq(ended, 33);
	stop();
}
END_TEST

START_TEST(test_reals)
{
	start();
	mf.host->places = (struct host_places){ place, end, &placed };
	mf.host->reals = (struct host_reals){ on_killed, on_gone, NULL };
	host_oom_killed(mf.host, 40);
	host_end(mf.host, 40);
	ck_assert_int_eq(killed, 0);
	ck_assert_int_eq(gone, 0);
	ck_assert_int_eq(ended, 40);
	host_set_real(mf.host, 41, true);
	host_oom_killed(mf.host, 41);
	ck_assert_int_eq(killed, 41);
	host_end(mf.host, 41);
	ck_assert_int_eq(gone, 41);
	ck_assert_int_eq(ended, 40);
	/* Without anybody who keeps them it is over with the task. */
	mf.host->reals = (struct host_reals){ .arg = NULL };
	host_end(mf.host, 41);
	ck_assert(!host_is_real(mf.host, 41));
	stop();
}
END_TEST

/* The entry of the directories of real processes called @name. */
static const struct tree_entry *entry(const char *name)
{
	const struct tree_dir *d = host_pid_index.entry.dir;
	unsigned i;

	for (i = 0; i < d->nr_entries; i++)
		if (!strcmp(d->entries[i].name, name))
			return &d->entries[i];
	return NULL;
}

static ssize_t set_adj(int pid, const char *text, uint32_t uid)
{
	struct tree_req who = { .priv = &mf, .uid = uid };

	who.index[0] = (uint32_t)pid;
	who.entry = entry("oom_score_adj");
	return who.entry->store(&who, text, strlen(text), 0);
}

static int adj_of(int pid)
{
	struct host_task t;

	ck_assert(host_task_get(&mf, pid, &t));
	ck_assert_int_eq(t.pid, pid);
	return t.adj;
}

START_TEST(test_inheritance)
{
	struct host_task t;

	start();
	process(10, 1, 100);
	ck_assert_int_eq(adj_of(10), 0);
	ck_assert_int_eq(set_adj(10, "300\n", 0), 4);
	ck_assert_int_eq(adj_of(10), 300);
	/* A child, and a grandchild whose parent nobody had met. */
	process(11, 10, 110);
	process(12, 11, 120);
	ck_assert_int_eq(adj_of(12), 300);
	ck_assert_int_eq(set_adj(10, "100", 0), 3);
	ck_assert_int_eq(adj_of(11), 300);
	/* Another process of the same pid is not the one that was met. */
	process(12, 10, 500);
	ck_assert_int_eq(adj_of(12), 100);
	ck_assert(!host_task_get(&mf, 13, &t));
	stop();
}
END_TEST

START_TEST(test_who_may_lower)
{
	start();
	process(10, 1, 100);
	ck_assert_int_eq(set_adj(10, "200", 1000), 3);
	ck_assert_int_eq(set_adj(10, "0", 1000), 1);
	ck_assert_int_eq(set_adj(10, "-1", 1000), -EACCES);
	ck_assert_int_eq(set_adj(10, "-200", 0), 4);
	ck_assert_int_eq(set_adj(10, "-199", 1000), 4);
	ck_assert_int_eq(set_adj(10, "-200", 1000), 4);
	ck_assert_int_eq(set_adj(10, "-201", 1000), -EACCES);
	ck_assert_int_eq(set_adj(10, "1001", 0), -EINVAL);
	ck_assert_int_eq(set_adj(10, "x", 0), -EINVAL);
	ck_assert_int_eq(set_adj(99, "1", 0), -ESRCH);
	ck_assert_int_eq(adj_of(10), -200);
	stop();
}
END_TEST

/* A process that the engine has a task for: that follows. */
START_TEST(test_the_task_follows)
{
	struct vm_task_stat t;

	start();
	process(SIM_PID, 1, 100);
	host_set_real(mf.host, SIM_PID, true);
	ck_assert_int_eq(set_adj(SIM_PID, "77", 1000), 2);
	ck_assert_int_eq(vm_task_get(mf.vm, SIM_PID, &t), 0);
	ck_assert_int_eq(t.oom_score_adj, 77);
	ck_assert_int_eq(set_adj(SIM_PID, "0", 1000), 1);
	ck_assert_int_eq(vm_task_get(mf.vm, SIM_PID, &t), 0);
	ck_assert_int_eq(t.oom_score_adj, 0);
	stop();
}
END_TEST

CHECK_MAIN("host", test_hidden, test_who_is_there, test_listing, test_places,
	   test_reals, test_inheritance, test_who_may_lower,
	   test_the_task_follows)
