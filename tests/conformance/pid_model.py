# SPDX-License-Identifier: MIT
"""pid_model.py - what a write to a knob of /proc/[pid] must do, from the
rules (fact sheet H.4, errata (b)3): a second opinion, as sysctl_model.py.
"""
import errno
import os
import re

from conform import slurp

INT_MAX = (1 << 31) - 1
BLANK = b' \t\n\v\f\r\xa0'
LOOK = 12


def parse(text, decimal):
    """The number in TEXT, or an errno as a negative one of errno.*."""
    text = text[:LOOK].split(b'\0')[0].strip(BLANK)
    found = re.fullmatch(rb'([+-]?)(0[xX](?=[0-9a-fA-F])|)([0-9a-fA-F]+)',
                         text)
    if not found:
        return None, errno.EINVAL
    sign, prefix, digits = found.groups()
    base = 16 if prefix else 8 if digits[:1] == b'0' else 10
    if decimal:
        if prefix:
            return None, errno.EINVAL
        base = 10
    try:
        value = int(digits, base)
    except ValueError:
        return None, errno.EINVAL
    value = -value if sign == b'-' else value
    if not -INT_MAX - 1 <= value <= INT_MAX:
        return None, errno.ERANGE
    return value, 0


def toward_zero(a, b):
    return abs(a) // b * (1 if a >= 0 else -1)


class Knobs:
    """Of process PID, which belongs to OWNER."""

    def __init__(self, mount, pid, owner):
        self.mount, self.pid, self.owner = mount, pid, owner
        self.adj = int(self.read('oom_score_adj'))
        self.least = self.adj

    def read(self, name):
        return slurp(self.mount.path('proc', str(self.pid), name)).decode()

    def look(self):
        """({name: wanted}, {name: found})."""
        old = 15 if self.adj == 1000 else \
            min(15, toward_zero(self.adj * 17, 1000))
        return ({'oom_score_adj': '%d\n' % self.adj,
                 'oom_adj': '%d\n' % old},
                {name: self.read(name) for name in
                 ('oom_score_adj', 'oom_adj')})

    def write(self, name, text, uid):
        """(result, errno); -2: it could not be opened."""
        if uid not in (0, self.owner):
            return -2, errno.EACCES
        value, err = parse(text, name == 'clear_refs')
        if err:
            return -1, err
        err = getattr(self, 'set_' + name)(value, uid == 0)
        return (-1, err) if err else (min(len(text), LOOK), 0)

    def set_oom_score_adj(self, value, root):
        if not -1000 <= value <= 1000:
            return errno.EINVAL
        if value < self.least and not root:
            return errno.EACCES
        self.adj = value
        if root:
            self.least = value
        return 0

    def set_oom_adj(self, value, root):
        if not -17 <= value <= 15:
            return errno.EINVAL
        value = 1000 if value == 15 else toward_zero(value * 1000, 17)
        if value < self.adj and not root:
            return errno.EACCES
        self.adj = value
        return 0

    @staticmethod
    def set_clear_refs(value, _root):
        return 0 if 1 <= value <= 5 else errno.EINVAL


def knob_text(r, name):
    """An input by chance."""
    most = {'oom_score_adj': 1000, 'oom_adj': 17, 'clear_refs': 6}[name]
    edge = r.choice((0, 1, most, -most, 15, INT_MAX, -INT_MAX - 1,
                     1 << 32, r.randrange(-most, most + 1),
                     r.randrange(-most, most + 1),
                     r.randrange(-most, most + 1)))
    value = edge + r.choice((0, 0, 0, 1, -1))
    form = r.choice(('%d',) * 8 + ('%d\n',) * 4 + (
        '+%d', '0x%x', '0%o', '00000%d', '  %d  ', '\t%d\n', '\v%d\f', '%d\0',
        '%d\0x', '%dx', '%d %d', '-%d', '0X%X', '%d\n\n', '\n%d', '%d,',
        '\0%d', '\xa0%d', '0x', '', '-', ' ', 'abc', '%d         ',
        '            %d'))
    nr = form.count('%')
    return (form % ((value,) * nr) if nr else form).encode('latin-1')
