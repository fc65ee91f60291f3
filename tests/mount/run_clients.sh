#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: programs as Debian has them, unmodified, with absolute paths.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

cat >"$DIR/dev.conf" <<'END'
nodes = ( { memory = "256M"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/disk/by-label/swap"; size = "64M"; } );
END

have() {
	command -v "$1" >/dev/null
}

# kb NAME: of the machine's meminfo.
kb() {
	run -- awk -v n="$1:" '$1 == n { print $2 }' /proc/meminfo
}
total=$(kb MemTotal)
swap=$(kb SwapTotal)

# procps
if have sysctl; then
	is 'sysctl -w' "$(run -- sh -c 'sysctl -w vm.swappiness=44 &&
		sysctl -n vm.swappiness')" 'vm.swappiness = 44
44'
	status 'a bad value' 1 run -- sysctl -q -w vm.swappiness=300
	is 'and why' "$(grep -c 'Invalid argument' "$DIR/err")" 1
	printf '%s\n' 'vm.swappiness = 11 ' 'vm.dirty_ratio = 33' '# no' \
		'-vm.none = 1' >"$DIR/99-test.conf"
	is 'sysctl -p FILE' "$(run -- sh -c 'sysctl -q -p "$0"
		sysctl -e -n vm.swappiness vm.dirty_ratio vm.nothing' \
		"$DIR/99-test.conf" 2>/dev/null)" '11
33'
	is 'sysctl -a' "$(run -- sysctl -a --pattern '^vm\.' 2>/dev/null |
		grep -c '^vm\.swappiness = 60$')" 1
	is 'also what is real' "$(run -- sysctl -a 2>/dev/null |
		grep -c '^net\.ipv4\.ip_forward = ')" 1
	# What is the host's (net.core.bpf_jit_*, ...) and not for a user
	# namespace stays closed; all that is simulated can be read.
	# closed COMMAND...: the keys that it cannot read
	closed() {
		"$@" 2>&1 >/dev/null |
			sed -n "s/^sysctl: .* key ['\"]\(.*\)['\"].*/\1/p" |
			sort
	}
	closed run -- sysctl -a >"$DIR/closed"
	closed unshare --user --map-root-user sysctl -a >"$DIR/closed-there"
	is 'sysctl -a reads what a user namespace may' \
		"$(comm -23 "$DIR/closed" "$DIR/closed-there")" ''
	if has_user; then
		closed as_user -- sysctl -a >"$DIR/closed"
		closed setpriv --reuid 65534 --regid 65534 --clear-groups \
			sysctl -a >"$DIR/closed-there"
		is '... and a user' \
			"$(comm -23 "$DIR/closed" "$DIR/closed-there")" ''
	fi
fi
if have free; then
	is 'free' "$(run -- free | awk '/^Mem/ { print $2 }
		/^Swap/ { print $2 }' | xargs)" "$total $swap"
	is 'vmstat -s' "$(run -- vmstat -s |
		awk '/K total memory/ { print $1 }')" "$total"
	is 'vmstat' "$(run -- vmstat | awk 'NR == 3 { print NF }')" 17
	is 'ps' "$(run -- ps -o rss= -p 500 | xargs)" 20480
	is 'ps aux' "$(run -- ps aux | awk '$11 == "steady" || $11 == "ps" {
		print $11 }' | xargs)" 'steady ps'
	is 'ps -e, itself' "$(run -- ps -e -o comm= | grep -cx ps)" 1
	is 'top' "$(run -- top -b -n 1 -w 100 | awk '
		$NF == "steady" { print $1 }')" 500
	is 'pgrep' "$(run -- pgrep steady)" 500
	is 'pidof' "$(run -- pidof steady)" 500
	is 'pmap' "$(run -- pmap 500 | awk '/total/ { print $2 }')" 20480K
	status 'slabtop' 0 run -- slabtop -o
	is 'uptime' "$(run -- sh -c 'uptime | grep -c "load average"')" 1
fi

# util-linux looks at the device before it asks for anything.
swaps='
	swapoff /dev/nvme0n1p2 && swapon --show=NAME --noheadings
	swapon -p 7 /dev/nvme0n1p2 &&
		swapon --show=NAME,TYPE,SIZE,PRIO --noheadings
	swapoff -a; wc -l </proc/swaps'
is 'swapon and swapoff' "$(run -- sh -c "$swaps" 2>&1 | xargs)" \
	'/dev/nvme0n1p2 partition 128M 7 1'
if has_user; then
	is 'as anybody' "$(as_user -- sh -c "$swaps" 2>&1 | xargs)" \
		'/dev/nvme0n1p2 partition 128M 7 1'
