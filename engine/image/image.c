/* SPDX-License-Identifier: MIT */
/*
 * image.c - the order of things in an image, and vm_save().
 *
 *	header		magic, version, length of the image
 *	hardware	must be that of the machine that reads it
 *	settings	costs, seed, tunables
 *	memory		zones, frames, lists
 *	files, swap	page cache, slots
 *	tasks		with their page tables
 *	actors		CPUs, disks, flushers, kswapds
 *	figures		counters, pressure, the clock
 *
 * What refers to something comes after it.  Called from outside the engine;
 * calls the image_*.c.  Locking: vm_save() holds the world's lock.
 */
#include "image/image.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "world/name.h"

#define MAGIC	0x00676d696d765fffull /* "\xff_vmimg", not text */
#define TAG_END 0x20646e45u	      /* "End " */

void image_header(struct image *im, uint64_t length)
{
	uint64_t magic = MAGIC, total = length;
	uint32_t version = VM_IMAGE_VERSION;

	assert(im->nr == 0);
	image_num(im, magic);
	if (magic != MAGIC)
		image_refuse(im, "this is no image of a machine");
	image_num(im, version);
	if (version != VM_IMAGE_VERSION)
		image_refuse(im, "the image is of another version");
	image_num(im, total);
	if (total != length)
		image_refuse(im, "the image is not as long as it was");
}

void image_walk(struct image *im)
{
	image_conf(im);
	image_memory(im);
	image_files(im);
	image_swaps(im);
	image_tasks(im);
	if (!im->err)
		image_actors(im);
	if (!im->err)
		image_figures(im);
	image_tag(im, TAG_END);
	assert(im->err || im->nr > 0);
}

static uint64_t save(struct vm *vm, vm_image_put *put, void *arg,
		     uint64_t length, int *err)
{
	struct image im = { .vm = vm, .saving = true, .put = put, .arg = arg };

	image_header(&im, length);
	image_hardware(&im);
	image_walk(&im);
	image_flush(&im);
	*err = im.err;
	assert(put || !im.err);
	return im.nr;
}

/* Somebody waits for a piece of work: his struct is not ours to save. */
static bool ops_in_flight(const struct vm *vm)
{
	const struct task *t;

	assert(vm->tasks);
	for_each_task(vm, t)
		if (t->ops)
			return true;
	return false;
}

int vm_save(struct vm *vm, vm_image_put *put, void *arg)
{
	uint64_t length;
	int err = -EBUSY;

	assert(put);
	lock_take(&vm->world.lock);
	world_now(&vm->world);
	if (!ops_in_flight(vm)) {
		length = save(vm, NULL, NULL, 0, &err);
		save(vm, put, arg, length, &err);
	}
	lock_drop(&vm->world.lock);
	return err;
}
