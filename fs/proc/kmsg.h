/* SPDX-License-Identifier: MIT */
/*
 * kmsg.h - the kernel log: a ring of records, and the two files that read it.
 *
 * A record is what one printk makes: one line, or (the Mem-Info block of an
 * OOM report) several lines with one time stamp.  The ring keeps
 * KMSG_RECORDS records and KMSG_BYTES of text; the oldest go first.
 *
 *	/proc/kmsg  a stream "<6>[   12.345678] text" that consumes
 *	/dev/kmsg   a record a read, "6,seq,usec,-;text", every reader its own
 *		    place; writing to it logs
 *
 * Source: fact sheet H.6 (prefix), kernel/printk/printk.c.
 *
 * Locking: one mutex inside, taken last of all: kmsg_printk() may be called
 * by an observer under the engine's lock.  Times are virtual nanoseconds
 * since boot.
 */
#ifndef PROC_KMSG_H
#define PROC_KMSG_H

#include <stdint.h>

#include "fs/vfs/file.h"
#include "fs/vfs/pack.h"

#define KMSG_RECORDS 8192u	/* a power of two */
#define KMSG_BYTES   (1u << 20) /* the same */
#define KMSG_LINE_MAX 1024u	/* longer records are cut (errata: none seen) */

/* As KERN_ERR ...: what stands before the comma or in the angle brackets. */
enum kmsg_level {
	KMSG_EMERG,
	KMSG_ALERT,
	KMSG_CRIT,
	KMSG_ERR,
	KMSG_WARNING,
	KMSG_NOTICE,
	KMSG_INFO,
	KMSG_DEBUG
};

#define KMSG_USER (1u << 3) /* facility of what programs write */

struct kmsg;
struct vm_event;
struct machine_fs;

int kmsg_create(struct kmsg **kp);
void kmsg_destroy(struct kmsg *k);

/* Append a record; the text has no newline at its end. */
void kmsg_printk(struct kmsg *k, unsigned prio, uint64_t now_ns,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void kmsg_write(struct kmsg *k, unsigned prio, uint64_t now_ns,
		const char *text, size_t len);

/* The number that the next record will get. */
uint64_t kmsg_next(struct kmsg *k);

/*
 * The text of record @seq, NUL terminated and cut to @size; false if there is
 * none yet, or no more.
 */
bool kmsg_get(struct kmsg *k, uint64_t seq, char *buf, size_t size);

/* Save all that is there, or load into a new one. */
void kmsg_pack(struct kmsg *k, struct pack *p);

/* @k becomes what @from is; its readers are told that they missed something. */
void kmsg_replace(struct kmsg *k, const struct kmsg *from);

/* The lines of an event of the machine, if it has any (errata (b)2, H.6). */
void kmsg_observe(struct machine_fs *mf, const struct vm_event *ev);

/* What was logged before anybody observed: version, command line, swap. */
void kmsg_boot(struct machine_fs *mf);

extern const struct file_ops proc_kmsg_ops; /* /proc/kmsg */
extern const struct file_ops dev_kmsg_ops;  /* /dev/kmsg */

#endif
