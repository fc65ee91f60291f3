# SPDX-License-Identifier: MIT
#
# lib.sh - mount a machine, give it work, look at it, say what is so.
#
# Sourced by the examples; POSIX shell.  An example reads:
#
#	. "${0%/*}/lib.sh"
#	mount_machine small.conf
#	spawn 'name = "reader"; pid = 900; stream = "100M/s";'
#	advance 5s
#	expect 'kswapd reclaimed' "$(vmstat pgsteal_kswapd)" -gt 0
#
# Time is virtual: it passes by advance, settle and what a write costs, so an
# example gives the same figures everywhere, however slow the machine.
# Whatever ends an example, its mount goes with it.

set -u
EXAMPLES=$(cd "${0%/*}" && pwd) || exit 1
MNT=
scratch=

# The program: the one that the tests name, or the one built in build/.
reclaimfs() {
	"${RECLAIMFS_BIN:-$EXAMPLES/../build/reclaimfs}" "$@"
}

say() {
	printf '%s\n' "$*"
}

fail() {
	say "NOT SO: $*"
	exit 1
}

# expect SENTENCE TEST...: the arguments of test(1) must hold.
expect() {
	expect_text=$1
	shift
	if ! test "$@"; then
		fail "$expect_text ($*)"
	fi
	say "  ok: $expect_text ($*)"
}

leave() {
	leave_status=$?
	trap '' INT TERM HUP
	unmount
	if [ -n "$scratch" ]; then
		rm -rf "$scratch"
	fi
	exit $leave_status
}

trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A directory for this run, gone at its end.
need_scratch() {
	if [ -z "$scratch" ]; then
		scratch=$(mktemp -d) || exit 1
	fi
}

# Without FUSE nothing can be shown; 77 is what a test runner calls skipped.
need_fuse() {
	if [ ! -c /dev/fuse ] || [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		say 'skipped: no use of /dev/fuse here'
		exit 77
	fi
}

unmount() {
	if [ -n "$MNT" ]; then
		fusermount3 -u "$MNT" || umount -l "$MNT"
		rmdir "$MNT"
		MNT=
	fi
}

# mount_machine FILE [OPTIONS]: FILE is one of examples/machines or a path;
# "-" reads the machine from standard input.
mount_machine() {
	if [ ! -x "${RECLAIMFS_BIN:-$EXAMPLES/../build/reclaimfs}" ]; then
		fail 'built: run "meson setup build && ninja -C build" first'
	fi
	need_fuse
	need_scratch
	mount_file=$EXAMPLES/machines/$1
	case $1 in
	-) cat >"$scratch/machine.conf"; mount_file=$scratch/machine.conf ;;
	*/*) mount_file=$1 ;;
	esac
	mount_point=$(mktemp -d "$scratch/mnt.XXXXXX") || exit 1
	reclaimfs mount -o "clock=virtual,seed=1${2:+,$2}" \
		"$mount_file" "$mount_point" || exit 1
	MNT=$mount_point
}

# --- time ---

advance() {
	echo "$1" >"$MNT/sandbox/clock/advance" || fail "advance $1"
}

# Until kernel threads sleep and disks are idle.
settle() {
	echo "${1:-600s}" >"$MNT/sandbox/clock/settle" || fail 'settled'
}

# Virtual nanoseconds since boot.
now_ns() {
	# Without the point; a leading 0 would make it octal.
	sed 's/\.//; s/^0*\(.\)/\1/' "$MNT/sandbox/clock/now"
}

# --- tasks ---

# spawn TEXT: the keys of a task, pid among them.  One line, as some shells
# write line by line.
spawn() {
	spawn_line=$(printf '%s' "$1" | tr '\n\t' '  ')
	echo "$spawn_line" >"$MNT/sandbox/spawn" || fail "spawn $1"
}

# task PID WHAT [AMOUNT]: alloc, free, touch, read, dirty, mlock, exit.
# Returns when it is done; non-zero when it could not be.
task() {
	echo "${3-1}" 2>/dev/null >"$MNT/sandbox/tasks/$1/$2"
}

alive() {
	[ -d "$MNT/proc/$1" ]
}

# status PID FIELD: the number in /proc/PID/status.
status() {
	awk -v f="$2:" '$1 == f { print $2 }' "$MNT/proc/$1/status"
}

# latency PID FIELD: what memory management cost a task.
latency() {
	awk -v f="$2" '$1 == f { print $2 }' "$MNT/sandbox/tasks/$1/latency"
}

# CPU time of a task or a kernel thread in jiffies of 10 ms, user + system.
cputime() {
	sed 's/.*) //' "$MNT/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# pid_of NAME
pid_of() {
	grep -lx "$1" "$MNT"/proc/[0-9]*/comm | sed 's,.*proc/,,; s,/comm,,'
}

# --- figures ---

vmstat() {
	awk -v f="$1" '$1 == f { print $2 }' "$MNT/proc/vmstat"
}

# Sum over all counters with that beginning: allocstall_, pgalloc_
vmstat_sum() {
	awk -v f="$1" 'index($1, f) == 1 { n += $2 } END { print n + 0 }' \
		"$MNT/proc/vmstat"
}

meminfo() {
	awk -v f="$1:" '$1 == f { print $2 }' "$MNT/proc/meminfo"
}

# numastat NODE NAME
numastat() {
	awk -v f="$2" '$1 == f { print $2 }' \
		"$MNT/sys/devices/system/node/node$1/numastat"
}

# zone NODE ZONE FIELD: free, min, low, high in pages, or band.
zone() {
	awk -v node="$1" -v zone="$2" -v want="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["node"] == node && $at["zone"] == zone {
			print $at[want]
		}' "$MNT/sandbox/zones"
}

# sysctl NAME [VALUE]: read or write /proc/sys/vm/NAME.
vm() {
	if [ $# -eq 1 ]; then
		cat "$MNT/proc/sys/vm/$1"
	else
		echo "$2" >"$MNT/proc/sys/vm/$1" || fail "vm.$1 = $2"
	fi
}

# All lines of the kernel log since boot: /dev/kmsg, as dmesg reads it.
kernel_log() {
	dd if="$MNT/dev/kmsg" iflag=nonblock bs=8k 2>/dev/null |
		sed -n 's/^[0-9][^;]*;//p'
}
