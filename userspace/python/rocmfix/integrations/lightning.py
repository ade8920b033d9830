# SPDX-License-Identifier: MIT
"""A callback for Lightning (`lightning`, or `pytorch_lightning` where that alone is imported):

    from rocmfix.integrations.lightning import VerifiedCheckpoints

    checkpoints = VerifiedCheckpoints("run1")
    trainer = Trainer(callbacks=[checkpoints], ...)
    trainer.fit(model, ckpt_path=checkpoints.newest())

After each epoch, Lightning's own checkpoint goes into rocmfix's store: read back, two kept. The random
generators are in it, which Lightning leaves out. Lightning reads it as a pickle, so newest() refuses files
that somebody else could have written.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from .. import store
from ..alive import alive
from ..attempt import resuming
from ..printable import write_stderr
from ..script import CheckpointError, randomness
from ..store.generations import directories

_NAMES = [name for name in ("lightning.pytorch", "pytorch_lightning") if name in sys.modules]
pytorch: Any = importlib.import_module((_NAMES or ["lightning.pytorch"])[0])

UNIT, FILE = "epoch", "lightning.ckpt"


class VerifiedCheckpoints(pytorch.Callback):  # type: ignore[misc]
    """`resume` False begins a new run and sets aside what is in `folder`, except after a restart."""

    def __init__(self, folder: str | os.PathLike[str], *, resume: bool = True) -> None:
        self.folder = Path(os.path.abspath(folder))
        self._resume = resume
        self._store: store.Store | None = None
        self._lock: store.Lock | None = None
        self._random: Any = None

    def newest(self) -> str | None:
        """For trainer.fit(ckpt_path=...); None: begin. Raises CheckpointError."""
        try:
            self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            if not (self._resume or resuming()):
                self._resume = True
                if store.holder(self.folder) is None:
                    store.set_aside(directories(self.folder, UNIT), self.folder / "earlier")
            store.require_own(store.files_of(self.folder, UNIT), self.folder)
            generation, complaints = self._open().newest()
        except store.StoreError as problem:
            raise CheckpointError(str(problem), problem.hint) from problem
        for complaint in complaints:
            write_stderr(f"rocmfix: {self.folder}: {complaint}: not used")
        if generation is None and complaints:
            raise CheckpointError(f"no checkpoint in {self.folder} is whole", "resume=False begins a new run")
        return None if generation is None else str(generation.directory / FILE)

    def _open(self) -> store.Store:
        run = store.last_run(self.folder, UNIT)
        return store.Store(self.folder, UNIT, store.new_run() if run is None else run,
                           required=frozenset({FILE}), optional=frozenset())  # fmt: skip

    # ------------------------------------------------------------------ Lightning's hooks

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        if stage != "fit" or not trainer.is_global_zero or self._lock is not None:
            return
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        try:
            self._lock = store.hold(self.folder)
        except store.StoreError as problem:
            raise CheckpointError(str(problem), problem.hint) from problem
        self._store = self._open()

    def state_dict(self) -> dict[str, Any]:
        return {"random": randomness.capture()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._random = state_dict["random"]

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        saved, self._random = self._random, None
        if saved is not None:  # the latest moment before the loader draws
            randomness.restore(saved)

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        alive()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        whole = self.folder / ".lightning.ckpt"
        try:
            trainer.save_checkpoint(str(whole))  # every rank takes part, rank 0 writes
            if self._store is not None:
                self._store.keep(trainer.current_epoch + 1, {FILE: whole}, {"step": trainer.global_step})
                alive(progress=True)
        except (OSError, store.StoreError) as problem:
            write_stderr(f"rocmfix: {self.folder}: no checkpoint was made ({problem}); the training continues")
        finally:
            if self._store is not None:
                whole.unlink(missing_ok=True)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        lock, self._lock, self._store = self._lock, None, None
        if lock is not None:
            lock.release()
