#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run: what the server has become, and every door out of the machine that there
# could be, by path, mount and descriptor, to the host's settings and devices:
# tried as root with all the capabilities there are inside, and as anybody.
# What would succeed is not done: a file or device is opened for writing, and
# nothing written.

. "${0%/*}/lib.sh"
. "${0%/*}/run_lib.sh"

filters=2
if grep -qaE '__(asan|tsan|gcov)_' "$RF"; then
	filters=0 # such a build does without (fs/cli/harden.h)
fi

# --- what the server has become, in each of its threads ---
cat >"$DIR/status.sh" <<'END'
for comm in /proc/.host/[0-9]*/comm; do
	[ "$(cat "$comm")" = reclaimfs ] || continue
	# The one that only waits, and those that serve.
	lines='^(CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):'
	grep -hE "$lines" "${comm%comm}status" | cut -f 2 | xargs echo waits
	grep -hE "$lines" "${comm%comm}"task/*/status | sort -u |
		xargs echo all
done
END
none=0000000000000000
# The order of the lines is that of the file.
wanted() {
	printf 'waits %s %s %s 1 %s\n' $none $none $none $filters
	echo "all CapBnd: $none CapEff: $none CapEff: $1" \
		"CapPrm: $none CapPrm: $1 NoNewPrivs: 1 Seccomp: $filters"
}
chmod 755 "$DIR/status.sh"
is 'the server: no bounds left, no privileges to gain, a filter' \
	"$(run -- sh "$DIR/status.sh")" "$(wanted 0000000000080024)"
mkdir "$DIR/kept"
is 'with checkpoints it may write them' \
	"$(run --checkpoints "$DIR/kept" -- sh "$DIR/status.sh")" \
	"$(wanted 0000000000080026)"
if has_user; then
	is "a user's server as well" "$(as_user -- sh "$DIR/status.sh")" \
		"$(wanted 0000000000080024)"
fi
# It does its work as before, for whoever the command becomes.
is 'sysinfo and swap are answered' "$(run -- sh -c '
	swapoff /dev/nvme0n1p2 && wc -l </proc/swaps
	swapon /dev/nvme0n1p2 && wc -l </proc/swaps')" "$(printf '1\n2')"
if [ "$(id -u)" -eq 0 ]; then
	is 'for another user too' "$(run -- setpriv --reuid 65534 \
		--regid 65534 --clear-groups --inh-caps=-all \
		--bounding-set=-all sh -c '
		busybox free 2>/dev/null || free' | awk '/^Mem/ {
			print ($2 > 200000 && $2 < 262144) }')" 1
fi

# --- by path: device nodes, wherever they are ---
if [ "$(id -u)" -eq 0 ]; then
	mknod -m 666 "$DIR/zero" c 1 5
fi
# ours PATH, inside: is it on the machine's own mount?
ours='ours() {
	[ "$(stat -c %d "$1" 2>/dev/null)" = "$(stat -c %d "$RECLAIMFS")" ]
}'
echo "$ours" | tee "$DIR/devices.sh" "$DIR/mounts.sh" >"$DIR/others.sh"
cat >>"$DIR/devices.sh" <<'END'
nr=0
for dev in $(find /dev "$1" -type b -o -type c 2>/dev/null); do
	nr=$((nr + 1))
	case $dev in
	/dev/full | /dev/fuse | /dev/null | /dev/ptmx | /dev/random | \
	/dev/tty | /dev/urandom | /dev/zero | /dev/console | /dev/pts/*)
		continue ;;
	*/kmsg) # the machine's
		ours "$dev" && continue ;;
	esac
	dd if=/dev/null of="$dev" conv=notrunc oflag=nonblock,append count=0 \
		2>/dev/null && echo "open: $dev"
done
for type in devtmpfs tmpfs ramfs; do
	mount -t $type none /mnt 2>/dev/null || continue
	mknod /mnt/node c 1 5 2>/dev/null && echo "made: $type"
	umount /mnt
