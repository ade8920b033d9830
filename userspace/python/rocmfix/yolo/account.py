# SPDX-License-Identifier: MIT
"""What a run has come to, made of its journal: epochs, time, and what ended its processes.

Owns the arithmetic and no words of it (summary.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Iterable

from .foreign import text_of
from .journal import TERMINAL, Event

GPU_FAULT, HANG, CRASH, KILLED, UNKNOWN = "GPU fault", "hang", "crash", "killed", "unknown"


@dataclass
class Loss:
    """A process that ended before its work was done, and not by the user. Epochs count from 1."""

    time: float  # of its end if that is known, else of its last sign of life; seconds since 1970
    after_epoch: int  # the last epoch that was kept, 0 for none
    lost_seconds: float = 0.0  # since that epoch, until training went on or was given up
    kind: str = GPU_FAULT
    what: str = GPU_FAULT  # "GPU memory fault", "SIGKILL"
    cause: str = ""  # of a GPU fault or a hang: "tunableop, likely"
    mitigations: tuple[str, ...] = ()  # of the next attempt
    interval: tuple[float, float] = (0.0, 0.0)  # the lost time, seconds since 1970


@dataclass
class Account:
    epochs: int = 0  # wanted
    done: int = 0  # trained; after a fault only those that were kept
    losses: list[Loss] = field(default_factory=list)
    finished: bool = False
    why: str = ""  # it is finished: "patience", "time", or all epochs
    hours: float = 0.0  # the limit of time=, 0 for none
    seconds: float = 0.0  # in which a worker ran, or was about to
    training_seconds: float = 0.0  # those since training began
    unkept: list[int] = field(default_factory=list)  # epochs without a checkpoint of their own
    unkept_why: str = ""  # of the last one
    changes: list[Event] = field(default_factory=list)  # of batch and device

    @property
    def faults(self) -> list[Loss]:
        return [loss for loss in self.losses if loss.kind == GPU_FAULT]

    @property
    def lost_seconds(self) -> float:
        return sum(loss.lost_seconds for loss in self.losses)


def _number(value: Any) -> float:
    """0 for what is none."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if good and math.isfinite(value) and 0 <= value <= 1e11 else 0.0


class _Reckoning:
    def __init__(self) -> None:
        self.account = Account()
        self.running = self.trained = False
        self.sign = self.before = 0.0  # of life; the event before
        self.ended_by = ""  # the last TERMINAL event
        self.told: Event = {}  # what rocmfix-run knew about the end of this process
        self.open: Loss | None = None  # training has not continued since

    def lost(self, now: float, kind: str, what: str = "") -> None:
        """The worker has died; of the time since its last sign nothing is left."""
        self._until(self.sign)  # the one before had not trained again yet
        told, self.told = self.told, {}
        mitigations = told.get("mitigations")
        at = _number(told.get("at"))
        self.open = Loss(
            at if self.sign <= at <= now else self.sign,
            self.account.done,
            kind=HANG if told.get("hang") is True else GPU_FAULT if told else kind,
            what=text_of(told.get("what")) or what or kind,
            cause=text_of(told.get("cause")),
            mitigations=tuple(map(text_of, mitigations)) if isinstance(mitigations, list) else (),
            interval=(self.sign, self.sign),
        )
        self.account.losses.append(self.open)
        self._extend(now)

    def _extend(self, now: float) -> None:
        if self.open is not None:
            self.open.interval = (self.open.interval[0], now)
            self.open.lost_seconds = now - self.open.interval[0]

    def _until(self, now: float) -> None:
        self._extend(now)
        self.open = None

    def launch(self, event: Event, now: float) -> None:
        if self.running:
            if event.get("attempt", 2) != 1:
                self.lost(now, CRASH, "a crash without a report of a GPU fault")
            else:
                # Started by the user, who knows how much later. Nobody has seen the end.
                self.lost(self.sign, UNKNOWN, "ended unseen (power off, or everything was killed)")
                self.open = None
        self.running, self.sign = True, now

    def start(self, event: Event, now: float) -> None:
        self.account.epochs = int(event["epochs"])
        self.account.hours = _number(event.get("hours"))
        self.account.done = int(event["first"]) - 1
        self.account.unkept = [n for n in self.account.unkept if n <= self.account.done]
        self._until(now)
        self.sign, self.trained = now, True

    def exit(self, event: Event, now: float) -> None:
        if self.running and event.get("fault"):
            self.lost(now, CRASH, text_of(event.get("what")))
        elif self.running and event.get("killed"):
            self.lost(now, KILLED, text_of(event.get("what")))

    def add(self, event: Event) -> None:
        kind, now, account = event["event"], float(event["time"]), self.account
        unseen = kind == "launch" and event.get("attempt", 2) == 1
        if self.running and not unseen:
            account.seconds += now - self.before
            account.training_seconds += now - self.before if self.trained else 0.0
        self.before = now
        if kind == "launch":
            self.launch(event, now)
        elif kind == "fault":
            # Of several processes, the others end by an exception when one of them faults.
            self.running = self.running or self.ended_by == "error"
            self.told = event
        elif kind == "start":
            self.start(event, now)
        elif kind == "epoch":
            account.done = max(account.done, int(event["epoch"]))
            account.unkept = [n for n in account.unkept if n != event["epoch"]]
            self.sign = now
        elif kind == "unkept":
            account.unkept.append(int(event["epoch"]))
            account.unkept_why = text_of(event.get("what"))
        elif kind in ("batch", "device"):
            account.changes.append({**event, "after": account.done})
        elif kind in TERMINAL or kind == "exit":
            if kind == "exit":
                self.exit(event, now)
            self.running, self.open, self.ended_by = False, None, kind
            if kind == "end":
                account.finished, account.why = True, text_of(event.get("why"))
                account.done = max(account.done, int(_number(event.get("epoch"))))


def account_of(events: Iterable[Event], until: float | None = None) -> Account:
    """`until`: now, when the worker of the last event is running still."""
    reckoning = _Reckoning()
    for event in events:
        reckoning.add(event)
    account = reckoning.account
    if until is not None and reckoning.running:
        account.seconds += until - reckoning.before
        account.training_seconds += until - reckoning.before if reckoning.trained else 0.0
    return account
