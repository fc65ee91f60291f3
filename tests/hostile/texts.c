/* SPDX-License-Identifier: MIT */
/*
 * texts.c - what must hold in a text that was read from a mount (texts.h).
 *
 * Called by clients.c.  A file is found by the end of its path; what is not
 * found is only looked at as lines.  No state, no locks.
 */
#include "texts.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_ORDERS      11
#define NR_STAT_FIELDS 52

bool text_of_lines(const char *path)
{
	static const char *const not_so[] = {
		"/cmdline", "/environ", "/auxv", "/comm", "kmsg", "/spawn",
		"/events", "/trace_pipe", "/latency", "/uevent",
		"/wchan", "/loginuid", "/sessionid",
	};
	size_t i;

	for (i = 0; i < sizeof(not_so) / sizeof(not_so[0]); i++)
		if (strstr(path, not_so[i]))
			return false;
	return !strncmp(path, "/proc/", 6) ||
	       !strncmp(path, "/sys/devices/", 13);
}

/*
 * The number that follows @name, which begins a line after @prefix; false if
 * there is no such line or no number.
 */
static bool find(const char *text, const char *prefix, const char *name,
		 uint64_t *v)
{
	size_t len = strlen(name), skip = strlen(prefix);
	const char *line = text;

	while (line && *line) {
		if (!strncmp(line, prefix, skip) &&
		    !strncmp(line + skip, name, len) &&
		    sscanf(line + skip + len, "%" SCNu64, v) == 1)
			return true;
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return false;
}

struct sum {
	const char *whole, *a, *b; /* with what ends a name; b may be "" */
};

/* Is each whole the sum of its parts? */
static const char *sums(const char *text, const char *prefix,
			const struct sum *sum, size_t nr)
{
	uint64_t whole, a, b;

	for (; nr; nr--, sum++) {
		b = 0;
		if (!find(text, prefix, sum->whole, &whole) ||
		    !find(text, prefix, sum->a, &a) ||
		    (*sum->b && !find(text, prefix, sum->b, &b)))
			return "a line of a sum is missing";
		if (whole != a + b)
			return sum->whole;
	}
	return NULL;
}

#define SUMS(text, prefix, s)                                                  \
	sums(text, prefix, s, sizeof(s) / sizeof((s)[0]))

static const struct sum memory_sums[] = {
	{ "Active:", "Active(anon):", "Active(file):" },
	{ "Inactive:", "Inactive(anon):", "Inactive(file):" },
	{ "Slab:", "SReclaimable:", "SUnreclaim:" },
};

static const char *meminfo(const char *text)
{
	uint64_t total, free, swap, swap_free;

	if (!find(text, "", "MemTotal:", &total) ||
	    !find(text, "", "MemFree:", &free) ||
	    !find(text, "", "SwapTotal:", &swap) ||
	    !find(text, "", "SwapFree:", &swap_free))
		return "a line is missing";
	if (free > total || swap_free > swap)
		return "more is free than there is";
	return SUMS(text, "", memory_sums);
}

static const char *node_meminfo(const char *text)
{
	static const struct sum own[] = {
		{ "MemTotal:", "MemFree:", "MemUsed:" },
	};
	char prefix[32];
	unsigned nid;
	const char *why;

	if (sscanf(text, "Node %u ", &nid) != 1)
		return "it does not begin with its node";
	snprintf(prefix, sizeof(prefix), "Node %u ", nid);
	why = SUMS(text, prefix, memory_sums);
	return why ? why : SUMS(text, prefix, own);
}

static const char *vmstat(const char *text)
{
	static const struct sum vm[] = {
		{ "nr_inactive_anon ", "nr_zone_inactive_anon ", "" },
		{ "nr_active_anon ", "nr_zone_active_anon ", "" },
		{ "nr_inactive_file ", "nr_zone_inactive_file ", "" },
		{ "nr_active_file ", "nr_zone_active_file ", "" },
		{ "nr_unevictable ", "nr_zone_unevictable ", "" },
		{ "nr_zone_write_pending ", "nr_dirty ", "nr_writeback " },
	};
	uint64_t a, b, c, d;
	unsigned i;
	static const char *const names[] = { "pgscan", "pgsteal" };
	char name[4][32];

	for (i = 0; i < 2; i++) {
		snprintf(name[0], sizeof(name[0]), "%s_kswapd ", names[i]);
		snprintf(name[1], sizeof(name[1]), "%s_direct ", names[i]);
		snprintf(name[2], sizeof(name[2]), "%s_anon ", names[i]);
		snprintf(name[3], sizeof(name[3]), "%s_file ", names[i]);
		if (!find(text, "", name[0], &a) ||
		    !find(text, "", name[1], &b) ||
		    !find(text, "", name[2], &c) ||
		    !find(text, "", name[3], &d))
			return "a counter of reclaim is missing";
		if (a + b != c + d)
			return names[i];
	}
	return SUMS(text, "", vm);
}

static const char *status(const char *text)
{
	uint64_t rss, anon, file, shmem;

	if (!find(text, "", "Pid:", &rss))
		return "no pid";
	if (!find(text, "", "VmRSS:", &rss))
		return NULL; /* a kernel thread, or a zombie */
	if (!find(text, "", "RssAnon:", &anon) ||
	    !find(text, "", "RssFile:", &file) ||
	    !find(text, "", "RssShmem:", &shmem))
		return "a line is missing";
	return rss == anon + file + shmem ? NULL : "VmRSS";
}

static const char *statm(const char *text)
{
	uint64_t size, rss, shared;
	int end = 0;

	if (sscanf(text,
		   "%" SCNu64 " %" SCNu64 " %" SCNu64
		   " %*u %*u %*u %*u\n%n",
		   &size, &rss, &shared, &end) != 3 ||
	    !end || text[end])
		return "not seven numbers";
	return rss <= size && shared <= rss ? NULL : "more resident than all";
}

static const char *stat_line(const char *text)
{
	const char *at = strrchr(text, ')');
	unsigned fields = 2;

	for (; at && *at; at++)
		fields += *at == ' ';
	return at && fields == NR_STAT_FIELDS ? NULL : "not 52 fields";
}

static const char *buddyinfo(const char *text)
{
	const char *line = text, *at;
	int zone, i;
	char *end;

	while (*line) {
		zone = 0;
		at = strstr(line, "zone");
		if (strncmp(line, "Node ", 5) || !at ||
		    sscanf(at, "zone %*s%n", &zone) < 0 || !zone)
			return "not a line of a zone";
		at += zone;
		for (i = 0; i < NR_ORDERS; i++, at = end) {
			strtoull(at, &end, 10);
			if (end == at)
				return "not eleven orders";
		}
		at += strspn(at, " ");
		if (*at != '\n')
			return "more than eleven orders";
		line = at + 1;
	}
	return NULL;
}

static const char *pressure(const char *text)
{
	static const char *const kind[] = { "some", "full" };
	double avg[3];
	uint64_t total[2];
	int i, end;

	for (i = 0; i < 2; i++, text += end) {
		end = 0;
		if (strncmp(text, kind[i], 4) ||
		    sscanf(text + 4,
			   " avg10=%lf avg60=%lf avg300=%lf total=%" SCNu64
			   "%n",
			   &avg[0], &avg[1], &avg[2], &total[i], &end) != 4 ||
		    text[4 + end] != '\n')
			return "not a line of pressure";
		end += 5;
		if (avg[0] > 100 || avg[1] > 100 || avg[2] > 100)
			return "more than all the time";
	}
	if (*text)
		return "more than two lines";
	return total[1] <= total[0] ? NULL : "all stalled for longer than some";
}

static const struct known {
	const char *path; /* what it begins with, up to a '*', and ends with */
	const char *(*wrong)(const char *text);
} known[] = {
	{ "/proc/meminfo", meminfo },
	{ "/proc/vmstat", vmstat },
	{ "/proc/buddyinfo", buddyinfo },
	{ "/proc/pressure/*", pressure },
	{ "/sys/devices/system/node/node*/meminfo", node_meminfo },
	{ "/proc/*/status", status },
	{ "/proc/*/statm", statm },
	{ "/proc/*/stat", stat_line },
};

static bool is_path(const char *path, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	size_t head, tail, len = strlen(path);

	if (!star)
		return !strcmp(path, pattern);
	head = (size_t)(star - pattern);
	tail = strlen(star + 1);
	return len > head + tail && !strncmp(path, pattern, head) &&
	       !strcmp(path + len - tail, star + 1);
}

const char *text_wrong(const char *path, const char *text, size_t len)
{
	size_t i;

	if (!len)
		return NULL; /* of a task that is gone, or an empty list */
	if (text[len - 1] != '\n')
		return "ends in the middle of a line";
	if (strlen(text) != len)
		return "a byte that no text has";
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_path(path, known[i].path))
			return known[i].wrong(text);
	return NULL;
}
