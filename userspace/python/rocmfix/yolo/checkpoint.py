# SPDX-License-Identifier: MIT
"""What a run of ultralytics keeps after an epoch, and what is put back of it (../store has how).

  last.pt, best.pt   as ultralytics wrote them: `yolo train resume model=.../last.pt` works
  state.pt           what they leave out or round (resume_state.py), as data alone (plain.py)
  results.csv        as far as this epoch

Nothing of it is unpickled here with what a pickle can name: ultralytics alone does that, with last.pt,
on resume (trust.py is asked before). Needed because ultralytics writes last.pt in place, so that a
crash in the write leaves no checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..store import Damaged, Generation, Store, inert, plain, write_atomically
from ..store.generations import Item

REQUIRED = frozenset({"last.pt", "state.pt", "results.csv"})
OPTIONAL = frozenset({"best.pt"})


def _facts_problem(facts: dict[str, Any]) -> str | None:
    wrong = [name for name in ("epochs", "batch") if not isinstance(facts.get(name, 1), int)]
    return f"{wrong[0]} is not a number" if wrong else None


def store_of(directory: Path, run: str = "") -> Store:
    """`directory`: rocmfix's own in the run's (session.state_of)."""
    return Store(directory, "epoch", run, required=REQUIRED, optional=OPTIONAL, facts_problem=_facts_problem)


def is_finished(generation: Generation) -> bool:
    """Training is over: the last epoch, or early stopping. Only the final validation is due."""
    return bool(generation.facts.get("stop"))


def load_state(generation: Generation) -> Any:
    """The state that keep() was given. Raises Damaged."""
    try:
        return plain.read(generation.read("state.pt"))
    except plain.NotPlain as problem:
        raise Damaged(f"state.pt: {problem}") from problem


def _check_last(content: bytes, epoch: int) -> None:
    try:
        checkpoint = inert.read(content)
    except inert.NotWhole as problem:
        raise Damaged(f"last.pt: {problem}") from problem
    if not isinstance(checkpoint, dict) or checkpoint.get("epoch") != epoch - 1:
        raise Damaged(f"last.pt is not the checkpoint of epoch {epoch}")
    if checkpoint.get("optimizer") is None or not (checkpoint.get("ema") or checkpoint.get("model")):
        raise Damaged("last.pt has no model or no optimizer")


def keep(
    store: Store, epoch: int, weights: Path, is_best: bool, state: Any, results: Path,
    facts: dict[str, Any],
) -> Generation:  # fmt: skip
    """Takes what ultralytics has just written for `epoch` (from 1) into a verified checkpoint.

    Raises Damaged when it does not load back, and OSError; then the one before still counts.
    """
    last = (weights / "last.pt").read_bytes()
    _check_last(last, epoch)
    contents: dict[str, Item] = {"last.pt": last, "state.pt": plain.writer(state),
                                 "results.csv": results.read_bytes()}  # fmt: skip
    before = store.generations()
    if is_best:
        contents["best.pt"] = "last.pt"
    elif before and (before[0] / "best.pt").is_file():
        contents["best.pt"] = before[0] / "best.pt"
    elif not before and (weights / "best.pt").is_file():
        contents["best.pt"] = (weights / "best.pt").read_bytes()
    return store.keep(epoch, contents, facts, load_state)


def restore(generation: Generation, run: Path) -> None:
    """weights/ and results.csv of the run as they were after the generation's epoch.

    Raises OSError and Damaged. A row of an epoch that was measured but not kept goes away with it.
    """
    (run / "weights").mkdir(exist_ok=True)
    for name, target in (("last.pt", "weights/last.pt"), ("best.pt", "weights/best.pt"),
                         ("results.csv", "results.csv")):  # fmt: skip
        if name in generation.files:
            write_atomically(run / target, generation.read(name))
