#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small but real PyTorch training: which shape is in a noisy, thermal-like image?

The images are generated on the fly, nothing is downloaded. It uses the GPU if PyTorch sees one, with
pinned host memory, as most training scripts do, and the CPU otherwise. It is made for trying out
rocmfix-run:  rocmfix-run python3 examples/train.py

It does not depend on rocmfix, and never falls back from a failing GPU to the CPU, so that a fault
is visible.

Exit status: 0 it learned, 1 it did not or something went wrong, 2 usage error, 3 --device cuda
without a GPU.
"""

import argparse
import io
import json
import math
import os
import sys
import tempfile
import time

SHAPES = ("disc", "square", "triangle", "ring")
SIZE = 32  # pixels a side
CHECKPOINT_FORMAT = 1


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
    print("hint: apt install python3-torch, and run this with /usr/bin/python3", file=sys.stderr)
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
    available = torch.cuda.is_available()  # PyTorch's name for a HIP device, too
    if wanted == "cuda" and not available:
        raise Failure(
            "--device cuda: PyTorch sees no GPU",
            "try 'rocmfix status', and python3 -c 'import torch; print(torch.version.hip)': "
            "None means a PyTorch without ROCm",
            status=3,
        )
    if wanted == "auto":
        wanted = "cuda" if available else "cpu"
    return torch.device(wanted)


def describe(device):
    if device.type != "cuda":
        return f"CPU, {torch.get_num_threads()} threads"
    return torch.cuda.get_device_name(device)


def train_epoch(model, optimizer, loader, device):
    """Mean loss over the epoch."""
    model.train()
    total, count = 0.0, 0
    for images, labels in loader:
        images = images.to(device, non_blocking=True)
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


def save_checkpoint(path, state):
    """The old file or the new one, never a mixture: a GPU fault can end the process anywhere."""
    folder = os.path.dirname(os.path.abspath(path))
    temporary = None
    # Through memory: torch's own file writer aborts the process when a write fails.
    content = io.BytesIO()
    torch.save(state, content)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".train-", delete=False) as file:
            temporary = file.name
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise Failure(
            f"cannot save {path}: {problem.strerror}", "name a file in a directory you can write to"
        ) from problem


def load_checkpoint(path, device):
    try:
        # weights_only: a checkpoint is data, it must not be able to run code.
        state = torch.load(path, map_location=device, weights_only=True)
    except OSError as problem:
        raise Failure(f"cannot read {path}: {problem.strerror}") from problem
    except Exception as problem:  # torch raises pickle, zip and runtime errors here
        raise Failure(
            f"{path} is not a checkpoint of this program: {problem}".splitlines()[0],
            "give --resume a file that --save has written",
        ) from problem
    if not isinstance(state, dict) or state.get("format") != CHECKPOINT_FORMAT:
        raise Failure(
            f"{path} is not a checkpoint of this program",
            "give --resume a file that --save has written",
        )
    return state


def restore(path, arguments, model, optimizer, device):
    """The number of epochs that are done. The data follow from the seed, so it must be the same."""
    state = load_checkpoint(path, device)
    for name in ("seed", "batch", "samples"):
        if state[name] != getattr(arguments, name):
            raise Failure(
                f"{path} was trained with --{name} {state[name]}, not {getattr(arguments, name)}",
                f"add --{name} {state[name]}",
            )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(
        {"state": state["optimizer"], "param_groups": optimizer.state_dict()["param_groups"]}
    )
    return state["epochs"]


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
        "--min-accuracy", type=share, default=0.9, help="a lower accuracy is a failure (0.9)"
    )
    parser.add_argument("--save", metavar="FILE", help="write a checkpoint after each epoch")
    parser.add_argument("--resume", metavar="FILE", help="continue from a checkpoint")
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    return parser.parse_args()


def train(arguments, say):
    torch.manual_seed(arguments.seed)
    device = choose_device(arguments.device)
    say(f"torch {torch.__version__} on {describe(device)}")
    model = make_model().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr)
    done = 0
    if arguments.resume:
        done = restore(arguments.resume, arguments, model, optimizer, device)
        say(f"resumed after epoch {done}")

    pinned = device.type == "cuda"
    data = make_data(arguments.samples, arguments.seed)
    unseen = DataLoader(make_data(1000, arguments.seed + 1_000_000), batch_size=250)
    losses = []
    for epoch in range(done + 1, arguments.epochs + 1):
        # Seeded by the epoch: a resumed run sees the same batches as one that never stopped.
        order = torch.Generator().manual_seed(arguments.seed * 100_003 + epoch)
        loader = DataLoader(
            data,
            batch_size=arguments.batch,
            shuffle=True,
            drop_last=len(data) % arguments.batch == 1,  # batch norm cannot train on one image
            generator=order,
            pin_memory=pinned,
        )
        start = time.monotonic()
        loss = train_epoch(model, optimizer, loader, device)
        say(
            f"epoch {epoch}/{arguments.epochs}  loss {loss:.4f}  {time.monotonic() - start:.1f} s"
        )
        if not math.isfinite(loss):
            raise Failure(
                f"the loss became {loss} in epoch {epoch}",
                "try a lower --lr; on a GPU, compare with --device cpu",
            )
        losses.append(loss)
        if arguments.save:
            save_checkpoint(
                arguments.save,
                {
                    "format": CHECKPOINT_FORMAT,
                    "epochs": epoch,
                    "seed": arguments.seed,
                    "batch": arguments.batch,
                    "samples": arguments.samples,
                    "model": model.state_dict(),
                    # Without param_groups: they follow from the arguments, and torch 1.13 cannot
                    # read their floats back with weights_only.
                    "optimizer": optimizer.state_dict()["state"],
                },
            )
    accuracy = measure_accuracy(model, unseen, device)
    say(f"accuracy {accuracy:.3f} on 1000 unseen images")
    return {
        "device": device.type,
        "first_epoch": done + 1,
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
    except Failure as problem:
        print(f"error: {problem}", file=sys.stderr)
        if problem.hint:
            print(f"hint: {problem.hint}", file=sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
