# SPDX-License-Identifier: MIT
#
# dump_tree.py MOUNT FILE: every regular file that can be read, its bytes and
# its looks, into FILE; how many they were to standard output.  Two machines
# that are the same give the same bytes.

import errno
import os
import sys

top, out = sys.argv[1], open(sys.argv[2], "wb")
if not os.path.ismount(top):
    sys.exit("%s: no mount" % top)


def read(path):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as e:
        return b"open: " + errno.errorcode[e.errno].encode()
    text = b""
    try:
        while True:
            part = os.read(fd, 1 << 17)
            if not part:
                break
            text += part
    except OSError as e:
        text += b"read: " + errno.errorcode[e.errno].encode()
    os.close(fd)
    return text


def follow(path):
    try:
        return os.readlink(path).encode()
    except OSError as e:
        return b"readlink: " + errno.errorcode[e.errno].encode()


n = 0
for where in "proc", "sys", "dev", "sandbox":
    for dir, subdirs, files in os.walk(os.path.join(top, where)):
        subdirs.sort()
        for name in sorted(files + subdirs):
            path = os.path.join(dir, name)
            st = os.lstat(path)
            out.write(b"== %s %o %d %d %d\n" % (
                os.path.relpath(path, top).encode(), st.st_mode, st.st_ino,
                st.st_nlink, st.st_size))
            if os.path.islink(path):
                # who we are is not the machine's
                if name not in ("self", "thread-self"):
                    out.write(follow(path) + b"\n")
            elif os.path.isfile(path):
                out.write(read(path) + b"\n")
                n += 1
print(n)
