# SPDX-License-Identifier: MIT
"""What the launcher asks of its workers, and the one thing they tell it: where the run is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .errors import Failure
from .files import write_atomically

# ultralytics takes these over on resume; the others are the checkpoint's.
ON_RESUME = frozenset(
    "imgsz batch device close_mosaic save_period workers cache patience time freeze val plots".split()
)


@dataclass
class Session:
    verb: str  # "train", "val" or "predict"
    arguments: dict[str, str] = field(default_factory=dict)  # ultralytics' keys, as typed
    smallest_batch: int = 1
    largest_batch: int = 0  # 0: the batch that is asked for
    dynamic_batch: bool = True
    resume: bool = False  # from the first try on
    save_dir: str | None = None  # ultralytics' directory of the run, once it is there
    earlier: list[str] = field(default_factory=list)  # runs that this one goes on from
    earlier_epochs: int = 0  # that were done in them

    @classmethod
    def read(cls, path: Path) -> "Session":
        try:
            return cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError) as problem:
            raise Failure(f"cannot read {path}: {problem}") from problem

    def write(self, path: Path) -> None:
        write_atomically(path, json.dumps(asdict(self), indent=2).encode())


def state_of(run: Path) -> Path:
    """rocmfix's directory in a run's directory."""
    return run / "rocmfix"
