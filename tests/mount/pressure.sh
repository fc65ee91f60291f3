#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /proc/pressure: text, triggers, and a poll that reclaim wakes (J.5).

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; } );
disks = ( { name = "sda"; kind = "ssd"; } );
swap = ( { path = "/dev/sda2"; size = "1G"; } );
END
start -o clock=virtual "$DIR/m.conf"

for file in cpu io memory; do
	is "$file at rest" "$(cat "$MNT/proc/pressure/$file")" \
'some avg10=0.00 avg60=0.00 avg300=0.00 total=0
full avg10=0.00 avg60=0.00 avg300=0.00 total=0'
done

timeout 100 python3 - "$MNT" >"$DIR/result" <<'END'
import errno
import os
import select
import sys
import threading

mnt = sys.argv[1] + "/"
memory = mnt + "proc/pressure/memory"


def check(what, got, want):
    print("ok" if got == want else f"FAILED: {what}: {got!r}, want {want!r}")


def attempt(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode[e.errno]


fd = os.open(memory, os.O_RDWR)
poll = select.poll()
poll.register(fd, select.POLLPRI)
check("no trigger is an error at once", poll.poll(10000)[0][1]
      & (select.POLLERR | select.POLLPRI), select.POLLERR | select.POLLPRI)
check("a bad one", attempt(os.write, fd, b"some 0 1000000\n"), "EINVAL")
check("one", attempt(os.write, fd, b"some 20000 1000000\n"), 19)
check("no second", attempt(os.write, fd, b"some 20000 1000000\n"), "EBUSY")
check("nothing yet", poll.poll(100), [])
text = os.pread(fd, 1000, 0)
check("it is still readable", text[:5], b"some ")


def load():
    with open(mnt + "sandbox/spawn", "w") as f:
        f.write('name = "hog"; pid = 500; leak = "200M/s";\n')
    with open(mnt + "sandbox/clock/advance", "w") as f:
        f.write("4s\n")


thread = threading.Thread(target=load)
thread.start()
events = poll.poll(60000)
check("pressure wakes", [e[1] & select.POLLPRI for e in events],
      [select.POLLPRI])
thread.join()
with open(memory) as f:
    some = dict(w.split("=") for w in f.readline().split()[1:])
check("totals grow", int(some["total"]) > 20000, True)
check("averages too", float(some["avg10"]) > 0, True)
os.close(fd)
END
is 'the rows come to their end' $? 0
passed=$((passed + $(grep -c '^ok' "$DIR/result")))
failed=$((failed + $(grep -c '^FAILED' "$DIR/result")))
grep '^FAILED' "$DIR/result" | head -n 20

finish
