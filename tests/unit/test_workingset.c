/* SPDX-License-Identifier: MIT */
/*
 * test_workingset.c - what a shadow entry keeps, and what it must lose.
 */
#include "check_main.h"

#include "reclaim/workingset.h"

static const struct {
	unsigned nid;
	bool workingset;
	uint64_t age;
	unsigned order;
} shadows[] = {
	{ 0, false, 0, 0 },
	{ 1, true, 1, 0 },
	{ 15, true, (1u << 26) - 1, 0 },
	{ 7, false, 12345678, 0 },
	{ 3, true, 8 * 1234567, 3 },
};

START_TEST(test_roundtrip)
{
	uint32_t s = shadow_pack(shadows[_i].nid, shadows[_i].workingset,
				 shadows[_i].age, shadows[_i].order);
	bool workingset;
	unsigned nid;
	uint64_t age;

	ck_assert(s & SHADOW_BIT);
	shadow_unpack(s, shadows[_i].order, &nid, &workingset, &age);
	ck_assert_uint_eq(nid, shadows[_i].nid);
	ck_assert_int_eq(workingset, shadows[_i].workingset);
	ck_assert_uint_eq(age, shadows[_i].age);
}
END_TEST

/* A large machine keeps its ages in coarse units: rounded down, not cut. */
START_TEST(test_coarse)
{
	bool workingset;
	unsigned nid;
	uint64_t age;

	shadow_unpack(shadow_pack(2, false, 1003, 2), 2, &nid, &workingset,
		      &age);
	ck_assert_uint_eq(age, 1000);
	shadow_unpack(shadow_pack(2, false, (1ull << 26) + 5, 0), 0, &nid,
		      &workingset, &age);
	ck_assert_uint_eq(age, 5);
}
END_TEST

CHECK_MAIN_ROWS("workingset", { test_roundtrip, 5 }, { test_coarse, 0 })
