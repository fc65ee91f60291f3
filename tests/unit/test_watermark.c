/* SPDX-License-Identifier: MIT */
/*
 * test_watermark.c - marks, protections, reserves: to the page.
 *
 * The examples of fact sheet B.7, samples of B.1, B.3, B.8 and B.9, and rows
 * recorded from real 6.12 kernels of one and two nodes, read from
 * data/watermarks.tsv: every mark and every protection of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "memory/watermark.h"

static const int32_t default_ratio[VM_NR_ZONES] = { 256, 256, 32, 0, 0 };

/* One zone of an example: what it has, and what must come out. */
struct zone_example {
	unsigned node;
	enum vm_zone_type type;
	uint64_t managed;
	struct wmarks w;
	uint64_t reserve[VM_NR_ZONES];
	uint64_t counted;
};

struct example {
	const char *name;
	uint64_t min_free_kb, scale, lowmem_pages, totalreserve;
	unsigned nr;
	struct zone_example zone[4];
};

static const struct example examples[] = {
	{ "A", 8102, 10, 1025792, 8922, 3, {
		{ 0, VM_ZONE_DMA, 3840, { 7, 10, 13, 16 },
		  { 0, 2968, 3992, 3992, 3992 }, 3840 },
		{ 0, VM_ZONE_DMA32, 759808, { 1499, 2258, 3017, 3776 },
		  { 0, 0, 1024, 1024, 1024 }, 4041 },
		{ 0, VM_ZONE_NORMAL, 262144, { 517, 779, 1041, 1303 },
		  { 0 }, 1041 },
	} },
	{ "B", 16335, 10, 4169472, 21366, 4, {
		{ 0, VM_ZONE_DMA, 3840, { 3, 6, 9, 12 },
		  { 0, 2960, 8080, 8080, 8080 }, 3840 },
		{ 0, VM_ZONE_DMA32, 757760, { 742, 1499, 2256, 3013 },
		  { 0, 0, 5120, 5120, 5120 }, 7376 },
		{ 0, VM_ZONE_NORMAL, 1310720, { 1283, 2593, 3903, 5213 },
		  { 0 }, 3903 },
		{ 1, VM_ZONE_NORMAL, 2097152, { 2053, 4150, 6247, 8344 },
		  { 0 }, 6247 },
	} },
	{ "B with THP", 90112, 10, 4169472, 42716, 4, {
		{ 0, VM_ZONE_DMA, 3840, { 20, 25, 30, 35 },
		  { 0, 2960, 8080, 8080, 8080 }, 3840 },
		{ 0, VM_ZONE_DMA32, 757760, { 4094, 5117, 6140, 7163 },
		  { 0, 0, 5120, 5120, 5120 }, 11260 },
		{ 0, VM_ZONE_NORMAL, 1310720, { 7081, 8851, 10621, 12391 },
		  { 0 }, 10621 },
		{ 1, VM_ZONE_NORMAL, 2097152,
		  { 11331, 14163, 16995, 19827 }, { 0 }, 16995 },
	} },
	{ "C", 8102, 100, 1025792, 27318, 3, {
		{ 0, VM_ZONE_DMA, 3840, { 7, 45, 83, 121 },
		  { 0, 2968, 3992, 3992, 3992 }, 3840 },
		{ 0, VM_ZONE_DMA32, 759808, { 1499, 9097, 16695, 24293 },
		  { 0, 0, 1024, 1024, 1024 }, 17719 },
		{ 0, VM_ZONE_NORMAL, 262144, { 517, 3138, 5759, 8380 },
		  { 0 }, 5759 },
	} },
	{ "D", 65536, 10, 1812224, 53384, 4, {
		{ 0, VM_ZONE_DMA, 3840, { 34, 42, 50, 58 },
		  { 0, 2968, 7064, 9112, 9112 }, 3840 },
		{ 0, VM_ZONE_DMA32, 759808, { 6869, 8586, 10303, 12020 },
		  { 0, 0, 4096, 6144, 6144 }, 16447 },
		{ 0, VM_ZONE_NORMAL, 1048576, { 9479, 11848, 14217, 16586 },
		  { 0, 0, 0, 16384, 16384 }, 30601 },
		{ 0, VM_ZONE_MOVABLE, 524288, { 128, 1312, 2496, 3680 },
		  { 0 }, 2496 },
	} },
};

