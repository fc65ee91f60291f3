/* SPDX-License-Identifier: MIT */
/*
 * tree.c - the one walker of all tables (tree.h).
 *
 * tree_create() lays the nodes out breadth first, so that the children of a
 * directory have consecutive ids in the order of its table: a lookup is a
 * binary search in the table and an addition.  Indexed families stand behind
 * the table's entries, one node each for all their numbers.
 *
 * Called by session.c and ops.c; calls the find, next and attr hooks of the
 * tables.  No locks: nothing changes after tree_create(), and the hooks do
 * their own.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/vfs/tree.h"

/* A cursor: 0..nr_entries-1 are entries, then family and next number. */
#define CURSOR_INDEX_SHIFT 32

int tree_show_text(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_puts(sb, rq->entry->data);
	return 0;
}

int64_t tree_parse_index(const char *name, const char *prefix)
{
	size_t skip = strlen(prefix);
	const char *s = name + skip;
	uint32_t nr = 0;

	if (strncmp(name, prefix, skip) || !*s || (*s == '0' && s[1]))
		return -ENOENT;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || nr > TREE_INDEX_MAX / 10)
			return -ENOENT;
		nr = nr * 10 + (uint32_t)(*s - '0');
	}
	return nr <= TREE_INDEX_MAX ? (int64_t)nr : -ENOENT;
}

int64_t tree_name_index(char name[TREE_NAME_LEN], const char *prefix,
			uint32_t nr)
{
	struct strbuf sb = { name, 0, TREE_NAME_LEN, false, 0 };

	strbuf_puts(&sb, prefix);
	strbuf_u64(&sb, nr);
	strbuf_str(&sb);
	assert(!sb.on_heap);
	return nr;
}

static unsigned count_subdirs(const struct tree_dir *dir)
{
	unsigned i, nr = 0;

	for (i = 0; i < dir->nr_entries; i++)
		nr += S_ISDIR(dir->entries[i].mode);
	return nr;
}

/* A family of directories has no fixed number of links. */
static bool has_subdir_family(const struct tree_dir *dir)
{
	unsigned i;

	for (i = 0; i < dir->nr_indexes; i++)
		if (S_ISDIR(dir->indexes[i]->entry.mode))
			return true;
	return false;
}

/* Stable families list the same for ever, as tables do. */
static bool lists_alike(const struct tree_dir *dir)
{
	unsigned i;

	for (i = 0; i < dir->nr_indexes; i++)
		if (!dir->indexes[i]->stable)
			return false;
	return true;
}

/* Node @id for @entry, in the directory whose node is @up. */
static void fill_node(struct tree *tree, uint32_t id,
		      const struct tree_entry *entry,
		      const struct tree_index *index, uint32_t up)
{
	struct tree_node *node = &tree->node[id];
	const struct tree_node *above = &tree->node[up];
	const struct tree_dir *dir = entry->dir;

	*node = (struct tree_node){
		.entry = entry,
		.index = index,
		.parent = up,
		.depth = (uint8_t)(above->depth + (index ? 1 : 0)),
		.stable = above->stable && (!index || index->stable),
		.cached = above->cached &&
			  (!index || index->stable || index->told),
		.rules = dir && dir->rules ? dir->rules : above->rules,
		.attr = entry->attr ? entry->attr : above->attr,
	};
	if (!dir)
		return;
	if (dir->attr)
		node->attr = dir->attr;
	node->nr_subdirs = (uint16_t)count_subdirs(dir);
	node->closed = node->cached && lists_alike(dir);
	node->fixed = node->closed && node->stable;
}

static int grow(struct tree *tree, uint32_t nr)
{
	struct tree_node *node;

	if (nr > TREE_MAX_NODES)
		return -E2BIG;
	node = realloc(tree->node, nr * sizeof(*node));
	if (!node)
		return -ENOMEM;
	tree->node = node;
	return 0;
}

