#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Ten minutes of a busy machine are the same ten minutes every time: the same
# machine, seed and writes give the same bytes in every file under proc, sys
# and sandbox, in the kernel log and in the event log.
#
# The scenario is played twice by the program under test, and once by another
# compiler's program if one lies beside it, as in tests/run.sh; a build with
# sanitizers is compared with the release build instead.  The writers are
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

# Every regular file that can be read, its bytes and its looks.
cat >"$DIR/dump.py" <<'END'
import errno, os, sys
top, out = sys.argv[1], open(sys.argv[2], "wb")
def read(path):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as e:
        return b"open: " + errno.errorcode[e.errno].encode()
    text = b""
    try:
        while True:
            part = os.read(fd, 1 << 17)
            if not part:
                break
            text += part
    except OSError as e:
        text += b"read: " + errno.errorcode[e.errno].encode()
    os.close(fd)
    return text
def follow(path):
    try:
        return os.readlink(path).encode()
    except OSError as e:
        return b"readlink: " + errno.errorcode[e.errno].encode()
n = 0
for where in "proc", "sys", "dev", "sandbox":
    for dir, subdirs, files in os.walk(os.path.join(top, where)):
        subdirs.sort()
        for name in sorted(files + subdirs):
            path = os.path.join(dir, name)
            st = os.lstat(path)
            out.write(b"== %s %o %d %d %d\n" % (
                os.path.relpath(path, top).encode(), st.st_mode, st.st_ino,
                st.st_nlink, st.st_size))
            if os.path.islink(path):
                # who we are is not the machine's
                if name not in ("self", "thread-self"):
                    out.write(follow(path) + b"\n")
            elif os.path.isfile(path):
                out.write(read(path) + b"\n")
                n += 1
print(n)
END

# put TEXT FILE: as a process of its own.
put() {
	env printf '%s\n' "$1" >"$2"
}

# scenario SEED OUT: ten minutes, and a look at times.
scenario() {
	start -o "clock=virtual,seed=$1" "$DIR/m.conf"
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
		python3 "$DIR/dump.py" "$MNT" "$DIR/part" \
			>"$DIR/files" 2>"$DIR/err" ||
			bad 'all files can be listed' "$(cat "$DIR/err")"
		cat "$DIR/part" >>"$2"
	done
	cat "$box/clock/now" >"$2.now"
	cat "$MNT/proc/vmstat" >"$2.vmstat"
	stop
	until_so not_mounted
}

not_mounted() {
	! mounted
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

case $build in
asan) build=release ;;
*) build=clang ;;
esac
other=$(dirname "$RF")/../$build/reclaimfs
if [ -x "$other" ]; then
	RF=$other
	scenario 7 "$DIR/built"
	same "$build" "$DIR/built"
fi

finish
