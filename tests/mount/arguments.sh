#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the commands are called with.  An option that is wrong is refused with
# status 2, or 1 where the system says no, and a sentence about it; of two the
# last one counts.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"
mkdir "$MNT" "$DIR/kept" "$DIR/other"

# says SENTENCE CODE TEXT COMMAND...: the status, and the first line of it.
says() {
	says_what=$1
	says_code=$2
	says_text=$3
	shift 3
	status "$says_what" "$says_code" "$@"
	is "$says_what: what is said" "$(head -n 1 "$DIR/err")" \
		"reclaimfs: $says_text"
}

no_write='write error'
says 'nobody takes the help' 1 "standard output: $no_write" \
	sh -c '"$0" --help >/dev/full' "$RF"

# --- the server's -----------------------------------------------------------

long=$(printf '%300s' '' | tr ' ' x)
part=$(printf '%.200s' "$long")
most=9223372036854775807
says 'an option without an end' 2 \
	"-o $(printf '%.40s' "$long")...: 300 characters, \
expected at most 255" \
	"$RF" mount -o "$long" "$MNT"
much='-o: too many options for FUSE, expected at most 1023 characters'
says 'options without an end' 2 "$much" \
	"$RF" mount -o "$part,$part,$part,$part,$part,$part" "$MNT"
says 'a seed that is too large' 2 "-o seed=9223372036854775808: expected \
seed=0 to seed=$most" \
	"$RF" mount -o seed=9223372036854775808 "$MNT"
says 'no directory' 2 '-o checkpoints=: expected checkpoints=DIR' \
	"$RF" mount -o checkpoints= "$MNT"
says 'no such directory' 2 "$DIR/nowhere: No such file or directory" \
	"$RF" mount -o "checkpoints=$DIR/nowhere" "$MNT"
says 'no such directory for events' 1 \
	"$DIR/nowhere/log: No such file or directory" \
	"$RF" mount --events "$DIR/nowhere/log" "$MNT"
status 'more than the name of an option' 1 "$RF" mount -o pausedly "$MNT"
status 'an unknown one' 2 "$RF" mount --sideways "$MNT"
start -o clock=live,,paused -o "checkpoints=$DIR/other" \
	-o "checkpoints=$DIR/kept" --events "$DIR/first" --events "$DIR/log"
is 'nothing between commas is nothing' "$(cat "$MNT/sandbox/clock/state")" \
	paused
echo one >"$MNT/sandbox/checkpoint"
is 'the last directory' "$(ls "$DIR/kept" "$DIR/other" | xargs)" \
	"$DIR/kept: one $DIR/other:"
is 'the last log' "$(wc -c <"$DIR/first")$(head -c 8 "$DIR/log")" '0{"seq":0'
stop
until_so test ! -e "$MNT/sandbox"
says 'a seed beside that of a checkpoint' 2 \
	'-o seed: expected without --restore; a checkpoint has its own' \
	"$RF" mount -o seed=1 --restore "$DIR/kept/one" "$MNT"

# --- run's ------------------------------------------------------------------

status 'run -o' 0 run -o clock=virtual,seed=5 -- sh -c \
	'cat $RECLAIMFS/clock/mode $RECLAIMFS/clock/seed'
is 'is what it says' "$(xargs <"$DIR/out")" 'virtual 5'
clock='-o clock=sideways: expected clock=live or clock=virtual'
says 'run -o, wrong' 2 "$clock" \
	run -o clock=sideways -- true
says 'run --clock, wrong' 2 "$clock" \
	run --clock sideways -- true
status 'run --clock, two in one' 2 run --clock live,paused -- true
status 'run --rate, without an end' 2 run --rate "$part" -- true
says 'run --rate of the virtual clock' 2 "-o rate: expected clock=live with \
it; a virtual clock moves only when told to" \
	run --clock virtual --rate 2 -- true
says 'run --checkpoints' 2 "$DIR/nowhere: No such file or directory" \
	run --checkpoints "$DIR/nowhere" -- true
says 'run --events' 1 "$DIR/nowhere/log: No such file or directory" \
	run --events "$DIR/nowhere/log" -- true
says 'run --restore' 2 "$DIR/nowhere: No such file or directory" \
	"$RF" run --restore "$DIR/nowhere" -- true
status 'run, an unknown one' 2 run --sideways -- true
says 'run -o without an end' 2 "$much" \
	run -o "$part,$part,$part,$part,$part,$(printf '%.15s' "$long")" -- true
is 'a rate max' "$(run --rate max -- sh -c 'cat $RECLAIMFS/clock/rate')" max

