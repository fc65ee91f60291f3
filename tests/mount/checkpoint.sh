#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sandbox/checkpoint and sandbox/restore: a machine that is brought back goes
# on as the one that was saved, to the byte in every file, in the same server,
# in another one, after kill -9, from a paused live clock; what is damaged,
# foreign or no name is refused and changes nothing; a checkpoint is there as
# a whole or not at all.

. "${0%/*}/lib.sh"
need_fuse
CK=$DIR/ck
mkdir "$CK"
BOX=$MNT/sandbox

cat >"$DIR/m.conf" <<'END'
thp = false;
nodes = ( { memory = "96M"; cpus = "0-1"; }, { memory = "96M"; cpus = "2"; } );
disks = ( { name = "nvme0n1"; }, { name = "sdb"; kind = "hdd"; } );
swap = ( { path = "/dev/nvme0n1p2"; disk = "nvme0n1"; size = "24M"; },
	 { path = "/dev/sdb1"; disk = "sdb"; size = "24M"; } );
files = ( { name = "/big"; disk = "nvme0n1"; size = "256M"; },
	  { name = "/log"; disk = "sdb"; size = "24M"; } );
tasks = (
	{ name = "sshd"; pid = 400; rss = "3M"; oom_score_adj = -1000; },
	{ name = "random"; rss = "50M"; workload = (
		{ pattern = "uniform"; target = "anon"; rate = 2000;
		  write = 0.3; } ); },
	{ name = "skewed"; file = "/big"; map = true; workload = (
		{ pattern = "zipf"; target = "mapping"; rate = 1000;
		  write = 0.1; } ); },
	{ name = "reader"; file = "/big"; workload = (
		{ pattern = "hot"; target = "file"; rate = 1000;
		  hot_size = "4M"; } ); },
	{ name = "logger"; file = "/log"; dirty = "200K/s"; }
);
END
sed 's/memory = "96M"; cpus = "2"/memory = "80M"; cpus = "2"/' \
	"$DIR/m.conf" >"$DIR/other.conf"

# begin OPTIONS...: a server that can be killed.
begin() {
	serve --checkpoints "$CK" "$@"
}

end_server() {
	stop
	wait "$server"
	is 'the server ends well' $? 0
}

kill_server() {
	kill -9 "$server"
	wait "$server" 2>/dev/null
	fusermount3 -u -z "$MNT" || umount -l "$MNT"
}

# A machine in the middle of everything, and every file that keeps something.
make_busy() {
	put 1 "$MNT/sys/kernel/tracing/events/enable"
	put 'name = "hog"; pid = 500; rss = "70M";' "$BOX/spawn"
	put 20M "$BOX/tasks/500/alloc"
	put 100 "$MNT/proc/sys/vm/swappiness"
	put box "$MNT/proc/sys/kernel/hostname"
	put '5 4 1 7' "$MNT/proc/sys/kernel/printk"
	put 65537 "$MNT/proc/sys/fs/aio-max-nr"
	put never "$MNT/sys/kernel/mm/transparent_hugepage/enabled"
	put always "$MNT/sys/kernel/mm/transparent_hugepage/$1/enabled"
	put 3 "$MNT/sys/kernel/mm/mempolicy/weighted_interleave/node1"
	put 300 "$MNT/proc/sys/vm/swappiness" 2>/dev/null
	put 'from user space' "$MNT/dev/kmsg"
	put 5 "$MNT/proc/500/oom_adj"
	put 12345ms "$BOX/clock/advance"
	put 'name = "leaky"; leak = "24M/s"; oom_score_adj = 300;' \
		"$BOX/spawn"
	put 3217ms "$BOX/clock/advance"
}

# What comes after the checkpoint.
go_on() {
	put 7s "$BOX/clock/advance"
	put 1 "$MNT/proc/sys/vm/zone_reclaim_mode"
	put 'name = "late"; rss = "5M"; leak = "64M/s";' "$BOX/spawn"
	put 9 "$MNT/proc/500/oom_adj"
	put 10M "$BOX/tasks/400/alloc"
	put 20s "$BOX/clock/advance"
	put f "$MNT/proc/sysrq-trigger"
	put 2s "$BOX/clock/advance"
}

dump() {
	python3 "$HERE/dump_tree.py" "$MNT" "$1" >"$DIR/files" 2>"$DIR/err" ||
		bad 'all files can be listed' "$(cat "$DIR/err")"
}

