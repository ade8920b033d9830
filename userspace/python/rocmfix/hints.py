# SPDX-License-Identifier: MIT
"""What rocmfix-run passes to the try that it starts: the ROCMFIX_* variables, read and checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class Hints:
    attempt: int = 1  # from 1
    resume: bool = False
    batch_scale: float = 1.0  # of the batch that the user wants, above 0 and up to 1
    full_precision: bool = False
    cpu: bool = False


def read_hints(variables: Mapping[str, str] = os.environ) -> Hints:
    """A value that makes no sense is a ValueError: it would silently change the training."""

    def number(name: str, default: float, low: float, high: float) -> float:
        text = variables.get(name, "")
        try:
            value = float(text) if text else default
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ValueError(f"{name} has the value '{text}'")
        return value

    attempt = int(number("ROCMFIX_ATTEMPT", 1, 1, 1e9))
    return Hints(
        attempt=attempt,
        resume=variables.get("ROCMFIX_RESUME") == "1" or attempt > 1,
        batch_scale=number("ROCMFIX_BATCH_SCALE", 1.0, 1e-6, 1.0),
        full_precision=variables.get("ROCMFIX_PRECISION") == "full",
        cpu=variables.get("ROCMFIX_DEVICE") == "cpu",
    )
