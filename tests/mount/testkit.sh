#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/testkit: its suites pass under sh, prove and bats; a suite that
# should fail does; no machine is left behind.

. "${0%/*}/lib.sh"
need_fuse
KIT=$(cd "$HERE/../../examples/testkit" && pwd)
export RECLAIMFS_BIN="$RF"
mkdir "$DIR/tmp"
export TMPDIR="$DIR/tmp"

# Mounts that a suite has left below our directory.
left() {
	grep -c " $DIR/" /proc/self/mountinfo
}

for suite in "$KIT"/*.t; do
	name=$(basename "$suite" .t)
	sh "$suite" >"$DIR/$name" 2>"$DIR/err"
	is "$name passes by itself" $? 0
	is "$name: one plan" "$(grep -c '^1\.\.[1-9]' "$DIR/$name")" 1
	is "$name: a line a test" "$(grep -c '^ok ' "$DIR/$name")" \
		"$(grep -c '@test$' "$suite")"
	is "$name: as many as planned" "$(grep -c '^ok ' "$DIR/$name")" \
		"$(sed -n 's/^1\.\.//p' "$DIR/$name")"
	grep '^not ok' "$DIR/$name" && cat "$DIR/err"
done
is 'four suites' "$(ls "$KIT"/*.t | wc -l)" 4

cd "$KIT" || exit 1
is 'from its own directory' "$(sh database.t every_line 2>&1)" '1..1
ok 1 - every line of the profile is taken'
cd / || exit 1

if command -v prove >/dev/null; then
	status 'prove runs them all' 0 prove "$KIT"
	is 'and says so' "$(sed -n 's/^Result: //p' "$DIR/out")" PASS
fi
if command -v bats >/dev/null; then
	status 'bats runs them all' 0 bats "$KIT"/*.t
	is 'all of them' "$(grep -c '^ok ' "$DIR/out")" \
		"$(cat "$KIT"/*.t | grep -c '@test$')"
fi

# Suites that do not hold.  Every assertion can fail, says why, and ends its
# test; the one after it runs all the same.
cp "$KIT/vm_testkit.sh" "$DIR/"
cat >"$DIR/small.conf" <<'END'
nodes = ( { memory = "64M"; } );
tasks = ( { name = "one"; pid = 500; rss = "1M"; } );
END
cat >"$DIR/head" <<END
. "\${BATS_TEST_DIRNAME:-\$(dirname "\$0")}/vm_testkit.sh"
setup() { vm_start "$DIR/small.conf"; vm_advance 1s; vm_mark; }
teardown() { vm_stop; }
END
{
	cat "$DIR/head"
	i=0
	while read -r line; do
		i=$((i + 1))
		printf 't%s() { #@test\n\t%s\n\techo went on >&2\n}\n' \
			"$i" "$line"
	done <<'END'
vm_assert_counter pgscan_direct == 1
vm_assert_counter pgscan_direct '>' 0
vm_assert_counter pgfault '<' 0
vm_assert_counter no_such_counter == 0
vm_assert_counter pgfault =~ 0
vm_assert_since pgfault '!=' 0
vm_assert_sysctl vm.swappiness == 61
vm_assert_sysctl vm.no_such = 0
vm_assert_file proc/swaps '~' zram
vm_assert_file no/such '~' x
vm_assert_task one VmRSS '<=' 1023
vm_assert_task nobody VmRSS '>=' 0
vm_assert_latency one direct_reclaims '>=' 1
vm_assert_band 0 DMA32 below-min
vm_assert_band 1 DMA32 above-high
vm_assert_alive nobody
vm_assert_alive 501
vm_assert_killed one
vm_assert_killed 500
vm_assert_log 'no such line'
vm_refute_log 'Linux version'
vm_assert 'three words' 1 ==
vm_sysctl vm.swappiness=201
vm_sysctl -p /no/such/file
vm_spawn 'name = "x"; rss = "much";'
vm_task one alloc x
vm_task one read 4K
vm_advance soon
vm_settle soon
vm_start "$DIR/small.conf"
vm_restore nope
vm_checkpoint a/b
vm_fork 'a b'
vm_in nobody true
{ vm_fork two; vm_in two vm_assert_sysctl vm.swappiness == 61; }
vm_exec false
false
END
	printf 'last() { #@test\n\tvm_assert_alive one\n}\nvm_main "$@"\n'
} >"$DIR/bad.t"
sh "$DIR/bad.t" >"$DIR/bad" 2>"$DIR/said"
is 'a suite that fails says so' $? 1
planned=$(sed -n 's/^1\.\.//p' "$DIR/bad")
is 'every assertion can fail' "$(grep '^ok' "$DIR/bad")" \
	"ok $planned - last"
is 'all were tried' "$(grep -c '^not ok' "$DIR/bad")" $((planned - 1))
is 'none went on' "$(grep -c 'went on' "$DIR/said")" 0
holds 'they say what they saw' \
	"$(grep -c '^# pgscan_direct: 0, wanted == 1' "$DIR/said")" -eq 1
if command -v prove >/dev/null; then
	status 'prove sees it' 1 prove "$DIR/bad.t"
fi
if command -v bats >/dev/null; then
	status 'bats sees it' 1 bats "$DIR/bad.t"
	is 'as often' "$(grep -c '^not ok' "$DIR/out")" $((planned - 1))
fi

# What holds, holds: the other side of each comparison.
{
	cat "$DIR/head"
	cat <<'END'
good() { #@test
	vm_assert_counter pgscan_direct == 0
	vm_assert_counter pgfault '>' 0
	vm_assert_counter MemFree '<=' 65536
	vm_assert_since pgfault == 0
	vm_task one alloc 1M
	vm_assert_since pgfault '>=' 256
	vm_assert_sysctl vm.swappiness == 60
	vm_sysctl vm.swappiness=10 vm.page-cluster=0
	vm_assert_sysctl vm.swappiness = 10
	vm_assert_file proc/500/comm = one
	vm_assert_file proc/500/comm '!=' two
	vm_assert_file proc/meminfo '!~' Nothing
	vm_assert_task one VmRSS == 2048
	vm_assert_latency 500 direct_reclaims == 0
	vm_assert_band 0 DMA32 above-high
	vm_assert_log 'Linux version'
	vm_refute_log 'Out of memory'
	vm_spawn 'name = "two"; rss = "1M";'
	vm_assert_file "proc/$VM_PID/comm" = two
	vm_assert_alive two
	vm_settle
	vm_exec sh -c 'echo 30 >/proc/sys/vm/dirty_ratio'
	vm_assert_sysctl vm.dirty_ratio == 30
	printf '# x\n\n vm.swappiness = 5\n-vm.no_such=1\n' >"$vm_scratch/c"
	vm_sysctl -p "$vm_scratch/c" 2>/dev/null
	vm_assert_sysctl vm.swappiness == 5
	vm_checkpoint before
	vm_task one alloc 1M
	vm_restore before
	vm_assert_task one VmRSS == 2048
	vm_fork second
	vm_in second vm_sysctl vm.swappiness=9
	vm_in second vm_mark
	vm_in second vm_task one alloc 2M
	vm_in second vm_assert_since pgfault '>=' 512
	vm_in second vm_assert_task one VmRSS == 4096
	vm_fork third
	vm_assert_sysctl vm.swappiness == 5
	vm_end
}
vm_main "$@"
END
} >"$DIR/good.t"
is 'what holds, holds' "$(sh "$DIR/good.t" 2>&1)" '1..1
ok 1 - good'

# Ended in the middle: the machine goes with the suite.
{
	cat "$DIR/head"
	printf 'stuck() { #@test\n\techo up >"%s/up"\n' "$DIR"
	printf '\tvm_advance 100000h\n}\nvm_main\n'
} >"$DIR/stuck.t"
sh "$DIR/stuck.t" >"$DIR/out" 2>&1 &
pid=$!
until_so test -s "$DIR/up"
for child in $(pgrep -P $pid); do
	kill -TERM "$child"
done
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
gone() {
	[ "$(left)" -eq 0 ] && [ -z "$(ls "$DIR/tmp")" ]
}
until_so gone
is 'no machine is left' "$(left)" 0
is 'nothing else is left' "$(ls "$DIR/tmp")" ''

finish
