# SPDX-License-Identifier: MIT
"""Passes over a torch DataLoader that begin where an earlier process was: behind so many batches, with the
same order of the samples.

That order is drawn from random generators when a pass begins, so the generators are first restored to
that moment, the sampler is taken past what was trained on, and then they are restored to the moment of
the checkpoint. What loader processes draw for themselves (random augmentation, workers > 0) is only the
same if they load the earlier batches again: `replay`. That is also the way for what has no sampler.
"""

from __future__ import annotations

import itertools
from typing import Any, Callable, Iterator

from . import randomness
from .errors import CheckpointError


def generators_of(loader: Any) -> list[Any]:
    """The torch.Generators that decide on the order of a loader; none: torch's own does."""
    import torch

    found: list[Any] = []
    batches = getattr(loader, "batch_sampler", None)
    for owner in (loader, getattr(loader, "sampler", None), batches, getattr(batches, "sampler", None)):
        generator = getattr(owner, "generator", None)
        if isinstance(generator, torch.Generator) and not any(generator is one for one in found):
            found.append(generator)
    return found


def _restore(loader: Any, states: list[Any]) -> None:
    for generator, state in zip(generators_of(loader), states):
        generator.set_state(state)


def state_of(loader: Any) -> dict[str, Any]:
    """What decides on the next pass, as plain data."""
    return {
        "random": randomness.capture(),
        "generators": [generator.get_state() for generator in generators_of(loader)],
        # With persistent_workers a later pass does not draw what making the iterator draws.
        "iterator": getattr(loader, "_iterator", None) is not None,
    }


class _Behind:
    """A sampler whose first pass leaves out `skipped` items. It calls `before` and `after` around that,
    when the loader asks for the first one: making the loader's iterator draws from the same generators."""

    def __init__(self, sampler: Any, skipped: int, before: Callable[[], None], after: Callable[[], None]) -> None:
        self.sampler_behind = sampler
        self._first: Any = (skipped, before, after)

    def __iter__(self) -> Iterator[Any]:
        # Not before it is asked for an item: with workers, a loader's iterator makes two of these.
        first, self._first = self._first, None
        items = iter(self.sampler_behind)
        if first is not None:
            skipped, before, after = first
            before()
            # At least one is taken: the order is drawn with the first.
            taken = list(itertools.islice(items, max(skipped, 1)))
            after()
            yield from taken[skipped:]
        yield from items

    @property
    def begun(self) -> bool:
        return self._first is None

    def __len__(self) -> int:
        return len(self.sampler_behind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["sampler_behind"], name)


def _has_order(loader: Any) -> bool:
    import torch

    data = torch.utils.data
    return isinstance(loader, data.DataLoader) and not isinstance(loader.dataset, data.IterableDataset)


def _nothing() -> None:
    pass


def resume(loader: Any, begun: dict[str, Any], skipped: int, now: Any, replay: bool) -> Iterator[Any]:
    """The batches of a pass that began with `begun`, a state_of(), without the first `skipped`.

    `now`: the random generators at the checkpoint; None: it was made before the pass began.
    """

    def restart() -> None:
        randomness.restore(begun["random"])
        _restore(loader, begun["generators"])

    def continued() -> None:
        if now is not None:
            randomness.restore(now)

    if not _has_order(loader) or (replay and skipped):
        restart()
        batches = iter(loader)
        for _ in itertools.islice(batches, skipped):
            pass
        continued()
        yield from batches
        return
    if not skipped and not begun["iterator"]:
        _restore(loader, begun["generators"])
        continued()
        yield from loader
        return
    owner = getattr(loader, "base_dataloader", loader)  # accelerate's loader has another one in it
    name = "sampler" if owner.batch_sampler is None else "batch_sampler"
    sampler = getattr(owner, name)
    if not begun["iterator"]:
        restart()
    behind = _Behind(sampler, skipped, restart if begun["iterator"] else _nothing, continued)
    # DataLoader refuses assignments to it; a copy would not have the iterator of persistent workers.
    object.__setattr__(owner, name, behind)
    try:
        for batch in loader:
            if not behind.begun:
                raise CheckpointError("this loader does not ask its sampler, so it cannot continue inside an epoch",
                                      "steps(..., replay=True) passes over its batches")  # fmt: skip
            yield batch
    finally:
        if not owner.persistent_workers:
            object.__setattr__(owner, name, sampler)


def batches_done(place: dict[str, Any], batch_size: Any, ranks: int) -> int:
    """How many batches of now are the samples that `place` was behind: it may have had other ones."""
    done: int = place["batch"]
    if isinstance(place["batch_size"], int) and isinstance(batch_size, int):
        done = done * place["batch_size"] * place["ranks"] // (batch_size * ranks)
    return done
