# SPDX-License-Identifier: MIT
"""More kernels on a machine: image and headers are those of its real kernel under another name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import amdgpu
from commands import quietly
from machine import Machine


def headers_of(machine: Machine, release: str) -> Path:
    return machine.root / f"usr/src/linux-headers-{release}"


def add(machine: Machine, release: str, source: str) -> None:
    """A kernel that is built from that version of linux-source."""
    real, modules = (machine.root / "lib/modules" / name for name in (machine.kernel, release))
    (modules / amdgpu.STOCK).mkdir(parents=True)
    shutil.copy(amdgpu.stock_file(machine), modules / amdgpu.STOCK)
    for file in (real / "modules.order", *real.glob("modules.builtin*")):
        shutil.copy(file, modules)
    quietly("copying headers", ["cp", "-a", str(headers_of(machine, machine.kernel)),
                                str(headers_of(machine, release))])
    change_package_id(machine, release, source)
    (modules / "build").symlink_to(f"/usr/src/linux-headers-{release}")


def change_package_id(machine: Machine, release: str, source: str) -> None:
    """The headers of another point release."""
    header = headers_of(machine, release) / "include/generated/package.h"
    header.write_text(re.sub('" Debian .*"', f'" Debian {source}"', header.read_text(encoding="utf-8")),
                      encoding="utf-8")


def remove_headers(machine: Machine, release: str) -> None:
    shutil.rmtree(headers_of(machine, release))


def remove(machine: Machine, release: str) -> None:
    """Its files; dkms and dpkg learn nothing of it."""
    shutil.rmtree(machine.root / "lib/modules" / release)
    shutil.rmtree(headers_of(machine, release), ignore_errors=True)
