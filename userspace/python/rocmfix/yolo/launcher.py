# SPDX-License-Identifier: MIT
"""Starts the worker under rocmfix-run --retries, waits for the end, and gives the account.

Owns the process tree's top: signals and job control pass through it. It starts nothing again by
itself; whether a death was a fault, and what to try next, rocmfix-run decides.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .errors import Failure, say
from .journal import Account, Journal, account_of
from .session import Session, state_of

FROM_THE_KERNEL = 0x80  # SI_KERNEL: the terminal's signals, which the whole group has got
PASSED_ON = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
START_WORKER = Path(__file__).absolute().parent.parent / "start_worker.py"


def find_launcher() -> str:
    """rocmfix-run: the one next to this program, else the one in PATH. Raises Failure."""
    beside = Path(sys.argv[0]).absolute().parent / "rocmfix-run"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("rocmfix-run")
    if not found:
        raise Failure("rocmfix-run was not found", "apt install rocmfix; or, from a checkout, make build")
    return found


def find_python(named: str | None) -> str:
    """The interpreter for the worker: the user's choice, else the active environment's. Raises Failure."""
    wanted = named or os.environ.get("ROCMFIX_PYTHON")
    if wanted:
        found = shutil.which(wanted)
        if not found:
            raise Failure(f"no interpreter is at {wanted}", "--python names one that has ultralytics", 2)
        return found
    environment = os.environ.get("VIRTUAL_ENV")
    if environment and (python := shutil.which(f"{environment}/bin/python3")):
        return python
    return shutil.which("python3") or sys.executable


def state_home() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "rocmfix" / "yolo"


def wait_for(command: list[str]) -> int:
    """Runs it in the foreground to its end. Gives waitpid's status.

    What the terminal sends reaches the command directly; what another process sends to this one
    is passed on. When the command stops, this stops, so that the shell gets its terminal back.
    """
    watched = {*PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        child = subprocess.Popen(
            command, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before)
        )
        while True:
            # First: the end may have come before this loop was reached.
            pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                os.kill(os.getpid(), signal.SIGSTOP)
                os.kill(child.pid, signal.SIGCONT)
                continue
            if pid:
                child.returncode = os.waitstatus_to_exitcode(status)
                return status
            information = signal.sigwaitinfo(watched)
            number = information.si_signo
            if number != signal.SIGCHLD and information.si_code != FROM_THE_KERNEL:
                os.kill(child.pid, number)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def duration(seconds: float) -> str:
    """ "2 h 5 min", "4 min 10 s", "12.3 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{minutes // 60} h {minutes % 60} min"


def account(session: Session) -> Account:
    """Over the run and those that it resumes."""
    accounts = [
        account_of(Journal(state_of(Path(directory)) / "journal.jsonl").read())
        for directory in (*session.earlier, *([session.save_dir] if session.save_dir else []))
    ]
    last = accounts[-1] if accounts else Account()
    return Account(
        epochs=session.earlier_epochs + last.epochs,
        done=session.earlier_epochs + last.done,
        faults=[fault for one in accounts for fault in one.faults],
        finished=last.finished,
        seconds=sum(one.seconds for one in accounts),
    )


def account_text(total: Account, save_dir: str) -> list[str]:
    met = len(total.faults)
    lines = [
        f"{'finished' if total.finished else 'not finished'}: {total.done} of {total.epochs} epochs "
        f"in {duration(total.seconds)}; {met or 'no'} fault{'s' * (met != 1)} met"
        + (f", {duration(total.lost_seconds)} lost" if met else "")
    ]
    for number, fault in enumerate(total.faults, 1):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(fault.time))
        lines.append(f"  fault {number}: soon after {when}, with {fault.after_epoch} epochs kept; "
                     f"{duration(fault.lost_seconds)} lost")  # fmt: skip
    if not total.finished:
        lines.append(f"resume with: rocmfix-yolo resume {save_dir}")
    return lines


def _end(session: Session, status: int) -> None:
    if session.save_dir is None:
        return
    by_user = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (*PASSED_ON, signal.SIGPIPE)
    died = os.WIFSIGNALED(status) and not by_user
    journal = Journal(state_of(Path(session.save_dir)) / "journal.jsonl")
    try:
        journal.append("exit", status=status, fault=died)
    except OSError as problem:
        say(f"warning: an event may be missing from the summary: {problem}")
    total = account(session)
    # What did not get as far as training (wrong arguments, no data) has said why, and there is
    # nothing to go on with.
    if total.epochs:
        for line in account_text(total, session.save_dir):
            say(line)


def _die_likewise(number: int) -> None:
    if number == signal.SIGKILL:
        say("it was killed (SIGKILL): by the kernel for lack of memory? See rocmfix explain")
    else:
        signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the worker's core is the one of use
    os.kill(os.getpid(), number)


def launch(session: Session, retries: int, profile: str | None, python: str | None) -> int:
    """The exit status; or does not return, when the last process was ended by a signal."""
    command = [find_launcher(), f"--retries={retries}"]
    if profile:
        command.append(f"--profile={profile}")
    home = state_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        path = home / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.json"
        session.write(path)
    except OSError as problem:
        raise Failure(f"cannot write in {home}: {problem.strerror}",
                      "XDG_STATE_HOME names another directory") from problem  # fmt: skip
    try:
        status = wait_for([*command, "--", find_python(python), str(START_WORKER), str(path)])
        session = Session.read(path)
    finally:
        path.unlink(missing_ok=True)
    _end(session, status)
    if os.WIFSIGNALED(status):
        _die_likewise(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)
