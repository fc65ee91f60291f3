#!/bin/sh
# SPDX-License-Identifier: MIT
#
# protect.sh [NAME:ADJ]... - who is to be killed when memory is gone.
#
# What an administrator puts into a boot script: sshd is never killed, and
# every process called NAME gets the oom_score_adj ADJ.  Nothing in it knows
# of reclaimfs; oom-protection.t is its test.

set -eu

# adjust NAME ADJ: all processes of that name; there must be one.
adjust() {
	found=
	for comm in /proc/[0-9]*/comm; do
		if [ "$(cat "$comm")" = "$1" ]; then
			echo "$2" >"${comm%/comm}/oom_score_adj"
			found=yes
		fi
	done
	if [ -z "$found" ]; then
		echo "protect.sh: no process $1" >&2
		exit 1
	fi
}

# The choice is the kernel's, and the machine goes on.
echo 0 >/proc/sys/vm/panic_on_oom
echo 0 >/proc/sys/vm/oom_kill_allocating_task
adjust sshd -1000
for rule; do
	adjust "${rule%%:*}" "${rule#*:}"
done
