#!/bin/sh
# SPDX-License-Identifier: MIT
#
# python3-psutil, as Debian ships it, reads a mount: memory, swap and every
# process, and agrees with the files.

. "${0%/*}/lib.sh"

/usr/bin/python3 -c 'import psutil' 2>/dev/null || skip 'no python3-psutil'

start -o clock=virtual
echo 10s >"$MNT/sandbox/clock/advance"
cat >"$DIR/look.py" <<'END'
import os
import sys
import psutil

psutil.PROCFS_PATH = sys.argv[1]
memory, swap = psutil.virtual_memory(), psutil.swap_memory()
print('total', memory.total)
print('available', memory.available)
print('free', memory.free)
print('swap', swap.total)
print('swapfree', swap.free)
print('cpus', len(psutil.cpu_times(percpu=True)))
print('disks', len(psutil.disk_io_counters(perdisk=True)))
seen = 0
for process in psutil.process_iter():
    with process.oneshot():
        process.status(), process.memory_info(), process.cmdline()
        process.cpu_times(), process.num_threads(), process.uids()
        process.io_counters(), process.ppid(), process.create_time()
        process.cpu_num(), process.num_ctx_switches()
    if process.name() == 'leaky':
        print('rss', process.memory_info().rss)
        print('full', process.memory_full_info().uss > 0)
        print('maps', len(process.memory_maps()) > 0)
        print('args', ' '.join(process.cmdline()))
    seen += 1
print('processes', seen)
END
/usr/bin/python3 "$DIR/look.py" "$MNT/proc" >"$DIR/seen" 2>"$DIR/err"
is 'without an exception' "$(cat "$DIR/err")" ''

said() {
	awk -v name="$1" '$1 == name { sub(/^[^ ]* /, ""); print }' "$DIR/seen"
}

bytes() {
	awk -v name="$1:" '$1 == name { printf "%.0f\n", $2 * 1024 }' "$2"
}

info=$MNT/proc/meminfo
is 'memory' "$(said total)" "$(bytes MemTotal "$info")"
is 'what is available' "$(said available)" "$(bytes MemAvailable "$info")"
is 'what is free' "$(said free)" "$(bytes MemFree "$info")"
is 'swap' "$(said swap)" "$(bytes SwapTotal "$info")"
is 'swap that is free' "$(said swapfree)" "$(bytes SwapFree "$info")"
is 'CPUs' "$(said cpus)" 4
holds 'disks' "$(said disks)" -ge 1
is 'every process' "$(said processes)" \
	"$(find "$MNT/proc" -maxdepth 1 -name '[0-9]*' | wc -l)"
is 'the resident memory of one' "$(said rss)" \
	"$(bytes VmRSS "$MNT/proc/1377/status")"
is 'its own memory' "$(said full)" True
is 'its areas' "$(said maps)" True
is 'its command line' "$(said args)" '/usr/local/bin/leaky --serve'
finish
