/* SPDX-License-Identifier: MIT */
/*
 * kmsg.c - the ring of the kernel log, and its files.
 *
 * Text lies in a ring of bytes, addressed by a count that only grows; a
 * record that would wrap starts over at the ring's begin.  Records lie in a
 * ring of their own.  What is overwritten is gone: a reader of /dev/kmsg who
 * is that late gets EPIPE once and goes on with the oldest; so does everybody
 * when a machine is restored and with it its log (kmsg_replace()).
 *
 * Called by events.c (observer), by the tables of /proc and /dev, by
 * proc_sysctl.c.  Locks: kmsg.lock, innermost.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vm/vm.h>

#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"

struct record {
	uint64_t start; /* of its text, ever growing */
	uint64_t now_ns;
	uint32_t len;
	uint32_t prio;
};

struct kmsg {
	pthread_mutex_t lock;
	uint64_t first, next; /* numbers of the oldest record and the next */
	uint64_t text_next;
	uint64_t stream; /* the record that /proc/kmsg gives next */
	unsigned life;	 /* how often it was replaced */
	struct record record[KMSG_RECORDS];
	char text[KMSG_BYTES];
	struct file_source source;
};

int kmsg_create(struct kmsg **kp)
{
	struct kmsg *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	pthread_mutex_init(&k->lock, NULL);
	*kp = k;
	return 0;
}

