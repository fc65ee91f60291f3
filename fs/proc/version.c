/* SPDX-License-Identifier: MIT */
/*
 * version.c - what does not change: cpuinfo, filesystems, devices, self...
 *
 * The machine says that it is the kernel of the recordings.  cpuinfo has as
 * many processors as the machine, each a core of its own, a node a package.
 *
 * Called through the table of /proc.  Session's lock.
 */
#include <errno.h>

#include "fs/proc/host.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

int version_show(const struct tree_req *rq, struct strbuf *sb)
{
	(void)rq;
	strbuf_puts(sb, KERNEL_BANNER "\n");
	return 0;
}

static unsigned cpus_of_node(const struct vm_stat *s, uint32_t nid)
{
	unsigned cpu, nr = 0;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		nr += s->cpu[cpu].node == nid;
	return nr;
}

int cpuinfo_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++) {
		uint32_t nid = s->cpu[cpu].node;
		unsigned siblings = cpus_of_node(s, nid);

		strbuf_printf(sb,
			      "processor\t: %u\n"
			      "vendor_id\t: AuthenticAMD\n"
			      "cpu family\t: 15\n"
			      "model\t\t: 107\n"
			      "model name\t: reclaimfs simulated CPU\n"
			      "stepping\t: 1\n"
			      "cpu MHz\t\t: 2500.000\n"
			      "cache size\t: 512 KB\n"
			      "physical id\t: %u\n"
			      "siblings\t: %u\n"
			      "core id\t\t: %u\n"
			      "cpu cores\t: %u\n"
			      "apicid\t\t: %u\n"
			      "initial apicid\t: %u\n",
			      cpu, nid, siblings, cpu, siblings, cpu, cpu);
		strbuf_puts(sb,
			    "fpu\t\t: yes\n"
			    "fpu_exception\t: yes\n"
			    "cpuid level\t: 13\n"
			    "wp\t\t: yes\n"
			    "flags\t\t: fpu tsc msr pae cx8 apic sep pge cmov "
			    "pat clflush mmx fxsr sse sse2 ht syscall nx "
			    "pdpe1gb rdtscp lm constant_tsc\n"
			    "bugs\t\t:\n"
			    "bogomips\t: 5000.00\n"
			    "clflush size\t: 64\n"
			    "cache_alignment\t: 64\n"
			    "address sizes\t: 40 bits physical, "
			    "48 bits virtual\n"
			    "power management:\n\n");
	}
	return 0;
}

/*
 * The caller, if he is a task of the machine; init otherwise, so that a
 * program that was pointed here finds a process behind the name.
 */
static int self_pid(const struct tree_req *rq)
{
	int pid;

	if (machine_of(rq)->host) {
		pid = host_tgid(rq);
		if (pid)
			return pid;
	}
	return rq->pid > 0 && machine_task(rq, rq->pid) ? rq->pid : 1;
}

int self_show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_i64(sb, self_pid(rq));
	return 0;
}

int thread_self_show(const struct tree_req *rq, struct strbuf *sb)
{
	int pid = self_pid(rq);
	int tid = machine_of(rq)->host && rq->pid > 0 ? rq->pid : pid;

	strbuf_printf(sb, "%d/task/%d", pid, tid);
	return 0;
}
