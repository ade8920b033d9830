# SPDX-License-Identifier: MIT
"""What happened in a run, across all its processes: one JSON object a line, appended.

Owns rocmfix/journal.jsonl in the run's directory and the account that is made of it. A line that a
dying process left unfinished is skipped.

Events, each with `time` (seconds since 1970):
  launch  attempt                       a worker has begun
  start   first, epochs, batch, device, amp   training continues with epoch `first` (from 1)
  epoch   epoch                         done, and its checkpoint is verified
  batch   old, new, why
  end | stop | error                    finished | ended by the user | an exception (`what`)
  exit    status, fault                 from the launcher: no further worker will come
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable

Event = dict[str, Any]

TERMINAL = ("end", "stop", "error")


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """On the disk when this returns. Raises OSError."""
        line = json.dumps({"event": event, "time": time.time(), **fields}) + "\n"
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
_NUMBERS = {"start": ("first", "epochs"), "epoch": ("epoch",), "batch": ("new",)}
_LATEST = 1e11  # seconds since 1970, the year 5138


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return False
    time_of = event.get("time")
    if not isinstance(time_of, (int, float)) or not 0 <= time_of <= _LATEST:
        return False
    numbers = [event.get(name) for name in _NUMBERS.get(event["event"], ())]
    return all(isinstance(one, int) and 0 <= one <= 10**9 for one in numbers)


@dataclass
class Fault:
    """A try that ended without a word. Epochs count from 1."""

    time: float  # of the last sign of life, seconds since 1970
    after_epoch: int  # the last epoch that was kept, 0 for none
    lost_seconds: float = 0.0  # until training went on, or was given up


@dataclass
class Account:
    epochs: int = 0  # wanted
    done: int = 0
    faults: list[Fault] = field(default_factory=list)
    finished: bool = False
    seconds: float = 0.0  # in which a worker ran, or was about to

    @property
    def lost_seconds(self) -> float:
        return sum(fault.lost_seconds for fault in self.faults)


def account_of(events: Iterable[Event]) -> Account:
    """A fault is a worker that ended without a word, and was followed by another or by `exit`."""
    account = Account()
    running = False
    sign = before = 0.0  # of life; the event before
    open_fault: Fault | None = None

    def fault_until(now: float) -> None:
        """The worker has died; of the time since its last sign nothing is left."""
        nonlocal open_fault
        if open_fault is not None:  # the one before had not trained again yet
            open_fault.lost_seconds = sign - open_fault.time
        open_fault = Fault(sign, account.done, now - sign)
        account.faults.append(open_fault)

    for event in events:
        kind, now = event["event"], float(event["time"])
        if running:
            account.seconds += now - before
        before = now
        if kind == "launch":
            if running:
                fault_until(now)
            running, sign = True, now
        elif kind == "start":
            account.epochs = int(event["epochs"])
            account.done = max(account.done, int(event["first"]) - 1)
            if open_fault is not None:
                open_fault.lost_seconds = now - open_fault.time
                open_fault = None
            sign = now
        elif kind == "epoch":
            account.done = max(account.done, int(event["epoch"]))
            sign = now
        elif kind in TERMINAL or kind == "exit":
            if kind == "exit" and running and event.get("fault"):
                fault_until(now)
            running, open_fault = False, None
            account.finished = account.finished or kind == "end"
    return account
