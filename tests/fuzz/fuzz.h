/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share: a demand that ends the run, and a
 * whole server without a mount.
 *
 *	struct rig *rig = rig_create();
 *	struct rig_file *f;
 *
 *	if (!rig_open(rig, "proc/sys/vm/swappiness", O_RDWR, &f)) {
 *		n = rig_write(rig, f, "60\n", 3, 0);
 *		rig_close(rig, f);
 *	}
 *	rig_destroy(rig);
 *
 * The rig is a small machine, its files, its sandbox and its session with all
 * their threads; what is missing is the kernel.  Its calls are those of
 * libfuse, made directly, and libfuse's answers come back to the rig instead
 * (rig.c defines them).  A request that is not answered at once is interrupted
 * as by a signal, and must then be answered, exactly once; one that never is
 * shows as libFuzzer's timeout.
 *
 * Ownership: a rig owns its files; one thread uses it.
 * Errors: -errno, as the caller's system call would get them.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <vm/vm.h>

/* libFuzzer calls this with every input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, whatever the input; else the fuzzer keeps the input. */
#define FUZZ_DEMAND(cond)                                                      \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,       \
				__LINE__, #cond);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* The machine of a rig, as a machine file: 24 MiB, swap, four tasks. */
extern const char rig_machine[];

/* Pids of its tasks: 100 and on. */
#define RIG_PID 100

struct rig;
struct rig_file;

struct rig *rig_create(void);

/* The same where it may go wrong (test_server_faults.c): 0 or -errno. */
int rig_boot(struct rig **rp);

/* As at the end of a mount: cancels, checks the machine, frees all. */
void rig_destroy(struct rig *rig);

struct vm *rig_vm(struct rig *rig);

/* As --checkpoints: the directory that @fd is; the caller's to close. */
void rig_checkpoints(struct rig *rig, int fd);

/* Who asks from now on; 0 plays root. */
void rig_user(struct rig *rig, uint32_t uid);

/* How long to wait for an answer before the interrupt, in microseconds. */
void rig_patience(struct rig *rig, unsigned us);

/* The inode number of @path ("proc/meminfo"), or -errno. */
int64_t rig_walk(struct rig *rig, const char *path);

/* Attributes, the target if it is a link, names if it is a directory. */
int rig_look(struct rig *rig, const char *path, size_t chunk);

/* What a file system that cannot change answers to those who try. */
int rig_change(struct rig *rig, const char *path, const char *name);

int rig_open(struct rig *rig, const char *path, int flags,
	     struct rig_file **fp);
void rig_close(struct rig *rig, struct rig_file *f);

/* Bytes, or -errno.  @buf may be NULL. */
ssize_t rig_read(struct rig *rig, struct rig_file *f, char *buf, size_t size,
		 off_t offset);
ssize_t rig_write(struct rig *rig, struct rig_file *f, const void *text,
		  size_t len, off_t offset);

/* What poll(2) would say; arms a handle as well. */
int rig_poll(struct rig *rig, struct rig_file *f);

/* open, write at 0, close. */
ssize_t rig_put(struct rig *rig, const char *path, const void *text,
		size_t len);

/*
 * A rig that lives over @runs inputs, for targets whose inputs are small:
 * the same one each time, a new one when the runs are through.
 */
struct rig *rig_shared(unsigned runs);

#endif
