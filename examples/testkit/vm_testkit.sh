# SPDX-License-Identifier: MIT
#
# vm_testkit.sh - test a tuning script on a machine that is not there.
#
# Sourced by a suite; POSIX shell.  A suite is a file of functions, each
# marked as a test by a comment at its end:
#
#	#!/bin/sh
#	. "${BATS_TEST_DIRNAME:-$(dirname "$0")}/vm_testkit.sh"
#
#	setup() { vm_start small.conf; }
#	teardown() { vm_stop; }
#
#	a_leak_dies_alone() { #@test
#		vm_spawn 'name = "leaky"; leak = "64M/s";'
#		vm_advance 30s
#		vm_assert_killed leaky
#		vm_assert_alive sshd
#		vm_assert_counter oom_kill == 1
#	}
#
#	vm_main
#
# The same file is run by `bats FILE`, by `prove FILE`, and by itself
# (`sh FILE [PATTERN]`, which says what it finds in TAP).  Every test has a
# machine of its own, from setup() on.  A command that fails ends the test,
# as in bats, and so does an assertion that does not hold: it says on
# standard error what it saw.
#
# Time is virtual: nothing happens but by vm_advance, vm_settle and what a
# write costs, so no test sleeps, and every run sees the same figures.
#
#	vm_start [-o OPTIONS] [MACHINE]	 a file, a name below examples/
#				machines, or "-": the machine is on stdin
#	vm_stop, vm_end		every machine of this shell goes
#	vm_checkpoint NAME	keep this moment
#	vm_restore NAME		go back to it
#	vm_fork NAME		a second machine, which goes on from here
#	vm_in NAME COMMAND...	any of these, for that one
#	vm_advance 5s		let time pass
#	vm_settle [BOUND]	until kernel threads sleep and disks are idle
#	vm_spawn 'KEYS'		start a task; its pid is in $VM_PID
#	vm_task WHO WHAT [AMOUNT]	alloc free touch read dirty mlock exit
#	vm_sysctl NAME		print a value of /proc/sys, "vm.swappiness"
#	vm_sysctl NAME=VALUE...	 write it
#	vm_sysctl -p FILE	every line of a sysctl.d file
#	vm_exec COMMAND...	run it with the machine at /proc and /sys: an
#				unmodified script, sysctl, free, pgrep
#	vm_counter NAME		/proc/vmstat; a capital: /proc/meminfo, in kB
#	vm_since NAME		by how much it grew since vm_mark
#	vm_mark			remember all counters
#	vm_task_stat WHO FIELD	a number in /proc/PID/status
#	vm_latency WHO FIELD	a number in sandbox/tasks/PID/latency
#	vm_zone NODE ZONE WHAT	free min low high, in pages, or band
#	vm_log			the kernel log, without time stamps
#
# WHO is a pid or a name.  OP is == != < <= > >= for numbers, = and != for
# text, ~ and !~ for an extended regular expression:
#
#	vm_assert_counter NAME OP NUMBER	vm_assert_since NAME OP NUMBER
#	vm_assert_sysctl NAME OP VALUE		vm_assert_file FILE OP VALUE
#	vm_assert_task WHO FIELD OP NUMBER	vm_assert_alive WHO
#	vm_assert_latency WHO FIELD OP NUMBER	vm_assert_killed WHO
#	vm_assert_band NODE ZONE BAND		vm_assert_log REGEX
#	vm_assert WHAT GOT OP WANTED		vm_refute_log REGEX
#
# A FILE is named below the machine's root: proc/meminfo, sandbox/zones.
#
# $RECLAIMFS_BIN names the program; else the one built in build/, else the
# one in PATH.  Without /dev/fuse tests are skipped.

VM_KIT=${BATS_TEST_DIRNAME:-$(cd "$(dirname "$0")" && pwd)}
VM=
VM_PID=
vm_scratch=
vm_forks=

# --- what happened ---

# vm_say TEXT...: for the one who reads the test's output.
vm_say() {
	printf '# %s\n' "$@" >&2
}

# vm_fail TEXT...
vm_fail() {
	vm_say "$@"
	return 1
}

# vm_holds GOT OP WANTED
vm_holds() {
	case $2 in
	==) [ "$1" -eq "$3" ] ;;
	'<') [ "$1" -lt "$3" ] ;;
	'<=') [ "$1" -le "$3" ] ;;
	'>') [ "$1" -gt "$3" ] ;;
	'>=') [ "$1" -ge "$3" ] ;;
	=) [ "$1" = "$3" ] ;;
	!=) [ "$1" != "$3" ] ;;
	'~') printf '%s\n' "$1" | grep -qE -e "$3" ;;
	!~) ! printf '%s\n' "$1" | grep -qE -e "$3" ;;
	*) vm_fail "no such comparison: $2" ;;
	esac
}

