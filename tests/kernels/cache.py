# SPDX-License-Identifier: MIT
"""What is kept between runs: where, under which locks, and the record of an environment.

Two locks a Debian release: RELEASE.lock is for those who check the archive, one after another;
RELEASE.use is shared by those who run something in the chroot, and waited for by one who is about
to replace packages there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from commands import say


def directory() -> Path:
    given = os.environ.get("ROCMFIX_CACHE")
    if given:
        return Path(given).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(base) / "rocmfix").resolve()


@contextlib.contextmanager
def locked(path: Path, who: str, *, shared: bool = False) -> Iterator[None]:
    """What is started under it inherits it: if this program is killed, the lock is kept until the apt
    that it leaves behind has ended."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        os.set_inheritable(descriptor, True)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{who}: waiting for another process that uses the chroot")
            fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


# In the order in which they are written and printed.
KEYS = ("name", "suite", "series", "release", "version", "chroot", "headers", "pristine", "tarball",
        "tools")


@dataclass(frozen=True)
class Record:
    """What an environment is: KEY=VALUE lines. Written whole or not at all."""

    path: Path

    def values(self) -> dict[str, str]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def write(self, values: dict[str, str]) -> None:
        new = self.path.with_name(self.path.name + ".new")
        new.write_text("".join(f"{key}={values[key]}\n" for key in KEYS), encoding="utf-8")
        new.rename(self.path)

    def is_whole(self, tools: str) -> bool:
        """All of it is there still, and it was made with these tools."""
        values = self.values()
        if not all(values.get(key) for key in KEYS) or values["tools"] != tools:
            return False
        return (Path(values["chroot"] + values["headers"]).is_dir() and Path(values["pristine"]).is_dir()
                and Path(values["tarball"]).is_file())

    def is_older_than(self, path: Path) -> bool:
        try:
            return self.path.stat().st_mtime_ns < path.stat().st_mtime_ns
        except FileNotFoundError:
            return True


def is_recent(path: Path, minutes: int) -> bool:
    try:
        return time.time() - path.stat().st_mtime < minutes * 60
    except FileNotFoundError:
        return False
