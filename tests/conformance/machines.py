# SPDX-License-Identifier: MIT
"""machines.py - machine files of the guests that were recorded.

A guest is its zones: everything that the recorded rows ask for follows from
them.  What else the guests held (kernel, processes) is set where a row shows
it.
"""


def zone(name, start, spanned, present, managed):
    return ('{ name = "%s"; start_pfn = %d; spanned = %d; present = %d;\n'
            '	  managed = %d; }' % (name, start, spanned, present, managed))


def machine(nodes, cpus=2, thp=True, more=''):
    """NODES: a list of zones each."""
    text = 'seed = 1;\nthp = %s;\n' % ('true' if thp else 'false')
    share = max(1, cpus // len(nodes))
    groups = []
    for i, zones in enumerate(nodes):
        first = i * share
        groups.append('{ cpus = "%d-%d"; zones = (\n	%s ); }' %
                      (first, first + share - 1, ',\n	'.join(zones)))
    return text + 'nodes = ( %s );\n' % ',\n'.join(groups) + more


# The guest of the write matrix: 1 GiB, one node, MemTotal 990508 kB.  Its
# kernel holds what leaves room for 435 huge pages.
ONE_GIB = [[zone('DMA', 1, 4095, 3998, 3840),
            zone('DMA32', 4096, 258013, 258013, 243787)]]

HELD = '''
disks = ( { name = "vda"; kind = "hdd"; } );
kernel = { slab_reclaimable = "2M"; slab_unreclaimable = "10M";
	misc = "26M"; shmem = "11M"; };
sysctl = { vm = { user_reserve_kbytes = 30286;
	admin_reserve_kbytes = 8192; }; };
tasks = ( { name = "init"; pid = 150; oom_score_adj = -1000;
	rss = "2M"; } );
'''


def write_matrix():
    return machine(ONE_GIB, more=HELD)

# The guest of the writes to /proc/[pid]: 512 MiB, one node.  Its process
# counted 4177 pages for the OOM killer, page tables among them.
HALF_GIB = [[zone('DMA', 1, 4095, 3998, 3840),
             zone('DMA32', 4096, 126941, 126941, 114955)]]
TARGET = 300
OTHERS = 400
TASKS = '''
disks = ( { name = "vda"; kind = "hdd"; } );
kernel = { slab_reclaimable = "2M"; slab_unreclaimable = "10M"; };
tasks = (
	{ name = "tgt"; pid = 300; rss = "16664K"; },
	{ name = "t1000"; pid = 400; uid = 1000; gid = 1000; threads = 3;
	  rss = "4M"; } );
'''


def processes():
    return machine(HALF_GIB, more=TASKS)
