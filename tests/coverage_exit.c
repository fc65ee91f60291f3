/* SPDX-License-Identifier: MIT */
/*
 * coverage_exit.c - what a process has covered is written down as it ends.
 *
 * Linked into the program in builds that measure coverage (b_coverage), and
 * in no other, with -Wl,--wrap=_exit.  The processes of `run` end by _exit(),
 * which writes nothing; and the first of a pid namespace takes all others
 * with it, which gives them no time to.  So the first one asks them to end
 * and waits before it goes.
 *
 * Called by everybody who calls _exit(); no locks.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who does not end when asked has until then. */
#define PATIENCE_S 10

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
	if (getpid() == 1) {
		signal(SIGTERM, SIG_IGN);
		kill(-1, SIGTERM);
		alarm(PATIENCE_S);
		while (wait(NULL) > 0 || errno == EINTR)
			;
	}
	__gcov_dump();
	__real__exit(status);
}
