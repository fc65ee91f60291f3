/* SPDX-License-Identifier: MIT */
/*
 * image.h - inside of saving and restoring: one walk for both directions.
 *
 * The door is vm/image.h.  A function here that is called image_THING() goes
 * through all members of THING that decide what the machine does next.  With
 * im->saving it writes them, else it reads them into a machine that has just
 * been made: what is written and what is read cannot drift apart.
 *
 * In the image: integers of the member's width, least significant byte first;
 * references as numbers (pid, number of a file, of an area, of a frame).  What
 * follows from the rest is left out and made anew: places in queues, links of
 * lists, sums that are only sums of counts, the table of numbers.  So is what
 * is left over from things that have ended.  Arrays with one entry a page are
 * written as runs; what has never been touched is not read.
 *
 * Errors: the first one stays in im->err, and from there on reading gives
 * zeroes and writing does nothing: who uses what was read to reach something
 * else looks at im->err first.  Nothing read is trusted: it is within bounds
 * when the function that reads it returns, and image_verify() compares what
 * must agree.
 *
 * Locking: saving under the world's lock; what is being read into, nobody
 * else knows.
 */
#ifndef ENGINE_IMAGE_H
#define ENGINE_IMAGE_H

#include <vm/image.h>

#include "memory/state.h"

#define IMAGE_BUFFER 4096u

struct image {
	struct vm *vm;
	bool saving;
	uint64_t nr; /* bytes so far */
	int err;
	/* saving */
	vm_image_put *put; /* NULL: only count */
	void *arg;
	uint8_t buf[IMAGE_BUFFER];
	size_t nr_buf;
	/* restoring */
	const uint8_t *at, *end;
	struct vm_complaint *c;
	uint8_t *seen; /* enum frame_use of every frame: reserve_alloc()ed */
};

/* What a frame has been found to be, while an image is verified. */
enum frame_use {
	FRAME_FREE = 1u << 0,	/* in a free block */
	FRAME_OWNED = 1u << 1,	/* its owner has it where it says */
	FRAME_MAPPED = 1u << 2, /* a page table has it */
	FRAME_READ = 1u << 3,	/* a disk reads it */
	FRAME_WRITE = 1u << 4,	/* a disk writes it */
	FRAME_KERNEL = 1u << 5, /* page table, slab, huge page */
};

/* --- io.c: bytes and numbers --------------------------------------- */

/* The image is no good: -EINVAL and @why; and where that was seen. */
void image_refuse(struct image *im, const char *why);
void image_bad(struct image *im);

/* The same, with what disagrees: "@what: @a, and @b". */
void image_disagrees(struct image *im, const char *what, uint64_t a,
		     uint64_t b);

/* The machine could not be made as the image says: @err, mostly -ENOMEM. */
void image_fail(struct image *im, int err);

/* An integer of @size bytes, 1, 2, 4 or 8; and @nr of them. */
void image_int(struct image *im, void *p, size_t size);
void image_ints(struct image *im, void *p, size_t size, uint64_t nr);

/* A member that may have any value; an array of such, of 64 bits each. */
#define image_num(im, x)  image_int((im), &(x), sizeof(x))
#define image_u64s(im, a) image_ints((im), (a), 8, sizeof(a) / 8)

/* One of 0..@max, and one of @low..@high, which may be below 0. */
#define image_upto(im, x, max)                                                 \
	do {                                                                   \
		image_num((im), (x));                                          \
		if ((uint64_t)(x) > (uint64_t)(max)) {                         \
			image_bad(im);                                         \
			(x) = 0;                                               \
		}                                                              \
	} while (0)
#define image_within(im, x, low, high)                                         \
	do {                                                                   \
		image_num((im), (x));                                          \
		if ((x) < (low) || (x) > (high)) {                             \
			image_bad(im);                                         \
			(x) = (high);                                          \
		}                                                              \
	} while (0)

/* True or false. */
void image_flag(struct image *im, bool *b);

/* Text that ends with a NUL; what is behind it is not kept. */
void image_text(struct image *im, char *buf, size_t size);

