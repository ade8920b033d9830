# SPDX-License-Identifier: MIT
"""How rocmfix-yolo speaks: to stderr, and errors as everywhere in rocmfix."""

from __future__ import annotations

import json
import os

from ..printable import write_stderr


class Failure(Exception):
    """What a user can understand and act on; shown without a traceback."""

    def __init__(self, what: str, hint: str = "", status: int = 1) -> None:
        super().__init__(what)
        self.hint = hint
        self.status = status  # 1 something is wrong, 2 usage


def say(text: str) -> None:
    """A line on stderr: stdout, and the bars on it, are ultralytics' own."""
    write_stderr(f"rocmfix-yolo: {text}")


def report(failure: Failure) -> int:
    write_stderr(f"error: {failure}")
    if failure.hint:
        write_stderr(f"hint: {failure.hint}")
    return failure.status


def tell_supervisor_of_a_fault(problem: BaseException) -> None:
    """For the descriptor that librocmfix-hip.so reports to when ROCr aborts. Here HIP has raised: no
    address is known, and the reason is in its words."""
    reason = (str(problem).splitlines() or [type(problem).__name__])[0]
    document = {"schema": 1, "kind": "gpu_memory_fault", "program": "rocmfix-yolo", "worked": True,
                "fault": {"reason": reason[:200]}}  # fmt: skip
    try:
        os.write(int(os.environ["ROCMFIX_REPORT_FD"]), json.dumps(document).encode() + b"\n")
    except (KeyError, ValueError, OSError):
        pass  # without a supervisor there is nobody to tell
