/* SPDX-License-Identifier: MIT */
/*
 * test_replay_log.c - logs that are not what `--events` wrote.
 *
 * A good log is read; then one thing in it is made wrong, and it is refused
 * with the number of the line and a word about it.  After that every line is
 * left out, cut short and spoilt in every byte: whatever comes of it, it is
 * a log or a message, and under the sanitizers nothing more.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fault.h"
#include "fs/cli/cmd.h"
#include "fs/cli/replay_log.h"

#define LOG_SIZE 4096

/* One of everything. */
static const char *const good[] = {
	"{\"seq\":0,\"time_ns\":0,\"event\":\"machine\",\"version\":\"1\","
	"\"clock\":\"virtual\",\"text\":\"seed = 1;\"}",
	"{\"seq\":1,\"time_ns\":0,\"step\":3,\"event\":\"write\",\"op\":1,"
	"\"path\":\"/proc/sys/vm/swappiness\",\"offset\":0,\"uid\":0,"
	"\"gid\":0,\"opener\":7,\"text\":\"7\\u00ff\\n\"}",
	"{\"seq\":2,\"time_ns\":0,\"step\":3,\"event\":\"done\",\"op\":1,"
	"\"result\":2,\"comm\":\"sh\",\"caps\":\"1f\"}",
	"{\"seq\":3,\"time_ns\":5,\"step\":4,\"event\":\"read\",\"op\":2,"
	"\"path\":\"/proc/kmsg\",\"offset\":0,\"uid\":0,\"gid\":0,"
	"\"self\":true,\"size\":100}",
	"{\"seq\":4,\"time_ns\":5,\"step\":4,\"event\":\"done\",\"op\":2,"
	"\"result\":-11}",
	"{\"seq\":5,\"time_ns\":5,\"event\":\"kswapd_wake\",\"nid\":0}",
	"{\"seq\":6,\"time_ns\":6,\"event\":\"swapon\",\"op\":3,\"area\":0,"
	"\"priority\":-1}",
	"{\"seq\":7,\"time_ns\":6,\"event\":\"swapon\",\"cpu\":0,\"pid\":0,"
	"\"path\":\"/dev/sda2\",\"pages\":9,\"priority\":-2}",
	"{\"seq\":8,\"time_ns\":6,\"event\":\"done\",\"op\":3,\"result\":0}",
};

#define NR_GOOD (sizeof(good) / sizeof(good[0]))

static char path[] = "/tmp/replay_log.XXXXXX", err_path[64];

/* main.c has it in the program; its others are in no_cmd.c. */
void cmd_warn(const char *fmt, ...)
{
	(void)fmt;
}

static void begin(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(err_path, sizeof(err_path), "%s.err", path);
	ck_assert_ptr_nonnull(freopen(err_path, "w+", stderr));
}

static void end(void)
{
	unlink(path);
	unlink(err_path);
}

/* Read @len bytes of @text as a log; what was said is in @said. */
static int try(const char *text, size_t len, char said[512])
{
	struct replay_log log;
	FILE *f = fopen(path, "w");
	size_t nr;
	int err;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(ftruncate(fileno(stderr), 0), 0);
	rewind(stderr);
	err = replay_log_read(&log, path);
	replay_log_free(&log);
	rewind(stderr);
	nr = fread(said, 1, 511, stderr);
	said[nr] = '\0';
	return err;
}

/* The good log with line @at replaced, or left out (NULL); its length. */
static size_t with(char buf[LOG_SIZE], size_t at, const char *line)
{
	size_t len = 0, i;

	for (i = 0; i < NR_GOOD; i++) {
		const char *text = i == at ? line : good[i];

		if (text)
			len += (size_t)snprintf(buf + len, LOG_SIZE - len,
						"%s\n", text);
	}
	return len;
}

#define NR_NONE NR_GOOD /* no line is replaced */
#define HEAD	"{\"seq\":0,\"time_ns\":0,\"event\":\"machine\","
#define WRITE                                                                  \
	"{\"seq\":1,\"time_ns\":0,\"event\":\"write\",\"op\":1,\"text\":\"7\","
#define DONE "{\"seq\":2,\"time_ns\":0,\"event\":\"done\",\"op\":"

