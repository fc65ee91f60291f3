/* SPDX-License-Identifier: MIT */
/*
 * kernel_ctl.c - read and write what kernel_ctl_table.c lists.
 *
 * Only values that have been written are kept, in a list by their entry:
 * few ever are.  The rules that all of /proc/sys shares (who may write,
 * offsets, strings) stand here too and serve proc_sysctl.c.
 *
 * Called through the tables; calls sysctl_text.c, kmsg.c.  Session's lock.
 */
#include <errno.h>
#include <stdlib.h>

#include "fs/proc/kernel_ctl.h"
#include "fs/proc/kmsg.h"
#include "fs/proc/machine_fs.h"
#include "fs/proc/proc.h"
#include "fs/proc/sysctl_text.h"

/* A value that somebody has written. */
struct written {
	struct written *next;
	const struct kernel_ctl *ctl;
	int64_t value[KERNEL_CTL_VALUES];
	char text[KERNEL_CTL_TEXT];
};

struct kernel_ctl_state {
	struct written *first;
	int writes_strict;
};

int kernel_ctl_create(struct kernel_ctl_state **sp)
{
	*sp = calloc(1, sizeof(**sp));
	if (!*sp)
		return -ENOMEM;
	(*sp)->writes_strict = 1;
	return 0;
}

void kernel_ctl_destroy(struct kernel_ctl_state *s)
{
	struct written *w;

	if (!s)
		return;
	while ((w = s->first)) {
		s->first = w->next;
		free(w);
	}
	free(s);
}

/* One written value; @w is new when loading. */
static void pack_written(struct pack *p, struct written *w)
{
	const void *ctl = w->ctl;
	unsigned i;

	pack_entry(p, &proc_sys_dir, &ctl);
	w->ctl = ctl;
	for (i = 0; i < KERNEL_CTL_VALUES; i++)
		pack_i64(p, &w->value[i]);
	pack_text(p, w->text, sizeof(w->text));
}

void kernel_ctl_pack(struct kernel_ctl_state *s, struct pack *p)
{
	struct written **end = &s->first, *w;
	uint32_t nr = 0;

	for (w = s->first; w; w = w->next)
		nr++;
	pack_int(p, &s->writes_strict);
	pack_u32(p, &nr);
	for (; nr && !pack_error(p); nr--) {
		if (!pack_saving(p)) {
			*end = calloc(1, sizeof(**end));
			if (!*end) {
				p->err = -ENOMEM;
				return;
			}
		}
		pack_written(p, *end);
		end = &(*end)->next;
	}
}

int sysctl_writes_strict(const struct tree_req *rq)
{
	return machine_of(rq)->kernel_ctl->writes_strict;
}

int sysctl_may_write(const struct tree_req *rq, mode_t mode)
{
	if (rq->uid == 0)
		mode >>= 6;
	else if (rq->gid == 0)
		mode >>= 3;
	return mode & 2 ? 0 : -EPERM;
}

bool sysctl_takes_offset(const struct tree_req *rq, const char *name,
			 off_t offset)
{
	struct machine_fs *mf = machine_of(rq);
	int strict = sysctl_writes_strict(rq);
	struct vm_cred who;

	if (!offset || strict < 0)
		return true;
	if (strict > 0)
		return false;
	if (atomic_exchange(&mf->ctl_pos_warned, true))
		return true;
	machine_cred(rq, CRED_COMM, &who);
	kmsg_printk(mf->kmsg, KMSG_WARNING, vm_now_ns(mf->vm),
		    "%s wrote to %s when file position was not 0!\n"
		    "This will not be supported in the future. "
		    "To silence this\n"
		    "warning, set kernel.sysctl_writes_strict = -1",
		    who.comm, name);
	return true;
}

void sysctl_slice(struct strbuf *sb, const char *text, size_t size,
		  off_t offset)
{
	size_t len = strlen(text);
	size_t at = (size_t)offset;

	if (at >= len)
		return;
	strbuf_push(sb, text + at, len - at < size ? len - at : size);
}

static const struct written *find(const struct kernel_ctl_state *s,
				  const struct kernel_ctl *ctl)
{
	const struct written *w;

	for (w = s->first; w && w->ctl != ctl; w = w->next)
		;
	return w;
}

/* What nobody has written yet. */
static void default_values(struct machine_fs *mf, const struct kernel_ctl *ctl,
			   int64_t value[KERNEL_CTL_VALUES])
{
	memcpy(value, ctl->def, sizeof(ctl->def));
	if (!ctl->def_of)
		return;
	vm_stat_get(mf->vm, mf->stat);
	value[0] = ctl->def_of(mf->stat);
}

