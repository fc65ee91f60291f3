/* SPDX-License-Identifier: MIT */
/*
 * report_settings.h - the tunables of a mount at one moment, and since.
 *
 * Those of /proc/sys that can be read and written, and of /sys/kernel/mm.
 * Values are compared as text.
 *
 * Ownership: struct settings is the caller's to settings_free().  One thread.
 * Errors: -ENOMEM.
 */
#ifndef CLI_REPORT_SETTINGS_H
#define CLI_REPORT_SETTINGS_H

#include <stdio.h>

struct settings;

/* As they are now, below mount point @where. */
int settings_read(struct settings **sp, const char *where);

/* "changed vm.swappiness: 60 -> 10", a line each, in the order of names. */
void settings_print_changes(const struct settings *s, const char *where,
			    FILE *f);

/* NULL is fine. */
void settings_free(struct settings *s);

#endif
