# SPDX-License-Identifier: MIT
#
# lib.sh - what a mount test needs: a directory, a mount, and its end.
#
# Sourced by the executables beside it; POSIX shell.  A test is a row of
# checks; a check that fails says so and the test goes on, so that one run
# shows all.  The last line counts them, as tests/run.sh reads it.
#
#	. "${0%/*}/lib.sh"
#	start -o clock=virtual
#	is 'the clock stands at 0' "$(cat "$MNT/sandbox/clock/now")" 0.000000000
#	finish
#
# $RECLAIMFS_BIN is the program.  Everything is below $DIR, which is gone at
# the end together with the mount, however the test ends.

set -u
HERE=$(cd "${0%/*}" && pwd) || exit 1
RF=${RECLAIMFS_BIN:-$HERE/../../build/reclaimfs}
DIR=$(mktemp -d) || exit 1
MNT=$DIR/mnt
passed=0
failed=0
skipped=0

end() {
	end_status=$?
	trap '' INT TERM HUP
	while mounted; do
		fusermount3 -u "$MNT" 2>/dev/null || umount -l "$MNT" || break
	done
	awk -v dir="$DIR/" 'index($5, dir) == 1 { print $5 }' \
		/proc/self/mountinfo | sort -r |
		while IFS= read -r end_mount; do
			umount -l "$end_mount"
		done
	rm -rf "$DIR"
	exit $end_status
}

trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

skip() {
	echo "skipped: $*"
	exit 77
}

need_fuse() {
	if [ ! -c /dev/fuse ] || [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		skip 'no use of /dev/fuse here'
	fi
}

mounted() {
	grep -q " $MNT " /proc/self/mountinfo
}

not_mounted() {
	! mounted
}

# start OPTIONS... [MACHINE]: mount on $MNT, or end the test: what it writes
# below $MNT afterwards is ours.
start() {
	need_fuse
	mkdir -p "$MNT"
	if ! "$RF" mount "$@" "$MNT" || ! mounted; then
		echo "FAILED: mount $*"
		exit 1
	fi
}

# serve OPTIONS... [MACHINE]: the same in the foreground; the pid is $server,
# and $DIR/log what it says.
serve() {
	need_fuse
	mkdir -p "$MNT"
	"$RF" mount -f "$@" "$MNT" >"$DIR/log" 2>&1 &
	server=$!
	until_so test -e "$MNT/sandbox"
	if ! mounted; then
		echo "FAILED: mount -f $*"
		cat "$DIR/log"
		exit 1
	fi
}

stop() {
	fusermount3 -u "$MNT" || umount "$MNT"
}

pass() {
	passed=$((passed + 1))
}

# bad SENTENCE [DETAIL]
bad() {
	failed=$((failed + 1))
	printf 'FAILED: %s\n' "$@"
}

# without SENTENCE: what cannot be tried here, of a test that goes on.
without() {
	skipped=$((skipped + 1))
	echo "skipped: $*"
}

# is SENTENCE GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass
	else
		bad "$1" "  got:    $2" "  wanted: $3"
	fi
}

# holds SENTENCE TEST...: the arguments of test(1).
holds() {
	holds_what=$1
	shift
	if [ "$@" ]; then
		pass
	else
		bad "$holds_what" "  not so: $*"
	fi
}

# until_so COMMAND...: wait for it to succeed, some seconds at the most.
until_so() {
	until_tries=200
	while ! "$@" && [ $until_tries -gt 0 ]; do
		sleep 0.05
		until_tries=$((until_tries - 1))
	done
}

# put TEXT FILE: as a process of its own, whose errors are the kernel's words.
put() {
	env printf '%s\n' "$1" >"$2"
}

# nr_mounts: those of the host but for other tests', which are below their own
# directories.
nr_mounts() {
	awk -v mine="$DIR/" -v theirs="${TMPDIR:-/tmp}" '
		BEGIN { sub("/[^/]*$", "", theirs) }
		index($5, mine) == 1 || theirs == "" ||
			index($5, theirs "/") != 1 { n++ }
		END { print n + 0 }' /proc/self/mountinfo
}

# status SENTENCE CODE COMMAND...: the exit status; output is in $DIR/out
# and $DIR/err.
status() {
	status_what=$1
	status_want=$2
	shift 2
	"$@" >"$DIR/out" 2>"$DIR/err" </dev/null
	is "$status_what" $? "$status_want"
}

# refused SENTENCE ERROR FILE TEXT: what a write must answer, as strerror(3).
# Not the shell's own printf: dash calls every error an I/O error.
refused() {
	refused_got=$({ LC_ALL=C env printf '%s\n' "$4" >"$3"; } 2>&1 |
		sed 's/.*: //')
	is "$1" "$refused_got" "$2"
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	if [ "$failed" -gt 0 ]; then
		exit 1
	fi
	exit 0
}
