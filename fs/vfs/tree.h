/* SPDX-License-Identifier: MIT */
/*
 * tree.h - directories as tables that read like ls -l, and one walker.
 *
 *	static const struct tree_entry proc_entries[] = {
 *		RO("meminfo", 0444, meminfo_show),
 *		DIR("pressure", 0555, &pressure_dir),
 *		LINK("self", self_show),
 *	};
 *	const struct tree_dir proc_dir = {
 *		TREE_ENTRIES(proc_entries),
 *		TREE_INDEXES(proc_indexes),
 *		.rules = &proc_rules,
 *	};
 *
 * A table is sorted by name (memcmp order, shorter first).  What exists in
 * numbers (<pid>, node<N>, cpu<N>) is not in the table: a struct tree_index
 * names such children and finds them; its one entry says what all of them
 * are.  Below it the number travels in tree_req.index[], outermost first, so
 * that one table serves every process.
 *
 * tree_create() walks the tables once and gives every place in them a node
 * with a small id.  An inode number is the id with the numbers above it in
 * the high bits: stable while the server runs, never 0, 1 for the root.
 *
 * Ownership: tables are static and never change; struct tree belongs to the
 * session.  Locking: none, all is read only after tree_create().
 * Errors: 0 or -errno as everywhere.
 */
#ifndef VFS_TREE_H
#define VFS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fs/vfs/strbuf.h"

#define TREE_ROOT      1u  /* inode number of the root */
#define TREE_MAX_INDEX 2u  /* numbers in a path: <pid> and <tid> */
#define TREE_INDEX_BITS 22 /* a number below 4 Mi, as PID_MAX_LIMIT */
#define TREE_INDEX_MAX ((1u << TREE_INDEX_BITS) - 1)
#define TREE_MAX_NODES (1u << (64 - 2 * TREE_INDEX_BITS))
#define TREE_NAME_LEN  64 /* of an indexed child, with its NUL */

struct tree;
struct tree_dir;
struct tree_entry;
struct file;
struct file_call;
struct file_ops;

/*
 * One request, as the handlers below see it: which entry, which numbers
 * above it, whose question.  Lives on the stack of the one who asks.
 */
struct tree_req {
	void *priv; /* what tree_create() was given */
	const struct tree_entry *entry;
	uint32_t index[TREE_MAX_INDEX]; /* pid, tid; node; cpu; ... */
	struct file *file; /* open file (fs/vfs/file.h), NULL if none */
	struct file_call *call; /* private to the file layer */
	uint64_t op;	   /* its number in the log of ops, 0: none */
	int pid;	   /* of the caller, 0 if it cannot be seen */
	uint32_t uid, gid; /* of the caller; 0 if he plays root here */
};

/*
 * show: append the whole text.  0, or -errno for the reader (-ESRCH, ...).
 * store: take @len bytes written at @offset (not NUL terminated).  Returns
 *   the bytes taken (fewer is a short write), -errno, or FILE_QUEUED.
 * attr: correct the mode, owner or size in @st.  0, or -ENOENT if what the
 *   numbers name is gone.
 */
typedef int tree_show(const struct tree_req *rq, struct strbuf *sb);
typedef ssize_t tree_store(struct tree_req *rq, const char *text, size_t len,
			   off_t offset);
typedef int tree_attr(const struct tree_req *rq, struct stat *st);

struct tree_entry {
	const char *name; /* NULL in a tree_index */
	mode_t mode;	  /* with S_IFREG, S_IFDIR or S_IFLNK */
	tree_show *show;  /* LINK: the target */
	tree_store *store;
	const struct file_ops *ops; /* instead of show and store, or besides */
	const struct tree_dir *dir;
	tree_attr *attr;
	const void *data; /* the entry's own: TEXT's text */
};

/* Children that exist in numbers. */
struct tree_index {
	struct tree_entry entry;
	/*
	 * The number of the child called @name, or -ENOENT.  Only the one
	 * spelling that next() gives counts: "01" is no pid.
	 */
	int64_t (*find)(const struct tree_req *dir, const char *name);
	/* The smallest number >= @from there is, and its name; or -1. */
	int64_t (*next)(const struct tree_req *dir, uint32_t from,
			char name[TREE_NAME_LEN]);
	bool stable; /* the set never changes: may be cached for ever */
	bool told;   /* session_vanished() tells of every one that goes */
};

/*
 * What a file system answers where no handler is asked: the numbers differ
 * between /proc, /proc/[pid], /proc/sys and /sys (fact sheet A.5 and J).
 * A directory without rules has those of the one above it.  All errnos are
 * positive here, as in a man page.
 */
struct tree_rules {
	int create; /* open of a new name with O_CREAT, link, symlink */
	int mkdir;  /* mkdir and mknod of a new name */
	int remove; /* unlink, rmdir of what exists */
	int rename; /* of what exists */
	int chmod;  /* and chown */
	int no_op;  /* read without show, write without store */
	bool mode_binds_root; /* no capability overrides the mode bits */
	bool mode_binds_open; /* ... nor for open alone */
	bool write_keeps_pos; /* a write does not move the file position */
	uint16_t dir_nlink;   /* of every directory; 0: counted */
	uint32_t blksize;     /* st_blksize */
	uint32_t file_size;   /* st_size of a file */
};