# same WHAT: goes on as run A did.
same() {
	go_on
	dump "$DIR/b"
	if cmp -s "$DIR/a" "$DIR/b"; then
		pass
	else
		bad "$1: the same bytes" "$(diff -a "$DIR/a" "$DIR/b" |
			head -n 20)"
	fi
}

# same_but_ops WHAT: the same, of a machine whose clock was switched as well.
same_but_ops() {
	go_on
	dump "$DIR/b"
	for run in a b; do
		sed -e 's/^{"seq":[0-9]*,/{/' -e 's/"op":[0-9]*,//' \
			-e '/"event":"write"/d' -e '/"event":"done"/d' \
			"$DIR/$run" >"$DIR/$run.ops"
	done
	if cmp -s "$DIR/a.ops" "$DIR/b.ops"; then
		pass
	else
		bad "$1: the same bytes" "$(diff -a "$DIR/a.ops" \
			"$DIR/b.ops" | head -n 20)"
	fi
}

figures() {
	cat "$BOX/clock/now" "$MNT/proc/vmstat" "$MNT/proc/meminfo" "$BOX/zones"
}

# --- one state, five ways ---

begin -o clock=virtual,seed=7 "$DIR/m.conf"
is 'no name at first' "$(cat "$BOX/checkpoint" "$BOX/restore")" ''
is 'their modes' "$(stat -c %a "$BOX/checkpoint" "$BOX/restore" |
	tr '\n' ' ')" '600 600 '
make_busy hugepages-64kB
for name in pgsteal_kswapd pswpout pgsteal_direct; do
	holds "it is in the middle: $name" \
		"$(awk -v f=$name '$1 == f { print $2 }' "$MNT/proc/vmstat")" \
		-gt 0
done
figures >"$DIR/then"
put one "$BOX/checkpoint"
is 'it has its name' "$(cat "$BOX/checkpoint" "$BOX/restore" |
	tr '\n' ' ')" 'one one '
is 'a file for its owner' "$(stat -c '%a %F' "$CK/one")" '600 regular file'
figures >"$DIR/now"
is 'saving changes nothing' "$(cmp "$DIR/then" "$DIR/now" 2>&1)" ''
put two "$BOX/checkpoint"
is 'one state, the same bytes' "$(cmp "$CK/one" "$CK/two" 2>&1)" ''
put one "$BOX/checkpoint"
go_on
dump "$DIR/a"
holds 'many files were read' "$(cat "$DIR/files")" -gt 400
holds 'somebody was killed' "$(sed -n 's/^oom_kill //p' "$DIR/a")" -gt 0

put one "$BOX/restore"
figures >"$DIR/now"
is 'restored in place' "$(cmp "$DIR/then" "$DIR/now" 2>&1)" ''
same 'restored in place'
put one "$BOX/restore"
same 'and once more'
kill_server

begin -o clock=virtual --restore "$CK/one" "$DIR/m.conf"
is 'its name is known' "$(cat "$BOX/checkpoint")" one
same 'after kill -9, --restore'
kill_server

begin -o clock=virtual --restore "$CK/one"
is 'its seed is its own' "$(cat "$BOX/clock/seed")" 7
same '--restore, with the machine of the checkpoint'
end_server

begin -o clock=virtual,seed=99 "$DIR/m.conf"
put 3s "$BOX/clock/advance"
put one "$BOX/restore"
same 'by another server that has run'
end_server

begin -o paused "$DIR/m.conf"
put one "$BOX/restore"
is 'live and paused: it stands' "$(cat "$BOX/clock/mode" \
	"$BOX/clock/state" | tr '\n' ' ')" 'live paused '
figures >"$DIR/now"
is 'live and paused: the same' "$(cmp "$DIR/then" "$DIR/now" 2>&1)" ''
put virtual "$BOX/clock/mode"
same_but_ops 'restored by a live clock'
end_server

begin -o paused --restore "$CK/one" "$DIR/m.conf"
put virtual "$BOX/clock/mode"
same_but_ops 'a live clock that starts with it'
put one "$BOX/restore"
put live "$BOX/clock/mode"
put running "$BOX/clock/state"
put 2 "$BOX/clock/advance"
put three "$BOX/checkpoint"
put 2 "$BOX/clock/advance"
put three "$BOX/restore"
is 'a live clock goes on' "$(cat "$BOX/clock/mode" "$BOX/clock/state" |
	tr '\n' ' ')" 'live running '
