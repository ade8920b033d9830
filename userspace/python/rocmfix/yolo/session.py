# SPDX-License-Identifier: MIT
"""What the launcher asks of its workers, and the one thing they report: where the run is."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from ..store import is_run, write_atomically
from .errors import Failure

# ultralytics takes these over on resume; the others are the checkpoint's.
ON_RESUME = frozenset(
    "imgsz batch device close_mosaic save_period workers cache patience time freeze val plots".split()
)


SIZE_LIMIT = 1 << 20  # bytes of a session.json; one has some hundreds
_LARGEST = 10**9  # of any number in it


def _read_file(path: Path) -> bytes:
    """Raises OSError, ValueError. Never waits, whatever is at `path`."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_LIMIT:
            raise ValueError("not a file that rocmfix-yolo wrote")
        return file.read(SIZE_LIMIT)


def _is_text(value: Any) -> bool:
    """One that can be an argument and a path."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST


@dataclass
class Session:
    verb: str  # "train", "val", "predict" or "export"
    arguments: dict[str, str] = field(default_factory=dict)  # ultralytics' keys, as typed
    smallest_batch: int = 1
    largest_batch: int = 0  # 0: the batch that is asked for
    dynamic_batch: bool = True
    resume: bool = False  # from the first try on
    save_dir: str | None = None  # ultralytics' directory of the run, once it is there
    run: str = ""  # the run's id; "" is one from before there were ids
    directory: str | None = None  # where it was begun: relative paths among the arguments start there
    trained: bool = False  # a worker of this launch has got as far as the run's directory
    earlier: list[str] = field(default_factory=list)  # runs that this one resumes
    earlier_epochs: int = 0  # that were done in them

    @classmethod
    def read(cls, path: Path) -> "Session":
        """Raises Failure for whatever write() would not have written."""
        try:
            document = json.loads(_read_file(path))
            if not isinstance(document, dict):
                raise ValueError("not an object")
            if unknown := sorted(document.keys() - {one.name for one in fields(cls)}):
                raise ValueError(f"{unknown[0]!r} is not known")
            if "verb" not in document:
                raise ValueError("there is no verb")
            session = cls(**document)
            if wrong := session._wrong_field():
                raise ValueError(f"{wrong} has a value that makes no sense")
            return session
        except (OSError, ValueError, RecursionError) as problem:
            raise Failure(f"cannot read {path}: {problem}",
                          "a run is resumed from what rocmfix-yolo wrote there") from problem  # fmt: skip

    def _wrong_field(self) -> str | None:
        arguments = self.arguments
        checks = {
            "verb": self.verb in ("train", "val", "predict", "export"),
            "arguments": isinstance(arguments, dict)
            and all(_is_text(name) and _is_text(value) for name, value in arguments.items()),
            "smallest_batch": _is_number(self.smallest_batch),
            "largest_batch": _is_number(self.largest_batch),
            "dynamic_batch": isinstance(self.dynamic_batch, bool),
            "resume": isinstance(self.resume, bool),
            "save_dir": self.save_dir is None or _is_text(self.save_dir),
            "run": is_run(self.run),
            "directory": self.directory is None or _is_text(self.directory),
            "trained": isinstance(self.trained, bool),
            "earlier": isinstance(self.earlier, list) and all(map(_is_text, self.earlier)),
            "earlier_epochs": _is_number(self.earlier_epochs),
        }
        return next((name for name, good in checks.items() if not good), None)

    def write(self, path: Path) -> None:
        write_atomically(path, json.dumps(asdict(self), indent=2).encode())


def state_of(run: Path) -> Path:
    """rocmfix's directory in a run's directory."""
    return run / "rocmfix"
