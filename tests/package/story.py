# SPDX-License-Identifier: MIT
"""What a case of the package tests gets: the machine that it happens on, the packages, and where its
results go. With the checks that several parts make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

import amdgpu
from expect import Done, exits_0, has, has_not, same
from machine import Machine
from standin import Product, Versions, make_standin_source, make_trigger
from tap import Tap

Given = ParamSpec("Given")
# What a build needs.
TOOLS = ("dkms", "openssl", "gcc", "make", "patch", "xz-utils", "linux-headers-amd64")


@dataclass(frozen=True)
class TestedKernel:
    """A kernel of tests/kernels/list, in the point release that is built against."""

    name: str
    suite: str
    series: str
    patches: str  # their series
    release: str  # uname -r
    source: str  # version of linux-source
    pristine: Path  # amdgpu's source as the distribution has it
    drivers: str = ""  # Ubuntu's package with amdgpu.ko

    @property
    def prefer(self) -> list[str]:
        """What apt is given in addition to the kernel: on Debian, the release that is preferred. Ubuntu's recommends
        a boot loader, and not the drivers."""
        if self.drivers:
            # Its hooks copy dumpe2fs.
            return ["--no-install-recommends", "initramfs-tools", "e2fsprogs", self.drivers]
        return ["-t", self.suite] if self.suite.endswith("-backports") else []


class Story:
    def __init__(self, tap: Tap, machine: Machine, kernel: TestedKernel, product: Product, work: Path) -> None:
        self.tap = tap
        self.machine = machine
        self.kernel = kernel
        self.product = product
        self.work = work
        self.versions = Versions(product, kernel.series, work / "versions")
        self.triggers = 0
        # In patterns.
        self.kernel_re = pattern_of(kernel.release)
        self.source_re = pattern_of(kernel.source)

    def check(self, name: str, expectation: Callable[Given, None], *given: Given.args,
              **options: Given.kwargs) -> None:
        self.tap.check(self.machine.last_output, name, expectation, *given, **options)

    # --- steps

    def add_repository(self, *more: Path) -> None:
        self.machine.add_repository([*self.product.packages.values(), *more])

    def install_tools(self, part: str, *more: str) -> None:
        self.check(f"{part}: what the package depends on", exits_0,
                   self.machine.apt("install", "--no-install-recommends", *self.kernel.prefer, *TOOLS,
                                    f"linux-headers-{self.kernel.release}", *more))

    def install_source(self, version: str) -> Done:
        """The stand-in as that version of linux-source. Replaces what was there, as apt does."""
        packages = make_standin_source(self.versions.packages, self.kernel.series, version)
        return self.machine.dpkg_install(*packages)

    def install_version(self, version: str) -> Done:
        return self.machine.dpkg_install(self.versions.deb(version))

    def try_version(self, version: str, name: str) -> Done:
        done = self.install_version(version)
        self.check(f"{name}: dpkg exits 0", exits_0, done)
        return done

    def run_trigger(self) -> Done:
        self.triggers += 1
        return self.machine.dpkg_install(
            make_trigger(self.versions.packages, "linux-some", str(self.triggers)))

    def reconfigure(self, package: str = "rocmfix-dkms") -> Done:
        return self.machine.do("dpkg-reconfigure", package)

    # --- checks

    def version_is(self, version: str, name: str, done: Done) -> None:
        """This version is installed, and no trace of another."""
        machine = self.machine
        self.check(f"{name}: the message says that it is installed", has, done,
                   f"kernel {self.kernel_re}: amdgpu {version} is (built and installed|installed already)")
        self.check(f"{name}: exactly one version in dkms", same, amdgpu.dkms_versions(machine),
                   f"rocmfix/{version}, {machine.kernel}, x86_64: installed")
        self.check(f"{name}: exactly one source", same, machine.found("usr/src/rocmfix-*"),
                   [f"usr/src/rocmfix-{version}"])
        self.check(f"{name}: modinfo shows {version}", same, amdgpu.modinfo(machine, "version"), version)
        self.check(f"{name}: one amdgpu of rocmfix on disk", same, len(amdgpu.our_files(machine)), 1)
        self.check(f"{name}: the stock module is kept", amdgpu.keeps_stock, machine)
        self.check(f"{name}: the initramfs has rocmfix's amdgpu", amdgpu.initramfs_has, machine, amdgpu.OURS)
        self.check(f"{name}: dpkg --audit is clean", amdgpu.audit_is_clean, machine)

    def stock_again(self, name: str) -> None:
        """The defined state after every trouble."""
        machine = self.machine
        self.check(f"{name}: the stock amdgpu is in place", amdgpu.is_stock, machine)
        self.check(f"{name}: nothing of rocmfix on disk", same, amdgpu.our_files(machine), [])
        self.check(f"{name}: the initramfs has the stock module", amdgpu.initramfs_has, machine, amdgpu.STOCK)
        self.check(f"{name}: dkms has nothing installed", has_not, machine.run("dkms", "status"), "installed")


def pattern_of(version: str) -> str:
    return version.replace("+", r"\+")
