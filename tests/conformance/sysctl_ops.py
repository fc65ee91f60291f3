# SPDX-License-Identifier: MIT
"""sysctl_ops.py - operations of the write matrix that are not one write.

One method a case of the table, named after it.  Each returns what the
recorder put into the columns ret, errno and extra.  Cases that share an open
file share it here too, since its position is a part of what they show; the
order of the table is theirs.
"""
import ctypes
import errno
import fcntl
import os
import select
import stat
import struct

from conform import Outcome, as_user, c_call, call, escape, libc, name_of
from conform import NOBODY

FLAGS = {
    'O_RDONLY': os.O_RDONLY, 'O_WRONLY': os.O_WRONLY, 'O_RDWR': os.O_RDWR,
    'O_APPEND': os.O_APPEND, 'O_TRUNC': os.O_TRUNC, 'O_CREAT': os.O_CREAT,
    'O_EXCL': os.O_EXCL, 'O_NONBLOCK': os.O_NONBLOCK, 'O_SYNC': os.O_SYNC,
    'O_DIRECT': os.O_DIRECT, 'O_DIRECTORY': os.O_DIRECTORY,
    'O_NOFOLLOW': os.O_NOFOLLOW,
}
POLL = 0x147 | select.POLLERR
IN_MODIFY, IN_CLOSE_WRITE, IN_OPEN = 2, 8, 0x20
FIONREAD, TCGETS = 0x541b, 0x5401


def flags_of(how):
    """"O_WRONLY|O_CREAT(shell >)" as a number."""
    value = 0
    for word in how.split('(')[0].split(',')[0].split('|'):
        value |= FLAGS[word]
    return value


def err_text(out):
    """What the recorder prints behind a second result."""
    return '%d %s' % (out.ret, name_of(out.err))


def access_mask(path):
    return sum(bit for bit, how in ((4, os.R_OK), (2, os.W_OK), (1, os.X_OK))
               if os.access(path, how))


def open_as(path, flags):
    """errno of open, and of reading a byte; for as_user()."""
    try:
        fd = os.open(path, flags)
        if flags == os.O_RDONLY:
            os.read(fd, 1)
    except OSError as e:
        return [e.errno]
    return [0]


