#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The system says no: every system call that sets something up fails once, in
# every process that comes to it, the first time, the second, and so on until
# nobody comes to it so often.
#
# The program does without and its work is right, or it ends with status 1
# and says why.  Nobody hangs, nobody dies of a signal, nothing is left.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

command -v strace >/dev/null || skip 'no strace here'
strace -f -qq -o "$DIR/log" -e trace=getcwd -e inject=getcwd:error=EPERM true \
	2>/dev/null || skip 'no ptrace here'

# To end a hang, not to measure.
LIMIT=300

# Who is traced cannot look for leaks.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# What is in the way: nothing of a run that failed may run on.
install -m 755 "$RF" "$DIR/rf"
ours() {
	ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c -- "-> $DIR/rf\$"
}
nobody() {
	[ "$(ours)" -eq 0 ]
}

# fault CALL ERROR NTH COMMAND...: with that in the way; sets $code.
fault() {
	fault_inject=$1:error=$2:when=$3
	shift 3
	timeout $LIMIT strace -f -qq --seccomp-bpf -o "$DIR/log" \
		-e trace="${fault_inject%%:*}" -e inject="$fault_inject" "$@" \
		>"$DIR/out" 2>"$DIR/err" </dev/null
	code=$?
}

# Has anybody come to it so often?
hit() {
	grep -q '(INJECTED)$' "$DIR/log"
}

# right SENTENCE WANTED: done without, or refused with a word about it.
right() {
	case $code in
	0) is "$1: output" "$(cat "$DIR/out")" "$2" ;;
	1 | 2 | 126 | 127)
		holds "$1: status $code, and why" -s "$DIR/err"
		is "$1: no output" "$(cat "$DIR/out")" ''
		;;
	*) bad "$1: status $code" "$(head -n 5 "$DIR/err")" ;;
	esac
	until_so nobody
	is "$1: nobody is left" "$(ours)" 0
}

# sweep MOST CALL ERROR WANTED COMMAND...
sweep() {
	sweep_most=$1
	sweep_call=$2
	sweep_error=$3
	sweep_want=$4
	shift 4
	nth=1
	while [ $nth -le "$sweep_most" ]; do
		fault "$sweep_call" "$sweep_error" $nth "$@"
		hit || break
		right "$sweep_call $nth of $sweep_what" "$sweep_want"
		nth=$((nth + 1))
	done
	holds "$sweep_call of $sweep_what: there was one" $nth -gt 1
}

# --- run --------------------------------------------------------------------

sweep_what=run
in_machine() {
	sweep "$@" "$DIR/rf" run -m "$DIR/m.conf" --seed 3 -- \
		cat /proc/sys/vm/swappiness
}
in_machine 12 mount EPERM 60
in_machine 4 unshare ENOSPC 60
in_machine 14 clone3 EAGAIN 60
in_machine 4 pipe2 EMFILE 60
in_machine 3 socketpair EMFILE 60
in_machine 2 open_tree ENOSYS 60
in_machine 2 move_mount EINVAL 60
in_machine 3 mkdir ENOSPC 60
in_machine 2 symlink ENOSPC 60
in_machine 4 prctl EPERM 60
in_machine 3 seccomp EINVAL 60
in_machine 3 statfs EIO 60
in_machine 2 dup2 EMFILE 60
in_machine 1 sendmsg EPERM 60
in_machine 1 recvmsg EIO 60

# --- mount ------------------------------------------------------------------

# Whoever unmounts while the server takes a request is in time: the kernel ends
# that read so, as one in six ends when many files have just been closed.
mkdir "$MNT"
timeout $LIMIT strace -f -qq -o "$DIR/log" -P /dev/fuse -e trace=read \
	-e inject=read:error=ECONNABORTED:when=2+ \
	"$DIR/rf" mount -f "$MNT" >"$DIR/out" 2>&1 </dev/null
is 'unmounted in the middle of a request' $? 0
holds 'there was one' "$(grep -c INJECTED "$DIR/log")" -gt 0
is 'it has been unmounted' "$(grep -c " $MNT " /proc/self/mountinfo)" 0

finish_run
