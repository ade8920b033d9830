# SPDX-License-Identifier: MIT
"""One rank of a job on the CPU, whose GPU fault is real: rank.py FOLDER [RANK:STEP]...

Each step sums over all ranks, and rank 0 keeps the sum in FOLDER/kept. In the STEP before which a RANK is
to fault it does so once, by ROCr itself on the simulated card, while the others wait for it in a
collective. Every rank writes what it was told at its start to FOLDER/started.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from rocmfix import resuming
from sitecustomize import fault_on_the_simulated_card  # tests/training/faulty

STEPS = 6
TOLD = ("RANK", "ROCMFIX_ATTEMPT", "ROCMFIX_RESUME", "TORCHELASTIC_RESTART_COUNT")


def kept(folder):
    try:
        return json.loads((folder / "kept").read_text())
    except FileNotFoundError:
        return 0, 0


def keep(folder, *state):
    part = folder / "kept.part"
    part.write_text(json.dumps(state))
    part.replace(folder / "kept")


def main():
    folder, faults = Path(sys.argv[1]), sys.argv[2:]
    rank = int(os.environ["RANK"])
    dist.init_process_group("gloo")
    # torchrun tells only the machine of the failure: what one rank was told counts for all.
    again = torch.tensor([int(resuming())])
    dist.all_reduce(again, dist.ReduceOp.MAX)
    step, total = kept(folder) if again else (0, 0)
    told = {name: os.environ.get(name) for name in TOLD}
    with open(folder / "started", "a") as out:
        out.write(json.dumps({**told, "begin": step, "resuming": resuming()}) + "\n")
    while step < STEPS:
        mark = folder / f"struck-{rank}-{step}"
        if f"{rank}:{step}" in faults and not mark.exists():
            mark.touch()
            fault_on_the_simulated_card()
        # A collective in which a rank waits for one that is gone, as in all of NCCL's; gloo's sums
        # notice the end of a peer.
        group = dist.new_group()
        value = torch.tensor([float((rank + 1) * (step + 1))])
        dist.all_reduce(value, group=group)
        step, total = step + 1, total + int(value)
        if rank == 0:
            keep(folder, step, total)
    dist.barrier()


main()
