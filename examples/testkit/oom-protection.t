#!/bin/sh
# SPDX-License-Identifier: MIT
#
# oom-protection.t - protect.sh decides who is killed when memory is gone.
#
# protect.sh is an ordinary administrator's script: it writes to
# /proc/PID/oom_score_adj and /proc/sys/vm.  It runs here as it is, with the
# machine in the place of /proc, and then memory runs out.

. "${BATS_TEST_DIRNAME:-$(dirname "$0")}/vm_testkit.sh"

setup() {
	vm_start - <<-'END'
		seed = 1;
		thp = false;
		nodes = ( { memory = "256M"; cpus = "0-1"; } );
		disks = ( { name = "sda"; kind = "ssd"; } );
		tasks = (
			{ name = "sshd"; pid = 600; rss = "4M"; },
			{ name = "database"; pid = 700; rss = "130M"; },
			{ name = "batch"; pid = 800; rss = "30M"; }
		);
	END
	# started with the machine: its memory comes as it runs
	vm_advance 1s
}

teardown() {
	vm_stop
}

protect() {
	vm_exec sh "$VM_KIT/protect.sh" "$@"
}

run_out_of_memory() {
	vm_spawn 'name = "leaky"; pid = 900; leak = "32M/s";'
	vm_advance 10s
}

without_protection_the_largest_goes() { #@test
	vm_spawn 'name = "wants"; pid = 901; oom_score_adj = -1000;'
	vm_task wants alloc 100M
	vm_assert_killed database
}

the_script_writes_what_it_says() { #@test
	protect database:-900 batch:500
	vm_assert_file proc/600/oom_score_adj = -1000
	vm_assert_file proc/700/oom_score_adj = -900
	vm_assert_file proc/800/oom_score_adj = 500
	vm_assert_file proc/600/oom_score = 0
	vm_assert_sysctl vm.panic_on_oom == 0
	vm_assert_sysctl vm.oom_kill_allocating_task == 0
}

a_protected_database_outlives_a_small_job() { #@test
	protect database:-900 batch:500
	vm_spawn 'name = "wants"; pid = 901; oom_score_adj = -1000;'
	vm_task wants alloc 100M
	vm_assert_killed batch
	vm_assert_alive database
	vm_assert_alive sshd
	vm_assert_counter oom_kill == 1
}

a_leak_dies_and_nobody_else() { #@test
	protect database:-900
	run_out_of_memory
	vm_assert_killed leaky
	vm_assert_alive database
	vm_assert_alive batch
	vm_assert_alive sshd
	vm_assert_counter oom_kill == 1
	vm_assert_log '^oom-kill:constraint=CONSTRAINT_NONE.*task=leaky'
}

a_name_that_is_nobody_is_an_error() { #@test
	if protect nobody:100; then
		vm_fail 'protect.sh found "nobody"'
	fi
	vm_assert_file proc/700/oom_score_adj = 0
}

a_value_out_of_range_changes_nothing() { #@test
	if protect database:-1001; then
		vm_fail 'protect.sh wrote -1001'
	fi
	vm_assert_file proc/700/oom_score_adj = 0
}

vm_main "$@"
