# SPDX-License-Identifier: MIT
"""What a training script of one's own asks about the attempt that it runs in.

rocmfix-run starts a faulted program again with ROCMFIX_* variables (hints.py), torchrun its workers with
TORCHELASTIC_RESTART_COUNT. Without either these answer as for a first attempt.
"""

from __future__ import annotations

import os
from typing import Any

from .hints import read_hints
from .printable import printable


def resuming() -> bool:
    """Whether an earlier attempt of this program ended, and this one is to continue from its checkpoint."""
    count = os.environ.get("TORCHELASTIC_RESTART_COUNT", "")
    return read_hints().resume or (count.isascii() and count.isdigit() and int(count) > 0)


def device() -> Any:
    """The torch.device to train on: ROCMFIX_DEVICE, else the GPU (this rank's, under torchrun), else the CPU.

    Raises ValueError for a ROCMFIX_DEVICE that PyTorch does not know.
    """
    import torch

    wanted = os.environ.get("ROCMFIX_DEVICE", "")
    if wanted:
        try:
            return torch.device(wanted)
        except RuntimeError as problem:
            raise ValueError(f"ROCMFIX_DEVICE has the value '{printable(wanted)}', for example: cpu") from problem
    if not torch.cuda.is_available():  # PyTorch's name for a HIP device, too
        return torch.device("cpu")
    rank = os.environ.get("LOCAL_RANK", "")
    if rank.isascii() and rank.isdigit() and int(rank) < torch.cuda.device_count():
        return torch.device("cuda", int(rank))
    return torch.device("cuda")


def batch(size: int) -> int:
    """`size` scaled by ROCMFIX_BATCH_SCALE, which rocmfix-run lowers after some faults; at least 1.

    Raises ValueError for a scale that is not above 0 and up to 1, or a size below 1.
    """
    if size < 1:
        raise ValueError(f"a batch of {size} is no batch")
    return max(1, int(size * read_hints().batch_scale))
