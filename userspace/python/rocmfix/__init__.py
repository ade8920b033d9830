# SPDX-License-Identifier: MIT
"""PyTorch on consumer Radeon GPUs of the RDNA1 and RDNA2 families.

    import rocmfix
    rocmfix.apply_rocm_fix()      # before "import torch"

A GPU memory fault that aborts the process cannot be caught by it: start the program with
`rocmfix-run --retries N`, and have it continue where its last checkpoint was made:

    for epoch in rocmfix.checkpointing("run1", model=model, optimizer=optimizer).epochs(100):
        ...

resuming(), device() and batch() say what rocmfix-run asks of an attempt. `rocmfix-yolo` does all of that
for ultralytics; rocmfix.integrations has callbacks for Lightning, accelerate and transformers.
`python3 -m rocmfix` checks the setup.
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
