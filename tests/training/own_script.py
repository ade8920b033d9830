#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A training script as a user has one, with rocmfix.checkpointing(), that can be made to die.

Prints its losses and a sum of its final weights as JSON: one that was disturbed has to print the same.
ROCMFIX_TEST_DEATHS names a file with a JSON list of deaths; each process takes the next one:
  {"kind": "abort" or "kill", "batch": 5, "delay": 0.01, "rank": 0}
      that many seconds after the batch has begun, in another thread; as a GPU memory fault, or by SIGKILL
  {"kind": ..., "fsync": 3}    at that fsync(2): within the writing of a checkpoint
"""

import argparse
import hashlib
import importlib.util
import json
import os
import threading
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, DistributedSampler

import rocmfix

spec = importlib.util.spec_from_file_location("faulty", Path(__file__).parent / "faulty/sitecustomize.py")
faulty = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faulty)


class Images(Dataset):
    def __init__(self, draws):
        generator = torch.Generator().manual_seed(1)
        self.images = torch.randn(48, 1, 8, 8, generator=generator)
        self.labels = (self.images.mean(dim=(1, 2, 3)) > 0).long()
        self.draws = draws

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        noise = torch.randn(1, 8, 8) * 0.1 if self.draws else 0
        return self.images[index] + noise, self.labels[index]


class Mark:
    """What faulty.die() does when it strikes."""

    def touch(self):
        print("struck", flush=True)


def take_death(rank):
    path = Path(os.environ.get("ROCMFIX_TEST_DEATHS", "/nowhere"))
    if rank != 0 or not path.exists():
        return {}
    deaths = json.loads(path.read_text())
    if deaths:
        path.write_text(json.dumps(deaths[1:]))
    return deaths[0] if deaths else {}


def prepare_death(death):
    """What to call when each batch has begun."""
    count = 0
    if "fsync" in death:
        original = os.fsync

        def fsync(descriptor):
            nonlocal count
            count += 1
            if count == death["fsync"]:
                faulty.die(death, Mark())
            original(descriptor)

        os.fsync = fsync

    def later():
        time.sleep(death.get("delay", 0))
        faulty.die(death, Mark())

    def begun():
        nonlocal count
        if "batch" in death:
            count += 1
            if count == death["batch"]:
                threading.Thread(target=later, daemon=True).start()

    return begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--steps", type=int, default=0, help="0: checkpoints after epochs alone")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--draws", action="store_true", help="random augmentation")
    parser.add_argument("--replay", action="store_true")
    arguments = parser.parse_args()
    rank = int(os.environ.get("RANK", "0"))
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    begun = prepare_death(take_death(rank))
    torch.manual_seed(2 + rank)
    device = rocmfix.device()
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                          nn.Dropout(0.2), nn.Linear(144, 2)).to(device)  # fmt: skip
    images, sampler = Images(arguments.draws), None
    if ranks > 1:
        torch.distributed.init_process_group("gloo")
        model = nn.parallel.DistributedDataParallel(model)
        sampler = DistributedSampler(images, seed=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 3])
    loader = DataLoader(images, batch_size=rocmfix.batch(4), shuffle=sampler is None, sampler=sampler,
                        num_workers=arguments.workers)  # fmt: skip
    losses = []
    run = rocmfix.checkpointing(arguments.folder, model=model, optimizer=optimizer, scheduler=scheduler,
                                losses=losses)  # fmt: skip
    for epoch in run.epochs(arguments.epochs):
        if sampler is not None:
            sampler.set_epoch(epoch)
        batches = loader
        if arguments.steps:
            batches = run.steps(loader, every=arguments.steps, replay=arguments.replay)
        for features, labels in batches:
            begun()
            loss = nn.functional.cross_entropy(model(features), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    if rank == 0:
        weights = hashlib.sha256()
        for value in getattr(model, "module", model).state_dict().values():
            weights.update(value.numpy().tobytes())
        print(json.dumps({"losses": losses, "weights": weights.hexdigest(), "draw": torch.rand(1).item()}))


if __name__ == "__main__":
    main()
