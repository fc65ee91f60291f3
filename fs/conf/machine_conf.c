/* SPDX-License-Identifier: MIT */
/*
 * machine_conf.c - the machine file: text to struct vm_machine and back.
 *
 * libconfig parses, the tables fill the struct in, the engine's own
 * vm_machine_check() has the last word; its complaint is brought back to the
 * line it is about.  text.c reads files, and looks at what they include
 * before libconfig does.
 *
 * Called by fs/cli (mount, run, check), fs/sandbox (spawn, machine); calls
 * text.c, key_read.c and key_write.c.  No locks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "fs/conf/keys.h"
#include "fs/conf/machine_conf.h"
#include "fs/conf/text.h"

/* The list of the file that a complaint beginning with a word is about. */
static const struct {
	const char *word;
	const char *list;
} complaint_lists[] = {
	{ "disk", "disks" },	 { "file", "files" }, { "node", "nodes" },
	{ "swap", "swap" },	 { "sysctl", "sysctl" },
	{ "task", "tasks" },
};

#define NR_COMPLAINT_LISTS                                                     \
	(sizeof(complaint_lists) / sizeof(complaint_lists[0]))

/* The setting that @cmp is about, as near as the file has it. */
static const config_setting_t *culprit(const config_setting_t *root,
				       const struct vm_complaint *cmp)
{
	const config_setting_t *s = root, *next = NULL;
	size_t i;

	for (i = 0; i < NR_COMPLAINT_LISTS; i++) {
		if (!strncmp(cmp->what, complaint_lists[i].word,
			     strlen(complaint_lists[i].word)))
			next = config_setting_get_member(
				root, complaint_lists[i].list);
	}
	if (next)
		s = next;
	if (next && cmp->index >= 0 && config_setting_is_list(next)) {
		next = config_setting_get_elem(next, (unsigned)cmp->index);
		if (next)
			s = next;
	}
	if (cmp->field && config_setting_is_group(s)) {
		next = config_setting_get_member(s, cmp->field);
		if (next)
			s = next;
	}
	return s;
}

/* A machine that names no CPU has one a node; else none may be left out. */
static void finish_cpus(struct conf *c, const config_setting_t *root)
{
	const config_setting_t *s = config_setting_get_member(root, "nodes");
	struct vm_machine *m = c->m;
	uint32_t i;

	if (!m->nr_cpus) {
		m->nr_cpus = m->nr_nodes;
		for (i = 0; i < m->nr_nodes; i++)
			m->cpu_node[i] = (uint8_t)i;
	}
	for (i = 0; i < m->nr_cpus; i++) {
		if (m->cpu_node[i] == CONF_NO_NODE)
			conf_error(c, s ? s : root,
				   "CPU %u is of no node, expected CPUs 0 to "
				   "%u in cpus of the nodes",
				   i, m->nr_cpus - 1);
	}
	for (i = m->nr_cpus; i < VM_MAX_CPUS; i++)
		m->cpu_node[i] = 0;
}

static void read_machine(struct conf *c, const config_setting_t *root)
{
	struct vm_complaint cmp = { .index = -1 };
	struct vm_machine *m = c->m;

	memset(m->cpu_node, CONF_NO_NODE, sizeof(m->cpu_node));
	conf_read_group(c, root, machine_keys, m);
	if (!config_setting_get_member(root, "nodes"))
		conf_error(c, root, "nodes is missing, expected "
				    "nodes = ( { memory = \"4G\"; } );");
	finish_cpus(c, root);
	if (c->nr_errors)
		return;
	vm_machine_layout(m);
	if (!config_setting_get_member(root, "thp"))
		m->thp = vm_machine_thp_default(m);
	if (!vm_machine_check(m, &cmp))
		conf_error(c, culprit(root, &cmp), "%s", cmp.what);
}

static void read_task(struct conf *c, const config_setting_t *root,
		      struct vm_task_conf *t)
{
	task_conf_defaults(NULL, NULL, t);
	conf_read_group(c, root, task_keys, t);
	if (!c->nr_errors)
		task_conf_finish(c, root, t);
}

