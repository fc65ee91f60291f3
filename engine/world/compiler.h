/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - what the compiler can do for us; the only #if of the project.
 *
 * Everything here works in gcc 12 and clang 14 alike; where only one of them
 * knows a word, the other one sees nothing.  No state, no locks, no errors.
 *
 * VM_DEVELOPER builds (-Ddeveloper=true) check lock ranks and, after every
 * step, vm_check(); code asks `if (vm_developer)`, so that both are compiled.
 */
#ifndef ENGINE_WORLD_COMPILER_H
#define ENGINE_WORLD_COMPILER_H

#include <stddef.h>

/*
 * Thread safety, for clang's -Wthread-safety: a function says which lock it
 * takes, gives back, needs, or must not hold.  NO_LOCK_ANALYSIS is for the
 * lock itself.
 */
#if defined(__clang__)
#define CAPABILITY(x) __attribute__((capability(x)))
#define ACQUIRE(...)  __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASE(...)  __attribute__((release_capability(__VA_ARGS__)))
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define NO_LOCK_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(x)
#define ACQUIRE(...)
#define RELEASE(...)
#define REQUIRES(...)
#define EXCLUDES(...)
#define NO_LOCK_ANALYSIS
#endif

#if defined(VM_DEVELOPER)
enum { vm_developer = 1 };
#else
enum { vm_developer = 0 };
#endif

/* Hints for paths that are taken a hundred million times a second. */
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/*
 * The empty asm is there because gcc takes a function that only prefetches
 * for one without effect, and drops its calls.
 */
#define prefetchw(p)                                                           \
	do {                                                                   \
		__builtin_prefetch((p), 1);                                    \
		__asm__ volatile("");                                          \
	} while (0)

/* The struct of @type in which @ptr is @member. */
#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* Of an array, not of a pointer. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Both arguments are evaluated once: they are plain values here. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
