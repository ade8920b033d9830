# SPDX-License-Identifier: MIT
"""Why an epoch is the last one; and the limit of time= over all processes of a run."""

from __future__ import annotations

import time
from typing import Any


def why_last(trainer: Any) -> str:
    """Why the trainer's epoch is the last one, "" while it is not."""
    if not trainer.stop:
        return ""
    if trainer.epoch + 1 >= trainer.epochs:
        return "time" if trainer.args.time else "epochs"
    used = time.time() - trainer.train_time_start
    return "time" if trainer.args.time and used > trainer.args.time * 3600 else "patience"


def count_time_before(trainer: Any, seconds: float) -> None:
    """Of a run with time=, which earlier processes have used. ultralytics counts from this process alone, its
    epochs as well, from which it foresees how many there will be."""
    trainer.train_time_start -= seconds
    trainer.start_epoch = 0
