# SPDX-License-Identifier: MIT
"""The processes of torch.distributed that train one model, or this process alone.

Owns that rank 0 writes, that all agree on what is read, and that a failure on one is an error on all:
a rank that continues alone would wait for the others for ever.
"""

from __future__ import annotations

import os
from typing import Any, Callable

from .errors import CheckpointError


class Ranks:
    """As they are when this is made."""

    def __init__(self) -> None:
        import torch

        distributed = torch.distributed
        there = distributed.is_available() and distributed.is_initialized()
        self._distributed = distributed if there and distributed.get_world_size() > 1 else None
        self.rank: int = distributed.get_rank() if self._distributed is not None else 0
        self.size: int = distributed.get_world_size() if self._distributed is not None else 1
        world = os.environ.get("WORLD_SIZE", "")
        if self._distributed is None and world.isdigit() and int(world) > 1 and not there:
            raise CheckpointError(
                f"this is one of {int(world)} processes, but torch.distributed is not initialized",
                "call torch.distributed.init_process_group() before the loop over the epochs",
            )

    def all(self, value: Any) -> list[Any]:
        """`value` of every rank, by rank."""
        if self._distributed is None:
            return [value]
        values: list[Any] = [None] * self.size
        self._distributed.all_gather_object(values, value)
        return values

    def together(self, work: Callable[[], Any]) -> Any:
        """What `work` gives on this rank; CheckpointError on every rank if it raised that on one."""
        result, problem = None, None
        try:
            result = work()
        except CheckpointError as raised:
            problem = raised
        found = [one for one in self.all(None if problem is None else (problem.args[0], problem.hint)) if one]
        if problem is not None:
            raise problem
        if found:
            raise CheckpointError(f"on another rank: {found[0][0]}", found[0][1])
        return result

    def by_first(self, work: Callable[[], Any]) -> Any:
        """What `work` gives on rank 0, on every rank. Raises CheckpointError on all."""
        result = self.together(lambda: work() if self.rank == 0 else None)
        return self.all(result)[0]
