# SPDX-License-Identifier: MIT
"""apply_rocm_fix(): the environment and PyTorch, made ready for an RDNA1 or RDNA2 GPU.

Owns the order in which it is done. Which variables are set is librocmfix's decision.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from dataclasses import dataclass, field
from typing import Any

from . import librocmfix, torch_patches
from .printable import printable

LIMITS = (
    "a GPU memory fault that aborts the process cannot be caught in it: "
    "start the program with rocmfix-run --retries N, and have it resume"
)
NO_TORCH = "cannot import torch"


class RocmfixWarning(UserWarning):
    """Something is set, or comes too late, that is known to do harm."""


@dataclass
class Report:
    """What apply_rocm_fix() did. `str()` of it is for people."""

    supported: bool = False  # an RDNA1 or RDNA2 GPU is in this machine
    gpus: list[librocmfix.Gpu] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)  # variables that were set
    warnings: list[str] = field(default_factory=list)
    torch: str | None = None  # version of PyTorch, None without one
    limited: list[int] = field(default_factory=list)  # devices with a memory fraction
    memory_fraction: float = 0.0  # of their VRAM, 0 to 1
    fallback: list[str] = field(default_factory=list)  # factory functions that fall back

    def __str__(self) -> str:
        if not self.supported:
            return "rocmfix: no RDNA1 or RDNA2 GPU here: nothing was changed"
        lines = [f"rocmfix: {gpu.name or gpu.bdf} ({gpu.gfx})" for gpu in self.gpus if gpu.supported]
        lines += [f"rocmfix: set {name}={value}" for name, value in self.environment.items()]
        lines += [f"rocmfix: warning: {text}" for text in self.warnings]
        if self.torch is None:
            lines.append("rocmfix: no PyTorch: only the environment was set")
        else:
            lines.append(f"rocmfix: torch {self.torch}: pinned memory off")
            lines += [
                f"rocmfix: device {device}: {self.memory_fraction:.0%} of its VRAM at most"
                for device in self.limited
            ]
        lines.append(f"rocmfix: {LIMITS}")
        return "\n".join(printable(line) for line in lines)


def _set_environment(profile: str, root: str | None, report: Report) -> None:
    plan = librocmfix.environment(profile, root)
    for variable in plan.set:
        os.environ[variable.name] = variable.value
        report.environment[variable.name] = variable.value
    report.warnings += [f"{item.name}={item.value}: {item.reason}" for item in plan.warnings]
    for item in plan.advice:
        if item.urgent:
            command = f"; one that runs on the GPU: {item.command}" if item.command else ""
            report.warnings.append(f"{item.name}: {item.reason}{command}")
    # Read by older ultralytics; the DataLoader patch is for the newer.
    if "PIN_MEMORY" not in os.environ:
        os.environ["PIN_MEMORY"] = report.environment["PIN_MEMORY"] = "False"


def _patch_torch(memory_fraction: float, cpu_fallback: bool, report: Report) -> None:
    try:
        torch = importlib.import_module("torch")
        importlib.import_module("torch.utils.data")
    except Exception as problem:  # of its own: a library that it needs is an OSError, and so on
        first_line = (str(problem).splitlines() or [""])[0] or type(problem).__name__
        report.warnings.append(f"{NO_TORCH}: {first_line}")
        return
    report.torch = str(torch.__version__)
    torch_patches.switch_pinning_off(torch)
    if cpu_fallback:
        report.fallback = torch_patches.guard_factories(torch)
    if librocmfix.layer_is_loaded():
        return  # it has taken its share off the VRAM that HIP reports; not twice
    report.memory_fraction = memory_fraction
    try:
        report.limited = torch_patches.limit_memory(torch, memory_fraction)
    except RuntimeError as problem:
        # It says that there are GPUs, and cannot open them: the program has its own way to find out.
        if not torch_patches.is_gpu_refusal(problem):
            raise
        report.warnings.append(f"VRAM is not limited: {str(problem).splitlines()[0]}")


def _has_opened_the_gpu(torch: Any) -> bool:
    """`torch` may be None, or half a module: a program can forbid the import, or another one failed."""
    is_initialized = getattr(getattr(torch, "cuda", None), "is_initialized", None)
    return bool(is_initialized is not None and is_initialized())


def apply_rocm_fix(
    *,
    profile: str = "safe",
    memory_fraction: float = 0.8,
    cpu_fallback: bool = True,
    root: str | None = None,
) -> Report:
    """Call it before `import torch`: sets the environment, then imports and adjusts PyTorch.

    profile          "safe", or "original" (settings that are known to do harm among them)
    memory_fraction  of each supported GPU's VRAM that PyTorch may allocate, above 0 and up to 1;
                     not used under rocmfix-run, whose --vram-cap counts
    cpu_fallback     an allocation that raises (out of memory, no kernel image, invalid device
                     function) is made in host memory, with a FallbackWarning
    root             the machine to look at; default: ROCMFIX_ROOT, else this one

    Without a supported GPU nothing is changed. A variable that is set stays as it is. Calling it
    again does no harm. It does not help against a fault that aborts the process: see LIMITS.

    Raises ValueError for a fraction out of range and librocmfix.LibraryError when librocmfix is
    missing, of another version, or a file of the administrator's cannot be understood. A torch that
    cannot be imported, whatever it raises, is a RocmfixWarning; the environment is set nevertheless.
    """
    if not 0 < memory_fraction <= 1:
        raise ValueError(f"memory_fraction is {memory_fraction}, not above 0 and up to 1")
    report = Report(gpus=librocmfix.gpus(root))
    report.supported = any(gpu.supported for gpu in report.gpus)
    if not report.supported:
        librocmfix.environment(profile, root)  # so that a wrong profile is an error everywhere
        return report
    if _has_opened_the_gpu(sys.modules.get("torch")):
        report.warnings.append("torch has already opened the GPU: variables set now have no effect")
    _set_environment(profile, root, report)
    _patch_torch(memory_fraction, cpu_fallback, report)
    for text in report.warnings:
        warnings.warn(printable(text), RocmfixWarning, stacklevel=2)
    return report
