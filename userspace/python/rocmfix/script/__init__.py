# SPDX-License-Identifier: MIT
"""Checkpoints of a training script of one's own: what it gives is kept with the random generators, and a
process that is started again continues where the last checkpoint was made.

Owns what a checkpoint of a script holds and when it is made; the folder is the store's (rocmfix/store/).
torch is imported when it is used. Refuses to do: read anything but data (plain.py), or keep what is
different on each rank of torch.distributed, other than random generators.
"""

from .errors import CheckpointError
from .run import Checkpointing, checkpointing

__all__ = ["CheckpointError", "Checkpointing", "checkpointing"]
