/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the files of /sys that memory tools read (fact sheet J.8).
 *
 *	devices/system/node	node.c		the nodes, their counters
 *	devices/system/cpu	cpu.c		which CPUs, on which node
 *	kernel/mm		kernel_mm.c	huge pages, KSM, swap, MGLRU
 *	block			block.c		the simulated disks
 *	kernel/tracing		tracing.c	reclaim events (tracing.h)
 *
 * Names, modes and sizes are the recorded trees'.  In /sys nobody overrides
 * the mode bits: root cannot open what he may not read (J).
 *
 * A knob without a model (struct mm_ctl) keeps what is written to it, in
 * struct mm_state, and refuses what Linux refuses.
 *
 * Errors: -EINVAL for what does not parse.  Locking: handlers only, session's
 * lock.
 */
#ifndef SYS_SYS_H
#define SYS_SYS_H

#include "fs/vfs/pack.h"
#include "fs/vfs/tree.h"

struct vm_stat;

/* root.c: MNT/sys. */
extern const struct tree_dir sys_dir;

extern const struct tree_dir sys_node_dir;
extern const struct tree_dir sys_cpu_dir;
extern const struct tree_dir sys_block_dir;
extern const struct tree_dir sys_mm_dir;

/* The files that every device has. */
extern const struct tree_dir sys_power_dir;

/* tree_index's find and next: a name "nodeN" for every node. */
int64_t sys_node_find(const struct tree_req *dir, const char *name);
int64_t sys_node_next(const struct tree_req *dir, uint32_t from,
		      char name[TREE_NAME_LEN]);

/* CPUs of node @nid (-1: of all) as a bit mask. */
void sys_cpu_mask(const struct vm_stat *s, int nid, uint64_t *mask);

/* "0-3\n" and "f\n" of a CPU mask. */
void put_cpu_list(struct strbuf *sb, const struct vm_stat *s,
		  const uint64_t *mask);
void put_cpu_map(struct strbuf *sb, const struct vm_stat *s,
		 const uint64_t *mask);

/*
 * The one unsigned number that @text holds, a newline behind it is fine
 * (lib/kstrtox.c:kstrtoul): base by prefix, or decimal whatever it begins
 * with.  0, -EINVAL or -ERANGE.  Pure.
 */
int sys_parse_u64(const char *text, size_t len, uint64_t *value);
int sys_parse_decimal(const char *text, size_t len, uint64_t *value);

/* What a knob of kernel/mm takes. */
struct machine_fs;

struct mm_ctl {
	/* Words to choose from, one chosen, "always [madvise] never"; or NULL
	 * for a number. */
	const char *const *words;
	uint64_t def; /* the number, or which word */
	uint64_t max;
	bool boolean; /* reads true or false, takes what kstrtobool takes */
	bool any_base; /* 0x10 and 010 are numbers as well */
	/* The default where it is the machine's, instead of def; or NULL. */
	uint64_t (*def_of)(const struct vm_stat *s);
	/* What a write does beside; NULL for nothing. */
	void (*changed)(struct machine_fs *mf, uint64_t value);
};

struct mm_state;

int mm_state_create(struct mm_state **sp);
void mm_state_destroy(struct mm_state *s);

/* Save it, or load into a new one. */
void mm_state_pack(struct mm_state *s, struct pack *p);

/* Show and store of an entry whose data is a struct mm_ctl. */
tree_show mm_ctl_show;
tree_store mm_ctl_store;

/*
 * Store of the pool of 1 GiB pages: a number is taken, and none is found (or
 * is there to be demoted).
 */
tree_store sys_huge_1g_store;

/* The value that the knob of @rq has now. */
uint64_t mm_ctl_value(const struct tree_req *rq);

#endif
