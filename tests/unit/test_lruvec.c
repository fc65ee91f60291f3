/* SPDX-License-Identifier: MIT */
/*
 * test_lruvec.c - the queues of pfns keep the order of a linked list, give
 * holes back, and say where each page is.
 */
#include "check_main.h"

#include <string.h>

#include "memory/lruvec.h"
#include "world/prng.h"

#define PAGES 4096u
#define LRU   VM_LRU_INACTIVE_FILE

static struct lruvec lv;
static uint32_t pos[PAGES];

static void setup(void)
{
	/* roomy: nobody fills holes here as lru_del() does */
	ck_assert_int_eq(lruvec_init(&lv, 16 * PAGES), 0);
}

static void push_head(uint32_t pfn)
{
	pos[pfn] = lru_queue_push_head(&lv, LRU, pfn);
}

static uint32_t pop_tail(void)
{
	uint32_t pfn = lru_queue_tail(&lv, LRU);

	if (pfn != PFN_NONE)
		lru_queue_remove(&lv, LRU, pos[pfn]);
	return pfn;
}

START_TEST(test_fifo)
{
	setup();
	ck_assert_uint_eq(lru_queue_tail(&lv, LRU), PFN_NONE);
	for (uint32_t p = 0; p < PAGES; p++)
		push_head(p);
	ck_assert_uint_eq(lv.list[LRU].nr, PAGES);
	for (uint32_t p = 0; p < PAGES; p++)
		ck_assert_uint_eq(pop_tail(), p);
	ck_assert_uint_eq(pop_tail(), PFN_NONE);
	ck_assert_uint_eq(lv.list[LRU].nr_chunks, 0);
	lruvec_fini(&lv);
}
END_TEST

START_TEST(test_tail_end)
{
	setup();
	push_head(1);
	pos[2] = lru_queue_push_tail(&lv, LRU, 2);
	pos[3] = lru_queue_push_tail(&lv, LRU, 3);
	push_head(0);
	ck_assert_uint_eq(pop_tail(), 3);
	ck_assert_uint_eq(pop_tail(), 2);
	ck_assert_uint_eq(pop_tail(), 1);
	ck_assert_uint_eq(pop_tail(), 0);
	lruvec_fini(&lv);
}
END_TEST

/* A chunk whose pages have all left is free again, wherever it stands. */
START_TEST(test_holes)
{
	uint32_t used;

	setup();
	for (uint32_t p = 0; p < 4 * LRU_CHUNK_PAGES; p++)
		push_head(p);
	used = lv.nr_chunks;
	for (uint32_t p = LRU_CHUNK_PAGES; p < 2 * LRU_CHUNK_PAGES; p++)
		lru_queue_remove(&lv, LRU, pos[p]);
	ck_assert_uint_eq(lv.list[LRU].nr_chunks, 3);
	for (uint32_t p = LRU_CHUNK_PAGES; p < 2 * LRU_CHUNK_PAGES; p++)
		push_head(p);
	ck_assert_uint_eq(lv.nr_chunks, used);
	for (uint32_t p = 0; p < LRU_CHUNK_PAGES; p++)
		ck_assert_uint_eq(pop_tail(), p);
	ck_assert_uint_eq(pop_tail(), 2 * LRU_CHUNK_PAGES);
	lruvec_fini(&lv);
}
END_TEST

/* The plain model: an array, [0] is the tail. */
static uint32_t model[PAGES];
static unsigned nr_model;

static void model_remove(unsigned i)
{
	memmove(&model[i], &model[i + 1],
		(nr_model - i - 1) * sizeof(model[0]));
	nr_model--;
}

static void model_insert(unsigned i, uint32_t pfn)
{
	memmove(&model[i + 1], &model[i], (nr_model - i) * sizeof(model[0]));
	model[i] = pfn;
	nr_model++;
}

static void compare(void *arg, uint32_t pfn, uint32_t at)
{
	unsigned *left = arg;

	ck_assert_uint_eq(pfn, model[--*left]);
	ck_assert_uint_eq(at, pos[pfn]);
}

/* Anything, for long: the order stays that of the model. */
START_TEST(test_against_model)
{
	uint32_t next = 0;
	struct prng rng;

	setup();
	prng_init(&rng, 7, 1);
	nr_model = 0;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t what = prng_below(&rng, 10);
		unsigned left, at;

		if (nr_model && (what < 4 || next == PAGES)) {
			at = (unsigned)prng_below(&rng, nr_model);
			lru_queue_remove(&lv, LRU, pos[model[at]]);
			if (what & 1) {
				push_head(model[at]);
				model_insert(nr_model, model[at]);
			} else {
				pos[model[at]] = lru_queue_push_tail(
					&lv, LRU, model[at]);
				model_insert(0, model[at]);
				at++;
			}
			model_remove(at);
		} else if (nr_model && what < 5) {
			ck_assert_uint_eq(pop_tail(), model[0]);
			model_remove(0);
		} else if (next < PAGES) {
			push_head(next);
			model_insert(nr_model, next++);
		}
		ck_assert_uint_eq(lv.list[LRU].nr, nr_model);
		if (i % 1000)
			continue;
		left = nr_model;
		lru_for_each(&lv, LRU, compare, &left);
		ck_assert_uint_eq(left, 0);
	}
	lruvec_fini(&lv);
}
END_TEST

CHECK_MAIN("lruvec", test_fifo, test_tail_end, test_holes, test_against_model)
