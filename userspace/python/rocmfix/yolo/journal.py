# SPDX-License-Identifier: MIT
"""What happened in a run, across all its processes: one JSON object a line, appended.

Owns rocmfix/journal.jsonl in the run's directory; account.py says what it comes to. A line that a
dying process left unfinished is skipped.

Events, each with `time` (seconds since 1970), and `run`, the run's id, if it has one:
  launch  attempt, pid                  a worker has begun; after a fault with an attempt above 1
  start   first, epochs, hours, batch, device, amp
                                        training continues with epoch `first` (from 1)
  epoch   epoch                         done, and its checkpoint is verified
  unkept  epoch, what                   done, and there is no checkpoint of it
  batch   old, new, why
  device  old, new, why
  fault   at, what, cause, mitigations, report    what rocmfix-run knew about the end of the worker before
  end     epoch, why                    finished: "epochs", "patience", "time"
  stop | error                          ended by the user | an exception (`what`)
  exit    status, fault, killed, what   from the launcher: no further worker will come
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

Event = dict[str, Any]

TERMINAL = ("end", "stop", "error")


class Journal:
    def __init__(self, path: Path, run: str = "") -> None:
        self.path, self._run = path, run

    def append(self, event: str, **fields: Any) -> None:
        """On the disk when this returns. Raises OSError."""
        identity = {"run": self._run} if self._run else {}
        line = json.dumps({"event": event, "time": time.time(), **identity, **fields}) + "\n"
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = "\n" + line
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> list[Event]:
        """Empty without a file."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        events = []
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if _is_event(event):
                events.append(event)
        return events


# The numbers of each event: without them, or with others, a line counts as unfinished.
_NUMBERS = {"start": ("first", "epochs"), "epoch": ("epoch",), "unkept": ("epoch",), "batch": ("new",)}
_LATEST = 1e11  # seconds since 1970, the year 5138


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return False
    time_of = event.get("time")
    if not isinstance(time_of, (int, float)) or not 0 <= time_of <= _LATEST:
        return False
    numbers = [event.get(name) for name in _NUMBERS.get(event["event"], ())]
    return all(isinstance(one, int) and 0 <= one <= 10**9 for one in numbers)
