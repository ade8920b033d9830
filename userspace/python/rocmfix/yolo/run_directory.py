# SPDX-License-Identifier: MIT
"""A run's directory: which run it is, that this process alone trains it, and what is resumed from it.

Owns session.save_dir and everything in rocmfix/ but the content of the checkpoints. A run has an id
(session.run), which its checkpoints and events carry: what another run has left in the same directory
(exist_ok=True) is moved out of the way, and never taken for this one's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..store import Busy, Generation, Lock, Store, hold, new_run, set_aside
from . import checkpoint, incident
from .errors import Failure, say
from .journal import Journal
from .rank import command_pid, is_lead
from .session import Session, state_of
from .trust import require_own

# Moved away when another run begins in the same directory; results.csv and weights/ are ultralytics'.
OF_A_RUN = ("session.json", "journal.jsonl", "gpu.csv")
AFTER_A_DEATH = 10.0  # seconds until the process before this one has given up the lock


class RunDirectory:
    """`session_path`: where the launcher reads what the session has become."""

    def __init__(self, session: Session, session_path: Path, attempt: int) -> None:
        self._session, self._session_path, self._attempt = session, session_path, attempt
        self._lock: Lock | None = None
        self._locked: Path | None = None
        self._launched = False
        self._said: set[str] = set()

    # ------------------------------------------------------------------ where it is

    @property
    def path(self) -> Path | None:
        return Path(self._session.save_dir) if self._session.save_dir else None

    @property
    def state(self) -> Path:
        assert self.path is not None
        return state_of(self.path)

    @property
    def journal(self) -> Journal:
        return Journal(self.state / "journal.jsonl", self._session.run)

    @property
    def store(self) -> Store:
        return checkpoint.store_of(self.state, self._session.run)

    @property
    def launched(self) -> bool:
        return self.path is not None and self._launched

    def record(self, event: str, **fields: Any) -> None:
        """In the journal. That it cannot be written (a full disk) ends no training."""
        try:
            self.journal.append(event, **fields)
        except OSError as problem:
            self.say_once(f"warning: {self.path} has no record of what happens now: {problem.strerror}")

    def events(self) -> list[dict[str, Any]]:
        """Of this run."""
        return [event for event in self.journal.read() if event.get("run", "") == self._session.run]

    def say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            say(text)

    # ------------------------------------------------------------------ who trains it

    def _hold(self, directory: Path) -> None:
        if not is_lead() or (self._lock is not None and self._locked == directory):
            return
        self.let_go()
        try:
            self._lock = hold(state_of(directory), directory, AFTER_A_DEATH if self._attempt > 1 else 2.0)
        except Busy as problem:
            raise Failure(str(problem), problem.hint) from problem
        except OSError as problem:
            raise Failure(f"cannot write in {state_of(directory)}: {problem.strerror}",
                          "to resume a run of another user, copy it, if you trust it") from problem  # fmt: skip
        self._locked = directory
        if not self._lock.supported:
            self.say_once(f"warning: the file system of {directory} has no locks: nothing keeps a second "
                           "process from training this run at the same time")  # fmt: skip

    def let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()
        self._lock = self._locked = None

    def enter(self) -> None:
        """A run that is there is this process's from now on. Raises Failure."""
        assert self.path is not None
        if not self.state.is_dir():
            raise Failure(f"{self.path} is gone, and with it what this run could be resumed from",
                          "if it was moved: rocmfix-yolo resume THE_NEW_PLACE")  # fmt: skip
        self._hold(self.path)

    def make_way(self, directory: Path) -> None:
        """Before ultralytics writes there: another run may be in progress, or have been. Raises Failure."""
        directory = directory.absolute()
        if self.path is not None or not is_lead() or not state_of(directory).is_dir():
            return
        self._hold(directory)
        state = state_of(directory)
        store = checkpoint.store_of(state, self._session.run)
        kept = store.foreign() + store.generations()
        others = [state / name for name in OF_A_RUN] + kept
        place = set_aside(others, state / "earlier", "rocmfix")
        if place is not None and kept:
            say(f"{directory} has checkpoints of an earlier run: they are kept, and "
                f"'rocmfix-yolo resume {place}' continues it")  # fmt: skip
        elif place is not None:
            say(f"{directory} was an earlier run's: its records are kept in {place}")

    def adopt(self, directory: Path) -> None:
        """From here on the run is where ultralytics has put it, for all attempts."""
        directory = directory.absolute()
        state_of(directory).mkdir(0o755, exist_ok=True)
        self._hold(directory)
        self._session.save_dir = str(directory)
        try:
            require_own(directory)
        except Failure as problem:  # better said now than after the first fault
            say(f"warning: {problem}; after a fault this run would not be resumed")
        self._session.write(self.state / "session.json")
        self.launch()

    def launch(self) -> None:
        if not self._launched and is_lead():
            self._launched = self._session.trained = True
            self._session.write(self._session_path)
            if self._attempt > 1:
                self._note_the_end_before()
            self.record("launch", attempt=self._attempt, pid=command_pid())

    def _note_the_end_before(self) -> None:
        try:
            incident.note(self.journal)
        except OSError as problem:
            self.say_once(f"warning: {self.path} has no record of the end before: {problem.strerror}")

    def leave_for_a_new_run(self) -> None:
        """The next adopt() is of another run, which continues this one."""
        self._session.save_dir = None
        self._session.run = new_run()
        self._launched = False
        self.let_go()

    def make_again(self) -> bool:
        """Whether it had been deleted: it is there again, with what this process knows."""
        assert self.path is not None
        if self.state.is_dir():
            return False
        say(f"warning: {self.path} was deleted while it is trained. It is made again, and continues with "
            "this epoch: what was in it is lost (Ctrl-C stops the training)")  # fmt: skip
        self.state.mkdir(0o755, parents=True)
        self.let_go()
        self._hold(self.path)
        self._session.write(self.state / "session.json")
        self._launched = False
        self.launch()
        return True

    def finish(self, **fields: Any) -> None:
        """Nothing is resumed any more. Checkpoints stay only where the journal cannot say so."""
        try:
            self.journal.append("end", **fields)
        except OSError as problem:
            self.say_once(f"warning: {self.path} has no record of its end: {problem.strerror}")
            return
        self._remove_checkpoints()

    def finish_the_end(self) -> None:
        """What a process has left undone that was killed right after it had recorded the end."""
        if not is_lead() or not self.store.generations():
            return
        self._remove_checkpoints()
        self._session.trained = True  # the account is owed, too
        self._session.write(self._session_path)

    def _remove_checkpoints(self) -> None:
        freed = self.store.clear()
        say(f"the checkpoints in {self.state} are removed ({checkpoint.megabytes(freed)}): "
            "weights/ has what is left of use")  # fmt: skip

    def no_room(self, problem: Exception) -> Failure:
        """The error for a full disk."""
        kept = self.store.last_kept()
        needed = f"about {checkpoint.megabytes(2 * kept.size)}" if kept else "some space"
        return Failure(f"the disk that {self.path} is on is full ({problem})",
                       f"free {needed} there, then: rocmfix-yolo resume {self.path}")  # fmt: skip

    # ------------------------------------------------------------------ what it is resumed from

    def is_finished(self) -> bool:
        return any(event["event"] == "end" for event in self.events())

    def newest(self) -> Generation | None:
        """None: nothing was kept yet. Raises Failure where something was, and none of it is whole."""
        if self.path is None:
            return None
        warning = require_own(self.path)
        if warning is not None:
            self.say_once(f"warning: {warning}")
        generation, complaints = self.store.newest()
        if generation is None and (complaints or self._was_trained()):
            why = "; ".join(complaints) or "there is none"
            raise Failure(f"no checkpoint of {self.path} is whole ({why}), and beginning again would "
                          "overwrite its weights", self._other_ways())  # fmt: skip
        for complaint in complaints:
            say(f"warning: a damaged checkpoint is skipped: {complaint}")
        return generation

    def _was_trained(self) -> bool:
        """An epoch of it was done, whether or not its checkpoint could be kept."""
        return any(event["event"] in ("epoch", "unkept") for event in self.events())

    def _other_ways(self) -> str:
        assert self.path is not None
        last, best = self.path / "weights/last.pt", self.path / "weights/best.pt"
        if (epoch := checkpoint.epoch_of(last)) is not None:
            return (f"{last} is of epoch {epoch}: 'yolo train resume model={last}' continues from it, "
                    "not with the same numbers")  # fmt: skip
        if best.is_file():
            return f"a new run from its best weights: rocmfix-yolo train --model {best} ..."
        return "begin again in another directory: rocmfix-yolo train ..."
