# SPDX-License-Identifier: MIT
"""What of a run has to be the user's own: ultralytics loads checkpoints that can run any code, and a
session names the model."""

from __future__ import annotations

from pathlib import Path

from .. import store
from .errors import Failure


def files_of(run: Path) -> list[Path]:
    """What is read of a run; each directory before what is in it."""
    state, weights = run / "rocmfix", run / "weights"
    return [run, weights, *weights.glob("*.pt"), state / "session.json", *store.files_of(state, "epoch")]


def require_own(run: Path) -> str | None:
    """A warning, or None. Raises Failure where others could have written what is to be read."""
    try:
        return store.require_own(files_of(run), run)
    except store.Untrusted as problem:
        raise Failure(str(problem), problem.hint) from problem
