# SPDX-License-Identifier: MIT
"""Writing files that a process that dies at any moment leaves whole, and reading back what is on the
disk. Never through a link.

Whatever the umask is, only the user can write what is made here: a session and a checkpoint decide
what a resumed process runs (trust.py).
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator, Union

from .errors import Damaged

# A writer is given something with write(): what is large need not be in memory twice.
Content = Union[bytes, Callable[[Any], object]]
_PIECE = 1 << 20


def sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Summed:
    """A file that is written once from its beginning, and the sum of what was."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sum, self._bytes = file, hashlib.sha256(), 0

    def write(self, content: Any) -> int:
        self._file.write(content)
        self._sum.update(content)
        self._bytes += memoryview(content).nbytes
        return memoryview(content).nbytes

    def flush(self) -> None:
        self._file.flush()

    def digest(self) -> dict[str, Any]:
        return {"bytes": self._bytes, "sha256": self._sum.hexdigest()}


def digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _own(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)


def write_new(path: Path, content: Content) -> dict[str, Any]:
    """A file that must not exist, on the disk when this returns. Gives its digest. Raises OSError."""
    with open(path, "xb", opener=_own) as file:
        summed = _Summed(file)
        if isinstance(content, bytes):
            summed.write(content)
        else:
            content(summed)
        file.flush()
        os.fsync(file.fileno())
    return summed.digest()


def _pieces(path: Path, size: Any, from_disk: bool) -> Iterator[bytes]:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(path, flags), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            raise Damaged(f"{path.name} is not what was written")
        if from_disk:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        left = status.st_size
        while left and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


def read_file(path: Path, size: Any) -> bytes:
    """Raises Damaged, OSError."""
    return b"".join(_pieces(path, size, from_disk=False))


def digest_of(path: Path, size: Any) -> dict[str, Any]:
    """Of what is on the disk and not in the page cache, as far as the kernel obliges. Raises Damaged, OSError."""
    total, summed = 0, hashlib.sha256()
    for piece in _pieces(path, size, from_disk=True):
        total += len(piece)
        summed.update(piece)
    return {"bytes": total, "sha256": summed.hexdigest()}


def link_or_copy(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no such thing."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        write_new(target, source.read_bytes())


def write_atomically(path: Path, content: bytes) -> None:
    """The old file or the new one, never a mixture. Raises OSError; then the old one is there."""
    for stale in path.parent.glob(f".{path.name}-????????"):  # of a process that died here
        stale.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644 & ~_umask())
        os.replace(name, path)
    except BaseException:
        if os.path.exists(name):
            os.unlink(name)
        raise
    sync_directory(path.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