done
for mnt in /dev /dev/.host / "$1"; do
	mount -o remount,bind,dev "$mnt" 2>/dev/null && echo "undone: $mnt"
	unshare -rm mount -o remount,bind,dev "$mnt" 2>/dev/null &&
		echo "undone: $mnt"
done
mknod "$1/node" b 7 0 2>/dev/null && echo "made: $1"
[ $nr -gt 6 ] && echo walked
END
for machine in m.conf bare.conf; do
	# The second has no swap, and so no /dev of its own.
	echo 'nodes = ( { memory = "64M"; } );' >"$DIR/bare.conf"
	is "$machine: no device can be opened, as root" \
		"$(timeout 120 "$RF" run -m "$DIR/$machine" -- \
			sh "$DIR/devices.sh" "$DIR" 2>&1)" walked
done
if has_user; then
	is 'nor as anybody' "$(as_user -- sh "$DIR/devices.sh" "$DIR" 2>&1)" \
		walked
fi
# What every program wants is there.
cat >"$DIR/wanted.sh" <<'END'
echo x >/dev/null && head -c 4 /dev/zero | od -An -tx1 && echo x >/dev/full
head -c 8 /dev/urandom | wc -c
if command -v script >/dev/null; then
	script -qec 'test -t 0 && tty' /dev/null </dev/null | tr -d '\r'
else
	echo /dev/pts/0
fi
END
is 'null, zero, full, urandom, a new terminal' \
	"$(run -- sh "$DIR/wanted.sh" 2>/dev/null | xargs)" \
	'00 00 00 00 8 /dev/pts/0'
if has_user; then
	is 'for anybody' "$(as_user -- sh "$DIR/wanted.sh" 2>/dev/null |
		xargs)" '00 00 00 00 8 /dev/pts/0'
fi

# --- by mount: each that is there, and each that could be made ---
cat >>"$DIR/mounts.sh" <<'END'
types='binfmt_misc bpf cgroup cgroup2 configfs debugfs efivarfs proc pstore
	resctrl securityfs selinuxfs sysfs tracefs fusectl'
# steer TYPE
steers() {
	for t in $types; do [ "$t" = "$1" ] && return; done
	return 1
}
nr=0
while read -r _ _ _ _ where options rest; do
	type=${rest#*- }
	type=${type%% *}
	steers "$type" || continue
	nr=$((nr + 1))
	case $where in
	/proc/.task | /proc/.task/1) # processes alone, no settings
		[ -e "$where/sys" ] && echo "settings: $where"
		continue ;;
	esac
	# what the machine's files cover cannot be reached
	ours "$where" && continue
	case ",$options," in *,ro,*) ;; *)
		echo "writable: $where $type" ;;
	esac
	for how in remount,rw remount,bind,rw; do
		mount -o $how "$where" 2>/dev/null && echo "$how: $where"
		unshare -rm mount -o $how "$where" 2>/dev/null &&
			echo "$how below: $where"
	done
done </proc/self/mountinfo
# What each user namespace has of its own since Linux 6.7 is not the host's.
for type in $(echo "$types" | sed 's/binfmt_misc//'); do
	for as in '' 'unshare -rm' 'unshare -rmpf' 'unshare -rmCpf'; do
		$as sh -c 'mount -t "$0" none /mnt 2>/dev/null || exit
			for f in sys/vm/swappiness kernel/mm/ksm/run \
				kernel/profiling cgroup.procs \
				cgroup.subtree_control tracing_on \
				bdi register; do
				[ -e /mnt/$f ] && [ -w /mnt/$f ] &&
					echo "made: $0 $f"
			done
			umount /mnt' "$type"
	done
done 2>/dev/null
[ $nr -gt 2 ] && echo walked
END
is 'no mount is writable or becomes so, as root' \
	"$(run -- sh "$DIR/mounts.sh" 2>&1)" walked
