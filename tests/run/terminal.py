# SPDX-License-Identifier: MIT
"""A real terminal, with this test at the keyboard: a pty whose session leader is the command."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


class Terminal:
    """`with Terminal(command, env) as terminal:`; what was printed so far is `terminal.output`."""

    def __init__(self, command, env, size=(24, 80)):
        self.output = b""
        self.seen = 0
        self.status = None
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                words = [os.fsencode(word) for word in command]
                # The size is there before the command can look.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
                os.execve(words[0], words, {os.fsencode(k): os.fsencode(v) for k, v in env.items()})
            finally:
                os._exit(99)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        if self.status is None:
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and self.status is None:
                self._collect(os.WNOHANG)
                time.sleep(0.02)
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._collect(0)

    def _collect(self, flags):
        pid, status = os.waitpid(self.pid, flags)
        if pid:
            self.status = status

    def hang_up(self):
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text)

    def modes(self):
        return termios.tcgetattr(self.master)

    def read(self, seconds):
        """Reads for so long, or until the other side is gone; False then."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                return True
            try:
                chunk = os.read(self.master, 65536)
            except OSError:  # EIO
                return False
            if not chunk:
                return False
            self.output += chunk
            return True
        return True

    def expect(self, text, seconds=30):
        """Waits until `text` comes, after what was expected before; what came before it."""
        deadline = time.monotonic() + seconds
        open_end = True
        while (at := self.output.find(text, self.seen)) < 0:
            left = deadline - time.monotonic()
            assert left > 0 and open_end, f"{text!r} did not come; this did: {self.output!r}"
            open_end = self.read(min(left, 0.2))
        before = self.output[self.seen : at]
        self.seen = at + len(text)
        return before

    def end(self, seconds=30):
        """Reads to the end; the exit status, negative for a signal."""
        deadline = time.monotonic() + seconds
        while self.read(max(0.0, min(0.2, deadline - time.monotonic()))):
            assert time.monotonic() < deadline, f"no end; so far: {self.output!r}"
        self._collect(0)
        return os.waitstatus_to_exitcode(self.status)
