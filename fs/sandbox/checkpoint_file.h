/* SPDX-License-Identifier: MIT */
/*
 * checkpoint_file.h - the file that a checkpoint is: parts, and their guard.
 *
 *	bytes	what (numbers are little-endian)
 *	12	"\211RECLAIMFS\r\n"
 *	4	CHECKPOINT_VERSION
 *	4	VM_IMAGE_VERSION
 *	4	CRC-32 of the parts and of all the rest of this header
 *	8	length of the whole file
 *	8 x 3	lengths of the parts
 *	8	0
 *		the parts, one after another (enum checkpoint_part)
 *
 * A file is written under another name in the same directory, brought to the
 * disk and then renamed, so that its name leads to the old one or to the new
 * one whatever happens.  What a killed server has left of it is taken away by
 * checkpoint_sweep(); a lock tells whether somebody still writes.
 *
 * Ownership: structs are the caller's.  No locks; one thread at a time.
 * Errors: -errno of the file system; reading also -EINVAL (not a checkpoint,
 * another version, no regular file) and -EBADMSG (damaged), each with a
 * sentence in @why.
 */
#ifndef SANDBOX_CHECKPOINT_FILE_H
#define SANDBOX_CHECKPOINT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Raised with every change of what the parts but the last hold. */
#define CHECKPOINT_VERSION 1u

/* The longest sentence, with its NUL. */
#define CHECKPOINT_WHY 256

/* No machine's is longer: three times what a terabyte in use takes. */
#define CHECKPOINT_MAX (16ull << 30)

enum checkpoint_part {
	CHECKPOINT_MACHINE, /* which machine it belongs to */
	CHECKPOINT_FILES,   /* what the files keep */
	CHECKPOINT_ENGINE,  /* vm_save() */
	CHECKPOINT_PARTS
};

/* A file that is being written, part by part. */
struct checkpoint_out {
	int dir, fd;
	char temp[64];
	uint32_t crc;
	uint64_t len[CHECKPOINT_PARTS];
	unsigned char *buf;
	size_t used;
};

/*
 * Begin one in directory @dir; put bytes at the end of a part, the parts in
 * their order; end it as @name.  After an error, and for it only,
 * checkpoint_drop().
 */
int checkpoint_begin(struct checkpoint_out *o, int dir);
int checkpoint_put(struct checkpoint_out *o, enum checkpoint_part part,
		   const void *bytes, size_t len);
int checkpoint_end(struct checkpoint_out *o, const char *name);
void checkpoint_drop(struct checkpoint_out *o);

/* A file that has been read and is what it says. */
struct checkpoint_in {
	unsigned char *bytes; /* owned */
	const unsigned char *part[CHECKPOINT_PARTS]; /* in it */
	size_t len[CHECKPOINT_PARTS];
};

/* Read what @fd is; the caller closes it. */
int checkpoint_read(struct checkpoint_in *in, int fd,
		    char why[CHECKPOINT_WHY]);
void checkpoint_in_free(struct checkpoint_in *in);

/* Take away what dead servers have left in @dir. */
void checkpoint_sweep(int dir);

#endif
