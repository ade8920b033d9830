# SPDX-License-Identifier: MIT
"""PyTorch on consumer Radeon GPUs of the RDNA1 and RDNA2 families.

    import rocmfix
    rocmfix.apply_rocm_fix()      # before "import torch"

A GPU memory fault that aborts the process cannot be caught by it: start the program with
`rocmfix-run --retries N`, or train with `rocmfix-yolo`. `python3 -m rocmfix` checks the setup.
"""

from .alive import alive
from .attempt import batch, device, resuming
from .fix import LIMITS, Report, RocmfixWarning, apply_rocm_fix
from .librocmfix import LibraryError, version
from .script import CheckpointError, Checkpointing, checkpointing
from .torch_patches import FallbackWarning

__all__ = [
    "LIMITS",
    "CheckpointError",
    "Checkpointing",
    "FallbackWarning",
    "LibraryError",
    "Report",
    "RocmfixWarning",
    "alive",
    "apply_rocm_fix",
    "batch",
    "checkpointing",
    "device",
    "resuming",
    "version",
]
