# SPDX-License-Identifier: MIT
"""Debian 12's packages, built a second time from nothing: every package is the same, bit for bit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import build
from context import Context
from expect import same


def sums(folder: Path) -> dict[str, str]:
    return {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in sorted(folder.glob("*.deb"))}


def run(c: Context) -> None:
    again = c.work / "again"
    build.run(c.build("deb12"), again, c.cache)
    first, second = sums(c.packages / "deb12"), sums(again)
    c.check("the second build made the same packages", same, sorted(second), sorted(first))
    for name, digest in first.items():
        c.check(f"{name} is the same", same, second.get(name), digest)
