/* SPDX-License-Identifier: MIT */
/*
 * session.c - the life of a mount: create, mount, run, signals, destroy.
 *
 * Called by fs/cli.  Calls tree.c, libfuse, notify.c.
 *
 * Signals: libfuse's own handlers lose a signal that comes between its test
 * of the exit flag and its read(2), so they are not used.  Ours sets the
 * flag and posts the notifier, which kicks the loop with SIGURG until it has
 * left; a second thread is there for that anyway.
 *
 * Locks: none taken here but around file_cancel_all().
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "fs/vfs/session_impl.h"

#define DEFAULT_OPTS "default_permissions,fsname=reclaimfs,subtype=reclaimfs"

static const int end_signals[] = { SIGTERM, SIGINT, SIGHUP };

/* Whom a signal handler has to tell; one session runs at a time. */
static _Atomic(struct session *) running;

static void fill_end_signals(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < TREE_NR(end_signals); i++)
		sigaddset(set, end_signals[i]);
}

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int err = pthread_mutexattr_init(&attr);

	if (err)
		return -err;
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	err = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -err;
}

/* libfuse's half; our options first, so that the user's win. */
static int create_fuse(struct session *s)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int err = -ENOMEM;

	if (fuse_opt_add_arg(&args, "reclaimfs") ||
	    fuse_opt_add_arg(&args, "-o" DEFAULT_OPTS))
		goto out;
	if (s->options.mount_opts && *s->options.mount_opts &&
	    (fuse_opt_add_arg(&args, "-o") ||
	     fuse_opt_add_arg(&args, s->options.mount_opts)))
		goto out;
	if (s->options.debug && fuse_opt_add_arg(&args, "-d"))
		goto out;
	s->fuse = fuse_session_new(&args, &session_ops, sizeof(session_ops), s);
	err = s->fuse ? 0 : -EINVAL;
out:
	fuse_opt_free_args(&args);
	return err;
}

int session_create(struct session **sp, const struct tree_dir *root,
		   void *priv, const struct session_options *options)
{
	struct session *s = calloc(1, sizeof(*s));
	sigset_t set;
	int err;

	if (!s)
		return -ENOMEM;
	s->options = *options;
	clock_gettime(CLOCK_REALTIME, &s->start);
	err = tree_create(&s->tree, root, priv);
	if (err)
		goto err_free;
	err = init_lock(&s->lock);
	if (err)
		goto err_tree;
	pthread_mutex_init(&s->flush_lock, NULL);
	pthread_mutex_init(&s->vanished_lock, NULL);
	if (sem_init(&s->notifier.sem, 0, 0)) {
		err = -errno;
		goto err_lock;
	}
	err = create_fuse(s);
	if (err)
		goto err_sem;
	fill_end_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	*sp = s;
	return 0;

err_sem:
	sem_destroy(&s->notifier.sem);
err_lock:
	pthread_mutex_destroy(&s->vanished_lock);
	pthread_mutex_destroy(&s->flush_lock);
	pthread_mutex_destroy(&s->lock);
err_tree:
	tree_destroy(s->tree);
err_free:
	free(s);
	return err;
}

int session_mount(struct session *s, const char *mountpoint)
{
	if (fuse_session_mount(s->fuse, mountpoint))
		return -EIO; /* libfuse has said why */
	s->mounted = true;
	return 0;
}

void session_lock(struct session *s)
{
	if (s)
		pthread_mutex_lock(&s->lock);
}

void session_unlock(struct session *s)
{
	if (s)
		pthread_mutex_unlock(&s->lock);
}

/* Async-signal-safe. */
void session_stop(struct session *s)
{
	fuse_session_exit(s->fuse);
	atomic_store(&s->stopping, true);
	notifier_post(&s->notifier);
}

static void on_signal(int signo)
{
	struct session *s = atomic_load(&running);
	int err = errno;

	if (s && signo != SIGURG) {
		atomic_store(&s->signo, signo);
		session_stop(s);
	}
	errno = err;
}

/* Take the signals, keeping what was there in @old. */
static void take_signals(struct session *s, struct sigaction *old)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;
	size_t i;

	atomic_store(&running, s);
	sigaction(SIGURG, &sa, &old[0]);
	for (i = 0; i < TREE_NR(end_signals); i++)
		sigaction(end_signals[i], &sa, &old[i + 1]);
	fill_end_signals(&set);
	sigaddset(&set, SIGURG);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void give_signals_back(const struct sigaction *old)
{
	sigset_t set;
	size_t i;

	fill_end_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < TREE_NR(end_signals); i++)
		sigaction(end_signals[i], &old[i + 1], NULL);
	sigaction(SIGURG, &old[0], NULL);
	atomic_store(&running, NULL);
}

/* Somebody else has unmounted it; what is there now is not ours. */
static bool is_gone(const struct session *s)
{
	struct pollfd p = { .fd = fuse_session_fd(s->fuse) };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

static void unmount(struct session *s)
{
	if (s->mounted && s->options.unmount && !is_gone(s))
		s->options.unmount(s->options.unmount_arg);
	if (s->mounted && !s->options.stays)
		fuse_session_unmount(s->fuse);
	s->mounted = false;
}

int session_run(struct session *s)
{
	struct sigaction old[1 + TREE_NR(end_signals)];
	int err;

	atomic_store(&s->loop, pthread_self());
	err = notifier_start(s);
	if (err)
		goto out;
	take_signals(s, old);
	err = fuse_session_loop(s->fuse);
	if (err == -ECONNABORTED)
		err = 0; /* unmounted while a request was being read */
	/* Again: answers that find no device any more are no error now. */
	fuse_session_exit(s->fuse);
	notifier_stop(s);
	give_signals_back(old);
out:
	file_cancel_all(s); /* their answers go to a device still open */
	unmount(s);
	return err < 0 ? err : atomic_load(&s->signo);
}

void session_free(struct session *s)
{
	pthread_mutex_destroy(&s->vanished_lock);
	pthread_mutex_destroy(&s->flush_lock);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void session_destroy(struct session *s)
{
	bool none_kept;

	if (!s)
		return;
	file_cancel_all(s);
	unmount(s);
	none_kept = file_orphan_all(s);
	file_close_all(s);
	vanished_flush(s);
	fuse_session_destroy(s->fuse);
	strbuf_release(&s->dirbuf);
	sem_destroy(&s->notifier.sem);
	tree_destroy(s->tree);
	if (none_kept)
		session_free(s);
}