fi
is 'a name that the host has not' "$("$RF" run -m "$DIR/dev.conf" -- sh -c '
	swapoff /dev/disk/by-label/swap && swapon /dev/disk/by-label/swap
	swapon --show=NAME --noheadings; ls /dev/disk | grep -cx by-label
	: >/dev/null && head -c 3 /dev/zero | wc -c' 2>&1 | xargs)" \
	'/dev/disk/by-label/swap 1 3'
is 'the rest of /dev is as it was' "$(run -- python3 -c '
import os, pty, stat
m, s = pty.openpty()
os.write(s, b"x\n")
print(os.read(m, 1), os.path.samefile(os.ttyname(s), "/dev/fd/%d" % s),
      stat.S_ISCHR(os.lstat("/dev/null").st_mode))
open("/dev/shm/reclaimfs-test", "w").close()
os.unlink("/dev/shm/reclaimfs-test")')" "b'x' True True"

# busybox asks sysinfo(2) beside the files
if have busybox; then
	is 'busybox free' "$(run -- busybox free |
		awk '/^Mem/ { print $2 } /^Swap/ { print $2 }' | xargs)" \
		"$total $swap"
	is 'busybox swapoff, swapon' "$(run -- sh -c '
		busybox swapoff /dev/nvme0n1p2 && wc -l </proc/swaps &&
		busybox swapon /dev/nvme0n1p2 && wc -l </proc/swaps' |
		xargs)" '1 2'
	is 'busybox sysctl' "$(run -- sh -c '
		busybox sysctl -w vm.swappiness=12 >/dev/null
		cat /proc/sys/vm/swappiness')" 12
	# sendfile(2), which would find nothing (syscalls.h)
	is 'busybox cat' "$(run -- busybox cat /proc/meminfo | wc -l)" \
		"$(run -- cat /proc/meminfo | wc -l)"
	is 'busybox cat, a file of the host' \
		"$(run -- busybox cat "$DIR/m.conf" | cksum)" \
		"$(cksum <"$DIR/m.conf")"
	is 'busybox ps' "$(run -- busybox ps |
		awk '$1 == 500 { print $NF }')" steady
	is 'busybox top' "$(run -- busybox top -b -n 1 |
		awk '$1 == 500 { print $NF }')" steady
fi

# sysstat
if have sar; then
	is 'sar -r' "$(run -- env LC_ALL=C S_TIME_FORMAT=ISO sar -r 1 1 |
		awk '/^Average/ { print ($2 + $4 <= '"$total"') }')" 1
	for what in B W S; do
		status "sar -$what" 0 run -- sar -$what 1 1
	done
	is 'sar -S' "$(run -- env LC_ALL=C sar -S 1 1 |
		awk '/^Average/ { print $2 + $3 }')" "$swap"
fi

# numactl
if have numactl; then
	is 'numactl -H' "$(run -- numactl -H | awk '/size:/ { print $4 }')" \
		"$((total / 1024))"
	status 'numastat' 0 run -- numastat
	is 'numastat, its nodes' "$(run -- numastat |
		awk '$1 == "numa_hit" { print NF - 1 }')" 1
fi

# What one works with.
is 'bash' "$(run -- bash -c 'cat <(echo one) /dev/fd/3 3< <(echo two)' |
	xargs)" 'one two'
is 'coreutils' "$(run -- sh -c 'nproc; df / | wc -l; id -u; readlink -f .' |
	xargs)" "$(nproc) 2 0 $(pwd -P)"
if have cc; then
	echo 'int main(void) { return 7; }' >"$DIR/x.c"
	is 'a compiler' "$(run -- sh -c 'cc -o "$0/x" "$0/x.c" && "$0/x"
		echo $?' "$DIR")" 7
fi
is 'python3' "$(run -- python3 -c '
import os, sys, threading, subprocess, multiprocessing
t = threading.Thread(target=lambda: open("/proc/thread-self/comm").read())
t.start(); t.join()
print(os.path.samefile("/proc/self/exe", sys.executable),
      len(os.listdir("/proc/self/fd")) > 3,
      subprocess.run(["true"]).returncode, os.getpid() ==
      int(os.readlink("/proc/self")))')" 'True True 0 True'
is 'shutil.copyfile' "$(run -- python3 -c '
import shutil, sys
shutil.copyfile("/proc/vmstat", sys.argv[1])' "$DIR/copy" &&
	wc -l <"$DIR/copy")" "$(run -- wc -l /proc/vmstat | cut -d " " -f 1)"
