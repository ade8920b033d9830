# SPDX-License-Identifier: MIT
"""A callback for transformers' Trainer:

    from rocmfix.integrations.transformers import VerifiedCheckpoints, newest

    trainer = Trainer(..., callbacks=[VerifiedCheckpoints()])
    trainer.train(resume_from_checkpoint=newest(trainer.args.output_dir))

The Trainer writes output_dir/checkpoint-500 in place, so that a process that dies in the write leaves half of
one, which it then fails to load. The callback adds a manifest with the sum of each file when it is complete
and on the disk; newest() passes over those without. The Trainer reads them as pickles, so newest() refuses
files that somebody else could have written. Set save_total_limit to 2 or more: it removes the old ones.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from .. import store
from ..alive import alive
from ..printable import write_stderr
from ..script import CheckpointError
from ..store import manifest
from ..store.files import digest_of


def _checkpoints(folder: Path) -> list[Path]:
    """Newest first."""
    found = [path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d{1,18}", path.name)]
    return sorted(found, key=lambda path: int(path.name[11:]), reverse=True)


def newest(output_dir: str | os.PathLike[str]) -> str | None:
    """The newest checkpoint that is whole; None: there is none. Raises CheckpointError."""
    folder = Path(output_dir)
    for path in _checkpoints(folder):
        try:
            generation = store.Store(folder).verify(path)
            if unknown := {one.name for one in path.iterdir()} - generation.files.keys() - {manifest.NAME}:
                raise store.Damaged(f"{sorted(unknown)[0]} was added later")
            store.require_own([folder, path, *path.iterdir()], folder)
        except store.Untrusted as problem:
            raise CheckpointError(str(problem), problem.hint) from problem
        except store.StoreError as problem:
            write_stderr(f"rocmfix: {path}: {problem}: not used")
            continue
        return str(path)
    return None


class VerifiedCheckpoints(TrainerCallback):  # type: ignore[misc]
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        alive()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the Trainer has written, and removed older ones."""
        path = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if not state.is_world_process_zero or not path.is_dir():
            return
        try:
            (path / manifest.NAME).unlink(missing_ok=True)
            files = {one.name: _on_the_disk(one) for one in sorted(path.iterdir())}
            made = store.Generation(path, state.global_step, {}, files, time=time.time())
            store.write_new(path / manifest.NAME, made.document())
            store.sync_directory(path)
            store.sync_directory(path.parent)
        except (OSError, store.StoreError) as problem:
            write_stderr(f"rocmfix: {path} cannot be verified ({problem}); the training continues")
            return
        alive(progress=True)


def _on_the_disk(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise store.Damaged(f"{path.name} is a directory, as sharded checkpoints have")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    return digest_of(path, size)