struct tree_dir {
	const struct tree_entry *entries;
	unsigned nr_entries;
	const struct tree_index *const *indexes; /* listed after the entries */
	unsigned nr_indexes;
	const struct tree_rules *rules; /* NULL: as above */
	tree_attr *attr; /* of the directory and all below; NULL: as above */
};

#define TREE_NR(table) (sizeof(table) / sizeof((table)[0]))
#define TREE_ENTRIES(table) .entries = (table), .nr_entries = TREE_NR(table)
#define TREE_INDEXES(table) .indexes = (table), .nr_indexes = TREE_NR(table)

#define RO(n, m, s) { .name = n, .mode = S_IFREG | (m), .show = s }
#define WO(n, m, w) { .name = n, .mode = S_IFREG | (m), .store = w }
#define RW(n, m, s, w)                                                         \
	{ .name = n, .mode = S_IFREG | (m), .show = s, .store = w }
#define FOPS(n, m, o) { .name = n, .mode = S_IFREG | (m), .ops = o }
#define DIR(n, m, d) { .name = n, .mode = S_IFDIR | (m), .dir = d }
#define LINK(n, s) { .name = n, .mode = S_IFLNK | 0777, .show = s }
/* A file, and a link, whose text never changes. */
#define TEXT(n, m, t)                                                          \
	{ .name = n, .mode = S_IFREG | (m), .show = tree_show_text, .data = t }
#define TEXT_LINK(n, t)                                                        \
	{ .name = n, .mode = S_IFLNK | 0777, .show = tree_show_text, .data = t }

/* show of TEXT and TEXT_LINK: the string that entry->data is. */
int tree_show_text(const struct tree_req *rq, struct strbuf *sb);

/* For find(): the number that @name spells behind @prefix, or -ENOENT. */
int64_t tree_parse_index(const char *name, const char *prefix);

/* For next(): @prefix and @nr as a name; returns @nr. */
int64_t tree_name_index(char name[TREE_NAME_LEN], const char *prefix,
			uint32_t nr);

/* A place in the tables, made by tree_create(). */
struct tree_node {
	const struct tree_entry *entry;
	const struct tree_index *index; /* that names it, or NULL */
	const struct tree_rules *rules;
	tree_attr *attr;
	uint32_t parent;
	uint32_t child;	   /* node of the first entry; indexes follow */
	uint32_t nr_child; /* entries and indexes */
	uint16_t nr_subdirs;
	uint8_t depth; /* numbers above and in it */
	bool stable;   /* nothing on the way to it can vanish */
	bool cached;   /* ... or not without being told */
	bool fixed;    /* a directory whose listing never changes */
	bool closed;   /* ... or not for as long as it is there */
};

struct tree {
	struct tree_node *node; /* [nr]; by id, 0 is not used */
	uint32_t nr;
	void *priv;
};

/*
 * Make the nodes of everything below @root.  0, -ENOMEM, or -E2BIG for
 * tables with more places or numbers than an inode number can tell apart.
 */
int tree_create(struct tree **treep, const struct tree_dir *root, void *priv);
void tree_destroy(struct tree *tree);

/* The inode number of node @id below those numbers. */
uint64_t tree_ino(uint32_t id, const uint32_t index[TREE_MAX_INDEX]);

/* The node with inode number @ino; fills in rq->{priv,entry,index}. */
const struct tree_node *tree_find(const struct tree *tree, uint64_t ino,
				  struct tree_req *rq);

/*
 * The child of @dir (whose request is @rq) called @name: its inode number,
 * and @child filled in from @rq; or 0.
 */
uint64_t tree_lookup(const struct tree_node *dir, const struct tree_req *rq,
		     const char *name, struct tree_req *child);

/* Where a listing of a directory stands. */
struct tree_cursor {
	uint64_t at; /* 0 at the start; any value seen may be set again */
	uint64_t ino;
	const char *name; /* valid until the next call */
	struct tree_req rq;
	char buf[TREE_NAME_LEN];
};

/* Step to the next child; false at the end.  No "." and "..". */
bool tree_readdir(const struct tree_node *dir, const struct tree_req *rq,
		  struct tree_cursor *c);

/* Append "/a/b": where @node, asked by @rq, is below the root. */
void tree_path(const struct tree *tree, const struct tree_node *node,
	       const struct tree_req *rq, struct strbuf *sb);

/* The inode number of the directory that @node, asked by @rq, is in. */
uint64_t tree_parent(const struct tree_node *node, const struct tree_req *rq);

/* Mode, owner, size, links of a node.  0, or -ENOENT if it is gone. */
int tree_getattr(const struct tree *tree, const struct tree_node *node,
		 const struct tree_req *rq, struct stat *st);

#endif
