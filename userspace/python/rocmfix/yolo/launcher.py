# SPDX-License-Identifier: MIT
"""Starts the worker under rocmfix-run --retries, waits for the end, and gives the account.

Owns the process tree's top: signals and job control pass through it. It starts nothing again by
itself; whether a death was a fault, and what to try next, rocmfix-run decides.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

from ..librocmfix import launcher_hint
from . import incident
from .errors import Failure, say
from .foreign import state_home
from .journal import Journal
from .on_fault import FaultCommand
from .session import Session, state_of
from .summary import account_over_runs, account_text

FROM_THE_KERNEL = 0x80  # SI_KERNEL: the terminal's signals, which the whole group has got
LOOK_PERIOD = 2.0  # seconds
PR_SET_PDEATHSIG = 1  # prctl(2)
PASSED_ON = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
START_WORKER = Path(__file__).absolute().parent.parent / "start_worker.py"


def find_launcher() -> str:
    """rocmfix-run: the one next to this program, else the one in PATH. Raises Failure."""
    beside = Path(sys.argv[0]).absolute().parent / "rocmfix-run"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("rocmfix-run")
    if not found:
        raise Failure("rocmfix-run was not found", launcher_hint())
    return os.path.abspath(found)


def find_python(named: str | None) -> str:
    """The interpreter for the worker: the user's choice, else the active or the own environment's. Raises Failure."""
    wanted = named or os.environ.get("ROCMFIX_PYTHON")
    if wanted:
        found = shutil.which(wanted)
        if not found:
            raise Failure(f"no interpreter is at {wanted}", "--python names one that has ultralytics", 2)
        return found
    environment = os.environ.get("VIRTUAL_ENV")
    if environment and (python := shutil.which(f"{environment}/bin/python3")):
        return python
    if _is_in_environment():
        return sys.executable
    return shutil.which("python3") or sys.executable


def _is_in_environment() -> bool:
    """This interpreter is that of a virtual or a conda environment, where a wheel was installed."""
    return sys.prefix != sys.base_prefix or os.path.isdir(f"{sys.prefix}/conda-meta")


def end_with_parent(parent: int) -> None:
    """In a child before it executes: SIGTERM when `parent` is killed, also if it was already.

    rocmfix-run passes it to the worker, and starts none again.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def wait_for(
    command: list[str], look: Callable[[], None] | None = None, directory: str | None = None
) -> int:
    """Runs it in the foreground to its end, in `directory`, and calls `look` now and then. Gives waitpid's
    status.

    What the terminal sends reaches the command directly; what another process sends to this one
    is passed on. When the command stops, this stops, so that the shell gets its terminal back.
    """
    watched = {*PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    this = os.getpid()

    def prepare() -> None:
        end_with_parent(this)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        child = subprocess.Popen(command, preexec_fn=prepare, cwd=directory)
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
            information = signal.sigtimedwait(watched, LOOK_PERIOD) if look else signal.sigwaitinfo(watched)
            if look is not None:
                look()
            if information is None:
                continue
            number = information.si_signo
            if number != signal.SIGCHLD and information.si_code != FROM_THE_KERNEL:
                os.kill(child.pid, number)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write_end(journal: Journal, status: int) -> None:
    """Raises OSError."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if status == 0 or number in (*PASSED_ON, signal.SIGPIPE):
        journal.append("exit", status=status)
        return
    fault = incident.note(journal) or number not in (0, signal.SIGKILL)
    journal.append("exit", status=status, fault=fault, killed=number == signal.SIGKILL,
                   what=signal_name(number))  # fmt: skip


def signal_name(number: int) -> str:
    """ "SIGABRT"; "" for 0."""
    try:
        return signal.Signals(number).name if number else ""
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _draw(python: str, run: str) -> None:
    """rocmfix.png, by the interpreter that has matplotlib. However that ends, the run has ended as it has."""
    try:
        subprocess.run([python, str(START_WORKER), "--draw", run], stdin=subprocess.DEVNULL, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as problem:
        say(f"warning: no rocmfix.png: {problem}")


def _end(session: Session, status: int, python: str) -> None:
    if session.save_dir is None or not session.trained:
        return
    try:
        _write_end(Journal(state_of(Path(session.save_dir)) / "journal.jsonl", session.run), status)
    except OSError as problem:
        say(f"warning: an event may be missing from the summary: {problem}")
    total = account_over_runs(session)
    # What did not get as far as training (wrong arguments, no data) has said why, and there is
    # nothing to go on with.
    if total.epochs:
        _draw(python, session.save_dir)
        for line in account_text(total, session.save_dir):
            say(line)


def _die_likewise(number: int) -> None:
    if number == signal.SIGKILL:
        say("it was killed (SIGKILL): by the kernel for lack of memory? See rocmfix explain")
    else:
        signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the worker's core is the one of use
    os.kill(os.getpid(), number)


def where_it_was_begun(session: Session) -> str | None:
    """The directory that relative paths in the arguments start from. None: this one."""
    begun = session.directory
    if not session.resume or begun is None or Path(begun) == Path.cwd():
        return None
    if not os.path.isdir(begun):
        say(f"warning: {begun}, where this run was begun, is gone: relative paths start here now "
            "(data=FILE names the data)")  # fmt: skip
        return None
    say(f"continuing in {begun}, where this run was begun: relative paths start there")
    return begun


def launch(
    session: Session, retries: int, profile: str | None, python: str | None,
    on_fault: list[str] | None = None, hang_after: str = "auto",
) -> int:
    """The exit status; or does not return, when the last process was ended by a signal."""
    command = [find_launcher(), f"--retries={retries}", f"--hang-after={hang_after}"]
    if profile:
        command.append(f"--profile={profile}")
    home = state_home() / "yolo"
    try:
        home.mkdir(parents=True, exist_ok=True)
        path = home / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.json"
        session.write(path)
    except OSError as problem:
        raise Failure(f"cannot write in {home}: {problem.strerror}",
                      "XDG_STATE_HOME names another directory") from problem  # fmt: skip
    try:
        interpreter = os.path.abspath(find_python(python))
        hook = FaultCommand(on_fault, path) if on_fault else None
        words = [*command, "--", interpreter, str(START_WORKER), str(path.absolute())]
        status = wait_for(words, hook.look if hook else None, where_it_was_begun(session))
        session = Session.read(path)
        _end(session, status, interpreter)
        if hook is not None:
            hook.look(given_up=True)
            hook.finish()
    finally:
        path.unlink(missing_ok=True)
    if os.WIFSIGNALED(status):
        _die_likewise(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)