/* A mark between two parts: whoever has lost his way sees it here. */
void image_tag(struct image *im, uint32_t tag);

/*
 * How many of something follow, each at least @each bytes long: at most @max,
 * and no more than there can be in what is left to read.
 */
uint64_t image_count(struct image *im, uint64_t nr, size_t each, uint64_t max);

/*
 * An array most of which is zero.  Elements of more than 8 bytes consist of
 * several numbers: @one walks one of them; NULL for plain integers.  The
 * array that is read into is all zero.
 */
struct image_array {
	void *base;
	size_t size; /* of an element in memory */
	uint64_t nr;
	void (*one)(struct image *im, void *element);
};
void image_sparse(struct image *im, const struct image_array *a);

/* Its bytes begin; what is in the buffer goes out. */
void image_flush(struct image *im);

/* A generator; what it keeps to be faster is left out. */
void image_prng(struct image *im, struct prng *p);

/* --- references ---------------------------------------------------------- */

/* A task of the machine by its pid, NULL as 0; must be there. */
void image_task_ref(struct image *im, struct task **t);

/* A file by its number in vm->files, counted from 1; NULL as 0. */
void image_file_ref(struct image *im, struct file **f);

/* A node by its number from 1; NULL as 0. */
void image_node_ref(struct image *im, struct pgdat **p);

/* Is @pfn a frame that has ever been in use? */
bool image_frame_known(const struct image *im, uint32_t pfn);

/* --- the parts, in the order in which they are walked -------------------- */

/* machine.c: what the machine is made of; -EXDEV if it is another. */
void image_hardware(struct image *im);
/* what may differ between two machines of the same build, tunables */
void image_conf(struct image *im);
/* figures, pressure; the clock and when each actor is due: the last part */
void image_figures(struct image *im);

/* memory.c: zones, frames, free lists, LRU lists, nodes. */
void image_memory(struct image *im);

/* files.c: files with their caches, swap areas with their slots. */
void image_files(struct image *im);
void image_swaps(struct image *im);

/*
 * The number of an owner of pages, from 1 on.  Reading: whoever is made next
 * gets it; 0 and im->err if it is no number, or somebody's.
 */
uint16_t image_mapping_id(struct image *im, const struct mapping *m);

/* tasks.c: tasks; mm.c: their areas and page tables. */
void image_tasks(struct image *im);
void image_mm(struct image *im, struct task *t);

/* exec.c: the access that a task is in the middle of, and its work. */
void image_exec(struct image *im, struct task *t);
void image_work(struct image *im, struct task *t);
struct scan_control; /* reclaim/vmscan.h */
void image_scan_control(struct image *im, struct scan_control *sc);

/* actors.c: CPUs, disks, flushers, kswapds. */
void image_actors(struct image *im);

/* image.c: the header, of an image of @length bytes. */
void image_header(struct image *im, uint64_t length);

/* Everything behind the hardware, in its order. */
void image_walk(struct image *im);

/* --- verify.c, verify_use.c ---------------------------------- */

/* All that was read agrees with itself; else im->err. */
void image_verify(struct image *im);

/* For each frame, whose it is, into im->seen. */
void image_find_use(struct image *im);

/* --- memory.c, pcp.c ----------------------------------------------- */

/*
 * Are the 2^@order frames at @pfn, of @z, nobody's so far?  Then they are
 * taken for a free list.
 */
bool image_take_free(struct image *im, const struct zone *z, uint32_t pfn,
		     unsigned order);

/* The CPUs' own lists of @z, if it has any. */
void image_pcp(struct image *im, struct zone *z);

/* --- restore.c ----------------------------------------------------- */

/*
 * Take everything out of a machine without a look at what it is, so that
 * vm_destroy() finds it empty.  Its ops have ended.
 */
void image_wipe(struct vm *vm);

/*
 * Beside the function for struct @type: whoever adds a member is told, and
 * adds it there as well.  Sizes are those of x86-64.
 */
#define IMAGE_KNOWS(type, bytes)                                               \
	_Static_assert(sizeof(void *) != 8 || sizeof(struct type) == (bytes),  \
		       "the image of struct " #type " has all its members")

#endif