#define NR_EXAMPLES (sizeof(examples) / sizeof(examples[0]))

/* The managed pages of one node of an example, by zone. */
static void managed_of(const struct example *e, unsigned node,
		       uint64_t managed[VM_NR_ZONES])
{
	memset(managed, 0, VM_NR_ZONES * sizeof(managed[0]));
	for (unsigned i = 0; i < e->nr; i++)
		if (e->zone[i].node == node)
			managed[e->zone[i].type] = e->zone[i].managed;
}

START_TEST(test_examples)
{
	const struct example *e = &examples[_i];
	uint64_t total = 0;

	for (unsigned i = 0; i < e->nr; i++) {
		const struct zone_example *z = &e->zone[i];
		uint64_t managed[VM_NR_ZONES], reserve[VM_NR_ZONES], counted;
		const struct wmarks w =
			calc_watermarks(e->min_free_kb, e->scale, z->type,
					z->managed, e->lowmem_pages);

		ck_assert_uint_eq(w.min, z->w.min);
		ck_assert_uint_eq(w.low, z->w.low);
		ck_assert_uint_eq(w.high, z->w.high);
		ck_assert_uint_eq(w.promo, z->w.promo);
		managed_of(e, z->node, managed);
		calc_lowmem_reserve(z->type, managed, default_ratio, reserve);
		for (unsigned j = 0; j < VM_NR_ZONES; j++)
			ck_assert_uint_eq(reserve[j], z->reserve[j]);
		counted = calc_zone_reserve(z->type, reserve, w.high,
					    z->managed);
		ck_assert_uint_eq(counted, z->counted);
		total += counted;
	}
	ck_assert_uint_eq(total, e->totalreserve);
}
END_TEST

