#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /proc/[pid]: knobs by their rules (fact sheet H.4, errata (b)3), figures
# that agree with each other, a task that goes away under its readers.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "512M"; } );
tasks = (
	{ name = "worker"; pid = 500; uid = 1000; rss = "40M"; },
	{ name = "other"; pid = 501; uid = 1001; rss = "4M"; }
);
END
start -o clock=virtual,allow_other "$DIR/m.conf"
P=$MNT/proc/500
echo 1s >"$MNT/sandbox/clock/advance"

# Text, result of write(2), value read back from the same file.
timeout 60 python3 - "$P" >"$DIR/result" <<'END'
import errno
import os
import sys

pid = sys.argv[1] + "/"


def check(what, got, want):
    print("ok" if got == want else f"FAILED: {what}: {got!r}, want {want!r}")


def write(name, text):
    fd = os.open(pid + name, os.O_WRONLY)
    try:
        return os.write(fd, text)
    except OSError as e:
        return errno.errorcode[e.errno]
    finally:
        os.close(fd)


def get(name):
    with open(pid + name) as f:
        return int(f.read())


for name, text, result, score_adj, adj in (
        ("oom_score_adj", b"0", 1, 0, 0),
        ("oom_score_adj", b"500\n", 4, 500, 8),
        ("oom_score_adj", b"+5", 2, 5, 0),
        ("oom_score_adj", b"0x10", 4, 16, 0),
        ("oom_score_adj", b"-010", 4, -8, 0),
        ("oom_score_adj", b" 999 \n", 6, 999, 15),
        ("oom_score_adj", b"1000", 4, 1000, 15),
        ("oom_score_adj", b"-1000", 5, -1000, -17),
        ("oom_score_adj", b"1001", "EINVAL", -1000, -17),
        ("oom_score_adj", b"-1001", "EINVAL", -1000, -17),
        ("oom_score_adj", b"9" * 29, "ERANGE", -1000, -17),
        ("oom_score_adj", b"abc", "EINVAL", -1000, -17),
        ("oom_score_adj", b"0000000000000500", 12, 0, 0),
        ("oom_score_adj", b"7\0x", 3, 7, 0),
        ("oom_adj", b"15", 2, 1000, 15),
        ("oom_adj", b"-17", 3, -1000, -17),
        ("oom_adj", b"8", 1, 470, 7),
        ("oom_adj", b"16", "EINVAL", 470, 7),
        ("oom_adj", b"-18", "EINVAL", 470, 7),
        ("oom_score", b"1", "EINVAL", 470, 7),
        ("clear_refs", b"01", 2, 470, 7),
        ("clear_refs", b"5\n", 2, 470, 7),
        ("clear_refs", b"0x1", "EINVAL", 470, 7),
        ("clear_refs", b"0", "EINVAL", 470, 7),
        ("clear_refs", b"6", "EINVAL", 470, 7),
        ("oom_score_adj", b"0", 1, 0, 0)):
    got = write(name, text)
    check(f"{name} <- {text!r}", (got, get("oom_score_adj"), get("oom_adj")),
          (result, score_adj, adj))

# The position is neither used nor moved by a write.
fd = os.open(pid + "oom_score_adj", os.O_RDWR)
os.write(fd, b"12")
check("written, then read", os.read(fd, 10), b"12\n")
check("from the middle", os.pread(fd, 10, 1), b"2\n")
os.pwrite(fd, b"13", 100)
check("written anywhere", os.pread(fd, 10, 0), b"13\n")
os.lseek(fd, 1, 0)
check("read on", os.read(fd, 1), b"3")
os.write(fd, b"478")
check("still behind the second", os.read(fd, 10), b"8\n")
os.write(fd, b"0")
os.close(fd)


def keys(name):
    with open(pid + name) as f:
        return {k: v.split() for k, v in
                (line.rstrip("\n").split(":", 1) for line in f if ":" in line)}


