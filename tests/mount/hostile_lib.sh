# SPDX-License-Identifier: MIT
#
# hostile_lib.sh - what the tests of faults around a server share.
#
# Sourced after lib.sh.  ended() waits for the end of the server,
# which must come by itself; finish_hostile looks whether the host is as it
# was.  Nothing here waits for ever.

need_fuse
BOX=$MNT/sandbox
# To end a hang, not to measure.
LIMIT=120

host_settings() {
	find /proc/sys/vm /proc/sys/kernel/pid_max /proc/sys/kernel/printk \
		-type f -perm -0400 ! -name '*stat_refresh' \
		-exec grep -H . {} + 2>/dev/null | sort
}
host_settings >"$DIR/host"

hostile_mounts=$(nr_mounts)

answers() {
	is "$1" "$(timeout $LIMIT grep -c '^MemTotal:' "$MNT/proc/meminfo" \
		2>&1)" 1
}

# ended SENTENCE STATUS: by itself, with nothing mounted.
ended() {
	if ! timeout $LIMIT tail --pid="$server" -f /dev/null; then
		bad "$1: it hangs"
		kill -KILL "$server"
	fi
	wait "$server"
	ended_status=$?
	is "$1" $ended_status "$2"
	[ $ended_status -eq "$2" ] || cat "$DIR/log"
	is "$1: unmounted" "$(grep -c " $MNT " /proc/self/mountinfo)" 0
}

# vmstat NAME: one counter of the machine.
vmstat() {
	awk -v name="$1" '$1 == name { print $2 }' "$MNT/proc/vmstat"
}

# All of the machine's sums and lists agree: it is brought back as a whole.
whole() {
	is "$1: it can be kept" \
		"$(timeout $LIMIT sh -c "echo whole >$BOX/checkpoint" 2>&1)" ''
	is "$1: it is whole" \
		"$(timeout $LIMIT sh -c "echo whole >$BOX/restore" 2>&1)" ''
}

finish_hostile() {
	is "the host's settings are as they were" "$(host_settings |
		diff "$DIR/host" -)" ''
	is 'so are its mounts' "$(nr_mounts)" "$hostile_mounts"
	finish
}
