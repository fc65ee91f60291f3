#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sandbox/zones, events and machine: what there is to look at.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "128M"; cpus = "0-1"; }, { memory = "128M"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "64M"; } );
sysctl = { vm = { swappiness = 10; dirty_bytes = 1048576; }; };
tasks = ( { name = "keeper"; pid = 400; rss = "8M"; oom_score_adj = -1000; } );
END
start -o clock=virtual,seed=5 "$DIR/m.conf"
S=$MNT/sandbox

# zones agrees with zoneinfo
is 'a line a zone' "$(cut -d' ' -f1,2 "$S/zones")" 'node zone
0 DMA
0 DMA32
1 DMA32'
is 'as zoneinfo has it' "$(sed 1d "$S/zones" | cut -d' ' -f3-6)" \
	"$(awk '/^Node/ { free = $0 }
		$1 == "pages" { free = $3 }
		$1 == "min" { min = $2 } $1 == "low" { low = $2 }
		$1 == "high" { high = $2 }
		$1 == "managed" && $2 > 0 { print free, min, low, high }' \
		"$MNT/proc/zoneinfo")"
is 'all have enough' "$(sed 1d "$S/zones" | cut -d' ' -f7 | sort -u)" \
	above-high

events() {
	dd if="$S/events" iflag=nonblock bs=64k 2>/dev/null
}

# events: a line each, in JSON
echo 'name = "hog"; pid = 500; oom_score_adj = 900;' >"$S/spawn"
echo 40 >"$MNT/proc/sys/vm/swappiness"
echo 200M >"$S/tasks/500/alloc"
refused 'more than there is' 'Cannot allocate memory' \
	"$S/tasks/500/alloc" 200M
events >"$DIR/events"
python3 - "$DIR/events" <<'END' && pass || bad 'events are well-formed'
import json, sys
seq, last, names = -1, -1, set()
for line in open(sys.argv[1]):
    e = json.loads(line)
    if e["seq"] != seq + 1:
        sys.exit("seq %d after %d" % (e["seq"], seq))
    if e["time_ns"] < last:
        sys.exit("time goes back at %d" % e["seq"])
    seq, last = e["seq"], e["time_ns"]
    names.add(e["event"])
want = {"task_spawn", "kswapd_wake", "direct_reclaim_begin",
        "direct_reclaim_end", "sysctl", "oom_kill", "task_exit"}
if not want <= names:
    sys.exit("missing: %s" % (want - names))
END
is 'who was killed' "$(grep '"oom_kill"' "$DIR/events" |
	grep -o '"victim_comm":"[^"]*"')" '"victim_comm":"hog"'
is 'which value was set' "$(grep '"sysctl"' "$DIR/events" |
	grep -o '"name":.*}')" '"name":"swappiness","old":"10","new":"40"}'

# A reader in pieces reads the same; one that waits gets the next events:
# the write and what it did.
dd if="$S/events" iflag=nonblock bs=7 2>/dev/null >"$DIR/pieces"
is 'seven bytes at a time' "$(cksum <"$DIR/pieces")" "$(cksum <"$DIR/events")"
nr=$(wc -l <"$DIR/events")
timeout 60 head -n "$((nr + 2))" "$S/events" >"$DIR/next" &
reader=$!
until_so test -d "/proc/$reader"
echo 'name = "late"; pid = 600;' >"$S/spawn"
wait $reader
is 'a waiting reader is woken' \
	"$(sed -n 's/.*"event":"\([a-z_]*\)".*"comm":"\([a-z]*\)".*/\1 \2/p' \
		"$DIR/next" | tail -n 1)" 'task_spawn late'

# machine: a file that makes this machine again
cat "$S/machine" >"$DIR/again.conf"
status 'it is a machine' 0 "$RF" check "$DIR/again.conf"
is 'the values of this moment' \
	"$(grep -E 'vm.(swappiness|dirty_(bytes|ratio)) ' "$DIR/out")" \
	'sysctl vm.dirty_bytes = 1048576
sysctl vm.swappiness = 40'
is 'the tasks of this moment' "$(grep '^task' "$DIR/out" | cut -d: -f1)" \
	'task keeper
task late'
is 'with their pids and scores' \
	"$(sed -n '/^task keeper/p' "$DIR/out" |
		grep -o 'pid [0-9]*\|adj [-0-9]*')" 'pid 400
adj -1000'
is 'and the hardware' "$(grep '^node' "$DIR/again.conf")" 'nodes = ('
is 'with its seed' "$(grep '^seed' "$DIR/again.conf")" 'seed = 5;'
stop
start -o clock=virtual "$DIR/again.conf"
is 'mounted again' "$(cat "$MNT/proc/sys/vm/swappiness")" 40
is 'the same again' "$(sed -n '/^sysctl/,/^);/p' "$S/machine")" \
	"$(sed -n '/^sysctl/,/^);/p' "$DIR/again.conf")"

finish
