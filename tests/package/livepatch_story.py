# SPDX-License-Identifier: MIT
"""What the cases of livepatch.py share: the livepatch and amdgpu on the machine, and packages of a source
of which only what a livepatch is made from is packed, so that a build takes seconds."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import amdgpu
import otherkernel
from commands import output_of, quietly
from expect import Done, Unexpected, absent, has, same
from machine import required
from standin import make_source_packages, make_trigger, sublevel, unpack_as
from story import Story

MODULE = "rocmfix_livepatch"
PACKAGE = "rocmfix-livepatch-dkms"
TOOLS = f"/usr/libexec/{PACKAGE}"
ORDER = re.compile(r"modprobe\.d/rocmfix-livepatch\.conf$", re.MULTILINE)
# Where files of a livepatch can be.
PLACES = ("etc", "usr/src", "usr/libexec", "usr/lib", "usr/share", "var/lib/dkms")
# What a livepatch is made from, in Debian's own source of the amdgpu.
READ_OF_SOURCE = """
cd "$0"
{ find drivers/gpu/drm/amd -path '*/asic_reg' -prune -o -name '*.h' -print
  find drivers/gpu/drm/amd/amdgpu drivers/gpu/drm/amd/amdkfd -name '*.c' -o -name Makefile
  echo Makefile; } | tar -cf - -T - | tar -C "$1" -xf -
