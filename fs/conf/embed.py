#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a C source of a text file: embed.py NAME INPUT OUTPUT.

The build runs it once, on the default machine, so that the program carries
it along and needs no data directory.
"""
import sys

PER_LINE = 12


def main(name, source, target):
    with open(source, 'rb') as f:
        data = f.read() + b'\0'
    out = ['/* SPDX-License-Identifier: MIT */',
           '#include "fs/conf/machine_conf.h"', '',
           'const char %s[] = {' % name]
    for i in range(0, len(data), PER_LINE):
        out.append('\t' + ' '.join('%d,' % b for b in data[i:i + PER_LINE]))
    out.append('};')
    with open(target, 'w', encoding='ascii') as f:
        f.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
