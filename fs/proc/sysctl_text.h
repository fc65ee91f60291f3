/* SPDX-License-Identifier: MIT */
/*
 * sysctl_text.h - what a write to /proc/sys means, character by character.
 *
 * Pure: text in, values out.  The rules are fact sheet A.3 and errata (a)1
 * and 18, which describe kernel/sysctl.c:__do_proc_dointvec and
 * __do_proc_doulongvec_minmax.
 *
 * Bounds of a tunable are not looked at here but those of its type are: an
 * int is an int whatever the table says.
 */
#ifndef PROC_SYSCTL_TEXT_H
#define PROC_SYSCTL_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vm/sysctl.h>

#include "fs/vfs/strbuf.h"

/* A write as long as this or longer is refused (KMALLOC_MAX_SIZE). */
#define SYSCTL_WRITE_MAX (4u << 20)
/* Numeric handlers look at no more of it (PAGE_SIZE - 1). */
#define SYSCTL_LOOK_MAX 4095u

struct sysctl_values {
	int64_t value[VM_CTL_MAX_VALUES]; /* ULONG as its bit pattern */
	unsigned nr;  /* values that the text holds, in order */
	size_t used;  /* bytes up to where the parser stopped */
	int err;      /* 0, or -EINVAL for what stands there */
};

/* Parse @len bytes for a vector of at most @nr values of @type. */
void sysctl_parse(struct sysctl_values *v, const char *text, size_t len,
		  enum vm_ctl_type type, unsigned nr);

/*
 * What write(2) returns for @len bytes when the handler's verdict is @err:
 * -errno; or the bytes, where all behind SYSCTL_LOOK_MAX count as taken.  A
 * handler that swallows the parser's error answers 0 and so takes all.
 */
ssize_t sysctl_result(const struct sysctl_values *v, size_t len, int err);

/* The line that a read gives: values with tabs between, newline. */
void sysctl_format(struct strbuf *sb, const int64_t *value,
		   enum vm_ctl_type type, unsigned nr);

#endif
