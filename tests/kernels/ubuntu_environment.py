# SPDX-License-Identifier: MIT
"""The same as build_environment.py for a kernel of Ubuntu's, in a chroot of its release. Its source
is got there by dkms/kernel-source, as on a user's machine.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

import amdgpu_source
import chroot
from archive import PointRelease
from build_environment import APT_INSTALL, TOOLS, Environment
from commands import Failure, as_root, call, quietly, say
from kernels import Kernel, UbuntuKernel

CHECKOUT = Path(__file__).resolve().parents[2]
# dkms/check-stock reads compressed modules; dkms/kernel-source unpacks source packages.
MORE_TOOLS = ("zstd", "dpkg-dev")
SOURCES = """sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list"""
# HWE kernels have another than the release's; the headers' Makefile names it.
COMPILER = r"""sed -n 's/^CONFIG_CC_VERSION_TEXT="x86_64-linux-gnu-\(gcc-[0-9]*\) .*/\1/p' "$0/.config" | xargs "$@" """


class UbuntuEnvironment(Environment):
    kept = amdgpu_source.AMDGPU

    def __init__(self, kernel: UbuntuKernel, cache: Path, how_as_root: str) -> None:
        super().__init__(kernel, cache, how_as_root)
        self.ubuntu = kernel
        packages = ("linux-image", "linux-modules", kernel.drivers)
        self.point = PointRelease(kernel.version, kernel.release, tuple(
            f"{name}-{kernel.release}={kernel.version}" for name in dict.fromkeys(packages)))

    def is_fresh(self, want_image: bool) -> bool:
        """Nothing newer can come."""
        return self.is_whole() and (not want_image or self.image_is_whole())

    def make_chroot(self) -> None:
        super().make_chroot()
        if not (self.chroot / "etc/apt/sources.list.d/source.list").is_file():
            quietly("enabling deb-src", self.inside(["sh", "-euc", SOURCES]))
            self.updated.unlink(missing_ok=True)

    def packages(self, point: PointRelease) -> list[str]:
        return [f"linux-headers-{point.release}={point.version}", "gcc", *TOOLS, *MORE_TOOLS]

    def install_packages(self, point: PointRelease, until_done: ExitStack) -> None:
        super().install_packages(point, until_done)
        self.quietly_inside("installation of the kernel's compiler", [
            "sh", "-euc", COMPILER, f"/usr/src/linux-headers-{point.release}", *APT_INSTALL, "install"])

    def tarball(self, point: PointRelease) -> Path:
        tarball = self.chroot / f"var/cache/rocmfix/{point.release}/amdgpu.tar.xz"
        if not tarball.is_file():
            say(f"{self.kernel.name}: getting the source package {self.ubuntu.source} {point.version}")
            status, said = call(as_root(*chroot.enter(
                self.chroot, [str(CHECKOUT / "dkms/kernel-source"), "--kernel", point.release],
                binds=chroot.same_path(str(CHECKOUT)))), output=subprocess.PIPE, errors=subprocess.STDOUT)
            if status != 0 or f" is {self.ubuntu.source} {point.version}: " not in said:
                raise Failure(f"the source of {self.kernel.name} could not be got:\n{said}")
        return tarball


def environment_of(kernel: Kernel, cache: Path, how_as_root: str) -> Environment:
    """That of a kernel of either list."""
    if isinstance(kernel, UbuntuKernel):
        return UbuntuEnvironment(kernel, cache, how_as_root)
    return Environment(kernel, cache, how_as_root)
