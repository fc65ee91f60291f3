/* SPDX-License-Identifier: MIT */
/*
 * swap_node.c - MNT/dev/area<N>: the header of a swap area (swap_node.h).
 *
 * The layout is include/linux/swap.h's union swap_header: version, last page
 * and the number of bad pages behind 1 KiB of boot block, the signature at
 * the end of the page.
 *
 * Called through the table of /dev.  Session's lock.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/proc/swap_node.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/file.h"

#define HEADER_LEN   4096u /* of its one page */
#define HEADER_INFO  1024u
#define HEADER_MAGIC "SWAPSPACE2"

struct swap_info {
	uint32_t version, last_page, nr_badpages;
	unsigned char uuid[16];
};

static const struct vm_swap_conf *area_of(const struct tree_req *rq)
{
	return &sandbox_of(rq)->machine->swap[rq->index[0]];
}

static off_t area_size(const struct tree_req *rq)
{
	return (off_t)(area_of(rq)->pages << VM_PAGE_SHIFT);
}

static void fill_header(const struct tree_req *rq, char header[HEADER_LEN])
{
	struct swap_info info = {
		.version = 1,
		.last_page = (uint32_t)(area_of(rq)->pages - 1),
		.uuid = { 0x5e, 0xc1, 0xa1, 0xf5, 0, 0, 0x40, 0, 0x80 },
	};

	info.uuid[15] = (unsigned char)(rq->index[0] + 1);
	memset(header, 0, HEADER_LEN);
	memcpy(header + HEADER_INFO, &info, sizeof(info));
	memcpy(header + HEADER_LEN - strlen(HEADER_MAGIC), HEADER_MAGIC,
	       strlen(HEADER_MAGIC));
}

static int area_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		     off_t offset)
{
	char header[HEADER_LEN], *to;
	off_t left = area_size(rq) - offset;

	if (left <= 0)
		return 0;
	if ((off_t)size > left)
		size = (size_t)left;
	to = strbuf_reserve(sb, size);
	if (!to)
		return -ENOMEM;
	memset(to, 0, size);
	if (offset < HEADER_LEN) {
		size_t at = (size_t)offset, nr = HEADER_LEN - at;

		fill_header(rq, header);
		memcpy(to, header + at, nr < size ? nr : size);
	}
	sb->len += size;
	return 0;
}

static int area_attr(const struct tree_req *rq, struct stat *st)
{
	st->st_size = area_size(rq);
	st->st_blocks = st->st_size / 512;
	return 0;
}

static int64_t area_find(const struct tree_req *dir, const char *name)
{
	int64_t nr = tree_parse_index(name, SWAP_NODE);

	return nr >= 0 && nr < sandbox_of(dir)->machine->nr_swaps ? nr :
								     -ENOENT;
}

static int64_t area_next(const struct tree_req *dir, uint32_t from,
			 char name[TREE_NAME_LEN])
{
	if (from >= sandbox_of(dir)->machine->nr_swaps)
		return -1;
	return tree_name_index(name, SWAP_NODE, from);
}

static const struct file_ops area_ops = { .read = area_read };

const struct tree_index swap_node_index = {
	.entry = { .mode = S_IFREG | 0600, .ops = &area_ops,
		   .attr = area_attr },
	.find = area_find,
	.next = area_next,
	.stable = true,
};
