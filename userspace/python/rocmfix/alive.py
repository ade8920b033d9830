# SPDX-License-Identifier: MIT
"""rocmfix.alive(): what a program says to rocmfix-run, so that a hang is seen and progress counts.

The file is that of userspace/hip/alive/alive_file.hpp, which says what is where in it. A beat is a
store into shared memory. Nothing here ever raises: a training must not end by its own heartbeat.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import signal

MAGIC = int.from_bytes(b"rfalive1", "little")
SIZE = 4096
# Numbers of 64-bit words.
HEAD_MAGIC, STACKS_SIGNAL, BEATS, PROGRESS, LIMIT_MS = 0, 2, 8, 9, 10

_pid = 0  # whose file is open: a forked child has one of its own
_words: memoryview | None = None
_stacks_signal = 0


def _start_of_this_process() -> int:
    with open("/proc/self/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])


def _offer_stacks(words: memoryview) -> None:
    """rocmfix-run sends the signal before it ends a hang: the stacks of all threads go to stderr."""
    global _stacks_signal
    if not _stacks_signal:  # a forked child has its parent's handler
        number = signal.SIGRTMAX - 4
        if signal.getsignal(number) is not signal.SIG_DFL:
            return
        faulthandler.register(number)
        _stacks_signal = number
        # What rocmfix-run has set for programs that do not come here. The stacks at an abort after a
        # GPU fault only show where the program was when the driver noticed.
        if os.environ.get("PYTHONFAULTHANDLER") == "rocmfix-run":
            faulthandler.disable()
    words[STACKS_SIGNAL] = _stacks_signal


def _open() -> None:
    """Once a process."""
    global _pid, _words
    _pid, _words = os.getpid(), None
    folder = os.environ.get("ROCMFIX_ALIVE_DIR")
    if not folder:
        return
    try:
        path = f"{folder}/{_pid}-{_start_of_this_process()}"
        # CLOEXEC is Python's default. Without NONBLOCK a FIFO of that name would be waited for.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            # Blocks, and not only a length: a store into a hole of a full file system is SIGBUS.
            os.posix_fallocate(file, 0, SIZE)
            words = memoryview(mmap.mmap(file, SIZE)).cast("Q")
        finally:
            os.close(file)
        words[HEAD_MAGIC] = MAGIC
        _words = words
        _offer_stacks(words)
    except (OSError, ValueError, RuntimeError, AttributeError):  # no stderr, too
        pass


def alive(progress: bool = False) -> None:
    """A heartbeat: the program is getting on with its work.

    Call it once a batch, or once an iteration. With progress=True: something has been kept (a
    checkpoint) that the next attempt resumes from. After a fault, an attempt that made progress is
    started again unchanged; `rocmfix-run --hang-after` ends one that has been silent for too long.
    Cheap, never raises, and does nothing outside of rocmfix-run.
    """
    if _pid != os.getpid():
        _open()
    words = _words
    if words is not None:
        words[BEATS] += 1
        if progress:
            words[PROGRESS] += 1


def set_limit(seconds: float) -> None:
    """For `rocmfix-run --hang-after auto`: a silence of this length is still normal."""
    if _pid != os.getpid():
        _open()
    words = _words
    if words is not None:
        words[LIMIT_MS] = max(1, min(int(seconds * 1000), 2**63))