# vm_assert WHAT GOT OP WANTED
vm_assert() {
	if [ $# -ne 4 ]; then
		vm_fail "vm_assert: $# words, not WHAT GOT OP WANTED: $*"
		return 1
	fi
	vm_holds "$2" "$3" "$4" || vm_fail "$1: $2, wanted $3 $4"
}

# --- a machine ---

vm_program() {
	if [ -n "${RECLAIMFS_BIN-}" ]; then
		echo "$RECLAIMFS_BIN"
	elif [ -x "$VM_KIT/../../build/reclaimfs" ]; then
		echo "$VM_KIT/../../build/reclaimfs"
	else
		command -v reclaimfs || vm_fail 'no reclaimfs to be found'
	fi
}

vm_no_fuse() {
	[ ! -c /dev/fuse ] || [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]
}

# The machine file that a name stands for.
vm_machine_file() {
	case $1 in
	'') ;;
	-) cat >"$vm_scratch/machine.conf" && echo "$vm_scratch/machine.conf" ;;
	*/*) echo "$1" ;;
	*) echo "$VM_KIT/../machines/$1" ;;
	esac
}

vm_start() {
	vm_options=clock=virtual
	if [ "${1-}" = -o ]; then
		vm_options=$vm_options,$2
		shift 2
	fi
	if vm_no_fuse; then
		if [ -n "${BATS_TEST_DIRNAME-}" ]; then
			skip 'no use of /dev/fuse here'
		fi
		vm_fail 'no use of /dev/fuse here'
		return 1
	fi
	if [ -n "$VM" ]; then
		vm_fail 'vm_start: one machine is running; vm_stop it first'
		return 1
	fi
	vm_bin=$(vm_program) || return 1
	vm_scratch=$(mktemp -d) || return 1
	mkdir "$vm_scratch/mnt" "$vm_scratch/moments" || return 1
	vm_file=$(vm_machine_file "${1-}") || return 1
	# Descriptor 3 is bats' own; it waits until nobody has it any more.
	"$vm_bin" mount --checkpoints "$vm_scratch/moments" \
		-o "$vm_options" ${vm_file:+"$vm_file"} \
		"$vm_scratch/mnt" 3>&- ||
		vm_fail 'vm_start: no machine' || return 1
	VM=$vm_scratch/mnt
}

vm_stop() {
	for vm_name in $vm_forks; do
		vm_unmount "$vm_scratch/fork-$vm_name" || return 1
	done
	vm_forks=
	if [ -n "$VM" ]; then
		vm_unmount "$VM" || return 1
		VM=
	fi
	if [ -n "$vm_scratch" ]; then
		rm -rf "$vm_scratch"
		vm_scratch=
	fi
}

vm_end() {
	vm_stop
}

vm_unmount() {
	fusermount3 -u "$1" 2>/dev/null || umount -l "$1"
}

# --- moments ---

vm_checkpoint() {
	echo "$1" >"$VM/sandbox/checkpoint" 2>/dev/null ||
		vm_fail "vm_checkpoint: $(cat "$VM/sandbox/restore")"
}

vm_restore() {
	echo "$1" >"$VM/sandbox/restore" 2>/dev/null ||
		vm_fail "vm_restore: $(cat "$VM/sandbox/restore")"
}

# NAME is of letters and digits.
vm_fork() {
	case $1 in
	'' | *[!A-Za-z0-9_]*)
		vm_fail "vm_fork: no name for a machine: '$1'"
		return 1
		;;
	esac
	vm_checkpoint "fork-$1" || return 1
	mkdir "$vm_scratch/fork-$1" || return 1
	"$vm_bin" mount --checkpoints "$vm_scratch/moments" \
		--restore "$vm_scratch/moments/fork-$1" \
		-o clock=virtual "$vm_scratch/fork-$1" 3>&- ||
		vm_fail "vm_fork $1: no machine" || return 1
	vm_forks="$vm_forks $1"
}

# A mark (vm_mark) is one machine's own.
vm_in() {
	vm_name=$1
	shift
	case " $vm_forks " in
	*" $vm_name "*) ;;
	*)
		vm_fail "vm_in: no machine $vm_name"
		return 1
		;;
	esac
	vm_outer=$VM
	VM=$vm_scratch/fork-$vm_name
	vm_status=0
	"$@" || vm_status=$?
	VM=$vm_outer
	return $vm_status
}

vm_advance() {
	echo "$1" >"$VM/sandbox/clock/advance" || vm_fail "vm_advance $1"
}

vm_settle() {
	echo "${1:-600s}" >"$VM/sandbox/clock/settle" ||
		vm_fail "vm_settle: not within ${1:-600s}"
}

# --- tasks ---

# Writing and reading on one descriptor gives the pid of this task.
# shellcheck disable=SC2094
vm_spawn() {
	# One line, as some shells write line by line.
	vm_line=$(printf '%s' "$1" | tr '\n\t' '  ')
	exec 9<>"$VM/sandbox/spawn" || return 1
	if ! printf '%s' "$vm_line" >&9 2>/dev/null; then
		vm_say "vm_spawn $1" "$(cat <&9)"
		exec 9>&-
		return 1
	fi
	read -r VM_PID <&9
	exec 9>&-
}

# vm_pid WHO: the pid of a task, the lowest of that name, if there is one.
vm_pid() {
	case $1 in
	*[!0-9]*)
		for vm_comm in "$VM"/proc/[0-9]*/comm; do
			if [ "$(cat "$vm_comm" 2>/dev/null)" = "$1" ]; then
				vm_comm=${vm_comm%/comm}
				echo "${vm_comm##*/}"
			fi
		done | sort -n | sed -n '1p' | grep .
		;;
	*)
		[ -d "$VM/proc/$1" ] && echo "$1"
		;;
	esac
}