"""


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


class Livepatch:
    def __init__(self, story: Story) -> None:
        self.s = story
        self.machine = story.machine
        self.check = story.check
        self.packages = story.work / "packages"
        self.packages.mkdir()
        # What no step may change, but a point release of the kernel.
        self.stock = fingerprint(amdgpu.stock_file(self.machine))
        self.files_before = self.files()

    # --- what is there

    def files(self) -> list[str]:
        """Debian has files of that name of its own."""
        return sorted(str(path.relative_to(self.machine.root)) for place in PLACES
                      for path in (self.machine.root / place).rglob("*") if "livepatch" in path.name.lower())

    def modules(self, kernel: str) -> list[Path]:
        return list((self.machine.root / "lib/modules" / kernel).glob(f"**/{MODULE}.ko*"))

    def info(self, field: str, kernel: str = "") -> str:
        return amdgpu.modinfo(self.machine, field, kernel, MODULE)

    def versions(self) -> list[str]:
        """In dkms, for the machine's own kernel."""
        return [line for line in amdgpu.dkms_versions(self.machine).splitlines() if self.machine.kernel in line]

    def in_initramfs(self) -> int:
        return amdgpu.initramfs_files(self.machine).count(f"/{MODULE}.ko")

    # --- what is expected

    def fits(self, kernel: str) -> None:
        """It is for the amdgpu.ko next to it."""
        file = self.machine.ask("modinfo", "-k", kernel, "-n", MODULE)
        done = self.machine.run(f"{TOOLS}/check-stock", "--kernel", kernel, "--module", file)
        if done.status != 0:
            raise Unexpected(done.text)

    def initramfs_has_order(self) -> None:
        if not ORDER.search(amdgpu.initramfs_files(self.machine)):
            raise Unexpected("the initramfs has no order of loading")

    def initramfs_has_no_order(self) -> None:
        files = amdgpu.initramfs_files(self.machine)
        has(files, "amdgpu")
        if ORDER.search(files):
            raise Unexpected("the initramfs has an order of loading")

    def check_amdgpu(self, name: str) -> None:
        """No step may harm it."""
        self.check(f"{name}: amdgpu on disk is the stock one, bit for bit", same,
                   fingerprint(amdgpu.stock_file(self.machine)), self.stock)
        self.check(f"{name}: modinfo finds it", amdgpu.is_stock, self.machine)
        self.check(f"{name}: it is in the initramfs", amdgpu.initramfs_has, self.machine, amdgpu.STOCK)
        self.check(f"{name}: dpkg --audit is clean", amdgpu.audit_is_clean, self.machine)

    def check_in_place(self, version: str, name: str) -> None:
        self.check(f"{name}: modinfo rocmfix_livepatch: version", same, self.info("version"), version)
        self.check(f"{name}: it fits amdgpu", self.fits, self.machine.kernel)
        self.check(f"{name}: exactly one version in dkms", same, self.versions(),
                   [f"rocmfix-livepatch/{version}, {self.machine.kernel}, x86_64: installed"])
        self.check(f"{name}: it is in the initramfs, once", same, self.in_initramfs(), 1)
        self.check(f"{name}: so is the order of loading", self.initramfs_has_order)
        self.check_amdgpu(name)

    def check_gone(self, name: str) -> None:
        self.check(f"{name}: nothing of it is waited for", absent,
                   self.machine.root / "run/rocmfix-livepatch-dkms.kernels")
        self.check(f"{name}: no livepatch on disk", same, self.modules(self.machine.kernel), [])
        self.check(f"{name}: none in the initramfs", same, self.in_initramfs(), 0)

    # --- packages

    def make_source(self, version: str) -> list[Path]:
        """linux-source-X.Y with what a livepatch reads."""
        series = self.s.kernel.series
        tree = self.s.work / f"slim/linux-source-{series}"
        if not tree.is_dir():
            tree.mkdir(parents=True)
            quietly("copying what a livepatch reads",
                    ["bash", "-euo", "pipefail", "-c", READ_OF_SOURCE, str(self.s.kernel.pristine), str(tree)])
        makefile = tree / "Makefile"
        point = sublevel(version).removeprefix(f"{series}.")
        makefile.write_text(re.sub("^SUBLEVEL = .*", f"SUBLEVEL = {point}", makefile.read_text(encoding="utf-8"),
                                   flags=re.MULTILINE), encoding="utf-8")
        tarball = self.s.work / f"{tree.name}.tar.xz"
        quietly(f"tar of {tarball.name}", ["tar", "-C", str(tree.parent), "--use-compress-program=xz -0",
                                           "-cf", str(tarball), tree.name])
        return make_source_packages(self.packages, series, version, tarball)

    def make_version(self, to: Path, version: str, broken: str = "") -> Path:
        """The package of dist/ as another version, with a file that does not compile."""
        unpacked = unpack_as(self.s.product.packages[PACKAGE], version, self.s.work / f"livepatch-{version}")
        if broken:
            unpacked.append(broken, "#error broken on purpose\n")
        return unpacked.pack(to)

    def install(self, *packages: Path) -> Done:
        return self.machine.dpkg_install(*packages)

    # --- what happens to kernels

    def point_release(self) -> None:
        """Another amdgpu.ko under the kernel's old name."""
        change_build_id(amdgpu.stock_file(self.machine))
        self.stock = fingerprint(amdgpu.stock_file(self.machine))

    def headers_arrive(self, release: str) -> Done:
        """A stand-in for the archive's package, so that dpkg sees files come to /usr/src."""
        return self.install(make_trigger(self.packages, f"linux-headers-{release}"))

    def remove_kernel(self, release: str, version: str) -> None:
        """As its removal leaves it."""
        required(self.machine.run("dkms", "remove", f"rocmfix-livepatch/{version}", "-k", release))
        otherkernel.remove(self.machine, release)


def other_build_id(module: bytes, identifier: bytes) -> bytes:
    """The module with another build ID: the same, backwards."""
    if module.count(identifier) != 1 or identifier == identifier[::-1]:
        raise ValueError(f"build ID {identifier.hex()}: it is there {module.count(identifier)} times")
    return module.replace(identifier, identifier[::-1])


def change_build_id(file: Path) -> None:
    packed = file.suffix == ".xz"
    if packed:
        subprocess.run(["xz", "-d", file], check=True)
        file = file.with_suffix("")
    notes = output_of("readelf", ["readelf", "-n", str(file)])
    [name] = re.findall(r"^ *Build ID: ([0-9a-f]+)", notes, re.MULTILINE)
    file.write_bytes(other_build_id(file.read_bytes(), bytes.fromhex(name)))
    if packed:
        subprocess.run(["xz", "-0", "--check=crc32", file], check=True)
