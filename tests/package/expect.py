# SPDX-License-Identifier: MIT
"""What a check expects. Each function raises Unexpected with what it found instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


class Unexpected(Exception):
    """Something else was found."""


@dataclass(frozen=True)
class Done:
    """What a command did: its exit status, and all that it wrote."""

    status: int
    text: str


def lines(where: Done | Path | str) -> list[str]:
    """Of an output, a text or a file. A file that cannot be read raises: it has not "not got" a line."""
    if isinstance(where, Path):
        where = where.read_text(encoding="utf-8", errors="replace")
    return (where.text if isinstance(where, Done) else where).split("\n")


def same(got: object, want: object) -> None:
    if got != want:
        raise Unexpected(f"got:  {got}\nwant: {want}")


def exits_0(done: Done) -> None:
    if done.status != 0:
        raise Unexpected(f"exit status {done.status}")


def fails(done: Done) -> None:
    if done.status == 0:
        raise Unexpected("exit status 0")


def has(where: Done | Path | str, pattern: str) -> None:
    """A line matches the regular expression somewhere."""
    if not any(re.search(pattern, line) for line in lines(where)):
        raise Unexpected(f"no line matches: {pattern}")


def has_not(where: Done | Path | str, pattern: str) -> None:
    for line in lines(where):
        if re.search(pattern, line):
            raise Unexpected(line)


def prints(done: Done, want: str) -> None:
    """It exits 0 and writes just this."""
    exits_0(done)
    same(done.text.rstrip("\n"), want)


def exists(path: Path) -> None:
    if not path.exists():
        raise Unexpected(f"there is no {path}")


def absent(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise Unexpected(f"there is {path}")


def true(holds: bool) -> None:
    if not holds:
        raise Unexpected("it does not hold")


def text_is(path: Path, want: str) -> None:
    same(path.read_text(encoding="utf-8", errors="replace"), want)


def has_mode(path: Path, want: int) -> None:
    same(oct(path.stat().st_mode & 0o7777), oct(want))
