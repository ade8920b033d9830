# SPDX-License-Identifier: MIT
"""Packages made for the tests: small ones with Debian's names, sources of the kernel that build in
seconds, and the packages of dist/ under other versions. No machine is needed to make them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands import Failure, output_of, quietly

SOURCE = Path(__file__).resolve().parents[2]
DATA = SOURCE / "tests/dkms/data"


@dataclass(frozen=True)
class Product:
    """The packages of dist/ by their names, without the debugging symbols."""

    packages: dict[str, Path]

    @property
    def version(self) -> str:
        """Of the module: the package's without the suffix of a suite."""
        return field(self.packages["rocmfix-dkms"], "Version").partition("~")[0]


def read_product(dist: Path) -> Product:
    packages: dict[str, Path] = {}
    for deb in sorted(dist.glob("*.deb")):
        name = deb.name.partition("_")[0]
        if name.endswith("-dbgsym"):
            continue
        if name in packages:
            raise Failure(f"two packages {name} in {dist}", "type: make clean deb")
        packages[name] = deb
    if "rocmfix-dkms" not in packages:
        raise Failure(f"no rocmfix-dkms package in {dist}", "type: make deb")
    return Product(packages)


def field(deb: Path, name: str) -> str:
    return output_of(f"dpkg-deb of {deb.name}", ["dpkg-deb", "-f", str(deb), name]).strip()


def pack(tree: Path, to: Path) -> Path:
    """The package that a tree with DEBIAN/ is, in the folder `to`."""
    control = (tree / "DEBIAN/control").read_text(encoding="utf-8")
    name, version, architecture = (re.search(rf"^{key}: (\S+)$", control, re.MULTILINE)
                                   for key in ("Package", "Version", "Architecture"))
    assert name and version and architecture, control
    deb = to / f"{name[1]}_{version[1]}_{architecture[1]}.deb"
    quietly(f"dpkg-deb of {deb.name}", ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", str(tree), str(deb)])
    return deb


def make_package(to: Path, name: str, version: str, *, depends: str = "", files: Sequence[Path] = ()) -> Path:
    """A package with `files` in its /usr/src."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        for folder in ("DEBIAN", "usr/src", "usr/lib/rocmfix-tests"):
            (tree / folder).mkdir(parents=True)
        # dpkg forgets a package of which nothing is left.
        (tree / "usr/lib/rocmfix-tests" / name).touch()
        for file in files:
            shutil.copy(file, tree / "usr/src")
        (tree / "DEBIAN/control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: rocmfix tests <tests@rocmfix.invalid>\n"
            + (f"Depends: {depends}\n" if depends else "")
            + f"Description: stand-in for {name} {version}\n", encoding="utf-8")
        return pack(tree, to)


def make_trigger(to: Path, name: str, version: str = "1") -> Path:
    """A package with a file in /usr/src: it makes dpkg run the trigger of rocmfix's."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / f"of-{name}"
        file.touch()
        return make_package(to, name, version, files=[file])


# --- the kernel's source

def sublevel(version: str) -> str:
    """6.1.90 of linux-source's version 6.1.90-1."""
    return re.split("[-~+]", version)[0]


def make_source_packages(to: Path, series: str, version: str, tarball: Path) -> list[Path]:
    """linux-source-SERIES with that file, and linux-source, which depends on it."""
    name = f"linux-source-{series}"
    return [make_package(to, name, version, files=[tarball]),
            make_package(to, "linux-source", version, depends=f"{name} (= {version})")]


def make_standin_source(to: Path, series: str, version: str) -> list[Path]:
    """An amdgpu of two files, in packages of the version that the headers name."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / f"linux-source-{series}"
        shutil.copytree(DATA / "amdgpu", tree / "drivers/gpu/drm/amd/amdgpu")
        major, minor, patch = sublevel(version).split(".")
        (tree / "Makefile").write_text(f"VERSION = {major}\nPATCHLEVEL = {minor}\nSUBLEVEL = {patch}\n",
                                       encoding="utf-8")
        tarball = tree.with_name(f"{tree.name}.tar.xz")
        quietly(f"tar of {tarball.name}", ["tar", "-C", scratch, "-cJf", str(tarball), tree.name])
        return make_source_packages(to, series, version, tarball)


# --- other versions of rocmfix

@dataclass(frozen=True)
class Unpacked:
    """A package of dist/ under another version, to be changed and packed."""

    tree: Path
    module: str  # as dkms calls it
    version: str

    @property
    def source(self) -> Path:
        """Of its module."""
        return self.tree / f"usr/src/{self.module}-{self.version}"

    def append(self, file: str, text: str) -> None:
        with (self.source / file).open("a", encoding="utf-8") as opened:
            opened.write(text)

    def pack(self, to: Path) -> Path:
        return pack(self.tree, to)


def unpack_as(deb: Path, version: str, tree: Path) -> Unpacked:
    """What the package says of its own version is replaced."""
    old, name = field(deb, "Version"), field(deb, "Package")
    unpacked = Unpacked(tree, name.removesuffix("-dkms"), version)
    shutil.rmtree(tree, ignore_errors=True)
    quietly(f"unpacking {deb.name}", ["dpkg-deb", "-R", str(deb), str(tree)])
    (tree / f"usr/src/{unpacked.module}-{old}").rename(unpacked.source)
    for file in (tree / "DEBIAN/control", tree / f"usr/libexec/{name}/each-kernel",
                 unpacked.source / "dkms.conf", unpacked.source / "VERSION"):
        file.write_text(file.read_text(encoding="utf-8").replace(old, version), encoding="utf-8")
    command = tree / f"usr/libexec/{name}/kernel-source"
    if command.is_symlink():
        target = str(command.readlink())
        command.unlink()
        command.symlink_to(target.replace(old, version))
    (tree / "DEBIAN/md5sums").unlink()
    return unpacked


def use_standin(unpacked: Unpacked, series: str) -> Unpacked:
    """Its patches and sources become those of the amdgpu of two files."""
    for name, target in (("patches", f"patches/{series}"), ("rocmfix", "rocmfix")):
        shutil.rmtree(unpacked.source / name)
        shutil.copytree(DATA / name, unpacked.source / target)
    shutil.copy(SOURCE / "kernel/rocmfix/rocmfix_version.c", unpacked.source / "rocmfix")
    return unpacked


class Versions:
    """Versions of rocmfix-dkms that build in seconds: each unpacked, to be changed, and packed in
    `packages`."""

    def __init__(self, product: Product, series: str, work: Path) -> None:
        self.product = product
        self.series = series
        self.work = work
        self.packages = work / "packages"
        self.packages.mkdir(parents=True)
        self.unpacked: dict[str, Unpacked] = {}

    def make(self, versions: Iterable[str]) -> None:
        """From the package in dist/, also where there was one already."""
        for version in versions:
            unpacked = unpack_as(self.product.packages["rocmfix-dkms"], version, self.work / version)
            self.unpacked[version] = use_standin(unpacked, self.series)
            self.pack(version)

    def __getitem__(self, version: str) -> Unpacked:
        return self.unpacked[version]

    def pack(self, version: str) -> Path:
        return self.unpacked[version].pack(self.packages)

    def deb(self, version: str) -> Path:
        return self.packages / f"rocmfix-dkms_{version}_all.deb"

    def while_building(self, version: str, command: str) -> None:
        """`command` runs in the machine whenever the version is built; $(KERNELRELEASE) is for make."""
        self.unpacked[version].append("Makefile", f"all: during\n.PHONY: during\nduring:\n\t{command}\n")
        self.pack(version)
