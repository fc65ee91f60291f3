/* SPDX-License-Identifier: MIT */
/*
 * swaps.c - /proc/swaps, fact sheet G.5.
 *
 * One line an active area.  It can always be read; who polls it is told of a
 * swapon or swapoff since he has opened it, or polled it last, by POLLPRI and
 * POLLERR (mm/swapfile.c:swaps_poll).
 *
 * Called through the table of /proc and, when areas come and go, by
 * machine_fs.c's observer; reads one snapshot.  Locks: swaps_changed() none.
 */
#include <poll.h>

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

/* What an open file has seen of the changes so far, in its priv. */

static unsigned nr_changes(const struct tree_req *rq)
{
	return atomic_load(&machine_of(rq)->swaps.nr_changes);
}

static int swaps_open(struct tree_req *rq, int flags)
{
	(void)flags;
	rq->file->priv = (void *)(uintptr_t)nr_changes(rq);
	return 0;
}

static unsigned swaps_poll(struct tree_req *rq)
{
	const uintptr_t now = nr_changes(rq);

	if ((uintptr_t)rq->file->priv == now)
		return POLLIN | POLLRDNORM;
	rq->file->priv = (void *)now;
	return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
}

static struct file_source *swaps_source(const struct tree_req *rq)
{
	return &machine_of(rq)->swaps.source;
}

const struct file_ops swaps_ops = {
	.open = swaps_open,
	.poll = swaps_poll,
	.source = swaps_source,
};

void swaps_changed(struct swaps_state *s)
{
	atomic_fetch_add(&s->nr_changes, 1);
	file_source_wake(&s->source);
}
