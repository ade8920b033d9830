# SPDX-License-Identifier: MIT
"""Verified checkpoints: what a run resumes from after its process has died at any moment.

One directory an epoch, rocmfix/epoch-00007, that appears whole or not at all:

  last.pt, best.pt   as ultralytics wrote them: `yolo train resume model=.../last.pt` works
  state.pt           what they leave out or round (resume_state.py), as data alone (plain.py)
  results.csv        as far as this epoch
  manifest.json      size and SHA-256 of each, and what the run was

It counts only when its content loads and was read back from the disk, and the manifest lists what is
used of it. Nothing of it is unpickled here with what a pickle can name: ultralytics alone does that, with
last.pt, on resume (trust.py is asked before). The two newest are kept. Needed because ultralytics writes last.pt in place, so that a crash in the write leaves no checkpoint.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import inert
from .files import sync_directory, write_atomically, write_new
from .plain import decode, encode

KEPT = 2
REQUIRED = frozenset({"last.pt", "state.pt", "results.csv"})
ALLOWED = REQUIRED | {"best.pt"}
MANIFEST_LIMIT = 65536  # bytes; it has some hundreds
_NAME = re.compile(r"epoch-(\d{5,})")


class Damaged(Exception):
    """A checkpoint that cannot be gone on from, and why."""


@dataclass(frozen=True)
class Generation:
    """A verified checkpoint. `epoch` counts from 1, as people do and results.csv does."""

    directory: Path
    epoch: int
    facts: dict[str, Any]  # epochs, batch, amp, device, stop
    files: dict[str, Any]  # name -> {"bytes", "sha256"}

    @property
    def finished(self) -> bool:
        """Training is over: the last epoch, or early stopping. Only the final validation is due."""
        return bool(self.facts.get("stop"))

    def read(self, name: str) -> bytes:
        """What was verified, or Damaged: it may have changed since."""
        content = _read(self.directory / name, self.files[name].get("bytes"))
        if _digest(content) != self.files[name]:
            raise Damaged(f"{name} is not what was written")
        return content


def _load_state(content: bytes) -> Any:
    import torch

    try:
        return decode(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    except Exception as problem:  # torch raises pickle, zip, EOF, key and runtime errors here
        first_line = (str(problem).splitlines() or [""])[0] or type(problem).__name__
        raise Damaged(f"state.pt: {first_line}") from problem


def load_state(generation: Generation) -> Any:
    """The state that keep() was given. Raises Damaged."""
    return _load_state(generation.read("state.pt"))


def _read(path: Path, size: Any) -> bytes:
    """Not from the page cache, as far as the kernel obliges. Raises Damaged, OSError."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            raise Damaged(f"{path.name} is not what was written")
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read(status.st_size)


def _link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        write_new(target, source.read_bytes())


def _digest(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _check_last(content: bytes, epoch: int) -> None:
    try:
        checkpoint = inert.read(content)
    except inert.NotWhole as problem:
        raise Damaged(f"last.pt: {problem}") from problem
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


def _manifest(directory: Path) -> Generation:
    """The manifest, once it is of the form that keep() gives it. Raises Damaged, OSError, ValueError."""
    path = directory / "manifest.json"
    if not stat.S_ISREG(os.lstat(path).st_mode) or os.lstat(path).st_size > MANIFEST_LIMIT:
        raise Damaged("manifest.json is not a manifest")
    manifest = json.loads(path.read_bytes())
    if not isinstance(manifest, dict) or manifest.get("schema") != 1:
        raise Damaged("manifest.json is not a manifest")
    files, facts, epoch = manifest.get("files"), manifest.get("facts"), manifest.get("epoch")
    if not isinstance(files, dict) or not all(isinstance(one, dict) for one in files.values()):
        raise Damaged("manifest.json has no list of files")
    if missing := sorted(REQUIRED - files.keys()):
        raise Damaged(f"manifest.json does not list {missing[0]}")
    if unknown := sorted(files.keys() - ALLOWED):
        raise Damaged(f"manifest.json lists {unknown[0]!r}")
    if not isinstance(epoch, int) or isinstance(epoch, bool) or not isinstance(facts, dict):
        raise Damaged("manifest.json has no epoch or no facts")
    for name in ("epochs", "batch"):
        if not isinstance(facts.get(name, 1), int):
            raise Damaged(f"manifest.json: {name} is not a number")
    return Generation(directory, epoch, facts, files)


def verify(directory: Path) -> Generation:
    """Reads every byte that will be used. Raises Damaged."""
    try:
        generation = _manifest(directory)
        read: dict[int, dict[str, Any]] = {}  # best.pt is often last.pt under a second name
        for name, expected in generation.files.items():
            inode = os.lstat(directory / name).st_ino
            if inode not in read:
                read[inode] = _digest(_read(directory / name, expected.get("bytes")))
            if read[inode] != expected:
                raise Damaged(f"{name} is not what was written")
        return generation
    except (OSError, ValueError, RecursionError) as problem:
        raise Damaged(str(problem) or type(problem).__name__) from problem


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
    new.mkdir(0o755)
    buffer = io.BytesIO()
    torch.save(encode(state), buffer)
    contents = {"last.pt": (weights / "last.pt").read_bytes(), "state.pt": buffer.getvalue(),
                "results.csv": results.read_bytes()}  # fmt: skip
    _check_last(contents["last.pt"], epoch)
    _load_state(contents["state.pt"])
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
        files["best.pt"] = _digest((new / "best.pt").read_bytes())
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
    return Generation(target, epoch, facts, files)


def restore(generation: Generation, run: Path) -> None:
    """weights/ and results.csv of the run as they were after the generation's epoch.

    Raises OSError and Damaged. A row of an epoch that was measured but not kept goes away with it.
    """
    (run / "weights").mkdir(exist_ok=True)
    for name, target in (("last.pt", "weights/last.pt"), ("best.pt", "weights/best.pt"),
                         ("results.csv", "results.csv")):  # fmt: skip
        if name in generation.files:
            write_atomically(run / target, generation.read(name))
