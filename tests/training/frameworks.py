# SPDX-License-Identifier: MIT
"""A training with Lightning, accelerate or transformers' Trainer, and rocmfix's callback for it.

Usage: frameworks.py lightning|accelerate|accelerate-steps|transformers DIRECTORY [BATCH]

Dies without a word when BATCH begins. Prints its final weights and the next random number.
"""

import hashlib
import json
import os
import random
import sys

import torch
from torch import nn

batches = 0


class Shapes(torch.utils.data.Dataset):
    """`draws`: in the training process, which has to continue, too."""

    def __init__(self, draws=True):
        self.noise = 0.1 if draws else 0

    def __len__(self):
        return 24

    def __getitem__(self, index):
        features = torch.arange(4.0) * index / 24
        if self.noise:
            features += (torch.rand(4) + random.random()) * self.noise
        return {"features": features, "labels": torch.tensor([float(index) / 10])}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 1))

    def forward(self, features, labels):
        global batches
        batches += 1
        if batches == DIE:
            os._exit(9)
        return {"loss": (self.layers(features) - labels).square().mean()}


def with_lightning(folder, model):
    import lightning.pytorch as pytorch
    from rocmfix.integrations.lightning import VerifiedCheckpoints

    class Module(pytorch.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model

        def _register_sharded_tensor_state_dict_hooks_if_available(self):
            """Nothing: with Python 3.11, torch 1.13's sharded tensors cannot be imported."""

        def training_step(self, batch, _):
            return self.model(**batch)["loss"]

        def configure_optimizers(self):
            optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2)]

    loader = torch.utils.data.DataLoader(Shapes(), batch_size=4, shuffle=True)
    checkpoints = VerifiedCheckpoints(folder)
    trainer = pytorch.Trainer(max_epochs=4, accelerator="cpu", logger=False, enable_checkpointing=False,
                              enable_progress_bar=False, enable_model_summary=False,
                              callbacks=[checkpoints])  # fmt: skip
    trainer.fit(Module(), loader, ckpt_path=checkpoints.newest())


def with_accelerate(folder, model, steps=0):
    from accelerate import Accelerator
    from rocmfix.integrations.accelerate import checkpointing

    accelerator = Accelerator(cpu=True)
    # Its loader takes a batch in advance: draws for that are before a checkpoint, or again behind it.
    loader = torch.utils.data.DataLoader(Shapes(draws=not steps), batch_size=4, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
    run = checkpointing(folder, accelerator, model=model, optimizer=optimizer, scheduler=scheduler, loader=loader)
    for _ in run.epochs(4):
        for batch in run.steps(loader, every=steps) if steps else loader:
            accelerator.backward(model(**batch)["loss"])
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step()


def with_transformers(folder, model):
    from rocmfix.integrations.transformers import VerifiedCheckpoints, newest
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(output_dir=folder, num_train_epochs=4, per_device_train_batch_size=4, seed=3,
                                  save_steps=5, save_total_limit=2, use_cpu=True, report_to=[],
                                  disable_tqdm=True, remove_unused_columns=False)  # fmt: skip
    trainer = Trainer(model, arguments, train_dataset=Shapes(draws=False), callbacks=[VerifiedCheckpoints()])
    trainer.train(resume_from_checkpoint=newest(folder))


def main():
    torch.manual_seed(1)
    random.seed(1)
    model = Model()
    kind, folder = sys.argv[1:3]
    if kind == "accelerate-steps":
        with_accelerate(folder, model, 5)
    else:
        {"lightning": with_lightning, "accelerate": with_accelerate, "transformers": with_transformers}[kind](
            folder, model
        )
    weights = hashlib.sha256()
    for value in model.state_dict().values():
        weights.update(value.numpy().tobytes())
    print(json.dumps({"weights": weights.hexdigest(), "draw": torch.rand(1).item()}))


DIE = int(sys.argv[3]) if len(sys.argv) > 3 else 0
if __name__ == "__main__":
    main()
