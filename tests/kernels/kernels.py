# SPDX-License-Identifier: MIT
"""The files `list` and `ubuntu-list`: the kernels that are tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commands import Failure

LIST = Path(__file__).resolve().parent / "list"
UBUNTU_LIST = LIST.with_name("ubuntu-list")


@dataclass(frozen=True)
class Kernel:
    name: str
    suite: str
    series: str
    patches: str


@dataclass(frozen=True)
class UbuntuKernel(Kernel):
    """Always the same point release."""

    release: str  # uname -r
    source: str  # the source package
    version: str  # its version
    drivers: str  # the package with amdgpu.ko, without the release


def _lines(path: Path, words: str) -> list[list[str]]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.split() or line.startswith("#"):
            continue
        if len(line.split()) != len(words.split()):
            raise Failure(f"{path}:{number}: not understood: {line}", words)
        found.append(line.split())
    return found


def read(path: Path = LIST) -> list[Kernel]:
    return [Kernel(*words) for words in _lines(path, "NAME SUITE SERIES PATCHES")]


def read_ubuntu(path: Path = UBUNTU_LIST) -> list[UbuntuKernel]:
    return [UbuntuKernel(*words) for words in
            _lines(path, "NAME SUITE SERIES PATCHES RELEASE SOURCE VERSION DRIVERS")]


def find(name: str) -> Kernel:
    kernels = [*read(), *read_ubuntu()]
    for kernel in kernels:
        if kernel.name == name:
            return kernel
    raise Failure(f"no kernel '{name}' in tests/kernels/list or tests/kernels/ubuntu-list",
                  f"one of: {' '.join(kernel.name for kernel in kernels)}")
