# SPDX-License-Identifier: MIT
"""Children that the caller had before it became rocmfix-run: not the command's, so not touched.

    bash (starts a child) ──exec──▶ rocmfix-run ──▶ another rocmfix-run ──▶ the command
      └── the child, which stays with the first one
"""

import os
import shutil
import signal
import subprocess
import time

import pytest
from terminal import Terminal
from test_faults import Runs
from test_stopping import running
from test_supervision import PYTHON, SUPERVISED, alive, wait_until


def shell(launcher, script, *words, env=None, **options):
    """bash, with "$@" the launcher and `words`."""
    command = launcher.command(*words, root=SUPERVISED)
    return subprocess.run(["bash", "-c", script, "bash", *command], capture_output=True, text=True,
                          env={**launcher.base, **(env or {})}, timeout=60,
                          stdin=subprocess.DEVNULL, **options)


@pytest.fixture
def inherited(tmp_path):
    """The pids that scripts write to it; they are ended afterwards."""
    pids = tmp_path / "inherited"
    yield pids
    for pid in pids.read_text().split() if pids.exists() else []:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass


BACKGROUND = 'sleep 60 >/dev/null 2>&1 & echo $! >"$INHERITED"; exec "$@"'


@pytest.mark.parametrize("end", ["true", "exit 3", "kill -ABRT $$"])
def test_a_child_that_was_there_before_is_left_alone(launcher, inherited, end):
    run = shell(launcher, BACKGROUND, "sh", "-c", end, env={"INHERITED": str(inherited)})
    assert run.returncode == {"true": 0, "exit 3": 3, "kill -ABRT $$": -signal.SIGABRT}[end]
    assert (run.stdout, run.stderr) == ("", "")
    assert alive(int(inherited.read_text()))


def test_neither_is_one_that_is_left_over_from_it(launcher, inherited):
    """Its own children lose their parent while the command runs."""
    script = '(sleep 60 >/dev/null 2>&1 & echo $! >"$INHERITED"; sleep 0.3) & exec "$@"'
    code = f"while [ ! -s {inherited} ]; do sleep 0.01; done; sleep 0.6"
    run = shell(launcher, script, "sh", "-c", code, env={"INHERITED": str(inherited)})
    assert run.returncode == 0
    assert alive(int(inherited.read_text()))


def test_the_commands_own_workers_are_still_ended(launcher, inherited, tmp_path):
    worker = tmp_path / "worker"
    code = f"sleep 60 >/dev/null 2>&1 & echo $! >{worker}"
    run = shell(launcher, BACKGROUND, "sh", "-c", code, env={"INHERITED": str(inherited)})
    assert run.returncode == 0
    assert not alive(int(worker.read_text()))
    assert alive(int(inherited.read_text()))


def test_nobody_waits_for_it(launcher, inherited):
    start = time.monotonic()
    shell(launcher, BACKGROUND, "true", env={"INHERITED": str(inherited)})
    assert time.monotonic() - start < 20


def test_a_log_by_tee_loses_nothing(launcher, tmp_path):
    """The usual beginning of an entrypoint; tee is slow here."""
    log = tmp_path / "log"
    script = f'exec > >(sleep 0.5; cat >{log}; echo END >>{log}) 2>&1; exec "$@"'
    code = "import os\nfor i in range(2000): os.write(1 + i % 2, b'line %d\\n' % i)"
    run = shell(launcher, script, *PYTHON, code)
    assert run.returncode == 0
    wait_until(lambda: log.exists() and log.read_text().endswith("END\n"))
    assert log.read_text() == "".join(f"line {i}\n" for i in range(2000)) + "END\n"