put 2 "$BOX/clock/advance"
put max "$BOX/clock/rate"
put three "$BOX/checkpoint"
put three "$BOX/restore"
is 'at rate max as well' "$(cat "$BOX/clock/rate" "$BOX/clock/state" |
	tr '\n' ' ')" 'max running '
end_server

# Live, with others at work: nobody waits for ever, and none of them matters
# to what is brought back.
begin -o rate=50 --restore "$CK/one" "$DIR/m.conf"
# repeat COMMAND...: some rounds of it, whatever comes of them.
repeat() {
	repeat_left=12
	while [ $repeat_left -gt 0 ]; do
		"$@" 2>/dev/null
		repeat_left=$((repeat_left - 1))
	done
}
back_and_forth() {
	put busy "$BOX/checkpoint"
	put one "$BOX/restore"
	put busy "$BOX/restore"
}
use() {
	put 1M "$BOX/tasks/400/alloc"
	put 1M "$BOX/tasks/400/free"
	put 3 "$MNT/proc/sys/vm/drop_caches"
}
hurry() {
	put max "$BOX/clock/rate"
	put 500 "$BOX/clock/rate"
	put virtual "$BOX/clock/mode"
	put live "$BOX/clock/mode"
}
come_and_go() {
	put 'name = "guest"; rss = "1M";' "$BOX/spawn"
	cat "$MNT"/proc/[0-9]*/stat "$MNT/proc/vmstat" >/dev/null
}
jobs_of_all=
for job in back_and_forth use hurry come_and_go; do
	repeat $job &
	jobs_of_all="$jobs_of_all $!"
done
for job in $jobs_of_all; do
	wait "$job"
done
put paused "$BOX/clock/state"
put one "$BOX/restore"
figures >"$DIR/now"
is 'after all that it is the same' "$(cmp "$DIR/then" "$DIR/now" 2>&1)" ''
end_server

# --- who is there, what is open ---

begin -o clock=virtual --restore "$CK/one" "$DIR/m.conf"
put 'name = "gone"; pid = 777; rss = "1M"; uid = 1000;' "$BOX/spawn"
ls "$MNT/proc/777" >/dev/null
exec 8<"$MNT/proc/777/status" 7<"$MNT/proc/500/status"
put one "$BOX/restore"
is 'who came later is not there' "$(ls -d "$MNT/proc/777" \
	"$BOX/tasks/777" 2>/dev/null)" ''
is 'nor through what is open' "$(cat <&8 2>/dev/null)" ''
is 'others are' "$(sed -n 's/^Name:\t//p' <&7)" hog
exec 8<&- 7<&-
put 'name = "other"; pid = 777; rss = "1M"; uid = 2000;' "$BOX/spawn"
put three "$BOX/checkpoint"
put 1 "$BOX/tasks/777/exit"
put 1s "$BOX/clock/advance"
is 'who has left' "$(ls -d "$MNT/proc/777" 2>/dev/null)" ''
put three "$BOX/restore"
is 'is back at once' "$(cat "$MNT/proc/777/comm")" other
is 'and his own' "$(stat -c %u "$MNT/proc/777/comm")" 2000

