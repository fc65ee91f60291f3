# SPDX-License-Identifier: MIT
"""thresholds.py - the dirty limits by the book (fact sheet B.5 and F.1)."""
import re

PAGE = 4096


def vmstat(mount):
    return {name: int(value) for name, value in
            (line.split() for line in
             mount.read('proc/vmstat').splitlines())}


def total_reserve(zoneinfo):
    """Of each zone its protection and its high mark, at most all of it."""
    total = 0
    for part in re.split(r'^(?=Node )', zoneinfo, flags=re.M)[1:]:
        number = {}
        for name, value in re.findall(r'^ +(high|managed) +(\d+)$', part,
                                      re.M):
            number.setdefault(name, int(value))
        guard = re.search(r'protection: \((.*)\)', part).group(1)
        total += min(number['managed'], number['high'] +
                     max(int(n) for n in guard.split(',')))
    return total


def dirtyable(mount):
    """Pages that may become dirty."""
    stat = vmstat(mount)
    free = stat['nr_free_pages']
    return (free - min(free, total_reserve(mount.read('proc/zoneinfo'))) +
            stat['nr_inactive_file'] + stat['nr_active_file'] + 1)


def limits(pages, ratio, size, background_ratio, background_size):
    """(nr_dirty_threshold, nr_dirty_background_threshold)."""
    if size:
        most = (size + PAGE - 1) // PAGE
        part = min(most * PAGE // pages, PAGE)
    else:
        part = ratio * PAGE // 100
    most = (size + PAGE - 1) // PAGE if size else part * pages // PAGE
    if background_size:
        least = (background_size + PAGE - 1) // PAGE
    else:
        least = background_ratio * PAGE // 100 * pages // PAGE
    if least >= most:
        least = most // 2
    return most, least
