/* SPDX-License-Identifier: MIT */
/*
 * image.h - a machine as bytes: saved, and brought back.
 *
 *	vm_save(vm, append_to_file, file);
 *	...
 *	vm_restore(vm, bytes, length, &complaint);
 *
 * An image holds everything that decides what the machine does next: memory
 * page by page, tasks in the middle of what they do, I/O in flight, actors
 * with their times and their chance, tunables, counters.  A restored machine
 * goes on exactly as the saved one would have, in the sim world to the byte.
 * Two images of equal machines are equal bytes: no address, no padding.
 *
 * Not in it: who observes, the kind of world (an image may be saved in one
 * and restored in the other), ops that callers wait for (they end with
 * -EINTR on vm_restore() and are not saved).
 *
 * An image belongs to the machine it was saved from: memory layout, CPUs,
 * disks and swap areas must be the same.  It is only good for the format
 * version that wrote it.  Integrity is the caller's (a checksum around it);
 * every count, size and reference read is still checked before it is used.
 */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <vm/machine.h>

struct vm;

/* Raised with every change of what an image holds. */
#define VM_IMAGE_VERSION 7u

/* Take @len more bytes.  0, or -errno, which ends the saving. */
typedef int vm_image_put(void *arg, const void *bytes, size_t len);

/*
 * Save @vm, under the engine's lock from beginning to end.  0, what @put
 * returned, or -EBUSY while an op is in flight (a caller waits for it).
 */
int vm_save(struct vm *vm, vm_image_put *put, void *arg);

/*
 * Make @vm the machine that was saved.  Its observer stays; ops end with
 * -EINTR.  The clock stands where it stood then; threads go on.
 * 0; or, with @vm as it was and the reason in @c: -EINVAL (damaged, or of
 * another version), -EXDEV (of another machine), -ENOMEM, -EAGAIN (threads).
 */
int vm_restore(struct vm *vm, const void *bytes, size_t len,
	       struct vm_complaint *c);

#endif
