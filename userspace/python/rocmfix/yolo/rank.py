# SPDX-License-Identifier: MIT
"""Which of several processes this one is, when each of several GPUs has one (several_gpus.py)."""

from __future__ import annotations

import os
from typing import Mapping

# Set for the processes of a launcher that is ours: the process number that rocmfix-run knows.
COMMAND_PID = "ROCMFIX_YOLO_COMMAND_PID"


def rank_of_this_process(variables: Mapping[str, str] = os.environ) -> int | None:
    """From 0; None: it is not one of several."""
    rank = variables.get("RANK", "")
    return int(rank) if COMMAND_PID in variables and rank.isascii() and rank.isdigit() else None


def is_lead() -> bool:
    return rank_of_this_process() in (None, 0)


def command_pid() -> int:
    """Of what rocmfix-run has started: the process that it reports a fault of."""
    pid = os.environ.get(COMMAND_PID, "")
    return int(pid) if pid.isascii() and pid.isdigit() else os.getpid()
