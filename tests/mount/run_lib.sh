# SPDX-License-Identifier: MIT
#
# run_lib.sh - what the tests of `run` share.
#
# Sourced after lib.sh.  $DIR/m.conf is a small machine; run() starts a
# command in it; `finish_run` compares the host's settings with those of the
# beginning and ends the test.  as_user() is run() for somebody without any
# rights, where the test has enough of them to become that.

need_fuse

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; cpus = "0-1"; } );
disks = ( { name = "nvme0n1"; } );
swap = ( { path = "/dev/nvme0n1p2"; size = "128M"; } );
tasks = (
	{ name = "steady"; pid = 500; rss = "20M"; },
	{ name = "other"; pid = 501; rss = "10M"; }
);
END
chmod 755 "$DIR"
chmod 644 "$DIR/m.conf"

# Everything that a careless sandbox could write to.
settings() {
	find /proc/sys/vm /proc/sys/kernel /proc/sys/fs /sys/kernel/mm \
		! -name 'hung_task_[dw]*' \
		-type f -perm -0400 ! -name 'nr*' ! -path '*/random/*' \
		! -name '*-nr' ! -name '*-state' ! -name ns_last_pid \
		! -name 'pages_*' ! -name 'full_scans' ! -name 'stats' \
		! -path '*/stats/*' ! -name 'nr_*' ! -name '*_zero_pages' \
		! -path '*/damon/*' \
		! -name 'stable_node*' ! -name 'general_profit' \
		-exec grep -H . {} + 2>/dev/null | grep -av 'vm/stat_refresh' |
		sort
}
settings >"$DIR/settings"

run() {
	"$RF" run -m "$DIR/m.conf" --seed 3 "$@"
}

# The same as nobody, whose /dev/fuse is open as udev leaves it.
as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		run "$@"
		return
	fi
	[ -e "$DIR/fuse" ] || mknod -m 666 "$DIR/fuse" c 10 229
	[ -e "$DIR/rf-user" ] || install -m 755 "$RF" "$DIR/rf-user"
	unshare --mount sh -c '
		mount --bind "$0/fuse" /dev/fuse && cd "$0" || exit
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
		' "$DIR" "$DIR/rf-user" run -m "$DIR/m.conf" --seed 3 "$@"
}

# There is such a somebody.
has_user() {
	as_user -- true 2>/dev/null
}

if ! run -- true 2>"$DIR/err" && grep -q 'namespaces\|proc' "$DIR/err"; then
	skip "$(head -n 1 "$DIR/err")"
fi

finish_run() {
	settings >"$DIR/settings.after"
	is 'the host is as it was' \
		"$(diff "$DIR/settings" "$DIR/settings.after")" ''
	finish
}
