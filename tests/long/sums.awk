# SPDX-License-Identifier: MIT
#
# sums.awk - what must be equal in the files of a machine that stands still.
#
# Usage: awk -f sums.awk MOUNT
#
# Free pages by vmstat, by zone, by order of the buddy allocator and by
# meminfo; lists, anonymous, mapped and dirty pages by vmstat and by node;
# anonymous memory and swap by task.  Prints what is not so; exit 1 then.

function differ(what, a, b)
{
	compared++
	if (a + 0 == b + 0)
		return
	printf "%s: %d and %d\n", what, a, b
	bad = 1
}

# The lines "name value" of @file, added to sum[name].
function add_lines(file, sum,    line, part)
{
	while ((getline line <file) > 0) {
		split(line, part, /[ :\t]+/)
		sum[part[1]] += part[2]
	}
	close(file)
}

function read_buddy(file,    line, n, part, i)
{
	while ((getline line <file) > 0) {
		n = split(line, part, / +/)
		for (i = 5; i <= n; i++)
			buddy += part[i] * 2 ^ (i - 5)
	}
	close(file)
}

function read_zones(file,    line)
{
	while ((getline line <file) > 0)
		if (match(line, /pages free +/))
			zone_free += substr(line, RSTART + RLENGTH)
	close(file)
}

BEGIN {
	root = ARGV[1]
	add_lines(root "/proc/vmstat", vmstat)
	add_lines(root "/proc/meminfo", meminfo)
	list = "ls -d " root "/sys/devices/system/node/node[0-9]*"
	while ((list | getline dir) > 0)
		add_lines(dir "/vmstat", node)
	close(list)
	list = "cd " root "/proc && ls -d [0-9]*"
	while ((list | getline pid) > 0)
		add_lines(root "/proc/" pid "/status", task)
	close(list)
	read_buddy(root "/proc/buddyinfo")
	read_zones(root "/proc/zoneinfo")
	differ("free pages, zones", vmstat["nr_free_pages"], zone_free)
	differ("free pages, orders", vmstat["nr_free_pages"], buddy)
	differ("MemFree", 4 * vmstat["nr_free_pages"], meminfo["MemFree"])
	split("nr_free_pages nr_inactive_anon nr_active_anon " \
	      "nr_inactive_file nr_active_file nr_unevictable nr_anon_pages " \
	      "nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem " \
	      "nr_slab_reclaimable nr_slab_unreclaimable nr_swapcached " \
	      "pgpromote_success workingset_nodes nr_dirtied nr_written",
	      names, " ")
	for (i in names)
		differ(names[i] ", nodes", vmstat[names[i]], node[names[i]])
	differ("AnonPages", 4 * vmstat["nr_anon_pages"], meminfo["AnonPages"])
	differ("AnonPages, tasks", task["RssAnon"], meminfo["AnonPages"])
	# Shared memory is in swap for no task.
	used = meminfo["SwapTotal"] - meminfo["SwapFree"]
	differ("more swap than there is, tasks",
	       task["VmSwap"] > used ? task["VmSwap"] : used, used)
	differ("page tables, tasks", task["VmPTE"], meminfo["PageTables"])
	differ("sums that were looked at", compared > 20, 1)
	exit bad
}
