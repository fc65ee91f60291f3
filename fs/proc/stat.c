/* SPDX-License-Identifier: MIT */
/*
 * stat.c - /proc/stat, /proc/loadavg, /proc/uptime, /proc/diskstats.
 *
 * Fact sheet J.6.  Times are 1/100 s (USER_HZ), cut off, as the kernel's.
 * Interrupts are not simulated: intr and softirq are zeros.
 *
 * Called through the table of /proc; read one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define TICK_NS	  10000000u /* of USER_HZ */
#define MSEC_NS	  1000000u
#define FIXED_1	  2048u /* 1.00 of a load average */
#define SOFTIRQS  10u

/* "{name} user nice system idle iowait irq softirq steal guest gnice" */
static void put_cpu_times(struct strbuf *sb, const struct vm_cpu_stat *c)
{
	strbuf_putc(sb, ' ');
	strbuf_u64(sb, c->user_ns / TICK_NS);
	strbuf_puts(sb, " 0 ");
	strbuf_u64(sb, c->system_ns / TICK_NS);
	strbuf_putc(sb, ' ');
	strbuf_u64(sb, c->idle_ns / TICK_NS);
	strbuf_putc(sb, ' ');
	strbuf_u64(sb, c->iowait_ns / TICK_NS);
	strbuf_puts(sb, " 0 0 0 0 0\n");
}

static void put_cpus(struct strbuf *sb, const struct vm_stat *s)
{
	struct vm_cpu_stat all = { .node = 0 };
	unsigned cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++) {
		all.user_ns += s->cpu[cpu].user_ns;
		all.system_ns += s->cpu[cpu].system_ns;
		all.idle_ns += s->cpu[cpu].idle_ns;
		all.iowait_ns += s->cpu[cpu].iowait_ns;
	}
	strbuf_puts(sb, "cpu ");
	put_cpu_times(sb, &all);
	for (cpu = 0; cpu < s->nr_cpus; cpu++) {
		strbuf_puts(sb, "cpu");
		strbuf_u64(sb, cpu);
		put_cpu_times(sb, &s->cpu[cpu]);
	}
}

int proc_stat_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned i;

	put_cpus(sb, s);
	strbuf_puts(sb, "intr 0\n");
	put_counter(sb, "ctxt", s->context_switches);
	put_counter(sb, "btime", s->boot_epoch_s);
	put_counter(sb, "processes", s->forks);
	put_counter(sb, "procs_running", s->nr_running);
	put_counter(sb, "procs_blocked", s->nr_iowait);
	strbuf_puts(sb, "softirq 0");
	for (i = 0; i < SOFTIRQS; i++)
		strbuf_puts(sb, " 0");
	strbuf_putc(sb, '\n');
	return 0;
}

static void put_load(struct strbuf *sb, uint64_t load)
{
	uint64_t v = load + FIXED_1 / 200; /* rounds to the second digit */

	strbuf_u64(sb, v / FIXED_1);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, v % FIXED_1 * 100 / FIXED_1, 2);
	strbuf_putc(sb, ' ');
}

int loadavg_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned i;

	for (i = 0; i < 3; i++)
		put_load(sb, s->loadavg[i]);
	strbuf_u64(sb, s->nr_running);
	strbuf_putc(sb, '/');
	strbuf_u64(sb, s->nr_threads);
	strbuf_putc(sb, ' ');
	strbuf_i64(sb, s->last_pid);
	strbuf_putc(sb, '\n');
	return 0;
}

static void put_hundredths(struct strbuf *sb, uint64_t ns)
{
	uint64_t ticks = ns / TICK_NS;

	strbuf_u64(sb, ticks / 100);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, ticks % 100, 2);
}

int uptime_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint64_t idle_ns = 0;
	unsigned cpu;

	for (cpu = 0; cpu < s->nr_cpus; cpu++)
		idle_ns += s->cpu[cpu].idle_ns;
	put_hundredths(sb, s->now_ns);
	strbuf_putc(sb, ' ');
	put_hundredths(sb, idle_ns);
	strbuf_putc(sb, '\n');
	return 0;
}

/* Major numbers by what a disk is called, minors a disk apart. */
static const struct disk_family {
	const char *prefix;
	unsigned major, minors;
} disk_families[] = {
	{ "sd", 8, 16 },
	{ "vd", 254, 16 },
	{ "zram", 253, 1 },
	{ "", 259, 1 }, /* nvme and all else: blkext */
};

static const struct disk_family *family_of(const char *name)
{
	const struct disk_family *f = disk_families;

	while (strncmp(name, f->prefix, strlen(f->prefix)))
		f++;
	return f;
}

struct disk_number disk_number(const struct vm_stat *s, uint32_t disk)
{
	const struct disk_family *f = family_of(s->disk[disk].name);
	struct disk_number nr = { f->major, 0 };
	uint32_t i;

	for (i = 0; i < disk; i++)
		if (family_of(s->disk[i].name) == f)
			nr.minor += f->minors;
	return nr;
}

static void put_numbers(struct strbuf *sb, const uint64_t *v, unsigned nr)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		strbuf_putc(sb, ' ');
		strbuf_u64(sb, v[i]);
	}
}

int diskstats_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	uint32_t i;

	for (i = 0; i < s->nr_disks; i++) {
		const struct vm_disk_stat *d = &s->disk[i];
		struct disk_number nr = disk_number(s, i);
		const uint64_t v[] = {
			d->reads, 0, d->read_sectors, d->read_ns / MSEC_NS,
			d->writes, 0, d->write_sectors, d->write_ns / MSEC_NS,
			d->in_flight, d->busy_ns / MSEC_NS,
			d->weighted_ns / MSEC_NS, 0, 0, 0, 0, 0, 0
		};

		strbuf_u64_pad(sb, nr.major, 4);
		strbuf_putc(sb, ' ');
		strbuf_u64_pad(sb, nr.minor, 7);
		strbuf_putc(sb, ' ');
		strbuf_puts(sb, d->name);
		put_numbers(sb, v, TREE_NR(v));
		strbuf_putc(sb, '\n');
	}
	return 0;
}
