# SPDX-License-Identifier: MIT
"""The newest point release of a kernel series that an archive has whole."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

# The cloud and rt flavours have names of their own.
HEADERS = re.compile(r"linux-headers-(?P<release>(?P<series>\d+\.\d+)\.(?!.*-(?:cloud|rt)-).*-amd64)")
# What a kernel consists of: from 7.x on its modules and its image are packages of their own.
IMAGE = re.compile(r"linux-(?:image|base|binary|modules)-\d")


@dataclass(frozen=True)
class Package:
    name: str
    version: str


@dataclass(frozen=True)
class PointRelease:
    version: str  # of linux-source
    release: str  # uname -r
    image: tuple[str, ...]  # what its kernel is in, as apt takes it: NAME=VERSION


def parse(text: str) -> list[Package]:
    """The kernel's packages out of files of the archive that are called Packages."""
    packages, name = [], ""
    for line in text.splitlines():
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ").strip()
        elif line.startswith("Version: ") and name.startswith("linux-"):
            packages.append(Package(name, line.removeprefix("Version: ").strip()))
    return packages


def _compare(one: str, other: str) -> int:
    for relation, result in (("lt", -1), ("gt", 1)):
        if subprocess.run(["dpkg", "--compare-versions", one, relation, other],
                          check=False).returncode == 0:
            return result
    return 0


def newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(set(versions), key=functools.cmp_to_key(_compare), reverse=True)


def newest(packages: Iterable[Package], series: str) -> PointRelease | None:
    """The newest source that has headers of the same version: the archive gets the two at different
    hours."""
    packages = list(packages)
    sources = (package.version for package in packages if package.name == f"linux-source-{series}")
    for version in newest_first(sources):
        same = [package.name for package in packages if package.version == version]
        for headers in filter(None, map(HEADERS.fullmatch, same)):
            if headers["series"] == series:
                release = headers["release"]
                image = sorted({f"{name}={version}" for name in same
                                if IMAGE.match(name) and name.endswith(f"-{release}")})
                return PointRelease(version, release, tuple(image))
    return None
