# SPDX-License-Identifier: MIT
"""Verified checkpoints: what a run goes on from after its process has died at any moment.

One directory an epoch, rocmfix/epoch-00007, that appears whole or not at all:

  last.pt, best.pt   as ultralytics wrote them: `yolo train resume model=.../last.pt` works
  state.pt           what they leave out or round (exact.py)
  results.csv        as far as this epoch
  manifest.json      size and SHA-256 of each, and what the run was

It counts only when its content loads and was read back from the disk. The two newest are kept. Needed
because ultralytics writes last.pt in place, so that a crash in the write leaves no checkpoint.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import sync_directory, write_atomically, write_new

KEPT = 2
_NAME = re.compile(r"epoch-(\d{5,})")


class Damaged(Exception):
    """A checkpoint that cannot be gone on from, and why."""


@dataclass(frozen=True)
class Generation:
    """A verified checkpoint. `epoch` counts from 1, as people do and results.csv does."""

    directory: Path
    epoch: int
    facts: dict[str, Any]  # epochs, batch, amp, device, stop

    @property
    def finished(self) -> bool:
        """Training is over: the last epoch, or early stopping. Only the final validation is due."""
        return bool(self.facts.get("stop"))


def load(path: Path | io.BytesIO) -> Any:
    """torch.load() to the CPU of a file that this run wrote itself: it may hold any object."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except Exception as problem:  # torch raises pickle, zip, EOF and runtime errors here
        raise Damaged(f"{problem or type(problem).__name__}".splitlines()[0]) from problem


def _read_from_disk(path: Path) -> bytes:
    """Not from the page cache, as far as the kernel obliges."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read()


def _link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        write_new(target, source.read_bytes())


def _digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _check_last(content: bytes, epoch: int) -> None:
    checkpoint = load(io.BytesIO(content))
    if not isinstance(checkpoint, dict) or checkpoint.get("epoch") != epoch - 1:
        raise Damaged(f"last.pt is not the checkpoint of epoch {epoch}")
    if checkpoint.get("optimizer") is None or not (checkpoint.get("ema") or checkpoint.get("model")):
        raise Damaged("last.pt has no model or no optimizer")


def generations(directory: Path) -> list[Path]:
    """Newest first; whether they are whole is not looked at."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.name[6:]), reverse=True)


def verify(directory: Path) -> Generation:
    """Reads every byte. Raises Damaged."""
    try:
        manifest = json.loads((directory / "manifest.json").read_bytes())
        read: dict[int, dict[str, Any]] = {}  # best.pt is often last.pt under a second name
        for name, expected in manifest["files"].items():
            inode = os.lstat(directory / name).st_ino
            if inode not in read:
                read[inode] = _digest(_read_from_disk(directory / name))
            if read[inode] != expected:
                raise Damaged(f"{name} is not what was written")
        return Generation(directory, int(manifest["epoch"]), manifest["facts"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise Damaged(str(problem)) from problem


def newest(directory: Path) -> tuple[Generation | None, list[str]]:
    """The newest that is whole, and what was wrong with those that were newer."""
    complaints: list[str] = []
    for path in generations(directory):
        try:
            return verify(path), complaints
        except Damaged as problem:
            complaints.append(f"{path.name}: {problem}")
    return None, complaints


def keep(
    directory: Path, epoch: int, weights: Path, is_best: bool, state: Any, results: Path,
    facts: dict[str, Any],
) -> Generation:  # fmt: skip
    """Takes what ultralytics has just written for `epoch` (from 1) into a verified checkpoint.

    Raises Damaged when it does not load back, and OSError; then the one before still counts.
    """
    import torch

    before = generations(directory)
    for stale in directory.glob(".new-*"):
        shutil.rmtree(stale)
    new = directory / f".new-{epoch:05d}"
    new.mkdir()
    buffer = io.BytesIO()
    torch.save(state, buffer)
    contents = {"last.pt": (weights / "last.pt").read_bytes(), "state.pt": buffer.getvalue(),
                "results.csv": results.read_bytes()}  # fmt: skip
    _check_last(contents["last.pt"], epoch)
    load(io.BytesIO(contents["state.pt"]))
    if not is_best and not before and (weights / "best.pt").is_file():
        contents["best.pt"] = (weights / "best.pt").read_bytes()
    for name, content in contents.items():
        write_new(new / name, content)
    files = {name: _digest(content) for name, content in contents.items()}
    if is_best:
        _link(new / "last.pt", new / "best.pt")
        files["best.pt"] = files["last.pt"]
    elif before and (before[0] / "best.pt").is_file():
        _link(before[0] / "best.pt", new / "best.pt")
        files["best.pt"] = _digest(_read_from_disk(new / "best.pt"))
    manifest = {"schema": 1, "epoch": epoch, "facts": facts, "files": files}
    write_new(new / "manifest.json", json.dumps(manifest, indent=2).encode())
    sync_directory(new)
    verify(new)  # what is on the disk is what has just been loaded

    target = directory / f"epoch-{epoch:05d}"
    if target.exists():  # it was damaged, or the epoch was trained again
        shutil.rmtree(target)
    os.rename(new, target)
    sync_directory(directory)
    for old in generations(directory)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return Generation(target, epoch, facts)


def restore(generation: Generation, run: Path) -> None:
    """weights/ and results.csv of the run as they were after the generation's epoch.

    Raises OSError. A row of an epoch that was measured but not kept goes away with it.
    """
    (run / "weights").mkdir(exist_ok=True)
    for name, target in (("last.pt", "weights/last.pt"), ("best.pt", "weights/best.pt"),
                         ("results.csv", "results.csv")):  # fmt: skip
        if (generation.directory / name).is_file():
            write_atomically(run / target, (generation.directory / name).read_bytes())
