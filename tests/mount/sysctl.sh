#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /proc/sys/vm through a real mount: what write(2) returns, what is stored,
# what offsets, flags and modes mean (fact sheet A, errata (a) and (b)1).
# The parser's own rows are in tests/unit/test_sysctl_text.c.

. "${0%/*}/lib.sh"

start -o clock=virtual
V=$MNT/proc/sys/vm

# Every bound: the value stands, one beyond is refused and changes nothing.
while read -r file low high; do
	old=$(cat "$V/$file")
	for value in $low $high; do
		echo "$value" >"$V/$file"
		is "$file takes $value" "$(cat "$V/$file")" "$value"
	done
	echo "$old" >"$V/$file"
	refused "$file refuses $((low - 1))" 'Invalid argument' \
		"$V/$file" $((low - 1))
	refused "$file refuses $((high + 1))" 'Invalid argument' \
		"$V/$file" $((high + 1))
	is "$file is as before" "$(cat "$V/$file")" "$old"
done <<'END'
compact_unevictable_allowed 0 1
compaction_proactiveness 0 100
dirty_expire_centisecs 0 2147483647
dirty_ratio 0 100
dirtytime_expire_seconds 0 2147483647
enable_soft_offline 0 1
extfrag_threshold 0 1000
laptop_mode -8589934 8589934
legacy_va_layout 0 2147483647
max_map_count 0 2147483647
memory_failure_early_kill 0 1
memory_failure_recovery 0 1
min_slab_ratio 0 100
min_unmapped_ratio 0 100
mmap_rnd_bits 28 32
mmap_rnd_compat_bits 8 16
numa_stat 0 1
oom_dump_tasks -2147483648 2147483647
oom_kill_allocating_task -2147483648 2147483647
overcommit_memory 0 2
overcommit_ratio -2147483648 2147483647
page-cluster 0 31
panic_on_oom 0 2
stat_interval -8589934 8589934
swappiness 0 200
unprivileged_userfaultfd 0 1
vfs_cache_pressure 0 2147483647
watermark_boost_factor 0 2147483647
watermark_scale_factor 1 3000
zone_reclaim_mode 0 2147483647
END

# One write a row: file, text (as printf writes it), what comes of it, value
# afterwards.  A number is what write(2) returned.
timeout 60 python3 - "$V" >"$DIR/result" <<'END'
import errno
import os
import sys

vm = sys.argv[1] + "/"


def check(what, got, want):
    print("ok" if got == want else f"FAILED: {what}: {got!r}, want {want!r}")


def get(name):
    with open(vm + name, "rb") as f:
        return f.read().decode()