if has_user; then
	is 'no mount, as anybody' "$(as_user -- sh "$DIR/mounts.sh" 2>&1)" \
		walked
fi

# --- by the processes that are outside of it: init, keeper, server ---
cat >>"$DIR/others.sh" <<'END'
nr=0
out() {
	[ -w "$1/swappiness" ] && ! ours "$1" && echo "open: $1"
}
for p in /proc/.host/[0-9]* /proc/.task/[0-9]*; do
	nr=$((nr + 1))
	for way in root root/proc/.host/1/root cwd/.. ; do
		out "$p/$way/proc/sys/vm"
	done
	for ns in mnt user pid cgroup; do
		[ "$(readlink $p/ns/$ns)" = "$(readlink /proc/self/ns/$ns)" ] ||
			nsenter --$ns=$p/ns/$ns true 2>/dev/null &&
			[ "$(readlink $p/ns/$ns)" != \
				"$(readlink /proc/self/ns/$ns)" ] &&
			echo "entered: $p $ns"
	done
	for fd in "$p"/fd/*; do
		[ -d "$fd" ] && out "$fd/proc/sys/vm" || out "$fd/sys/vm"
	done
done 2>/dev/null | sed 's/mount=/mnt=/'
[ -n "$(ls -d /proc/.host/[0-9]*)" ] && echo walked
END
sed -i 's/--\$ns=/--$(echo $ns | sed s\/mnt\/mount\/)=/' "$DIR/others.sh"
is 'no process is a way, as root' "$(run -- sh "$DIR/others.sh" 2>&1)" walked
if has_user; then
	is 'no process, as anybody' "$(as_user -- sh "$DIR/others.sh" 2>&1)" \
		walked
fi

# By a handle: what root outside may, root inside may not.
cat >"$DIR/handle.py" <<'END'
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

class Handle(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint), ("type", ctypes.c_int),
                ("bytes", ctypes.c_ubyte * 128)]

for path in ("/", "/proc/.host", "/sys", "/dev/.host"):
    h, mnt = Handle(128), ctypes.c_int()
    if libc.name_to_handle_at(-100, path.encode(), ctypes.byref(h),
                              ctypes.byref(mnt), 0):
        continue
    where = os.open(path, os.O_RDONLY)
    if libc.open_by_handle_at(where, ctypes.byref(h), os.O_RDONLY) >= 0:
        print("opened:", path)
print("tried")
END
if command -v python3 >/dev/null; then
	is 'by no handle' "$(run -- python3 "$DIR/handle.py" 2>&1)" tried
else
	without 'handles: no python3 here'
fi

# --- by descriptor: what was open outside is closed, or leads nowhere ---
inside='for fd in 3 4 5 6 7 8 9; do
		[ -e /proc/self/fd/$fd ] && echo there: $fd
		for way in . .. sys ../sys proc/sys; do
			[ -w /proc/self/fd/$fd/$way/vm/swappiness ] &&
				echo open $fd $way
		done
		[ $fd != 9 ] && [ -w /proc/self/fd/$fd ] && echo open $fd
	done 2>/dev/null
	head -c 5 <&9; echo; readlink /proc/self/fd/0'
run -- sh -c "$inside" 3</proc 4</ 5</proc/sys/vm/swappiness 6</sys/kernel \
	7</dev/kmsg 8<"$DIR" 9<"$DIR/m.conf" </proc/sys \
	>"$DIR/out" 2>"$DIR/err"
is 'a file is what stays' "$(cat "$DIR/out")" "$(printf \
	'there: 9\nnodes\n/dev/null')"
is 'what has gone is named' "$(grep -c 'closed for the command' "$DIR/err")" 7
is 'a device' "$(grep -c 'descriptor 7 is a device' "$DIR/err")" 1
is 'a setting' "$(grep -c 'descriptor 5 is a file that steers' "$DIR/err")" 1
is 'a pipe stays' "$(echo through | run -- cat 2>&1)" through

rm -f "$DIR/zero"
finish_run