class Ops:
    """The operations on one file of /proc/sys/vm."""

    def __init__(self, runner, name, v, v2):
        self.runner = runner
        self.mount = runner.mount
        self.path = runner.mount.path('proc/sys/vm', name)
        self.scratch = runner.mount.dir
        self.new = runner.mount.path('proc/sys/vm/zz_new')
        self.v = v + b'\n'
        self.v2 = v2 + b'\n'
        self.fd = -1
        self.watch = -1

    def run(self, case, how):
        """(ret, errno, extra) of one row."""
        method = getattr(self, 'do_' + case.replace('-', '_')
                         .replace('^', '_'))
        out, extra = method(how), ''
        if isinstance(out, tuple) and not isinstance(out, Outcome):
            out, extra = out
        return out.ret, name_of(out.err if out.ret < 0 else 0), extra

    def strict(self, how):
        """Set what "strict=N ..." asks for."""
        value = how.split()[0].split('=')[1]
        self.mount.write(value, 'proc/sys/kernel/sysctl_writes_strict')
        self.runner.log.lines()

    # opening

    def do_open_root(self, how):
        out = call(os.open, self.path, FLAGS[how])
        if out.ret >= 0:
            os.close(out.ret)
        return Outcome(min(out.ret, 0), out.err, None)

    def do_open_uid65534(self, how):
        err = as_user(NOBODY, lambda: open_as(self.path, FLAGS[how]))[0]
        return (Outcome(-1 if err else 0, err, None),
                'open+read(1)' if how == 'O_RDONLY' else 'open only')

    def do_access(self, _how):
        other = as_user(NOBODY, lambda: [access_mask(self.path)])[0]
        return Outcome(0, 0, None), 'access mask uid65534=%d root=%d' % (
            other, access_mask(self.path))

    def do_write_dropped_priv(self, _how):
        def dropped():
            out = call(os.write, fd, self.v)
            return [out.ret, out.err]

        fd = os.open(self.path, os.O_WRONLY)
        ret, err = as_user(NOBODY, dropped)
        os.close(fd)
        return Outcome(ret, err, None)

    def do_open_flags(self, how):
        out = call(os.open, self.path, flags_of(how), 0o644)
        return Outcome(min(out.ret, 0), out.err, None), 'open'

    def do_flags_write_V_then_V2(self, how):
        fd = os.open(self.path, flags_of(how), 0o644)
        out = call(os.write, fd, self.v)
        second = call(os.write, fd, self.v2)
        os.close(fd)
        return out, 'second write(V2)=' + err_text(second)

    def do_trunc_no_write(self, _how):
        return self.closed(call(os.open, self.path,
                                os.O_WRONLY | os.O_TRUNC))

    @staticmethod
    def closed(out):
        if out.ret >= 0:
            os.close(out.ret)
        return Outcome(min(out.ret, 0), out.err, None)

    # writes and positions

    def do_two_writes(self, how):
        self.strict(how)
        fd = os.open(self.path, os.O_WRONLY)
        out = call(os.write, fd, self.v)
        second = call(os.write, fd, self.v2)
        os.close(fd)
        return Outcome(out.ret, 0, None), 'second=' + err_text(second)

    def do_split_write(self, how):
        self.strict(how)
        fd = os.open(self.path, os.O_WRONLY)
        out = call(os.write, fd, b'1')
        second = call(os.write, fd, b'0\n')
        os.close(fd)
        return out, 'second=' + err_text(second)

    def do_pwrite(self, how):
        self.strict(how)
        fd = os.open(self.path, os.O_WRONLY)
        out = call(os.pwrite, fd, self.v, int(how.split('off=')[1]))
        os.close(fd)
        return out

    def do_lseek_write(self, how):
        self.strict(how)
        fd = os.open(self.path, os.O_WRONLY)
        os.lseek(fd, 2, os.SEEK_SET)
        out = call(os.write, fd, self.v)
        at = os.lseek(fd, 0, os.SEEK_CUR)
        os.close(fd)
        return out, 'pos after=%d' % at

    def do_rewind_write(self, how):
        self.strict(how)
        fd = os.open(self.path, os.O_WRONLY)
        call(os.write, fd, self.v)
        os.lseek(fd, 0, os.SEEK_SET)
        out = call(os.write, fd, self.v2)
        os.close(fd)
        return out

    def do_rdwr_write_read(self, _how):
        fd = os.open(self.path, os.O_RDWR)
        out = call(os.write, fd, self.v)
        at = os.lseek(fd, 0, os.SEEK_CUR)
        first = call(os.read, fd, 4096)
        os.lseek(fd, 0, os.SEEK_SET)
        again = call(os.read, fd, 4096)
        os.close(fd)
        return Outcome(out.ret, 0, None), (
            "pos after write=%d; read=%s '%s'; after lseek 0 read=%d '%s'" %
            (at, err_text(first), escape(first.value or b''), again.ret,
             escape(again.value or b'')))

    def do_rdwr_read_write(self, _how):
        fd = os.open(self.path, os.O_RDWR)
        first = call(os.read, fd, 4096)
        out = call(os.write, fd, self.v)
        at = os.lseek(fd, 0, os.SEEK_CUR)
        os.close(fd)
        return out, 'read first=%d, pos after=%d' % (first.ret, at)

    def do_writev(self, _how):
        return self.writev([self.v, self.v2])

    def do_writev_split(self, _how):
        return self.writev([self.v[:1], self.v[1:]])

    def writev(self, parts):
        fd = os.open(self.path, os.O_RDWR)
        out = call(os.writev, fd, parts)
        os.close(fd)
        return out

    # reads on one descriptor, from here to write-on-rdonly-fd

    def by_bytes(self, step):
        os.lseek(self.fd, 0, os.SEEK_SET)
        text, times = b'', 0
        while times < 5000:
            out = call(os.read, self.fd, step)
            if out.ret <= 0:
                break
            text, times = text + out.value, times + 1
        return (Outcome(len(text), 0, None),
                "%d-byte reads: %d reads got '%s' last=%d" %
                (step, times, escape(text), out.ret))

    def do_read_1byte(self, _how):
        self.fd = os.open(self.path, os.O_RDONLY)
        return self.by_bytes(1)

    def do_read_2byte(self, _how):
        return self.by_bytes(2)

    def do_read_3byte(self, _how):
        return self.by_bytes(3)

    def do_read_0byte(self, _how):
        os.lseek(self.fd, 0, os.SEEK_SET)
        return call(os.read, self.fd, 0)

    def do_pread(self, how):
        out = call(os.pread, self.fd, 4096, int(how.split('=')[1]))
        return out, "'%s'" % escape(out.value or b'')

    def do_pread_0_twice(self, _how):
        out = call(os.pread, self.fd, 4096, 0)
        second = call(os.pread, self.fd, 4096, 0)
        return out, 'second pread0=%d' % second.ret

    def do_lseek_end(self, _how):
        return call(os.lseek, self.fd, 0, os.SEEK_END)

    def do_lseek_end10(self, _how):
        return call(os.lseek, self.fd, 10, os.SEEK_END)

    def do_lseek_neg(self, _how):
        return call(os.lseek, self.fd, -1, os.SEEK_SET)

    def do_lseek_2_40(self, _how):
        return call(os.lseek, self.fd, 1 << 40, os.SEEK_SET)

    def poll(self):
        poller = select.poll()
        poller.register(self.fd, POLL)
        found = poller.poll(0)
        return (Outcome(len(found), 0, None),
                'revents=0x%x' % (found[0][1] if found else 0))

    def do_poll_before_read(self, _how):
        os.lseek(self.fd, 0, os.SEEK_SET)
        return self.poll()

    def do_poll_after_read(self, _how):
        os.read(self.fd, 4096)
        return self.poll()

    def do_poll_after_other_write(self, _how):
        self.runner.write(self.path, self.v)
        return self.poll()

    def do_select(self, _how):
        r, w, e = select.select([self.fd], [self.fd], [self.fd], 0)
        return (Outcome(len(r) + len(w) + len(e), 0, None),
                'r=%d w=%d e=%d' % (len(r), len(w), len(e)))

    def do_epoll_add(self, _how):
        with select.epoll() as poller:
            return call(poller.register, self.fd, select.EPOLLIN)

    def mmap(self, how):
        out = c_call(libc.mmap, None, 4096, 1, how, self.fd, 0)
        if out.ret >= 0:
            libc.munmap(ctypes.c_void_p(out.value), 4096)
        return Outcome(min(out.ret, 0), out.err, None)

    def do_mmap_private(self, _how):
        return self.mmap(2)

    def do_mmap_shared(self, _how):
        return self.mmap(1)

    def do_ioctl_FIONREAD(self, _how):
        out = call(fcntl.ioctl, self.fd, FIONREAD, b'\0' * 4)
        value = struct.unpack('i', out.value)[0] if out.value else -1
        return (Outcome(min(out.ret, 0), out.err, None),
                'value=%d' % value)

    def do_ioctl_TCGETS(self, _how):
        return call(fcntl.ioctl, self.fd, TCGETS, b'\0' * 64)

    def do_fsync(self, _how):
        return call(os.fsync, self.fd)

    def do_flock(self, _how):
        out = call(fcntl.flock, self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        return out

    def do_fcntl_lock(self, _how):
        lock = struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 0, 0)
        out = call(fcntl.fcntl, self.fd, fcntl.F_SETLK, lock)
        return Outcome(min(out.ret, 0), out.err, None)

    def do_fadvise(self, _how):
        return call(os.posix_fadvise, self.fd, 0, 0,
                    os.POSIX_FADV_WILLNEED)

    def do_readahead(self, _how):
        return c_call(libc.readahead, self.fd, ctypes.c_long(0),
                      ctypes.c_size_t(4096))

    def do_fstat(self, _how):
        st = os.fstat(self.fd)
        return Outcome(0, 0, None), (
            'mode=%o size=%d nlink=%d uid=%d gid=%d blocks=%d blksize=%d' %
            (st.st_mode, st.st_size, st.st_nlink, st.st_uid, st.st_gid,
             st.st_blocks, st.st_blksize))

    def do_fstatfs(self, _how):
        buf = ctypes.create_string_buffer(256)
        out = c_call(libc.fstatfs, self.fd, buf)
        word = struct.unpack('12q', buf.raw[:96])
        return out, ('f_type=0x%x bsize=%d namelen=%d blocks=%d flags=0x%x'
                     % (word[0], word[1], word[8], word[2], word[10]))

    def do_splice_to_pipe(self, _how):
        r, w = os.pipe()
        os.lseek(self.fd, 0, os.SEEK_SET)
        out = call(os.splice, self.fd, w, 4096, None, None,
                   os.SPLICE_F_NONBLOCK)
        os.close(r)
        os.close(w)
        return out

    def to_file(self, function):
        """FUNCTION(fd of a file of another file system)."""
        path = os.path.join(self.scratch, 'copy')
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.lseek(self.fd, 0, os.SEEK_SET)
        out = call(function, fd)
        os.close(fd)
        return out

    def do_sendfile_out(self, _how):
        return self.to_file(lambda fd: os.sendfile(fd, self.fd, None, 4096))

    def do_copy_file_range_out(self, _how):
        return self.to_file(lambda fd: os.copy_file_range(self.fd, fd,
                                                          4096))

    def do_write_on_rdonly_fd(self, _how):
        out = call(os.write, self.fd, self.v)
        os.close(self.fd)
        return out

    # on a descriptor for writing, to write-bad-pointer

    def do_read_on_wronly_fd(self, _how):
        self.fd = os.open(self.path, os.O_WRONLY)
        return call(os.read, self.fd, 5)

    def do_ftruncate_0(self, _how):
        return call(os.ftruncate, self.fd, 0)

    def do_ftruncate_5(self, _how):
        return call(os.ftruncate, self.fd, 5)

    def do_fallocate(self, _how):
        return c_call(libc.fallocate, self.fd, 0, ctypes.c_long(0),
                      ctypes.c_long(4096))

    def do_fchmod_0600(self, _how):
        return call(os.fchmod, self.fd, 0o600)

    def do_fchown_1(self, _how):
        return call(os.fchown, self.fd, 1, 1)

    def do_splice_from_pipe(self, _how):
        r, w = os.pipe()
        os.write(w, self.v)
        out = call(os.splice, r, self.fd, len(self.v), None, None,
                   os.SPLICE_F_NONBLOCK)
        os.close(r)
        os.close(w)
        return out

    def do_write_bad_pointer(self, _how):
        out = c_call(libc.write, self.fd, ctypes.c_void_p(8),
                     ctypes.c_size_t(4))
        os.close(self.fd)
        return out

    # by name

    def do_chmod_0666(self, _how):
        return call(os.chmod, self.path, 0o666)

    def do_chown_1(self, _how):
        return call(os.chown, self.path, 1, 1)

    def do_chown_noop(self, _how):
        return call(os.chown, self.path, -1, -1)

    def do_unlink(self, _how):
        return call(os.unlink, self.path)

    def do_rename(self, _how):
        return call(os.rename, self.path, self.new)

    def do_rename_xdev(self, _how):
        return call(os.rename, self.path, self.scratch + '/zz')

    def do_link(self, _how):
        return call(os.link, self.path, self.new)

    def do_symlink(self, _how):
        return call(os.symlink, self.path, self.new)

    def do_truncate_0(self, _how):
        return call(os.truncate, self.path, 0)

    def do_truncate_10(self, _how):
        return call(os.truncate, self.path, 10)

    def do_utimensat_now(self, _how):
        return call(os.utime, self.path)

    def do_setxattr(self, _how):
        return call(os.setxattr, self.path, 'user.x', b'1')

    def do_getxattr(self, _how):
        return call(os.getxattr, self.path, 'user.x')

    def do_listxattr(self, _how):
        return call(lambda: len(os.listxattr(self.path)))

    def do_open_below(self, _how):
        return self.closed(call(os.open, self.path + '/x', os.O_RDONLY))

    def do_open_trailing_slash(self, _how):
        return self.closed(call(os.open, self.path + '/', os.O_RDONLY))

    def do_inotify_add(self, _how):
        self.watch = libc.inotify_init1(os.O_NONBLOCK)
        out = c_call(libc.inotify_add_watch, self.watch,
                     self.path.encode(),
                     IN_MODIFY | IN_CLOSE_WRITE | IN_OPEN)
        return Outcome(min(out.ret, 0), out.err, None)

    def do_inotify_events(self, _how):
        self.runner.write(self.path, self.v)
        out = call(os.read, self.watch, 4096)
        os.close(self.watch)
        extra = 'read after write V: %d bytes' % out.ret
        text = out.value or b''
        while text:
            mask, name_len = struct.unpack('i', text[4:8])[0], \
                struct.unpack('I', text[12:16])[0]
            extra += ' mask=0x%x' % mask
            text = text[16 + name_len:]
        return Outcome(0, 0, None), extra


