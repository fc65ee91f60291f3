/* SPDX-License-Identifier: MIT */
/*
 * coverage_exit.c - what a process has covered is written down as it ends.
 *
 * Linked into the program in builds that measure coverage (b_coverage), and
 * in no other, with -Wl,--wrap=_exit.  The processes of `run` end by _exit(),
 * which writes nothing; and the first of a pid namespace takes all others
 * with it, which gives them no time to.  So the first one asks the server to
 * end, with which the keeper ends too, and waits for both before it goes.
 * They lead sessions of their own; placeholders do not, and are let be, since
 * the server would take note of their death.
 *
 * Called by everybody who calls _exit(); no locks.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Who does not end when asked has until then. */
#define PATIENCE_S 5
#define LOOK_NS	   10000000
#define LOOKS_S	   100

/* run_pid_max(), at the most. */
#define MAX_PID 32768

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

/* Leaders of sessions: how many there are; they are sent @signo. */
static int tell_leaders(int signo)
{
	pid_t pid;
	int nr = 0;

	for (pid = 2; pid <= MAX_PID; pid++)
		nr += getsid(pid) == pid && !kill(pid, signo);
	return nr;
}

static void end_the_others(void)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	int looks;

	tell_leaders(SIGTERM);
	for (looks = 0; looks < PATIENCE_S * LOOKS_S; looks++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (!tell_leaders(0))
			break;
		nanosleep(&look, NULL);
	}
}

_Noreturn void __wrap__exit(int status)
{
	if (getpid() == 1)
		end_the_others();
	__gcov_dump();
	__real__exit(status);
}
