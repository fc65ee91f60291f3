#!/bin/sh
# SPDX-License-Identifier: MIT
#
# reclaimfs capture: a recorded machine, captured and mounted, has the same
# zones, protections, tunables, swap areas and processes, and the watermarks
# that follow from them.

. "${0%/*}/lib.sh"
DATA=$HERE/data/4G-2node

# put FILE TEXT
put() {
	mkdir -p "${1%/*}"
	printf '%s\n' "$2" >"$1"
}

# process PID NAME UID RSS_KB SWAP_KB ADJ
process() {
	put "$DIR/proc/$1/status" "Name:	$2
Pid:	$1
PPid:	1
Uid:	$3	$3	$3	$3
Gid:	$3	$3	$3	$3
VmLck:	       0 kB
VmRSS:	$4 kB
RssAnon:	$4 kB
VmSwap:	$5 kB
Threads:	3"
	put "$DIR/proc/$1/oom_score_adj" "$6"
	printf '/usr/bin/%s\0--flag\0' "$2" >"$DIR/proc/$1/cmdline"
}

# The recorded machine as a tree.
proc_tree() {
	mkdir -p "$DIR/proc/sys/vm"
	cp "$DATA/zoneinfo" "$DATA/meminfo" "$DATA/swaps" "$DATA/diskstats" \
		"$DIR/proc"
	while read -r name equals value; do
		[ "$equals" = = ] && put "$DIR/proc/sys/vm/$name" "$value"
	done <"$DATA/sys_vm"
	process 500 big 1000 204800 10240 300
	process 501 small 33 8192 0 -1000
	# A kernel thread has no memory.
	put "$DIR/proc/30/status" 'Name:	kswapd0
Pid:	30'
}

sys_tree() {
	put "$DIR/sys/devices/system/node/node0/cpulist" 0
	put "$DIR/sys/devices/system/node/node0/distance" '10 31'
	put "$DIR/sys/devices/system/node/node1/cpulist" 1
	put "$DIR/sys/devices/system/node/node1/distance" '31 10'
	put "$DIR/sys/kernel/mm/transparent_hugepage/enabled" \
		'[always] madvise never'
	put "$DIR/sys/block/vda/queue/rotational" 1
	put "$DIR/sys/block/vdb/queue/rotational" 0
	mkdir -p "$DIR/sys/block/loop0"
}

# The figures of zoneinfo that do not move by themselves.
zones() {
	awk '/^Node/ { print }
		$1 ~ /^(spanned|present|managed)$/ { print $1, $2 }
		$1 == "protection:" || $1 == "start_pfn:" { print }' "$1" |
		tr -s ' '
}

marks() {
	awk '$1 ~ /^(min|low|high|promo)$/ { printf "%s ", $2 }
		$1 == "managed" { print ($2 > 0) ? "" : "empty" }' "$1" |
		grep -v empty
}

# The marks that 6.12 sets for these managed pages when somebody writes
# min_free_kbytes.  At boot a kernel has not got all of its memory yet: the
# recorded marks are a little different until then.
marks_of() {
	awk -v pages=$(($1 / 4)) '
		$1 == "managed" && $2 > 0 { managed[n++] = $2; sum += $2 }
		END {
			for (i = 0; i < n; i++) {
				min = int(pages * managed[i] / sum)
				step = int(min / 4)
				scaled = int(managed[i] * 10 / 10000)
				if (scaled > step)
					step = scaled
				print min, min + step, min + 2 * step,
					min + 3 * step, ""
			}
		}' "$2"
}

capture() {
	"$RF" capture --proc "$DIR/proc" --sys "$DIR/sys" "$@"
}

proc_tree
sys_tree
status 'a recorded machine' 0 capture -o "$DIR/machine.conf"
is 'without a word' "$(cat "$DIR/err")" ''
status 'it is a machine' 0 "$RF" check "$DIR/machine.conf"
is 'its CPUs and distances' "$(grep '^node' "$DIR/out" | cut -d, -f2,3)" \
	' CPUs 0, distance 10 31
 CPUs 1, distance 31 10'
is 'its disks' "$(grep '^disk' "$DIR/out" | cut -d, -f1)" \
	'disk vda: hdd
disk vdb: ssd'
is 'its swap' "$(grep '^swap' "$DIR/out")" \
	'swap /dev/vdb: 1G on vdb'
is 'its processes, the largest first' "$(grep '^task' "$DIR/out")" \
	'task big: pid 500, rss 200M, swap 10M, oom_score_adj 300, 0 phases
task small: pid 501, rss 8M, swap 0, oom_score_adj -1000, 0 phases'
status 'one process only' 0 capture --tasks 1
is 'the largest' "$(grep -c '^	name\|^		name' "$DIR/out")" 3
is 'is big' "$(grep -c '"big"' "$DIR/out")" 1

