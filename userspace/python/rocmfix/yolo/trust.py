# SPDX-License-Identifier: MIT
"""Whether a run's files are the user's own. ultralytics loads checkpoints that can run any code, and a
session names the model: who can write a run's files acts as the one who resumes it.

Owns that question, asked of owners and modes. Root's files count as one's own.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tempfile
from pathlib import Path

from .errors import Failure


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


def files_of(run: Path) -> list[Path]:
    """What is read of a run, as far as it is there; each directory before what is in it."""
    state, weights = run / "rocmfix", run / "weights"
    generations = sorted(state.glob("epoch-*"))
    found = [run, weights, *weights.glob("*.pt"), state, state / "session.json", *generations]
    for generation in generations:
        if generation.is_dir():
            found += generation.iterdir()
    return [path for path in found if path.exists()]


def require_own(run: Path) -> str | None:
    """A warning, or None. Raises Failure where others could have written what is to be read.

    Links are followed: in a directory that is the user's own, they are the user's own, too.
    """
    warning = None
    try:
        for path in files_of(run):
            status = path.stat()
            if (wrong := owner_problem(status)) is not None:
                raise Failure(f"{path} {wrong}: resuming from it could run that user's code",
                              f"if you trust it, copy it: cp -r {run} DIRECTORY, and resume that")  # fmt: skip
            if (wrong := mode_problem(status)) is None or warning is not None:
                continue
            if has_modes(run):
                raise Failure(f"{path} {wrong}: resuming from it could run somebody else's code",
                              f"if nobody else has written there: chmod -R go-w {run}")  # fmt: skip
            warning = (f"the file system of {run} has no permissions: "
                       "who can write there can run code as you")  # fmt: skip
    except OSError as problem:
        raise Failure(f"cannot examine {run}: {problem}") from problem
    return warning
