#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Who gets in: nobody but the mounting user; with allow_other Linux's rules by
# uid and mode, and sandbox/ is the owner's alone; what a task's text cannot
# name; what the server cannot become.

. "${0%/*}/lib.sh"
need_fuse
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	skip 'being another user takes root and setpriv'
fi
chmod 755 "$DIR"

# another COMMAND...: as nobody, without a capability
another() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all "$@"
}

# no SENTENCE ERROR COMMAND...: fails for another user, with this error.
no() {
	no_what=$1
	no_want=$2
	shift 2
	no_got=$(LC_ALL=C another "$@" 2>&1 </dev/null >/dev/null)
	case $no_got in
	*"$no_want") pass ;;
	*) bad "$no_what" "  got:    $no_got" "  wanted: $no_want" ;;
	esac
}

# may SENTENCE COMMAND...: works for another user.
may() {
	may_what=$1
	shift
	if another "$@" >"$DIR/out" 2>&1 </dev/null; then
		pass
	else
		bad "$may_what" "$(cat "$DIR/out")"
	fi
}

DENIED='Permission denied'

start -o clock=virtual
for file in '' /proc /proc/meminfo /proc/sys/vm/swappiness /sandbox \
	/sandbox/spawn; do
	no "nobody else gets to '$file'" "$DENIED" ls "$MNT$file"
done
no 'nor writes' "$DENIED" sh -c "echo 1 >$MNT/proc/sys/vm/swappiness"
stop

start -o clock=virtual,allow_other
may 'allow_other: meminfo is for all' cat "$MNT/proc/meminfo"
may 'vmstat too' cat "$MNT/proc/vmstat"
may 'a tunable is read by all' cat "$MNT/proc/sys/vm/swappiness"
may 'a task is seen by all' cat "$MNT/proc/1/stat"
may 'the nodes are' cat "$MNT/sys/devices/system/node/node0/meminfo"
before=$(cat "$MNT/proc/sys/vm/swappiness")
no 'a tunable is written by root' "$DENIED" \
	sh -c "echo 1 >$MNT/proc/sys/vm/swappiness"
no 'drop_caches as well' "$DENIED" \
	sh -c "echo 3 >$MNT/proc/sys/vm/drop_caches"
no "another's oom_score_adj is his" "$DENIED" \
	sh -c "echo 5 >$MNT/proc/1/oom_score_adj"
no 'compact_memory is not read' "$DENIED" cat "$MNT/proc/sys/vm/compact_memory"
no 'the log is read by root' "$DENIED" cat "$MNT/proc/kmsg"
no 'and written by root' "$DENIED" sh -c "echo x >$MNT/dev/kmsg"
is 'nothing has changed' "$(cat "$MNT/proc/sys/vm/swappiness")" "$before"
for file in '' /spawn /events /machine /zones /clock/now /clock/advance \
	/tasks /tasks/1/alloc; do
	no "sandbox$file is the owner's" "$DENIED" ls -l "$MNT/sandbox$file"
done
no 'no other way to it' "$DENIED" ls "$MNT/proc/../sandbox/clock"
no 'nobody makes a file' "$DENIED" touch "$MNT/new"
no 'nor takes one away' "$DENIED" rmdir "$MNT/proc"
no 'nor gives one to himself' 'Operation not permitted' \
	chown 65534 "$MNT/proc/meminfo"
no 'nor opens it up' 'Operation not permitted' \
	chmod 777 "$MNT/sandbox"
is 'the owner still may' "$(cat "$MNT/sandbox/clock/mode")" virtual

# A task's own files are those of its uid.
echo 'name = "theirs"; pid = 4000; uid = 65534; gid = 65534;' \
	>"$MNT/sandbox/spawn"
may 'its own user writes oom_score_adj' \
	sh -c "echo 300 >$MNT/proc/4000/oom_score_adj"
is 'it is written' "$(cat "$MNT/proc/4000/oom_score_adj")" 300
no 'but not below what root set' "$DENIED" \
	sh -c "env printf -- -300 >$MNT/proc/4000/oom_score_adj"
is 'it is as it was' "$(cat "$MNT/proc/4000/oom_score_adj")" 300

# A line for spawn is text, and leads to no file of the host.
mkfifo "$DIR/fifo"
echo 'name = "stolen";' >"$DIR/secret"
for file in / /etc/passwd "$DIR/secret" "$DIR/fifo" /dev/zero /nowhere; do
	refused "spawn does not open $file" 'Invalid argument' \
		"$MNT/sandbox/spawn" "@include \"$file\""
done
is 'no task came of it' "$(grep -ls '^stolen$' "$MNT"/proc/*/comm)" ''
is 'the server is still there' "$(cat "$MNT/sandbox/clock/mode")" virtual
stop

# What the server has become: nothing, in each of its threads.
# field NAME STATUS
field() {
	sed -n "s/^$1:[[:space:]]*//p" "$2"
}

mkdir -p "$MNT" "$DIR/kept"
filters=2
if grep -qaE '__(asan|tsan|gcov)_' "$RF"; then
	filters=0 # such a build does without (fs/cli/harden.h)
fi
for more in '' "--checkpoints $DIR/kept"; do
	# shellcheck disable=SC2086 # a list of words
	"$RF" mount -f -o clock=live $more "$MNT" &
	server=$!
	until_so test -e "$MNT/sandbox"
	cat "$MNT/proc/meminfo" >/dev/null
	caps=0000000000000000
	if [ -n "$more" ]; then
		caps=0000000000000002 # another's directory, for root
	fi
	holds 'the server has threads' \
		"$(ls /proc/$server/task | wc -l)" -gt 2
	for thread in /proc/$server/task/*/status; do
		is 'no thread of the server gains privileges' \
			"$(field NoNewPrivs "$thread")" 1
		is 'it has a filter' "$(field Seccomp "$thread")" $filters
		for set in CapEff CapPrm; do
			is "$set" "$(field $set "$thread")" $caps
		done
		is 'CapBnd' "$(field CapBnd "$thread")" 0000000000000000
	done
	kill -TERM $server
	wait $server
	is 'it ends in order' $? 0
	is 'its mount is gone' "$(grep -c " $MNT " /proc/self/mountinfo)" 0
done

# A user's own server is no freer, and his mount goes with it as well.
if [ -c /dev/fuse ] && command -v unshare >/dev/null; then
	mkdir "$DIR/his"
	chown 65534 "$DIR/his"
	mknod -m 666 "$DIR/fuse" c 10 229
	install -m 755 "$RF" "$DIR/rf-user"
	# shellcheck disable=SC2016 # for the inner shell
	his=$(unshare --mount sh -c '
		mount --bind "$0/fuse" /dev/fuse
		exec setpriv --reuid 65534 --regid 65534 --clear-groups \
			sh -c "$1" "$0"' "$DIR" '
		cd "$0" || exit
		./rf-user mount -f "$0/his" &
		tries=200
		until [ -e his/sandbox ] || [ $tries = 0 ]; do
			sleep 0.05
			tries=$((tries - 1))
		done
		head -c 9 his/proc/meminfo
		sed -n "s/^\(NoNewPrivs\|Seccomp\|CapEff\):[^0-9]*/ /p" \
			/proc/$!/status | tr -d "\n"
		kill -TERM $!
		wait $!
		echo " $? $(grep -c " $0/his " /proc/self/mountinfo)"
		' 2>&1)
	is 'a user has a server like that' "$his" \
		"MemTotal: 0000000000000000 1 $filters 0 0"
fi
finish
