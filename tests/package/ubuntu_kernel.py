# SPDX-License-Identifier: MIT
"""Packages of a kernel as Ubuntu has them, made of Debian's kernel: its headers in two packages, its
modules, an older linux-source, and the source package in a signed archive. A stand-in: what it shows
is that rocmfix reads this layout, not that it was tried on Ubuntu."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from commands import quietly
from machine import Machine
from standin import make_package, pack, sublevel
from story import TestedKernel

sys.path.append(str(Path(__file__).resolve().parents[1] / "dkms"))
ubuntu = importlib.import_module("ubuntu")

CONTROL = """\
Package: {name}
Source: {source}
Version: {version}
Architecture: amd64
Maintainer: rocmfix tests <tests@rocmfix.invalid>
{more}Description: stand-in for Ubuntu's {name}
"""


class UbuntuKernel:
    """6.1.0-45-generic, of the source package linux-hwe-6.1 6.1.0-45.45~22.04.1."""

    def __init__(self, debian: TestedKernel, work: Path) -> None:
        self.debian = debian
        self.work = work
        self.abi = f"{debian.series}.0-45"
        self.release = f"{self.abi}-generic"
        self.source = f"linux-hwe-{debian.series}"
        self.version = f"{self.abi}.45~22.04.1"
        self.upstream = sublevel(debian.source)
        self.packages = work / "ubuntu"
        self.packages.mkdir()

    def pack(self, name: str, tree: Path, depends: str = "") -> None:
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN/control").write_text(
            CONTROL.format(name=name, source=self.source, version=self.version,
                           more=f"Depends: {depends}\n" if depends else ""), encoding="utf-8")
        pack(tree, self.packages)

    def make_packages(self, machine: Machine) -> list[Path]:
        self._make_headers(machine)
        self._make_modules(machine)
        make_package(self.packages, "linux-headers-generic", f"{self.abi}.45", depends=f"linux-headers-{self.release}")
        # Ubuntu's is of the release's first series: another version than that of the hwe kernel. Newer
        # than Debian's own package of this name, so that apt leaves it.
        old = f"linux-source-{self.debian.series}.0"
        make_package(self.packages, old, f"{self.debian.series}.0-40.40")
        make_package(self.packages, "linux-source", "99:1", depends=old)
        return sorted(self.packages.glob("*.deb"))

    # --- headers

    def _unpack_debians(self, machine: Machine) -> Path:
        """Debian's three packages of headers, unpacked."""
        folder = machine.root / "srv/debs"
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        headers = machine.kernel
        common = re.sub(r"-[a-z]+\d*$", "-common", headers)
        quietly("download of Debian's headers", machine.argv(
            "sh", "-c", f"cd /srv/debs && apt-get -q download linux-headers-{headers} linux-headers-{common} "
                        f"linux-kbuild-{self.debian.series}"))
        tree = self.work / "debians"
        for deb in folder.glob("*.deb"):
            quietly(f"unpacking {deb.name}", ["dpkg-deb", "-x", str(deb), str(tree)])
        shutil.rmtree(folder)
        return tree

    def _make_headers(self, machine: Machine) -> None:
        """linux-headers-6.1.0-45 has what is the same for every flavour; the flavour's links to it."""
        debians = self._unpack_debians(machine)
        flavour = debians / f"usr/src/linux-headers-{machine.kernel}"
        common = next(path for path in (debians / "usr/src").iterdir() if path.name.endswith("-common"))
        kbuild = debians / f"usr/lib/linux-kbuild-{self.debian.series}"
        base = f"linux-{self.source.removeprefix('linux-')}-headers-{self.abi}"
        shared, own = self.work / "shared", self.work / "own"
        top = shared / f"usr/src/{base}"
        top.parent.mkdir(parents=True)
        shutil.copytree(common, top, symlinks=True)
        for name in ("scripts", "tools"):
            (top / name).unlink(missing_ok=True)
        self.pack(base, shared)
        there = own / f"usr/src/linux-headers-{self.release}"
        there.mkdir(parents=True)
        link_merged(top, there, f"../{base}")
        for name in ("include/generated", "include/config", "arch/x86/include/generated"):
            shutil.copytree(flavour / name, there / name, symlinks=True, dirs_exist_ok=True)
        for name in ("scripts", "tools"):
            if (kbuild / name).exists():
                shutil.copytree(kbuild / name, there / name, symlinks=True)
        shutil.copytree(flavour / "arch/x86/kernel", there / "arch/x86/kernel", dirs_exist_ok=True)
        for name in (".config", "Module.symvers", "arch/x86/module.lds"):
            shutil.copy(flavour / name, there / name)
        self._rename(there)
        build = own / f"lib/modules/{self.release}/build"
        build.parent.mkdir(parents=True)
        build.symlink_to(f"/usr/src/linux-headers-{self.release}")
        # What the programs among the scripts need, as Ubuntu's depends on.
        self.pack(f"linux-headers-{self.release}", own, f"{base}, libc6, libelf1, libssl3")

    def _rename(self, headers: Path) -> None:
        """What Debian's headers say of themselves becomes what Ubuntu's say."""
        (headers / "include/generated/package.h").unlink()
        (headers / "include/generated/utsrelease.h").write_text(f'#define UTS_RELEASE "{self.release}"\n')
        (headers / "include/config/kernel.release").write_text(f"{self.release}\n")
        signature = f'CONFIG_VERSION_SIGNATURE="Ubuntu {self.version}-generic {self.upstream}"\n'
        for name in (".config", "include/config/auto.conf"):
            with (headers / name).open("a", encoding="utf-8") as opened:
                opened.write(signature)

    # --- modules

    def _make_modules(self, machine: Machine) -> None:
        tree = self.work / "modules"
        there = tree / f"lib/modules/{self.release}"
        real = machine.root / "lib/modules" / machine.kernel
        stock = next(real.glob("kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko*"))
        (there / stock.parent.relative_to(real)).mkdir(parents=True)
        shutil.copy(stock, there / stock.relative_to(real))
        for file in (real / "modules.order", *real.glob("modules.builtin*")):
            shutil.copy(file, there)
        self.pack(f"linux-modules-{self.release}", tree)

    # --- the source package

    def make_archive(self, machine: Machine, *, small: bool) -> Any:
        """In the machine's /srv/ubuntu, with amdgpu's part of Debian's source, relabelled; or with the
        amdgpu of two files."""
        tree = None if small else self.work / "linux"
        if tree is not None:
            quietly("copying amdgpu's source", ["cp", "-a", str(self.debian.pristine), str(tree)])
        archive = ubuntu.Archive(self.work / "archive", self.source, self.version, self.upstream, tree=tree,
                                 kernel=self.release)
        shutil.copytree(self.work / "archive/archive", machine.root / "srv/ubuntu")
        shutil.copy(archive.key, machine.root / "srv/ubuntu-archive.gpg")
        return archive


def link_merged(shared: Path, own: Path, to: str) -> None:
    """Links in `own` to all that is in `shared`, but real directories above what is the flavour's own."""
    real = {"", "include", "arch", "arch/x86", "arch/x86/include"}
    for folder in sorted(real):
        (own / folder).mkdir(exist_ok=True)
        up = "../" * (folder.count("/") + 1 if folder else 0)
        for entry in (shared / folder).iterdir() if (shared / folder).is_dir() else ():
            inside = os.path.normpath(os.path.join(folder, entry.name))
            if inside not in real:
                (own / inside).symlink_to(f"{up}{to}/{inside}")


def sources_file(types: str) -> str:
    return f"Types: {types}\nURIs: copy:/srv/ubuntu\nSuites: ./\nSigned-By: /srv/ubuntu-archive.gpg\n"
