# SPDX-License-Identifier: MIT
"""debian/tests, on a clean Debian 12, with the packages of dist/packages as autopkgtest installs them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import source
import system
from commands import quietly
from context import Context
from expect import Done, Unexpected, same
from machine import Machine, finished

# The whole amdgpu takes half an hour.
HEAVY = "ROCMFIX_HEAVY"


@contextlib.contextmanager
def file_systems(root: Path) -> Iterator[None]:
    """autopkgtest's chroot backend expects them to be there."""
    mounts = [("proc", ["-t", "proc", "proc"]), ("sys", ["-t", "sysfs", "-o", "ro", "sys"]),
              ("dev", ["--rbind", "/dev"])]
    for name, words in mounts:
        quietly(f"mount of {name}", ["mount", *words, str(root / name)])
    try:
        yield
    finally:
        for name, _ in reversed(mounts):
            quietly(f"umount of {name}", ["umount", "-l", "-R", str(root / name)])


def results(summary: str) -> dict[str, str]:
    return dict(re.findall(r"^(\S+) +(PASS|FAIL|SKIP|FLAKY)\b", summary, re.MULTILINE))


def passed(found: dict[str, str], name: str, done: Done, logs: Path) -> None:
    """What the test wrote, or where there is none of it, what autopkgtest did."""
    if found.get(name) != "PASS":
        written = [file.read_text(encoding="utf-8", errors="replace") for file in sorted(logs.glob(f"{name}-std*"))]
        raise Unexpected(f"{name}: {found.get(name)}\n{''.join(written) or done.text}")


def run(c: Context) -> None:
    build = c.build("deb12")
    tree = c.work / "tree"
    source.copy_tree(tree)
    source.add_entry(tree / "debian/changelog", build.suffix, "bookworm")
    names = [name for line in re.findall(r"^Tests: (.*)$", (tree / "debian/tests/control").read_text(encoding="utf-8"),
                                         re.MULTILINE) for name in line.split()]
    with system.layered(system.clean("bookworm", c.cache), c.work / "autopkgtest") as machine, \
            file_systems(machine.root):
        prepare(machine)
        logs = c.work / "autopkgtest-logs"
        heavy = [f"--env={HEAVY}=1"] if os.environ.get(HEAVY) else []
        done = finished(["autopkgtest", "--no-built-binaries", *heavy, "--output-dir", str(logs),
                         *map(str, sorted((c.packages / build.name).glob("*.deb"))), f"{tree}/", "--",
                         "chroot", str(machine.root)])
        found = results((logs / "summary").read_text(encoding="utf-8"))
    c.log = lambda: ""
    for name in names:
        if found.get(name) == "SKIP" and not heavy:
            c.tap.skip(f"autopkgtest: {name}", f"{HEAVY}=1 runs it")
        else:
            c.check(f"autopkgtest: {name}", passed, found, name, done, logs)
    c.check("autopkgtest: no other test ran", same, sorted(found), sorted(names))


def prepare(machine: Machine) -> None:
    """The network as this machine has it."""
    for name in ("resolv.conf", "hosts"):
        target = machine.root / "etc" / name
        target.unlink(missing_ok=True)
        target.write_text(Path("/etc", name).read_text(encoding="utf-8"), encoding="utf-8")