class DirOps:
    """The operations on the directory itself."""

    def __init__(self, mount):
        self.dir = mount.path('proc/sys/vm')
        self.new = mount.path('proc/sys/vm/zz_new')
        self.mount = mount
        self.fd = -1
        d, q = self.dir, self.new
        real = mount.dir + '/real'
        self.calls = {
            'create': (os.open, q, os.O_CREAT | os.O_WRONLY, 0o644),
            'creat-excl': (os.open, q, os.O_CREAT | os.O_EXCL |
                           os.O_WRONLY, 0o644),
            'open-missing': (os.open, q, os.O_RDONLY),
            'mkdir': (os.mkdir, q, 0o755),
            'rmdir-missing': (os.rmdir, q),
            'rmdir-dir': (os.rmdir, d),
            'unlink-missing': (os.unlink, q),
            'unlink-dir': (os.unlink, d),
            'symlink': (os.symlink, 'x', q),
            'mknod': (os.mknod, q, stat.S_IFREG | 0o644),
            'mkfifo': (os.mkfifo, q, 0o644),
            'rename-dir': (os.rename, d, mount.path('proc/sys/zz')),
            'chmod-dir': (os.chmod, d, 0o777),
            'chown-dir': (os.chown, d, 1, 1),
            'open-dir-wr': (os.open, d, os.O_WRONLY),
            'open-dir-rdwr': (os.open, d, os.O_RDWR),
            'open-tmpfile': (os.open, d, os.O_TMPFILE | os.O_RDWR, 0o600),
            'truncate-dir': (os.truncate, d, 0),
            'link-in': (os.link, mount.path('proc/version'), q),
            'rename-in': (os.rename, mount.dir + '/none', q),
            'rename-in-real': (os.rename, real, q),
            'utimensat-dir': (os.utime, d),
        }
        with open(real, 'wb'):
            pass

    def run(self, case):
        """ret and errno of one row."""
        if case == 'open-dir-ro':
            out = call(os.open, self.dir, os.O_RDONLY)
            self.fd = out.ret
        elif case == 'read-dir':
            out = call(os.read, self.fd, 10)
        elif case == 'lseek-dir':
            out = call(os.lseek, self.fd, 0, os.SEEK_SET)
        elif case == 'fsync-dir':
            out = call(os.fsync, self.fd)
        elif case == 'access-dir-w':
            allowed = os.access(self.dir, os.W_OK)
            out = Outcome(0 if allowed else -1, errno.EACCES, None)
        else:
            out = call(*self.calls[case])
        return out.ret, name_of(out.err if out.ret < 0 else 0)

    def stat(self):
        st = os.stat(self.dir)
        return 'mode=%o nlink=%d size=%d' % (st.st_mode, st.st_nlink,
                                             st.st_size)