void kmsg_destroy(struct kmsg *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct record *get(struct kmsg *k, uint64_t seq)
{
	return &k->record[seq & (KMSG_RECORDS - 1)];
}

/* Where the text of a record is must be kept too: it says what goes first. */
static void pack_record(struct kmsg *k, struct pack *p, struct record *r)
{
	uint64_t at;

	pack_u64(p, &r->start);
	pack_u64(p, &r->now_ns);
	pack_u32(p, &r->prio);
	r->len = pack_index(p, r->len, KMSG_BYTES);
	at = r->start & (KMSG_BYTES - 1);
	if (at + r->len > KMSG_BYTES || r->start + r->len > k->text_next ||
	    k->text_next - r->start > KMSG_BYTES) {
		pack_refuse(p);
		*r = (struct record){ .start = 0 };
		at = 0;
	}
	pack_bytes(p, k->text + at, r->len);
}

void kmsg_pack(struct kmsg *k, struct pack *p)
{
	uint64_t seq;

	pthread_mutex_lock(&k->lock);
	pack_u64(p, &k->first);
	pack_u64(p, &k->next);
	pack_u64(p, &k->stream);
	pack_u64(p, &k->text_next);
	if (k->next < k->first || k->next - k->first > KMSG_RECORDS ||
	    k->stream < k->first || k->stream > k->next) {
		pack_refuse(p);
		k->first = k->next = k->stream = 0;
	}
	for (seq = k->first; seq < k->next && !pack_error(p); seq++)
		pack_record(k, p, get(k, seq));
	pthread_mutex_unlock(&k->lock);
}

void kmsg_replace(struct kmsg *k, const struct kmsg *from)
{
	pthread_mutex_lock(&k->lock);
	k->first = from->first;
	k->next = from->next;
	k->text_next = from->text_next;
	k->stream = from->stream;
	memcpy(k->record, from->record, sizeof(k->record));
	memcpy(k->text, from->text, sizeof(k->text));
	k->life++;
	pthread_mutex_unlock(&k->lock);
	file_source_wake(&k->source);
}

/* Drop the oldest until @len bytes fit at text_next. */
static void make_room(struct kmsg *k, size_t len)
{
	uint64_t at = k->text_next & (KMSG_BYTES - 1);

	if (at + len > KMSG_BYTES)
		k->text_next += KMSG_BYTES - at;
	while (k->first < k->next &&
	       (k->next - k->first == KMSG_RECORDS ||
		k->text_next + len - get(k, k->first)->start > KMSG_BYTES))
		k->first++;
	if (k->stream < k->first)
		k->stream = k->first;
}

void kmsg_write(struct kmsg *k, unsigned prio, uint64_t now_ns,
		const char *text, size_t len)
{
	pthread_mutex_lock(&k->lock);
	make_room(k, len);
	*get(k, k->next) = (struct record){
		.start = k->text_next, .now_ns = now_ns,
		.len = (uint32_t)len, .prio = prio
	};
	memcpy(k->text + (k->text_next & (KMSG_BYTES - 1)), text, len);
	k->text_next += len;
	k->next++;
	pthread_mutex_unlock(&k->lock);
	file_source_wake(&k->source);
}

uint64_t kmsg_next(struct kmsg *k)
{
	uint64_t next;

	pthread_mutex_lock(&k->lock);
	next = k->next;
	pthread_mutex_unlock(&k->lock);
	return next;
}

bool kmsg_get(struct kmsg *k, uint64_t seq, char *buf, size_t size)
{
	const struct record *r = get(k, seq);
	bool there;

	pthread_mutex_lock(&k->lock);
	there = seq >= k->first && seq < k->next;
	if (there)
		snprintf(buf, size, "%.*s", (int)r->len,
			 k->text + (r->start & (KMSG_BYTES - 1)));
	pthread_mutex_unlock(&k->lock);
	return there;
}

void kmsg_printk(struct kmsg *k, unsigned prio, uint64_t now_ns,
		 const char *fmt, ...)
{
	char text[KMSG_LINE_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	kmsg_write(k, prio, now_ns, text, (size_t)len);
}

static struct kmsg *kmsg_of(const struct tree_req *rq)
{
	return machine_of(rq)->kmsg;
}

static struct file_source *kmsg_source(const struct tree_req *rq)
{
	return &kmsg_of(rq)->source;
}

/* "<4>[   12.345678] " */
static void put_stamp(struct strbuf *sb, const struct record *r)
{
	uint64_t us = r->now_ns / 1000;

	strbuf_putc(sb, '<');
	strbuf_u64(sb, r->prio);
	strbuf_puts(sb, ">[");
	strbuf_u64_pad(sb, us / 1000000, 5);
	strbuf_putc(sb, '.');
	strbuf_u64_zero(sb, us % 1000000, 6);
	strbuf_puts(sb, "] ");
}

/* A record for the stream: every line of it has the stamp. */
static void put_stream(struct strbuf *sb, const struct kmsg *k,
		       const struct record *r)
{
	const char *s = k->text + (r->start & (KMSG_BYTES - 1));
	const char *end = s + r->len;
	const char *nl;

	do {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			nl = end;
		put_stamp(sb, r);
		strbuf_push(sb, s, (size_t)(nl - s));
		strbuf_putc(sb, '\n');
		s = nl + 1;
	} while (s < end);
}

/* As many whole records as fit. */
static int stream_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		       off_t offset)
{
	struct kmsg *k = kmsg_of(rq);
	size_t len;
	int err = 0;

	(void)offset;
	pthread_mutex_lock(&k->lock);
	if (k->stream == k->next)
		err = -EAGAIN;
	while (k->stream < k->next) {
		len = sb->len;
		put_stream(sb, k, get(k, k->stream));
		if (sb->len > size) {
			sb->len = len;
			break;
		}
		k->stream++;
	}
	if (!err && !sb->len)
		err = -EINVAL; /* not even one fits */
	pthread_mutex_unlock(&k->lock);
	return err;
}

static unsigned stream_poll(struct tree_req *rq)
{
	struct kmsg *k = kmsg_of(rq);
	bool some;

	pthread_mutex_lock(&k->lock);
	some = k->stream < k->next;
	pthread_mutex_unlock(&k->lock);
	return some ? POLLIN | POLLRDNORM : 0;
}

/* A record for /dev/kmsg: unprintable bytes as \xNN. */
static void put_record(struct strbuf *sb, const struct kmsg *k, uint64_t seq,
		       const struct record *r)
{
	const char *s = k->text + (r->start & (KMSG_BYTES - 1));
	uint32_t i;

	strbuf_u64(sb, r->prio);
	strbuf_putc(sb, ',');
	strbuf_u64(sb, seq);
	strbuf_putc(sb, ',');
	strbuf_u64(sb, r->now_ns / 1000);
	strbuf_puts(sb, ",-;");
	for (i = 0; i < r->len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= ' ' && c < 127 && c != '\\') {
			strbuf_putc(sb, (char)c);
			continue;
		}
		strbuf_puts(sb, "\\x");
		strbuf_hex(sb, c, 2);
	}
	strbuf_putc(sb, '\n');
}

