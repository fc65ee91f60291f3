#!/bin/sh
# SPDX-License-Identifier: MIT
#
# quickstart.sh - everything once, on whatever machine this is.
#
# It installs what the build needs, builds, and then
#	1. clones this machine with capture and tunes the clone with the real
#	   sysctl -p, under run: nothing here is changed;
#	2. drives the default machine through kswapd, direct reclaim, swap and
#	   the OOM killer, and says what happened and why.
# Time in the simulation is virtual: five minutes of it take seconds.

. "${0%/*}/lib.sh"
. "$EXAMPLES/setup.sh"

if [ -z "${RECLAIMFS_BIN-}" ]; then
	# shellcheck disable=SC2086 # a list of words
	setup_packages $SETUP_BUILD procps || exit 1
	cd "$EXAMPLES/.." && setup_build build || exit 1
fi
setup_fuse || exit 1
need_fuse
need_scratch

# --- 1. this machine, cloned and tuned ---

tuning=$EXAMPLES/tuning/database.conf
mine=$scratch/mine.conf
reclaimfs capture -o "$mine" 2>"$scratch/capture.log" ||
	fail "this machine could be captured: $(cat "$scratch/capture.log")"
host=$(cat /proc/sys/vm/swappiness)

say "1. This machine: $(grep -c '^Node' /proc/zoneinfo) zones, swappiness" \
	"$host. Its clone, tuned by the real sysctl -p:"
reclaimfs run -m "$mine" --clock virtual -- sh -eu -c '
	mark() {
		awk "\$1 == \"low\" { n += \$2 } END { print n * 4 }" \
			/proc/zoneinfo
	}
	before=$(mark)
	sysctl -p "$1" | sed "s/^/     /"
	echo "   kswapd would start at $(mark) kB free, not at $before," \
		"because min_free_kbytes moves the low marks."
	test "$(cat /proc/sys/vm/swappiness)" -eq 3
	test "$(mark)" -ne "$before"
' clone "$tuning" || fail 'the clone took the tuning'
expect 'the host was not touched' \
	"$(cat /proc/sys/vm/swappiness)" -eq "$host"

# --- 2. the default machine ---

# figures: one line of what an operator would look at.
figures() {
	say "     free $(meminfo MemFree) kB, cached $(meminfo Cached) kB," \
		"swap used $(($(meminfo SwapTotal) - $(meminfo SwapFree))) kB"
	say "     kswapd freed $(vmstat pgsteal_kswapd) pages, direct reclaim" \
		"$(vmstat pgsteal_direct) in" \
		"$(vmstat_sum allocstall_) stalls, OOM kills $(vmstat oom_kill)"
}

# until_so LIMIT TEST...: let 5 s pass at a time until it holds.
until_so() {
	until_limit=$1
	shift
	until_steps=0
	until eval "test $*"; do
		advance 5s
		until_steps=$((until_steps + 1))
		if [ $until_steps -gt $((until_limit / 5)) ]; then
			fail "within $until_limit s: $*"
		fi
	done
}

say
mount_machine default.conf
advance 10s
say "2. The default machine: $(meminfo MemTotal) kB in two nodes, a" \
	"database, a web server, a log, and a program that leaks."
figures
expect 'it is calm' "$(vmstat pgscan_kswapd)" -eq 0

say
say '3. A backup reads 16 GiB.  The page cache takes all that is free; at'
say '   the low mark kswapd wakes and drops the oldest clean pages.'
spawn 'name = "backup"; pid = 2000; file = "/backup"; file_size = "16G";
	workload = ( { target = "file"; rate = "400M/s";
	accesses = "16G"; } );'
until_so 120 '"$(vmstat pgsteal_kswapd)" -gt 100000'
figures
expect 'no task was stopped for it' "$(latency 2000 direct_reclaims)" -eq 0

say
say '4. A program takes 7 GiB as fast as it can.  When the cache is gone,'
say '   pages have to be swapped; kswapd falls behind, and whoever asks for'
say '   memory below the min mark reclaims for itself, and waits.'
spawn 'name = "hungry"; pid = 2001; uid = 1000; workload = (
	{ target = "anon"; grow = true; accesses = "7G"; } );'
until_so 120 '"$(vmstat allocstall_movable)" -gt 0'
advance 10s
figures
say "     it lost $(latency 2001 direct_reclaim_us) us in" \
	"$(latency 2001 direct_reclaims) direct reclaims;" \
	"$(sed -n 's/ avg60.*//; s/^some/some memory pressure:/p' \
		"$MNT/proc/pressure/memory")"
expect 'pages went to swap' "$(vmstat pswpout)" -gt 0

say
say '5. The leak goes on, faster.  When swap is full as well, the OOM killer'
say '   takes the largest; sshd, at -1000, is never chosen.'
spawn 'name = "leaky2"; pid = 2002; uid = 1000; leak = "512M/s";'
until_so 120 '"$(vmstat oom_kill)" -gt 0'
kernel_log | sed -n 's/.*\(Out of memory: Killed.*\) total-vm.*/     \1/p'
figures
expect 'sshd is there' -d "$MNT/proc/612"
expect 'what the victim had is free again' "$(meminfo MemFree)" -gt 65536

say
say "All of it are files.  Mount one and look around:"
say "  build/reclaimfs mount /mnt && ls /mnt/proc /mnt/sandbox"