@pytest.mark.parametrize("name", ["TERM", "INT", "USR1"])
def test_signals_and_the_status_pass_through(launcher, inherited, name):
    command = launcher.command("sh", "-c", f"trap 'exit 7' {name}; echo ready; "
                               "while :; do sleep 0.02; done", root=SUPERVISED)
    with running(["bash", "-c", BACKGROUND, "bash", *command], text=True,
                          env={**launcher.base, "INHERITED": str(inherited)},
                          stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.Signals[f"SIG{name}"])
        assert process.wait(timeout=30) == 7
    assert alive(int(inherited.read_text()))


def test_killing_it_kills_the_command(launcher, inherited):
    command = launcher.command("sh", "-c", "echo $$; exec sleep 60", root=SUPERVISED)
    with running(["bash", "-c", BACKGROUND, "bash", *command], text=True,
                          env={**launcher.base, "INHERITED": str(inherited)},
                          stdout=subprocess.PIPE, start_new_session=True) as process:
        pid = int(process.stdout.readline())
        process.kill()
        assert process.wait(timeout=30) == -signal.SIGKILL
        wait_until(lambda: not alive(pid))
    assert alive(int(inherited.read_text()))


def test_between_attempts_it_is_left_alone_too(launcher, roots, tmp_path, inherited):
    runs = Runs(launcher, roots, tmp_path)
    command = runs.launcher.command(*runs.command("--retries", "3", plan=["layer", "layer", "7"]))
    run = subprocess.run(["bash", "-c", BACKGROUND, "bash", *command], capture_output=True,
                         env={**launcher.base, **runs.env, "INHERITED": str(inherited)},
                         text=True, timeout=60)
    assert run.returncode == 7
    assert "attempt 3 ended with status 7, after 2 faults" in run.stderr
    assert len(runs.attempts()) == 3
    assert alive(int(inherited.read_text()))


def test_one_that_ends_meanwhile_is_not_left_a_zombie(launcher, tmp_path):
    pids = tmp_path / "pids"
    script = f'sleep 0.2 & echo $! >{pids}; exec "$@"'
    code = f"sleep 0.6; read pid <{pids}; test ! -e /proc/$pid"
    assert shell(launcher, script, "sh", "-c", code).returncode == 0


def test_ctrl_z_and_ctrl_c_work(launcher, tmp_path):
    """Two supervisors, one job."""
    script = tmp_path / "entry"
    script.write_text(
        "#!/bin/bash\nsleep 60 >/dev/null 2>&1 &\n"
        f"exec {os.fsdecode(launcher.program)} --root {launcher.roots / SUPERVISED} "
        "sh -c 'echo rea\"\"dy; exec sleep 60'\n")
    script.chmod(0o755)
    env = {**launcher.base, "PS1": "@@ ", "HISTFILE": "/dev/null", "TERM": "dumb"}
    with Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], env) as terminal:
        terminal.expect(b"@@ ")
        terminal.type(f"{script}\n".encode())
        terminal.expect(b"\nready")
        terminal.type(b"\x1a")
        terminal.expect(b"Stopped")
        terminal.expect(b"@@ ")
        terminal.type(b"fg\n")
        terminal.expect(b"entry")
        time.sleep(0.3)
        terminal.type(b"\x03")
        terminal.expect(b"@@ ")
        terminal.type(b"echo status=$?\n")
        terminal.expect(b"status=130\r\n")


def test_as_process_1_the_readers_of_its_output_get_to_the_end(launcher, tmp_path):
    """Its end kills them all: `docker run` with such an entrypoint."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare")
    inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("no new process namespace here")
    log = tmp_path / "log"
    script = (f'sleep 60 >/dev/null 2>&1 & exec > >(sleep 0.4; cat >{log}; echo END >>{log}) 2>&1; '
              'exec "$@"')
    command = launcher.command("sh", "-c", "echo one; echo two >&2; exit 5", root=SUPERVISED)
    start = time.monotonic()
    run = subprocess.run([*inside, "bash", "-c", script, "bash", *command], env=launcher.base,
                         timeout=60)
    assert run.returncode == 5
    assert log.read_text() == "one\ntwo\nEND\n"
    assert time.monotonic() - start < 20, "not for the one that does not read"
