#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: system calls on the machine's files that FUSE is not asked about are
# answered as procfs and sysfs answer them; on all others they are the kernel's.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

cat >"$DIR/calls.py" <<'END'
import ctypes, errno, os, socket, struct, sys, threading
from ctypes import c_int, c_long, c_size_t, c_void_p

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = c_void_p
VM, HERE = '/proc/sys/vm/', sys.argv[-1]
PROT_READ, PROT_EXEC, SHARED, PRIVATE, FIONREAD = 1, 4, 1, 2, 0x541b

def call(name, *args):
    ctypes.set_errno(0)
    got = getattr(libc, name)(*args)
    if got in (-1, c_void_p(-1).value):
        return errno.errorcode[ctypes.get_errno()]
    return got

def mapped(path, flags=os.O_RDONLY, how=PRIVATE, size=4096, at=0):
    fd = os.open(path, flags)
    got = call('mmap', None, c_size_t(size), PROT_READ, how, fd, c_long(at))
    os.close(fd)
    if isinstance(got, str):
        return got
    libc.munmap(c_void_p(got), c_size_t(size))
    return 'yes'

def left(fd):
    value = c_int(-77)
    got = call('ioctl', fd, c_long(FIONREAD), ctypes.byref(value))
    return got if isinstance(got, str) else value.value

def kind(path, by_name=True):
    buf = ctypes.create_string_buffer(256)
    if by_name:
        got = call('statfs', path.encode(), buf)
    else:
        fd = os.open(path, os.O_RDONLY)
        got = call('fstatfs', fd, buf)
        os.close(fd)
    if got:
        return got
    return {0x9fa0: 'proc', 0x62656572: 'sysfs', 0x74726163: 'tracefs',
            0x64626720: 'debugfs', 0x65735546: 'fuse'}.get(
                struct.unpack('q', buf.raw[:8])[0], 'another')

def sent(to, fd, size, offset=None):
    return call('sendfile', to, fd, offset and ctypes.byref(offset),
                c_size_t(size))

def spliced(fd, to, size, offset=None):
    return call('splice', fd, offset and ctypes.byref(offset), to, None,
                c_size_t(size), 0)

def slurp(path):
    with open(path, 'rb') as f:
        return f.read()
END

# ask SENTENCE WANTED: what the script on standard input prints in there.
ask() {
	cat "$DIR/calls.py" - >"$DIR/ask.py"
	is "$1" "$($kind -- python3 "$DIR/ask.py" "$dir" 2>&1)" "$2"
}