cat >"$DIR/readers.py" <<'END'
import errno, os, select, sys
box = sys.argv[1]
ev = os.open(box + "/sandbox/events", os.O_RDONLY | os.O_NONBLOCK)
log = os.open(box + "/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
psi = os.open(box + "/proc/pressure/memory", os.O_RDWR | os.O_NONBLOCK)
os.write(psi, b"some 1000 1000000\0")
def drain(fd):
    text = b""
    try:
        while True:
            text += os.read(fd, 8192)
    except BlockingIOError:
        return text
first = drain(ev).split(b"\n")[0]
line = drain(log).split(b"\n")[0]
p = select.poll()
p.register(ev, select.POLLIN)
p.register(log, select.POLLIN)
print("quiet", p.poll(0))
open(box + "/sandbox/clock/advance", "w").write("1s")
drain(ev)
open(box + "/sandbox/restore", "w").write("one")
print("woken", len(p.poll(0)))
text = drain(ev).split(b"\n")
print("lost", text[0].startswith(b'{"lost":'), text[1] == first)
try:
    os.read(log, 8192)
    print("no EPIPE")
except OSError as e:
    print(errno.errorcode[e.errno], drain(log).split(b"\n")[0] == line)
p = select.poll()
p.register(psi, select.POLLPRI)
open(box + "/sandbox/clock/advance", "w").write("20s")
print("pressure", len(p.poll(0)))
END
is 'readers are told' "$(python3 "$DIR/readers.py" "$MNT" 2>&1)" \
	"quiet []
woken 2
lost True True
EPIPE True
pressure 1"

# In their turn: behind an advance that is under way.
put one "$BOX/restore"
start_ns=$(sed 's/\.//; s/^0*//' "$BOX/clock/now")
put 100s "$BOX/clock/advance" &
busy() {
	[ "$(cat "$BOX/clock/state")" = running ]
}
until_so busy
put three "$BOX/checkpoint"
wait $!
put one "$BOX/restore"
put three "$BOX/restore"
is 'taken behind the advance' "$(sed 's/\.//; s/^0*//' "$BOX/clock/now")" \
	$((start_ns + 100000000000))
end_server

# An op that somebody waits for.
begin -o paused --restore "$CK/one" "$DIR/m.conf"
(put 8M "$BOX/tasks/400/alloc"; echo "$?") >"$DIR/op" 2>"$DIR/err" &
op=$!
waits() {
	! refused_quietly
}
refused_quietly() {
	put x "$BOX/checkpoint" 2>/dev/null
}
until_so waits
refused 'an op is in flight, and time stands' 'Device or resource busy' \
	"$BOX/checkpoint" x
is 'and it says why' "$(cat "$BOX/restore")" 'x: Device or resource busy'
put one "$BOX/restore"
wait $op
is 'a restore ends it' "$(cat "$DIR/op")" 1
holds 'by EINTR' "$(grep -c 'Interrupted system call' "$DIR/err")" -eq 1
put running "$BOX/clock/state"
put 1 "$BOX/clock/advance"
put 1M "$BOX/tasks/400/alloc"
put x "$BOX/checkpoint"
is 'and work goes on' "$(cat "$BOX/checkpoint")" x
end_server

# --- what is refused ---

begin -o clock=virtual --restore "$CK/one" "$DIR/m.conf"
# The machine and its log stay as they are; the list of refusals grows.
figures >"$DIR/then"
# no SENTENCE ERROR NAME REASON
no() {
	refused "$1" "$2" "$BOX/restore" "$3"
	is "$1: says why" "$(cat "$BOX/restore")" "$4"
	figures >"$DIR/now"
	is "$1: nothing has changed" "$(cmp "$DIR/then" "$DIR/now" 2>&1)" ''
}
NO_NAME='not a name for a checkpoint: it has no "/" and does not begin with "."'
no 'a path' 'Invalid argument' ../ck/one "$NO_NAME"
no 'another directory' 'Invalid argument' "$CK/one" "$NO_NAME"
no 'this directory' 'Invalid argument' . "$NO_NAME"
no 'no name' 'Invalid argument' '' "$NO_NAME"
no 'hidden' 'Invalid argument' .one "$NO_NAME"
no 'missing' 'No such file or directory' nope \
	'nope: No such file or directory'
ln -s one "$CK/link"
no 'a link' 'Too many levels of symbolic links' link \
	'link: Too many levels of symbolic links'
mkdir "$CK/dir"
no 'a directory' 'Invalid argument' dir 'dir: not a regular file'
mkfifo "$CK/fifo"
no 'a FIFO' 'Invalid argument' fifo 'fifo: not a regular file'
: >"$CK/empty"
no 'an empty file' 'Invalid argument' empty 'empty: not a checkpoint'
head -c 5000 /dev/zero >"$CK/zero"
no 'zeroes' 'Invalid argument' zero 'zero: not a checkpoint'
refused 'a link is not replaced' 'Too many levels of symbolic links' \
	"$BOX/checkpoint" link
refused 'nor a directory' 'Invalid argument' "$BOX/checkpoint" dir
refused 'nor is a path taken' 'Invalid argument' "$BOX/checkpoint" a/b
is 'the link is there' "$(readlink "$CK/link")" one
is 'reasons stand in restore alone' "$(cat "$BOX/checkpoint")" one

# edit AT BYTE...: a copy of one, called bad, with other bytes there.
cat >"$DIR/edit.py" <<'END'
import sys
data = bytearray(open(sys.argv[1] + "/one", "rb").read())
at = int(sys.argv[2])
if at < 0:
    at += len(data)
data[at] ^= int(sys.argv[3])
open(sys.argv[1] + "/bad", "wb").write(data)
END
size=$(stat -c %s "$CK/one")
for at in 30 100 5000 $((size / 3)) $((size / 2)) -1; do
	python3 "$DIR/edit.py" "$CK" "$at" 16
	refused "a bit at $at" 'Bad message' "$BOX/restore" bad
	case $(cat "$BOX/restore") in
	'bad: checksum does not match ('*', the file says '*) pass ;;
	'bad: length does not match ('*) pass ;;
	*) bad "a bit at $at: says why" "$(cat "$BOX/restore")" ;;
	esac