/* A reader's place: the record that he gets next. */
struct place {
	uint64_t seq;
	unsigned life; /* of the log that it is a place in */
};

static int dev_open(struct tree_req *rq, int flags)
{
	struct place *place = NULL;

	if ((flags & O_ACCMODE) != O_WRONLY) {
		place = calloc(1, sizeof(*place));
		if (!place)
			return -ENOMEM;
		place->life = kmsg_of(rq)->life;
	}
	rq->file->priv = place;
	return 0;
}

static void dev_release(struct tree_req *rq)
{
	free(rq->file->priv);
}

static int dev_read(struct tree_req *rq, struct strbuf *sb, size_t size,
		    off_t offset)
{
	struct place *place = rq->file->priv;
	struct kmsg *k = kmsg_of(rq);
	int err = 0;

	pthread_mutex_lock(&k->lock);
	if (!offset) /* lseek(fd, 0, SEEK_SET) */
		*place = (struct place){ k->first, k->life };
	if (place->life != k->life || place->seq < k->first) {
		*place = (struct place){ k->first, k->life };
		err = -EPIPE;
	} else if (place->seq == k->next) {
		err = -EAGAIN;
	} else {
		put_record(sb, k, place->seq, get(k, place->seq));
		if (sb->len > size)
			err = -EINVAL;
		else
			place->seq++;
	}
	pthread_mutex_unlock(&k->lock);
	if (err)
		strbuf_clear(sb);
	return err;
}

static unsigned dev_poll(struct tree_req *rq)
{
	const struct place *place = rq->file->priv;
	struct kmsg *k = kmsg_of(rq);
	unsigned mask = 0;

	if (!place)
		return POLLOUT | POLLWRNORM;
	pthread_mutex_lock(&k->lock);
	if (place->seq < k->next || place->life != k->life)
		mask = POLLIN | POLLRDNORM;
	if ((place->seq && place->seq < k->first) || place->life != k->life)
		mask |= POLLERR | POLLPRI;
	pthread_mutex_unlock(&k->lock);
	return mask;
}

/* "<N>text": N is facility * 8 + level; programs are never facility 0. */
static ssize_t dev_write(struct tree_req *rq, const char *text, size_t len,
			 off_t offset)
{
	struct machine_fs *mf = machine_of(rq);
	unsigned prio = KMSG_USER | KMSG_WARNING;
	size_t at = 1, end = len;
	unsigned n = 0;

	(void)offset;
	if (len > KMSG_LINE_MAX)
		return -EINVAL;
	while (len && text[0] == '<' && at < len && at < 6 &&
	       text[at] >= '0' && text[at] <= '9')
		n = n * 10 + (unsigned)(text[at++] - '0');
	if (at > 1 && at < len && text[at] == '>') {
		prio = n & 7;
		prio |= n >> 3 ? n & ~7u : KMSG_USER;
		at++;
	} else {
		at = 0;
	}
	if (end > at && text[end - 1] == '\n')
		end--;
	kmsg_write(mf->kmsg, prio, vm_now_ns(mf->vm), text + at, end - at);
	return (ssize_t)len;
}

const struct file_ops proc_kmsg_ops = {
	.read = stream_read,
	.poll = stream_poll,
	.source = kmsg_source,
};

const struct file_ops dev_kmsg_ops = {
	.open = dev_open,
	.release = dev_release,
	.read = dev_read,
	.write = dev_write,
	.poll = dev_poll,
	.source = kmsg_source,
};
