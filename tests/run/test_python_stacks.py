# SPDX-License-Identifier: MIT
"""The stacks of a Python program that does not print them itself: py-spy's, here one of the test's.

With the real one: tests/training/test_hangs.py.
"""

import json
import os
import shutil
import subprocess
import time

import pytest
from conftest import SOURCE
from test_stopping import AS_NOBODY, as_nobody, shared  # noqa: F401: a fixture

# A heartbeat whose program has not agreed on a signal for its stacks.
CODE = """
import os, resource, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.path.insert(0, sys.argv[1])
import rocmfix
sys.modules["rocmfix.alive"]._offer_stacks = lambda words: None
rocmfix.alive()
print(os.getpid(), flush=True)
def stuck_here(): time.sleep(60)
stuck_here()
"""
DUMP = r"""echo "Process $4: python3 train.py --token secret"
echo "Python v3.11.2 (/usr/bin/python3.11)"
echo
echo 'Thread 7 (idle): "MainThread"'
printf '    stuck_here (\033[31m<string>:10)\n'
"""


@pytest.fixture
def launched(launcher, shared):  # noqa: F811
    shutil.copytree(SOURCE / "userspace/python", shared / "python")
    (shared / "state").mkdir()
    (shared / "state").chmod(0o777)

    def launch(dump, user=AS_NOBODY):
        if dump is not None:
            stub = shared / "bin/py-spy"
            stub.write_text(f'#!/bin/sh\necho "$*" >{shared}/state/asked\n{dump}')
            stub.chmod(0o755)
        command = as_nobody(launcher, shared, "--hang-after", "2s", "/usr/bin/python3", "-c", CODE,
                            str(shared / "python"))[len(AS_NOBODY):]
        env = {**launcher.base, "PATH": f"{shared}/bin:{os.defpath}", "XDG_STATE_HOME": str(shared / "state")}
        return subprocess.run([*user, *command], env=env, text=True, capture_output=True, timeout=60)

    launch.state = shared / "state"
    return launch


def stacks(launched):
    (path,) = (launched.state / "rocmfix/incidents").glob("*.json")
    return json.loads(path.read_text())["hang"]["processes"][0].get("stacks")


def test_they_are_printed_and_kept_without_the_command_line(launched):
    run = launched(DUMP)
    asked = (launched.state / "asked").read_text()
    assert asked == f"dump --nonblocking --pid {run.stdout.strip()}\n"
    shown = ['Thread 7 (idle): "MainThread"', "    stuck_here (\\x1b[31m<string>:10)"]
    assert [line for line in run.stderr.splitlines() if line.removeprefix("rocmfix-run:     ") in shown]
    assert stacks(launched) == shown
    assert "secret" not in run.stderr and "\033" not in run.stderr


@pytest.mark.parametrize("dump", [None, "exit 1", "echo; exit 0", "kill -9 $$"])
def test_without_py_spy_or_when_it_fails_the_hang_is_ended_all_the_same(launched, dump):
    run = launched(dump)
    assert run.returncode == -6 and "rocmfix-run: hang: " in run.stderr
    assert stacks(launched) is None


def test_one_that_does_not_answer_is_waited_for_ten_seconds(launched):
    began = time.monotonic()
    run = launched("exec sleep 60")
    # SIGKILL, where a busy machine takes longer than the launcher waits to end it by SIGABRT.
    assert run.returncode in (-6, -9) and 11 <= time.monotonic() - began < 30
    assert stacks(launched) is None


def test_one_that_prints_without_end_is_cut(launched):
    launched("echo Thread 1; yes '    here (x.py:1)' | head -100000")
    assert len(stacks(launched)) == 400


def test_root_does_not_run_it(launched):
    run = launched(DUMP, user=())
    assert run.returncode == -6 and not (launched.state / "asked").exists()