# Parts that are missing are said, and the rest is still a machine.
mv "$DIR/sys" "$DIR/sys.away"
status 'without sysfs' 0 capture -o "$DIR/nosys.conf"
is 'distances are said to be guessed' "$(grep -c distance "$DIR/err")" 2
mv "$DIR/proc/swaps" "$DIR/swaps.away"
mv "$DIR/proc/zoneinfo" "$DIR/zoneinfo.away"
status 'without zoneinfo and swaps' 0 capture -o "$DIR/nozone.conf"
is 'what is missing is named' \
	"$(sed -n 's,.*/proc/\([a-z]*\): .*,\1,p' "$DIR/err")" 'zoneinfo
stat
swaps'
is 'and what follows from it' "$(grep -c 'taken as resident' "$DIR/err")" 1
status 'it is still a machine' 0 "$RF" check "$DIR/nozone.conf"
mv "$DIR/proc" "$DIR/proc.away"
status 'nothing at all' 1 capture
mv "$DIR/proc.away" "$DIR/proc"
mv "$DIR/sys.away" "$DIR/sys"
mv "$DIR/swaps.away" "$DIR/proc/swaps"
mv "$DIR/zoneinfo.away" "$DIR/proc/zoneinfo"

# Marks that no kernel sets are left to be calculated.
sed -E 's/^( +(min|low|high|boost) +)[0-9]+/\199999999999999999999/
	s/^( +protection: \().*/\199999999999, 7)/' \
	"$DATA/zoneinfo" >"$DIR/proc/zoneinfo"
status 'marks out of this world' 0 capture -o "$DIR/marks.conf"
status 'are left out' 0 "$RF" check "$DIR/marks.conf"
is 'all of them' "$(grep -c 'low = ' "$DIR/marks.conf")" 0

# Broken files never make a machine that check refuses.
echo 'Node 0, zone Normal' >"$DIR/proc/zoneinfo"
printf 'Filename\n/dev/x partition\n\377\n' >"$DIR/proc/swaps"
echo 'x y' >"$DIR/sys/devices/system/node/node0/distance"
status 'broken files' 0 capture -o "$DIR/broken.conf"
is 'it says that this is no machine' \
	"$(grep -c 'cannot be simulated' "$DIR/err")" 1
cp "$DATA/zoneinfo" "$DATA/swaps" "$DIR/proc"
sys_tree

status 'an unprivileged capture of this machine' 0 \
	"$RF" capture -o "$DIR/here.conf"
status 'is a machine' 0 "$RF" check "$DIR/here.conf"

# Captured, mounted, the same.
start -o clock=virtual "$DIR/machine.conf"
is 'zones and protections' "$(zones "$MNT/proc/zoneinfo")" \
	"$(zones "$DATA/zoneinfo")"
is 'marks' "$(marks "$MNT/proc/zoneinfo")" "$(marks "$DATA/zoneinfo")"
is 'swap areas' "$(awk '{ print $1, $2, $3, $5 }' "$MNT/proc/swaps")" \
	"$(awk '{ print $1, $2, $3, $5 }' "$DATA/swaps")"
while read -r name equals value; do
	[ "$equals" = = ] || continue
	is "vm.$name" "$(tr '\t' ' ' <"$MNT/proc/sys/vm/$name")" "$value"
done <"$DATA/sys_vm"
echo 1s >"$MNT/sandbox/clock/advance"
is 'oom_score_adj of a process' "$(cat "$MNT/proc/500/oom_score_adj")" 300
is 'its memory' \
	"$(awk '$1 == "VmRSS:" { print $2 }' "$MNT/proc/500/status")" 204800
is 'its swap' \
	"$(awk '$1 == "VmSwap:" { print $2 }' "$MNT/proc/500/status")" 10240
is 'its command line' "$(tr '\0' ' ' <"$MNT/proc/500/cmdline")" \
	'/usr/bin/big --flag '

# The mount is a tree that can be captured in its turn.
status 'a capture of the capture' 0 \
	"$RF" capture --proc "$MNT/proc" --sys "$MNT/sys" -o "$DIR/again.conf"
for part in nodes disks swap sysctl; do
	is "$part of both" \
		"$(sed -n "/^$part = /,/^);/p" "$DIR/again.conf")" \
		"$(sed -n "/^$part = /,/^);/p" "$DIR/machine.conf")"
done

# A write to what the marks follow from has them calculated, as there.
echo 90112 >"$MNT/proc/sys/vm/min_free_kbytes"
is 'marks calculated' "$(marks "$MNT/proc/zoneinfo")" \
	"$(marks_of 90112 "$DATA/zoneinfo")"

finish
