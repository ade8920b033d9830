# SPDX-License-Identifier: MIT
"""What is changed in PyTorch: pinned memory off, a share of VRAM, allocations that fall back.

Owns the patches and taking them back. Refuses to do: pretend that an aborting GPU memory fault can
be caught here. ROCr ends the process from a thread of its own; only a new process goes on
(rocmfix-run --retries).
"""

from __future__ import annotations

import functools
import warnings
from types import ModuleType
from typing import Any, Callable

# torch's own words, in any version and also when hipErrorString says them. An allocation that fails
# so has not happened: doing it on the CPU instead is sound. A memory fault is not among them.
RAISED_BY_THE_GPU = (
    "out of memory", "no kernel image is available", "invalid device function",
    "no hip gpus are available", "no rocm-capable device is detected",
)  # fmt: skip

FACTORIES = (
    "arange", "as_tensor", "empty", "empty_like", "empty_strided", "eye", "full", "full_like",
    "linspace", "logspace", "ones", "ones_like", "rand", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "randperm", "scalar_tensor", "tensor", "zeros", "zeros_like",
)  # fmt: skip

_ORIGINAL = "_rocmfix_original"


class FallbackWarning(RuntimeWarning):
    """An allocation that the GPU refused was made in host memory."""


def is_gpu_refusal(problem: BaseException) -> bool:
    """Whether `problem` is a GPU that raised instead of allocating or running."""
    text = str(problem).lower()
    return isinstance(problem, RuntimeError) and any(part in text for part in RAISED_BY_THE_GPU)


def guarded(factory: Callable[..., Any]) -> Callable[..., Any]:
    """`factory` without pinned memory, and on the CPU with a FallbackWarning when the GPU raises.

    An error that is not the GPU's, and one of a call that named the CPU, is raised as it is.
    """

    @functools.wraps(factory)
    def allocate(*arguments: Any, **named: Any) -> Any:
        if named.get("pin_memory"):
            named["pin_memory"] = False
        try:
            return factory(*arguments, **named)
        except RuntimeError as problem:
            if not is_gpu_refusal(problem) or str(named.get("device")).split(":")[0] == "cpu":
                raise
            first_line = str(problem).splitlines()[0]
            warnings.warn(
                f"torch.{factory.__name__} on the GPU failed ({first_line}); this tensor is in "
                "host memory now, and whatever is computed with it is on the CPU",
                FallbackWarning,
                stacklevel=2,
            )
        return factory(*arguments, **{**named, "device": "cpu"})

    return allocate


def _loader_without_pinning(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def initialise(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        # After the fact, and so also when it was given by position.
        self.pin_memory = False

    return initialise


def _stay_where_it_is(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def pin_memory(self: Any, *_: Any, **__: Any) -> Any:
        return self

    return pin_memory


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> bool:
    """False when there is no such name. Wraps once, however often it is called."""
    original = getattr(owner, name, None)
    if original is None:
        return False
    if not hasattr(original, _ORIGINAL):
        replacement = wrap(original)
        setattr(replacement, _ORIGINAL, original)
        setattr(owner, name, replacement)
    return True


def _restore(owner: Any, name: str) -> None:
    original = getattr(getattr(owner, name, None), _ORIGINAL, None)
    if original is not None:
        setattr(owner, name, original)


def guard_factories(torch: ModuleType) -> list[str]:
    """The names of the factory functions that now fall back to the CPU.

    torch.jit.script() cannot compile a call of a function that is replaced so.
    """
    return [name for name in FACTORIES if _replace(torch, name, guarded)]


def switch_pinning_off(torch: ModuleType) -> None:
    """DataLoader(pin_memory=True) and Tensor.pin_memory() give ordinary memory from here on.

    Why: PyTorch pins with hipHostMalloc(flags 0), which is coherent memory on every ROCm version.
    """
    _replace(torch.utils.data.DataLoader, "__init__", _loader_without_pinning)
    _replace(torch.Tensor, "pin_memory", _stay_where_it_is)


def limit_memory(torch: ModuleType, fraction: float) -> list[int]:
    """Lets PyTorch's allocator use `fraction` (0 to 1) of the VRAM of each RDNA1 and RDNA2 GPU.

    Gives the device numbers. Opens the GPUs, if there are any. It bounds what PyTorch allocates,
    not what the runtime and other programs take.
    """
    if not torch.cuda.is_available():
        return []
    limited = []
    for device in range(torch.cuda.device_count()):
        # Older versions do not tell the target; then all are taken for the supported one.
        target = getattr(torch.cuda.get_device_properties(device), "gcnArchName", "gfx10")
        if target.startswith("gfx10"):
            torch.cuda.set_per_process_memory_fraction(fraction, device)
            limited.append(device)
    return limited


def take_back(torch: ModuleType) -> None:
    """Everything as it was, but the memory fraction."""
    for name in FACTORIES:
        _restore(torch, name)
    _restore(torch.utils.data.DataLoader, "__init__")
    _restore(torch.Tensor, "pin_memory")
