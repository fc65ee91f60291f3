#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: what is told about it, and that nothing is left, however it ends.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

# What became of the command.  A machine as small as this one has no huge
# pages, as Linux, and says never already.
status 'with --report' 9 run --report -- sh -c '
	echo 77 >/proc/sys/vm/swappiness
	env printf 300 >/proc/sys/vm/swappiness 2>/dev/null
	echo always >/sys/kernel/mm/transparent_hugepage/defrag
	exit 9'
is 'a changed setting' "$(grep -c 'changed  vm.swappiness: 60 -> 77$' \
	"$DIR/err")" 1
is 'one of sysfs' "$(grep -c 'changed  /sys/kernel/mm/transparent_hugepage' \
	"$DIR/err")" 1
is 'nothing else' "$(grep -c changed "$DIR/err")" 2
is 'a refused write' "$(grep -c \
	'refused  .*swappiness = "300": Invalid argument, takes 0 to 200$' \
	"$DIR/err")" 1
is 'no kill' "$(grep -c 'oom      0 kills$' "$DIR/err")" 1
is 'nothing of it is in the output' "$(cat "$DIR/out")" ''
cat >"$DIR/leak.conf" <<'END'
nodes = ( { memory = "128M"; cpus = "0"; } );
disks = ( { name = "nvme0n1"; } );
END
"$RF" run -m "$DIR/leak.conf" --report --events "$DIR/events" -- sh -c '
	echo "name = \"a, \\\"b}\"; pid = 600; leak = \"400M/s\";" \
		>$RECLAIMFS/spawn
	tries=300
	while [ -d /proc/600 ] && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done' 2>"$DIR/err"
is 'a kill, and whose' "$(grep -c 'oom      1 kills: a, "b} (pid 600)$' \
	"$DIR/err")" 1
is 'kswapd has run' "$(awk '$1 == "kswapd" && $2 + 0 > 0 { print "yes" }' \
	"$DIR/err")" yes
is 'the events too' "$(grep -c '"event":"oom_kill".*"victim_pid":600' \
	"$DIR/events")" 1
is 'in order, none lost' "$(sed 's/^{"seq":\([0-9]*\),.*/\1/' "$DIR/events" |
	awk '$1 != NR - 1 { print "not so: " $0 }')" ''
status 'a file that cannot be' 1 run --events "$DIR/no/file" -- true

# In a terminal.
if command -v script >/dev/null; then
	is 'the prompt' "$({ sleep 1; echo 'exit 5'; } | script -qec "
		'$RF' run -m $DIR/m.conf -- bash --norc" /dev/null |
		grep -c '(reclaimfs) ')" 1
	is 'Ctrl-C is the command'"'"'s' "$({ sleep 1; printf '\003'; } |
		script -qec "'$RF' run -m $DIR/m.conf -- sh -c '
			trap \"echo trapped; exit 4\" INT; while :; do
				sleep 0.1; done'" /dev/null |
		grep -c trapped)" 1
fi

# Not here.
status 'without /dev/fuse' 1 unshare -Urm sh -c '
	mount -t tmpfs none /dev && exec "$@"' sh "$RF" run -- true
is 'it says so' "$(grep -c '/dev/fuse: ' "$DIR/err")" 1
is 'and what to do' "$(grep -c 'modprobe fuse' "$DIR/err")" 1
status 'without user namespaces' 1 unshare -Ur sh -c '
	echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh \
	"$RF" run -- true
is 'what to enable' "$(grep -c 'sysctl user.max_user_namespaces=' \
	"$DIR/err")" 1
status 'in another one' 1 run -- "$RF" run -- true
is 'that is said as well' "$(grep -c 'inside of a machine already' \
	"$DIR/err")" 1

