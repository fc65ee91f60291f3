#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ten minutes under valgrind are the same ten minutes: every readable file,
# the log of events and the checkpoint, byte by byte, as the release build of
# gcc has them without it; and valgrind finds nothing.
#
# Valgrind's is many times slower, and its threads take turns, so the machine
# is a small one, that does everything nevertheless: two nodes, reclaim, swap,
# writeback, an OOM kill, tasks that come and go, a checkpoint.  The builds
# of clang and with sanitizers play it too, where they lie beside this one.

. "${0%/*}/lib.sh"
need_fuse
command -v valgrind >/dev/null || skip 'no valgrind here'
build=$(basename "$(dirname "$RF")")
case $build in
asan | tsan | coverage) skip "the build of $build is not for valgrind" ;;
esac

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "48M"; cpus = "0"; }, { memory = "32M"; cpus = "1"; } );
disks = ( { name = "nvme0n1"; }, { name = "sdb"; kind = "hdd"; } );
swap = ( { path = "/dev/nvme0n1p2"; disk = "nvme0n1"; size = "16M"; } );
files = ( { name = "/big"; disk = "nvme0n1"; size = "64M"; },
	  { name = "/log"; disk = "sdb"; size = "16M"; } );
tasks = (
	{ name = "sshd"; pid = 400; rss = "2M"; oom_score_adj = -1000; },
	{ name = "random"; pid = 401; rss = "10M"; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 10;
		  write = 0.3; } ); },
	{ name = "reader"; pid = 402; file = "/big"; workload = (
		{ pattern = "hot"; target = "file"; rate = 10;
		  hot_size = "1M"; } ); },
	{ name = "logger"; pid = 403; file = "/log"; dirty = "20K/s"; }
);
END

answers() {
	mounted && [ -r "$MNT/sandbox/clock/now" ]
}

# serve_under OUT PROGRAM...
serve_under() {
	mkdir -p "$MNT" "$1.checkpoints"
	out=$1
	shift
	"$@" mount -f -o "clock=virtual,seed=7,checkpoints=$out.checkpoints" \
		--events "$out.log" "$DIR/m.conf" "$MNT" >"$out.err" 2>&1 &
	server=$!
	# However long it takes to start, it is ready or it has ended.
	while ! answers && kill -0 $server 2>/dev/null; do
		sleep 0.1
	done
	if [ -z "$MNT" ] || ! answers; then
		echo "FAILED: $* mount"
		cat "$out.err"
		exit 1
	fi
}

# scenario OUT PROGRAM...: ten minutes, and a look at times.
scenario() {
	all=$1
	serve_under "$@"
	vm=$MNT/proc/sys/vm
	box=$MNT/sandbox
	: >"$all"
	for minute in 1 2 3 4 5 6 7 8 9 10; do
		case $minute in
		1)
			put 1 "$MNT/sys/kernel/tracing/events/oom/enable"
			put 'name = "hog"; pid = 500; rss = "20M";' \
				"$box/spawn"
			;;
		2)
			put 24M "$box/tasks/500/alloc"
			put 100 "$vm/swappiness"
			;;
		3)
			put 20M "$box/tasks/402/read"
			put 4M "$box/tasks/403/dirty"
			;;
		4)
			put 3 "$vm/drop_caches"
			put 1 "$vm/compact_memory"
			;;
		5) put state "$box/checkpoint" ;;
		6) put 'name = "leaky"; pid = 501; leak = "1M/s";
			oom_score_adj = 300;' "$box/spawn" ;;
		7) put 1 "$vm/zone_reclaim_mode" ;;
		8) put 2048 "$vm/min_free_kbytes" ;;
		9) put 1 "$box/tasks/500/exit" ;;
		esac
		put 60s "$box/clock/advance"
	done
	cat "$box/clock/now" >"$all.now"
	cat "$MNT/proc/vmstat" >"$all.vmstat"
	python3 "$HERE/dump_tree.py" "$MNT" "$all" >"$DIR/files" \
		2>"$DIR/err" ||
		bad 'all files can be listed' "$(cat "$DIR/err")"
	stop
	until_so not_mounted
	wait $server
	is "$2: it ended well" $? 0
}

# same WHAT OUT: as the first was.
same() {
	for part in '' .log .checkpoints/state; do
		if cmp -s "$DIR/first$part" "$2$part"; then
			pass
		else
			bad "$1: the same bytes${part:+ in $part}" \
				"$(diff -a "$DIR/first$part" "$2$part" |
					cut -c1-300 | head -n 10)"
		fi
	done
}

count() {
	awk -v f="$1" '$1 == f { print $2 }' "$DIR/first.vmstat"
}

scenario "$DIR/first" "$RF"
holds 'ten minutes have passed' "$(cut -d. -f1 "$DIR/first.now")" -ge 600
holds 'many files were read' "$(cat "$DIR/files")" -gt 300
for name in pgsteal_kswapd pgsteal_direct pswpout pswpin oom_kill \
	drop_pagecache nr_written; do
	holds "something happened: $name" "$(count $name)" -gt 0
done

scenario "$DIR/valgrind" valgrind --quiet --tool=memcheck \
	--error-exitcode=9 --trace-children=no --fair-sched=try \
	--child-silent-after-fork=yes "$RF"
# It knows neither seccomp(2) nor Landlock: the server goes without them.
unknown='unhandled amd64-linux syscall: (317|444)$|You may be able to'
unknown="$unknown|README_MISSING_SYSCALL|Nevertheless we consider|http://valg"
is 'valgrind finds nothing' \
	"$(grep -vE "$unknown" "$DIR/valgrind.err" | head -n 40)" ''
same 'under valgrind' "$DIR/valgrind"

for other in release clang asan; do
	bin=$(dirname "$RF")/../$other/reclaimfs
	if [ "$other" != "$build" ] && [ -x "$bin" ]; then
		scenario "$DIR/$other" "$bin"
		same "the build of $other" "$DIR/$other"
	fi
done

finish
