#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs run: a command inside the machine, and nothing left of it.

. "${0%/*}/lib.sh"
need_fuse

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; cpus = "0-1"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "128M"; } );
END

# The host's own settings, which nothing in here may change.
settings() {
	for file in /proc/sys/vm/* /proc/sys/kernel/pid_max; do
		[ -f "$file" ] && [ -r "$file" ] && grep -H . "$file"
	done 2>/dev/null
}
settings >"$DIR/settings"
host_swappiness=$(cat /proc/sys/vm/swappiness)

run() {
	"$RF" run -m "$DIR/m.conf" --clock virtual --seed 3 "$@"
}

if ! run -- true 2>"$DIR/err" && grep -q 'namespaces' "$DIR/err"; then
	is 'it names what to enable' "$(grep -c 'enable\|needs' "$DIR/err")" 1
	skip "$(head -n 1 "$DIR/err")"
fi

# The status is the command's.
status 'success' 0 run -- true
status 'failure' 1 run -- false
status 'any code' 42 run -- sh -c 'exit 42'
status 'not found' 127 run -- "$DIR/nowhere"
status 'not a program' 126 run -- "$DIR"
status 'no command' 2 run
status 'an option of the command is its own' 0 run -- test -e /
status 'without --' 3 run sh -c 'exit 3'
for signal in TERM KILL INT SEGV; do
	run -- sh -c "kill -$signal \$\$" 2>/dev/null
	is "ended by SIG$signal" "$(kill -l $? 2>/dev/null)" $signal
done

# Input, output and arguments go through.
is 'standard input' "$(echo hello | run -- cat)" hello
is 'arguments' "$(run -- printf '%s.' a 'b c' '')" 'a.b c..'
status 'standard error' 0 run -- sh -c 'echo seen >&2'
is 'is the command'"'"'s' "$(cat "$DIR/err")" seen

# The simulated files stand over the real ones.
is 'meminfo' "$(run -- awk '$1 == "SwapTotal:" { print $2 }' /proc/meminfo)" \
	131068
is 'vmstat, twice the same' "$(run -- cat /proc/vmstat | cksum)" \
	"$(run -- cat /proc/vmstat | cksum)"
is 'swaps' "$(run -- awk 'NR == 2 { print $1 }' /proc/swaps)" /dev/nvme0n1p2
is 'sysctl' "$(run -- sh -c 'echo 33 >/proc/sys/vm/swappiness &&
	cat /proc/sys/vm/swappiness')" 33
if command -v sysctl >/dev/null; then
	is 'the real sysctl' "$(run -- sh -c 'sysctl -q -w vm.swappiness=44 &&
		sysctl -n vm.swappiness')" 44
fi
# Values that the host does not have; its own are looked at from outside.
for value in 7 133; do
	run -- sh -c "echo $value >/proc/sys/vm/swappiness"
	is "vm.swappiness $value stays inside" \
		"$(cat /proc/sys/vm/swappiness)" "$host_swappiness"
done
is 'the controls' "$(run -- sh -c 'echo 5s >$RECLAIMFS/clock/advance &&
	cat $RECLAIMFS/clock/now')" 5.000000000
is 'the seed' "$(run -- sh -c 'cat $RECLAIMFS/clock/seed')" 3
is 'it is root in there' "$(run -- id -u)" 0
is 'real files are as they were' "$(run -- cat "$DIR/m.conf" | cksum)" \
	"$(cksum <"$DIR/m.conf")"

# A signal for reclaimfs is one for the command.
# A function in the background would be a shell around it: not run().
"$RF" run -m "$DIR/m.conf" --clock virtual -- sh -c '
	trap "exit 9" TERM
	echo ready
	for i in $(seq 1000); do sleep 0.05; done' >"$DIR/ready" &
pid=$!
until_so test -s "$DIR/ready"
kill -TERM $pid
wait $pid
is 'SIGTERM is passed on' $? 9

# Killed hard, nothing is left: no process, no mount, no file.
mkdir "$DIR/tmp"
TMPDIR=$DIR/tmp "$RF" run -m "$DIR/m.conf" --clock virtual -- \
	sh -c "echo ready; exec sleep 100.$$" >"$DIR/ready2" &
pid=$!
until_so test -s "$DIR/ready2"
kill -KILL $pid
wait $pid 2>/dev/null
ended() {
	! grep -qsz "^100\.$$\$" /proc/[0-9]*/cmdline
}
until_so ended
holds 'its command is gone' "$(ended && echo yes)" = yes
is 'no mount is left' "$(grep -c ' /sys/fs/fuse/connections .*reclaimfs' \
	/proc/self/mountinfo)" 0
settings >"$DIR/settings.after"
is 'the host is as it was' "$(cksum <"$DIR/settings.after")" \
	"$(cksum <"$DIR/settings")"
is 'no file is left' "$(ls -A "$DIR/tmp")" ''

finish
