#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ten minutes of a busy machine are the same ten minutes every time: the same
# machine, seed and writes give the same bytes in every file under proc, sys
# and sandbox, in the kernel log and in the event log.
#
# The scenario is played twice by the program under test, and once by each
# other build that lies beside it, as in tests/run.sh: clang's, and gcc's with
# sanitizers.  The log is compared as well, and played again.  The writers are
# other processes each time.  Another seed must give another history, else
# nothing is shown.

. "${0%/*}/lib.sh"
need_fuse

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "96M"; cpus = "0-1"; }, { memory = "96M"; cpus = "2"; } );
disks = ( { name = "nvme0n1"; }, { name = "sdb"; kind = "hdd"; } );
swap = ( { path = "/dev/nvme0n1p2"; disk = "nvme0n1"; size = "64M"; },
	 { path = "/dev/sdb1"; disk = "sdb"; size = "64M"; } );
files = ( { name = "/big"; disk = "nvme0n1"; size = "256M"; },
	  { name = "/log"; disk = "sdb"; size = "64M"; } );
tasks = (
	{ name = "sshd"; pid = 400; rss = "3M"; oom_score_adj = -1000; },
	{ name = "random"; rss = "50M"; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 200;
		  write = 0.3; } ); },
	{ name = "skewed"; file = "/big"; map = true; workload = (
		{ pattern = "zipf"; target = "mapping"; rate = 100;
		  write = 0.1; } ); },
	{ name = "reader"; file = "/big"; workload = (
		{ pattern = "hot"; target = "file"; rate = 100;
		  hot_size = "4M"; } ); },
	{ name = "logger"; file = "/log"; dirty = "200K/s"; }
);
END

# scenario SEED OUT: ten minutes, and a look at times.
scenario() {
	start -o "clock=virtual,seed=$1" --events "$2.log" "$DIR/m.conf"
	vm=$MNT/proc/sys/vm
	box=$MNT/sandbox
	: >"$2"
	for minute in 1 2 3 4 5 6 7 8 9 10; do
		case $minute in
		1)
			put 1 "$MNT/sys/kernel/tracing/events/oom/enable"
			put 'name = "hog"; pid = 500; rss = "40M";' \
				"$box/spawn"
			;;
		2)
			put 20M "$box/tasks/500/alloc"
			put 100 "$vm/swappiness"
			;;
		3) put 8192 "$vm/min_free_kbytes" ;;
		4)
			put 3 "$vm/drop_caches"
			put 1 "$vm/compact_memory"
			;;
		5) put 'name = "leaky"; leak = "4M/s"; oom_score_adj = 300;' \
			"$box/spawn" ;;
		6)
			put 500 "$MNT/proc/500/oom_score_adj"
			put 10 "$MNT/proc/500/oom_adj"
			put "from user space" "$MNT/dev/kmsg"
			;;
		7) put 1 "$vm/zone_reclaim_mode" ;;
		8)
			# two at once; the machine sees one after the other
			put 10M "$box/tasks/400/alloc" &
			wait
			put 60s "$box/clock/settle" 2>/dev/null || :
			;;
		9) put 1 "$box/tasks/500/exit" 2>/dev/null || : ;;
		esac
		put 60s "$box/clock/advance"
		case $minute in
		2 | 5 | 7 | 10) ;;
		*) continue ;;
		esac
		python3 "$HERE/dump_tree.py" "$MNT" "$DIR/part" \
			>"$DIR/files" 2>"$DIR/err" ||
			bad 'all files can be listed' "$(cat "$DIR/err")"
		cat "$DIR/part" >>"$2"
	done
	cat "$box/clock/now" >"$2.now"
	cat "$MNT/proc/vmstat" >"$2.vmstat"
	stop
	until_so not_mounted
}

count() {
	awk -v f="$1" '$1 == f { print $2 }' "$DIR/first.vmstat"
}

# same WHAT OUT
same() {
	if cmp -s "$DIR/first" "$2"; then
		pass
	else
		bad "$1: the same bytes" "$(diff -a "$DIR/first" "$2" |
			head -n 20)"
	fi
	if cmp -s "$DIR/first.log" "$2.log"; then
		pass
	else
		bad "$1: the same log" "$(diff -a "$DIR/first.log" \
			"$2.log" | cut -c1-300 | head -n 6)"
	fi
}

scenario 7 "$DIR/first"
holds 'ten minutes have passed' "$(cut -d. -f1 "$DIR/first.now")" -ge 600
holds 'many files were read' "$(cat "$DIR/files")" -gt 400
for name in pgsteal_kswapd pswpout pswpin oom_kill drop_pagecache \
	workingset_refault_file; do
	holds "something happened: $name" "$(count $name)" -gt 0
done
holds 'the event log is in it' "$(grep -ac '"event":"oom_kill"' \
	"$DIR/first")" -gt 0
holds 'the trace is in it' "$(grep -ac ': mark_victim: ' "$DIR/first")" -gt 0
holds 'the kernel log is in it' "$(grep -ac 'Out of memory' \
	"$DIR/first")" -gt 0

# The numbers of the host's processes have moved on between the two.
build=$(basename "$(dirname "$RF")")
if [ "$build" != asan ]; then
	scenario 7 "$DIR/second"
	same 'played again' "$DIR/second"
	scenario 8 "$DIR/other"
	if cmp -s "$DIR/first.vmstat" "$DIR/other.vmstat"; then
		bad 'another seed gives another history'
	else
		pass
	fi
fi

# The log is complete in itself.
status 'the log is the run' 0 "$RF" replay --check "$DIR/first.log"

# Every other build that lies beside this one.
for other in release clang asan; do
	bin=$(dirname "$RF")/../$other/reclaimfs
	if [ "$other" != "$build" ] && [ -x "$bin" ]; then
		mine=$RF
		RF=$bin
		scenario 7 "$DIR/$other"
		RF=$mine
		same "the build of $other" "$DIR/$other"
	fi
done

finish
