#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: real processes are in the machine, its tasks can be killed.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

cat >"$DIR/wait.sh" <<'END'
# gone PID: wait for a simulated task to end.
gone() {
	tries=200
	while [ -d "/proc/$1" ] && [ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	! [ -d "/proc/$1" ]
}
END

# Real processes.
is 'its name' "$(run -- cat /proc/self/comm)" cat
is 'its children' "$(run -- sh -c 'sh -c "echo \$PPID"; echo $$' | uniq |
	wc -l)" 1
is 'a process knows its own directory' "$(run -- sh -c \
	'[ "$(readlink /proc/self)" -ne $$ ] && cd /proc/$$ && cat comm')" sh
is 'exe' "$(run -- readlink /proc/self/exe)" "$(readlink -f \
	"$(command -v readlink)")"
is 'descriptors' "$(echo in | run -- sh -c 'cat /dev/fd/0 /proc/self/fd/0')" in
is 'what is ours is hidden' "$(run -- sh -c 'ls -d /proc/[0-9]* |
	cut -d / -f 3 | while read -r p; do
		cat /proc/$p/comm
	done' 2>/dev/null | grep -c 'keeper\|reclaimfs')" 0
is 'threads' "$(run -- sh -c 'ls /proc/self/task | wc -l')" 1
is 'its memory is real' "$(run -- awk '
	$1 == "VmRSS:" && $2 > 100 { print "some" }' /proc/self/status)" some

# Met at different moments, they started as far from each other as they did.
# Nobody has started before the machine did, so it is given a moment.
cat >"$DIR/starts.sh" <<'END'
sleep 0.1
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep 30 &
	pids="$! $pids"
	sleep 0.02
done
for pid in $pids; do
	here=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)
	there=$(sed 's/.*) //' "/proc/.host/$pid/stat" | cut -d ' ' -f 20)
	echo $((there - here))
	sleep 0.007
done | sort -u | wc -l
kill $pids
END
is 'start times, by one clock' "$(run -- sh "$DIR/starts.sh")" 1

# Their knobs are the machine's.
is 'oom_score_adj, kept' "$(run -- sh -c 'echo 321 >/proc/$$/oom_score_adj
	cat /proc/$$/oom_score_adj')" 321
is 'a write does not move the position' "$(run -- sh -c '
	exec 3<>/proc/$$/oom_score_adj; echo 456 >&3; cat <&3')" 456
is 'inherited' "$(run -- sh -c 'echo 322 >/proc/$$/oom_score_adj
	cat /proc/self/oom_score_adj')" 322
is 'the real one is as it was' "$(run -- sh -c '
	echo 323 >/proc/$$/oom_score_adj; cat /proc/.host/$$/oom_score_adj')" \
	"$(cat /proc/self/oom_score_adj)"
is 'oom_score goes with it' "$(run -- sh -c '
	a=$(cat /proc/$$/oom_score); echo 900 >/proc/$$/oom_score_adj
	b=$(cat /proc/$$/oom_score); [ $b -gt $((a + 500)) ] && echo more')" \
	more
is 'out of range' "$(run -- sh -c 'LC_ALL=C env printf 1001 2>&1 \
	>/proc/self/oom_score_adj | sed "s/.*: //"')" 'Invalid argument'
is 'oom_adj, the old one' "$(run -- sh -c 'echo 15 >/proc/$$/oom_adj
	cat /proc/$$/oom_score_adj')" 1000

# What they hold is memory of the machine, and may be their end.
cat >"$DIR/hold.py" <<'END'
import subprocess, sys, time

def kb(name):
    for line in open('/proc/meminfo'):
        if line.startswith(name + ':'):
            return int(line.split()[1])

def wait(what):
    tries = 600
    while not what() and tries:
        time.sleep(0.05)
        tries -= 1
    return bool(tries)