done
for length in 64 $((size / 2)) $((size - 1)); do
	head -c "$length" "$CK/one" >"$CK/bad"
	no "cut to $length" 'Bad message' bad \
		"bad: length does not match ($length bytes)"
done
head -c 63 "$CK/one" >"$CK/bad"
no 'cut to 63' 'Invalid argument' bad 'bad: not a checkpoint'
{ cat "$CK/one"; echo; } >"$CK/bad"
no 'longer' 'Bad message' bad \
	"bad: length does not match ($((size + 1)) bytes)"
python3 "$DIR/edit.py" "$CK" 12 3
refused 'another version' 'Invalid argument' "$BOX/restore" bad
is 'and says which' "$(sed 's/ (.*//' "$BOX/restore")" \
	'bad: of another version'
put one "$BOX/restore"
is 'what is whole is taken all the same' "$(cat "$BOX/restore")" one
end_server

begin -o clock=virtual "$DIR/other.conf"
figures >"$DIR/then"
no 'of another machine' 'Invalid cross-device link' one 'one: of another '\
'machine: memory = "96M"; there, memory = "80M"; here'
end_server

start -o clock=virtual "$DIR/m.conf"
refused 'without a directory' 'Operation not supported' "$BOX/checkpoint" one
is 'it says why' "$(cat "$BOX/restore")" 'one: no directory for checkpoints '\
'was given (--checkpoints DIR, -o checkpoints=DIR)'
refused 'nor anything back' 'Operation not supported' "$BOX/restore" one
stop
until_so not_mounted

# --- the command line ---

python3 "$DIR/edit.py" "$CK" 5000 1
status 'damaged: nothing is mounted' 2 \
	"$RF" mount --restore "$CK/bad" "$DIR/m.conf" "$MNT"
holds 'and says why' "$(grep -c "$CK/bad: checksum does not" "$DIR/err")" -eq 1
status 'foreign' 2 "$RF" mount --restore "$CK/one" "$DIR/other.conf" "$MNT"
holds 'why' "$(grep -c "$CK/one: of another machine" "$DIR/err")" -eq 1
status 'missing' 2 "$RF" mount --restore "$CK/nope" "$MNT"
status 'a machine file' 2 "$RF" mount --restore "$DIR/m.conf" "$MNT"
status 'a seed beside it' 2 "$RF" mount --restore "$CK/one" -o seed=1 "$MNT"
status 'no directory' 2 "$RF" mount --checkpoints "$DIR/nope" "$MNT"
status 'a file for a directory' 2 \
	"$RF" mount -o "checkpoints=$DIR/m.conf" "$MNT"
# What only the machine can see: the first task's pid is none, in a file that
# is whole.
cat >"$DIR/sense.py" <<'END'
import struct
import sys
import zlib
data = bytearray(open(sys.argv[1] + "/one", "rb").read())
at = data.index(b"Task", 64) + 4
data[at:at + 4] = b"\xff" * 4
crc = zlib.crc32(bytes(data[64:]))
crc = zlib.crc32(bytes(data[:20]), crc)
crc = zlib.crc32(bytes(data[24:64]), crc)
struct.pack_into("<I", data, 20, crc)
open(sys.argv[1] + "/senseless", "wb").write(data)
END
python3 "$DIR/sense.py" "$CK"
status 'whole, of no sense' 2 \
	"$RF" mount --restore "$CK/senseless" "$DIR/m.conf" "$MNT"
holds 'and says so' "$(grep -c "$CK/senseless: " "$DIR/err")" -eq 1
status 'in the foreground' 2 \
	"$RF" mount -f --restore "$CK/senseless" "$DIR/m.conf" "$MNT"
