#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The four bands of the watermarks, with both wake marks.
#
#	above high	nobody reclaims
#	low..high	kswapd goes on if it has begun; the textbook says that
#			it begins here, Linux begins at low
#	min..low	kswapd works
#	below min	the task that asks reclaims as well
#
# A program takes memory in small steps, and after each step we see in which
# band its zone is and who has reclaimed.

. "${0%/*}/lib.sh"

# walk MARK: the free pages at which kswapd begins, with kswapd_wake = MARK.
walk() {
	need_scratch
	{
		cat "$EXAMPLES/machines/one-zone.conf"
		echo "reclaim = { kswapd_wake = \"$1\"; };"
	} >"$scratch/$1.conf"
	mount_machine "$scratch/$1.conf"
	# boosts raise the marks for a while, and wake kswapd for it
	vm watermark_boost_factor 0
	spawn 'name = "reader"; pid = 900; file = "/data/big";'
	task 900 read "$(($(meminfo MemFree) - 12288))K" || fail 'read'
	begun=
	steps=0
	while [ -z "$begun" ] && [ $steps -lt 400 ]; do
		begun=$(zone 0 Normal free)
		band=$(zone 0 Normal band)
		task 900 read 64K || fail 'a step'
		steps=$((steps + 1))
		if [ "$(vmstat pgscan_kswapd)" -eq 0 ]; then
			begun=
		fi
	done
	low=$(zone 0 Normal low)
	high=$(zone 0 Normal high)
	say "kswapd_wake = $1: kswapd began at $begun free pages" \
		"($band; low $low, high $high)"
	settle
}

walk low
expect 'Linux: kswapd begins at the low mark' \
	"$begun" -lt $(((low + high) / 2))
expect 'and not below the min mark' "$begun" -gt "$(zone 0 Normal min)"
expect 'it went on to the high mark' "$(zone 0 Normal free)" -gt "$high"
expect 'where it sleeps' "$(zone 0 Normal band)" = above-high

# Faster than kswapd: anonymous memory that has to be swapped.
spawn 'name = "hog"; pid = 901; rss = "230M";'
advance 5s
task 901 alloc 64M || fail 'the hog got its memory'
expect 'below min the task reclaims itself' \
	"$(vmstat pgsteal_direct)" -gt 0
unmount

walk high
expect 'textbook: kswapd begins at the high mark' \
	"$begun" -gt $(((low + high) / 2))
expect 'not above it' "$begun" -lt $((high + 64))