# --- capture's --------------------------------------------------------------

for text in x 99999999; do
	says "capture --tasks $text" 2 "--tasks: $text, expected 0 to 16384" \
		"$RF" capture --tasks $text
done
mkdir "$DIR/copy"
truncate -s 65M "$DIR/copy/zoneinfo"
says 'capture, a file too long' 0 \
	"$DIR/copy/zoneinfo: expected at most 67108864 bytes" \
	"$RF" capture --proc "$DIR/copy"
status 'capture, one too many' 2 "$RF" capture "$MNT"
status 'capture, an unknown one' 2 "$RF" capture --sideways
start -o clock=virtual "$DIR/m.conf"
captured() {
	"$RF" capture --proc "$MNT/proc" --sys "$MNT/sys" "$@"
}
says 'capture, to no directory' 1 \
	"$DIR/nowhere/m: No such file or directory" captured -o "$DIR/nowhere/m"
says 'capture, to a full disk' 1 '/dev/full: No space left on device' \
	captured -o /dev/full
status 'check of what has no end' 2 "$RF" check /dev/zero
is 'check of what has no end: what is said' "$(cat "$DIR/err")" \
	'/dev/zero: File too large, expected a machine file'
stop
until_so test ! -e "$MNT/sandbox"

# --- replay's ---------------------------------------------------------------

start -o clock=virtual --events "$DIR/log" "$DIR/m.conf"
echo 3s >"$MNT/sandbox/clock/advance"
echo 70 >"$MNT/proc/sys/vm/swappiness"
now=$(cat "$MNT/sandbox/clock/now")
stop
until_so test ! -e "$MNT/sandbox"
status 'replay: help' 0 "$RF" replay --help
status 'replay, an unknown one' 2 "$RF" replay --sideways "$DIR/log"
status 'replay, one too many' 2 "$RF" replay "$DIR/log" "$MNT" "$MNT"
says 'replay, to no directory' 1 "$DIR/nowhere/a: No such file or directory" \
	"$RF" replay -o "$DIR/nowhere/a" "$DIR/log"
says 'replay, to a full disk' 1 '/dev/full: No space left on device' \
	"$RF" replay -o /dev/full "$DIR/log"
says 'replay, nowhere to mount' 1 "$DIR/nowhere: No such file or directory" \
	"$RF" replay "$DIR/log" "$DIR/nowhere"
says 'replay, a file to mount on' 1 "$DIR/log: not a directory" \
	"$RF" replay "$DIR/log" "$DIR/log"
"$RF" replay -f "$DIR/log" "$MNT" &
pid=$!
until_so test -e "$MNT/sandbox"
is 'replay -f: it stands there' "$(cat "$MNT/sandbox/clock/now")" "$now"
is 'replay -f: with what was set' "$(cat "$MNT/proc/sys/vm/swappiness")" 70
stop
wait $pid
is 'replay -f: its status' $? 0

# A log that does not go together: its line, and why.
lines=$(wc -l <"$DIR/log")
last=$(tail -n 1 "$DIR/log")
# bad_log SENTENCE LINE TEXT CODE
bad_log() {
	says "$1" "$4" "$DIR/bad:$2: $3" "$RF" replay --check "$DIR/bad"
}
{ cat "$DIR/log"; echo "$last" | sed "s/\"seq\":[0-9]*/\"seq\":$lines/;
	s/\"event\":\"[a-z]*\"/\"event\":\"oom_kill\"/"; } >"$DIR/bad"
bad_log 'more than happens' $((lines + 1)) 'now it does not come' 1
sed '1s/memory = /memorial = /' "$DIR/log" >"$DIR/bad"
status 'no machine' 2 "$RF" replay "$DIR/bad"
holds 'no machine: it says so' "$(grep -c 'memorial' "$DIR/err")" -gt 0
line=$(grep -n '"event":"write".*swappiness' "$DIR/log" | cut -d: -f1)
sed "${line}s,vm/swappiness,vm/swappier," "$DIR/log" >"$DIR/bad"
status 'no such file' 1 "$RF" replay --check "$DIR/bad"
holds 'no such file: it says so' \
	"$(grep -c "bad:$line: there is no such file" "$DIR/err")" -gt 0
sed "${line}s/\"step\":[0-9]*/\"step\":1/" "$DIR/log" >"$DIR/bad"
status 'a step back' 1 "$RF" replay --check "$DIR/bad"
holds 'a step back: it says so' \
	"$(grep -c "bad:$line: " "$DIR/err")" -gt 0

finish_run
