# SPDX-License-Identifier: MIT
"""users.py - another user, for as long as he is needed.

A process is forked once and then does what it is told, so that thousands of
calls by somebody else cost no thousands of processes.
"""
import atexit
import os
import socket
import struct

HEAD = struct.Struct('i i q')
ANSWER = struct.Struct('q i')


def perform(what, path, number, text):
    """(result, errno) of one call."""
    try:
        if what == b'o':
            fd = os.open(path, number)
            os.close(fd)
            return 0, 0
        try:
            fd = os.open(path, os.O_WRONLY)
        except OSError as e:
            return -2, e.errno
        try:
            return os.write(fd, text), 0
        finally:
            os.close(fd)
    except OSError as e:
        return -1, e.errno


class User:
    """Somebody with the uid and gid UID."""

    def __init__(self, uid):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            try:
                ours.close()
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                self.serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.socket = ours
        atexit.register(self.end)

    @staticmethod
    def serve(sock):
        while True:
            fds = []
            head, fds, _, _ = socket.recv_fds(sock, 1 << 16, 1)
            if not head:
                return
            path_len, number, _ = HEAD.unpack(head[:HEAD.size])
            what, rest = head[HEAD.size:][:1], head[HEAD.size + 1:]
            path, text = rest[:path_len], rest[path_len:]
            if fds:
                try:
                    answer = os.write(fds[0], text), 0
                except OSError as e:
                    answer = -1, e.errno
                os.close(fds[0])
            else:
                answer = perform(what, path, number, text)
            sock.sendall(ANSWER.pack(*answer))

    def do(self, what, where, argument):
        """('open', path, flags), ('put', path, text), ('write', fd, text):
        (result, errno)."""
        fds, path, number, text = [], b'', 0, b''
        if what == 'write':
            fds, text = [where], argument
        else:
            path = where.encode()
            number = argument if what == 'open' else 0
            text = argument if what == 'put' else b''
        message = HEAD.pack(len(path), number, 0) + what[:1].encode() + \
            path + text
        socket.send_fds(self.socket, [message], fds)
        return ANSWER.unpack(self.socket.recv(ANSWER.size))

    def end(self):
        """He leaves; once."""
        if self.pid:
            self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()
            os.waitpid(self.pid, 0)
            self.pid = 0