static const struct {
	size_t at;
	const char *line, *said;
} wrongs[] = {
	{ 0, "{}", ":1: expected \"seq\"" },
	{ 0, "[]", ":1: expected a JSON object" },
	{ 0, "{\"seq\":0} {", ":1: expected a JSON object" },
	{ 0, "{\"seq\":0}", ":1: expected \"time_ns\"" },
	{ 0, "{\"seq\":0,\"time_ns\":0}", ":1: expected \"event\", a text" },
	{ 0, "{\"seq\":0,\"time_ns\":0,\"event\":7}",
	  ":1: expected \"event\", a text" },
	{ 0, "{\"seq\":0,\"time_ns\":0,\"event\":\"done\"}",
	  ":1: expected the machine in the first line" },
	{ 0, HEAD "\"clock\":\"virtual\"}",
	  ":1: expected \"version\", a text" },
	{ 0, HEAD "\"version\":\"1\"}", ":1: expected \"clock\", a text" },
	{ 0, HEAD "\"version\":\"1\",\"clock\":\"live\"}",
	  ":1: expected \"text\", a text" },
	{ 0, HEAD "\"version\":\"\u0100\"}", "a character beyond" },
	{ 1, "{\"seq\":1,\"lost\":3}", ":2: events are lost here" },
	{ 1, NULL, ":2: \"seq\":2: lines are missing, expected 1" },
	{ 1, "{\"seq\":-1}", "\"seq\": not a number from 0 to" },
	{ 1, "{\"seq\":\"1\"}", "\"seq\": not a number from 0 to" },
	{ 1, "{\"seq\":1,\"time_ns\":0,\"event\":\"write\",\"step\":-1}",
	  ":2: \"step\": not a number" },
	{ 1, "{\"seq\":1,\"time_ns\":0,\"event\":\"write\"}",
	  ":2: expected \"op\"" },
	{ 1, "{\"seq\":1,\"time_ns\":0,\"event\":\"write\",\"op\":2}",
	  ":2: expected the next number of an op" },
	{ 1, WRITE "\"path\":7}", ":2: expected \"path\", a text" },
	{ 1, WRITE "\"path\":\"proc\"}", "a path that begins with /" },
	{ 1, WRITE "\"path\":\"\"}", "a path that begins with /" },
	{ 1, WRITE "\"path\":\"/\"}", ":2: expected \"offset\"" },
	{ 1, WRITE "\"path\":\"/\",\"offset\":-1}", "\"offset\": not a" },
	{ 1, WRITE "\"path\":\"/\",\"offset\":0}", "expected \"uid\"" },
	{ 1, WRITE "\"path\":\"/\",\"offset\":0,\"uid\":0}",
	  "expected \"gid\"" },
	{ 2, DONE "2,\"result\":0}", "the number of an op that has begun" },
	{ 2, DONE "0,\"result\":0}", "\"op\": not a number from 1" },
	{ 2, DONE "1}", ":3: expected \"result\"" },
	{ 2, DONE "1,\"result\":0,\"comm\":7}", "expected \"comm\", a text" },
	{ 2, DONE "1,\"result\":0,\"caps\":7}", "expected \"caps\", a text" },
	{ 6, "{\"seq\":6,\"time_ns\":6,\"event\":\"swapon\",\"op\":3}",
	  ":7: expected \"area\"" },
	{ 6, "{\"seq\":6,\"time_ns\":6,\"event\":\"swapon\",\"op\":3,"
	     "\"area\":0}", ":7: expected \"priority\"" },
	{ 6, "{\"seq\":6,\"time_ns\":6,\"event\":\"kill\",\"op\":3,"
	     "\"pid\":0,\"path\":\"/\"}", "not a number from 1 to" },
};

#define NR_WRONGS (sizeof(wrongs) / sizeof(wrongs[0]))

START_TEST(test_good)
{
	char buf[LOG_SIZE], said[512];
	size_t len = with(buf, NR_NONE, NULL);

	begin();
	ck_assert_int_eq(try(buf, len, said), 0);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(try(buf, len - 1, said), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, ":9: not a whole line of text"));
	buf[3] = '\0';
	ck_assert_int_eq(try(buf, len, said), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, ":1: not a whole line of text"));
	ck_assert_int_eq(try(buf, 0, said), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, ":1: expected the machine"));
	end();
}
END_TEST

START_TEST(test_wrong)
{
	char buf[LOG_SIZE], said[512];
	size_t len = with(buf, wrongs[_i].at, wrongs[_i].line);

	begin();
	ck_assert_int_eq(try(buf, len, said), -EINVAL);
	ck_assert_msg(strstr(said, wrongs[_i].said),
		      "said \"%s\", want \"%s\"", said, wrongs[_i].said);
	end();
}
END_TEST

/* Whatever is in a byte: a log, or a message with the number of a line. */
START_TEST(test_each_byte)
{
	static const char instead[] = "\"}0-,x\n\377";
	char buf[LOG_SIZE], said[512];
	size_t len = with(buf, NR_NONE, NULL), i;
	unsigned refused = 0;

	begin();
	for (i = 0; i < len; i++) {
		const char was = buf[i];
		int err;

		buf[i] = instead[i % (sizeof(instead) - 1)];
		err = try(buf, len, said);
		ck_assert_msg(!err || err == -EINVAL, "byte %zu: %d", i, err);
		ck_assert_msg(!err == !said[0], "byte %zu: %d, said \"%s\"",
			      i, err, said);
		refused += !!err;
		buf[i] = was;
	}
	ck_assert_uint_gt(refused, (unsigned)len / 3);
	ck_assert_int_eq(try(buf, len, said), 0);
	end();
}
END_TEST

START_TEST(test_allocations_fail)
{
	char buf[LOG_SIZE], said[512];
	size_t len = with(buf, NR_NONE, NULL);
	struct replay_log log;
	long n;
	int err;

	begin();
	ck_assert_int_eq(try(buf, len, said), 0);
	for (n = 0; n < 1000; n++) {
		fault_arm(n);
		err = replay_log_read(&log, path);
		if (!fault_disarm())
			break;
		ck_assert_msg(err == -ENOMEM, "allocation %ld: %d", n, err);
		replay_log_free(&log);
	}
	ck_assert_int_gt(n, 10);
	ck_assert_int_eq(err, 0);
	replay_log_free(&log);
	unlink(path);
	ck_assert_int_eq(replay_log_read(&log, path), -ENOENT);
	replay_log_free(&log);
	end();
}
END_TEST

CHECK_MAIN_ROWS("replay_log", { test_good, 0 }, { test_wrong, NR_WRONGS },
		{ test_each_byte, 0 }, { test_allocations_fail, 0 })