vm_task() {
	vm_who=$(vm_pid "$1") || vm_fail "vm_task: no task $1" || return 1
	echo "${3-1}" 2>/dev/null >"$VM/sandbox/tasks/$vm_who/$2" ||
		vm_fail "vm_task $*: refused, or killed on the way"
}

vm_task_stat() {
	vm_who=$(vm_pid "$1") || vm_fail "no task $1" || return 1
	awk -v f="$2:" '$1 == f { print $2; found = 1 }
		END { exit !found }' "$VM/proc/$vm_who/status"
}

vm_latency() {
	vm_who=$(vm_pid "$1") || vm_fail "no task $1" || return 1
	awk -v f="$2" '$1 == f { print $2; found = 1 }
		END { exit !found }' "$VM/sandbox/tasks/$vm_who/latency"
}

# --- tuning ---

# vm.swappiness is a file; a value may hold anything.
vm_sysctl_file() {
	echo "$VM/proc/sys/$(printf '%s' "$1" | tr . /)"
}

vm_sysctl_set() {
	# env: the shell's own printf hides which error it was.
	env printf '%s\n' "$2" >"$(vm_sysctl_file "$1")" ||
		vm_fail "vm_sysctl $1=$2: refused"
}

# Comments, blank lines, and the "-" before what may fail, as sysctl.d(5).
vm_sysctl_load() {
	sed -e 's/^[[:space:]]*//' -e '/^[#;]/d' -e '/^$/d' "$1" \
		>"$vm_scratch/sysctl" || return 1
	while IFS='=' read -r vm_name vm_value; do
		vm_name=$(echo "$vm_name" | tr -d ' \t')
		vm_value=$(echo "$vm_value" |
			sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
		case $vm_name in
		-*) vm_sysctl_set "${vm_name#-}" "$vm_value" || : ;;
		*) vm_sysctl_set "$vm_name" "$vm_value" || return 1 ;;
		esac
	done <"$vm_scratch/sysctl"
}

vm_sysctl() {
	if [ "$1" = -p ]; then
		vm_sysctl_load "$2"
		return
	fi
	for vm_arg; do
		case $vm_arg in
		*=*) vm_sysctl_set "${vm_arg%%=*}" "${vm_arg#*=}" ;;
		*) cat "$(vm_sysctl_file "$vm_arg")" ;;
		esac || return 1
	done
}

# The mounts are seen by the command alone.  /proc comes last: mount(8)
# looks there.
vm_exec() {
	if [ "$(id -u)" -eq 0 ]; then
		set -- unshare --mount sh -c "$vm_inside" "$VM" "$@"
	else
		set -- unshare --mount --map-root-user sh -c "$vm_inside" \
			"$VM" "$@"
	fi
	"$@"
}

# shellcheck disable=SC2016 # for the other shell
vm_inside='
	mount --make-rprivate / 2>/dev/null
	mount --bind "$0/sys/devices/system/node" /sys/devices/system/node
	mount --bind "$0/sys/kernel/mm" /sys/kernel/mm
	mount --bind "$0/dev/kmsg" /dev/kmsg 2>/dev/null
	mount --bind "$0/proc" /proc && exec "$@"'

# --- figures ---

