# SPDX-License-Identifier: MIT
"""Verified generations in a folder: what a run resumes from after its process has died at any moment.

One directory each, epoch-00007 or step-00500, that appears whole or not at all: it is written under
another name, flushed, read back from the disk, checked, and then renamed. It counts only when its
manifest lists every file that is used from it. The two newest are kept.

A folder may hold generations of more than one run: a store sees those of its own run alone, because
the numbers of two runs have nothing to do with each other.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Union

from . import manifest
from .errors import Damaged
from .files import Content, digest_of, link_or_copy, sync_directory, write_new
from .manifest import Generation

# A Path is a file on this file system that nobody writes any more: it gets a second name. A text is the
# name of an earlier item: the same file.
Item = Union[Content, Path, str]

KEPT = 2
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _number(path: Path) -> int:
    return int(path.name.rpartition("-")[2])


def directories(folder: Path, unit: str) -> list[Path]:
    """Highest number first, of all runs; whether they are whole is not looked at."""
    if not folder.is_dir():
        return []
    form = re.compile(re.escape(unit) + r"-\d{5,18}")
    return sorted((path for path in folder.iterdir() if form.fullmatch(path.name)), key=_number, reverse=True)


def _run_of(path: Path) -> str | None:
    """None: it does not say."""
    try:
        return manifest.read_manifest(path, frozenset(), None).run
    except (Damaged, OSError, ValueError, RecursionError):
        return None


def last_run(folder: Path, unit: str) -> str | None:
    """The run of the generation that was made last. None: there is none that says."""
    last: Generation | None = None
    for path in directories(folder, unit):
        try:
            one = manifest.read_manifest(path, frozenset(), None)
        except (Damaged, OSError, ValueError, RecursionError):
            continue
        if last is None or one.time > last.time:
            last = one
    return last.run if last is not None else None


def _remove(path: Path) -> None:
    """Under another name first: what is half removed is no generation."""
    aside = path.with_name(f".old-{path.name}")
    shutil.rmtree(aside, ignore_errors=True)
    os.rename(path, aside)
    shutil.rmtree(aside, ignore_errors=True)


class Store:
    """`required`: the files without which a generation does not count. `optional`: others that it may
    have; None for any. `facts_problem`: what is wrong with the facts that a manifest has."""

    def __init__(
        self, folder: Path, unit: str = "epoch", run: str = "", *,
        required: frozenset[str] = frozenset(), optional: frozenset[str] | None = None,
        facts_problem: Callable[[dict[str, Any]], str | None] = lambda facts: None,
    ) -> None:  # fmt: skip
        self.folder, self.unit, self.run = Path(folder), unit, run
        self._required, self._optional, self._facts_problem = required, optional, facts_problem
        self.gave_up = False  # the last keep() had no room until the older one was given up

    def generations(self) -> list[Path]:
        """Newest first: this run's, and those that do not say whose they are."""
        found = directories(self.folder, self.unit)
        return [path for path in found if _run_of(path) in (self.run, None)]

    def foreign(self) -> list[Path]:
        """Of other runs, newest first."""
        found = directories(self.folder, self.unit)
        return [path for path in found if _run_of(path) not in (self.run, None)]

    def verify(self, directory: Path) -> Generation:
        """Reads every byte that will be used. Raises Damaged."""
        try:
            generation = manifest.read_manifest(directory, self._required, self._optional)
            if (wrong := self._facts_problem(generation.facts)) is not None:
                raise Damaged(f"{manifest.NAME}: {wrong}")
            read: dict[int, dict[str, Any]] = {}  # a file may have two names
            for name, expected in generation.files.items():
                inode = os.lstat(directory / name).st_ino
                if inode not in read:
                    read[inode] = digest_of(directory / name, expected.get("bytes"))
                if read[inode] != expected:
                    raise Damaged(f"{name} is not what was written")
            return generation
        except (OSError, ValueError, RecursionError) as problem:
            raise Damaged(str(problem) or type(problem).__name__) from problem

    def newest(self) -> tuple[Generation | None, list[str]]:
        """The newest of this run that is whole, and what was wrong with those that were newer."""
        complaints: list[str] = []
        for path in self.generations():
            try:
                return self.verify(path), complaints
            except Damaged as problem:
                complaints.append(f"{path.name}: {problem}")
        return None, complaints

    def last_kept(self) -> Generation | None:
        """The newest of this run that has a manifest. Whether its files are whole is not looked at."""
        for path in self.generations():
            try:
                return manifest.read_manifest(path, self._required, self._optional)
            except (Damaged, OSError, ValueError, RecursionError):
                continue
        return None

    def keep(
        self, number: int, contents: Mapping[str, Item], facts: dict[str, Any],
        check: Callable[[Generation], object] = lambda generation: None,
    ) -> Generation:  # fmt: skip
        """A new generation, by which one with the same number is replaced.

        `check` loads what was written and raises Damaged. That and OSError come out of here; then
        what was kept before still counts, and nothing of the new one is left.
        """
        self._sweep()
        self.gave_up = False
        try:
            return self._keep(number, contents, facts, check)
        except OSError as problem:
            if problem.errno not in NO_ROOM or not self._give_up_the_older():
                raise
            self.gave_up = True
            return self._keep(number, contents, facts, check)
        finally:
            self._sweep()

    def _keep(
        self, number: int, contents: Mapping[str, Item], facts: dict[str, Any],
        check: Callable[[Generation], object],
    ) -> Generation:  # fmt: skip
        self._sweep()
        new = self.folder / f".new-{self.unit}-{number:05d}"
        new.mkdir(0o755)
        files: dict[str, Any] = {}
        for name, content in contents.items():
            if isinstance(content, str):
                link_or_copy(new / content, new / name)
                files[name] = files[content]
            elif isinstance(content, Path):
                link_or_copy(content, new / name)
                files[name] = digest_of(new / name, os.lstat(new / name).st_size)
            else:
                files[name] = write_new(new / name, content)
        made = Generation(new, number, facts, files, self.run, time.time())
        write_new(new / manifest.NAME, made.document())
        sync_directory(new)
        check(self.verify(new))  # what is on the disk

        target = self.folder / f"{self.unit}-{number:05d}"
        if target.exists() and _run_of(target) in (self.run, None):  # damaged, or trained again
            _remove(target)
        set_aside([target], self.folder / "earlier")  # another run's
        os.rename(new, target)
        sync_directory(self.folder)
        self._prune(number)
        return Generation(target, number, facts, files, self.run, made.time)

    def clear(self) -> int:
        """Removes this run's generations, which nothing will be resumed from. Gives the bytes freed."""
        own = self.generations()
        files = [os.lstat(file) for path in own if path.is_dir() for file in path.iterdir()]
        for path in own:
            _remove(path)
        return sum({file.st_ino: file.st_size for file in files}.values())

    def _prune(self, number: int) -> None:
        """The two newest stay. What has a higher number was not whole, or its epochs were undone."""
        own = self.generations()
        for path in [one for one in own if _number(one) > number] + [
            one for one in own if _number(one) <= number
        ][KEPT:]:
            _remove(path)

    def _give_up_the_older(self) -> bool:
        """Room for the new one, once the one that stays has been read."""
        whole, _ = self.newest()
        others = [path for path in self.generations() if whole is not None and path != whole.directory]
        for path in others:
            _remove(path)
        return bool(others)

    def _sweep(self) -> None:
        """What a process that died, or a full disk, has left half done."""
        for pattern in (".new-*", ".old-*"):
            for stale in self.folder.glob(pattern):
                shutil.rmtree(stale, ignore_errors=True)


def set_aside(paths: list[Path], folder: Path, within: str = "") -> Path | None:
    """Moves `paths` into the first of folder-1, folder-2 ... that is not there, or a new directory of it.

    None: no path exists.
    """
    existing = [path for path in paths if os.path.lexists(path)]
    if not existing:
        return None
    for count in range(1, 10**6):
        target = folder.with_name(f"{folder.name}-{count}")
        try:
            target.mkdir(0o755)
            break
        except FileExistsError:
            continue
    inner = target / within
    inner.mkdir(0o755, exist_ok=True)
    for path in existing:
        os.rename(path, inner / path.name)
    sync_directory(inner)
    sync_directory(target)
    return target
