#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /proc/sysrq-trigger: what the magic keys log, and what they do.

. "${0%/*}/lib.sh"

cat >"$DIR/m.conf" <<'END'
nodes = ( { memory = "256M"; } );
disks = ( { name = "sda"; kind = "ssd"; } );
tasks = (
	{ name = "large"; pid = 500; rss = "60M"; oom_score_adj = -1000; },
	{ name = "middle"; pid = 501; rss = "30M"; },
	{ name = "small"; pid = 502; rss = "10M"; }
);
END
start -o clock=virtual "$DIR/m.conf"
echo 1s >"$MNT/sandbox/clock/advance"

log() {
	dd if="$MNT/dev/kmsg" bs=8k iflag=nonblock 2>/dev/null
}

# key KEYS: the lines that the log has after it and had not before.
key() {
	log | wc -l >"$DIR/before"
	printf '%s' "$1" >"$MNT/proc/sysrq-trigger"
	log | tail -n +$(($(cat "$DIR/before") + 1)) |
		sed 's/^[0-9]*,[0-9]*,[0-9]*,-;//' >"$DIR/log"
}
line() {
	sed -n "$1p" "$DIR/log"
}
tasks() {
	cat "$MNT"/proc/50?/comm 2>/dev/null | xargs
}

key h
is 'an unknown key: help' "$(grep -c \
	'^sysrq: HELP : loglevel(0-9) .*memory-full-oom-kill(f) ' \
	"$DIR/log")" 1
is 'one line' "$(wc -l <"$DIR/log")" 1

# f: the worst that may be killed, with a report of its own kind.
echo 2 >"$MNT/proc/sys/vm/panic_on_oom"
key fm
is 'f says so' "$(line 1)" 'sysrq: Manual OOM execution'
is 'the report' "$(line 2 | sed 's,^kworker/[^ ]*,WORKER,')" "WORKER \
invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0"
is 'who it is' "$(line 3 | sed 's,.*Comm: kworker/[^ ]* ,,' | cut -c 1-11)" \
	'Not tainted'
is 'whose work it is' "$(line 5)" 'Workqueue: events moom_callback'
is 'who is chosen' "$(grep -c \
	'^Out of memory: Killed process 501 (middle) ' "$DIR/log")" 1
is 'it is counted' "$(awk '$1 == "oom_kill" { print $2 }' \
	"$MNT/proc/vmstat")" 1
is 'only the first key counts' "$(grep -c '^sysrq: ' "$DIR/log")" 1
echo 1s >"$MNT/sandbox/clock/advance"
is 'it is gone, and nobody else' "$(tasks)" 'large small'
key f
echo 1s >"$MNT/sandbox/clock/advance"
is 'the next' "$(tasks)" large
key f
is 'nobody is left' "$(line 2)" \
	'sysrq: OOM request ignored. No task eligible'
is 'and nothing has panicked' "$(tasks)" large

# m: memory, as vmstat sees it.
key m
is 'm says so' "$(line 1)" 'sysrq: Show Memory'
is 'the memory' "$(line 2)" Mem-Info:
free=$(awk '$1 == "nr_free_pages" { print $2 }' "$MNT/proc/vmstat")
is 'as vmstat has it' "$(grep -c " free:$free free_pcp:0 free_cma:0\$" \
	"$DIR/log")" 1
is 'to its end' "$(tail -n 1 "$DIR/log")" '0 pages hwpoisoned'

# Several at once; sync; the level.
key _s9
is 's and 9' "$(cat "$DIR/log")" 'sysrq: Emergency Sync
Emergency Sync complete
sysrq: Changing Loglevel
sysrq: Loglevel set to 9'

# i: all but init and kernel threads.
key i
echo 1s >"$MNT/sandbox/clock/advance"
is 'i kills all' "$(tasks)" ''
is 'but not init' "$(cat "$MNT/proc/1/comm" "$MNT/proc/2/comm" | xargs)" \
	'init kthreadd'

finish