vm_counter() {
	case $1 in
	[A-Z]*) vm_counter_file=proc/meminfo; vm_counter_name=$1: ;;
	*) vm_counter_file=proc/vmstat; vm_counter_name=$1 ;;
	esac
	awk -v f="$vm_counter_name" '$1 == f { print $2; found = 1 }
		END { exit !found }' "$VM/$vm_counter_file" ||
		vm_fail "no counter $1"
}

vm_mark() {
	cat "$VM/proc/vmstat" >"$vm_scratch/mark-${VM##*/}"
}

vm_since() {
	vm_now=$(vm_counter "$1") || return 1
	vm_then=$(awk -v f="$1" '$1 == f { print $2 }' \
		"$vm_scratch/mark-${VM##*/}") || return 1
	echo $((vm_now - vm_then))
}

vm_zone() {
	awk -v node="$1" -v zone="$2" -v want="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["node"] == node && $at["zone"] == zone {
			print $at[want]; found = 1
		}
		END { exit !found }' "$VM/sandbox/zones"
}

vm_log() {
	dd if="$VM/dev/kmsg" iflag=nonblock bs=8k 2>/dev/null |
		sed -n 's/^[0-9][^;]*;//p'
}

# --- assertions ---

vm_assert_counter() {
	vm_got=$(vm_counter "$1") && vm_assert "$1" "$vm_got" "$2" "$3"
}

vm_assert_since() {
	vm_got=$(vm_since "$1") &&
		vm_assert "$1 since the mark" "$vm_got" "$2" "$3"
}

vm_assert_sysctl() {
	vm_got=$(vm_sysctl "$1") && vm_assert "$1" "$vm_got" "$2" "$3"
}

vm_assert_file() {
	vm_got=$(cat "$VM/$1") && vm_assert "$1" "$vm_got" "$2" "$3"
}

vm_assert_task() {
	vm_got=$(vm_task_stat "$1" "$2") &&
		vm_assert "$2 of $1" "$vm_got" "$3" "$4"
}

vm_assert_latency() {
	vm_got=$(vm_latency "$1" "$2") &&
		vm_assert "$2 of $1" "$vm_got" "$3" "$4"
}

vm_assert_band() {
	vm_got=$(vm_zone "$1" "$2" band) &&
		vm_assert "node $1, zone $2" "$vm_got" = "$3"
}

vm_assert_alive() {
	vm_pid "$1" >/dev/null || vm_fail "$1 is gone"
}

# By the OOM killer, as the log says; giving its memory back takes time.
vm_assert_killed() {
	case $1 in
	*[!0-9]*) vm_what="Killed process [0-9]+ \\($1\\)" ;;
	*) vm_what="Killed process $1 \\(" ;;
	esac
	if ! vm_log | grep -qE -e "$vm_what"; then
		vm_say "nobody killed $1; killed were:"
		vm_log | sed -n 's/.*Killed process/#   &/p' >&2
		return 1
	fi
}

vm_assert_log() {
	vm_log | grep -qE -e "$1" || vm_fail "the log has no line: $1"
}

vm_refute_log() {
	! vm_log | grep -E -e "$1" >&2 || vm_fail "the log has a line: $1"
}

# --- a suite without bats ---

# One test in a shell of its own: what fails ends it, and teardown() runs.
vm_run_test() (
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap vm_end_test EXIT
	set -e
	if command -v setup >/dev/null; then
		setup
	fi
	"$1"
)

vm_end_test() {
	if command -v teardown >/dev/null; then
		teardown
	fi
	vm_stop
}

# vm_main [PATTERN]: all tests of this file whose names match.
vm_main() {
	if [ -n "${BATS_TEST_DIRNAME-}" ]; then
		return 0
	fi
	vm_tests=$(sed -n \
		's/^\([A-Za-z_][A-Za-z_0-9]*\)() *{ *# *@test *$/\1/p' "$0" |
		grep -E -e "${1-.}")
	if vm_no_fuse; then
		echo '1..0 # SKIP no use of /dev/fuse here'
		return 0
	fi
	echo "1..$(echo "$vm_tests" | grep -c .)"
	vm_nr=0
	vm_bad=0
	for vm_test in $vm_tests; do
		vm_nr=$((vm_nr + 1))
		vm_run_test "$vm_test"
		if [ $? -eq 0 ]; then
			vm_ok=ok
		else
			vm_ok='not ok'
			vm_bad=$((vm_bad + 1))
		fi
		echo "$vm_ok $vm_nr - $(echo "$vm_test" | tr _ ' ')"
	done
	[ "$vm_nr" -gt 0 ] && [ "$vm_bad" -eq 0 ]
}
