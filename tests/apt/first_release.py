# SPDX-License-Identifier: MIT
"""The first packages that this project had, built from git's history for Debian 12, to be upgraded from."""

from __future__ import annotations

import functools
from pathlib import Path

import build
import source
from suites import Build

COMMIT = "6459fcf"
# It called itself 0.1.0 as well. No suffix: its DKMS source does not know one.
VERSION = "0.0.1"


def packages(cache: Path, ccache: str = "") -> list[Path]:
    """Built once, and kept in the cache."""
    output = cache / "apt/first-release"
    if not list(output.glob("*.deb")):
        build.run(Build("first-release", "bookworm", "", ("bookworm",)), output, cache, ccache=ccache,
                  version=VERSION, copy=functools.partial(source.copy_commit, COMMIT))
    return sorted(output.glob("*.deb"))
