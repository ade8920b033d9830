# SPDX-License-Identifier: MIT
"""Heartbeats of a training, and how long a silence is normal for it (`rocmfix-run --hang-after auto`)."""

from __future__ import annotations

import time

from ..alive import alive, set_limit

SHORTEST = 600.0  # seconds: a disk that sleeps, kernels that are compiled for a new shape
FACTOR = 20  # times the longest time between two heartbeats so far


def normal_silence(longest_gap: float, epoch: float) -> float:
    """Seconds. A batch, a validation or a checkpoint may take a multiple of what it took so far, and
    all of it together an epoch."""
    return max(SHORTEST, FACTOR * longest_gap, epoch)


class Pulse:
    """One worker's. The limit is known from its first kept epoch on; before, rocmfix-run's applies."""

    def __init__(self) -> None:
        self._last = self._began = time.monotonic()
        self._longest = 0.0

    def beat(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        alive()

    def kept(self) -> None:
        """An epoch, which the next attempt resumes from."""
        self.beat()
        alive(progress=True)
        set_limit(normal_silence(self._longest, self._last - self._began))
        self._began = self._last
