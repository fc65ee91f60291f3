#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: more programs as Debian has them, as root and as somebody without
# rights.  What is not installed and would start a service is taken out of its
# package, and left out where there is none to be had.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

# fetch PACKAGE...: their files below $DIR/root.
fetch() {
	mkdir -p "$DIR/deb" && (cd "$DIR/deb" &&
		apt-get -q download "$@" >/dev/null 2>&1 &&
		for deb in *.deb; do
			dpkg -x "$deb" "$DIR/root" || exit 1
			rm "$deb"
		done)
}

# program NAME PACKAGE: where it is.
program() {
	command -v "$1" || {
		fetch "$2" && ls "$DIR"/root/usr/*bin/"$1" 2>/dev/null
	}
}

kinds=run
has_user && kinds='run as_user'
thp=$(run -- cat /sys/kernel/mm/transparent_hugepage/enabled)
min_free=$(run -- cat /proc/sys/vm/min_free_kbytes)
total=$(run -- awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)

# What everybody has, in the other kind than run_clients: as anybody.
cat >"$DIR/common.sh" <<'END'
sysctl -n -w vm.swappiness=44
printf 'vm.dirty_ratio = 33\n' >"$1/own.conf" && sysctl -n -p "$1/own.conf"
sysctl -q -w vm.swappiness=300; echo $?
sysctl -n -w fs.inotify.max_user_watches=524288
free -k | awk '/^Mem/ { print $2 }'
vmstat -s | awk '/K total memory/ { print $1 }'
ps -o rss= -p 500; pgrep -x steady; pidof steady
pmap 500 | awk '/total/ { print $2 }'
slabtop -o >/dev/null; echo $?
top -b -n 1 -w 100 | awk '$NF == "steady" { print $1 }'
END
for kind in $kinds; do
	dir=$(mktemp -d "$DIR/own.XXXXXX") && chmod 777 "$dir"
	is "$kind: procps" "$($kind -- sh "$DIR/common.sh" "$dir" 2>/dev/null |
		xargs)" \
		"44 33 1 524288 $total $total 20480 500 500 20480K 0 500"
	if command -v sar >/dev/null; then
		is "$kind: sar, all at once, over an interval" "$($kind -- env \
			LC_ALL=C sar -r -B -W -S 1 2 2>/dev/null |
			awk '/^Average/ { print $2 }' | grep -c .)" 8
	fi
	if command -v numactl >/dev/null; then
		is "$kind: numactl -H" "$($kind -- numactl -H | awk '
			/size:/ { print $4 }')" $((total / 1024))
	fi
done

if command -v node >/dev/null; then
	for kind in $kinds; do
		is "$kind: node" "$($kind -- node -e '
			const os = require("os"), fs = require("fs");
			const mem = fs.readFileSync("/proc/meminfo", "utf8");
			console.log(os.totalmem() / 1024,
				os.freemem() < os.totalmem(),
				os.loadavg().length, os.cpus().length,
				/^MemTotal: +(\d+)/.exec(mem)[1],
				fs.readdirSync("/proc").includes("500"));')" \
			"$total true 3 2 $total true"
	done
fi

# In a terminal: shown COMMAND...: what it draws, once it draws our task.  The
# server before may still be ending: each has a socket of its own.
shown() {
	socket=$DIR/tmux.${1##*/}
	until_shown() {
		tmux -S "$socket" capture-pane -p >"$DIR/pane" &&
			grep -q steady "$DIR/pane"
	}
	tmux -S "$socket" -f /dev/null new-session -d -x 160 -y 40 \
		"$RF run -m $DIR/m.conf -- $*"
	until_so until_shown
	tmux -S "$socket" kill-server
}
atop=$(program atop atop)
if [ -n "$atop" ] && command -v tmux >/dev/null; then
	shown "$atop" -m 1
	is 'atop' "$(awk '$1 == 500 { print $(NF - 1), $NF }' "$DIR/pane")" \
		'8% steady'
	is 'atop, the machine' "$(grep -c '^MEM | tot *251.2M ' \
		"$DIR/pane")" 1
	shown top
	is 'top in a terminal' "$(awk '$1 == 500 { print $6, $NF }' \
		"$DIR/pane")" '20480 steady'
fi

# tuned applies a profile, and takes it back when it ends.  Its own paths
# lead below $DIR, so that it finds itself and writes nowhere else.
cat >"$DIR/tuned.py" <<'END'
import runpy, sys
root = sys.argv[1] + '/root'
sys.path.insert(0, root + '/usr/lib/python3/dist-packages')
import tuned.consts as consts
def move(value):
    if isinstance(value, (list, tuple)):
        return [move(v) for v in value]
    if isinstance(value, str) and '/tuned' in value and value[0] == '/':
        return root + value
    return value
for name, value in list(vars(consts).items()):
    if name.isupper():
        setattr(consts, name, move(value))
sys.argv = ['tuned', '--no-dbus', '--no-socket', '--profile', sys.argv[2]]
runpy.run_path(root + '/usr/sbin/tuned', run_name='__main__')
END
cat >"$DIR/tuned.sh" <<'END'
/usr/bin/python3 "$1/tuned.py" "$1" "$2" >"$1/tuned.log" 2>&1 &
pid=$!
settings() {
	cd /proc/sys/vm && cat swappiness dirty_ratio dirty_background_ratio \
		min_free_kbytes zone_reclaim_mode | xargs
	cat /sys/kernel/mm/transparent_hugepage/enabled
}
before=$(settings)
tries=600
while ! grep -q 'static tuning from profile' "$1/tuned.log" &&
	kill -0 $pid 2>/dev/null && [ $tries -gt 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done
settings
kill $pid; wait $pid; echo $?
[ "$(settings)" = "$before" ] && echo back
END
if [ -x /usr/bin/python3 ] && fetch tuned python3-linux-procfs \
	python3-pyudev python3-dbus python3-gi python3-six 2>/dev/null; then
	mkdir -p "$DIR/root/run/tuned" "$DIR/root/var/log/tuned"
	is 'tuned, throughput-performance' "$(run -- sh "$DIR/tuned.sh" "$DIR" \
		throughput-performance)" "10 40 10 $min_free 0
$thp
0
back"
	is 'tuned, hpc-compute' "$(run -- sh "$DIR/tuned.sh" "$DIR" \
		hpc-compute)" '10 10 3 135168 1
[always] madvise never
0
back'
fi

finish_run
