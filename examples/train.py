#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small but real PyTorch training: which shape is in a noisy, thermal-like image?

The images are generated on the fly, nothing is downloaded. It uses the GPU if PyTorch sees one, with
pinned host memory, as most training scripts do, and the CPU otherwise. It is made for trying out
rocmfix-run:  rocmfix-run --retries 5 python3 examples/train.py --run my-run

With --run it keeps a checkpoint in that directory after each epoch, and continues from it when it is
started again: by you, or by rocmfix-run after a GPU fault. It never falls back from a failing GPU to the
CPU by itself, so that a fault is visible. With --hip-transfers, each batch goes through the GPU's memory by
HIP itself: for a PyTorch without ROCm, on a simulated card (make demo).

Exit status: 0 it learned, 1 it did not or something went wrong, 2 usage error, 3 --device cuda
without a GPU.
"""

import argparse
import contextlib
import json
import math
import sys
import time

SHAPES = ("disc", "square", "triangle", "ring")
SIZE = 32  # pixels a side


class Failure(Exception):
    """Something a user can understand and act on; shown without a traceback."""

    def __init__(self, what, hint=None, status=1):
        super().__init__(what)
        self.hint = hint
        self.status = status


try:
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset
except ImportError as problem:
    print(f"error: cannot import PyTorch: {problem}", file=sys.stderr)
    print("hint: the command rocmfix recommend prints the line that installs one for your card", file=sys.stderr)
    sys.exit(1)
try:
    import rocmfix
except ImportError as problem:
    print(f"error: cannot import rocmfix: {problem}", file=sys.stderr)
    print("hint: install rocmfix (docs/guide/install.md); in a checkout, PYTHONPATH=build/python", file=sys.stderr)
    sys.exit(1)


def draw_shapes(count, generator):
    """`count` images [count, 1, SIZE, SIZE] around 0, and their labels."""

    def uniform(low, high):
        return torch.rand(count, 1, 1, generator=generator) * (high - low) + low

    labels = torch.randint(len(SHAPES), (count,), generator=generator)
    axis = torch.arange(SIZE, dtype=torch.float32)
    x = axis.view(1, 1, SIZE) - uniform(10, 22)
    y = axis.view(1, SIZE, 1) - uniform(10, 22)
    radius = uniform(5, 9)
    distance = torch.sqrt(x * x + y * y)
    masks = torch.stack(
        (
            distance <= radius,
            torch.maximum(x.abs(), y.abs()) <= radius * 0.85,
            (y <= radius * 0.8) & (2 * x.abs() - y <= radius * 0.9),
            (distance <= radius) & (distance >= radius * 0.55),
        )
    ).float()
    shape = masks[labels, torch.arange(count)]
    noise = torch.randn(count, SIZE, SIZE, generator=generator)
    images = shape * uniform(0.8, 1.6) + noise * 0.35
    return images.unsqueeze(1), labels


def make_data(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return TensorDataset(*draw_shapes(count, generator))


def make_model():
    def block(inputs, outputs):
        return (
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )

    return nn.Sequential(
        *block(1, 16),
        *block(16, 32),
        *block(32, 64),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, len(SHAPES)),
    )


def choose_device(wanted):
    if wanted == "cuda" and not torch.cuda.is_available():  # PyTorch's name for a HIP device, too
        raise Failure(
            "--device cuda: PyTorch sees no GPU",
            "try 'rocmfix status', and python3 -c 'import torch; print(torch.version.hip)': "
            "None means a PyTorch without ROCm",
            status=3,
        )
    return rocmfix.device() if wanted == "auto" else torch.device(wanted)


def describe(device):
    if device.type != "cuda":
        return f"CPU, {torch.get_num_threads()} threads"
    return torch.cuda.get_device_name(device)


@contextlib.contextmanager
def hip_transfer(wanted, loader, name, say):
    """Images through the GPU's memory; if not `wanted`, as they are."""
    if not wanted:
        yield lambda images: images
        return
    import hip_memory  # next to this file, which without the option needs nothing but torch and rocmfix

    try:
        with hip_memory.Transfer(loader.batch_size * SIZE * SIZE * 4) as transfer:
            say(f"{name} begins, pinned at {transfer.pinned.value:#x}, {transfer.size} bytes")
            yield transfer
    except hip_memory.HipError as problem:
        raise Failure(*problem.args) from None