status = keys("status")
statm = [int(n) for n in open(pid + "statm").read().split()]
stat = open(pid + "stat").read().rsplit(")", 1)[1].split()
roll = keys("smaps_rollup")
rss = int(status["VmRSS"][0])
check("VmRSS is 40M", rss, 40 << 10)
check("its parts", rss, sum(int(status[k][0]) for k in
                            ("RssAnon", "RssFile", "RssShmem")))
check("statm", (statm[1] * 4, statm[0] * 4), (rss, int(status["VmSize"][0])))
check("stat", (int(stat[21]) * 4, int(stat[20]) // 1024),
      (rss, int(status["VmSize"][0])))
check("smaps_rollup", int(roll["Rss"][0]), rss)
check("smaps", sum(int(line.split()[1]) for line in open(pid + "smaps")
                   if line.startswith("Rss:")), rss)
check("maps", sum(int(b, 16) - int(a, 16) for a, b in
                  (line.split()[0].split("-") for line in open(pid + "maps"))),
      int(status["VmSize"][0]) * 1024)
check("numa_maps", sum(int(w[3:]) for line in open(pid + "numa_maps")
                       for w in line.split() if w[:2] == "N0") * 4, rss)
check("Uid", status["Uid"], ["1000"] * 4)
check("owner", os.stat(pid + "status").st_uid, 1000)
check("names", (open(pid + "comm").read(), stat[0]), ("worker\n", stat[0]))
check("kernel threads have no memory",
      open(pid + "../2/statm").read(), "0 0 0 0 0 0 0\n")
END
is 'the rows come to their end' $? 0
passed=$((passed + $(grep -c '^ok' "$DIR/result")))
failed=$((failed + $(grep -c '^FAILED' "$DIR/result")))
grep '^FAILED' "$DIR/result" | head -n 20

# Other users: by the task's uid, as on Linux.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$DIR"
	as() {
		setpriv --reuid "$1" --regid "$1" --clear-groups sh -c "$2" \
			2>/dev/null
	}
	as 1000 "echo 100 >$P/oom_score_adj"
	is 'the owner raises' "$(cat "$P/oom_score_adj")" 100
	as 1000 "echo 50 >$P/oom_score_adj"
	is 'and lowers to what root set last' "$(cat "$P/oom_score_adj")" 50
	as 1000 "echo -1 >$P/oom_score_adj"
	is 'but no lower' "$(cat "$P/oom_score_adj")" 50
	as 1001 "echo 99 >$P/oom_score_adj"
	is 'another user does not' "$(cat "$P/oom_score_adj")" 50
	status 'he reads status' 0 as 1001 "cat $P/status"
	status '... not smaps' 1 as 1001 "cat $P/smaps"
	status '... not io' 1 as 1001 "cat $P/io"
	is '... no addresses' "$(as 1001 "cat $P/stat" | cut -d ' ' -f 28)" 0
fi

# Gone: no path, and an open file says so.
exec 3<"$P/status"
echo 1 >"$MNT/sandbox/tasks/500/exit"
echo 100ms >"$MNT/sandbox/clock/advance"
holds 'no directory' ! -e "$P"
is 'an open file has no process' \
	"$(LC_ALL=C cat <&3 2>&1 | sed 's/.*: //')" 'No such process'
exec 3<&-
is 'it is not listed' "$(ls "$MNT/proc" | grep -cx 500)" 0

# The kernel remembers paths of tasks; it must forget them in time, each time.
stale=0
for i in $(seq 100); do
	echo "name = \"brief\"; pid = $((600 + i % 3)); rss = \"64K\";" \
		>"$MNT/sandbox/spawn"
	P=$MNT/proc/$((600 + i % 3))
	cat "$P/comm" "$P/stat" >"$DIR/seen" || stale=$((stale + 1))
	echo 1 >"$MNT/sandbox/tasks/$((600 + i % 3))/exit"
	if [ -e "$P" ] || [ -e "$P/stat" ]; then
		stale=$((stale + 1))
	fi
done
is 'what is gone is gone at once' "$stale" 0

finish
