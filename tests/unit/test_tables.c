/* SPDX-License-Identifier: MIT */
/*
 * test_tables.c - every table of the mount is in order: sorted and unique
 * (the walker searches by halves), modes that agree with what can be done.
 */
#include <string.h>

#include "check_main.h"
#include "fs/root.h"
#include "fs/vfs/file.h"

static unsigned nr_seen;

static void check_entry_of(const struct tree_entry *e, const char *name)
{
	const struct file_ops *ops = e->ops;
	bool reads = e->show || (ops && ops->read);
	bool writes = e->store || (ops && ops->write);

	nr_seen++;
	if (S_ISDIR(e->mode)) {
		ck_assert_msg(e->dir, "%s: a directory without a table", name);
		return;
	}
	ck_assert_msg(!e->dir, "%s: a table, but no directory", name);
	if (S_ISLNK(e->mode)) {
		ck_assert_msg(e->show, "%s: a link to nothing", name);
		return;
	}
	ck_assert_msg(S_ISREG(e->mode), "%s: mode 0%o", name, e->mode);
	ck_assert_msg(reads || writes, "%s: nothing can be done", name);
	/* e->attr: the mode is decided elsewhere (vm_ctl_table) */
	if (e->attr && ops)
		return;
	ck_assert_msg(reads || !(e->mode & 0444), "%s: readable, no show",
		      name);
	ck_assert_msg(writes || !(e->mode & 0222) || e->show,
		      "%s: writable, no store", name);
	ck_assert_msg(!e->store || e->mode & 0222, "%s: a store, no mode",
		      name);
}

static void check_dir(const struct tree_dir *dir, const char *name)
{
	unsigned i;

	for (i = 0; i < dir->nr_entries; i++) {
		const struct tree_entry *e = &dir->entries[i];

		ck_assert_msg(e->name && *e->name, "%s: no name", name);
		ck_assert_msg(!strchr(e->name, '/'), "%s", e->name);
		ck_assert_msg(!i || strcmp(e[-1].name, e->name) < 0,
			      "%s: %s stands before %s", name,
			      i ? e[-1].name : "", e->name);
		check_entry_of(e, e->name);
		if (e->dir)
			check_dir(e->dir, e->name);
	}
	for (i = 0; i < dir->nr_indexes; i++) {
		const struct tree_index *x = dir->indexes[i];

		ck_assert_msg(x->find && x->next, "%s: a family of none", name);
		check_entry_of(&x->entry, name);
		if (x->entry.dir)
			check_dir(x->entry.dir, name);
	}
}

START_TEST(test_tables)
{
	check_dir(&root_dir, "/");
	ck_assert_uint_gt(nr_seen, 500);
}
END_TEST

/* All of it fits into inode numbers. */
START_TEST(test_numbers)
{
	struct tree *tree = NULL;

	ck_assert_int_eq(tree_create(&tree, &root_dir, NULL), 0);
	ck_assert_uint_gt(tree->nr, 500);
	tree_destroy(tree);
}
END_TEST

CHECK_MAIN("tables", test_tables, test_numbers)