both() {
kind=$1
dir=$(mktemp -d "$DIR/own.XXXXXX") && chmod 777 "$dir"

ask "$kind: mmap" 'ENODEV ENODEV ENODEV
EIO EIO ENODEV
EACCES EINVAL EINVAL EBADF
yes yes yes ENODEV' <<'END'
print(mapped(VM + 'swappiness'), mapped('/proc/500/status'),
      mapped('/sys/kernel/mm/transparent_hugepage/enabled'))
print(mapped('/proc/meminfo'), mapped('/proc/pressure/memory'),
      mapped('/proc/meminfo', how=SHARED))
print(mapped(VM + 'swappiness', os.O_WRONLY),
      mapped(VM + 'swappiness', size=0), mapped(VM + 'swappiness', at=1),
      call('mmap', None, c_size_t(4096), PROT_READ, PRIVATE, 77, c_long(0)))
open(HERE + '/own', 'wb').write(b'x' * 4096)
found = []
thread = threading.Thread(target=lambda: found.append(
    mapped(VM + 'swappiness')))
thread.start()
thread.join()
print(mapped(HERE + '/own'), mapped('/etc/passwd'),
      mapped(HERE + '/own', how=SHARED), *found)
END

# After a write, on the same descriptor: the size has not grown.
ask "$kind: FIONREAD" '-3 -3 0
4093 EFAULT 5' <<'END'
fd = os.open(VM + 'swappiness', os.O_RDWR)
os.write(fd, b'60\n')
r, w = os.pipe()
print(left(fd), left(os.dup(fd)), left(r))
here = os.open('/sys/devices/system/node/online', os.O_RDONLY)
os.read(here, 3)
os.lseek(here, 3, os.SEEK_SET)
os.write(w, b'12345')
print(left(here), call('ioctl', fd, c_long(FIONREAD), c_void_p(8)), left(r))
END

ask "$kind: statfs" 'proc proc proc sysfs sysfs tracefs
proc proc proc sysfs fuse another another
ENOENT EFAULT EFAULT' <<'END'
fd = 0
print(kind('/proc'), kind('/proc/sys/vm/swappiness'), kind('//proc/./500/'),
      kind('/sys/devices/system/node/node0'), kind('/sys/kernel/mm'),
      kind('/sys/kernel/tracing/trace') if os.path.exists(
          '/sys/kernel/tracing/trace') else 'tracefs')
os.chdir('/proc/sys')
print(kind('vm/swappiness'), kind('.'), kind('/proc/meminfo', False),
      kind('/sys/devices/system/node/online', False),
      kind(os.environ['RECLAIMFS'] + '/zones', False), kind(HERE),
      kind(HERE, False))
print(kind('/proc/none'), call('statfs', b'/proc', c_void_p(8)),
      call('statfs', c_void_p(8), c_void_p(8)))
END

# By the mode, whoever asks; only where no capability overrides it.
ask "$kind: access" 'False True False True
False False False True
False False True True
EACCES EACCES True EFAULT' <<'END'
R, W, X = os.R_OK, os.W_OK, os.X_OK
root = os.geteuid() == 0
print(os.access(VM + 'drop_caches', R), os.access(VM + 'drop_caches', W),
      os.access(VM + 'drop_caches', R | W), os.access(VM + 'swappiness', R))
os.chdir('/proc/sys')
fd = os.open('vm', os.O_RDONLY)
print(os.access('vm//drop_caches', R), os.access('drop_caches', R, dir_fd=fd),
      os.access('/proc//sys/./vm/drop_caches', R),
      os.access('vm', R | X))
print(os.access('vm', W), os.access('numa_stat/none', R),
      os.access('/sys/kernel/mm', R), os.access(HERE, W))
watch = libc.inotify_init1(0)
print(call('inotify_add_watch', watch, b'vm/drop_caches', 2),
      call('open', (VM[:-1]).encode(), os.O_TMPFILE | os.O_RDWR, 0o600),
      call('inotify_add_watch', watch, b'vm/swappiness', 2) == 1,
      call('access', c_void_p(8), R))
END

# What reads by size gets what a read gets.
ask "$kind: sendfile and splice" 'True 0 True
8 8 8 8 True 16 8
True 8 3 3
EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL
EXDEV 4 4 4 EBADF' <<'END'
text = slurp('/proc/vmstat')
fd = os.open('/proc/vmstat', os.O_RDONLY)
path = HERE + '/copy'
to = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
whole = 0
while whole < len(text):
    whole += sent(to, fd, 1 << 20)
print(whole == len(text), sent(to, fd, 8),
      [l.split()[0] for l in slurp(path).splitlines()] ==
      [l.split()[0] for l in text.splitlines()])
r, w = os.pipe()
os.lseek(fd, 0, os.SEEK_SET)
at, a, b = ctypes.c_longlong(8), *socket.socketpair()
print(sent(w, fd, 8), spliced(fd, w, 8), sent(w, fd, 8, at), at.value - 8,
      os.read(r, 100) == text[:16] + text[8:16], os.lseek(fd, 0, os.SEEK_CUR),
      sent(a.fileno(), fd, 8))
print(0 < sent(w, fd, 1 << 20) <= 4096, len(b.recv(100)),
      spliced(os.open(VM + 'swappiness', os.O_RDONLY), w, 100),
      sent(w, os.open(VM + 'swappiness', os.O_RDONLY), 100))
# A full pipe, a terminal's like, the end of a file, our own, what waits.
os.set_blocking(w, False)
try:
    while True:
        os.write(w, b'x' * 4096)
except BlockingIOError:
    os.set_blocking(w, True)
own = os.open(VM + 'swappiness', os.O_WRONLY)
end = os.open(path, os.O_WRONLY | os.O_APPEND)
log = os.open('/dev/kmsg', os.O_RDONLY)
os.lseek(fd, 0, os.SEEK_SET)
print(spliced(fd, w, 8), sent(os.open('/dev/null', os.O_WRONLY), fd, 8),
      sent(own, fd, 8), sent(end, fd, 8), sent(to, log, 8),
      spliced(fd, to, 8))
mine, host = (os.open(p, os.O_RDONLY) for p in (path, '/proc/.host/vmstat'))
n, m = os.pipe()
print(call('copy_file_range', fd, None, to, None, c_size_t(8), 0),
      sent(m, mine, 4), spliced(mine, m, 4), sent(m, host, 4), sent(m, 77, 8))
END

is "$kind: copied by size" "$($kind -- sh -c '
	python3 -c "
import shutil, sys
shutil.copyfile(\"/proc/sys/vm/swappiness\", sys.argv[1])" "$0/c" &&
	cat "$0/c"; ! command -v busybox >/dev/null ||
	busybox cat /proc/sys/vm/swappiness' "$dir" | uniq)" 60

# A change of the mounts is seen by who polls for it.
ask "$kind: poll of mounts" '1 0x1 1 0xb' <<'END'
import select
fd = os.open('/proc/mounts', os.O_RDONLY)
poller = select.poll()
poller.register(fd, select.POLLIN | select.POLLPRI | select.POLLOUT)
before = poller.poll(0)
os.mkdir(HERE + '/m')
libc.mount(b'none', (HERE + '/m').encode(), b'tmpfs', 0, None)
after = poller.poll(0)
print(len(before), hex(before[0][1]), len(after), hex(after[0][1]))
END
}

both run
if has_user; then
	both as_user
fi

if [ "$(id -u)" -eq 0 ]; then
	kind=run
	dir=$DIR/own
	mkdir -p "$dir/root/proc/sys/vm"
	: >"$dir/root/proc/sys/vm/drop_caches"
	chmod 200 "$dir/root/proc/sys/vm/drop_caches"
	# By the caller's root, and never what somebody else may not read.
	ask 'a root of its own' 'True False True' <<'END'
pid = os.fork()
if not pid:
    os.chroot(HERE + '/root')
    print(os.access(VM + 'drop_caches', os.R_OK), end=' ', flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print(os.access(VM + 'drop_caches', os.R_OK), end=' ', flush=True)
print(os.path.exists('/proc/.host/self'))
END
	ask 'another user' 'ENODEV proc EINVAL False' <<'END'
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
r, w = os.pipe()
fd = os.open('/proc/vmstat', os.O_RDONLY)
print(mapped(VM + 'swappiness'), kind('/proc'), sent(w, fd, 8),
      os.access(VM + 'swappiness', os.W_OK))
END
fi

finish_run
