/* SPDX-License-Identifier: MIT */
/*
 * fuzz_sysctl.c - sysctl text at any offset and size, into any tunable.
 *
 * An input is: which tunable, at what offset, how much a read asks for, a
 * byte each; the rest is written.  Whatever it was, the values stay within
 * the tunable's bounds, and what a read shows can be written back.
 */
#include <errno.h>
#include <string.h>

#include "fs/proc/sysctl_text.h"
#include "fuzz.h"

#define HEAD 3u

/* The pure parser: nothing beyond its limits, twice the same. */
static void parse(const struct vm_ctl *ctl, const char *text, size_t len)
{
	struct sysctl_values v, again;
	DECLARE_STRBUF(sb, 256);

	sysctl_parse(&v, text, len, ctl->type, ctl->nr);
	FUZZ_DEMAND(v.nr <= ctl->nr && v.used <= len);
	FUZZ_DEMAND(v.err == 0 || v.err == -EINVAL);
	if (v.nr) {
		sysctl_format(&sb, v.value, ctl->type, v.nr);
		sysctl_parse(&again, sb.bytes, sb.len, ctl->type, ctl->nr);
		FUZZ_DEMAND(!again.err && again.nr == v.nr);
		FUZZ_DEMAND(!memcmp(v.value, again.value,
				    v.nr * sizeof(v.value[0])));
	}
	strbuf_release(&sb);
}

static void check_bounds(struct rig *rig, const struct vm_ctl *ctl)
{
	int64_t value[VM_CTL_MAX_VALUES];
	unsigned i;

	if (ctl->type == VM_CTL_STRING || ctl->type == VM_CTL_NONE)
		return;
	vm_ctl_get(rig_vm(rig), ctl, value);
	for (i = 0; i < ctl->nr; i++) {
		if (ctl->type == VM_CTL_ULONG)
			/* 0: the other of bytes and ratio counts. */
			FUZZ_DEMAND(!value[i] ||
				    ((uint64_t)value[i] >=
					     (uint64_t)ctl->min &&
				     (uint64_t)value[i] <=
					     (uint64_t)ctl->max));
		else
			FUZZ_DEMAND(!value[i] || (value[i] >= ctl->min &&
						  value[i] <= ctl->max));
	}
}

static void read_back(struct rig *rig, struct rig_file *f, size_t size)
{
	char text[512];
	ssize_t n = rig_read(rig, f, text, sizeof(text), 0), part;

	if (n <= 0)
		return;
	FUZZ_DEMAND(text[n - 1] == '\n');
	part = rig_read(rig, f, text, size, 0);
	FUZZ_DEMAND(part >= 0 && part <= n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig *rig = rig_shared(512);
	const struct vm_ctl *ctl;
	struct rig_file *f;
	char path[128];
	ssize_t n;

	if (size < HEAD)
		return 0;
	ctl = &vm_ctl_table[data[0] % vm_ctl_count];
	parse(ctl, (const char *)data + HEAD, size - HEAD);
	snprintf(path, sizeof(path), "proc/sys/vm/%s", ctl->name);
	if (rig_open(rig, path, ctl->mode & 0444 ? O_RDWR : O_WRONLY, &f))
		return 0;
	n = rig_write(rig, f, data + HEAD, size - HEAD, data[1] >> 2);
	FUZZ_DEMAND(n == -EINVAL || n == -ENOMEM || n == -EPERM ||
		    n == -ERANGE || n == -EACCES || n == -EBUSY || n >= 0);
	check_bounds(rig, ctl);
	if (ctl->mode & 0444)
		read_back(rig, f, data[2]);
	rig_close(rig, f);
	return 0;
}