def attempt(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode[e.errno]


def writes(name, *texts, flags=os.O_WRONLY):
    fd = os.open(vm + name, flags)
    try:
        return [attempt(os.write, fd, t) for t in texts]
    finally:
        os.close(fd)


def row(name, text, result, after):
    got = writes(name, text)[0]
    check(f"{name} <- {text[:40]!r}", (got, get(name)), (result, after))


row("swappiness", b"10\n", 3, "10\n")
row("swappiness", b"0x3c", 4, "60\n")
row("swappiness", b"6 0\n", 2, "6\n")
row("swappiness", b"5 abc", 2, "5\n")
row("swappiness", b"60\r\n", "EINVAL", "5\n")
row("swappiness", b"1\n" + b"x" * 4998, 907, "1\n")
row("swappiness", b"2" + b" " * 65535, 65536, "2\n")
row("swappiness", b"3" + b" " * (3 << 20), (3 << 20) + 1, "3\n")
row("swappiness", b"4" + b" " * (4 << 20), "ENOMEM", "3\n")
row("swappiness", b"4" + b" " * (5 << 20), "ENOMEM", "3\n")
row("lowmem_reserve_ratio", b"x", 1, "256\t256\t32\t0\t0\n")
row("lowmem_reserve_ratio", b"100 200 30 1 2x\n", 13, "100\t200\t30\t1\t0\n")
row("lowmem_reserve_ratio", b"16\n", 3, "16\t200\t30\t1\t0\n")
row("numa_zonelist_order", b"d", 1, "Node\n")
row("numa_zonelist_order", b"x", "EINVAL", "Node\n")
row("dirty_bytes", b"8191", "EINVAL", "0\n")
row("dirty_bytes", b"8192", 4, "8192\n")
check("dirty_ratio is off", get("dirty_ratio"), "0\n")
row("dirty_ratio", b"30", 2, "30\n")
check("dirty_bytes is off", get("dirty_bytes"), "0\n")
row("percpu_pagelist_high_fraction", b"7", "EINVAL", "0\n")
row("percpu_pagelist_high_fraction", b"8", 1, "8\n")
row("stat_refresh", b"anything", 8, "")
for text, result in ((b"0", "EINVAL"), (b"1", 1), (b"3", 1), (b"5", "EINVAL")):
    check(f"drop_caches {text!r}", writes("drop_caches", text), [result])
check("compact_memory 2", writes("compact_memory", b"2"), ["EINVAL"])
check("compact_memory 1", writes("compact_memory", b"1"), [1])

# Offsets: only what is written at 0 counts, in strict mode.
writes("swappiness", b"60")
check("a second write", writes("swappiness", b"11", b"22"), [2, 2])
check("... is not looked at", get("swappiness"), "11\n")
fd = os.open(vm + "swappiness", os.O_WRONLY)
check("pwrite at 1", attempt(os.pwrite, fd, b"77\n", 1), 3)
check("... neither", get("swappiness"), "11\n")
check("pwrite at 0", attempt(os.pwrite, fd, b"77\n", 0), 3)
check("... but this", get("swappiness"), "77\n")
os.close(fd)
check("appending", writes("swappiness", b"33\n", b"44\n",
                          flags=os.O_WRONLY | os.O_APPEND), [3, 3])
check("... is at 0", get("swappiness"), "33\n")
writes("swappiness", b"34\n", flags=os.O_WRONLY | os.O_APPEND)
check("... every time", get("swappiness"), "34\n")
strict = vm + "../kernel/sysctl_writes_strict"
for mode, after in ((b"-1", "22\n"), (b"0", "22\n"), (b"1", "11\n")):
    with open(strict, "wb", buffering=0) as f:
        f.write(mode)
    writes("swappiness", b"11", b"22")
    check(f"strict {mode!r}", get("swappiness"), after)
check("strict 2", attempt(lambda: open(strict, "wb", 0).write(b"2")), "EINVAL")

# Reading: a number is there once, a string honours offsets.
fd = os.open(vm + "swappiness", os.O_RDONLY)
check("one byte", os.read(fd, 1), b"1")
check("the rest is lost", os.read(fd, 10), b"")
os.lseek(fd, 0, 0)
check("rewound", os.read(fd, 10), b"11\n")
check("nothing behind 1", os.pread(fd, 10, 1), b"")
os.close(fd)
fd = os.open(vm + "numa_zonelist_order", os.O_RDONLY)
check("a string in pieces", [os.read(fd, 2) for _ in range(4)],
      [b"No", b"de", b"\n", b""])
os.close(fd)

# Opening and changing.
O = os
for flags, result in (
        (O.O_WRONLY | O.O_TRUNC, 0), (O.O_WRONLY | O.O_CREAT, 0),
        (O.O_RDWR | O.O_SYNC, 0), (O.O_RDONLY | O.O_NOFOLLOW, 0),
        (O.O_WRONLY | O.O_CREAT | O.O_EXCL, "EEXIST"),
        (O.O_WRONLY | O.O_DIRECT, "EINVAL"),
        (O.O_RDONLY | O.O_DIRECTORY, "ENOTDIR")):
    got = attempt(os.open, vm + "swappiness", flags)
    check(f"open {flags:#x}", 0 if isinstance(got, int) else got, result)
check("truncating changes nothing", get("swappiness"), "11\n")
check("drop_caches is not for reading",
      attempt(os.open, vm + "drop_caches", os.O_RDONLY), "EACCES")
check("... nor for both", attempt(os.open, vm + "drop_caches", os.O_RDWR),
      "EACCES")
f = vm + "swappiness"
new = vm + "zz_new"
for what, call, result in (
        ("chmod", lambda: os.chmod(f, 0o777), "EPERM"),
        ("chown", lambda: os.chown(f, 1, 1), "EPERM"),
        ("chown to nobody", lambda: os.chown(f, -1, -1), None),
        ("truncate", lambda: os.truncate(f, 100), None),
        ("utime", lambda: os.utime(f), None),
        ("unlink", lambda: os.unlink(f), "EACCES"),
        ("rmdir", lambda: os.rmdir(vm), "EACCES"),
        ("rename", lambda: os.rename(f, new), "ENOENT"),
        ("create", lambda: os.open(new, O.O_CREAT | O.O_WRONLY), "ENOENT"),
        ("mkdir", lambda: os.mkdir(new), "ENOENT"),
        ("mkfifo", lambda: os.mkfifo(new), "ENOENT"),
        ("symlink", lambda: os.symlink("x", new), "ENOENT"),
        ("link", lambda: os.link(f, new), "ENOENT"),
        ("a missing name", lambda: os.unlink(new), "ENOENT"),
        ("open the directory", lambda: os.open(vm, O.O_WRONLY), "EISDIR"),
        ("setxattr", lambda: os.setxattr(f, "user.a", b"b"), "ENOTSUP"),
        ("listxattr", lambda: os.listxattr(f), []),
        ("into /proc", lambda: os.mkdir(vm + "../../zz"), "ENOENT"),
        ("into /sys", lambda: os.mkdir(vm + "../../../sys/zz"), "EPERM"),
        ("write meminfo", lambda: os.write(
            os.open(vm + "../../meminfo", O.O_WRONLY), b"1"), "EIO"),
        ("write statm", lambda: os.write(
            os.open(vm + "../../1/statm", O.O_WRONLY), b"1"), "EINVAL"),
        ("open numastat", lambda: os.open(
            vm + "../../../sys/devices/system/node/node0/numastat",
            O.O_WRONLY), "EACCES"),
        ("fsync", lambda: os.fsync(os.open(f, O.O_WRONLY)), "EINVAL")):
    got = attempt(call)
    check(what, None if isinstance(got, int) else got, result)
st = os.stat(f)
check("stat", (st.st_size, st.st_nlink, st.st_blksize, oct(st.st_mode)),
      (0, 1, 1024, "0o100644"))
END
is 'the rows come to their end' $? 0
passed=$((passed + $(grep -c '^ok' "$DIR/result")))
failed=$((failed + $(grep -c '^FAILED' "$DIR/result")))
grep '^FAILED' "$DIR/result" | head -n 20

# What the writers and readers of clients.md do.
echo 10 >"$V/swappiness"
echo 20 >>"$V/swappiness"
is 'a shell appends' "$(cat "$V/swappiness")" 20
cat "$V/lowmem_reserve_ratio" >"$DIR/ratio"
cat "$DIR/ratio" >"$V/lowmem_reserve_ratio"
is 'a vector goes through cat' "$(cat "$V/lowmem_reserve_ratio")" \
	"$(cat "$DIR/ratio")"
echo 60 | dd of="$V/swappiness" bs=1 2>/dev/null
is 'dd writes byte by byte: the first counts' "$(cat "$V/swappiness")" 6
echo 60 >"$V/swappiness"

finish
