# SPDX-License-Identifier: MIT
"""trees.py - the recorded trees of two guests, and their machine files.

data/tree-*.tar.gz holds list/ (names, types, modes, sizes) and raw/ (what
the files said).  The machine is made of the zones in raw/proc_zoneinfo.txt,
of the CPUs and distances of the other files; the processes are two as the
recorded ones were.
"""
import os
import re
import tarfile

from conform import DATA
from machines import zone

GUESTS = ('tree-2G-1node', 'tree-4G-2node')

MORE = '''
disks = ( { name = "vda"; kind = "hdd"; }, { name = "vdb"; kind = "hdd"; } );
swap = ( { path = "/dev/vdb"; disk = "vdb"; size = "1G"; } );
kernel = { slab_reclaimable = "2M"; slab_unreclaimable = "10M";
	shmem = "7M"; };
tasks = (
	{ name = "sample"; args = "/bin/hog"; pid = 166; rss = "24M"; },
	{ name = "bound"; args = "/bin/hog"; pid = 167; rss = "8M"; %s } );
'''


class Tree:
    """One recorded guest."""

    def __init__(self, guest):
        self.guest = guest
        self.files = {}
        path = os.path.join(DATA, guest + '.tar.gz')
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                if member.isfile():
                    name = member.name.split('/', 1)[1]
                    text = tar.extractfile(member).read()
                    self.files[name] = text.decode('latin-1')

    def raw(self, name):
        return self.files['raw/' + name]

    def table(self, name):
        """The rows of list/NAME or of a table in raw/, as lists."""
        lines = self.files[name].split('\n')
        return [line.split('\t') for line in lines
                if line and not line.startswith('#')]

    def zones(self):
        """[node][zone] as machine-file text, of zoneinfo."""
        nodes = []
        for part in re.split(r'^(?=Node )', self.raw('proc_zoneinfo.txt'),
                             flags=re.M)[1:]:
            node, name = re.match(r'Node (\d+), zone +(\w+)', part).groups()
            number = {k: int(v) for k, v in re.findall(
                r'^ +(spanned|present|managed) +(\d+)$', part, re.M)}
            start = re.search(r'start_pfn: +(\d+)', part)
            if not number['present']:
                continue
            while len(nodes) <= int(node):
                nodes.append([])
            nodes[int(node)].append(zone(
                name, int(start.group(1)), number['spanned'],
                number['present'], number['managed']))
        return nodes

    def machine(self):
        nodes = self.zones()
        cpus = [self.raw('node/node%d_cpulist.txt' % i).strip()
                for i in range(len(nodes))]
        far = [', '.join(self.raw('node/node%d_distance.txt' % i).split())
               for i in range(len(nodes))]
        groups = ['{ cpus = "%s"; distance = [ %s ]; zones = (\n	%s ); }' %
                  (cpu, distance, ',\n	'.join(zones))
                  for cpu, distance, zones in zip(cpus, far, nodes)]
        bound = 'nodes = "1";' if len(nodes) > 1 else ''
        return 'seed = 1;\nthp = true;\nnodes = ( %s );\n%s%s' % (
            ',\n'.join(groups), MORE % bound, self.reserve())

    def reserve(self):
        """The one tunable whose default is what was free at boot."""
        name = 'user_reserve_kbytes'
        value = re.search(r'/%s\t.*\t(\d+)\\n' % name,
                          self.raw('proc_sys_vm.tsv')).group(1)
        return 'sysctl = { vm = { %s = %s; }; };\n' % (name, value)
