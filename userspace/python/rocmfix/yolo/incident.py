# SPDX-License-Identifier: MIT
"""What rocmfix-run knew about the end of a worker: the report that it saved, found by the worker's pid.

Owns finding and reading it. The file is data that other programs wrote too: it is read only if it
belongs to the user, and nothing in it is trusted to have a form.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .foreign import state_home, text_of
from .journal import Journal

NAME = re.compile(r"(\d{1,12})-\d+-.*\.json")  # SECONDS-PID-UNIQUE, as incident_store.hpp says
_SIZE_LIMIT = 8 << 20  # bytes
_LOOKED_AT = 64  # files, the newest
_WORDS = {"gpu_memory_fault": "GPU memory fault", "gpu_hang": "GPU hang"}


@dataclass(frozen=True)
class Incident:
    path: str
    time: float  # seconds since 1970
    what: str  # "GPU memory fault"
    cause: str = ""  # "tunableop, likely"; empty: not determined
    mitigations: tuple[str, ...] = ()  # of the next attempt
    hang: bool = False  # it showed no sign of life, and rocmfix-run has ended it

    def fields(self) -> dict[str, Any]:
        """Of the journal's event "fault"."""
        return {"at": self.time, "what": self.what, "cause": self.cause,
                "mitigations": list(self.mitigations), "hang": self.hang, "report": self.path}  # fmt: skip


def directory() -> Path:
    """As rocmfix-run finds it (supervisor/state.cpp)."""
    named = os.environ.get("ROCMFIX_INCIDENT_DIR")
    if named:
        return Path(named)
    return state_home() / "incidents"


def _read(path: Path) -> Any:
    """None for what is not a file of the user's own."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            own = status.st_uid in (os.geteuid(), 0) and not status.st_mode & 0o022
            if not own or not stat.S_ISREG(status.st_mode) or status.st_size > _SIZE_LIMIT:
                return None
            return json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None


def _items(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _cause(document: dict[str, Any]) -> str:
    for incident in _items(document.get("incidents")):
        for cause in _items(incident.get("causes")):  # the best one first
            if name := text_of(cause.get("id")):
                confidence = text_of(cause.get("confidence"))
                return f"{name}, {confidence}" if confidence else name
    return ""


def _hang(document: dict[str, Any]) -> str:
    """ "hang in hipStreamSynchronize", of one that rocmfix-run has ended; else empty."""
    hang = document.get("hang")
    if not isinstance(hang, dict):
        return ""
    calls = [text_of(call.get("api")) for process in _items(hang.get("processes"))
             for call in _items(process.get("open_calls"))]  # fmt: skip
    return f"hang in {calls[0]}" if calls and calls[0] else "hang"


def _what(document: dict[str, Any]) -> str:
    if hang := _hang(document):
        return hang
    if known := _WORDS.get(text_of(document.get("kind"))):
        return known
    for incident in _items(document.get("incidents")):
        for event in _items(incident.get("events")):
            if what := text_of(event.get("what")):
                return what
    return "GPU fault"


def _time(document: dict[str, Any], otherwise: float) -> float:
    try:
        return datetime.fromisoformat(text_of(document.get("time")).replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return otherwise


def _mitigations(document: dict[str, Any]) -> tuple[str, ...]:
    decision = document.get("decision")
    named = decision.get("measures") if isinstance(decision, dict) else None
    return tuple(text_of(name) for name in named if text_of(name)) if isinstance(named, list) else ()


def find(pid: int, since: float, folder: Path | None = None) -> Incident | None:
    """The newest of command `pid`, which was started at `since` (seconds since 1970)."""
    folder = folder or directory()
    try:
        names = [(int(match[1]), name) for name in os.listdir(folder) if (match := NAME.fullmatch(name))]
    except OSError:
        return None
    for seconds, name in sorted(names, reverse=True)[:_LOOKED_AT]:
        if seconds < since - 1:  # whole seconds
            break
        document = _read(folder / name)
        if isinstance(document, dict) and document.get("command_pid") == pid:
            return Incident(str(folder / name), _time(document, seconds), _what(document),
                            _cause(document), _mitigations(document),
                            hang=bool(_hang(document)))  # fmt: skip
    return None


def leave(text: bytes, tag: str) -> None:
    """A report of this process, where rocmfix-run looks for those of its command. Raises OSError, ValueError."""
    if not re.fullmatch("[0-9a-f]{8}", tag):
        raise ValueError(tag)
    folder = directory()
    folder.mkdir(0o700, parents=True, exist_ok=True)
    name = f"{int(time.time())}-{os.getpid()}-{tag}{secrets.token_hex(4)}.json"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(folder / f".{name}.part", flags, 0o600), "wb") as file:
        file.write(text)
    os.rename(folder / f".{name}.part", folder / name)


def note(journal: Journal) -> bool:
    """Writes into the journal what is known of the end of its last worker. False: nothing. Raises OSError."""
    launches = [event for event in journal.read() if event["event"] == "launch"]
    pid = launches[-1].get("pid") if launches else None
    found = find(pid, float(launches[-1]["time"])) if isinstance(pid, int) else None
    if found is not None:
        journal.append("fault", **found.fields())
    return found is not None
