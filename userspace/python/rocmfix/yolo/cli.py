# SPDX-License-Identifier: MIT
"""The command line of rocmfix-yolo. Imports neither torch nor ultralytics: --help is instant."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .. import librocmfix, store
from . import launcher
from .errors import Failure, report
from .on_fault import words_of as on_fault_words
from .session import ON_RESUME, Session, state_of
from .several_gpus import refuse_launcher
from .trust import require_own

HELP = """\
Usage: rocmfix-yolo train   --model MODEL --data DATA [--KEY VALUE | KEY=VALUE]...
       rocmfix-yolo resume  [RUN] [KEY=VALUE]...
       rocmfix-yolo val     --model MODEL [--data DATA] [KEY=VALUE]...
       rocmfix-yolo predict --model MODEL --source SOURCE [KEY=VALUE]...
       rocmfix-yolo export  --model MODEL [--format FORMAT] [KEY=VALUE]...
Train YOLO with ultralytics on an RDNA1 or RDNA2 GPU, and survive GPU faults.

A GPU memory fault ends the process; the next one resumes from the newest
verified checkpoint. Every ultralytics key is passed to it, over those of
cfg=FILE; "detect train" and "mode=train" are understood as by yolo. Two
defaults of train are not ultralytics': batch=4 amp=False. RUN is the directory
of a run (runs/detect/train), by default the newest one under runs/. With
device=0,1 each GPU has a process, and all resume from the same checkpoint.

Options, each with the variable of the same meaning:
      --retries N          new processes after faults (10)      ROCMFIX_RETRIES
      --hang-after TIME    end a training that hangs: auto (default), auto:2m,
                           30m, off                             ROCMFIX_HANG_AFTER
      --profile NAME       safe (default) or original           ROCMFIX_PROFILE
      --python FILE        the interpreter that has ultralytics ROCMFIX_PYTHON
      --min-batch N        when VRAM is nearly full, not below (1)
      --max-batch N        when there is room, up to (the batch asked for)
      --no-dynamic-batch   leave the batch alone
      --on-fault COMMAND   run this after each GPU fault        ROCMFIX_ON_FAULT
  -h, --help               print this help
      --version            print the version

Exit status: 0 done, 1 something is wrong, 2 usage error; the signal of the last
process when every one of them ended in a fault.
"""

VERBS = ("train", "resume", "val", "predict", "export")
# ultralytics' own words for them (ultralytics.cfg.TASKS), which may come before or after the verb.
TASKS = ("detect", "segment", "semantic", "depth", "classify", "pose", "obb")
WITH_VALUE = ("retries", "hang-after", "profile", "python", "min-batch", "max-batch", "on-fault")
_KEY = re.compile(r"[A-Za-z_]\w*=")


@dataclass
class Line:
    """What was typed: `own` options of rocmfix-yolo, ultralytics' `arguments`, and other words."""

    own: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def read_line(words: list[str]) -> Line:
    """Raises Failure with status 2."""
    line = Line()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            key, equals, value = word.partition("=")
            if equals and _KEY.match(word):
                line.arguments[key] = value
            elif word.startswith("-"):
                raise Failure(f"unknown option {word}", "rocmfix-yolo --help", 2)
            else:
                line.words.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if name in WITH_VALUE:
            if not equals and not rest:
                raise Failure(f"missing value after {word}", "rocmfix-yolo --help", 2)
            line.own[name] = value if equals else rest.pop(0)
        elif name == "no-dynamic-batch" and not equals:
            line.own[name] = "1"
        elif not re.fullmatch(r"[A-Za-z][\w-]*", name):
            raise Failure(f"unknown option {word}", "rocmfix-yolo --help", 2)
        elif equals:
            line.arguments[name.replace("-", "_")] = value
        elif rest and not rest[0].startswith("--") and not _KEY.match(rest[0]):
            line.arguments[name.replace("-", "_")] = rest.pop(0)
        elif name.startswith("no-"):
            line.arguments[name[3:].replace("-", "_")] = "False"
        else:
            line.arguments[name.replace("-", "_")] = "True"
    return line


def _number(line: Line, name: str, default: int, low: int) -> int:
    text = line.own.get(name, "")
    if not text:
        return default
    # Python refuses to read a number of thousands of digits, and nobody means one.
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < low:
        shown = text if len(text) <= 20 else f"{text[:20]}..."
        raise Failure(f"--{name} {shown}: a whole number from {low} to 999999999",
                      "rocmfix-yolo --help", 2)  # fmt: skip
    return int(text)


def find_run(words: list[str]) -> Path:
    """The directory of the run to resume. Raises Failure."""
    if len(words) > 1:
        raise Failure(f"one run at a time, not {' and '.join(words)}", status=2)
    if words:
        named = Path(words[0]).absolute()
        # Its weights/last.pt, as ultralytics expects it, is accepted too.
        for directory in (named, *named.parents[:2]):
            if (state_of(directory) / "session.json").is_file():
                return directory
        if not named.exists():
            raise Failure(f"there is no {words[0]} to resume: it was moved or deleted, or another name is meant",
                          "'rocmfix-yolo resume' without a name takes the newest run under runs/")  # fmt: skip
        raise Failure(f"{words[0]} is not a run of rocmfix-yolo",
                      "for a run of ultralytics itself: yolo train resume model=.../last.pt")  # fmt: skip
    return _newest_run(Path("runs").absolute())