/* The place where a new value of @ctl is kept, with the old one in it. */
static struct written *keep(struct kernel_ctl_state *s,
			    const struct kernel_ctl *ctl)
{
	struct written *w = (struct written *)(uintptr_t)find(s, ctl);

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->ctl = ctl;
	memcpy(w->value, ctl->def, sizeof(w->value));
	if (ctl->text)
		strncpy(w->text, ctl->text, sizeof(w->text) - 1);
	w->next = s->first;
	s->first = w;
	return w;
}

int kernel_ctl_preset(struct kernel_ctl_state *s, const char *name,
		      const char *text)
{
	const struct tree_entry *e = sys_kernel_dir.entries;
	const struct tree_entry *end = e + sys_kernel_dir.nr_entries;
	struct written *w;

	while (e < end && strcmp(e->name, name))
		e++;
	if (e == end)
		return -ENOENT;
	w = keep(s, e->data);
	if (!w)
		return -ENOMEM;
	strncpy(w->text, text, sizeof(w->text) - 1);
	return 0;
}

static int read_op(struct tree_req *rq, struct strbuf *sb, size_t size,
		   off_t offset)
{
	const struct kernel_ctl *ctl = rq->entry->data;
	const struct written *w = find(machine_of(rq)->kernel_ctl, ctl);
	int64_t value[KERNEL_CTL_VALUES];

	if (ctl->type == VM_CTL_STRING) {
		DECLARE_STRBUF(line, KERNEL_CTL_TEXT + 2);

		strbuf_puts(&line, w ? w->text : ctl->text);
		strbuf_putc(&line, '\n');
		sysctl_slice(sb, strbuf_str(&line), size, offset);
		strbuf_release(&line);
		return 0;
	}
	if (offset)
		return 0;
	if (!w)
		default_values(machine_of(rq), ctl, value);
	sysctl_format(sb, w ? w->value : value, ctl->type, ctl->nr);
	if (sb->len > size)
		sb->len = size;
	return 0;
}

/* Store the values that are within bounds, up to the first that is not. */
static int store_values(struct machine_fs *mf, const struct kernel_ctl *ctl,
			const struct sysctl_values *v)
{
	bool known = find(mf->kernel_ctl, ctl);
	struct written *w = keep(mf->kernel_ctl, ctl);
	unsigned i;

	if (!w)
		return -ENOMEM;
	if (!known)
		default_values(mf, ctl, w->value);
	for (i = 0; i < v->nr; i++) {
		if (ctl->type != VM_CTL_ULONG &&
		    (v->value[i] < ctl->min || v->value[i] > ctl->max))
			return -EINVAL;
		w->value[i] = v->value[i];
	}
	if (v->nr && ctl->apply)
		ctl->apply(mf->vm, (int)w->value[0]);
	return v->err;
}

static ssize_t store_text(struct tree_req *rq, const char *text, size_t len,
			  off_t offset)
{
	const struct kernel_ctl *ctl = rq->entry->data;
	struct written *w = keep(machine_of(rq)->kernel_ctl, ctl);
	size_t at = 0, i;

	if (!w)
		return -ENOMEM;
	if (offset && sysctl_writes_strict(rq) > 0) {
		if ((size_t)offset > strlen(w->text))
			return (ssize_t)len;
		at = (size_t)offset;
	} else {
		sysctl_takes_offset(rq, rq->entry->name, offset);
	}
	for (i = 0; i < len && at < sizeof(w->text) - 1; i++) {
		if (text[i] == '\0' || text[i] == '\n')
			break;
		w->text[at++] = text[i];
	}
	w->text[at] = '\0';
	return (ssize_t)len;
}

static ssize_t write_op(struct tree_req *rq, const char *text, size_t len,
			off_t offset)
{
	const struct kernel_ctl *ctl = rq->entry->data;
	struct machine_fs *mf = machine_of(rq);
	struct sysctl_values v;
	int err = sysctl_may_write(rq, rq->entry->mode);

	if (err)
		return err;
	if (len >= SYSCTL_WRITE_MAX)
		return -ENOMEM;
	if (ctl->type == VM_CTL_STRING)
		return store_text(rq, text, len, offset);
	if (!sysctl_takes_offset(rq, rq->entry->name, offset))
		return (ssize_t)len;
	sysctl_parse(&v, text, len, ctl->type, ctl->nr);
	err = store_values(mf, ctl, &v);
	if (!err && !strcmp(rq->entry->name, "sysctl_writes_strict"))
		mf->kernel_ctl->writes_strict = (int)v.value[0];
	return sysctl_result(&v, len, err);
}

const struct file_ops kernel_ctl_ops = {
	.read = read_op,
	.write = write_op,
};
