# SPDX-License-Identifier: MIT
"""`python3 -m rocmfix`: is the Python side in order? Prints each thing that it has checked.

Exit status: 0 well, 1 something is wrong, 2 usage, 3 no supported GPU (the checks that need none
were made and are well).
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import sysconfig
import warnings
from typing import Any, Callable

from . import LIMITS, apply_rocm_fix, librocmfix, torch_patches
from .fix import NO_TORCH
from .printable import printable, write_stderr

HELP = """\
Usage: python3 -m rocmfix
Check what rocmfix does in a Python process, on this machine, and print each check.
ROCMFIX_ROOT names another machine's captured root to take the facts from.
"""


class Skipped(Exception):
    """Cannot be checked here, and why."""


def check_library() -> str:
    return f"librocmfix {librocmfix.version()} answers: {librocmfix.library_name()}"


def check_gpus() -> str:
    supported = [gpu for gpu in librocmfix.gpus() if gpu.supported]
    if not supported:
        raise Skipped("there is no RDNA1 or RDNA2 GPU: nothing would be changed")
    return ", ".join(f"{gpu.name or gpu.bdf} ({gpu.gfx})" for gpu in supported)


def check_environment() -> str:
    """Sets it, and asks again: nothing more may be wanted, and no variable may be harmful."""
    plan = librocmfix.environment()
    if plan.warnings:
        first = plan.warnings[0]
        raise AssertionError(f"{first.name}={first.value}: {first.reason}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = apply_rocm_fix()
    # Of torch, the check of PyTorch says what is to be said.
    if wrong := [text for text in report.warnings if not text.startswith(NO_TORCH)]:
        raise AssertionError(wrong[0])
    left = librocmfix.environment().set
    if left:
        raise AssertionError(f"{left[0].name} is still not set")
    if not report.supported:
        raise Skipped("no supported GPU: nothing was set")
    values = [f"{name}={value}" for name, value in report.environment.items()]
    return f"set {', '.join(values)}" if values else "everything is set already"


def _torch() -> Any:
    try:
        importlib.import_module("torch.utils.data")
        return importlib.import_module("torch")
    except ImportError as problem:
        raise Skipped(f"no PyTorch: {problem}") from problem


def check_torch() -> str:
    torch = _torch()
    rocm = getattr(torch.version, "hip", None)
    if rocm is None:
        raise Skipped(f"torch {torch.__version__} is a build without ROCm: it runs on the CPU")
    if not torch.cuda.is_available():
        raise AssertionError(f"torch {torch.__version__} for ROCm {rocm} sees no GPU")
    return f"torch {torch.__version__} for ROCm {rocm}: {torch.cuda.get_device_name(0)}"


def check_pinning() -> str:
    torch = _torch()
    torch_patches.switch_pinning_off(torch)
    loader = torch.utils.data.DataLoader([1, 2, 3], pin_memory=True)
    if loader.pin_memory or torch.zeros(1).pin_memory().is_pinned():
        raise AssertionError("memory is still pinned")
    return "DataLoader(pin_memory=True) pins nothing"


def check_fallback() -> str:
    """With a device that surely refuses: the wrapped function is torch's own behind a guard."""
    torch = _torch()
    make = torch.zeros

    def refusing(*size: int, **named: object) -> object:
        if named.get("device") != "cpu":
            raise RuntimeError("HIP out of memory. Tried to allocate 20.00 GiB")
        return getattr(make, "_rocmfix_original", make)(*size, **named)

    refusing.__name__ = "zeros"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tensor = torch_patches.guarded(refusing)(2, 3, device="cuda:0")
    if str(tensor.device) != "cpu" or tuple(tensor.shape) != (2, 3):
        raise AssertionError(f"the tensor is on {tensor.device}")
    if not any(issubclass(item.category, torch_patches.FallbackWarning) for item in caught):
        raise AssertionError("there was no warning")
    return "an allocation that raises is made in host memory, with a warning"


def check_memory_fraction() -> str:
    torch = _torch()
    if not torch.cuda.is_available():
        raise Skipped("PyTorch sees no GPU")
    if librocmfix.layer_is_loaded():
        raise Skipped("librocmfix-hip.so limits VRAM here")
    limited = torch_patches.limit_memory(torch, 0.8)
    return f"PyTorch may take 80 % of the VRAM of {len(limited)} GPUs"


def check_launcher() -> str:
    # An environment can be used without being active.
    path = shutil.which("rocmfix-run", path=sysconfig.get_path("scripts")) or shutil.which("rocmfix-run")
    if path is None:
        raise AssertionError(f"rocmfix-run is not in PATH: {librocmfix.launcher_hint()}")
    inside = "; this process runs under it" if os.environ.get("ROCMFIX_VERSION") else ""
    return f"{path}{inside}"


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("library", check_library),
    ("GPUs", check_gpus),
    ("environment", check_environment),
    ("PyTorch", check_torch),
    ("pinned memory", check_pinning),
    ("fallback", check_fallback),
    ("memory fraction", check_memory_fraction),
    ("rocmfix-run", check_launcher),
)


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(HELP, end="")
        return 0
    if arguments:
        write_stderr(f"error: unexpected argument '{arguments[0]}'")
        write_stderr("hint: python3 -m rocmfix --help")
        return 2
    failed = skipped = 0
    supported = True
    for name, check in CHECKS:
        try:
            verdict, text = "ok", check()
        except Skipped as reason:
            verdict, text = "skipped", str(reason)
            skipped += 1
            supported = supported and check is not check_gpus
        except Exception as problem:  # whatever it is, the other checks are worth making
            verdict, text = "FAILED", f"{problem or type(problem).__name__}"
            failed += 1
        print(f"{verdict:8}{name}: {printable(text)}")
    print(f"note    {LIMITS}")
    print(f"{len(CHECKS) - failed - skipped} ok, {skipped} skipped, {failed} failed")
    if failed:
        return 1
    return 0 if supported else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
