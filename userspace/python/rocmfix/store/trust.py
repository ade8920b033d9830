# SPDX-License-Identifier: MIT
"""Whether a run's files are the user's own: who can write what a run is resumed from acts as the one
who resumes it.

Owns that question, asked of owners and modes. Root's files count as one's own.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import Iterable

from .errors import Untrusted
from .generations import directories


def _is_private_group(gid: int) -> bool:
    """A group of the user alone, as Debian and Fedora make one for every user."""
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def owner_problem(status: os.stat_result) -> str | None:
    if status.st_uid in (os.geteuid(), 0):
        return None
    return f"belongs to user {status.st_uid}"


def mode_problem(status: os.stat_result) -> str | None:
    if status.st_mode & stat.S_IWOTH:
        return "can be written by everyone"
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid):
        return f"can be written by group {status.st_gid}"
    return None


def has_modes(directory: Path) -> bool:
    """False on a file system that gives every file the same mode (NTFS, CIFS). Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".mode-") as file:
        os.fchmod(file.fileno(), 0o600)
        return not os.fstat(file.fileno()).st_mode & 0o022


def files_of(folder: Path, unit: str) -> list[Path]:
    """What a store reads in its folder, of every run; each directory before what is in it."""
    found = [folder]
    for generation in sorted(directories(folder, unit)):
        found.append(generation)
        if generation.is_dir():
            found += sorted(generation.iterdir())
    return found


def require_own(paths: Iterable[Path], run: Path) -> str | None:
    """A warning, or None. Raises Untrusted where others could have written what is to be read.

    `run`: the directory that holds `paths`. Links are followed: in a directory that is the user's own,
    they are the user's own, too.
    """
    warning = None
    try:
        for path in paths:
            if not path.exists():
                continue
            status = path.stat()
            if (wrong := owner_problem(status)) is not None:
                raise Untrusted(f"{path} {wrong}: resuming from it could run that user's code",
                                f"if you trust it, copy it: cp -r {run} DIRECTORY, and resume that")  # fmt: skip
            if (wrong := mode_problem(status)) is None or warning is not None:
                continue
            if has_modes(run):
                raise Untrusted(f"{path} {wrong}: resuming from it could run somebody else's code",
                                f"if nobody else has written there: chmod -R go-w {run}")  # fmt: skip
            warning = (f"the file system of {run} has no permissions: "
                       "who can write there can run code as you")  # fmt: skip
    except OSError as problem:
        raise Untrusted(f"cannot examine {run}: {problem}") from problem
    return warning
