# SPDX-License-Identifier: MIT
"""What rocmfix-run starts, and starts again: one process of a training, validation, prediction or export."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from .. import LibraryError, apply_rocm_fix
from ..hints import Hints, read_hints
from . import model
from .arguments import typed_arguments
from .errors import Failure, report, say
from .session import Session
from .training import Training


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


def _only_use(session: Session, arguments: dict[str, Any], hints: Hints) -> int:
    """val, predict and export: nothing to resume; a new try begins again."""
    from ultralytics.cfg import DEFAULT_CFG_DICT

    if hints.cpu:
        say("RUNNING ON THE CPU: every mitigation for the GPU has been tried. This is slow")
        arguments["device"] = "cpu"
    # Of an export both are what it makes, not how.
    if hints.batch_scale < 1 and session.verb != "export":
        wanted = arguments.get("batch", DEFAULT_CFG_DICT["batch"] if session.verb == "val" else 1)
        arguments["batch"] = max(1, int(wanted * hints.batch_scale))
    if hints.full_precision and session.verb != "export":
        arguments["half"] = False
    yolo = model.load(str(arguments.pop("model")), arguments.pop("task", None))
    if session.verb in ("val", "export"):
        getattr(yolo, session.verb)(**arguments)
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


def draw(run: Path) -> int:
    from . import plot

    try:
        plot.draw_run(run)
    except (ImportError, OSError) as problem:
        say(f"warning: no rocmfix.png: {problem}")
    return 0


def main(arguments: list[str]) -> int:
    """The exit status. Ends by SIGINT itself after Ctrl-C, so that the launcher can tell."""
    try:
        if arguments[0] == "--draw":
            return draw(Path(arguments[1]))
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
