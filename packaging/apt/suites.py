# SPDX-License-Identifier: MIT
"""suites.toml: the builds, and the suites of the repository."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from commands import Failure

FILE = Path(__file__).with_name("suites.toml")


@dataclass(frozen=True)
class Build:
    name: str
    chroot: str  # the Debian release it is built in
    suffix: str  # of the version
    suites: tuple[str, ...]  # those of the repository that have it
    profiles: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # packages that the repository does not have in these suites


@dataclass(frozen=True)
class Repository:
    origin: str
    label: str
    component: str
    builds: tuple[Build, ...]


def read(file: Path = FILE) -> Repository:
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    builds = tuple(Build(**{key: tuple(value) if isinstance(value, list) else value
                            for key, value in table.items()}) for table in data["build"])
    return Repository(**data["repository"], builds=builds)


def find(repository: Repository, names: list[str]) -> list[Build]:
    """The builds of these names; all of them where none is given."""
    known = {build.name: build for build in repository.builds}
    for name in names:
        if name not in known:
            raise Failure(f"there is no build '{name}'", f"there are: {', '.join(known)}")
    return [known[name] for name in names] if names else list(repository.builds)