START_TEST(test_min_free_kbytes)
{
	static const struct {
		uint64_t lowmem_kb, min_free_kb;
	} v[] = {
		{ 16 << 10, 512 },
		{ 1 << 20, 4096 },
		{ 4 << 20, 8192 },
		{ 16 << 20, 16384 },
		{ 64 << 20, 32768 },
		{ 4103168, 8102 },  /* example A */
		{ 16677888, 16335 }, /* example B */
		{ 0, 128 },
		{ 1023, 128 },
		{ 1024, 128 },
		{ 1041, 129 },
		{ 4ull << 30, 262144 }, /* the cap is met */
		{ (4ull << 30) - 1, 262143 },
		{ 64ull << 30, 262144 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		ck_assert_uint_eq(calc_min_free_kbytes(v[i].lowmem_kb),
				  v[i].min_free_kb);
}
END_TEST

START_TEST(test_thp_correction)
{
	/* as seen live: 2, 3, 4 zones with memory to spare */
	ck_assert_uint_eq(calc_thp_min_free_kbytes(8102, 2, 1 << 24), 45056);
	ck_assert_uint_eq(calc_thp_min_free_kbytes(8102, 3, 1 << 24), 67584);
	ck_assert_uint_eq(calc_thp_min_free_kbytes(8102, 4, 1 << 24), 90112);
	/* 5 % of what there is */
	ck_assert_uint_eq(calc_thp_min_free_kbytes(100, 4, 242400), 48480);
	/* what is larger already stays */
	ck_assert_uint_eq(calc_thp_min_free_kbytes(45057, 2, 1 << 24), 45057);
}
END_TEST

START_TEST(test_boost)
{
	/* a zone of less than four blocks is left alone */
	ck_assert_uint_eq(calc_boost(0, 1000, 15000, 2047), 0);
	ck_assert_uint_eq(calc_boost(0, 1000, 15000, 2048), 512);
	/* recorded: 512, 1024, then one and a half of high */
	ck_assert_uint_eq(calc_boost(0, 979, 15000, 115000), 512);
	ck_assert_uint_eq(calc_boost(512, 979, 15000, 115000), 1024);
	ck_assert_uint_eq(calc_boost(1024, 979, 15000, 115000), 1468);
	ck_assert_uint_eq(calc_boost(1468, 979, 15000, 115000), 1468);
	/* the limit is a block at least */
	ck_assert_uint_eq(calc_boost(0, 10, 15000, 115000), 512);
	ck_assert_uint_eq(calc_boost(512, 10, 15000, 115000), 512);
	/* no factor, no high: no boost */
	ck_assert_uint_eq(calc_boost(512, 979, 0, 115000), 512);
	ck_assert_uint_eq(calc_boost(0, 0, 15000, 115000), 0);
}
END_TEST

/* What is held back is the largest protection, wherever it stands. */
START_TEST(test_zone_reserve)
{
	static const uint64_t rows[][VM_NR_ZONES] = {
		{ 0, 0, 70, 70, 70 }, { 0, 70, 30, 0, 0 }, { 0, 10, 70, 5, 1 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(
			calc_zone_reserve(VM_ZONE_DMA, rows[i], 30, 1000),
			100);
		ck_assert_uint_eq(
			calc_zone_reserve(VM_ZONE_DMA, rows[i], 30, 99), 99);
	}
	/* columns below the zone's own are nobody's */
	ck_assert_uint_eq(calc_zone_reserve(VM_ZONE_NORMAL, rows[1], 30, 1000),
			  60);
}
END_TEST

START_TEST(test_pcp)
{
	static const struct {
		uint64_t managed;
		uint32_t batch;
	} v[] = {
		{ 0, 1 },      { 3840, 1 },	 { 8191, 1 },
		{ 32768, 7 },  { 65536, 15 },	 { 131072, 31 },
		{ 262143, 63 }, { 262144, 63 }, { 1u << 28, 63 },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		ck_assert_uint_eq(calc_pcp_batch(v[i].managed), v[i].batch);
	/* recorded on two CPUs of a node: managed 243,776, low 13,860 */
	ck_assert_uint_eq(calc_pcp_high(243776, 13860, 2, 0), 6930);
	ck_assert_uint_eq(calc_pcp_high(243776, 13860, 2, 8), 15236);
	ck_assert_uint_eq(calc_pcp_high(243776, 13860, 2, 100), 1218);
	/* low / 2 is 15,382, but the eighth of the zone wins */
	ck_assert_uint_eq(calc_pcp_high(243776, 30764, 2, 0), 15236);
	/* never below four batches; a node without CPUs counts as one */
	ck_assert_uint_eq(calc_pcp_high(3840, 107, 0, 0), 107);
	ck_assert_uint_eq(calc_pcp_high(262144, 10, 4, 0), 252);
}
END_TEST

START_TEST(test_thresholds)
{
	/* 2 * fls(cpus) * (1 + fls(128 MiB units)), at most 125 */
	ck_assert_uint_eq(calc_stat_threshold(3840, 2), 4);
	ck_assert_uint_eq(calc_stat_threshold(32768, 1), 4);
	ck_assert_uint_eq(calc_stat_threshold(502334, 2), 20);
	ck_assert_uint_eq(calc_stat_threshold(1u << 28, 256), 125);
	ck_assert_uint_eq(calc_pressure_threshold(816, 653, 2), 81);
	ck_assert_uint_eq(calc_pressure_threshold(816, 653, 1), 125);
	ck_assert_uint_eq(calc_pressure_threshold(10, 10, 4), 1);
}
END_TEST

/* --- recorded rows --- */

#define MAX_ROWS 512

struct row {
	char guest[32], name[32], zone[16];
	unsigned node, type;
	uint64_t min_free_kb, scale, managed, boost;
	int32_t ratio[VM_NR_ZONES];
	struct wmarks w;
	uint64_t protection[VM_NR_ZONES];
};

static struct row rows[MAX_ROWS];
static unsigned nr_rows;

static unsigned type_of(const char *zone)
{
	static const char *const name[VM_NR_ZONES] = { "DMA", "DMA32",
						       "Normal", "Movable",
						       "Device" };

	for (unsigned i = 0; i < VM_NR_ZONES; i++)
		if (!strcmp(zone, name[i]))
			return i;
	ck_abort_msg("zone %s", zone);
	return 0;
}

static void parse_row(const char *line, struct row *r)
{
	uint64_t spanned, present, free;
	int n = sscanf(line,
		       "%31[^\t]\t%31[^\t]\t%" SCNu64 "\t%" SCNu64
		       "\t%d %d %d %d %d\t%u\t%15[^\t]\t%" SCNu64 "\t%" SCNu64
		       "\t%" SCNu64 "\t%" SCNu64 "\t%" SCNu64 "\t%" SCNu64
		       "\t%" SCNu64 "\t%" SCNu64 "\t%" SCNu64
		       "\t(%" SCNu64 ", %" SCNu64 ", %" SCNu64 ", %" SCNu64
		       ", %" SCNu64 ")",
		       r->guest, r->name, &r->min_free_kb, &r->scale,
		       &r->ratio[0], &r->ratio[1], &r->ratio[2], &r->ratio[3],
		       &r->ratio[4], &r->node, r->zone, &spanned, &present,
		       &r->managed, &free, &r->boost, &r->w.min, &r->w.low,
		       &r->w.high, &r->w.promo, &r->protection[0],
		       &r->protection[1], &r->protection[2],
		       &r->protection[3], &r->protection[4]);

	ck_assert_msg(n == 25, "%d fields in: %s", n, line);
	r->type = type_of(r->zone);
}

static void read_rows(void)
{
	const char *tests = getenv("TESTS");
	char path[4096], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/unit/data/watermarks.tsv",
		 tests ? tests : "tests");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	ck_assert(fgets(line, sizeof(line), f) != NULL); /* the headings */
	while (fgets(line, sizeof(line), f)) {
		ck_assert_uint_lt(nr_rows, MAX_ROWS);
		parse_row(line, &rows[nr_rows++]);
	}
	fclose(f);
}

static bool same_case(const struct row *a, const struct row *b)
{
	return !strcmp(a->guest, b->guest) && !strcmp(a->name, b->name);
}

/* Pages of all zones but Movable, and of the zones of one node. */
static uint64_t collect(const struct row *of, uint64_t managed[VM_NR_ZONES])
{
	uint64_t lowmem = 0;

	memset(managed, 0, VM_NR_ZONES * sizeof(managed[0]));
	for (unsigned i = 0; i < nr_rows; i++) {
		if (!same_case(&rows[i], of))
			continue;
		if (rows[i].type != VM_ZONE_MOVABLE)
			lowmem += rows[i].managed;
		if (rows[i].node == of->node)
			managed[rows[i].type] = rows[i].managed;
	}
	return lowmem;
}

START_TEST(test_recorded)
{
	read_rows();
	ck_assert_uint_ge(nr_rows, 100);
	for (unsigned i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];
		uint64_t managed[VM_NR_ZONES], reserve[VM_NR_ZONES];
		const uint64_t lowmem = collect(r, managed);
		const struct wmarks w =
			calc_watermarks(r->min_free_kb, r->scale, r->type,
					r->managed, lowmem);

		/* marks are printed with the boost */
		ck_assert_uint_eq(w.min + r->boost, r->w.min);
		ck_assert_uint_eq(w.low + r->boost, r->w.low);
		ck_assert_uint_eq(w.high + r->boost, r->w.high);
		ck_assert_uint_eq(w.promo + r->boost, r->w.promo);
		calc_lowmem_reserve(r->type, managed, r->ratio, reserve);
		for (unsigned j = 0; j < VM_NR_ZONES; j++)
			ck_assert_uint_eq(reserve[j], r->protection[j]);
	}
}
END_TEST

CHECK_MAIN_ROWS("watermark", { test_examples, NR_EXAMPLES },
		{ test_min_free_kbytes, 0 }, { test_thp_correction, 0 },
		{ test_boost, 0 }, { test_zone_reserve, 0 }, { test_pcp, 0 },
		{ test_thresholds, 0 }, { test_recorded, 0 })
