/* SPDX-License-Identifier: MIT */
/*
 * devices.c - files of /proc about hardware: interrupts, partitions, ...
 *
 * A simulated machine has CPUs, memory and disks, and no interrupts.  These
 * files are what programs look into in passing: right in form, with zeros.
 *
 * Called through the table of /proc.  Session's lock.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

static void put_cpu_header(struct strbuf *sb, const struct vm_stat *s,
			   unsigned margin)
{
	unsigned cpu;

	strbuf_fill(sb, ' ', margin);
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		strbuf_printf(sb, "CPU%-8u", cpu);
	strbuf_putc(sb, '\n');
}

static void put_cpu_zeros(struct strbuf *sb, const struct vm_stat *s,
			  const char *label)
{
	unsigned cpu;

	strbuf_puts(sb, label);
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		strbuf_puts(sb, "          0");
}

int interrupts_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);

	put_cpu_header(sb, s, 11);
	put_cpu_zeros(sb, s, "NMI:");
	strbuf_puts(sb, "   Non-maskable interrupts\n");
	put_cpu_zeros(sb, s, "LOC:");
	strbuf_puts(sb, "   Local timer interrupts\n");
	strbuf_puts(sb, "ERR:          0\nMIS:          0\n");
	return 0;
}

int softirqs_show(const struct tree_req *rq, struct strbuf *sb)
{
	static const char *const names[] = {
		"          HI:", "       TIMER:", "      NET_TX:",
		"      NET_RX:", "       BLOCK:", "    IRQ_POLL:",
		"     TASKLET:", "       SCHED:", "     HRTIMER:",
		"         RCU:",
	};
	const struct vm_stat *s = machine_stat(rq);
	unsigned i;

	put_cpu_header(sb, s, 20);
	for (i = 0; i < TREE_NR(names); i++) {
		put_cpu_zeros(sb, s, names[i]);
		strbuf_putc(sb, '\n');
	}
	return 0;
}

int partitions_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint32_t i;

	strbuf_puts(sb, "major minor  #blocks  name\n\n");
	for (i = 0; i < s->nr_disks; i++) {
		struct disk_number nr = disk_number(s, i);

		strbuf_printf(sb, "%4u  %7u %10llu %s\n", nr.major, nr.minor,
			      (unsigned long long)pages_to_kb(
				      s->disk[i].pages),
			      s->disk[i].name);
	}
	return 0;
}

/* Version 16: a line a CPU, of which the run time is simulated. */
int schedstat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned cpu;

	strbuf_printf(sb, "version 16\ntimestamp %llu\n",
		      (unsigned long long)(s->now_ns / (VM_SECOND / VM_HZ)));
	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		strbuf_printf(sb, "cpu%u 0 0 0 0 0 0 %llu 0 0\n", cpu,
			      (unsigned long long)(s->cpu[cpu].user_ns +
						   s->cpu[cpu].system_ns));
	return 0;
}

/* Files whose length a program may want to know before it reads. */

int cmdline_attr(const struct tree_req *rq, struct stat *st)
{
	(void)rq;
	st->st_size = sizeof(KERNEL_CMDLINE); /* its newline for the NUL */
	return 0;
}

int kcore_attr(const struct tree_req *rq, struct stat *st)
{
	(void)rq;
	st->st_size = 140737471594496; /* all of the address space */
	return 0;
}
