# SPDX-License-Identifier: MIT
"""rocmfix.checkpointing() for scripts with accelerate:

    from rocmfix.integrations.accelerate import checkpointing

    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    run = checkpointing("run1", accelerator, model=model, optimizer=optimizer, loader=loader)
    for epoch in run.epochs(10):
        for batch in loader: ...

The same checkpoints as rocmfix.checkpointing(): data alone, without accelerate's pickles. DeepSpeed's and
FSDP's sharded states are not supported.
"""

from __future__ import annotations

import os
from typing import Any

from ..script import CheckpointError, Checkpointing

_SHARDED = ("DEEPSPEED", "FSDP", "MEGATRON_LM")


def checkpointing(
    run: str | os.PathLike[str], accelerator: Any, /, *, resume: bool = True, **objects: Any
) -> Checkpointing:
    """`objects` as accelerator.prepare() gave them. The scaler of mixed precision is added."""
    import torch

    kind = str(getattr(accelerator.distributed_type, "value", accelerator.distributed_type))
    if kind in _SHARDED:
        raise CheckpointError(f"{kind} keeps a part of the state on each rank", "accelerator.save_state() keeps it")
    plain = {
        name: accelerator.unwrap_model(value) if isinstance(value, torch.nn.Module) else value
        for name, value in objects.items()
    }
    if accelerator.scaler is not None:
        plain.setdefault("scaler", accelerator.scaler)
    return Checkpointing(run, plain, resume)
