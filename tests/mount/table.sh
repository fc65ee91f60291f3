#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every virtual file of a mount: what its mode says holds, its text is whole
# lines and the same however it is read, its inode number is its own.

. "${0%/*}/lib.sh"

start -o clock=virtual
echo 3s >"$MNT/sandbox/clock/advance"

# Prints "FAILED: why" for what is not so, and "ok" for a file without.
timeout 800 python3 - "$MNT" >"$DIR/result" <<'END'
import os
import stat
import sys

mnt = sys.argv[1]

# Files that wait for what comes, and those that are used up by reading.
STREAMS = ("proc/kmsg", "dev/kmsg", "sandbox/events",
           "sys/kernel/tracing/trace_pipe",
           "sys/kernel/debug/tracing/trace_pipe")
# Text that Linux ends without a newline, by the last part of the path.
NO_NEWLINE = ("cmdline", "environ", "wchan", "loginuid", "sessionid")


bad = 0


def check(what, good):
    global bad
    if not good:
        bad += 1
        print("FAILED: " + what)


def read(path, size=1 << 20, flags=os.O_RDONLY):
    fd = os.open(path, flags)
    try:
        parts = []
        while True:
            part = os.read(fd, size)
            if not part:
                return b"".join(parts)
            parts.append(part)
    finally:
        os.close(fd)


def may_read(st):
    return st.st_mode & 0o444


def one_file(path, name, st):
    try:
        whole = read(path)
    except OSError as e:
        # kernel threads have no environ; a device without runtime power
        # management has no delay
        expected = name.endswith(("environ", "smaps_rollup",
                                  "autosuspend_delay_ms"))
        return check(f"{name}: {e.strerror}", expected or not may_read(st))
    check(f"{name}: read, mode {st.st_mode:o}", may_read(st) or not whole)
    check(f"{name}: no newline at the end: {whole[-20:]!r}",
          not whole or whole.endswith(b"\n")
          or os.path.basename(name) in NO_NEWLINE)
    again = read(path)
    check(f"{name}: two reads differ", again == whole)
    numeric = name.startswith("proc/sys/")
    if not numeric:
        check(f"{name}: in pieces it differs", read(path, 512) == whole)
        fd = os.open(path, os.O_RDONLY)
        check(f"{name}: behind offset 1 it differs",
              os.pread(fd, 1 << 20, 1) == whole[1:])
        os.close(fd)


inodes = {}
nr = 0
for top, dirs, files in os.walk(mnt):
    for entry in os.scandir(top):
        path = entry.path
        name = os.path.relpath(path, mnt)
        st = os.lstat(path)
        nr += 1
        before = bad
        check(f"{name}: inode {st.st_ino} is that of {inodes.get(st.st_ino)}",
              st.st_ino and st.st_ino not in inodes)
        check(f"{name}: listed as {entry.inode()}", entry.inode() == st.st_ino)
        inodes[st.st_ino] = name
        if stat.S_ISLNK(st.st_mode):
            try:
                os.readlink(path)
            except OSError:
                check(f"{name}: a link to nowhere", name.endswith("/exe"))
        if stat.S_ISREG(st.st_mode) and not name.startswith(STREAMS):
            one_file(path, name, st)
        if bad == before:
            print("ok")
check(f"only {nr} files", nr > 2000)
names = os.listdir(mnt + "/proc/sys/vm")
check("proc/sys/vm is not sorted", names == sorted(names))
check("proc/sys/vm has %d files" % len(names), len(names) == 52)
END
is 'the walk comes to its end' $? 0
passed=$((passed + $(grep -c '^ok' "$DIR/result")))
failed=$((failed + $(grep -c '^FAILED' "$DIR/result")))
grep '^FAILED' "$DIR/result" | head -n 20

finish
