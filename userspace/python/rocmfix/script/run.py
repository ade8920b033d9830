# SPDX-License-Identifier: MIT
"""rocmfix.checkpointing(): the loop over the epochs, or the steps, of a script of one's own.

Owns when a checkpoint is made and what a run does when there is one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Iterable, Iterator

from ..alive import alive
from ..attempt import resuming
from ..printable import write_stderr
from . import loader as loaders
from . import randomness
from .errors import CheckpointError
from .objects import pair_of
from .ranks import Ranks
from .saved import Place, Saved


def checkpointing(run: str | os.PathLike[str], /, *, resume: bool = True, **objects: Any) -> Checkpointing:
    """Checkpoints in the directory `run`, from which the same script continues when it is started again.

        run = rocmfix.checkpointing("run1", model=model, optimizer=optimizer, scheduler=scheduler)
        for epoch in run.epochs(100):
            ...

    objects  under names of your choice, what has to continue as it was: anything with state_dict() and
             load_state_dict(), a torch.Generator, a list or a dict (changed in place), or a pair of
             functions (save, load) of which the first gives numbers, texts, tensors, lists and dicts of
             these, and the second is called with them
    resume   False begins a new run and sets aside what is in the directory. Not after a restart by
             rocmfix-run or torchrun, which always continues

    The random generators of Python, numpy and torch are kept, too. Only data is stored and read, never a
    pickle. Each checkpoint is read back before it counts, and the two newest are kept. What is wrong is
    a CheckpointError, and then nothing is overwritten. With torch.distributed, rank 0 writes, and all
    continue from the same checkpoint.
    """
    return Checkpointing(run, objects, resume)


class Checkpointing:
    """A run. `epoch` and `step` count what is done: `epoch` is the number of the one in progress."""

    def __init__(self, run: str | os.PathLike[str], objects: dict[str, Any], resume: bool) -> None:
        self.name, self.folder = os.fspath(run), Path(os.path.abspath(run))
        self.epoch = self.step = 0
        self._resume = resume
        self._pairs = {name: pair_of(name, value) for name, value in objects.items()}
        self._ranks: Ranks | None = None  # while a loop is running
        self._epochs = 0  # of that loop
        self._saved = Saved(self.folder, self.name, self._pairs)
        self._finished = self._stopping = False
        self._place: Place | None = None  # of the checkpoint, until it has been used
        self._mine: dict[str, Any] | None = None  # this rank's generators in it, until they have
        self._loader: Any = None  # of steps(), in this epoch
        self._begun: dict[str, Any] = {}  # when the pass over it began
        self._at_epoch: Any = None  # the random generators when the epoch began

    # ------------------------------------------------------------------ the loops

    def epochs(self, count: int, *, every: int = 1) -> Iterator[int]:
        """The numbers of the epochs that are left, of range(count). A checkpoint is made when the body of
        the loop has ended, after each `every` epochs and after the last; not after a `break`."""
        if count < 0 or every < 1:
            raise ValueError(f"epochs({count}, every={every})")
        with self._running(count):
            while self.epoch < count and not self._finished:
                self._enter_epoch()
                yield self.epoch
                last = self._stopping or self.epoch + 1 == count
                self._leave_epoch(last, last or (self.epoch + 1) % every == 0)

    def steps(self, loader: Iterable[Any], *, every: int, replay: bool = False) -> Iterator[Any]:
        """The batches of `loader` that are left in this epoch, or in the only one, outside of epochs().
        A checkpoint is made after each `every` batches, counted over all epochs.

        A DataLoader over a dataset with indices continues with its next batch, in the same order. Any
        other iterable has to give the batches of the earlier attempt again: they are passed over.
        replay=True does so for a DataLoader, too. It costs loading them, and is needed only if loader
        processes draw random numbers of their own and these have to be the same.
        """
        if every < 1:
            raise ValueError(f"steps(every={every})")
        if self._ranks is not None:
            yield from self._pass(loader, every, replay)
            return
        with self._running(1):
            if not self._finished:
                self._enter_epoch()
                yield from self._pass(loader, every, replay)
                self._leave_epoch(finished=True, keep=True)

    def stop(self) -> None:
        """The epoch in progress is the last: the run is finished with it."""
        self._stopping = True

    # ------------------------------------------------------------------ begin and end

    @contextmanager
    def _running(self, epochs: int) -> Iterator[None]:
        if self._ranks is not None:
            raise CheckpointError(f"{self.name} has a loop already", "one loop over epochs() at a time")
        self._ranks, self._epochs = Ranks(), epochs
        try:
            self._begin(self._ranks)
            yield
        finally:
            self._ranks = None
            self._saved.close()

    def _begin(self, ranks: Ranks) -> None:
        fresh = not self._resume and not resuming()
        found = ranks.by_first(lambda: self._saved.open(fresh))
        self._resume = True  # a second loop of this process continues the first
        self._finished = self._stopping = False
        if found is None:
            return
        generation, place = found
        self._mine = ranks.together(lambda: self._saved.load(generation, ranks.rank, ranks.size))
        self.epoch, self.step, self._place = place.epoch, place.step, place
        self._finished = place.stopped or (place.epoch >= self._epochs and place.batch is None)
        if self._finished and self._mine is not None:
            randomness.restore(self._mine["now"])
        if ranks.rank == 0:
            self._announce(place)

    def _announce(self, place: Place) -> None:
        if self._finished:
            write_stderr(f"rocmfix: {self.name} is finished (epoch {place.epoch}), nothing is trained: "
                         "to train again, name another run, or give resume=False")  # fmt: skip
            return
        inside = "" if place.batch is None else f" and {place.batch} batches"
        write_stderr(f"rocmfix: {self.name}: continuing after {place.epoch} of {self._epochs} epochs{inside}")

    def _enter_epoch(self) -> None:
        """A body that had begun its epoch does again what it did before steps()."""
        alive()
        self._loader, place, mine = None, self._place, self._mine
        if place is not None and mine is not None:
            randomness.restore(mine["now"] if place.batch is None else mine["epoch"])
        self._at_epoch = randomness.capture()

    def _leave_epoch(self, finished: bool, keep: bool) -> None:
        self.epoch += 1
        self._finished = finished
        self._place = self._mine = None
        if keep:
            self._keep(None)

    # ------------------------------------------------------------------ a pass over a loader

    def _pass(self, loader: Any, every: int, replay: bool) -> Iterator[Any]:
        if self._loader is not None:
            raise CheckpointError("steps() is used twice in an epoch", "use it for the loader that is trained on")
        batches, done = self._batches(loader, replay)
        for batch in batches:
            alive()
            yield batch
            self.step += 1
            done += 1
            if self.step % every == 0:
                self._keep(done)

    def _batches(self, loader: Any, replay: bool) -> tuple[Iterator[Any], int]:
        """Those that are left of the pass that begins now, and how many are done."""
        assert self._ranks is not None
        place, mine, self._place, self._mine = self._place, self._mine, None, None
        self._loader, self._begun = loader, loaders.state_of(loader)
        inside = place is not None and place.batch is not None
        saved = None if mine is None else mine["loader"]
        if saved is not None:
            # Between two epochs the body may have drawn something since.
            self._begun = saved if inside else {**saved, "random": self._begun["random"]}
        if place is None or (saved is None and not inside):
            return iter(loader), 0
        done = loaders.batches_done(asdict(place), self._batch_size(), self._ranks.size) if inside else 0
        now = mine["now"] if inside and mine is not None else None
        return loaders.resume(loader, self._begun, done, now, replay), done

    def _batch_size(self) -> int | None:
        size = getattr(self._loader, "batch_size", None)
        return size if isinstance(size, int) and size > 0 else None

    # ------------------------------------------------------------------ checkpoints

    def _keep(self, batch: int | None) -> None:
        """`batch`: of the epoch in progress that are done; None: it is between two."""
        ranks = self._ranks
        assert ranks is not None
        loader = self._begun if batch is not None else loaders.state_of(self._loader)
        place = Place(self.epoch, self.step, self._epochs, batch, self._batch_size(), ranks.size,
                      stopped=batch is None and self._stopping)  # fmt: skip
        mine = {"place": [place.epoch, place.step, place.batch], "now": randomness.capture(),
                "epoch": None if batch is None else self._at_epoch,
                "loader": None if self._loader is None else loader}  # fmt: skip
        of_all = ranks.all(mine)
        if any(one["place"] != mine["place"] for one in of_all):
            raise CheckpointError("the ranks are at different steps: "
                                  f"{', '.join(str(one['place'][1]) for one in of_all)}",
                                  "give each the same number of batches, as DistributedSampler does")  # fmt: skip
        if ranks.by_first(lambda: self._saved.keep(place, of_all)):
            alive(progress=True)
