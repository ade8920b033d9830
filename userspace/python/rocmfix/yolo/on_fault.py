# SPDX-License-Identifier: MIT
"""--on-fault: the user's command after each GPU fault, to be told of it (a mail, a notification).

Started without a shell, with the facts in its environment: what the log and the driver said is never part of
a command line. It runs next to the training, which does not wait for it; whatever it does, the training
goes on. Owns starting it and ending it when it takes too long.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from .errors import Failure, say
from .foreign import text_of
from .journal import Event, Journal
from .session import Session, state_of

_PATH = 4096  # characters, as long as a path can be
PATIENCE = 30.0  # seconds that the command may take


def words_of(command: str) -> list[str]:
    """Raises Failure with status 2."""
    try:
        words = shlex.split(command)
    except ValueError as problem:
        raise Failure(f"--on-fault {command}: {problem}", "it is split as a shell would, and run without one", 2) from problem
    if not words:
        raise Failure("--on-fault: which command?", "--on-fault 'notify-send \"a GPU fault\"'", 2)
    return words


def facts_of(event: Event, run: str, epoch: int, given_up: bool) -> dict[str, str]:
    mitigations = event.get("mitigations")
    names = mitigations if isinstance(mitigations, list) else []
    return {
        "ROCMFIX_FAULT_WHAT": text_of(event.get("what")),
        "ROCMFIX_FAULT_CAUSE": text_of(event.get("cause")),
        "ROCMFIX_FAULT_REPORT": text_of(event.get("report"), _PATH),
        "ROCMFIX_FAULT_MITIGATIONS": " ".join(text_of(name) for name in names),
        "ROCMFIX_FAULT_TIME": str(int(event["time"])),
        "ROCMFIX_FAULT_EPOCH": str(epoch),
        "ROCMFIX_FAULT_RUN": run,
        "ROCMFIX_FAULT_GIVEN_UP": "1" if given_up else "0",
    }


class FaultCommand:
    """`session` is the file in which the worker says where the run is."""

    def __init__(self, words: list[str], session: Path) -> None:
        self._words, self._session = words, session
        self._since = time.time()
        self._seen = 0  # of the faults since then
        self._running: list[tuple[subprocess.Popen[bytes], float]] = []

    def look(self, given_up: bool = False) -> None:
        """Starts the command for what is new in the journal. Never raises for what is wrong there."""
        self._end_late(PATIENCE)
        try:
            run = Session.read(self._session).save_dir
            events = Journal(state_of(Path(run)) / "journal.jsonl").read() if run else []
        except (Failure, OSError):
            return  # it is being written, or the disk is gone
        epoch, number = 0, 0
        for event in events:
            if event["event"] == "epoch":
                epoch = int(event["epoch"])
            if event["event"] != "fault" or float(event["time"]) < self._since:
                continue
            number += 1
            if number > self._seen:
                self._seen = number
                self._start(facts_of(event, str(run), epoch, given_up))

    def _start(self, facts: dict[str, str]) -> None:
        try:
            # stdout is ultralytics' own. A group of its own, so that all of it can be ended.
            process = subprocess.Popen(self._words, env={**os.environ, **facts}, stdin=subprocess.DEVNULL,
                                       stdout=2, start_new_session=True)  # fmt: skip
        except (OSError, ValueError) as problem:
            say(f"warning: --on-fault {self._words[0]}: {problem}")
            return
        self._running.append((process, time.monotonic()))

    def _end_late(self, patience: float) -> None:
        for process, begun in list(self._running):
            status = process.poll()
            if status is None and time.monotonic() - begun < patience:
                continue
            if status is None:
                say(f"warning: --on-fault {self._words[0]} did not end within {patience:.0f} s: killed")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            elif status != 0:
                say(f"warning: --on-fault {self._words[0]} ended with status {status}")
            self._running.remove((process, begun))

    def finish(self) -> None:
        """Waits for those that are running, as long as they may take."""
        while self._running:
            self._end_late(PATIENCE)
            time.sleep(0.05)
