# SPDX-License-Identifier: MIT
"""Several GPUs: one process for each, by torch.distributed's launcher, with ultralytics' own DDP in them.

ultralytics starts such processes from a pickled trainer. Here the worker becomes the same launcher, of
workers: each finds the run and its checkpoint as a single one does, and all of them go on from the same
epoch. The first one alone (the lead) writes into the run and speaks.

Owns what differs then. Refuses what ultralytics cannot do, or what would end in a hang.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Mapping, NoReturn

from .errors import Failure
from .rank import COMMAND_PID
from .session import Session


def gpus_of(device: Any) -> list[int]:
    """The GPUs that `device` names, as ultralytics reads it; empty for one GPU or none. Raises Failure."""
    text = str(device)
    for part in ("cuda:", "[", "]", "(", ")", "'", '"', " "):
        text = text.replace(part, "")
    names = [name for name in text.split(",") if name]
    if len(names) < 2:
        return []
    if "-1" in names:
        raise Failure(f"device={device}: ultralytics looks for idle GPUs by NVIDIA's library",
                      "name them: device=0,1", 2)  # fmt: skip
    if "cpu" in names:
        raise Failure(f"device={device}: ultralytics trains in one process on the CPU", "device=cpu", 2)
    if not all(name.isascii() and name.isdigit() for name in names):
        raise Failure(f"device={device} is not a list of GPUs", "device=0,1", 2)
    if len(set(names)) != len(names):
        raise Failure(f"device={device} names a GPU twice", "device=0,1", 2)
    return [int(name) for name in names]


def check(arguments: dict[str, Any], gpus: list[int]) -> None:
    """Before anything is started. Raises Failure."""
    import torch

    count = torch.cuda.device_count()
    if max(gpus) >= count:
        raise Failure(f"device={arguments['device']}: PyTorch sees {count} GPU{'s' * (count != 1)}",
                      "rocmfix status", 2)  # fmt: skip
    if not torch.distributed.is_available():
        raise Failure("this PyTorch is a build without torch.distributed", "device=0", 2)
    batch = arguments.get("batch")
    if not isinstance(batch, int) or batch < len(gpus) or batch % len(gpus):
        raise Failure(f"batch={batch} cannot be divided among {len(gpus)} GPUs",
                      f"a multiple of {len(gpus)}: batch={4 * len(gpus)}", 2)  # fmt: skip


def refuse_launcher(variables: Mapping[str, str] = os.environ) -> None:
    """rocmfix-yolo in each process of a launcher would train as many runs. Raises Failure."""
    if "RANK" in variables and "LOCAL_RANK" in variables:
        raise Failure("rocmfix-yolo starts the processes for several GPUs itself, and is one of a launcher's here",
                      "without torchrun: rocmfix-yolo train --device 0,1 ...", 2)  # fmt: skip


def become_launcher(count: int, words: list[str]) -> NoReturn:
    """This process, with the number that rocmfix-run knows, starts one worker for each GPU.

    Without restarts of its own: when one of them ends, all are ended, and rocmfix-run decides.
    """
    from ultralytics.utils.dist import find_free_network_port

    os.environ[COMMAND_PID] = str(os.getpid())
    sys.stdout.flush()
    # torch 1.13 with Python 3.11 (Debian 12) takes what these are without a value for None, and fails. Of
    # a process that there is not, they change nothing.
    none = f"{count}:3"
    os.execv(sys.executable, [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(count), "--max_restarts", "0",
        "--redirects", none, "--tee", none, "--master_port", str(find_free_network_port()), *words])  # fmt: skip


def wait_for_run(session: Session, path: Path, old: str | None) -> None:
    """Until the lead has found out where the run is. It ends this process if it ends itself."""
    while True:
        found = Session.read(path)
        if found.save_dir is not None and found.save_dir != old:
            session.save_dir, session.run = found.save_dir, found.run
            return
        time.sleep(0.1)
