/* SPDX-License-Identifier: MIT */
/*
 * fuzz_image.c - a machine as bytes: an image that is not what it was.
 *
 * A checkpoint is guarded by a checksum; here the guard has been passed.  The
 * input changes the image of a busy machine: each six bytes are an edit, three
 * of the place, one of the way, two of what.  The image is refused, and the
 * machine is what it was; or it is taken, and then the machine is whole, goes
 * on, and is whole again.  Between two inputs the machine goes back.
 */
#include <errno.h>
#include <string.h>

#include <vm/image.h>

#include "fs/conf/machine_conf.h"
#include "fuzz.h"

#define EDIT_LEN  6u
#define MAX_EDITS 64u
#define HEADER	  20u /* magic, version, length: refused at once */

struct bytes {
	unsigned char *at;
	size_t len, room;
};

static int append(void *arg, const void *from, size_t len)
{
	struct bytes *b = arg;

	if (b->room - b->len < len) {
		b->room = 2 * b->room + len;
		b->at = realloc(b->at, b->room);
		FUZZ_DEMAND(b->at);
	}
	memcpy(b->at + b->len, from, len);
	b->len += len;
	return 0;
}

static void save(struct vm *vm, struct bytes *b)
{
	b->len = 0;
	FUZZ_DEMAND(!vm_save(vm, append, b));
}

static void whole(struct vm *vm)
{
	struct vm_complaint c = { .index = -1 };

	if (vm_check(vm, &c))
		return;
	fprintf(stderr, "vm_check: %s\n", c.what);
	abort();
}

/* In the middle of reading, swapping and leaking. */
static struct vm *busy(struct bytes *own)
{
	static struct vm_machine machine;
	char *messages;
	struct vm *vm;

	FUZZ_DEMAND(!machine_conf_parse("image", rig_machine, &machine,
					&messages));
	free(messages);
	FUZZ_DEMAND(!vm_create(&vm, &machine, VM_WORLD_SIM));
	vm_run_until(vm, 1500 * VM_MILLISECOND, UINT64_MAX);
	save(vm, own);
	FUZZ_DEMAND(own->len > HEADER);
	return vm;
}

static void edit(struct bytes *b, const uint8_t *e)
{
	size_t at = ((size_t)e[0] << 16 | (size_t)e[1] << 8 | e[2]) %
		    (b->len - HEADER) + HEADER;
	size_t i;

	switch (e[3] % 4) {
	case 0:
		b->at[at] ^= e[4];
		break;
	case 1:
		b->at[at] = (unsigned char)(b->at[at] + (int8_t)e[4]);
		break;
	case 2: /* a small number, or a large one */
		for (i = at; i < at + 4 && i < b->len; i++)
			b->at[i] = i == at ? e[4] : e[5];
		break;
	default: /* what stands elsewhere */
		for (i = 0; i < 8u && at + i < b->len; i++)
			b->at[at + i] =
				b->at[(at + ((size_t)e[4] << 8 | e[5]) + i) %
				      b->len];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bytes own, bad, now;
	static struct vm *vm;
	struct vm_complaint c;
	unsigned i;
	int err;

	if (!vm)
		vm = busy(&own);
	bad.len = 0;
	append(&bad, own.at, own.len);
	for (i = 0; i < MAX_EDITS && size >= EDIT_LEN; i++) {
		edit(&bad, data);
		data += EDIT_LEN;
		size -= EDIT_LEN;
	}
	err = vm_restore(vm, bad.at, bad.len, &c);
	FUZZ_DEMAND(!err || err == -EINVAL || err == -EXDEV || err == -ENOMEM);
	if (err) {
		save(vm, &now);
		FUZZ_DEMAND(now.len == own.len &&
			    !memcmp(now.at, own.at, own.len));
		return 0;
	}
	whole(vm);
	vm_run_until(vm, vm_now_ns(vm) + 20 * VM_MILLISECOND, 2000);
	whole(vm);
	FUZZ_DEMAND(!vm_restore(vm, own.at, own.len, &c));
	return 0;
}
