# SPDX-License-Identifier: MIT
"""Heartbeats of a training, and how long a silence is normal for it (`rocmfix-run --hang-after auto`)."""

from __future__ import annotations

import time

from ..alive import alive, set_limit

OF_BATCHES = 20  # times the longest time between two heartbeats so far
OF_PREPARATION = 3  # times the longest time until a first batch: a scan of the data, a model, kernels


def normal_silence(longest_gap: float, preparation: float, epoch: float) -> float:
    """Seconds. A batch, a validation or a checkpoint may take a multiple of what it took so far, and
    all of it together an epoch. rocmfix-run has its own lower limit."""
    return max(OF_BATCHES * longest_gap, OF_PREPARATION * preparation, epoch)


class Pulse:
    """One worker's. The limit is known from its first kept epoch on; before, rocmfix-run's applies."""

    def __init__(self) -> None:
        self._last = self._began = time.monotonic()
        self._longest = self._preparation = 0.0
        self._prepares = True

    def prepare(self) -> None:
        """What follows, until the next heartbeat, is no batch."""
        self._prepares = True

    def beat(self) -> None:
        now = time.monotonic()
        if self._prepares:
            self._prepares = False
            self._preparation = max(self._preparation, now - self._last)
        else:
            self._longest = max(self._longest, now - self._last)
        self._last = now
        alive()

    def kept(self) -> None:
        """An epoch, which the next attempt resumes from."""
        self.beat()
        alive(progress=True)
        set_limit(normal_silence(self._longest, self._preparation, self._last - self._began))
        self._began = self._last
