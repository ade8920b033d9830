# SPDX-License-Identifier: MIT
"""ultralytics' arguments of a session: what was typed, over cfg=FILE, over rocmfix's safe defaults.

Owns that order and what is refused of it. What none of them names is left to ultralytics, which
knows more than a default: val and predict use the image size that the model was trained with.
"""

from __future__ import annotations

from typing import Any

from .errors import Failure
from .session import Session
from .several_gpus import gpus_of

SAFE_DEFAULTS = {"batch": 4, "amp": False}  # of a training
# A copy of ultralytics' default.yaml has them empty: then they are as if not there.
_MAY_BE_EMPTY = ("model", "data", "task", "source", "resume", "cfg")


def _of_file(path: str) -> dict[str, Any]:
    """Raises Failure."""
    from ultralytics.utils import YAML
    from ultralytics.utils.checks import check_yaml

    try:
        content = YAML.load(check_yaml(path))
        if not isinstance(content, dict):
            raise ValueError("there are no 'KEY: VALUE' lines in it")
    except Exception as problem:  # a missing file, and whatever a YAML parser raises
        first_line = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise Failure(f"cannot read cfg={path}: {first_line}", "yolo copy-cfg makes one", 2) from problem
    return content


def _take_file(session: Session) -> None:
    """What cfg=FILE says becomes the session's own: a run goes on with what it has begun with, also
    when the file has changed since."""
    path = session.arguments.pop("cfg", "")
    if not path or path == "None":
        return
    content = {str(name): _typed(value) for name, value in _of_file(path).items()
               if name != "mode" and not (name in _MAY_BE_EMPTY and value in (None, "", False))}  # fmt: skip
    session.arguments = {**content, **session.arguments}


def _typed(value: Any) -> str:
    """As it would be typed: a name "2026_11" of the file is not the number 202611."""
    from ultralytics.cfg import smart_value

    return str(value) if smart_value(str(value)) == value else repr(value)


def typed_arguments(session: Session) -> dict[str, Any]:
    """As ultralytics reads them. Raises Failure."""
    from ultralytics.cfg import DEFAULT_CFG_DICT, TASKS, check_dict_alignment, smart_value

    _take_file(session)
    arguments: dict[str, Any] = dict(SAFE_DEFAULTS) if session.verb == "train" else {}
    arguments.update({name: smart_value(value) for name, value in session.arguments.items()})
    for taken in ("mode", "resume"):
        if taken in arguments:
            raise Failure(f"{taken} is rocmfix-yolo's own", "rocmfix-yolo resume DIRECTORY", 2)
    try:
        check_dict_alignment(DEFAULT_CFG_DICT, arguments)
    except SyntaxError as problem:
        raise Failure(str(problem).strip().splitlines()[0], "rocmfix-yolo --help", 2) from problem
    if arguments.get("task") not in (None, *TASKS):
        raise Failure(f"there is no task {arguments['task']}", f"the tasks are {', '.join(TASKS)}", 2)
    if gpus := gpus_of(arguments.get("device", "")):
        if session.verb != "train":
            raise Failure(f"{session.verb} runs on one GPU", f"device={gpus[0]}", 2)
        if "batch" not in session.arguments:  # as much for each
            arguments["batch"] = SAFE_DEFAULTS["batch"] * len(gpus)
    if not arguments.get("model"):
        raise Failure("which model?", "for example: --model yolov8n.pt", 2)
    return arguments
