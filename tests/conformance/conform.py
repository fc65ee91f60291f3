# SPDX-License-Identifier: MIT
"""conform.py - what the conformance runners share.

A runner reads a table of recorded rows (data/), does with a mount what the
row says was done with a real kernel, and compares.  Each row is a case; a
row that differs is printed with its file, case, input, what was expected and
what came.  Rows that cannot hold stand in the file "exceptions", each with
its reason: they are run as well, and must be rows that exist.

The last line counts, in the form that tests/run.sh reads.  Everything made
lies in one temporary directory, which goes away with the mount.
"""
import atexit
import collections
import ctypes
import errno
import gzip
import os
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, 'data')
NOBODY = 65534
# The log of a machine on a virtual clock has no pid of the host: who writes is
# its pid 1.
CALLER = 1

# "mount"; or "run": go inside of `run` first, where it is "inside".
WHERE = os.environ.get('RECLAIMFS_CONFORM', 'mount')
EXCEPTIONS = 'exceptions' if WHERE == 'mount' else 'exceptions_run'

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int,
                      ctypes.c_int, ctypes.c_int, ctypes.c_long]


def skip(why):
    print('skipped:', why)
    sys.exit(77)


def opener(path):
    """A table, packed or not."""
    if path.endswith('.gz'):
        return gzip.open(path, 'rt', encoding='latin-1', newline='\n')
    return open(path, encoding='latin-1', newline='\n')


def read_table(name):
    """The rows of data/NAME as dicts by the names in its first line."""
    with opener(os.path.join(DATA, name)) as f:
        head = f.readline().rstrip('\n').lstrip('#').split('\t')
        rows = []
        for line in f:
            part = line.rstrip('\n').split('\t')
            part += [''] * (len(head) - len(part))
            rows.append(dict(zip(head, part)))
    return rows


def escape(text):
    """Bytes as the recorders print them."""
    out, i = [], 0
    named = {0x0a: '\\n', 0x09: '\\t', 0x0d: '\\r', 0x5c: '\\\\'}
    while i < len(text):
        c, run = text[i], 1
        while i + run < len(text) and text[i + run] == c:
            run += 1
        if c in named:
            one = named[c]
        elif 32 <= c <= 126:
            one = chr(c)
        else:
            one = '\\x%02x' % c
        if run > 24:
            out.append('{%s*%d}' % (one, run))
            i += run
        else:
            out.append(one)
            i += 1
    return ''.join(out)


def unescape(text):
    """The bytes that escape() made TEXT of."""
    out, i = bytearray(), 0
    plain = {'n': 10, 't': 9, 'r': 13, '\\': 92}
    while i < len(text):
        repeat = 0
        if text[i] == '{':
            end = text.find('}', i)
            star = text.rfind('*', i, end)
            if end > 0 and star > 0 and text[star + 1:end].isdigit():
                repeat = int(text[star + 1:end])
                i, after = i + 1, end + 1
        if text[i] == '\\' and text[i + 1] == 'x':
            c, i = int(text[i + 2:i + 4], 16), i + 4
        elif text[i] == '\\':
            c, i = plain[text[i + 1]], i + 2
        else:
            c, i = ord(text[i]), i + 1
        out += bytes([c]) * (repeat or 1)
        if repeat:
            i = after
    return bytes(out)


def name_of(err):
    return errno.errorcode.get(err, str(err)).replace('ENOTSUP',
                                                      'EOPNOTSUPP') \
        if err else '0'


def slurp(path, size=1 << 16):
    """All that a file says, as bytes; or "!EACCES"."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as e:
        return b'!' + name_of(e.errno).encode()
    text = b''
    try:
        while True:
            part = os.read(fd, size)
            if not part:
                break
            text += part
    except OSError as e:
        if not text:
            return b'!' + name_of(e.errno).encode()
    finally:
        os.close(fd)
    return text


class Outcome(collections.namedtuple('Outcome', 'ret err value')):
    """What a call gave: (result, errno, value)."""


def call(function, *args):
    """FUNCTION's result as an Outcome; None counts as 0."""
    try:
        value = function(*args)
    except OSError as e:
        return Outcome(-1, e.errno, None)
    if isinstance(value, bytes):
        return Outcome(len(value), 0, value)
    return Outcome(value if isinstance(value, int) else 0, 0, value)


def c_call(function, *args):
    """The same for a function of libc."""
    ctypes.set_errno(0)
    value = function(*args)
    if value in (-1, ctypes.c_void_p(-1).value):
        return Outcome(-1, ctypes.get_errno(), None)
    return Outcome(value or 0, 0, value)


