# SPDX-License-Identifier: MIT
"""How many images a step: lower when VRAM runs out or is about to, higher again when there is room.

Owns the decision, which is made between epochs from numbers; changes nothing itself. Never above
what the user allows.
"""

from __future__ import annotations

from dataclasses import dataclass

NEAR = 0.92  # of the VRAM that PyTorch may use: the next larger batch of objects may not fit
ROOM = 0.85  # what twice the batch may need at most before it is tried
PATIENCE = 3  # epochs with room in a row before the batch is raised: each change costs a restart


@dataclass(frozen=True)
class Pressure:
    """Of one epoch. `peak` is a share of what PyTorch may allocate, 0 to 1."""

    peak: float
    retried: bool = False  # the allocator had to give back cached blocks to fit a request


class Governor:
    """`smallest` and `largest`: the user's limits, images a step."""

    def __init__(self, batch: int, smallest: int, largest: int) -> None:
        self.smallest, self.largest = smallest, largest
        self.batch = max(smallest, min(batch, largest))
        self._calm = 0
        self._failed_at = 0  # a batch that did not fit is not tried again

    def halved(self) -> int | None:
        """After out of memory: the next smaller batch, or None at the smallest."""
        if self.batch <= self.smallest:
            return None
        self._failed_at = min(self._failed_at or self.batch, self.batch)
        self.batch = max(self.smallest, self.batch // 2)
        self._calm = 0
        return self.batch

    def after_epoch(self, pressure: Pressure) -> str | None:
        """Why the batch is another one now; None: it stays."""
        if pressure.retried or pressure.peak >= NEAR:
            self._calm = 0
            old = self.batch
            if self.halved() is None:
                return None
            if pressure.peak >= NEAR:
                return f"VRAM is {pressure.peak:.0%} full with batch {old}"
            return (f"PyTorch had to free cached blocks to fit an allocation, with batch {old} and at most "
                    f"{pressure.peak:.0%} of its share in use")  # fmt: skip
        doubled = min(self.batch * 2, self.largest)
        fits = pressure.peak * doubled / self.batch <= ROOM
        allowed = doubled > self.batch and (not self._failed_at or doubled < self._failed_at)
        self._calm = self._calm + 1 if fits and allowed else 0
        if self._calm < PATIENCE:
            return None
        self._calm = 0
        self.batch = doubled
        return f"VRAM was {pressure.peak:.0%} full at most in {PATIENCE} epochs"
