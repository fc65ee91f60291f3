/* SPDX-License-Identifier: MIT */
/*
 * rig.c - a whole server without a mount, for fuzz targets (fuzz.h).
 *
 * The functions of libfuse that answer a request are defined here: the
 * linker takes them before those of the library.  A request is a struct
 * rig_req on the stack of the one who waits for its answer.
 *
 * Locks: rig_lock guards every request; answers come from the caller's own
 * thread, the notifier, the driver and the machine's threads.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fs/conf/machine_conf.h"
#include "fs/proc/machine_fs.h"
#include "fs/root.h"
#include "fs/sandbox/sandbox.h"
#include "fs/vfs/session_impl.h"
#include "fuzz.h"

const char rig_machine[] =
	"seed = 7;\n"
	"nodes = ( { memory = \"16M\"; cpus = \"0\"; },\n"
	"          { memory = \"8M\"; cpus = \"1\"; } );\n"
	"disks = ( { name = \"sda\"; } );\n"
	"swap = ( { path = \"/dev/sda2\"; disk = \"sda\"; size = \"4M\"; } );\n"
	"files = ( { name = \"/f\"; disk = \"sda\"; size = \"8M\"; } );\n"
	"tasks = ( { name = \"idle\"; pid = 100; anon = \"1M\"; },\n"
	"          { name = \"file\"; pid = 101; file = \"/f\"; },\n"
	"          { name = \"safe\"; pid = 102; oom_score_adj = -1000; },\n"
	"          { name = \"leaky\"; pid = 103; leak = \"16M/s\"; } );\n";

struct rig {
	struct vm_machine machine;
	struct vm *vm;
	struct machine_fs *mf;
	struct sandbox *sandbox;
	struct session *session;
	struct fuse_ctx ctx;
	unsigned patience_us;
};

struct rig_file {
	fuse_ino_t ino;
	struct fuse_file_info fi;
};

struct rig_req {
	struct rig *rig;
	bool answered;
	int err; /* 0 or -errno */
	struct fuse_entry_param entry;
	struct stat st;
	char *buf; /* where a read goes, or NULL */
	size_t size, nr;
	unsigned revents;
	fuse_interrupt_func_t interrupt;
	void *interrupt_data;
};

static pthread_mutex_t rig_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t rig_cond = PTHREAD_COND_INITIALIZER;

/* --- libfuse, as far as fs/vfs calls it ----------------------------------- */

static struct rig_req *req_of(fuse_req_t req)
{
	return (struct rig_req *)(void *)req;
}

static int answer(fuse_req_t req, int err)
{
	struct rig_req *r = req_of(req);

	pthread_mutex_lock(&rig_lock);
	FUZZ_DEMAND(!r->answered);
	r->answered = true;
	r->err = -err;
	pthread_cond_broadcast(&rig_cond);
	pthread_mutex_unlock(&rig_lock);
	return 0;
}

int fuse_reply_err(fuse_req_t req, int err)
{
	FUZZ_DEMAND(err >= 0 && err < 134);
	return answer(req, err);
}

int fuse_reply_entry(fuse_req_t req, const struct fuse_entry_param *e)
{
	req_of(req)->entry = *e;
	return answer(req, 0);
}

int fuse_reply_attr(fuse_req_t req, const struct stat *attr, double timeout)
{
	(void)timeout;
	req_of(req)->st = *attr;
	return answer(req, 0);
}

int fuse_reply_readlink(fuse_req_t req, const char *link)
{
	FUZZ_DEMAND(link[0] && strlen(link) < PATH_MAX);
	return answer(req, 0);
}

int fuse_reply_open(fuse_req_t req, const struct fuse_file_info *fi)
{
	(void)fi;
	return answer(req, 0);
}

int fuse_reply_write(fuse_req_t req, size_t count)
{
	req_of(req)->nr = count;
	return answer(req, 0);
}

int fuse_reply_buf(fuse_req_t req, const char *buf, size_t size)
{
	struct rig_req *r = req_of(req);

	FUZZ_DEMAND(size <= r->size);
	if (r->buf && size)
		memcpy(r->buf, buf, size);
	r->nr = size;
	return answer(req, 0);
}

