/* SPDX-License-Identifier: MIT */
/*
 * checkpoint_state.h - the parts of a checkpoint that are not the engine's:
 * which machine it belongs to, and what the files keep.
 *
 * The machine is its description without what may differ from run to run:
 * tasks, sysctls, seed and date.  Two machines are the same if these texts
 * are.  The text is a machine file, so that a checkpoint can be mounted
 * without one.
 *
 * What the files keep is the kernel log, the events, the trace and its
 * switches, knobs without a model, what tasks were told to do, warnings that
 * come once, writes that were refused.  It is loaded beside what there is,
 * and put in its place only when nothing can fail any more.  Pressure
 * triggers belong to open descriptors and stay there.
 *
 * Ownership: a struct checkpoint_state is freed by checkpoint_state_free();
 * what is saved is borrowed.  Locking: session's lock around _save() and
 * _take(); none around the others.
 * Errors: -ENOMEM; -EBADMSG for bytes that are not what they should be.
 */
#ifndef SANDBOX_CHECKPOINT_STATE_H
#define SANDBOX_CHECKPOINT_STATE_H

#include <vm/machine.h>

#include "fs/vfs/strbuf.h"

struct machine_fs;
struct sandbox;

/* Of whom a checkpoint is. */
struct checkpoint_machine {
	uint64_t seed;
	uint64_t boot_epoch_s;
	char *text; /* owned */
};

int checkpoint_machine_save(const struct vm_machine *m, struct strbuf *out);
int checkpoint_machine_load(struct checkpoint_machine *c, const void *bytes,
			    size_t len);
void checkpoint_machine_free(struct checkpoint_machine *c);

/*
 * Is it @m's?  0, -ENOMEM, or -EXDEV and the first line that differs in @why,
 * of @size bytes.
 */
int checkpoint_machine_check(const struct checkpoint_machine *c,
			     const struct vm_machine *m, char *why,
			     size_t size);

struct checkpoint_state;

int checkpoint_state_save(struct machine_fs *mf, struct strbuf *out);
int checkpoint_state_load(struct checkpoint_state **sp, const void *bytes,
			  size_t len);

/* The files of @mf get what @s has, which keeps what they had. */
void checkpoint_state_take(struct checkpoint_state *s, struct machine_fs *mf);
void checkpoint_state_free(struct checkpoint_state *s);

#endif
