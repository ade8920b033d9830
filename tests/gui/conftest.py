# SPDX-License-Identifier: MIT
"""The whole program on an X server of its own, with real keys and clicks, as an ordinary user.

The window has no interface for tests: what a test sees is the files that were written, the clipboard and the
picture on the screen. Needs root, to become somebody else: rocmfix-gui does not run as root.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots")).resolve()
USER = 65534
PATIENCE = 60


def wait_for(condition, what):
    """What `condition` gives when it is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


class Display:
    """An X server, and what a user does with it."""

    def __init__(self):
        reading, writing = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"],
            pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as number:
            self.name = ":" + number.readline().strip()
        self.env = {"PATH": os.environ["PATH"], "DISPLAY": self.name, "LC_ALL": "C.UTF-8"}

    def xdotool(self, *words, check=True):
        return subprocess.run(["xdotool", *map(str, words)], env=self.env, capture_output=True, text=True,
                              timeout=60, check=check).stdout.strip()

    def window(self, title):
        found = wait_for(lambda: self.xdotool("search", "--onlyvisible", "--name", title, check=False),
                         f"a window {title}").split()
        self.xdotool("windowfocus", "--sync", found[-1])
        return found[-1]

    def keys(self, *names):
        for name in names:
            self.xdotool("key", "--clearmodifiers", name)
            time.sleep(0.05)

    def clipboard(self):
        return subprocess.run(["xclip", "-o", "-selection", "clipboard"], env=self.env, capture_output=True,
                              text=True, timeout=60, check=False).stdout

    def stop(self):
        self.server.terminate()
        self.server.wait(timeout=30)


class Window:
    """rocmfix-gui as an ordinary user with a home of its own, and programs in front of its PATH."""

    def __init__(self, display, home):
        self.display = display
        self.home = home
        self.programs = home / "bin"
        self.programs.mkdir()
        self.state = home / ".local/state/rocmfix/incidents"
        self.env = {**display.env, "HOME": str(home), "PATH": f"{self.programs}:{BUILD / 'bin'}:/usr/bin:/bin"}
        self.process = None

    def own(self):
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, USER, USER, follow_symlinks=False)

    def copy(self, root):
        """A machine that may be changed."""
        machine = self.home / "machine"
        shutil.copytree(ROOTS / root, machine, symlinks=True)
        return machine

    def command(self, *words):
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", BUILD / "bin/rocmfix-gui",
                *map(str, words)]

    def start(self, *words, title="rocmfix", **env):
        self.own()
        self.process = subprocess.Popen(self.command(*words), env={**self.env, **env}, cwd=self.home)
        return self.display.window(title)

    def put_report(self, name, text):
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / name).write_text(text, encoding="utf-8")
        self.own()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)


@pytest.fixture(name="display", scope="session")
def fixture_display():
    display = Display()
    yield display
    display.stop()


@pytest.fixture(name="window")
def fixture_window(display, tmp_path):
    # The folders above it are for root alone.
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    window = Window(display, home)
    yield window
    window.stop()
