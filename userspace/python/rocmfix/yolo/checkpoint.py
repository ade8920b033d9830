# SPDX-License-Identifier: MIT
"""What a run of ultralytics keeps after an epoch, and what is put back of it (../store has how).

  state.pt           the exact state (resume_state.py), as data alone (store/plain.py)
  last.rest          last.pt, as ultralytics wrote it, without the tensors that state.pt has unrounded
  best.pt            as ultralytics wrote it, if it is not last.pt
  results.csv        as far as this epoch

Nothing of it is unpickled here with what a pickle can name: ultralytics alone does that, with last.pt,
on resume (trust.py is asked before). Needed because ultralytics writes last.pt in place, so that a
crash in the write leaves no checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..store import NO_ROOM, Damaged, Generation, Store, inert, plain, remainder, write_atomically
from ..store.files import digest, digest_of
from ..store.generations import Item

REQUIRED = frozenset({"state.pt", "results.csv"})
# last.pt: as rocmfix has kept it before there was a last.rest.
OPTIONAL = frozenset({"last.rest", "last.pt", "best.pt"})


def _facts_problem(facts: dict[str, Any]) -> str | None:
    wrong = [name for name in ("epochs", "batch") if not isinstance(facts.get(name, 1), int)]
    return f"{wrong[0]} is not a number" if wrong else None


class EpochStore(Store):
    def verify(self, directory: Path) -> Generation:
        generation = super().verify(directory)
        if not generation.files.keys() & {"last.rest", "last.pt"}:
            raise Damaged("manifest.json does not list last.rest")
        return generation


def store_of(directory: Path, run: str = "") -> Store:
    """`directory`: rocmfix's own in the run's (session.state_of)."""
    return EpochStore(directory, "epoch", run, required=REQUIRED, optional=OPTIONAL, facts_problem=_facts_problem)


def is_finished(generation: Generation) -> bool:
    """Training is over: the last epoch, or early stopping. Only the final validation is due."""
    return bool(generation.facts.get("stop"))


def _document(generation: Generation) -> Any:
    try:
        return plain.load(generation.read("state.pt"))
    except plain.NotPlain as problem:
        raise Damaged(f"state.pt: {problem}") from problem


def _state(document: Any) -> Any:
    try:
        return plain.decode(document)
    except plain.NotPlain as problem:
        raise Damaged(f"state.pt: {problem}") from problem


def load_state(generation: Generation) -> Any:
    """The state that keep() was given. Raises Damaged."""
    return _state(_document(generation))


def _last(generation: Generation, document: Any) -> bytes:
    try:
        return remainder.put_back(generation.read("last.rest"), document["tensors"])
    except (remainder.NotWhole, KeyError, TypeError) as problem:
        raise Damaged(f"last.rest: {problem}") from problem


def last_of(generation: Generation) -> bytes:
    """last.pt as ultralytics wrote it after the epoch. Raises Damaged, OSError."""
    if "last.pt" in generation.files:
        return generation.read("last.pt")
    return _last(generation, _document(generation))


def _check(generation: Generation) -> None:
    """That what was written can be resumed from. Raises Damaged, OSError."""
    document = _document(generation)
    _state(document)
    _last(generation, document)


def _epoch_in(content: bytes) -> int:
    """That a last.pt was written after, from 1. Raises Damaged."""
    try:
        checkpoint = inert.read(content)
    except inert.NotWhole as problem:
        raise Damaged(f"last.pt: {problem}") from problem
    epoch = checkpoint.get("epoch") if isinstance(checkpoint, dict) else None
    if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 0:
        raise Damaged("last.pt is not the checkpoint of an epoch")
    if checkpoint.get("optimizer") is None or not (checkpoint.get("ema") or checkpoint.get("model")):
        raise Damaged("last.pt has no model or no optimizer")
    return epoch + 1


def epoch_of(last: Path) -> int | None:
    """None: it is not whole, or nothing to resume from."""
    try:
        return _epoch_in(last.read_bytes())
    except (Damaged, OSError):
        return None


def _best(before: Generation | None, weights: Path) -> Item | None:
    """best.pt where the new last.pt is not the best: that of `before`, or its last.pt."""
    best = weights / "best.pt"
    try:
        if before is not None and (of_before := before.files.get("best.pt")) is not None:
            if digest_of(before.directory / "best.pt", of_before["bytes"]) == of_before:
                return before.directory / "best.pt"
        elif before is not None and before.facts.get("best_is_last"):
            content = best.read_bytes() if best.is_file() else b""
            return content if digest(content) == before.facts.get("last") else last_of(before)
    except (Damaged, OSError):
        pass  # what ultralytics has is the only one then
    return best.read_bytes() if epoch_of(best) is not None else None


def keep(
    store: Store, epoch: int, weights: Path, is_best: bool, state: Any, results: Path,
    facts: dict[str, Any],
) -> Generation:  # fmt: skip
    """Takes what ultralytics has just written for `epoch` (from 1) into a verified checkpoint.

    Raises Damaged when it does not load back, and OSError; then the one before still counts.
    """
    last = (weights / "last.pt").read_bytes()
    if _epoch_in(last) != epoch:
        raise Damaged(f"last.pt is not the checkpoint of epoch {epoch}")
    document = plain.encode(state)
    contents: dict[str, Item] = {
        "state.pt": plain.saving(document),
        "last.rest": remainder.take_out(last, document["tensors"]),
        "results.csv": results.read_bytes(),
    }
    if not is_best and (best := _best(store.last_kept(), weights)) is not None:
        contents["best.pt"] = best
    facts = {**facts, "last": digest(last), "best_is_last": is_best}
    return store.keep(epoch, contents, facts, _check)


def contents_text(state: Any) -> str:
    """What of an exact state takes the room: "12 MB weights, 24 MB optimizer"."""
    import torch

    def size(item: Any) -> int:
        if isinstance(item, torch.Tensor):
            return int(item.numel() * item.element_size())
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, (list, tuple)) else ()
        return sum(size(one) for one in inner)

    names = {"model": "weights", "ema": "averaged weights", "optimizer": "optimizer", "gradients": "gradients"}
    sizes = {text: size(state.get(name)) for name, text in names.items()} if isinstance(state, dict) else {}
    return ", ".join(f"{megabytes(count)} {text}" for text, count in sizes.items() if count >= 500_000)


def megabytes(count: float) -> str:
    return f"{count / 1e6:.0f} MB" if count >= 9.5e6 else f"{count / 1e6:.1f} MB"


def _put(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as problem:
        # What is there is not needed any more, whole or not, and may be all the room there is.
        if problem.errno not in NO_ROOM or not path.is_file():
            raise
        path.unlink()
        write_atomically(path, content)


def restore(generation: Generation, run: Path) -> None:
    """weights/ and results.csv of the run as they were after the generation's epoch.

    Raises OSError and Damaged. A row of an epoch that was measured but not kept goes away with it.
    """
    weights = run / "weights"
    weights.mkdir(exist_ok=True)
    last = last_of(generation)
    _put(weights / "last.pt", last)
    if "best.pt" in generation.files:
        _put(weights / "best.pt", generation.read("best.pt"))
    elif generation.facts.get("best_is_last"):
        _put(weights / "best.pt", last)
    _put(run / "results.csv", generation.read("results.csv"))
