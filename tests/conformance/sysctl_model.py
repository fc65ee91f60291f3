# SPDX-License-Identifier: MIT
"""sysctl_model.py - what a write to /proc/sys/vm must do, from the rules.

A second opinion: written from the fact sheet (A.1 to A.5) and its errata,
not from our tables, so that inputs which nobody has recorded can be tried
too.  A Model has the values of all files and says of each write what comes
back, what is kept, which other file moves and what the kernel log says.
"""
import errno

INT_MAX, UINT_MAX = (1 << 31) - 1, (1 << 32) - 1
ULONG_MAX = (1 << 64) - 1
HZ, PAGE = 250, 4096
BLANK = b' \t\n\v\f\r\xa0'
BEHIND = b' \t\n'

INT, ULONG, SECONDS, BOOL, STRING, NONE = range(6)

# name: (mode, type, least, most), in the order of a listing.
FILES = {
    'admin_reserve_kbytes': (0o644, ULONG, 0, ULONG_MAX),
    'compact_memory': (0o200, INT, -INT_MAX - 1, INT_MAX),
    'compact_unevictable_allowed': (0o644, INT, 0, 1),
    'compaction_proactiveness': (0o644, INT, 0, 100),
    'dirty_background_bytes': (0o644, ULONG, 1, ULONG_MAX),
    'dirty_background_ratio': (0o644, INT, 0, 100),
    'dirty_bytes': (0o644, ULONG, 2 * PAGE, ULONG_MAX),
    'dirty_expire_centisecs': (0o644, INT, 0, INT_MAX),
    'dirty_ratio': (0o644, INT, 0, 100),
    'dirty_writeback_centisecs': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'dirtytime_expire_seconds': (0o644, INT, 0, INT_MAX),
    'drop_caches': (0o200, INT, 1, 4),
    'enable_soft_offline': (0o644, INT, 0, 1),
    'extfrag_threshold': (0o644, INT, 0, 1000),
    'hugetlb_optimize_vmemmap': (0o644, BOOL, -INT_MAX - 1, INT_MAX),
    'hugetlb_shm_group': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'laptop_mode': (0o644, SECONDS, 0, 0),
    'legacy_va_layout': (0o644, INT, 0, INT_MAX),
    'lowmem_reserve_ratio': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'max_map_count': (0o644, INT, 0, INT_MAX),
    'memfd_noexec': (0o644, INT, 0, 2),
    'memory_failure_early_kill': (0o644, INT, 0, 1),
    'memory_failure_recovery': (0o644, INT, 0, 1),
    'min_free_kbytes': (0o644, INT, 0, INT_MAX),
    'min_slab_ratio': (0o644, INT, 0, 100),
    'min_unmapped_ratio': (0o644, INT, 0, 100),
    'mmap_min_addr': (0o644, ULONG, 0, ULONG_MAX),
    'mmap_rnd_bits': (0o600, INT, 28, 32),
    'mmap_rnd_compat_bits': (0o600, INT, 8, 16),
    'nr_hugepages': (0o644, ULONG, 0, ULONG_MAX),
    'nr_hugepages_mempolicy': (0o644, ULONG, 0, ULONG_MAX),
    'nr_overcommit_hugepages': (0o644, ULONG, 0, ULONG_MAX),
    'numa_stat': (0o644, INT, 0, 1),
    'numa_zonelist_order': (0o644, STRING, 0, 0),
    'oom_dump_tasks': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'oom_kill_allocating_task': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'overcommit_kbytes': (0o644, ULONG, 0, ULONG_MAX),
    'overcommit_memory': (0o644, INT, 0, 2),
    'overcommit_ratio': (0o644, INT, -INT_MAX - 1, INT_MAX),
    'page-cluster': (0o644, INT, 0, 31),
    'page_lock_unfairness': (0o644, INT, 0, INT_MAX),
    'panic_on_oom': (0o644, INT, 0, 2),
    'percpu_pagelist_high_fraction': (0o644, INT, 0, INT_MAX),
    'stat_interval': (0o644, SECONDS, 0, 0),
    'stat_refresh': (0o600, NONE, 0, 0),
    'swappiness': (0o644, INT, 0, 200),
    'unprivileged_userfaultfd': (0o644, INT, 0, 1),
    'user_reserve_kbytes': (0o644, ULONG, 0, ULONG_MAX),
    'vfs_cache_pressure': (0o644, INT, 0, INT_MAX),
    'watermark_boost_factor': (0o644, INT, 0, INT_MAX),
    'watermark_scale_factor': (0o644, INT, 1, 3000),
    'zone_reclaim_mode': (0o644, INT, 0, INT_MAX),
}
POOL = ('nr_hugepages', 'nr_hugepages_mempolicy')


class Refused(Exception):
    """Of a number: with what, and how many bytes are behind it."""


def number_at(text):
    """(value, negative, length) of the number that TEXT begins with."""
    head, negative, at = text[:21], False, 0
    if head[:1] == b'-' and len(head) > 1:
        negative, at = True, 1
    digits = head[at:]
    if not digits[:1].isdigit():
        raise Refused
    base, known = 10, b'0123456789'
    if digits[:1] == b'0':
        base, known = 8, b'01234567'
        hexadecimal = b'0123456789abcdefABCDEF'
        if digits[1:2] in b'xX' and len(digits) > 2 and \
                digits[2] in hexadecimal:
            base, known, at = 16, hexadecimal, at + 2
    end = at
    while end < len(head) and head[end] in known:
        end += 1
    value = int(head[at:end] or b'0', base)
    if value > ULONG_MAX or end >= 21:
        raise Refused
    if end < len(text) and text[end] not in BEHIND:
        raise Refused
    return value, negative, end