# Nothing is left of two hundred, of which twenty were killed at any moment.
install -m 755 "$RF" "$DIR/rf"
ours() {
	ls -l /proc/[0-9]*/exe 2>/dev/null |
		grep -c -- "-> $DIR/rf\(-user\)\{0,1\}\$"
}
quiet() {
	[ "$(ours)" -eq 0 ]
}
# Whatever they start has this in its environment.
marked() {
	grep -lsz "^RUN_ENDS=$$\$" /proc/[0-9]*/environ
}
gone() {
	[ -z "$(marked)" ]
}
nr_nsfs() {
	grep -c ' - nsfs ' /proc/self/mountinfo
}
nsfs=$(nr_nsfs)
mounts=$(nr_mounts)
# They live in a user namespace of their own, in which there may be ROOM
# namespaces of a kind at once.  When all that room can be had again, for
# children of ours, nothing of the two hundred has kept any.
ROOM=40
export ROOM
cat >"$DIR/many.sh" <<'END'
[ "$(readlink /proc/self/ns/user)" != "$OUTER" ] || exit 1
for kind in user mnt pid; do
	echo "$ROOM" >"/proc/sys/user/max_${kind}_namespaces" || exit 1
done
for i in $(seq 180); do
	"$DIR/rf" run -m "$DIR/m.conf" -- sh -c 'sleep 60 & exit 3'
	echo $?
done >"$DIR/ends"
for i in $(seq 20); do
	"$DIR/rf" run -m "$DIR/m.conf" -- sleep 60 >"$DIR/out" 2>&1 &
	pid=$!
	sleep "0.$(od -An -N 1 -t u1 /dev/urandom | awk '{
		printf "%03d", $1 }')"
	kill -KILL $pid
	wait $pid
done 2>/dev/null

# hold NUMBER: that many of each kind at once?
hold() {
	pids=
	: >"$DIR/held"
	for i in $(seq "$1"); do
		unshare --user --mount --pid --fork --kill-child \
			sh -c 'echo; exec sleep 300' >>"$DIR/held" 2>/dev/null &
		pids="$pids $!"
	done
	waits=100
	while [ "$(wc -l <"$DIR/held")" -lt "$1" ] && [ $waits -gt 0 ]; do
		sleep 0.05
		waits=$((waits - 1))
	done
	kill -KILL $pids 2>/dev/null # it takes the child with it
	wait
	[ "$(wc -l <"$DIR/held")" -eq "$1" ]
}
tries=10
while ! hold "$ROOM" && [ $tries -gt 0 ]; do
	sleep 5	# the kernel gives them back in its own time
	tries=$((tries - 1))
done
wc -l <"$DIR/held" >"$DIR/room"
hold $((ROOM + 1)) && echo more >>"$DIR/room"
END
OUTER=$(readlink /proc/self/ns/user) DIR=$DIR RUN_ENDS=$$ \
	unshare --user --map-root-user sh "$DIR/many.sh" 2>"$DIR/err.all"
is 'they end alike, and what they left behind with them' \
	"$(sort "$DIR/ends" | uniq -c | xargs)" '180 3'
is 'without a word' "$(cat "$DIR/err.all")" ''
is 'no namespace of theirs is left' "$(cat "$DIR/room")" $ROOM
until_so gone
is 'nothing that they started' "$(marked)" ''
if has_user; then
	as_user -- sh -c 'echo ready; exec sleep 60' >"$DIR/ready" &
	until_so test -s "$DIR/ready"
	for pid in $(ls -l /proc/[0-9]*/exe 2>/dev/null |
		sed -n "s,.* /proc/\([0-9]*\)/exe -> $DIR/rf-user$,\1,p" |
		sort -n | head -n 1); do
		kill -KILL "$pid"
	done
	wait
fi
until_so quiet
is 'no process' "$(ours)" 0
is 'no mount' "$(nr_mounts)" "$mounts"
is 'no name for a namespace' "$(nr_nsfs)" "$nsfs"
mine='m.conf\|leak.conf\|events\|settings\|fuse\|ready\|out\|err'
mine="$mine\\|err.all\\|many.sh\\|ends\\|held\\|room"
is 'no file' "$(ls -A "$DIR" | grep -vcx "$mine\|rf\|rf-user")" 0

# The machine may be killed from inside; the command does not go on blindly.
status 'kill -9 of all' 1 run -- sh -c 'kill -9 -1; sleep 60'

finish_run
