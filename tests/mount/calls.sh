#!/bin/sh
# SPDX-License-Identifier: MIT
#
# One call of the system fails, whichever it is, of the program's own and not
# of its libraries': the first, the second, and so on, in whatever process.
# (faults.sh has the kernel say no; here also those calls are met that a
# tracer cannot tell from others.)
#
# The program does without and its work is right, or it ends with a status of
# failure and says why.  What a signal has interrupted is done again.  Nobody
# hangs, nobody dies of a signal, nothing is left.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

FAULTS=${RF%/*}/tests/reclaimfs-faults
[ -x "$FAULTS" ] || skip 'no build of the program that fails'
install -m 755 "$FAULTS" "$DIR/rf"

# To end a hang, not to measure.
LIMIT=60

ours() {
	ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c -- "-> $DIR/rf\$"
}
nobody() {
	[ "$(ours)" -eq 0 ]
}

# fault CALL ERROR NTH COMMAND...: with that in the way; sets $code.
fault() {
	fault_order="$1 $2 $3 $DIR/hit"
	shift 3
	RECLAIMFS_FAULT=$fault_order timeout -s KILL $LIMIT "$@" \
		>"$DIR/out" 2>"$DIR/err" </dev/null
	code=$?
	until_so nobody # a mounted server ends after its mount
}

# right SENTENCE: as if nothing had been, or refused with a word about it.
right() {
	case $code in
	0) is "$1: output" "$(cat "$DIR/out")" "$want" ;;
	1 | 2 | 126 | 127)
		if [ "$sweep_error" = EINTR ]; then
			bad "$1: given up" "$(cat "$DIR/err")"
		fi
		holds "$1: status $code, and why" -s "$DIR/err"
		;;
	*) bad "$1: status $code" "$(head -n 5 "$DIR/err")" ;;
	esac
	is "$1: nobody is left" "$(ours)" 0
}

# sweep CALL ERROR LAST [FIRST]: $what, each time with another one of these.
sweep() {
	sweep_error=$2
	sweep_first=${4-1}
	nth=$sweep_first
	while [ $nth -le "$3" ]; do
		fault "$1" "$2" $nth $what
		grep -q hit "$DIR/hit" || break
		right "$1 $2 $nth of $what"
		nth=$((nth + 1))
	done
	holds "$1 of $what: there was one" $nth -gt "$sweep_first"
}

# --- run --------------------------------------------------------------------

what="$DIR/rf run -m $DIR/m.conf --seed 3 -- cat /proc/sys/vm/swappiness"
want=60
# Those before have no signal to fear: there is no handler yet.
sweep read EINTR 5 2
sweep write EINTR 4 4
sweep recv EINTR 5
sweep send EINTR 2
sweep recvmsg EINTR 1
sweep waitpid EINTR 3
sweep poll EINTR 6
sweep access EACCES 16
sweep calloc ENOMEM 12
sweep close_range EINVAL 1
sweep dup2 EMFILE 2
sweep epoll_create1 EMFILE 1
sweep epoll_ctl ENOMEM 1
sweep eventfd EMFILE 2
sweep fdopendir ENOMEM 1
sweep fopen EMFILE 8
sweep fork EAGAIN 2
sweep lstat EACCES 3
sweep mkdir ENOSPC 3
sweep mount EPERM 50
sweep open EMFILE 12
sweep openat EMFILE 2
sweep opendir EMFILE 1
sweep pipe2 EMFILE 4
sweep prctl EPERM 3
sweep pthread_create EAGAIN 12
sweep readlink EACCES 2
sweep seccomp_init ENOMEM 1
sweep seccomp_load EINVAL 1
sweep seccomp_notify_fd EINVAL 1
sweep socketpair EMFILE 4
sweep stat EACCES 15
sweep statfs EIO 4
sweep statvfs EIO 4
sweep symlink ENOSPC 3
sweep syscall EAGAIN 4
sweep unshare ENOSPC 4

# Who cannot look at what stands runs nothing: of those one says so.
seen=
nth=1
while [ $nth -le 4 ]; do
	fault statfs EIO $nth $what
	if grep -q '/proc: the simulated one does not stand' "$DIR/err"; then
		seen="$seen$code$(cat "$DIR/out")"
	fi
	nth=$((nth + 1))
done
is 'nothing runs unseen' "$seen" 11

# --- run --report -----------------------------------------------------------

cat >"$DIR/command" <<'END'
echo 10 >/proc/sys/vm/swappiness
env printf 300 >/proc/sys/vm/swappiness
cat /proc/sys/vm/swappiness
END
what="$DIR/rf run --report -m $DIR/m.conf --events $DIR/log --seed 3 -- sh
	$DIR/command"
want=10
sweep poll EINTR 8
sweep calloc ENOMEM 90 78
sweep lstat EACCES 6
sweep open EMFILE 40 8
sweep realloc ENOMEM 12
sweep strdup ENOMEM 8

# --- mount ------------------------------------------------------------------

mkdir "$DIR/kept" "$MNT"
cat >"$DIR/mounted" <<END
trap 'fusermount3 -u -q $MNT' EXIT
$DIR/rf mount -o clock=virtual --checkpoints $DIR/kept $DIR/m.conf \
	$MNT || exit
cat $MNT/proc/sys/vm/swappiness && cat $MNT/proc/500/syscall >/dev/null &&
	echo first >$MNT/sandbox/checkpoint &&
	echo first >$MNT/sandbox/restore || exit 1
END
what="sh $DIR/mounted"
want=60
# kept: after a failure there is no half of one, and the next one is whole.
kept() {
	sweep "$@"
	is "$1: what is kept" "$(ls -A "$DIR/kept")" first
}
for call in read recv waitpid; do
	sweep $call EINTR 4
done
sweep write EINTR 40
sweep calloc ENOMEM 60
sweep chdir EACCES 1
sweep close_range EINVAL 1
sweep dup2 EMFILE 6
sweep fork EAGAIN 2
sweep malloc ENOMEM 12
sweep open EMFILE 12
sweep pipe2 EMFILE 1
sweep prctl EPERM 2
sweep pthread_create EAGAIN 6
sweep read EIO 24
sweep realloc ENOMEM 40
sweep realpath ENOENT 1
sweep socketpair EMFILE 1
sweep stat EACCES 2
kept fdopendir ENOMEM 1
kept flock EAGAIN 3
kept fstat EIO 4
kept fsync EIO 1
fault fsync EIO 1 $what
is 'what is not on the disk is not kept' "$code" 1
fault fsync EIO 2 $what
is 'the directory may not be able to' "$code" 0
kept lseek EIO 2
kept openat EMFILE 5
kept renameat ENOSPC 1
kept write ENOSPC 40 2

# --- what reads files -------------------------------------------------------

printf '@include "m.conf"\n' >"$DIR/outer.conf"
what="$DIR/rf check $DIR/outer.conf"
want=$("$RF" check "$DIR/outer.conf")
for call in asprintf calloc fdopen malloc realloc strdup; do
	sweep $call ENOMEM 12
done
sweep fstat EIO 2
sweep open EACCES 2

"$RF" mount -o clock=virtual --events "$DIR/log" "$DIR/m.conf" "$MNT" ||
	bad 'a log'
echo 5s >"$MNT/sandbox/clock/advance"
stop
what="$DIR/rf replay --check $DIR/log"
want=$("$RF" replay --check "$DIR/log")
sweep calloc ENOMEM 60
sweep fopen EMFILE 1
sweep fread END 1
sweep malloc ENOMEM 8
sweep open_memstream ENOMEM 3
sweep realloc ENOMEM 30
sweep strndup ENOMEM 2
what="$DIR/rf replay $DIR/log"
want=$("$RF" replay "$DIR/log")
sweep fflush ENOSPC 2
what="$DIR/rf replay -o $DIR/again $DIR/log"
want=
sweep fopen EMFILE 2
sweep fclose ENOSPC 2

finish_run