def skip(text, at):
    while at < len(text) and text[at] in BLANK:
        at += 1
    return at


class Model:
    """All of /proc/sys/vm.  VALUES: {name: [number, ...]}."""

    def __init__(self, values):
        self.values = {name: list(v) for name, v in values.items()}
        self.strict = 1
        self.warned = False
        self.log = []

    def text(self, name):
        if FILES[name][1] == STRING:
            return 'Node\n'
        return '\t'.join(map(str, self.values[name])) + '\n'

    def fit(self, name, value, negative):
        """VALUE as the file keeps it, or Refused."""
        _, kind, least, most = FILES[name]
        if kind == ULONG:
            if negative or not least <= value <= most:
                raise Refused
            return value
        if kind == SECONDS and value > INT_MAX // HZ:
            raise Refused
        if value > INT_MAX + negative:
            raise Refused
        value = -value if negative else value
        if kind != SECONDS and not least <= value <= most:
            raise Refused
        return int(value != 0) if kind == BOOL else value

    def parse(self, name, text):
        """(values, bytes left of the first 4095, refused)."""
        look, at, found = text[:PAGE - 1], 0, []
        refused = False
        while at < len(look) and len(found) < len(self.values[name]):
            at = skip(look, at)
            if at == len(look):
                break
            try:
                value, negative, length = number_at(look[at:])
                at += length
                found.append(self.fit(name, value, negative))
            except Refused:
                refused = True
                break
        if not refused:
            at = skip(look, at)
        return found, len(look) - at, refused or not found

    def write(self, name, text, offset=0):
        """(result, errno); the log's new lines are in self.log."""
        self.log = []
        kind = FILES[name][1]
        if len(text) >= 4 << 20:
            return -1, errno.ENOMEM
        if kind == STRING:
            if text[:1] in (b'd', b'D', b'n', b'N') and text:
                return len(text), 0
            self.log = ['Ignoring unsupported numa_zonelist_order value:  ' +
                        text.split(b'\0')[0].decode('latin-1')]
            return -1, errno.EINVAL
        if kind == NONE:
            return len(text), 0
        if offset and self.strict == 0 and not self.warned:
            self.warned = True
            self.log = [
                'wrote to %s when file position was not 0!\n'
                'This will not be supported in the future. '
                'To silence this\n'
                'warning, set kernel.sysctl_writes_strict = -1' % name]
        if offset and self.strict == 1:
            return self.settle(name, [], len(text), False, len(text))
        found, left, refused = self.parse(name, text)
        taken = len(text) - left if found else len(text)
        return self.settle(name, found, taken, refused, len(text))

    def settle(self, name, found, taken, refused, length):
        """Keep what was read, do what the file does."""
        old = list(self.values[name])
        if name not in POOL or not refused:
            self.values[name][:len(found)] = found
        if name == 'lowmem_reserve_ratio':
            self.values[name] = [v if v >= 1 else 0
                                 for v in self.values[name]]
            return taken, 0
        if refused:
            return -1, errno.EINVAL
        hook = getattr(self, 'after_' + name.replace('-', '_'), None)
        err = hook(old[0]) if hook else 0
        if err:
            return -1, err
        return taken if found else length, 0

    # What else a write does: errno, or 0.

    def after_compact_memory(self, _old):
        return 0 if self.values['compact_memory'][0] == 1 else errno.EINVAL

    def after_drop_caches(self, _old):
        now = self.values['drop_caches'][0]
        if not getattr(self, 'silent', False):
            self.log = ['drop_caches: %d' % now]
        if now & 4:
            self.silent = True
        return 0

    def too_many_pages(self, name, old):
        pages = (self.values[name][0] + PAGE - 1) % (1 << 64) // PAGE
        if pages > UINT_MAX:
            self.values[name] = [old]
            return True
        return False

    def after_dirty_background_bytes(self, old):
        if self.too_many_pages('dirty_background_bytes', old):
            return errno.ERANGE
        self.values['dirty_background_ratio'] = [0]
        return 0

    def after_dirty_background_ratio(self, _old):
        self.values['dirty_background_bytes'] = [0]
        return 0

    def after_dirty_bytes(self, old):
        if self.values['dirty_bytes'][0] == old:
            return 0
        if self.too_many_pages('dirty_bytes', old):
            return errno.ERANGE
        self.values['dirty_ratio'] = [0]
        return 0

    def after_dirty_ratio(self, old):
        if self.values['dirty_ratio'][0] != old:
            self.values['dirty_bytes'] = [0]
        return 0

    def after_overcommit_kbytes(self, _old):
        self.values['overcommit_ratio'] = [0]
        return 0

    def after_overcommit_ratio(self, _old):
        self.values['overcommit_kbytes'] = [0]
        return 0

    def after_percpu_pagelist_high_fraction(self, old):
        if 0 < self.values['percpu_pagelist_high_fraction'][0] < 8:
            self.values['percpu_pagelist_high_fraction'] = [old]
            return errno.EINVAL
        return 0

    def after_numa_stat(self, old):
        now = self.values['numa_stat'][0]
        if now != old:
            self.log = ['enable numa statistics' if now else
                        'disable numa statistics, and clear numa counters']
        return 0

    def pool(self, name):
        """Both names are one pool."""
        for twin in POOL:
            self.values[twin] = list(self.values[name])

    def after_nr_hugepages(self, _old):
        self.pool('nr_hugepages')
        return 0

    def after_nr_hugepages_mempolicy(self, _old):
        self.pool('nr_hugepages_mempolicy')
        return 0
