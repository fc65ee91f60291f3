/* SPDX-License-Identifier: MIT */
/*
 * swaps.c - /proc/swaps, fact sheet G.5.
 *
 * One line an active area.  swapon and swapoff are seen by poll in Linux;
 * here the file is always readable, as the areas change by the machine file
 * and the engine's door only.
 *
 * Called through the table of /proc; reads one snapshot.  No locks.
 */
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"

#define PATH_COLUMNS 40u
#define WIDE_NUMBER  10000000u /* from here on one tab less */

/* The path, with what would break the columns in octal. */
static size_t put_path(struct strbuf *sb, const char *path)
{
	size_t start = sb->len;

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c == ' ' || c == '\t' || c == '\n' || c == '\\')
			strbuf_printf(sb, "\\%03o", c);
		else
			strbuf_putc(sb, *path);
	}
	return sb->len - start;
}

static void put_kb_column(struct strbuf *sb, uint64_t kb)
{
	strbuf_u64(sb, kb);
	strbuf_puts(sb, kb < WIDE_NUMBER ? "\t\t" : "\t");
}

int swaps_show(const struct tree_req *rq, struct strbuf *sb)
{
	const struct vm_stat *s = machine_stat(rq);
	unsigned i;

	strbuf_puts(sb, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	for (i = 0; i < s->nr_swaps; i++) {
		const struct vm_swap_stat *a = &s->swap[i];
		size_t len = put_path(sb, a->path);

		strbuf_fill(sb, ' ',
			    len < PATH_COLUMNS ? PATH_COLUMNS - len : 1);
		strbuf_puts(sb, a->is_file ? "file\t\t" : "partition\t");
		put_kb_column(sb, pages_to_kb(a->pages));
		put_kb_column(sb, pages_to_kb(a->used));
		strbuf_i64(sb, a->priority);
		strbuf_putc(sb, '\n');
	}
	return 0;
}
