# SPDX-License-Identifier: MIT
"""How rocmfix-yolo speaks: to stderr, and errors as everywhere in rocmfix."""

from __future__ import annotations

import json
import os

from ..printable import write_stderr
from .rank import is_lead, rank_of_this_process


HANG = ("unspecified launch failure", "hiperrorlaunchfailure", "launch timed out",
        "hiperrorlaunchtimeout")  # fmt: skip


class Failure(Exception):
    """What a user can understand and act on; shown without a traceback."""

    def __init__(self, what: str, hint: str = "", status: int = 1) -> None:
        super().__init__(what)
        self.hint = hint
        self.status = status  # 1 something is wrong, 2 usage


def say(text: str) -> None:
    """A line on stderr: stdout, and the bars on it, are ultralytics' own. Of several processes for several
    GPUs, the first one speaks."""
    if is_lead():
        write_stderr(f"rocmfix-yolo: {text}")


def report(failure: Failure) -> int:
    write_stderr(f"error: {failure}")
    if failure.hint:
        write_stderr(f"hint: {failure.hint}")
    return failure.status


def is_hang(problem: BaseException) -> bool:
    """HIP's words for work that the GPU did not end, or that a reset has ended."""
    text = str(problem).lower()
    return any(part in text for part in HANG)


def tell_supervisor_of_a_fault(problem: BaseException) -> None:
    """As librocmfix-hip.so does when ROCr aborts. Here HIP has raised: no address is known, and the
    reason is in its words."""
    from . import incident  # which needs this module

    reason = (str(problem).splitlines() or [type(problem).__name__])[0]
    kind = "gpu_hang" if is_hang(problem) else "gpu_memory_fault"
    document = {"schema": 1, "kind": kind, "program": "rocmfix-yolo", "worked": True,
                "pid": os.getpid(), "fault": {"reason": reason[:200]}}  # fmt: skip
    text = json.dumps(document).encode() + b"\n"
    try:
        if rank_of_this_process() is not None:
            # A launcher in between has closed the descriptor; its number may be another file by now.
            incident.leave(text, os.environ["ROCMFIX_REPORT_TAG"])
        else:
            os.write(int(os.environ["ROCMFIX_REPORT_FD"]), text)
    except (KeyError, ValueError, OSError):
        pass  # without a supervisor there is nobody to tell
