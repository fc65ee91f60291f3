/* SPDX-License-Identifier: MIT */
/*
 * test_events_tail.c - all events as they come: whole lines, in order, to one
 * who reads slowly, not at all, or has gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "fs/sandbox/events.h"
#include "fs/sandbox/events_tail.h"

#define PIPE_SIZE 4096

static struct events *events;
static struct events_tail *tail;
static struct events_fd to;
static int reader;
static uint64_t nr_added;

static struct {
	struct strbuf text;
	uint64_t nr, nr_lost;
	uint64_t next; /* event that must come now */
} got;

static void begin(bool thread)
{
	int fd[2];

	ck_assert_int_eq(pipe2(fd, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(fd[1], F_SETPIPE_SZ, PIPE_SIZE), PIPE_SIZE);
	reader = fd[0];
	to = (struct events_fd){ .fd = fd[1] };
	ck_assert_int_eq(events_create(&events), 0);
	ck_assert_int_eq(events_tail_create(&tail, events, events_tail_to_fd,
					    &to), 0);
	if (thread)
		ck_assert_int_eq(events_tail_start(tail), 0);
}

static void end(void)
{
	events_destroy(events);
	strbuf_release(&to.rest);
	strbuf_release(&got.text);
	close(to.fd);
	close(reader);
}

static void add(uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		events_add(events, &(struct vm_event){
			.type = VM_EV_KSWAPD_WAKE, .time_ns = nr_added++,
		});
}

/* One whole line: the event that is due, or how many are missing. */
static void take_line(const char *line)
{
	struct json_object *o = json_tokener_parse(line), *m;
	uint64_t lost;

	ck_assert_msg(o != NULL, "not a line: %s", line);
	if (json_object_object_get_ex(o, "lost", &m)) {
		lost = (uint64_t)json_object_get_int64(m);
		ck_assert_uint_gt(lost, 0);
		got.nr_lost += lost;
		got.next += lost;
	} else {
		ck_assert(json_object_object_get_ex(o, "time_ns", &m));
		ck_assert_uint_eq((uint64_t)json_object_get_int64(m),
				  got.next);
		got.next++;
		got.nr++;
	}
	json_object_put(o);
}

/* What there is in the pipe, at most @size bytes, line by line. */
static void take(size_t size)
{
	char *line, *newline;
	ssize_t nr = 0;

	while (size && strbuf_reserve(&got.text, size) &&
	       (nr = read(reader, got.text.bytes + got.text.len, size)) > 0) {
		got.text.len += (size_t)nr;
		size -= (size_t)nr;
	}
	strbuf_str(&got.text);
	line = got.text.bytes;
	while ((newline = memchr(line, '\n', got.text.len -
				 (size_t)(line - got.text.bytes)))) {
		*newline = '\0';
		take_line(line);
		line = newline + 1;
	}
	got.text.len -= (size_t)(line - got.text.bytes);
	memmove(got.text.bytes, line, got.text.len);
}

START_TEST(test_as_they_come)
{
	begin(false);
	add(3);
	events_tail_drain(tail);
	take(PIPE_SIZE);
	ck_assert_uint_eq(got.nr, 3);
	add(2);
	ck_assert_int_eq(events_tail_destroy(tail), 0);
	take(PIPE_SIZE);
	ck_assert_uint_eq(got.nr, 5);
	end();
}
END_TEST

/* What has been added has come by now, or was told to be lost. */
static void all_is_told(void)
{
	take(PIPE_SIZE);
	ck_assert_uint_eq(got.nr + got.nr_lost, nr_added);
	ck_assert_uint_eq(got.text.len, 0);
}

/* Nobody reads: lines are lost, and told, where he reads again. */
START_TEST(test_nobody_reads)
{
	begin(false);
	for (int round = 0; round < 3; round++) {
		add(200); /* more than the pipe holds */
		events_tail_drain(tail);
		ck_assert(to.stuck);
		ck_assert_uint_gt(to.nr_lost, 0);
		add(10);
		events_tail_drain(tail); /* is not waited for again */
		take(PIPE_SIZE);
		ck_assert_uint_eq(got.nr_lost ? 1 : 0, round ? 1 : 0);
		add(1);
		events_tail_drain(tail);
		ck_assert_uint_eq(to.nr_lost, 0);
		all_is_told();
	}
	ck_assert_int_eq(events_tail_destroy(tail), 0);
	end();
}
END_TEST

/* A little is read, so that a line is begun and then goes on. */
START_TEST(test_a_line_in_pieces)
{
	begin(false);
	add(200);
	events_tail_drain(tail);
	for (int i = 0; i < 64; i++) {
		take(16); /* a page of the pipe is not free yet */
		add(1);
		events_tail_drain(tail);
	}
	while (to.rest.len || to.nr_lost) {
		take(PIPE_SIZE);
		ck_assert_int_eq(events_tail_to_fd(&to, NULL, 0), 0);
	}
	all_is_told();
	ck_assert_int_eq(events_tail_destroy(tail), 0);
	end();
}
END_TEST

START_TEST(test_the_reader_has_gone)
{
	signal(SIGPIPE, SIG_IGN);
	begin(false);
	add(1);
	close(reader);
	reader = -1;
	events_tail_drain(tail);
	add(EVENTS_MAX + 1); /* all of them find room */
	ck_assert_int_eq(events_tail_destroy(tail), -EPIPE);
	end();
}
END_TEST

static uint64_t nr_lines;

static int count_lines(void *arg, const char *lines, size_t len)
{
	for (size_t i = 0; i < len; i++)
		nr_lines += lines[i] == '\n';
	return *(int *)arg;
}

/* More than the ring holds: whoever adds them makes room. */
START_TEST(test_more_than_the_ring_holds)
{
	int err = 0;

	ck_assert_int_eq(events_create(&events), 0);
	ck_assert_int_eq(events_tail_create(&tail, events, count_lines, &err),
			 0);
	if (_i)
		ck_assert_int_eq(events_tail_start(tail), 0);
	add(3 * EVENTS_MAX);
	ck_assert_int_eq(events_tail_destroy(tail), 0);
	ck_assert_uint_eq(nr_lines, 3 * EVENTS_MAX);
	events_destroy(events);
}
END_TEST

START_TEST(test_the_first_error_ends_it)
{
	int err = -ENOSPC;

	ck_assert_int_eq(events_create(&events), 0);
	ck_assert_int_eq(events_tail_create(&tail, events, count_lines, &err),
			 0);
	add(1);
	events_tail_drain(tail);
	err = -EIO;
	add(1);
	ck_assert_int_eq(events_tail_destroy(tail), -ENOSPC);
	ck_assert_uint_eq(nr_lines, 1);
	ck_assert_int_eq(events_tail_destroy(NULL), 0);
	events_destroy(events);
}
END_TEST

CHECK_MAIN_ROWS("events_tail", { test_as_they_come, 0 },
		{ test_nobody_reads, 0 }, { test_a_line_in_pieces, 0 },
		{ test_the_reader_has_gone, 0 },
		{ test_more_than_the_ring_holds, 2 },
		{ test_the_first_error_ends_it, 0 })
