/* SPDX-License-Identifier: MIT */
/*
 * test_conf_refused.c - what else may be wrong in a machine file.
 *
 * A row for each type of value where another is wanted, and for each value
 * that cannot be; the message has the file, the line, the key and what was
 * expected instead.  (test_machine_conf.c has the machines that can be.)
 */
#include <errno.h>
#include <stdlib.h>

#include <vm/machine.h>

#include "check_main.h"
#include "fs/conf/machine_conf.h"

#define NODES "nodes = ( { memory = \"1G\"; } );\n"
#define DISKS "disks = ( { name = \"sda\"; } );\n"

static const struct {
	const char *text, *messages;
} rows[] = {
	{ NODES
	  "sysctl = { vm = 7; };",
	  "m:2: sysctl.vm: expected a group { ... }\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = \"-\"; }; };",
	  "m:2: sysctl.vm.swappiness: \"-\", expected a number from 0 t"
	  "o 200\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = \"6 6\"; }; };",
	  "m:2: sysctl.vm.swappiness: \"6 6\", expected a number from 0"
	  " to 200\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = \"99999999999\"; }; };",
	  "m:2: sysctl.vm.swappiness: \"99999999999\", expected a numbe"
	  "r from 0 to 200\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = \"\"; }; };",
	  "m:2: sysctl.vm.swappiness: \"\", expected a number from 0 to"
	  " 200\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = \"6x\"; }; };",
	  "m:2: sysctl.vm.swappiness: \"6x\", expected a number from 0 "
	  "to 200\n" },
	{ NODES
	  "sysctl = { vm = { swappiness = true; }; };",
	  "m:2: sysctl.vm.swappiness: true, expected a number from -922"
	  "3372036854775808 to 9223372036854775807\n" },
	{ NODES
	  "sysctl = { vm = { dirty_bytes = -1; }; };",
	  "m:2: sysctl.vm.dirty_bytes: \"-1\", expected a number from 8"
	  "192 to 18446744073709551615\n" },
	{ NODES
	  "sysctl = { vm = { admin_reserve_kbytes = \"-1\"; }; };",
	  "m:2: sysctl.vm.admin_reserve_kbytes: \"-1\", expected a numb"
	  "er from 0 to 18446744073709551615\n" },
	{ NODES
	  "sysctl = { vm = { lowmem_reserve_ratio = [ 1, 2, 3, 4, 5, 6 "
	  "]; }; };",
	  "m:2: sysctl.vm.lowmem_reserve_ratio: \"1 2 3 4 5 6\", expect"
	  "ed numbers from -2147483648 to 2147483647\n" },
	{ NODES
	  "sysctl = { vm = { lowmem_reserve_ratio = [ true ]; }; };",
	  "m:2: sysctl.vm.lowmem_reserve_ratio[0]: true, expected a num"
	  "ber from -9223372036854775808 to 9223372036854775807\n" },
	{ NODES
	  "sysctl = ( \"vm.swappiness\" );",
	  "m:2: sysctl[0]: expected text as \"vm.swappiness = 60\"\n" },
	{ NODES
	  "sysctl = ( 7 );",
	  "m:2: sysctl[0]: expected text as \"vm.swappiness = 60\"\n" },
	{ NODES
	  "sysctl = ( \"vm.swappiness = 1111111111111111111111111111111"
	  "111111111111111111111111111111111111111\" );",
	  "m:2: sysctl[0]: \"111111111111111111111111111111111111111111"
	  "1111111111111111111111111111\", expected a number from 0 to "
	  "200\n" },
	{ NODES
	  "sysctl = ( \"vm.swappiness\t=\t-1\t\" );",
	  "m:2: sysctl[0]: \"-1\", expected a number from 0 to 200\n" },
	{ NODES
	  "thp = ( 1 );",
	  "m:2: thp: a list ( ... ), expected true or false\n" },
	{ NODES
	  "thp = [ 1 ];",
	  "m:2: thp: an array [ ... ], expected true or false\n" },
	{ NODES
	  "thp = { a = 1; };",
	  "m:2: thp: a group { ... }, expected true or false\n" },
	{ NODES
	  "seed = true;",
	  "m:2: seed: true, expected a number from 0 to 922337203685477"
	  "5807\n" },
	{ NODES
	  "seed = 1.5;",
	  "m:2: seed: 1.5, expected a number from 0 to 9223372036854775"
	  "807\n" },
	{ NODES
	  "seed = \"x\";",
	  "m:2: seed: \"x\", expected a number from 0 to 92233720368547"
	  "75807\n" },
	{ NODES
	  "seed = -1;",
	  "m:2: seed: -1, expected a number from 0 to 92233720368547758"
	  "07\n" },
	{ "nodes = ( { memory = true; } );",
	  "m:1: nodes[0].memory: true, expected a size, as \"512M\" or "
	  "\"4G\"\n" },
	{ "nodes = ( { memory = \"\"; } );",
	  "m:1: nodes[0].memory: \"\", expected a size, as \"512M\" or "
	  "\"4G\"\n" },
	{ "nodes = ( { memory = 1.5; } );",
	  "m:1: nodes[0].memory: 1.5, expected a size, as \"512M\" or "
	  "\"4G\"\n" },
	{ "nodes = ( { memory = \"64M\"; distance = 10; } );",
	  "m:1: nodes[0].distance: expected an array [ 10, 20, ... ]\n" },
	{ "nodes = ( { memory = \"64M\"; cpus = true; } );",
	  "m:1: nodes[0].cpus: true, expected a number from 0 to 255\n" },
	{ "nodes = ( { memory = \"64M\"; cpus = \"3-1\"; } );",
	  "m:1: nodes[0].cpus: \"3-1\", expected a list as \"0-3,8\", n"
	  "umbers from 0 to 255\n" },
	{ "nodes = ( { memory = \"64M\"; cpus = \"1;2\"; } );",
	  "m:1: nodes[0].cpus: \"1;2\", expected a list as \"0-3,8\", n"
	  "umbers from 0 to 255\n" },
	{ "nodes = ( { zones = 7; } );",
	  "m:1: nodes[0].zones: expected a list ( { ... }, ... )\nm:1: "
	  "nodes[0]: memory is missing, expected memory = ...;\n" },
	{ "nodes = ( { zones = ( 7 ); } );",
	  "m:1: nodes[0].zones[0]: expected a group { name = \"Normal\""
	  "; ... }\n" },
	{ "nodes = ( { zones = ( { present = 1; } ); } );",
	  "m:1: nodes[0].zones[0]: name is missing, expected name = ..."
	  ";\n" },
	{ "nodes = ( { zones = ( { name = \"DMA\"; spanned = 9; }, { na"
	  "me = \"DMA\"; } ); } );",
	  "m:1: nodes[0].zones[1]: second zone DMA, expected one a node"
	  "\n" },
	{ "nodes = 7;",
	  "m:1: nodes: 7, expected a list ( { ... }, ... )\n" },
	{ "nodes = ( 7 );",
	  "m:1: nodes[0]: 7, expected a group { ... }\n" },
	{ "nodes = ();",
	  "m:1: nodes: nodes: 0, want 1..16\n" },
	{ NODES
	  "disks = ( { name = \"\"; } );",
	  "m:2: disks[0].name: \"\", expected 1 to 63 characters\n" },
	{ NODES
	  "disks = ( { name = \"a\\tb\"; } );",
	  "m:2: disks[0].name: expected text without control characters"
	  "\n" },
	{ NODES
	  "disks = ( { name = \"a\"; kind = 7; } );",
	  "m:2: disks[0].kind: 7, expected one of \"nvme\", \"ssd\", \""
	  "hdd\", \"zram\"\n" },
	{ NODES
	  "disks = ( { name = \"a/b\"; } );",
	  "m:2: disks[0].name: disk 0: name: \"a/b\": want a name as in"
	  " /sys/block\n" },
	{ NODES
	  "disks = ( { name = \"a\"; bandwidth = true; } );",
	  "m:2: disks[0].bandwidth: true, expected a rate, as \"64M/s\""
	  "\n" },
	{ NODES
	  "disks = ( { name = \"a\"; read_latency = 7; } );",
	  "m:2: disks[0].read_latency: 7, expected a time, as \"5s\" or"
	  " \"100us\"\n" },
	{ NODES DISKS
	  "swap = ( { path = \"/x\"; disk = 7; size = \"1G\"; } );",
	  "m:3: swap[0].disk: \"\", expected the name of one of the dis"
	  "ks\n" },
	{ NODES DISKS
	  "swap = ( { path = \"/x\"; disk = \"\"; size = \"1G\"; } );",
	  "m:3: swap[0].disk: \"\", expected the name of one of the dis"
	  "ks\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; workload = ( { write = true; } ); "
	  "} );",
	  "m:2: tasks[0].workload[0].write: true, expected a share from"
	  " 0.0 to 1.0\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; workload = ( { write = -1; } ); } "
	  ");",
	  "m:2: tasks[0].workload[0].write: -1, expected a share from 0"
	  ".0 to 1.0\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; leak = 7; } );",
	  "m:2: tasks[0].leak: expected a rate, as \"64M/s\", a multipl"
	  "e of \"4K/s\"\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; leak = \"1K/s\"; } );",
	  "m:2: tasks[0].leak: expected a rate, as \"64M/s\", a multipl"
	  "e of \"4K/s\"\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; leak = \"5000/s\"; } );",
	  "m:2: tasks[0].leak: expected a rate, as \"64M/s\", a multipl"
	  "e of \"4K/s\"\n" },
	{ NODES
	  "tasks = ( { name = \"a\"; nodes = []; } );",
	  "m:2: tasks[0].nodes: no node, expected at least one\n" },
	{ NODES
	  "kernel = { misc = \"900M\"; };",
	  "m:1: misc: 230400, want 0..128928\n" },
};

START_TEST(test_refused)
{
	struct vm_machine m;
	char *messages;

	ck_assert_int_eq(machine_conf_parse("m", rows[_i].text, &m, &messages),
			 -EINVAL);
	ck_assert_str_eq(messages, rows[_i].messages);
	free(messages);
}
END_TEST

CHECK_MAIN_ROWS("conf_refused",
		{ test_refused, sizeof(rows) / sizeof(rows[0]) })