wait(lambda: 'python3' in open('/proc/%s/comm' % 'self').read())
time.sleep(0.5)
free, committed = kb('MemFree'), kb('Committed_AS')
x = bytearray(b'x') * (60 << 20)
if sys.argv[1] == 'not':
    time.sleep(1)
    print(free - kb('MemFree') < 30000)
    sys.exit()
print(wait(lambda: 55000 < free - kb('MemFree') < 90000),
      kb('Committed_AS') - committed > 55000)
del x
print(wait(lambda: free - kb('MemFree') < 20000))
LEAK = """
import time
x = []
while True:
    x.append(bytearray(b'x') * (1 << 20))
    time.sleep(0.002)
"""
open('/proc/self/oom_score_adj', 'w').write('-500')
leak = subprocess.Popen([sys.executable, '-c', LEAK])
print(leak.wait())
print([l for l in open('/proc/vmstat') if l.startswith('oom_kill ')])
END
is 'their memory is counted; an OOM kill is SIGKILL' \
	"$(run -- python3 "$DIR/hold.py" held)" "True True
True
-9
['oom_kill 1\\n']"
if has_user; then
	chmod 644 "$DIR/hold.py"
	is 'the same as anybody' \
		"$(as_user -- python3 "$DIR/hold.py" held | tail -n 2)" "-9
['oom_kill 1\\n']"
fi
is 'unless that is not wanted' \
	"$(run --no-real-memory -- python3 "$DIR/hold.py" not)" True
