/* SPDX-License-Identifier: MIT */
/*
 * test_tree.c - the walker of tables: names to inode numbers and back,
 * listings that can be resumed anywhere, numbers in paths.
 */
#include <errno.h>
#include <string.h>

#include "check_main.h"
#include "fs/vfs/tree.h"

static int show(const struct tree_req *rq, struct strbuf *sb)
{
	strbuf_printf(sb, "%s %u %u", rq->entry->name ? rq->entry->name : "#",
		      rq->index[0], rq->index[1]);
	return 0;
}

/* Numbers 3, 5 and 4194303 exist. */
static const uint32_t there[] = { 3, 5, TREE_INDEX_MAX };

static int64_t number_find(const struct tree_req *dir, const char *name)
{
	int64_t nr = tree_parse_index(name, "");
	unsigned i;

	(void)dir;
	for (i = 0; i < TREE_NR(there); i++)
		if (nr == (int64_t)there[i])
			return nr;
	return -ENOENT;
}

static int64_t number_next(const struct tree_req *dir, uint32_t from,
			   char name[TREE_NAME_LEN])
{
	unsigned i;

	(void)dir;
	for (i = 0; i < TREE_NR(there); i++)
		if (there[i] >= from)
			return tree_name_index(name, "", there[i]);
	return -1;
}

/* x<N>: one for each number above. */
static int64_t x_find(const struct tree_req *dir, const char *name)
{
	int64_t nr = tree_parse_index(name, "x");

	return nr == (int64_t)dir->index[0] ? nr : -ENOENT;
}

static int64_t x_next(const struct tree_req *dir, uint32_t from,
		      char name[TREE_NAME_LEN])
{
	if (from > dir->index[0])
		return -1;
	return tree_name_index(name, "x", dir->index[0]);
}

static const struct tree_index x_index = {
	.entry = { .mode = S_IFREG | 0400, .show = show },
	.find = x_find,
	.next = x_next,
};

static const struct tree_index *const number_indexes[] = { &x_index };

static int gone_attr(const struct tree_req *rq, struct stat *st)
{
	st->st_uid = rq->index[0];
	return rq->index[0] == 5 ? -ENOENT : 0;
}

static const struct tree_entry number_entries[] = {
	RO("file", 0444, show),
};

static const struct tree_dir number_dir = {
	TREE_ENTRIES(number_entries),
	TREE_INDEXES(number_indexes),
	.attr = gone_attr,
};

static const struct tree_index number_index = {
	.entry = { .mode = S_IFDIR | 0555, .dir = &number_dir },
	.find = number_find,
	.next = number_next,
};

static const struct tree_index *const root_indexes[] = { &number_index };

static const struct tree_dir empty_dir = { .nr_entries = 0 };

static const struct tree_rules some_rules = {
	.create = EPERM, .blksize = 512, .file_size = 77,
};

static const struct tree_entry sub_entries[] = {
	TEXT("a", 0444, "text\n"),
	DIR("b", 0555, &empty_dir),
};

static const struct tree_dir sub_dir = {
	TREE_ENTRIES(sub_entries),
	.rules = &some_rules,
};

static const struct tree_entry root_entries[] = {
	RO("alpha", 0444, show),
	RO("beta", 0600, show),
	TEXT_LINK("link", "alpha"),
	DIR("sub", 0555, &sub_dir),
};

static const struct tree_dir root = {
	TREE_ENTRIES(root_entries),
	TREE_INDEXES(root_indexes),
};

static struct tree *make(void)
{
	struct tree *tree = NULL;

	ck_assert_int_eq(tree_create(&tree, &root, (void *)"priv"), 0);
	return tree;
}

/* The inode number of a path, 0 if there is none. */
static uint64_t walk(const struct tree *tree, const char *path,
		     struct tree_req *rq)
{
	char copy[128], *name, *save;
	const struct tree_node *node;
	uint64_t ino = TREE_ROOT;
	struct tree_req child;

