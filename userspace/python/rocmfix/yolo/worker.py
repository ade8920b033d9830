# SPDX-License-Identifier: MIT
"""What rocmfix-run starts, and starts again: one process of a training, validation or prediction."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from .. import LibraryError, apply_rocm_fix
from ..hints import Hints, read_hints
from .errors import Failure, report, say
from .session import Session
from .training import Training

SAFE_DEFAULTS = {"batch": 4, "imgsz": 640}


def _import_ultralytics() -> Any:
    try:
        import ultralytics
    except Exception as problem:  # a library that torch needs is an OSError, and so on
        raise Failure(
            f"cannot import ultralytics with {sys.executable}: {problem}",
            "pip install ultralytics in a virtual environment, and run rocmfix-yolo in it "
            "(or name its interpreter in ROCMFIX_PYTHON)",
        ) from problem
    return ultralytics


def typed_arguments(session: Session) -> dict[str, Any]:
    """ultralytics' own reading of what was typed, over rocmfix's defaults. Raises Failure."""
    from ultralytics.cfg import DEFAULT_CFG_DICT, check_dict_alignment, smart_value

    arguments: dict[str, Any] = {**SAFE_DEFAULTS, **({"amp": False} if session.verb == "train" else {})}
    arguments.update({name: smart_value(value) for name, value in session.arguments.items()})
    for taken in ("mode", "resume"):
        if taken in arguments:
            raise Failure(f"{taken} is rocmfix-yolo's own", "rocmfix-yolo resume DIRECTORY", 2)
    try:
        check_dict_alignment(DEFAULT_CFG_DICT, arguments)
    except SyntaxError as problem:
        raise Failure(str(problem).strip().splitlines()[0], "rocmfix-yolo --help", 2) from problem
    if "," in str(arguments.get("device", "")) or isinstance(arguments.get("device"), (list, tuple)):
        raise Failure("rocmfix-yolo trains on one GPU", "device=0", 2)
    if not arguments.get("model"):
        raise Failure("which model?", "for example: --model yolov8n.pt", 2)
    return arguments


def _only_use(session: Session, arguments: dict[str, Any], hints: Hints) -> int:
    """val and predict: nothing to resume; a new try begins again."""
    from ultralytics import YOLO

    if hints.cpu:
        say("RUNNING ON THE CPU: every mitigation for the GPU has been tried. This is slow")
        arguments["device"] = "cpu"
    if hints.batch_scale < 1:
        arguments["batch"] = max(1, int(arguments["batch"] * hints.batch_scale))
    if hints.full_precision:
        arguments["half"] = False
    yolo = YOLO(arguments.pop("model"), task=arguments.pop("task", None))
    if session.verb == "val":
        yolo.val(**arguments)
        return 0
    for _ in yolo.predict(**{"save": True, **arguments}, stream=True):
        pass
    return 0


def work(path: Path) -> int:
    session = Session.read(path)
    hints = read_hints()
    apply_rocm_fix(
        profile=os.environ.get("ROCMFIX_PROFILE") or "safe",
        # ultralytics halves the batch when an allocation raises; a tensor that has moved to the
        # CPU instead would only make the next operation fail for another reason.
        cpu_fallback=False,
    )
    _import_ultralytics()
    arguments = typed_arguments(session)
    if session.verb != "train":
        return _only_use(session, arguments, hints)
    # What is written decides what a resumed run executes: nobody else may write there (trust.py).
    os.umask(os.umask(0o077) | 0o022)
    return Training(session, path, arguments, hints).run()


def main(arguments: list[str]) -> int:
    """The exit status. Ends by SIGINT itself after Ctrl-C, so that the launcher can tell."""
    try:
        return work(Path(arguments[0]))
    except Failure as failure:
        return report(failure)
    except (LibraryError, ValueError, FileNotFoundError) as problem:
        if os.environ.get("ROCMFIX_VERBOSE") == "1":
            traceback.print_exc()
        lines = str(problem).strip().splitlines() or [type(problem).__name__]
        return report(Failure(lines[0], getattr(problem, "hint", "")))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        return 130
