# SPDX-License-Identifier: MIT
#
# long.sh - what the long runs share; sourced after ../mount/lib.sh.
#
# The looks of a run are files in $DIR; each is compared with the one before.

# Resident memory of process $1 in kB.
resident() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$1/status"
}

# The most that it has ever been: tasks come and go, and with them what the
# server holds of them.
peak() {
	sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$1/status"
}

# All that only grows, as lines "NAME VALUE": of vmstat without the gauges,
# CPU times, context switches, forks, the disks without what is in flight,
# and stall times.
counters() {
	awk '$1 !~ /^nr_/ && $1 != "workingset_nodes" ||
		$1 ~ /^nr_(dirtied|written|vmscan_|throttled_)/' \
		"$MNT/proc/vmstat"
	awk '/^cpu/ { for (i = 2; i <= NF; i++) print $1 "/" i, $i }
		/^(ctxt|processes) /' "$MNT/proc/stat"
	awk '{ for (i = 4; i <= NF; i++)
		if (i != 12) print $3 "/" i, $i }' "$MNT/proc/diskstats"
	for file in cpu io memory; do
		sed -n "s/^\([a-z]*\) .*total=/$file\/\1 /p" \
			"$MNT/proc/pressure/$file"
	done
	awk '{ print "uptime", $1 }' "$MNT/proc/uptime"
}

# grown SENTENCE: the counters against those of the last look.
grown() {
	counters >"$DIR/now"
	if [ -e "$DIR/before" ]; then
		is "$1" "$(awk -f "$HERE/grow.awk" "$DIR/before" \
			"$DIR/now")" ''
	fi
	mv "$DIR/now" "$DIR/before"
}

# sums_agree SENTENCE: nobody moves the machine meanwhile.
sums_agree() {
	is "$1" "$(awk -f "$HERE/sums.awk" "$MNT")" ''
}

# flat SENTENCE BEFORE AFTER: within one percent.
flat() {
	holds "$1 ($2 kB, then $3 kB)" "$3" -le $(($2 + $2 / 100))
}

# Every page, list and counter: a machine that is brought back is looked at
# as a whole (vm_check()) before it is taken.
checked() {
	echo long >"$MNT/sandbox/checkpoint"
	is "$1: it can be kept" $? 0
	echo long >"$MNT/sandbox/restore"
	is "$1: it is whole" $? 0
	is "$1: nothing is said against it" "$(cat "$MNT/sandbox/restore")" \
		long
}
