#!/bin/sh
# SPDX-License-Identifier: MIT
#
# --events into a pipe: who reads gets all, who does not read stops nothing.

. "${0%/*}/lib.sh"
need_fuse

mkfifo "$DIR/pipe"
mkdir -p "$MNT"
status 'a pipe that nobody reads' 1 timeout 60 "$RF" mount \
	-o clock=virtual --events "$DIR/pipe" "$MNT"
is 'it says so' "$(cat "$DIR/err")" "reclaimfs: $DIR/pipe: expected a file, \
or a pipe that somebody reads"
is 'nothing is mounted' "$(mounted && echo mounted)" ''

# It is open for reading here, and nothing is read.
exec 3<>"$DIR/pipe"
start -o clock=virtual --events "$DIR/pipe" 3>&-
[ -n "$MNT" ] && mounted || exit 1
box=$MNT/sandbox

# More than a pipe holds; each write returns.
python3 - "$MNT/proc/sys/vm/swappiness" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for i in range(2000):
    os.pwrite(fd, b"%d\n" % (i % 100), 0)
END
is 'nothing waits for the reader' $? 0
echo 100s >"$box/clock/advance"
is 'time passes' "$(cut -d. -f1 "$box/clock/now")" 100

# Somebody reads again.
cat <&3 >"$DIR/log" 3>&- &
reader=$!
has_begun() {
	[ -s "$DIR/log" ]
}
until_so has_begun
is_told() {
	echo 50 >"$MNT/proc/sys/vm/swappiness"
	grep -q '"lost"' "$DIR/log"
}
until_so is_told
python3 - "$MNT/proc/sys/vm/swappiness" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for i in range(2000):
    os.pwrite(fd, b"%d\n" % (i % 100), 0)
END
echo 99 >"$MNT/proc/sys/vm/swappiness"
stop
has_last() {
	grep -q '"new":"99"' "$DIR/log" && ! mounted
}
until_so has_last
kill $reader
wait $reader 2>/dev/null

python3 - "$DIR/log" <<'END' >"$DIR/told" 2>&1
import json, sys
want, told, lines = 0, 0, 0
for text in open(sys.argv[1]):
    line = json.loads(text)
    if "lost" in line:
        want += line["lost"]
        told += 1
        continue
    if line["seq"] != want:
        sys.exit("%d after %d" % (line["seq"], want))
    want += 1
    lines += 1
print(told, "told;", lines > 5000)
END
is 'it is told once how many are missing; later none are' \
	"$(cat "$DIR/told")" '1 told; True'

finish
