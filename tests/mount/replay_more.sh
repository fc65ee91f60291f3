#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs replay, of logs that are not just a mount's: of a command under
# `run`, of a server that began with a checkpoint, of one that went back to
# one; and of writes that are longer than any file.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

# --- a command under run ---

run --clock virtual --events "$DIR/log" -- sh -c '
	echo 40 >/proc/sys/vm/swappiness
	env printf 300 >/proc/sys/vm/swappiness 2>/dev/null
	echo 300 >/proc/self/oom_score_adj
	echo 3 >/proc/sys/vm/drop_caches
	echo 90s >"$RECLAIMFS/clock/advance"'
holds 'its own process is in it' \
	"$(grep -c '"path":"/proc/[0-9]*/oom_score_adj".*"self":true' \
		"$DIR/log")" -gt 0
holds 'and what it did' "$(grep -c '"event":"drop_caches"' "$DIR/log")" -gt 0
status 'run is played again' 0 "$RF" replay --check "$DIR/log"
# Its end may end the tasks too, where that takes as long as here and there.
is 'the same' "$(cat "$DIR/out" "$DIR/err")" "$(grep -c \
	'"event":"\(write\|kill\)"' "$DIR/log") operations, $(wc -l \
	<"$DIR/log") events: the same"
status 'its events are written' 0 "$RF" replay -o "$DIR/again" "$DIR/log"
is 'the same bytes' "$(cmp "$DIR/log" "$DIR/again" 2>&1)" ''

# --- swapoff, which a virtual clock must give its time ---

cat >"$DIR/slow.conf" <<'END'
nodes = ( { memory = "128M"; cpus = "0"; } );
disks = ( { name = "sda"; kind = "hdd"; } );
swap = ( { path = "/dev/sda2"; disk = "sda"; size = "64M"; } );
END
is 'pages are on their way to the disk, and come back' "$(timeout 300 "$RF" \
	run -m "$DIR/slow.conf" --clock virtual --events "$DIR/log" -- sh -c '
	echo "name = \"hog\"; pid = 600;" >"$RECLAIMFS/spawn"
	echo 140M >"$RECLAIMFS/tasks/600/alloc"
	echo 60M >"$RECLAIMFS/tasks/600/free"
	awk "\$1 == \"nr_writeback\" && \$2 > 0 { print \$1 }" /proc/vmstat
	swapoff /dev/sda2 && wc -l </proc/swaps
	awk "\$1 == \"pswpin\" && \$2 > 0 { print \$1 }" /proc/vmstat' |
	xargs)" 'nr_writeback 1 pswpin'
status 'swapoff is played again' 0 "$RF" replay --check "$DIR/log"

# --- checkpoints ---

mkdir "$DIR/checkpoints"
start -o "clock=virtual,seed=4,checkpoints=$DIR/checkpoints" \
	--events "$DIR/log" "$DIR/m.conf"
box=$MNT/sandbox
put 5s "$box/clock/advance"
put state "$box/checkpoint"
put 7s "$box/clock/advance"
cp "$DIR/log" "$DIR/before"
back=$(($(wc -l <"$DIR/log") + 1))
put state "$box/restore"
put 9s "$box/clock/advance"
stop
until_so not_mounted
status 'a checkpoint changes nothing' 0 "$RF" replay --check "$DIR/before"
status 'going back is refused' 2 "$RF" replay --check "$DIR/log"
is 'by its line' "$(cat "$DIR/out" "$DIR/err")" "reclaimfs: $DIR/log:$back: \
from here on it is the machine of a checkpoint: it cannot be played again"

# The checkpoint has the log up to there.
start -o clock=virtual --restore "$DIR/checkpoints/state" \
	--events "$DIR/log"
put 9s "$box/clock/advance"
stop
until_so not_mounted
status 'begun with a checkpoint' 0 "$RF" replay --check "$DIR/log"
is 'from the very beginning' "$(cat "$DIR/out" "$DIR/err")" \
	"2 operations, $(wc -l <"$DIR/log") events: the same"

# --- long writes ---

start -o clock=virtual,seed=4 --events "$DIR/log" "$DIR/m.conf"
python3 - "$MNT/proc/sys/vm/lowmem_reserve_ratio" <<'END' >"$DIR/wrote"
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
text = b"128 " * 400000
done = 0
for i in range(8):
    try:
        done += os.write(fd, text[done:])
    except OSError:
        break
print(done)
END
put 2s "$box/clock/advance"
stop
until_so not_mounted
holds 'more than the kernel passes on at once' "$(cat "$DIR/wrote")" \
	-gt 1000000
holds 'the log has it all' "$(wc -c <"$DIR/log")" -gt 1600000
status 'is played again' 0 "$RF" replay --check "$DIR/log"

finish_run
