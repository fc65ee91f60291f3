#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: no way leads from inside to the host's settings, whoever tries, with
# all the capabilities there are inside.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

# Every line is one way; one that succeeds says so.  "SET" stands for a write
# that would be seen, if it got there, as vm.stat_interval 7 of the host.
cat >"$DIR/ways" <<'END'
SET /proc/.host/sys/vm/stat_interval
SET /proc/.task/sys/vm/stat_interval
SET /proc/.host/1/root/proc/sys/vm/stat_interval
SET /proc/.host/self/root/../proc/.host/sys/vm/stat_interval
mount -o remount,bind,rw /proc/.host
mount -o remount,bind,rw /sys
mount -o remount,rw /proc/.host
umount /proc/.host
umount /proc/.task/1
umount -l /proc
umount -l /sys
mount -t proc -o rw proc "$D" && SET "$D/sys/vm/stat_interval"
mount --bind /proc/.host "$D" && SET "$D/sys/vm/stat_interval"
mount --rbind / "$D" && umount -l "$D/proc"
unshare -mpf sh -c 'mount -t proc proc $D; echo 7 >$D/sys/vm/stat_interval'
unshare -rmpf sh -c 'mount -t proc proc $D; echo 7 >$D/sys/vm/stat_interval'
unshare -rm umount -l /proc
mount -t sysfs s "$D" && echo never >"$D/kernel/mm/ksm/run"
nsenter -t 1 -m true
nsenter --mount=/proc/.host/1/ns/mnt true
nsenter --user=/proc/.host/1/ns/user true
nsenter --user=/proc/.task/1/ns/user true
chroot /proc/.host/1/root true
echo h >/proc/.host/sysrq-trigger
echo 1 >/proc/.host/1/oom_score_adj
echo 1 >/proc/.task/1/oom_score_adj
touch /sys/kernel/mm/../new
echo 0 >/sys/module/fuse/parameters/max_user_bgreq
END

cat >"$DIR/try.sh" <<'END'
D=/mnt
SET() {
	echo 7 >"$1"
}
export D
nr=0
while IFS= read -r way; do
	nr=$((nr + 1))
	if (eval "$way") >/dev/null 2>&1 </dev/null; then
		echo "open: $way"
	fi
done <"$1"
echo "$nr tried"
END

nr=$(grep -c . "$DIR/ways")
is 'as root, or who runs this' "$(run -- sh "$DIR/try.sh" "$DIR/ways")" \
	"$nr tried"
if has_user; then
	is 'as anybody' "$(as_user -- sh "$DIR/try.sh" "$DIR/ways")" \
		"$nr tried"
fi

# What traces is the machine's, by both names.
for dir in tracing debug/tracing; do
	[ -d "/sys/kernel/${dir%/*}" ] || continue
	is "/sys/kernel/$dir is the simulated one" "$(run -- sh -c '
		cd /sys/kernel/$0 && echo 1 >events/vmscan/enable &&
		stat -c %d . /proc | uniq | wc -l &&
		stat -f -c %T . && grep -c "entries-in-buffer" trace' "$dir" |
		xargs)" '1 tracefs 1'
done

# What is not simulated is there to be read.
is 'the real settings can be read' \
	"$(run -- cat /proc/.host/sys/kernel/ostype)" Linux
status 'those that the machine has not' 0 run -- test -d /proc/sys/net/ipv4
is 'the name of the host is what uname(2) says' \
	"$(run -- cat /proc/sys/kernel/hostname)" "$(uname -n)"
is 'but not where nothing is of the host' \
	"$(run --clock virtual -- cat /proc/sys/kernel/hostname)" '(none)'
is 'tty is a link' "$(run -- readlink /proc/tty)" .host/tty
is 'with the errno of a read-only file' "$(run -- sh -c '
	env printf 1 2>&1 >/proc/sys/net/ipv4/ip_forward' 2>&1 |
	grep -c 'Read-only file system')" 1

# Where the user stands, and what he has open, is no way either.
for dir in /proc/sys/vm /proc/self /sys/kernel/mm; do
	is "started in $dir" "$(cd "$dir" && run -- sh -c '
		echo 7 >stat_interval; echo never >ksm/run; :' 2>/dev/null;
		echo $?)" 0
done
is 'the working directory is the simulated one' \
	"$(cd /proc/sys/vm && run -- sh -c 'echo 7 >stat_interval
		cat stat_interval /proc/sys/vm/stat_interval')" '7
7'

# All that sets something, as scripts do it.
run -- sh -c '
	for f in /proc/sys/vm/* /proc/sys/kernel/* /proc/sys/fs/*; do
		[ -f "$f" ] || continue
		for v in 0 1 7 4096; do echo $v >"$f"; done
	done
	for f in $(find /sys/kernel/mm /sys/block -type f); do
		for v in 0 1 never; do echo $v >"$f"; done
	done' >/dev/null 2>&1
pass

finish_run