def _newest_run(runs: Path) -> Path:
    """Of those that nobody trains now. Raises Failure."""
    found = [path for path in runs.glob("**/rocmfix/session.json")
             if path.parents[2].name != "rocmfix"]  # those in earlier-1 are named to be resumed
    in_progress: list[store.Busy] = []
    for session in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True):
        run = session.parent.parent
        busy = store.holder(session.parent, run)
        if busy is None:
            return run
        in_progress.append(busy)
    if in_progress:
        raise Failure(f"{in_progress[0]}, and no other run under runs/ is left to resume", in_progress[0].hint)
    raise Failure("there is no run of rocmfix-yolo under runs/ here",
                  "name it: rocmfix-yolo resume DIRECTORY")  # fmt: skip


def _resumed(line: Line) -> Session:
    fixed = sorted(set(line.arguments) - ON_RESUME - {"data"})
    if fixed:
        raise Failure(f"{fixed[0]} cannot be changed within a run",
                      "begin a new one from its weights: rocmfix-yolo train --model "
                      f"RUN/weights/last.pt --{fixed[0]} ...", 2)  # fmt: skip
    run = find_run(line.words)
    if (busy := store.holder(state_of(run), run)) is not None:
        raise Failure(str(busy), busy.hint)
    require_own(run)  # the worker says what is only a warning
    session = Session.read(state_of(run) / "session.json")
    session.save_dir, session.resume, session.trained = str(run), True, False
    if Path(line.arguments.get("data", "")).is_file():  # from here, and not from where the run was begun
        line.arguments["data"] = str(Path(line.arguments["data"]).absolute())
    session.arguments.update(line.arguments)
    return session


def _begun(verb: str, line: Line) -> Session:
    for word in line.words:
        if word not in TASKS:
            raise Failure(f"'{word}' is not KEY=VALUE", "rocmfix-yolo --help", 2)
        if line.arguments.setdefault("task", word) != word:
            raise Failure(f"one task at a time, not {line.arguments['task']} and {word}", status=2)
    # What cfg=FILE names is seen by the worker, which has a YAML parser.
    if not line.arguments.get("model") and not line.arguments.get("cfg"):
        raise Failure("which model?", f"for example: rocmfix-yolo {verb} --model yolov8n.pt", 2)
    return Session(verb, line.arguments, run=store.new_run(), directory=os.getcwd())


def session_of(verb: str, line: Line) -> Session:
    """Raises Failure."""
    session = _resumed(line) if verb == "resume" else _begun(verb, line)
    session.smallest_batch = _number(line, "min-batch", session.smallest_batch, 1)
    session.largest_batch = _number(line, "max-batch", session.largest_batch, 1)
    if session.largest_batch and session.largest_batch < session.smallest_batch:
        raise Failure("--max-batch is less than --min-batch", status=2)
    session.dynamic_batch = session.dynamic_batch and "no-dynamic-batch" not in line.own
    return session


def take_verb(line: Line) -> str:
    """As yolo does: `train`, `detect train`, `train detect` or `mode=train`. Raises Failure."""
    named = line.arguments.pop("mode", None)
    # The first one: after `resume`, a word is the directory of a run, whatever its name is.
    verbs = [word for word in line.words if word in VERBS]
    if named is None and not verbs:
        if not line.words or line.words[0] in TASKS:
            raise Failure("no verb given", "rocmfix-yolo train --model yolov8n.pt --data coco8.yaml "
                          "--epochs 10; or rocmfix-yolo --help", 2)  # fmt: skip
        named = line.words[0]
    verb = verbs[0] if named is None else named
    if verb not in VERBS:
        raise Failure(f"no such verb: {verb}", f"the verbs are {', '.join(VERBS)}", 2)
    if verb in line.words:
        line.words.remove(verb)
    return verb


def run(words: list[str]) -> int:
    if any(word in ("-h", "--help") for word in words):
        print(HELP, end="")
        return 0
    if words[:1] == ["--version"]:
        print(f"rocmfix-yolo {librocmfix.version()}")
        return 0
    refuse_launcher()
    line = read_line(words)
    verb = take_verb(line)
    variable = os.environ.get("ROCMFIX_RETRIES")
    if variable and "retries" not in line.own:
        line.own["retries"] = variable
    retries = _number(line, "retries", 10, 0)
    on_fault = line.own.get("on-fault", os.environ.get("ROCMFIX_ON_FAULT"))
    command = None if on_fault is None else on_fault_words(on_fault)
    session = session_of(verb, line)
    hang_after = line.own.get("hang-after") or os.environ.get("ROCMFIX_HANG_AFTER") or "auto"
    return launcher.launch(
        session, retries, line.own.get("profile"), line.own.get("python"), command, hang_after
    )


def main() -> int:
    try:
        return run(sys.argv[1:])
    except Failure as failure:
        return report(failure)
    except librocmfix.LibraryError as problem:
        return report(Failure(str(problem), problem.hint))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as problem:
        return report(Failure(str(problem)))
