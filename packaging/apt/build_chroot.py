# SPDX-License-Identifier: MIT
"""The chroot that packages are built in: a clean Debian release with what debian/control asks for, kept in the
cache. A build never changes it: it has a layer of its own over it, which goes away with the build.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import chroot
from cache import locked
from chroot import Bind
from commands import as_root, quietly, say

# lintian is the release's own: what it asks for differs.
TOOLS = ("build-essential", "fakeroot", "ccache", "lintian", "blhc")
# The licence of a library that is copied into a package.
OPTIONS = ("--dpkgopt=path-include=/usr/share/doc/*/copyright",)
INSTALL = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0")


def build_depends(control: str) -> str:
    """The field as it is written; it decides whether a chroot is still the right one."""
    found = re.search(r"^Build-Depends:((?:.*\n)(?:[ \t].*\n)*)", control, re.MULTILINE)
    return found[1] if found else ""


class BuildChroot:
    def __init__(self, release: str, cache: Path) -> None:
        self.release = release
        self.root = cache / "apt" / release
        self.record = cache / "apt" / f"{release}.env"

    def get(self, source: Path, *, fresh: bool = False) -> None:
        """Makes it where it is missing, or was made for other packages. `source` has debian/control."""
        wanted = hashlib.sha256((" ".join(TOOLS + OPTIONS) + build_depends(
            (source / "debian/control").read_text(encoding="utf-8"))).encode()).hexdigest()
        self.root.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.root.with_name(f"{self.release}.lock"), self.release):
            if not fresh and self.root.is_dir() and self.record.is_file() \
                    and self.record.read_text(encoding="utf-8").strip() == wanted:
                return
            self._make(source)
            self.record.write_text(f"{wanted}\n", encoding="utf-8")

    def _make(self, source: Path) -> None:
        say(f"{self.release}: making a chroot to build in (three minutes)")
        self.record.unlink(missing_ok=True)
        new = self.root.with_name(f"{self.release}.new")
        remove(new)
        chroot.make(self.release, new, [*OPTIONS, f"--include={','.join(TOOLS)}"])
        for words in (("update",), ("build-dep", "/srv/source"), ("clean",)):
            quietly(f"apt-get {words[0]} in {self.release}", as_root(*chroot.enter(
                new, [*INSTALL, *words], binds=[Bind(str(source), "/srv/source")])))
        remove(self.root)
        quietly(f"renaming {new}", as_root("mv", "-T", str(new), str(self.root)))

    def argv(self, command: Sequence[str], *, layer: Path, directory: str = "/",
             binds: Sequence[Bind] = ()) -> list[str]:
        """Runs a command in the chroot under a layer that takes what it writes: `layer` is an empty folder."""
        top = shlex.quote(str(layer))
        options = shlex.quote(f"lowerdir={self.root},upperdir={layer}/upper,workdir={layer}/work")
        script = (f"mkdir -p {top}/upper {top}/work {top}/root\n"
                  f"mount -t overlay overlay -o {options} {top}/root\n"
                  "exec \"$@\"\n")
        inner = chroot.enter(layer / "root", command, directory=directory, binds=binds)
        # Its processes end with the first.
        return as_root("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
                       "sh", "-euc", script, "layer", *inner)


def remove(folder: Path) -> None:
    quietly(f"removal of {folder}", as_root("rm", "-rf", "--one-file-system", str(folder)))