/* Append the children of node @id. */
static int add_children(struct tree *tree, uint32_t id)
{
	const struct tree_dir *dir = tree->node[id].entry->dir;
	uint32_t nr = dir->nr_entries + dir->nr_indexes;
	uint32_t i, first = tree->nr;
	int err;

	if (dir->nr_indexes && tree->node[id].depth >= TREE_MAX_INDEX)
		return -E2BIG;
	err = grow(tree, first + nr);
	if (err)
		return err;
	tree->nr += nr;
	tree->node[id].child = first;
	tree->node[id].nr_child = nr;
	for (i = 0; i < dir->nr_entries; i++)
		fill_node(tree, first + i, &dir->entries[i], NULL, id);
	for (i = 0; i < dir->nr_indexes; i++)
		fill_node(tree, first + dir->nr_entries + i,
			  &dir->indexes[i]->entry, dir->indexes[i], id);
	return 0;
}

/* What the root is: nobody's entry. */
static const struct tree_rules default_rules = {
	.create = EACCES, .mkdir = EPERM, .remove = EPERM, .rename = EPERM,
	.chmod = EPERM, .no_op = EIO, .blksize = 4096,
};

int tree_create(struct tree **treep, const struct tree_dir *root, void *priv)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	struct tree_entry *entry = calloc(1, sizeof(*entry));
	uint32_t id;
	int err = -ENOMEM;

	if (!tree || !entry || grow(tree, TREE_ROOT + 1))
		goto err_free;
	*entry = (struct tree_entry){
		.name = "", .mode = S_IFDIR | 0755, .dir = root
	};
	tree->priv = priv;
	tree->nr = TREE_ROOT + 1;
	tree->node[0] = (struct tree_node){
		.rules = &default_rules, .stable = true, .cached = true
	};
	fill_node(tree, TREE_ROOT, entry, NULL, 0);
	tree->node[TREE_ROOT].parent = TREE_ROOT;
	for (id = TREE_ROOT; id < tree->nr; id++) {
		if (!tree->node[id].entry->dir)
			continue;
		err = add_children(tree, id);
		if (err)
			goto err_free;
	}
	*treep = tree;
	return 0;

err_free:
	free(entry);
	if (tree)
		free(tree->node);
	free(tree);
	return err;
}

void tree_destroy(struct tree *tree)
{
	if (!tree)
		return;
	free((void *)(uintptr_t)tree->node[TREE_ROOT].entry);
	free(tree->node);
	free(tree);
}

uint64_t tree_ino(uint32_t id, const uint32_t index[TREE_MAX_INDEX])
{
	uint64_t ino = index[1];

	ino = ino << TREE_INDEX_BITS | index[0];
	return ino << (64 - 2 * TREE_INDEX_BITS) | id;
}

const struct tree_node *tree_find(const struct tree *tree, uint64_t ino,
				  struct tree_req *rq)
{
	uint64_t id = ino & (TREE_MAX_NODES - 1);
	const struct tree_node *node;

	assert(id >= TREE_ROOT && id < tree->nr);
	node = &tree->node[id];
	ino >>= 64 - 2 * TREE_INDEX_BITS;
	rq->priv = tree->priv;
	rq->entry = node->entry;
	rq->index[0] = (uint32_t)ino & TREE_INDEX_MAX;
	rq->index[1] = (uint32_t)(ino >> TREE_INDEX_BITS) & TREE_INDEX_MAX;
	return node;
}

