#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Who dies: the badness formula, +1000 first, -1000 never.
#
# badness = rss + swap + page tables (in pages) + adj * (total / 1000), and
# oom_score shows (1000 + badness * 1000 / total) * 2 / 3.

. "${0%/*}/lib.sh"
mount_machine no-swap.conf

score() {
	cat "$MNT/proc/$1/oom_score"
}

adjust() {
	echo "$2" >"$MNT/proc/$1/oom_score_adj" || fail "adjust $1 to $2"
}

# What the formula gives for task $1.
formula() {
	total=$(($(meminfo MemTotal) / 4 + $(meminfo SwapTotal) / 4))
	pages=$((($(status $1 VmRSS) + $(status $1 VmSwap) +
		$(status $1 VmPTE)) / 4))
	adj_share=$(($(cat "$MNT/proc/$1/oom_score_adj") * (total / 1000)))
	points=$((pages + adj_share))
	echo $(((1000 + points * 1000 / total) * 2 / 3))
}

spawn 'name = "large"; pid = 901; rss = "80M"; oom_score_adj = -1000;'
spawn 'name = "medium"; pid = 902; rss = "40M"; oom_score_adj = -300;'
spawn 'name = "small"; pid = 903; rss = "20M";'
spawn 'name = "asker"; pid = 900; oom_score_adj = -1000;'
advance 1s

# upwards: everybody may do that, downwards only who has CAP_SYS_RESOURCE
for adj in -300 0 300; do
	adjust 902 $adj
	say "medium at $adj: oom_score $(score 902), formula $(formula 902)"
	expect 'oom_score is what the formula gives' \
		"$(score 902)" -eq "$(formula 902)"
done
adjust 902 0
adjust 903 1000
expect '-1000 has score 0' "$(score 901)" -eq 0

task 900 alloc 120M || fail 'the asker got its memory'
advance 1s
say "victims in order:"
kernel_log | sed -n 's/.*Killed process \([0-9]* ([a-z]*)\).*/  \1/p'
first=$(kernel_log | sed -n 's/.*Killed process \([0-9]*\).*/\1/p' | head -n 1)
expect 'the smallest, at +1000, died first' "$first" -eq 903
expect 'the next was the one of middle size' "$(vmstat oom_kill)" -eq 2
expect 'the largest, at -1000, never' -d "$MNT/proc/901"
