# SPDX-License-Identifier: MIT
"""A clean system of the tests, which knows Debian's archive and nothing of rocmfix: a layer over a chroot that
is kept in the cache, mounted in the tests' own mount namespace. It gets rocmfix as a user does, by the key and the
source that are in the repository.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import chroot
from cache import locked
import repository
import suites
from commands import quietly, say
from expect import Done
from machine import Machine, remove

SOURCES = "etc/apt/sources.list.d/rocmfix.sources"
KEY = repository.KEY_PLACE[1:]


def clean(release: str, cache: Path) -> Path:
    """Made once. apt's lists are in it, so that every test sees the same archive."""
    root = cache / "apt" / f"clean-{release}"
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root.with_name(f"{root.name}.lock"), root.name):
        if not root.is_dir():
            say(f"{release}: making a clean system (a minute)")
            new = root.with_name(f"{root.name}.new")
            remove(new)
            chroot.make(release, new)
            quietly("apt-get update", chroot.enter(new, ["apt-get", "-q", "update"]))
            new.rename(root)
    return root


@contextlib.contextmanager
def layered(base: Path, work: Path) -> Iterator[Machine]:
    """A machine that is `base`, until something is changed."""
    for name in ("upper", "work", "root"):
        (work / name).mkdir(parents=True)
    quietly("mount of a layer", ["mount", "-t", "overlay", "overlay", "-o",
                                 f"lowerdir={base},upperdir={work}/upper,workdir={work}/work", str(work / "root")])
    try:
        yield Machine(work / "root", "")
    finally:
        quietly("umount of a layer", ["umount", "-l", str(work / "root")])
        shutil.rmtree(work, ignore_errors=True)


def add_source(machine: Machine, url: str, suite: str, key: str) -> Done:
    """The key and the source where the guide puts them, then apt-get update: of rocmfix's source alone."""
    (machine.root / KEY).parent.mkdir(parents=True, exist_ok=True)
    (machine.root / KEY).write_text(key, encoding="utf-8")
    (machine.root / SOURCES).write_text(repository.source_of(suites.read(), url, suite), encoding="utf-8")
    return update(machine)


def update(machine: Machine) -> Done:
    return machine.apt("-o", f"Dir::Etc::SourceList=/{SOURCES}", "-o", "Dir::Etc::SourceParts=/dev/null",
                       "-o", "APT::Get::List-Cleanup=0", "-o", "Acquire::Retries=0", "update")
