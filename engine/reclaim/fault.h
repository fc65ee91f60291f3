/* SPDX-License-Identifier: MIT */
/*
 * fault.h - what a task does to memory, page by page.
 *
 * One access - a touch of an area, a page of a read() or write() - is a
 * struct access that is stepped like an allocation: it may have to allocate,
 * reclaim, wait for a disk or be throttled on the way, and the task waits in
 * between.  mm/memory.c:handle_mm_fault and mm/filemap.c are the models.
 *
 * Locking: the world's lock.
 */
#ifndef ENGINE_RECLAIM_FAULT_H
#define ENGINE_RECLAIM_FAULT_H

#include "memory/state.h"
#include "reclaim/page_alloc.h"
#include "reclaim/readahead.h"
#include "reclaim/swap.h"

enum access_kind {
	ACCESS_TOUCH, /* load or store in an area */
	ACCESS_READ,  /* a page of read() */
	ACCESS_WRITE, /* a page of write() */
};

enum access_stage {
	ACCESS_START,
	ACCESS_TABLE, /* allocating a page-table page */
	ACCESS_NODE,  /* allocating a node of the file's index */
	ACCESS_PAGE,  /* allocating the page */
	ACCESS_READAHEAD, /* allocating the next page of the window */
	ACCESS_SWAP,   /* about to read a window of swap */
	ACCESS_SWAPIN, /* allocating the next page of that */
	ACCESS_IO,    /* waiting for the disk */
	ACCESS_MAP,
	ACCESS_DIRTY, /* balance_dirty_pages */
};

struct access {
	enum access_kind kind;
	bool write;
	struct vma *vma;   /* TOUCH */
	struct file *file; /* READ, WRITE */
	uint64_t index;	   /* page of the area or file */
	enum access_stage stage;
	bool major;
	bool failed;	   /* ACCESS_IO: what it waits for cannot be read */
	/*
	 * It has read a window.  Room for that may have been made by taking
	 * the very page that is wanted: then this one alone is read, or it
	 * might go on for ever.
	 */
	bool windowed;
	uint64_t until_ns; /* ACCESS_IO, throttled: asleep until then */
	uint64_t cost_ns;  /* system time of the last step */
	uint64_t slept_ns; /* asleep since then; 0: was not */
	struct alloc_context alloc;
	union { /* to be read */
		struct ra_window window; /* of the file */
		struct swap_window swap; /* SWAP, SWAPIN */
	};
};

/* Is a->alloc in hand? */
static inline bool access_allocates(const struct access *a)
{
	return a->stage == ACCESS_TABLE || a->stage == ACCESS_NODE ||
	       a->stage == ACCESS_PAGE || a->stage == ACCESS_READAHEAD ||
	       a->stage == ACCESS_SWAPIN;
}

/*
 * SIGKILL ends an access, but for a request for pages of an OOM victim: that
 * goes on, with its reserve (B.6), until it is met or fails, with a report.
 */
static inline bool access_outlives_kill(const struct task *t,
					const struct access *a)
{
	return t->flags & TF_MEMDIE && access_allocates(a);
}

/* What a task is in the middle of: one access, or its exit. */
struct task_exec {
	struct access access;
	bool busy; /* access has been begun and is not through */
	/* exit_mmap_step(): how far */
	uint32_t exit_vma;
	uint64_t exit_index;
};

enum access_result {
	ACCESS_DONE,
	ACCESS_AGAIN, /* after the cost has been paid */
	ACCESS_SLEEP, /* in state D until until_ns, or woken */
	ACCESS_EIO,   /* not to be read: read() says so, a touch is SIGBUS */
	ACCESS_OOM,   /* no memory to be had: the task gets SIGKILL */
};

/*
 * The fast path: the page is there and mapped; sets the accessed bit (and
 * dirty).  False: begin an access.  The first write to a clean page of a
 * shared mapping is a fault of its own: the page becomes dirty.
 */
static inline bool touch_page(struct vma *vma, uint64_t index, bool write)
{
	uint32_t *pte = &vma->pte[index];

	if (!(*pte & PTE_PRESENT))
		return false;
	if (write && vma->file && !(*pte & PTE_DIRTY))
		return false;
	*pte |= write ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;
	return true;
}

/* What a touch of @pfn costs from @nid: more, the farther it is. */
static inline uint64_t touch_cost(const struct vm *vm, int nid, uint32_t pfn)
{
	const struct vm_costs *c = &vm->conf.cost;
	unsigned d = vm->conf.node[nid].distance[page_zone(vm, pfn)->nid];

	if (d <= VM_MIN_DISTANCE || c->remote_percent <= 100)
		return c->touch_ns;
	return c->touch_ns *
	       (100 + (c->remote_percent - 100) * (d - 10) / 10) / 100;
}

/*
 * access_begin(): kind, write, vma or file, and index have been filled in.
 * access_step(): on ACCESS_SLEEP the task's state has been set; step again
 * when it has been woken.  Counts faults, fills in the task's figures.
 */
void access_begin(struct vm *vm, struct task *t, struct access *a);
enum access_result access_step(struct vm *vm, struct task *t,
			       struct access *a);
/* The task was killed in the middle: let go of what it holds. */
void access_abort(struct vm *vm, struct task *t, struct access *a);

/* Unmap and free pages [@from, @to) of an area; cost in ns. */
uint64_t zap_pages(struct vm *vm, struct vma *vma, uint64_t from, uint64_t to);

/* mlock the first @pages of @vma; present ones leave their LRU list. */
void mlock_pages(struct vm *vm, struct vma *vma, uint64_t pages);

/*
 * Free the next part of a dying task's memory, bounded.  True: all of it is
 * gone.  @cost_ns: what it took.
 */
bool exit_mmap_step(struct vm *vm, struct task *t, uint64_t *cost_ns);

/* Drop a page's reference from its cache and free it (truncate). */
void remove_file_pages(struct vm *vm, struct file *f, uint64_t from);

#endif
