#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sendfile(2), splice(2) and copy_file_range(2) of virtual files give what
# read(2) gives, and all other calls find files of size 0 as they are.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; cpus = "0-63"; } );
tasks = ( { name = "t"; pid = 100; rss = "1M"; } );
END

start -o clock=virtual "$DIR/m.conf"
vm=$MNT/proc/sys/vm

# Before anybody has asked for anything; longer and shorter than before.
is 'busybox cat' "$(busybox cat "$vm/swappiness")" 60
put 7 "$vm/swappiness"
is 'shorter' "$(busybox cat "$vm/swappiness")" 7
put 150 "$vm/swappiness"
is 'longer' "$(busybox cat "$vm/swappiness")" 150
printf 25 | dd of="$vm/swappiness" conv=notrunc 2>/dev/null
is 'not truncated' "$(busybox cat "$vm/swappiness")" 25
is 'for another size was asked' "$(stat -c %s "$vm/swappiness"
	busybox cat "$vm/swappiness")" "$(printf '0\n25')"
is 'a copy' "$(cp "$MNT/proc/meminfo" "$DIR/meminfo" 2>&1
	diff "$DIR/meminfo" "$MNT/proc/meminfo")" ''

cat >"$DIR/calls.py" <<'END'
import fcntl, os, struct, sys, threading

mnt = sys.argv[1]
KNOB = mnt + '/proc/sys/vm/swappiness'

def sent(path, look=False):
    out = os.memfd_create('out')
    fd = os.open(path, os.O_RDONLY)
    if look:
        os.fstat(fd)
        os.listdir(os.path.dirname(path))
    while os.sendfile(out, fd, None, 1 << 20):
        pass
    size = os.fstat(fd).st_size
    os.close(fd)
    with open(out, 'rb') as f:
        f.seek(0)
        return f.read(), size

# Those that wait for more, and those without an end.
ENDLESS = ('kmsg', 'trace_pipe', 'trace_pipe_raw', 'kcore', 'kpagecount',
           'kpageflags', 'kpagecgroup', 'pagemap', 'mem', 'events')

def every():
    looked = differ = 0
    for where, _, names in os.walk(mnt):
        for name in names:
            path = os.path.join(where, name)
            if name in ENDLESS or os.path.islink(path):
                continue
            size = os.stat(path).st_size
            try:
                with open(path, 'rb', buffering=0) as f:
                    text = f.readall()
            except OSError:
                continue
            looked += 1
            if sent(path, looked % 2) != (text, size):
                differ += 1
                print(path)
    print(looked > 1000, differ)

def as_it_was():
    fd = os.open(KNOB, os.O_RDWR)
    left = lambda: struct.unpack('i', fcntl.ioctl(fd, 0x541b, b'....'))[0]
    print(left(), os.fstat(fd).st_size, os.lseek(fd, 0, os.SEEK_END), left())
    print(os.write(fd, b'60\n'), os.read(fd, 9), os.pread(fd, 9, 0))

# Pages so far out are none that the server waits for.
def far_out():
    stop = threading.Event()

    def reader():
        fd = os.open(KNOB, os.O_RDONLY)
        out = os.memfd_create('out')
        at = 0
        while not stop.is_set():
            at = at % 4000 + 1
            os.sendfile(out, fd, (at << 32) - 4096, 8192)

    readers = [threading.Thread(target=reader) for _ in range(3)]
    for t in readers:
        t.start()
    for _ in range(3000):
        fd = os.open(KNOB, os.O_RDONLY)
        if os.fstat(fd).st_size or os.stat(KNOB).st_size:
            print('a size')
        os.close(fd)
    stop.set()
    for t in readers:
        t.join()
    print('done', sent(KNOB)[0])

globals()[sys.argv[2]]()
END
calls() {
	timeout -s KILL 300 python3 "$DIR/calls.py" "$MNT" "$1" 2>&1
}
is 'every file' "$(calls every)" 'True 0'
is 'FIONREAD, fstat, lseek, write, read' "$(calls as_it_was)" "0 0 0 0
3 b'' b'60\\n'"
is 'nobody waits for the server while it waits for him' "$(calls far_out)" \
	"done b'60\\n'"
is 'it answers' "$(cat "$vm/swappiness")" 60
stop
finish
