# SPDX-License-Identifier: MIT
"""The file `list`: the Debian kernels that are tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from commands import Failure

LIST = Path(__file__).resolve().parent / "list"


@dataclass(frozen=True)
class Kernel:
    name: str
    suite: str
    series: str
    patches: str


def read(path: Path = LIST) -> list[Kernel]:
    kernels = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 4:
            raise Failure(f"{path}:{number}: not understood: {line}", "NAME SUITE SERIES PATCHES")
        kernels.append(Kernel(*words))
    return kernels


def find(name: str) -> Kernel:
    kernels = read()
    for kernel in kernels:
        if kernel.name == name:
            return kernel
    raise Failure(f"no kernel '{name}' in tests/kernels/list",
                  f"one of: {' '.join(kernel.name for kernel in kernels)}")
