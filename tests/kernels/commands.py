# SPDX-License-Identifier: MIT
"""Running other programs: as the caller or as root, with an error that says what to do.

A program that is begun here is waited for, also when this one is interrupted: apt and dpkg end in
their own time, and no lock is released before.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import NoReturn

# Enough to see why apt or mmdebstrap failed.
LAST_LINES = 30


class Failure(Exception):
    """What is reported to the user, and what they can do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


def parser_class(command: str, text: str) -> type[argparse.ArgumentParser]:
    """Of a command whose help is `text`, and whose wrong usage is status 2 with a hint."""

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            say(f"error: {message}\nhint: {command} --help")
            sys.exit(2)

        def format_help(self) -> str:
            return text

    return Parser


def existing_directory(text: str) -> str:
    """An argument that names a directory."""
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"no directory {text}")
    return os.path.realpath(text)


def main(run: Callable[[list[str]], int]) -> NoReturn:
    """What a command of this folder does with its arguments, as a program: its errors are reported, and a
    reader that goes away, such as head(1), ends it quietly."""
    # What Python ignores, a program that this one becomes would inherit.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        sys.exit(run(sys.argv[1:]))
    except Failure as failure:
        sys.stdout.flush()
        sys.exit(report(failure))
    except KeyboardInterrupt:
        sys.exit(130)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def report(failure: Failure) -> int:
    say(f"error: {failure}")
    if failure.hint:
        say(f"hint: {failure.hint}")
    return 1


def need_root(how: str) -> None:
    """Asks for the password now, and not in the middle; `how` is what to type as root."""
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None:
        raise Failure("chroots need root, and there is no sudo", f"type as root: {how}")
    if subprocess.run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    say("chroots need root: asking sudo")
    if subprocess.run(["sudo", "-v"], check=False).returncode != 0:
        raise Failure("chroots need root, and sudo refuses", f"type as root: {how}")


def as_root(*command: str) -> list[str]:
    return list(command) if os.geteuid() == 0 else ["sudo", *command]


def become(command: Sequence[str]) -> NoReturn:
    sys.stdout.flush()
    os.execvp(command[0], list(command))


@contextlib.contextmanager
def terminated_by_exception() -> Iterator[None]:
    """SIGTERM and SIGHUP end a program as an exception does: temporary files are removed."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def call(command: Sequence[str], *, text: str | None = None, output: int | None = None,
         errors: int | None = None) -> tuple[int, str]:
    """The status of a program, and what it wrote if `output` is a pipe. It has no input but `text`."""
    process = subprocess.Popen(command, encoding="utf-8", errors="replace", stdout=output, stderr=errors,
                               close_fds=False,
                               stdin=subprocess.DEVNULL if text is None else subprocess.PIPE)
    try:
        written, _ = process.communicate(text)
    except BaseException:
        # One that sudo has started is not ours to signal: it ends when it is done.
        with contextlib.suppress(PermissionError):
            process.terminate()
        process.wait()
        raise
    return process.returncode, written or ""


def quietly(what: str, command: Sequence[str], *, text: str | None = None, hint: str = "") -> None:
    """A long step of which only a failure is of interest."""
    with tempfile.TemporaryFile() as log:
        status, _ = call(command, text=text, output=log.fileno(), errors=log.fileno())
        if status != 0:
            log.seek(0)
            for line in log.read().decode(errors="replace").splitlines()[-LAST_LINES:]:
                say(line)
            raise Failure(f"failed: {what}", hint or "see the lines above")


def output_of(what: str, command: Sequence[str]) -> str:
    status, text = call(command, output=subprocess.PIPE)
    if status != 0:
        raise Failure(f"failed: {what}", "see the lines above")
    return text


def foreground(command: Sequence[str]) -> int:
    """Its status as a shell has it. It reads what this program would read, and gets the signals that a
    terminal sends both of; one that is sent to this program alone is passed on."""
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if process is None:
            early.append(number)
            return
        with contextlib.suppress(PermissionError, ProcessLookupError):
            process.send_signal(number)

    def leave_to_it(_number: int, _frame: FrameType | None) -> None:
        pass

    handlers = {signal.SIGINT: leave_to_it, signal.SIGQUIT: leave_to_it, signal.SIGTERM: pass_on,
                signal.SIGHUP: pass_on}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        process = subprocess.Popen(command, close_fds=False)
        for number in early:
            pass_on(number, None)
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status
