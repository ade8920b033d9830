# SPDX-License-Identifier: MIT
"""One process at a time trains a run: flock(2) on a file in its folder, for the life of the process.

The kernel gives it up with the process, whatever ends that, so there is no stale lock. Child
processes made by fork, as torch's loaders are, close their copy: they may live a moment longer.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from .errors import Busy

NAME = "lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class Lock:
    """Held. `supported` is False where the file system has no locks: then nothing is excluded."""

    def __init__(self, descriptor: int, supported: bool = True) -> None:
        self._descriptor, self.supported = descriptor, supported
        os.register_at_fork(after_in_child=self._close)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def release(self) -> None:
        if self._descriptor >= 0 and self.supported:
            os.ftruncate(self._descriptor, 0)
        self._close()


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() and len(text) < 12 else None


def _busy(folder: Path, pid: int | None) -> Busy:
    who = f"process {pid}" if pid else "another process"
    hint = f"it can be stopped with: kill -INT {pid}" if pid else "wait until it has ended"
    return Busy(f"{folder} is being trained by {who}", hint, pid)


def hold(folder: Path, named: Path | None = None, wait: float = 2.0) -> Lock:
    """For as long as this process lives, or until release(). Raises Busy after `wait` seconds, OSError.

    `named`: what the user calls the run. The wait is for those that only look (holder()), and for the
    death of the process before this one.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(folder / NAME, flags, 0o600)  # who can read it could hold it
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            pid = _pid_in(descriptor)
            os.close(descriptor)
            raise _busy(named or folder, pid) from None
        except OSError as problem:
            if problem.errno in NO_LOCKS:
                return Lock(descriptor, supported=False)
            os.close(descriptor)
            raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return Lock(descriptor)


def holder(folder: Path, named: Path | None = None) -> Busy | None:
    """Who trains the run now, as the error that hold() would raise. Changes nothing."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _busy(named or folder, _pid_in(descriptor))
    except OSError:
        pass  # no locks there: nobody can be excluded
    finally:
        os.close(descriptor)
    return None