	memset(rq, 0, sizeof(*rq));
	node = tree_find(tree, ino, rq);
	strncpy(copy, path, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	for (name = strtok_r(copy, "/", &save); name;
	     name = strtok_r(NULL, "/", &save)) {
		ino = tree_lookup(node, rq, name, &child);
		if (!ino)
			return 0;
		node = tree_find(tree, ino, rq);
	}
	return ino;
}

static const struct {
	const char *path, *text;
} paths[] = {
	{ "alpha", "alpha 0 0" },
	{ "beta", "beta 0 0" },
	{ "3/file", "file 3 0" },
	{ "5/file", "file 5 0" },
	{ "4194303/file", "file 4194303 0" },
	{ "3/x3", "# 3 3" },
	{ "4194303/x4194303", "# 4194303 4194303" },
	{ "sub/a", "text\n" },
};

/* A path has an inode number, and the number leads back to the place. */
START_TEST(test_paths)
{
	DECLARE_STRBUF(sb, 64);
	struct tree *tree = make();
	struct tree_req rq, again;
	const struct tree_node *node;
	uint64_t ino;

	ino = walk(tree, paths[_i].path, &rq);
	ck_assert_uint_ne(ino, 0);
	memset(&again, 0xff, sizeof(again));
	node = tree_find(tree, ino, &again);
	ck_assert_ptr_eq(node->entry, again.entry);
	ck_assert_str_eq(again.priv, "priv");
	ck_assert_int_eq(again.entry->show(&again, &sb), 0);
	ck_assert_str_eq(strbuf_str(&sb), paths[_i].text);
	strbuf_release(&sb);
	tree_destroy(tree);
}
END_TEST

static const char *const no_paths[] = {
	"alph", "alphaa", "", "zeta", "sub/c", "4", "03", "3x", "+3", " 3",
	"3/x5", "3/x", "4194304", "99999999999999999999", "-1",
};

START_TEST(test_missing)
{
	struct tree *tree = make();
	struct tree_req rq;

	if (*no_paths[_i])
		ck_assert_uint_eq(walk(tree, no_paths[_i], &rq), 0);
	else
		ck_assert_uint_eq(walk(tree, "", &rq), TREE_ROOT);
	tree_destroy(tree);
}
END_TEST

/* No two places share a number. */
START_TEST(test_unique)
{
	struct tree *tree = make();
	uint64_t ino[TREE_NR(paths)];
	struct tree_req rq;
	unsigned i, j;

	for (i = 0; i < TREE_NR(paths); i++) {
		ino[i] = walk(tree, paths[i].path, &rq);
		for (j = 0; j < i; j++)
			ck_assert_uint_ne(ino[i], ino[j]);
	}
	tree_destroy(tree);
}
END_TEST

static const char *const listing[] = {
	"alpha", "beta", "link", "sub", "3", "5", "4194303",
};

START_TEST(test_listing)
{
	struct tree *tree = make();
	struct tree_cursor c = { .at = 0 };
	const struct tree_node *node;
	struct tree_req rq = { 0 }, child;
	unsigned i = 0;

	node = tree_find(tree, TREE_ROOT, &rq);
	while (tree_readdir(node, &rq, &c)) {
		ck_assert_uint_lt(i, TREE_NR(listing));
		ck_assert_str_eq(c.name, listing[i]);
		ck_assert_uint_eq(c.ino,
				  tree_lookup(node, &rq, c.name, &child));
		i++;
	}
	ck_assert_uint_eq(i, TREE_NR(listing));
	tree_destroy(tree);
}
END_TEST

/* A listing goes on from any place that it has been at. */
START_TEST(test_resume)
{
	struct tree *tree = make();
	const struct tree_node *node;
	struct tree_req rq = { 0 };
	uint64_t at = 0;
	unsigned i;

	node = tree_find(tree, TREE_ROOT, &rq);
	for (i = 0; i < TREE_NR(listing); i++) {
		struct tree_cursor c = { .at = at };

		ck_assert(tree_readdir(node, &rq, &c));
		ck_assert_str_eq(c.name, listing[i]);
		at = c.at;
	}
	tree_destroy(tree);
}
END_TEST

START_TEST(test_parent)
{
	static const struct {
		const char *path, *parent;
	} rows[] = {
		{ "alpha", "" }, { "sub/a", "sub" }, { "3", "" },
		{ "3/file", "3" }, { "4194303/x4194303", "4194303" },
		{ "", "" },
	};
	struct tree *tree = make();
	struct tree_req rq, above;
	unsigned i;

	for (i = 0; i < TREE_NR(rows); i++) {
		uint64_t up = walk(tree, rows[i].parent, &above);
		uint64_t ino = walk(tree, rows[i].path, &rq);

		ck_assert_uint_eq(tree_parent(tree_find(tree, ino, &rq), &rq),
				  up);
	}
	tree_destroy(tree);
}
END_TEST

static void get(const struct tree *tree, const char *path, struct stat *st,
		int want)
{
	struct tree_req rq;
	uint64_t ino = walk(tree, path, &rq);
	const struct tree_node *node = tree_find(tree, ino, &rq);

	ck_assert_int_eq(tree_getattr(tree, node, &rq, st), want);
	ck_assert_uint_eq(st->st_ino, ino);
}

/* Modes from the table, sizes from the rules, owners from the hook; the rules
 * and the hook of a directory hold below it. */
START_TEST(test_attributes)
{
	struct tree *tree = make();
	struct stat st;

	get(tree, "alpha", &st, 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0444);
	ck_assert_uint_eq(st.st_size, 0);
	get(tree, "sub/a", &st, 0);
	ck_assert_uint_eq(st.st_size, 77);
	ck_assert_uint_eq(st.st_blksize, 512);
	get(tree, "sub", &st, 0);
	ck_assert_uint_eq(st.st_nlink, 3);
	get(tree, "sub/b", &st, 0);
	ck_assert_uint_eq(st.st_nlink, 2);
	get(tree, "", &st, 0);
	ck_assert_uint_eq(st.st_nlink, 1); /* as many as there are numbers */
	get(tree, "3", &st, 0);
	ck_assert_uint_eq(st.st_uid, 3);
	get(tree, "3/file", &st, 0);
	ck_assert_uint_eq(st.st_uid, 3);
	get(tree, "5/file", &st, -ENOENT);
	tree_destroy(tree);
}
END_TEST

START_TEST(test_what_may_be_cached)
{
	struct tree *tree = make();
	struct tree_req rq;

	ck_assert(tree_find(tree, walk(tree, "sub", &rq), &rq)->stable);
	ck_assert(tree_find(tree, walk(tree, "sub", &rq), &rq)->fixed);
	ck_assert(!tree_find(tree, TREE_ROOT, &rq)->fixed);
	/* a number may come in the root, and "3" may go unnoticed */
	ck_assert(tree_find(tree, walk(tree, "sub", &rq), &rq)->closed);
	ck_assert(!tree_find(tree, TREE_ROOT, &rq)->closed);
	ck_assert(!tree_find(tree, walk(tree, "3", &rq), &rq)->closed);
	ck_assert(!tree_find(tree, walk(tree, "3", &rq), &rq)->stable);
	ck_assert(!tree_find(tree, walk(tree, "3/file", &rq), &rq)->stable);
	tree_destroy(tree);
}
END_TEST

/* More numbers in a path than an inode number can hold are refused. */
START_TEST(test_too_deep)
{
	static const struct tree_index *const deepest[] = { &x_index };
	static const struct tree_dir third = { TREE_INDEXES(deepest) };
	static const struct tree_index second_index = {
		.entry = { .mode = S_IFDIR | 0555, .dir = &third },
		.find = number_find, .next = number_next,
	};
	static const struct tree_index *const seconds[] = { &second_index };
	static const struct tree_dir second = { TREE_INDEXES(seconds) };
	static const struct tree_index first_index = {
		.entry = { .mode = S_IFDIR | 0555, .dir = &second },
		.find = number_find, .next = number_next,
	};
	static const struct tree_index *const firsts[] = { &first_index };
	static const struct tree_dir first = { TREE_INDEXES(firsts) };
	struct tree *tree = NULL;

	ck_assert_int_eq(tree_create(&tree, &first, NULL), -E2BIG);
	ck_assert_ptr_null(tree);
}
END_TEST

CHECK_MAIN_ROWS("tree", { test_paths, TREE_NR(paths) },
		{ test_missing, TREE_NR(no_paths) }, { test_unique, 0 },
		{ test_listing, 0 }, { test_resume, 0 }, { test_parent, 0 },
		{ test_attributes, 0 }, { test_what_may_be_cached, 0 },
		{ test_too_deep, 0 })