def train_epoch(model, optimizer, loader, device, transfer):
    """Mean loss over the epoch."""
    model.train()
    total, count = 0.0, 0
    for images, labels in loader:
        images = transfer(images).to(device, non_blocking=True)
        labels = labels.to(device, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count


@torch.no_grad()
def measure_accuracy(model, loader, device):
    model.eval()
    right, count = 0, 0
    for images, labels in loader:
        guess = model(images.to(device)).argmax(dim=1).cpu()
        right += int((guess == labels).sum())
        count += len(labels)
    return right / count


def whole_number(low):
    def parse(text):
        value = int(text)
        if value < low:
            raise argparse.ArgumentTypeError(f"{value} is less than {low}")
        return value

    parse.__name__ = "whole number"
    return parse


def share(text):
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def learning_rate(text):
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 up")
    return value


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Train a small network to tell shapes apart.",
        epilog="Exit status: 0 it learned, 1 it did not, 2 usage error, 3 no GPU for --device cuda.",
    )
    parser.add_argument("--epochs", type=whole_number(1), default=5)
    parser.add_argument("--batch", type=whole_number(2), default=32, help="images per step")
    parser.add_argument("--samples", type=whole_number(2), default=2000, help="images to train on")
    parser.add_argument("--lr", type=learning_rate, default=0.003, help="learning rate")
    parser.add_argument("--seed", type=whole_number(0), default=1)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--hip-transfers", action="store_true", help="each batch goes through the GPU's memory, by HIP"
    )
    parser.add_argument(
        "--min-accuracy", type=share, default=0.9, help="a lower accuracy is a failure (0.9)"
    )
    parser.add_argument("--run", metavar="DIRECTORY", help="keep checkpoints there, and continue from them")
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    return parser.parse_args()


def same_settings(arguments):
    """For checkpointing(): the data follow from these, so a run must go on with the same ones."""
    mine = {name: getattr(arguments, name) for name in ("seed", "batch", "samples")}

    def compare(kept):
        for name, value in kept.items():
            if value != mine[name]:
                raise Failure(f"it was trained with --{name} {value}, not {mine[name]}")

    return lambda: mine, compare


def train(arguments, say):
    torch.manual_seed(arguments.seed)
    device = choose_device(arguments.device)
    say(f"torch {torch.__version__} on {describe(device)}")
    model = make_model().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    data = make_data(arguments.samples, arguments.seed)
    batch = rocmfix.batch(arguments.batch)
    loader = DataLoader(
        data,
        batch_size=batch,
        shuffle=True,
        drop_last=len(data) % batch == 1,  # batch norm cannot train on one image
        pin_memory=device.type == "cuda",
    )
    unseen = DataLoader(make_data(1000, arguments.seed + 1_000_000), batch_size=250)

    losses = []
    epochs = range(arguments.epochs)
    if arguments.run:
        run = rocmfix.checkpointing(
            arguments.run,
            model=model,
            optimizer=optimizer,
            losses=losses,
            settings=same_settings(arguments),
        )
        epochs = run.epochs(arguments.epochs)
    for epoch in epochs:
        start = time.monotonic()
        name = f"epoch {epoch + 1}/{arguments.epochs}"
        with hip_transfer(arguments.hip_transfers, loader, name, say) as transfer:
            loss = train_epoch(model, optimizer, loader, device, transfer)
        seconds = time.monotonic() - start
        say(f"{name}  loss {loss:.4f}  {seconds:.1f} s")
        if not math.isfinite(loss):
            raise Failure(
                f"the loss became {loss} in epoch {epoch + 1}",
                "try a lower --lr; on a GPU, compare with --device cpu",
            )
        losses.append(loss)
    accuracy = measure_accuracy(model, unseen, device)
    say(f"accuracy {accuracy:.3f} on 1000 unseen images")
    return {
        "device": device.type,
        "losses": losses,
        "accuracy": accuracy,
        "learned": accuracy >= arguments.min_accuracy,
    }


def main():
    arguments = parse_arguments()

    def say(line):
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    try:
        result = train(arguments, say)
        if arguments.json:
            print(json.dumps(result))
        if not result["learned"]:
            raise Failure(
                f"it did not learn: accuracy {result['accuracy']:.3f}"
                f" is under {arguments.min_accuracy}",
                "try more --epochs; chance is 0.25",
            )
    except (Failure, rocmfix.CheckpointError) as problem:
        print(f"error: {problem.args[0]}", file=sys.stderr)
        if problem.hint:
            print(f"hint: {problem.hint}", file=sys.stderr)
        return getattr(problem, "status", 1)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