def as_user(uid, function):
    """FUNCTION()'s list of numbers, run by another user."""
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.write(w, ' '.join(map(str, function())).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(w)
    text = b''
    while True:
        part = os.read(r, 4096)
        if not part:
            break
        text += part
    os.close(r)
    os.waitpid(pid, 0)
    return [int(word) for word in text.split()]


def can_be_others():
    """May this process become another user?"""
    try:
        return as_user(NOBODY, lambda: [1]) == [1]
    except OSError:
        return False


class Mount:
    """A machine, mounted; gone when the program ends.

    Or the machine that this program finds itself in: with RECLAIMFS_CONFORM
    "run" it starts itself again under `reclaimfs run`, as "inside".
    """

    def __init__(self, machine, options='clock=virtual'):
        if not os.access('/dev/fuse', os.R_OK | os.W_OK):
            skip('no use of /dev/fuse here')
        self.program = os.environ.get(
            'RECLAIMFS_BIN', os.path.join(HERE, '../../build/reclaimfs'))
        self.dir = tempfile.mkdtemp()
        os.chmod(self.dir, 0o755)
        self.root = os.path.join(self.dir, 'mnt')
        atexit.register(self.end)
        if WHERE == 'inside':
            self.find()
            return
        conf = os.path.join(self.dir, 'machine.conf')
        with open(conf, 'w', encoding='ascii') as f:
            f.write(machine)
        if WHERE == 'run':
            self.again(options, conf)
        os.mkdir(self.root)
        if os.geteuid() == 0:
            options += ',allow_other'
        done = subprocess.run([self.program, 'mount', '-o', options, conf,
                               self.root], check=False)
        if done.returncode:
            print('FAILED: mount')
            sys.exit(1)

    def again(self, options, conf):
        """This program from its start, in the machine; its end is ours."""
        done = subprocess.run(
            [self.program, 'run', '-o', options, '-m', conf, '--',
             sys.executable, '-B'] + sys.argv, check=False,
            env=dict(os.environ, RECLAIMFS_CONFORM='inside'))
        sys.exit(done.returncode)

    def find(self):
        """The machine around us: what is not one is not written to."""
        self.root = '/'
        if not os.path.isdir('/proc/.host/self'):
            print('FAILED: this is not inside of a machine')
            sys.exit(1)

    def end(self):
        """Unmount and clean up; once."""
        if not self.dir:
            return
        for command in (['fusermount3', '-u'], ['umount', '-l']):
            if not os.path.ismount(self.root) or self.root == '/' or \
                    not subprocess.run(command + [self.root], check=False,
                                       stderr=subprocess.DEVNULL).returncode:
                break
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None

    def path(self, *parts):
        if WHERE == 'inside' and parts[0].startswith('sandbox'):
            parts = (os.path.dirname(os.environ['RECLAIMFS']),) + parts
        return os.path.join(self.root, *parts)

    def read(self, *parts):
        return slurp(self.path(*parts)).decode('latin-1')

    def write(self, text, *parts):
        """Write TEXT in one piece; an Outcome."""
        if isinstance(text, str):
            text = text.encode('latin-1')
        try:
            fd = os.open(self.path(*parts), os.O_WRONLY)
        except OSError as e:
            return Outcome(-2, e.errno, None)
        try:
            return call(os.write, fd, text)
        finally:
            os.close(fd)


class Log:
    """The kernel log from here on."""

    def __init__(self, mount):
        self.fd = os.open(mount.path('dev/kmsg'), os.O_RDONLY |
                          os.O_NONBLOCK)
        self.lines()

    def lines(self):
        """What is new, line by line, as bytes."""
        found = []
        while True:
            try:
                text = os.read(self.fd, 8192)
            except BlockingIOError:
                return found
            if not text:
                return found
            found.append(text.split(b';', 1)[1].split(b'\n', 1)[0])


class Report:
    """Counts cases, prints what differs, knows the exceptions."""

    def __init__(self, table):
        self.table = table
        self.passed = self.failed = self.skipped = self.excepted = 0
        self.excuses = {}
        self.used = set()
        self.holds = {}
        for exception in read_exceptions(EXCEPTIONS):
            if exception['table'] == table:
                self.excuses[exception['row']] = exception['line']

    def case(self, key, given, expected, got):
        """One row.  EXPECTED and GOT: dicts, compared key by key."""
        differs = {k: (v, got.get(k)) for k, v in expected.items()
                   if v != got.get(k)}
        row = '/'.join(key)
        if row in self.excuses:
            self.used.add(row)
            line = self.excuses[row]
            self.holds[line] = self.holds.get(line, True) and not differs
        if not differs:
            self.passed += 1
        elif row in self.excuses:
            self.excepted += 1
        else:
            self.failed += 1
            print('FAILED: %s: %s: input %s' % (self.table, row,
                                                str(given)[:200]))
            for k, (want, have) in differs.items():
                print('  %s: expected %s, got %s' %
                      (k, str(want)[:300], str(have)[:300]))

    def skip(self, *key):
        """One row that cannot be tried."""
        self.skipped += 1
        self.used.add('/'.join(key))

    def settle(self):
        """An exception names a row that exists, and not for nothing."""
        for row in sorted(set(self.excuses) - self.used):
            self.failed += 1
            print('FAILED: exceptions: %s: %s: no such row' %
                  (self.table, row))
        for line in sorted(l for l in self.holds if self.holds[l]):
            self.failed += 1
            print('FAILED: exceptions: line %d: all of its rows hold' % line)
        self.excuses, self.holds = {}, {}

    def join(self, other):
        """Count what OTHER has counted."""
        other.settle()
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.excepted += other.excepted

    def finish(self):
        """Count, and end the program."""
        self.settle()
        if self.excepted:
            print('%d rows excepted' % self.excepted)
        print('%d passed, %d failed, %d skipped' %
              (self.passed, self.failed, self.skipped))
        sys.stdout.flush()
        sys.exit(self.failed > 0)


def read_exceptions(name):
    """The rows that "exceptions" or its like names: table, row, reason, and
    the line that they stand on."""
    found = []
    with open(os.path.join(HERE, name), encoding='ascii') as f:
        for number, line in enumerate(f, 1):
            if not line.strip() or line.startswith('#'):
                continue
            table, case, files, reason = line.rstrip('\n').split('\t')
            found += [{'table': table, 'row': file + '/' + case,
                       'reason': reason, 'line': number}
                      for file in files.split(' ')]
    return found


def on_signal(number, _frame):
    sys.exit(128 + number)


for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(_number, on_signal)