int fuse_reply_statfs(fuse_req_t req, const struct statvfs *st)
{
	(void)st;
	return answer(req, 0);
}

int fuse_reply_xattr(fuse_req_t req, size_t count)
{
	(void)count;
	return answer(req, 0);
}

int fuse_reply_poll(fuse_req_t req, unsigned revents)
{
	req_of(req)->revents = revents;
	return answer(req, 0);
}

void *fuse_req_userdata(fuse_req_t req)
{
	return req_of(req)->rig->session;
}

const struct fuse_ctx *fuse_req_ctx(fuse_req_t req)
{
	return &req_of(req)->rig->ctx;
}

void fuse_req_interrupt_func(fuse_req_t req, fuse_interrupt_func_t func,
			     void *data)
{
	struct rig_req *r = req_of(req);

	pthread_mutex_lock(&rig_lock);
	r->interrupt = func;
	r->interrupt_data = data;
	pthread_mutex_unlock(&rig_lock);
}

int fuse_lowlevel_notify_poll(struct fuse_pollhandle *ph)
{
	FUZZ_DEMAND(*(char *)(void *)ph == 'p');
	return 0;
}

int fuse_lowlevel_notify_store(struct fuse_session *se, fuse_ino_t ino,
			       off_t offset, struct fuse_bufvec *bufv,
			       enum fuse_buf_copy_flags flags)
{
	(void)se;
	(void)flags;
	FUZZ_DEMAND(ino && offset > 0 && bufv->count == 1);
	return 0;
}

void fuse_pollhandle_destroy(struct fuse_pollhandle *ph)
{
	free(ph);
}

/* --- requests ------------------------------------------------------------- */

#define REQ(r) ((fuse_req_t)(void *)(r))

static void req_init(struct rig_req *r, struct rig *rig)
{
	*r = (struct rig_req){ .rig = rig };
}

static bool wait_us(struct rig_req *r, unsigned us)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)us * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!r->answered)
		if (pthread_cond_timedwait(&rig_cond, &rig_lock, &until))
			break;
	return r->answered;
}

/* The answer: 0 or -errno.  Interrupts whoever takes his time. */
static int req_end(struct rig_req *r)
{
	bool late;

	pthread_mutex_lock(&rig_lock);
	late = !r->answered && !wait_us(r, r->rig->patience_us);
	pthread_mutex_unlock(&rig_lock);
	/* libfuse interrupts under a lock that keeps the request alive. */
	if (late && r->interrupt)
		r->interrupt(REQ(r), r->interrupt_data);
	pthread_mutex_lock(&rig_lock);
	while (!r->answered)
		pthread_cond_wait(&rig_cond, &rig_lock);
	pthread_mutex_unlock(&rig_lock);
	return r->err;
}

