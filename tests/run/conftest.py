# SPDX-License-Identifier: MIT
"""Where the launcher's tests find the built program and the synthetic roots."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

# A job that a shell without job control starts in the background ignores these, and so would
# every command that is tested.
for _signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_signal) == signal.SIG_IGN:
        signal.signal(_signal, signal.SIG_DFL)


SOURCE = Path(__file__).resolve().parents[2]


BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build"))


@pytest.fixture(scope="session")
def program():
    """The built rocmfix-run: ROCMFIX_BUILD_DIR names another build directory than build/."""
    path = BUILD / "bin" / "rocmfix-run"
    assert path.exists(), f"{path} is not built: run 'make build', or set ROCMFIX_BUILD_DIR"
    return path


@pytest.fixture(scope="session")
def roots(tmp_path_factory):
    """The synthetic roots: ROCMFIX_TEST_ROOTS names ready ones."""
    ready = os.environ.get("ROCMFIX_TEST_ROOTS")
    if ready:
        return Path(ready)
    folder = tmp_path_factory.mktemp("roots")
    subprocess.run([SOURCE / "tests/data/make-roots", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def launcher(program, roots):
    return Launcher(program, roots)


class Launcher:
    """rocmfix-run with an environment of the test's own, so that the caller's plays no part."""

    base = {"PATH": os.defpath, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

    def __init__(self, program, roots):
        self.program = program
        self.roots = roots

    def command(self, *arguments, root=None):
        where = ["--root", self.roots / root] if root else []
        return [os.fsencode(word) for word in (self.program, *where, *arguments)]

    def __call__(self, *arguments, root=None, env=None, text=True, **options):
        options.setdefault("timeout", 60)
        options.setdefault("stdin", subprocess.DEVNULL)
        if "stdout" not in options:
            options["stdout"] = subprocess.PIPE
        if "stderr" not in options:
            options["stderr"] = subprocess.PIPE
        return subprocess.run(
            self.command(*arguments, root=root),
            env={**self.base, **(env or {})},
            text=text,
            **options,
        )


@pytest.fixture
def needs():
    """needs("gcc"): skips, with the reason, where a tool is missing."""

    def check(tool):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")

    return check
