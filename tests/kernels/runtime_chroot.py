# SPDX-License-Identifier: MIT
"""A Debian release with its own HIP runtime, as a chroot in the cache, for the tests that run on the
simulated card. It is there whole or not at all. The chroots that kernels are built in are others.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import chroot
from cache import locked
from commands import Failure, as_root, become, call, need_root, quietly, say

SUITES = ("bookworm", "trixie", "sid")
# The runtime with its headers, a compiler for the probes, what tests are written in, and what installs a wheel.
PACKAGES = ("libamdhip64-dev", "libhsa-runtime-dev", "libdrm-dev", "rocminfo", "g++", "python3",
            "python3-pytest", "python3-venv")
# Of which the version is recorded.
RUNTIME = ("libamdhip64-[0-9]*", "libhsa-runtime64-1", "libhsakmt1")


class RuntimeChroot:
    def __init__(self, suite: str, cache: Path) -> None:
        self.suite = suite
        self.cache = cache
        self.chroot = cache / "hip" / suite
        self.record = cache / "hip" / f"{suite}.env"

    def need_root(self) -> None:
        need_root(f"ROCMFIX_CACHE={self.cache} tests/sim/suite get {self.suite}")

    def is_whole(self) -> bool:
        """There, and made for this list of packages."""
        return (self.chroot.is_dir() and self.record.is_file()
                and f"packages={' '.join(PACKAGES)}" in self.record.read_text(encoding="utf-8").splitlines())

    def get(self, *, fresh: bool = False) -> str:
        """Makes it where it is not there. What it is, as KEY=VALUE lines."""
        self.chroot.parent.mkdir(parents=True, exist_ok=True)
        # Whoever comes second waits, and finds it made.
        with locked(self.chroot.with_name(f"{self.suite}.lock"), self.suite):
            if fresh or not self.is_whole():
                self.make()
            return self.record.read_text(encoding="utf-8")

    def make(self) -> None:
        self.need_root()
        say(f"{self.suite}: making a chroot in {self.chroot} (two minutes)")
        self.record.unlink(missing_ok=True)
        new = self.chroot.with_name(f"{self.suite}.new")
        self.remove(new)
        chroot.make(self.suite, new, [f"--include={','.join(PACKAGES)}"])
        quietly("apt-get clean", as_root(*chroot.enter(new, ["apt-get", "clean"])))
        text = f"suite={self.suite}\nchroot={self.chroot}\npackages={' '.join(PACKAGES)}\n" + self.versions(new)
        self.remove(self.chroot)
        quietly(f"renaming {new}", as_root("mv", "-T", str(new), str(self.chroot)))
        written = self.record.with_name(f"{self.record.name}.new")
        written.write_text(text, encoding="utf-8")
        written.rename(self.record)

    @staticmethod
    def remove(folder: Path) -> None:
        quietly(f"removal of {folder}", as_root("rm", "-rf", "--one-file-system", str(folder)))

    @staticmethod
    def versions(root: Path) -> str:
        """Of the runtime's packages; a release does not have all of them."""
        return call(as_root(*chroot.enter(root, ["dpkg-query", "-W", "-f", r"${Package}=${Version}\n", *RUNTIME])),
                    output=subprocess.PIPE, errors=subprocess.DEVNULL)[1]

    def run(self, command: Sequence[str], *, user: str, directory: str, binds: Sequence[str]) -> NoReturn:
        """Becomes a command in it, which sees the cache and `binds` at their own paths."""
        if not self.is_whole():
            raise Failure(f"there is no chroot of {self.suite}", f"tests/sim/suite get {self.suite}")
        self.need_root()
        become(as_root(*chroot.enter(self.chroot, command, user=user, directory=directory,
                                     binds=chroot.same_path(str(self.cache), *binds))))