int64_t rig_walk(struct rig *rig, const char *path)
{
	fuse_ino_t ino = FUSE_ROOT_ID;
	char name[256];
	struct rig_req r;
	size_t len;
	int err;

	while (*path) {
		len = strcspn(path, "/");
		if (len >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		if (!len)
			continue;
		req_init(&r, rig);
		session_ops.lookup(REQ(&r), ino, name);
		err = req_end(&r);
		/* "There is none" is an answer that the kernel may keep. */
		if (!err && !r.entry.ino)
			err = -ENOENT;
		if (err)
			return err;
		ino = r.entry.ino;
		FUZZ_DEMAND(ino == r.entry.attr.st_ino);
	}
	return (int64_t)ino;
}

static void list(struct rig *rig, fuse_ino_t ino, size_t chunk)
{
	char buf[4096];
	struct fuse_file_info fi = { .flags = O_RDONLY };
	struct rig_req r;
	off_t off = 0;
	unsigned i;

	for (i = 0; i < 64; i++) {
		req_init(&r, rig);
		r.buf = buf;
		/* The kernel asks for something. */
		r.size = chunk < sizeof(buf) ? chunk + 1 : sizeof(buf);
		if (i & 1)
			session_ops.readdir(REQ(&r), ino, r.size, off, &fi);
		else
			session_ops.readdirplus(REQ(&r), ino, r.size, off, &fi);
		if (req_end(&r) || r.nr < 24)
			return;
		/* fuse_dirent: ino, off; readdirplus has an entry before. */
		memcpy(&off, buf + (i & 1 ? 8 : 128 + 8), sizeof(off));
	}
}

int rig_look(struct rig *rig, const char *path, size_t chunk)
{
	struct fuse_file_info fi = { .flags = O_RDONLY };
	int64_t ino = rig_walk(rig, path);
	struct rig_req r;
	int err;

	if (ino < 0)
		return (int)ino;
	req_init(&r, rig);
	session_ops.getattr(REQ(&r), (fuse_ino_t)ino, NULL);
	err = req_end(&r);
	if (!err && S_ISLNK(r.st.st_mode)) {
		req_init(&r, rig);
		session_ops.readlink(REQ(&r), (fuse_ino_t)ino);
		return req_end(&r);
	}
	if (err || !S_ISDIR(r.st.st_mode))
		return err;
	req_init(&r, rig);
	session_ops.opendir(REQ(&r), (fuse_ino_t)ino, &fi);
	err = req_end(&r);
	if (!err)
		list(rig, (fuse_ino_t)ino, chunk);
	return err;
}

int rig_change(struct rig *rig, const char *path, const char *name)
{
	struct fuse_file_info fi = { .flags = O_CREAT | O_RDWR };
	int64_t ino = rig_walk(rig, path);
	struct stat st = { .st_mode = 0 };
	struct rig_req r;
	unsigned i;

	if (ino < 0)
		return (int)ino;
	for (i = 0; i < 6; i++) {
		fuse_ino_t at = (fuse_ino_t)ino;

		req_init(&r, rig);
		if (i == 0)
			session_ops.setattr(REQ(&r), at, &st,
					    FUSE_SET_ATTR_SIZE, NULL);
		else if (i == 1)
			session_ops.setattr(REQ(&r), at, &st,
					    FUSE_SET_ATTR_MODE, NULL);
		else if (i == 2)
			session_ops.create(REQ(&r), at, name, 0644, &fi);
		else if (i == 3)
			session_ops.mkdir(REQ(&r), at, name, 0755);
		else if (i == 4)
			session_ops.unlink(REQ(&r), at, name);
		else
			session_ops.rename(REQ(&r), at, name, at, "x", 0);
		FUZZ_DEMAND(req_end(&r) || i == 0);
	}
	return 0;
}

int rig_open(struct rig *rig, const char *path, int flags,
	     struct rig_file **fp)
{
	int64_t ino = rig_walk(rig, path);
	struct rig_file *f;
	struct rig_req r;
	int err;

	if (ino < 0)
		return (int)ino;
	req_init(&r, rig);
	session_ops.getattr(REQ(&r), (fuse_ino_t)ino, NULL);
	err = req_end(&r);
	if (err || !S_ISREG(r.st.st_mode))
		return err ? err : -EISDIR; /* the kernel opens no others */
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->ino = (fuse_ino_t)ino;
	f->fi.flags = flags;
	req_init(&r, rig);
	session_ops.open(REQ(&r), f->ino, &f->fi);
	err = req_end(&r);
	if (err)
		free(f);
	else
		*fp = f;
	return err;
}

void rig_close(struct rig *rig, struct rig_file *f)
{
	struct rig_req r;

	req_init(&r, rig);
	session_ops.release(REQ(&r), f->ino, &f->fi);
	req_end(&r);
	free(f);
}

ssize_t rig_read(struct rig *rig, struct rig_file *f, char *buf, size_t size,
		 off_t offset)
{
	struct rig_req r;
	int err;

	if ((f->fi.flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	req_init(&r, rig);
	r.buf = buf;
	r.size = size;
	session_ops.read(REQ(&r), f->ino, size, offset, &f->fi);
	err = req_end(&r);
	return err ? err : (ssize_t)r.nr;
}

ssize_t rig_write(struct rig *rig, struct rig_file *f, const void *text,
		  size_t len, off_t offset)
{
	struct rig_req r;
	int err;

	if ((f->fi.flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	req_init(&r, rig);
	session_ops.write(REQ(&r), f->ino, text, len, offset, &f->fi);
	err = req_end(&r);
	FUZZ_DEMAND(err || r.nr <= len);
	return err ? err : (ssize_t)r.nr;
}

int rig_poll(struct rig *rig, struct rig_file *f)
{
	char *handle = malloc(1);
	struct rig_req r;
	int err;

	if (!handle)
		return -ENOMEM;
	*handle = 'p';
	req_init(&r, rig);
	session_ops.poll(REQ(&r), f->ino, &f->fi, (void *)handle);
	err = req_end(&r);
	return err ? err : (int)r.revents;
}

ssize_t rig_put(struct rig *rig, const char *path, const void *text,
		size_t len)
{
	struct rig_file *f;
	ssize_t n = rig_open(rig, path, O_WRONLY, &f);

	if (n)
		return n;
	n = rig_write(rig, f, text, len, 0);
	rig_close(rig, f);
	return n;
}

/* --- the server ----------------------------------------------------------- */

/* All but the threads. */
static int build(struct rig *rig)
{
	const struct session_options so = { .root_uid = 0 };
	char *messages = NULL;
	int err;

	err = machine_conf_parse("rig", rig_machine, &rig->machine, &messages);
	free(messages);
	if (err)
		return err;
	err = vm_create(&rig->vm, &rig->machine, VM_WORLD_SIM);
	if (!err)
		err = machine_fs_create(&rig->mf, rig->vm);
	if (!err)
		err = sandbox_create(&rig->sandbox, rig->vm, &rig->machine);
	if (err)
		return err;
	rig->mf->sandbox = rig->sandbox;
	err = session_create(&rig->session, &root_dir, rig->mf, &so);
	if (!err)
		machine_fs_attach(rig->mf, rig->session);
	return err;
}

static int start(struct rig *rig)
{
	int err = sandbox_start(rig->sandbox);

	if (!err)
		err = vm_start(rig->vm);
	atomic_store(&rig->session->loop, pthread_self());
	return err ? err : notifier_start(rig->session);
}

static void take_down(struct rig *rig)
{
	machine_fs_detach(rig->mf);
	session_destroy(rig->session);
	machine_fs_destroy(rig->mf);
	sandbox_destroy(rig->sandbox);
	vm_destroy(rig->vm);
	vm_machine_fini(&rig->machine);
	free(rig);
}

int rig_boot(struct rig **rp)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	sigset_t old;
	int err;

	if (!rig)
		return -ENOMEM;
	rig->ctx.pid = getpid();
	pthread_sigmask(SIG_SETMASK, NULL, &old);
	err = build(rig);
	if (!err)
		err = start(rig);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err) {
		*rp = rig;
		return 0;
	}
	if (rig->sandbox)
		sandbox_stop(rig->sandbox);
	take_down(rig);
	return err;
}

struct rig *rig_create(void)
{
	struct rig *rig = NULL;

	FUZZ_DEMAND(!rig_boot(&rig));
	return rig;
}

void rig_destroy(struct rig *rig)
{
	struct vm_complaint c = { .index = -1 };

	if (!rig)
		return;
	notifier_stop(rig->session);
	file_cancel_all(rig->session);
	sandbox_stop(rig->sandbox);
	vm_pause(rig->vm, true);
	if (!vm_check(rig->vm, &c)) {
		fprintf(stderr, "vm_check: %s\n", c.what);
		abort();
	}
	take_down(rig);
}

struct vm *rig_vm(struct rig *rig)
{
	return rig->vm;
}

void rig_checkpoints(struct rig *rig, int fd)
{
	rig->sandbox->checkpoints.dir = fd;
}

void rig_user(struct rig *rig, uint32_t uid)
{
	rig->ctx.uid = uid;
	rig->ctx.gid = uid;
}

void rig_patience(struct rig *rig, unsigned us)
{
	rig->patience_us = us;
}

struct rig *rig_shared(unsigned runs)
{
	static struct rig *rig;
	static unsigned nr;

	if (nr++ % runs == 0) {
		rig_destroy(rig);
		rig = rig_create();
	}
	return rig;
}