mkdir "$DIR/kept"
run --checkpoints "$DIR/kept" -- sh -c '
	tries=200
	while ! [ -d "$RECLAIMFS/tasks/$$" ] && [ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	echo now >"$RECLAIMFS/checkpoint"'
is 'of a checkpoint they are not' "$("$RF" run -m "$DIR/m.conf" \
	--restore "$DIR/kept/now" -- sh -c '
	tries=200
	while grep -qs "(process of the host)" /proc/[0-9]*/cmdline &&
		[ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	cat /proc/[0-9]*/comm | sort | uniq -c | grep -w "sh\|steady"' |
	xargs)" '1 sh 1 steady'
cat >"$DIR/small.conf" <<'END'
nodes = ( { memory = "64M"; } );
END
is 'a machine that is small for them' "$("$RF" run -m "$DIR/small.conf" -- \
	python3 -c 'import time; time.sleep(1); print("here")')" here

# Simulated tasks have processes.
both() {
	kind=$1
	is "$kind: they are there" \
		"$($kind -- sh -c 'kill -0 500 && echo yes')" \
		yes
	is "$kind: kill -9" "$($kind -- sh -c '. "$0"
		kill -9 500; gone 500 && echo gone' "$DIR/wait.sh")" gone
	is "$kind: kill" "$($kind -- sh -c '. "$0"
		kill 500; gone 500 && echo gone; ls -d /proc/501' \
		"$DIR/wait.sh")" 'gone
/proc/501'
	is "$kind: a signal that does not end it" "$($kind -- sh -c '
		kill -WINCH 500; kill -CONT 500; sleep 0.2
		cat /proc/500/comm')" steady
	is "$kind: kernel threads stay" "$($kind -- sh -c '
		kill -9 2; echo $?; sleep 0.2; cat /proc/2/comm
		kill -9 2; echo $?')" '0
kthreadd
0'
	is "$kind: nobody has such a pid" "$($kind -- sh -c '
		kill -0 4321 2>/dev/null; echo $?')" 1
}
both run
if has_user; then
	both as_user
fi
if command -v pkill >/dev/null; then
	is 'pkill' "$(run -- sh -c '. "$0"
		pkill steady; gone 500 && echo gone; pgrep -c other' \
		"$DIR/wait.sh")" 'gone
1'
fi
is 'its memory comes back' "$(run -- sh -c '. "$0"
	free() { awk "\$1 == \"MemFree:\" { print \$2 }" /proc/meminfo; }
	sleep 0.3; a=$(free); kill -9 500; gone 500; b=$(free)
	[ $b -gt $((a + 15000)) ] && echo more' "$DIR/wait.sh")" more

# New ones as well, and what is born gets a pid that nothing real has.
is 'spawned' "$(run -- sh -c '. "$0"
	exec 3<>$RECLAIMFS/spawn
	echo "name = \"young\"; rss = \"4M\";" >&3
	read -r pid <&3
	kill -0 $pid && cat /proc/$pid/comm
	kill $pid; gone $pid && echo gone
	kill -0 $pid 2>/dev/null || echo free' "$DIR/wait.sh")" 'young
gone
free'
is 'a pid that is taken' "$(run -- sh -c '
	env printf "name = \"x\"; pid = $$;" 2>&1 >$RECLAIMFS/spawn |
	sed "s/.*: //"')" 'File exists'

# The end by the OOM killer is seen by who watches the process.
cat >"$DIR/oom.conf" <<'END'
nodes = ( { memory = "128M"; cpus = "0"; } );
disks = ( { name = "nvme0n1"; } );
tasks = ( { name = "large"; pid = 600; } );
END
is 'an OOM kill ends the process' "$("$RF" run -m "$DIR/oom.conf" -- \
	python3 -c '
import os, select
fd = os.pidfd_open(600)
poll = select.poll()
poll.register(fd, select.POLLIN)
try:
    open(os.environ["RECLAIMFS"] + "/tasks/600/alloc", "w").write("125M")
except ProcessLookupError:
    pass # it has died of that
print(bool(poll.poll(60000)))
print([l for l in open("/proc/vmstat") if l.startswith("oom_kill ")])')" \
	"True
['oom_kill 1\\n']"

# System calls that no file answers.
is 'sysconf agrees with meminfo' "$(run -- python3 -c '
import os
kb = int(open("/proc/meminfo").readline().split()[1])
print(os.sysconf("SC_PHYS_PAGES") * 4 - kb)')" 0
cat >"$DIR/swap.py" <<'END'
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    r = getattr(libc, name)(*args)
    print(name, r, ctypes.get_errno() if r else 0)
call('swapoff', b'/dev/nvme0n1p2')
print(open('/proc/swaps').read().count('\n'))
call('swapoff', b'/dev/nvme0n1p2')
call('swapon', b'/dev/nvme0n1p2', 0x8000 | 7)
call('swapon', b'/dev/nvme0n1p2', 0)
print(open('/proc/swaps').read().split()[-1])
call('swapon', b'/dev/none', 0)
END
is 'swapoff and swapon' "$(run -- python3 "$DIR/swap.py")" 'swapoff 0 0
1
swapoff -1 22
swapon 0 0
swapon -1 16
7
swapon -1 1'

# A write of no bytes, which FUSE does not see, does what it does on Linux.
cat >"$DIR/empty.py" <<'END'
import os
def empty(path, flags=os.O_WRONLY):
    fd = os.open(path, flags)
    try:
        print(os.write(fd, b''), end=' ')
    except OSError as e:
        print(e.errno, end=' ')
    os.close(fd)
vm = '/proc/sys/vm/'
open(vm + 'drop_caches', 'w').write('1')
empty(vm + 'drop_caches')
empty(vm + 'compact_memory')
empty(vm + 'swappiness')
empty('/proc/self/oom_score_adj')
empty('/dev/null')
empty('/proc/sys/vm/swappiness', os.O_RDONLY)
r, w = os.pipe()
print(os.write(w, b''), open(vm + 'swappiness').read(), end='')
fd = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)
lines = []
try:
    while True:
        lines.append(os.read(fd, 8192))
except BlockingIOError:
    pass
print(sum(b'): drop_caches: 1' in line for line in lines))
END
is 'empty writes' "$(run -- python3 "$DIR/empty.py" | xargs)" \
	'0 22 0 22 0 9 0 60 2'

finish_run