is 'none of them is there' "$(grep -c " $MNT " /proc/self/mountinfo)" 0

if "$RF" run -- true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the shell inside
	status 'run --restore' 0 "$RF" run --clock virtual \
		--checkpoints "$CK" --restore "$CK/one" -m "$DIR/m.conf" -- \
		sh -c 'cat "$RECLAIMFS/checkpoint" /proc/500/comm &&
			kill -0 500 && echo inside >"$RECLAIMFS/checkpoint" &&
			cat "$RECLAIMFS/checkpoint"'
	is 'tasks have their places' "$(tr '\n' ' ' <"$DIR/out")" \
		'one hog inside '
	holds 'and it could be saved' -s "$CK/inside"
	# shellcheck disable=SC2016
	status 'not in place' 1 "$RF" run --clock virtual \
		--checkpoints "$CK" -m "$DIR/m.conf" -- \
		sh -c 'cat "$RECLAIMFS/restore"
			env echo one >"$RECLAIMFS/restore" || {
			cat "$RECLAIMFS/restore"; exit 1; }'
	holds 'which it says' "$(grep -c 'run --restore' "$DIR/out")" -eq 1
	status 'run: damaged' 2 "$RF" run --restore "$CK/bad" -- true
	status 'run: of no sense' 2 "$RF" run --restore "$CK/senseless" \
		-m "$DIR/m.conf" -- true
fi

# --- whole or not at all ---

begin -o clock=virtual --restore "$CK/one" "$DIR/m.conf"
put whole "$BOX/checkpoint"
round=0
while [ $round -lt 12 ]; do
	round=$((round + 1))
	(while put whole "$BOX/checkpoint" 2>/dev/null; do :; done) &
	writer=$!
	sleep 0.$((round * 17 % 23 + 10))
	kill_server
	wait $writer
	begin -o clock=virtual --restore "$CK/whole" "$DIR/m.conf"
	is "round $round: it is whole" "$(cat "$BOX/checkpoint")" whole
	is "round $round: nothing else is left" \
		"$(find "$CK" -name '.*' -type f)" ''
done
end_server

if [ "$(id -u)" -eq 0 ] && mkdir "$DIR/full" &&
	mount -t tmpfs -o size=600k none "$DIR/full" 2>/dev/null; then
	CK=$DIR/full
	begin -o clock=virtual "$DIR/m.conf"
	put small "$BOX/checkpoint"
	cp "$CK/small" "$DIR/small"
	put 40M "$BOX/tasks/400/alloc"
	put 10s "$BOX/clock/advance"
	refused 'a full disk' 'No space left on device' "$BOX/checkpoint" small
	is 'it says so' "$(cat "$BOX/restore")" \
		'small: No space left on device'
	is 'the old one is there' "$(cmp "$CK/small" "$DIR/small" 2>&1)" ''
	is 'and nothing else' "$(ls -A "$CK")" small
	mount -o remount,ro "$DIR/full"
	refused 'a read-only one' 'Read-only file system' \
		"$BOX/checkpoint" small
	put small "$BOX/restore"
	is 'can be read' "$(cat "$BOX/checkpoint")" small
	end_server
	umount "$DIR/full"
fi

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		test -w /dev/fuse; then
	chmod 755 "$DIR"
	mkdir -p "$DIR/theirs" "$DIR/user"
	chown 65534:65534 "$DIR/theirs" "$DIR/user"
	cat >"$DIR/user.sh" <<'END'
cd / || exit 1
"$1" mount --checkpoints "$2/theirs" -o clock=virtual "$2/user" || exit 1
box=$2/user/sandbox
echo mine >"$box/checkpoint" && echo 1s >"$box/clock/advance" &&
	echo mine >"$box/restore" && cat "$box/clock/now" "$box/checkpoint"
chmod 500 "$2/theirs"
LC_ALL=C env printf 'x\n' 2>&1 >"$box/checkpoint" | sed 's/.*: //'
fusermount3 -u "$2/user"
END
	chmod 644 "$DIR/user.sh"
	install -m 755 "$RF" "$DIR/rf-user"
	is 'a user without privileges' "$(setpriv --reuid 65534 --regid 65534 \
		--clear-groups sh "$DIR/user.sh" "$DIR/rf-user" "$DIR" 2>&1 |
		tr '\n' ' ')" '0.000000000 mine Permission denied '
	chmod 700 "$DIR/theirs"
fi

finish