/* Position of @name in the sorted table of @dir, or -1. */
static int search(const struct tree_dir *dir, const char *name)
{
	unsigned low = 0, high = dir->nr_entries;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int cmp = strcmp(name, dir->entries[mid].name);

		if (!cmp)
			return (int)mid;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

uint64_t tree_lookup(const struct tree_node *dir, const struct tree_req *rq,
		     const char *name, struct tree_req *child)
{
	const struct tree_dir *table = dir->entry->dir;
	int pos = search(table, name);
	unsigned i;

	*child = *rq;
	if (pos >= 0) {
		child->entry = &table->entries[pos];
		return tree_ino(dir->child + (uint32_t)pos, child->index);
	}
	for (i = 0; i < table->nr_indexes; i++) {
		int64_t nr = table->indexes[i]->find(rq, name);

		if (nr < 0)
			continue;
		assert(nr <= TREE_INDEX_MAX);
		child->entry = &table->indexes[i]->entry;
		child->index[dir->depth] = (uint32_t)nr;
		return tree_ino(dir->child + table->nr_entries + i,
				child->index);
	}
	return 0;
}

/* The next child of families @family and later, from number @from on. */
static bool next_indexed(const struct tree_node *dir,
			 const struct tree_req *rq, struct tree_cursor *c)
{
	const struct tree_dir *table = dir->entry->dir;
	uint64_t family = c->at - table->nr_entries;
	uint32_t from = (uint32_t)(family >> CURSOR_INDEX_SHIFT);

	for (family = (uint32_t)family; family < table->nr_indexes; family++) {
		const struct tree_index *index = table->indexes[family];
		int64_t nr = index->next(rq, from, c->buf);

		from = 0;
		if (nr < 0)
			continue;
		c->rq = *rq;
		c->rq.entry = &index->entry;
		c->rq.index[dir->depth] = (uint32_t)nr;
		c->name = c->buf;
		c->ino = tree_ino(dir->child + table->nr_entries +
					  (uint32_t)family,
				  c->rq.index);
		c->at = ((uint64_t)nr + 1) << CURSOR_INDEX_SHIFT |
			(table->nr_entries + family);
		return true;
	}
	return false;
}

bool tree_readdir(const struct tree_node *dir, const struct tree_req *rq,
		  struct tree_cursor *c)
{
	const struct tree_dir *table = dir->entry->dir;

	if (c->at >= table->nr_entries)
		return next_indexed(dir, rq, c);
	c->rq = *rq;
	c->rq.entry = &table->entries[c->at];
	c->name = c->rq.entry->name;
	c->ino = tree_ino(dir->child + (uint32_t)c->at, rq->index);
	c->at++;
	return true;
}

uint64_t tree_parent(const struct tree_node *node, const struct tree_req *rq)
{
	uint32_t index[TREE_MAX_INDEX] = { rq->index[0], rq->index[1] };

	if (node->index)
		index[node->depth - 1] = 0;
	return tree_ino(node->parent, index);
}

void tree_path(const struct tree *tree, const struct tree_node *node,
	       const struct tree_req *rq, struct strbuf *sb)
{
	const struct tree_node *above = &tree->node[node->parent];
	struct tree_req dir = *rq;
	char buf[TREE_NAME_LEN];
	uint32_t nr;

	if (above == node || node->parent == 0)
		return;
	tree_path(tree, above, rq, sb);
	strbuf_putc(sb, '/');
	if (!node->index) {
		strbuf_puts(sb, node->entry->name);
		return;
	}
	dir.entry = above->entry;
	nr = rq->index[node->depth - 1];
	/* Processes come after the listing that next() goes through, and go. */
	if (node->index->next(&dir, nr, buf) != nr)
		tree_name_index(buf, "", nr);
	strbuf_puts(sb, buf);
}

static nlink_t nr_links(const struct tree_node *node)
{
	if (!S_ISDIR(node->entry->mode))
		return 1;
	if (node->rules->dir_nlink)
		return node->rules->dir_nlink;
	if (has_subdir_family(node->entry->dir))
		return 1;
	return 2u + node->nr_subdirs;
}

int tree_getattr(const struct tree *tree, const struct tree_node *node,
		 const struct tree_req *rq, struct stat *st)
{
	uint32_t id = (uint32_t)(node - tree->node);

	memset(st, 0, sizeof(*st));
	st->st_ino = tree_ino(id, rq->index);
	st->st_mode = node->entry->mode;
	st->st_nlink = nr_links(node);
	st->st_blksize = (blksize_t)node->rules->blksize;
	if (S_ISREG(st->st_mode))
		st->st_size = (off_t)node->rules->file_size;
	return node->attr ? node->attr(rq, st) : 0;
}
