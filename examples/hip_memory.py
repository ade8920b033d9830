# SPDX-License-Identifier: MIT
"""Memory of the GPU by the HIP runtime itself, for a PyTorch that was built without ROCm.

Owns pinned host memory and VRAM, between which a tensor is copied by real HIP calls: what makes a training on
the CPU a job of the GPU's memory, on a real card or a simulated one. Refuses to do: compute on the GPU.
"""

import ctypes
import ctypes.util
import functools

import torch

from rocmfix import librocmfix

HOST_TO_DEVICE, DEVICE_TO_HOST = 1, 2


class HipError(RuntimeError):
    """The runtime is missing, or a call of it has failed; then what to do, if that is known."""


@functools.cache
def runtime():
    name = ctypes.util.find_library("amdhip64")
    if name is None:
        raise HipError("there is no libamdhip64", librocmfix.install_hint("hip-runtime"))
    ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    # As the dynamic linker would bind a program's calls, so that a preloaded library sees them.
    linked = ctypes.CDLL(None)
    linked.hipGetErrorString.restype = ctypes.c_char_p
    return linked


def call(name, *arguments):
    status = getattr(runtime(), name)(*arguments)
    if status != 0:
        raise HipError(f"{name}: {runtime().hipGetErrorString(status).decode()}")


def allocate(name, size, *flags):
    pointer = ctypes.c_void_p()
    call(name, ctypes.byref(pointer), ctypes.c_size_t(size), *flags)
    return pointer


class Transfer:
    """Tensors of up to `size` bytes through the GPU's memory: pinned memory, VRAM, and back."""

    def __init__(self, size):
        self.size = size
        self.vram = allocate("hipMalloc", size)
        self.pinned = allocate("hipHostMalloc", size, ctypes.c_uint(0))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        call("hipHostFree", self.pinned)
        call("hipFree", self.vram)

    def __call__(self, tensor):
        """The tensor as it comes back from VRAM."""
        tensor = tensor.contiguous()
        size = ctypes.c_size_t(tensor.numel() * tensor.element_size())
        if size.value > self.size:
            raise HipError(f"{size.value} bytes are more than the {self.size} of the transfer")
        ctypes.memmove(self.pinned, tensor.data_ptr(), size.value)
        call("hipMemcpy", self.vram, self.pinned, size, HOST_TO_DEVICE)
        # What is read afterwards comes from the card: nothing of it is left here.
        ctypes.memset(self.pinned, 0, size.value)
        call("hipMemcpy", self.pinned, self.vram, size, DEVICE_TO_HOST)
        back = torch.empty_like(tensor)
        ctypes.memmove(back.data_ptr(), self.pinned, size.value)
        return back