rm -f "$DIR/copy"
is 'cat FILE >FILE' "$(run -- sh -c 'cd /proc/sys/vm
	echo 128 64 32 0 0 >lowmem_reserve_ratio
	cat lowmem_reserve_ratio >lowmem_reserve_ratio
	cat lowmem_reserve_ratio' | xargs)" '128 64 32 0 0'

# Others who tune and watch.
if [ -x /lib/systemd/systemd-sysctl ]; then
	printf 'vm.swappiness=23\nvm.dirty_ratio=44\n' >"$DIR/drop-in.conf"
	is 'systemd-sysctl' "$(run -- sh -c '
		/lib/systemd/systemd-sysctl "$0" && cd /proc/sys/vm &&
		cat swappiness dirty_ratio' "$DIR/drop-in.conf" | xargs)" \
		'23 44'
fi
if /usr/bin/python3 -c 'import psutil' 2>/dev/null; then
	is 'psutil' "$(run -- /usr/bin/python3 -c '
import psutil
me, it = psutil.Process(), psutil.Process(500)
print(psutil.virtual_memory().total // 1024, it.name(),
      me.memory_info().rss > 1000000, me.create_time() > 1e9)
it.kill()
print(it.wait(20))')" "$total steady True True
None"
fi
if have htop && have tmux; then
	until_shown() {
		tmux -S "$DIR/tmux" capture-pane -p >"$DIR/pane" &&
			grep -q steady "$DIR/pane"
	}
	tmux -S "$DIR/tmux" -f /dev/null new-session -d -x 120 -y 30 \
		"$RF run -m $DIR/m.conf -- htop"
	until_so until_shown
	is 'htop' "$(awk '$1 == 500 { print $5, $NF }' "$DIR/pane")" \
		'20480 steady'
	is 'htop, itself' "$(awk '$NF == "htop" { print $8 }' "$DIR/pane" |
		grep -c '[RS]')" 1
	tmux -S "$DIR/tmux" kill-server
fi

# An OOM daemon finds the leak, and memory comes back.
cat >"$DIR/leak.conf" <<'END'
nodes = ( { memory = "256M"; cpus = "0-1"; } );
disks = ( { name = "nvme0n1"; } );
tasks = (
	{ name = "steady"; pid = 500; rss = "60M"; },
	{ name = "leaky"; pid = 501; rss = "80M"; leak = "10M/s"; }
);
END
if have earlyoom; then
	cat >"$DIR/daemon.sh" <<'END'
earlyoom -r 0 "$@" >/dev/null 2>&1 &
tries=1200
while [ -d /proc/500 ] && [ -d /proc/501 ] && [ $tries -gt 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done
kill $!
pgrep 'steady|leaky' -l
awk '$1 == "oom_kill" && $2 > 0 { print "too late" }' /proc/vmstat
END
	is 'earlyoom kills the leak' "$("$RF" run -m "$DIR/leak.conf" -- \
		sh "$DIR/daemon.sh")" '500 steady'
	is 'or whom it is told to' "$("$RF" run -m "$DIR/leak.conf" -- \
		sh "$DIR/daemon.sh" --avoid leaky --prefer steady)" \
		'501 leaky'
	# A process of the host that leaks is found by the same figures.
	cat >"$DIR/leak.py" <<'END'
import time
held = []
while True:
    held.append(bytearray(b'x') * (1 << 20))
    time.sleep(0.05)
END
	echo 'nodes = ( { memory = "128M"; } );' >"$DIR/small.conf"
	is 'a real leak too' "$("$RF" run -m "$DIR/small.conf" -- sh -c '
		earlyoom -r 0 >/dev/null 2>&1 &
		python3 "$0" 2>/dev/null
		[ $? -gt 128 ] && echo killed
		awk "\$1 == \"oom_kill\" { print \$2 }" /proc/vmstat' \
		"$DIR/leak.py" 2>/dev/null | xargs)" 'killed 0'
fi

if have nohang && [ -r /etc/nohang/nohang.conf ] && [ "$(id -u)" -eq 0 ]; then
	cat >"$DIR/nohang.sh" <<'END'
nohang --monitor --config /etc/nohang/nohang.conf >"$1" 2>&1 &
tries=1200
while [ -d /proc/501 ] && [ $tries -gt 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done
kill $!
pgrep 'steady|leaky' -l
awk '$1 == "oom_kill" && $2 > 0 { print "too late" }' /proc/vmstat
END
	is 'nohang kills the leak' "$("$RF" run -m "$DIR/leak.conf" -- \
		sh "$DIR/nohang.sh" "$DIR/nohang.log")" '500 steady'
fi

finish_run
