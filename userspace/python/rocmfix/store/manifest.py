# SPDX-License-Identifier: MIT
"""manifest.json of a generation: whose it is, and the size and SHA-256 of each of its files.

Owns its form, and refuses every other: it may be damaged, or somebody else's.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Damaged
from .files import digest, read_file

NAME = "manifest.json"
LIMIT = 65536  # bytes; it has some hundreds
SCHEMA = 1
_RUN = re.compile(r"[0-9a-f]{16}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def new_run() -> str:
    """An id that no other run has."""
    return secrets.token_hex(8)


def is_run(value: Any) -> bool:
    """An id of new_run(); "" is a run from before there were ids."""
    return isinstance(value, str) and (value == "" or _RUN.fullmatch(value) is not None)


def _is_file_name(name: Any) -> bool:
    """Of a file in the generation's own directory."""
    return isinstance(name, str) and _FILE.fullmatch(name) is not None and name != NAME


@dataclass(frozen=True)
class Generation:
    """`number` counts epochs or steps from 1. Compare it only within one `run`."""

    directory: Path
    number: int
    facts: dict[str, Any]  # what its owner wants to know before the files are loaded
    files: dict[str, Any]  # name -> {"bytes", "sha256"}
    run: str = ""
    time: float = 0.0  # seconds since 1970, when it was made

    def read(self, name: str) -> bytes:
        """What was verified, or Damaged: it may have changed since. Raises OSError."""
        content = read_file(self.directory / name, self.files[name].get("bytes"))
        if digest(content) != self.files[name]:
            raise Damaged(f"{name} is not what was written")
        return content

    @property
    def size(self) -> int:
        """Bytes of its files; one that another generation has, too, counts in both."""
        return sum(int(one["bytes"]) for one in self.files.values())

    def document(self) -> bytes:
        return json.dumps({"schema": SCHEMA, "run": self.run, "epoch": self.number, "time": self.time,
                           "facts": self.facts, "files": self.files}, indent=2).encode()  # fmt: skip


def read_manifest(directory: Path, required: frozenset[str], optional: frozenset[str] | None) -> Generation:
    """Once it is of the form of Generation.document(). `optional` None: any other name is allowed.

    Raises Damaged, OSError, ValueError, RecursionError.
    """
    path = directory / NAME
    if not stat.S_ISREG(os.lstat(path).st_mode) or os.lstat(path).st_size > LIMIT:
        raise Damaged(f"{NAME} is not a manifest")
    manifest = json.loads(path.read_bytes())
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise Damaged(f"{NAME} is not a manifest")
    files, facts, number = manifest.get("files"), manifest.get("facts"), manifest.get("epoch")
    run, time = manifest.get("run", ""), manifest.get("time", 0.0)
    if not isinstance(files, dict) or not all(isinstance(one, dict) for one in files.values()):
        raise Damaged(f"{NAME} has no list of files")
    if missing := sorted(required - files.keys()):
        raise Damaged(f"{NAME} does not list {missing[0]}")
    known = files.keys() if optional is None else required | optional
    if unknown := sorted(name for name in files if name not in known or not _is_file_name(name)):
        raise Damaged(f"{NAME} lists {unknown[0]!r}")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(facts, dict):
        raise Damaged(f"{NAME} has no number or no facts")
    if not is_run(run) or not isinstance(time, (int, float)) or not 0 <= time < 1e11:
        raise Damaged(f"{NAME} does not say of which run it is")
    return Generation(directory, number, facts, files, run, float(time))
