# SPDX-License-Identifier: MIT
"""A script's checkpoints in the store: what a generation holds, and whether it fits the program.

Owns the form of state.pt and the facts of the manifest. Called on rank 0, but for load().
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Iterator

from .. import store
from ..printable import write_stderr
from ..store import plain
from ..store.generations import directories
from .errors import CheckpointError
from .objects import HINT, Pair

UNIT, STATE, FORMAT = "checkpoint", "state.pt", 1
_LARGEST = 10**15


@dataclass(frozen=True)
class Place:
    """Where in the training a checkpoint was made."""

    epoch: int  # that were done
    step: int  # batches of steps(), over all epochs
    epochs: int  # that were asked for
    batch: int | None = None  # of the epoch in progress that are done; None: it is between two epochs
    batch_size: int | None = None
    ranks: int = 1
    stopped: bool = False  # stop() was called


def _facts_problem(facts: dict[str, Any]) -> str | None:
    """What is wrong with the facts of a manifest, which anything may have written."""

    def is_count(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST

    place = facts.get("place")
    if not isinstance(place, dict) or place.keys() != {one.name for one in fields(Place)}:
        return "it does not say where the run was"
    counts = all(is_count(place[name]) for name in ("epoch", "step", "epochs", "ranks"))
    sizes = all(place[name] is None or is_count(place[name]) for name in ("batch", "batch_size"))
    if not (counts and sizes and isinstance(place["stopped"], bool)):
        return "where the run was makes no sense"
    return None


def first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [""])[0] or type(problem).__name__


@contextmanager
def _as_checkpoint_error(what: str) -> Iterator[None]:
    try:
        yield
    except store.StoreError as problem:
        raise CheckpointError(str(problem), problem.hint) from problem
    except OSError as problem:
        raise CheckpointError(f"{what}: {problem}") from problem


class Saved:
    """`name`: what the user calls the folder."""

    def __init__(self, folder: Path, name: str, pairs: dict[str, Pair]) -> None:
        self.folder, self.name, self._pairs = folder, name, pairs
        self._lock: store.Lock | None = None
        self._store: store.Store | None = None
        self._number = 0  # of the newest generation
        self._loadable: set[Any] = set()  # kinds of tensors that this torch has read back

    def _say(self, text: str) -> None:
        write_stderr(f"rocmfix: {self.name}: {text}")

    def open(self, fresh: bool) -> tuple[store.Generation, Place] | None:
        """Holds the run until close(), and gives its newest checkpoint. Raises CheckpointError."""
        with _as_checkpoint_error(f"cannot keep checkpoints in {self.name}"):
            self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._lock = store.hold(self.folder, Path(self.name))
            if warning := store.require_own(store.files_of(self.folder, UNIT), self.folder):
                self._say(f"warning: {warning}")
            if fresh:
                aside = store.set_aside(directories(self.folder, UNIT), self.folder / "earlier")
                if aside is not None:
                    self._say(f"the checkpoints of an earlier run are now in {aside.name}")
            run = store.last_run(self.folder, UNIT)
            self._store = store.Store(
                self.folder, UNIT, store.new_run() if run is None else run,
                required=frozenset({STATE}), optional=frozenset(), facts_problem=_facts_problem,
            )  # fmt: skip
            generation, complaints = self._store.newest()
        for complaint in complaints:
            self._say(f"{complaint}: not used")
        if generation is None:
            if complaints:
                raise CheckpointError(f"no checkpoint in {self.name} is whole ({complaints[0]})",
                                      "resume=False begins a new run, and sets these aside")  # fmt: skip
            self._number = 0
            self._try_all()
            return None
        self._number = generation.number
        return generation, Place(**generation.facts["place"])

    def close(self) -> None:
        lock, self._lock, self._store = self._lock, None, None
        if lock is not None:
            lock.release()

    def load(self, generation: store.Generation, rank: int, ranks: int) -> dict[str, Any] | None:
        """Gives the objects their states. Returns this rank's generators; None: there were other ranks."""
        where = f"{self.name}/{generation.directory.name}"
        with _as_checkpoint_error(f"cannot read {where}"):
            content = generation.read(STATE)
        try:
            document = plain.read(content)
        except plain.NotPlain as problem:
            raise CheckpointError(f"{where} is not a checkpoint of a script: {problem}") from problem
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise CheckpointError(f"{where} is not a checkpoint of this version's form")
        self._load_objects(document["objects"], where)
        if len(document["ranks"]) != ranks:
            if rank == 0:
                self._say(f"{ranks} processes instead of {len(document['ranks'])}: "
                          "their random generators begin with the program's seeds")  # fmt: skip
            return None
        mine: dict[str, Any] = document["ranks"][rank]
        return mine

    def _load_objects(self, states: dict[str, Any], where: str) -> None:
        other = "name another run, or give resume=False for a new one"
        if states.keys() != self._pairs.keys():
            raise CheckpointError(
                f"{where} has {', '.join(sorted(states)) or 'no objects'}, and the program gives "
                f"{', '.join(sorted(self._pairs)) or 'none'}",
                f"give the same names, or {other}",
            )
        for name, (_, load) in self._pairs.items():
            try:
                load(states[name])
            except Exception as problem:  # torch and functions of the user's raise what they like
                lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
                what = " ".join(lines[:2]) or type(problem).__name__
                raise CheckpointError(f"{name} does not fit {where}: {what}", other) from problem

    def _states(self) -> dict[str, Any]:
        return {name: save() for name, (save, _) in self._pairs.items()}

    def _try_all(self) -> None:
        """What cannot be kept is an error before the first epoch, not after it."""
        for name, state in self._states().items():
            try:
                plain.encode(state)
            except plain.NotPlain as problem:
                raise CheckpointError(f"{name} cannot be kept: {problem}", HINT) from problem

    def keep(self, place: Place, ranks: list[dict[str, Any]]) -> bool:
        """Whether there is a new checkpoint: a full disk is no reason to end a training. Raises
        CheckpointError for a state that is not data."""
        assert self._store is not None
        try:
            document = plain.encode({"format": FORMAT, "objects": self._states(), "ranks": ranks})
        except plain.NotPlain as problem:
            self._try_all()
            raise CheckpointError(f"the state cannot be kept: {problem}", HINT) from problem
        # That the bytes are on the disk is seen each time; that torch can load them, for each kind of tensor.
        kinds = {(type(one), one.dtype, one.layout, one.requires_grad) for one in document["tensors"]}

        def loads(generation: store.Generation) -> None:
            if kinds <= self._loadable:
                return
            try:
                plain.read(generation.read(STATE))
            except plain.NotPlain as problem:
                raise store.Damaged(f"{STATE}: {problem}") from problem
            self._loadable |= kinds

        try:
            self._store.keep(self._number + 1, {STATE: plain.saving(document)}, {"place": asdict(place)}, loads)
        except (OSError, store.Damaged) as problem:
            left = "the one before still counts" if self._number else "there is none yet"
            self._say(f"no checkpoint was made ({first_line(problem)}): {left}; the training continues")
            return False
        self._number += 1
        return True