/* Parse @text and fill in c->m or, if that is NULL, @t. */
static void parse(struct conf *c, const char *dir, const char *text,
		  struct vm_task_conf *t)
{
	config_t config;
	const char *at;

	conf_text_check(c, dir, text);
	if (c->nr_errors)
		return;
	config_init(&config);
	if (dir)
		config_set_include_dir(&config, dir);
	if (!config_read_string(&config, text)) {
		at = config_error_file(&config);
		fprintf(c->log, "%s:%d: %s, expected key = value;\n",
			at ? at : c->file, config_error_line(&config),
			config_error_text(&config));
		c->nr_errors++;
	} else if (c->m) {
		read_machine(c, config_root_setting(&config));
	} else {
		read_task(c, config_root_setting(&config), t);
	}
	if (c->nr_errors > CONF_MAX_ERRORS)
		fprintf(c->log, "%s: %u more\n", c->file,
			c->nr_errors - CONF_MAX_ERRORS);
	config_destroy(&config);
}

/* The result of what @c has read, when all its messages are there. */
static int finish(struct conf *c, char **messages)
{
	if (fclose(c->log)) {
		free(*messages);
		*messages = NULL;
		return -ENOMEM;
	}
	if (c->no_memory)
		return -ENOMEM;
	return c->nr_errors ? -EINVAL : 0;
}

static int parse_machine(const char *name, const char *dir, const char *text,
			 struct vm_machine *m, char **messages)
{
	struct conf c = { .file = name, .m = m };
	size_t len;
	int err;

	*messages = NULL;
	c.log = open_memstream(messages, &len);
	if (!c.log)
		return -ENOMEM;
	vm_machine_init(m);
	parse(&c, dir, text, NULL);
	err = finish(&c, messages);
	if (err)
		vm_machine_fini(m);
	return err;
}

int machine_conf_parse(const char *name, const char *text,
		       struct vm_machine *m, char **messages)
{
	return parse_machine(name, NULL, text, m, messages);
}

int machine_conf_task(const char *name, const char *text,
		      struct vm_task_conf *t, char **messages)
{
	struct conf c = { .file = name };
	size_t len;

	*messages = NULL;
	c.log = open_memstream(messages, &len);
	if (!c.log)
		return -ENOMEM;
	parse(&c, NULL, text, t);
	return finish(&c, messages);
}

int machine_conf_read(const char *path, struct vm_machine *m, char **messages)
{
	char *text = NULL, *copy;
	int err;

	*messages = NULL;
	err = conf_text_read(path, &text);
	if (err) {
		if (asprintf(messages, "%s: %s, expected a machine file\n",
			     path, err == -EINVAL ? "binary data" :
						    strerror(-err)) < 0)
			*messages = NULL;
		return err;
	}
	copy = strdup(path);
	err = copy ? parse_machine(path, dirname(copy), text, m, messages) :
		     -ENOMEM;
	free(copy);
	free(text);
	return err;
}

int machine_conf_write(const struct vm_machine *m, FILE *f)
{
	struct conf_out out = { .f = f, .m = m };
	struct vm_machine *def = malloc(sizeof(*def));

	if (!def)
		return -ENOMEM;
	vm_machine_init(def);
	def->thp = vm_machine_thp_default(m);
	conf_write_keys(&out, machine_keys, m, def);
	vm_machine_fini(def);
	free(def);
	if (out.err)
		return out.err;
	return ferror(f) ? -EIO : 0;
}

int machine_conf_write_task(const struct vm_task_conf *t, FILE *f)
{
	struct conf_out out = { .f = f };
	struct vm_task_conf *def = malloc(sizeof(*def));

	if (!def)
		return -ENOMEM;
	task_conf_defaults(NULL, t, def);
	conf_write_keys(&out, task_keys, t, def);
	free(def);
	if (out.err)
		return out.err;
	return ferror(f) ? -EIO : 0;
}
