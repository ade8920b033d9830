# SPDX-License-Identifier: MIT
"""--hang-after: a command that does nothing any more is ended, and one that is only held is not.

Here it is heard by its heartbeats. With HIP calls of the real runtime: tests/hip/test_hangs.py.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SOURCE
from terminal import Terminal
from test_faults import ABORTED, runs  # noqa: F401: a fixture
from test_terminal import Shell

PYTHON_PATH = str(SOURCE / "userspace/python")
BEGIN = f"""
import os, resource, signal, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.path.insert(0, {PYTHON_PATH!r})
import rocmfix
for i in range(3): rocmfix.alive()
print(os.getpid(), flush=True)
"""
WORKERS = {
    "sleeping": "def stuck_here(): time.sleep(60)\nstuck_here()",
    "spinning": "def stuck_here():\n    while True: pass\nstuck_here()",
    "in a thread": "import threading\ndef stuck_here(): time.sleep(60)\n"
                   "threading.Thread(target=stuck_here).start()",
}


def hangs(runs, code, *options, after="2s", **more):
    return runs.launcher("--root", runs.root, "--hang-after", after, *options, sys.executable, "-c",
                         BEGIN + code, env=runs.env, **more)


@pytest.mark.parametrize("how", WORKERS)
def test_a_worker_without_a_sign_of_life_is_ended_and_it_is_said_why(runs, how):
    (runs.root / "sys/bus/pci/devices/0000:0b:00.0/gpu_busy_percent").write_text("99\n")
    began = time.monotonic()
    run = hangs(runs, WORKERS[how])
    assert run.returncode == ABORTED
    assert 2 <= time.monotonic() - began < 30
    pid = int(run.stdout)
    lines = run.stderr.splitlines()
    told = [line for line in lines if line.startswith("rocmfix-run: ")]
    assert told[0] == "rocmfix-run: hang: no sign of life for 2 s (--hang-after)"
    assert told[1].startswith(f"rocmfix-run:   process {pid} (python3")
    assert told[1].endswith("in no HIP call that the HIP interposer sees; heartbeats so far: 3")
    assert told[2] == "rocmfix-run:   GPU 0000:0b:00.0: 99 % busy"
    assert "SIGABRT" in told[3]
    assert sum("in stuck_here" in line for line in lines) == 1, "the stacks of all threads, once"
    assert lines.index(told[3]) < next(n for n, line in enumerate(lines) if "stuck_here" in line)
    assert "a hang, ended after " in told[4]
    (incident,) = runs.incidents()
    assert incident["kind"] == "gpu_hang" and incident["ended_by"] == "SIGABRT"
    assert incident["hang"]["limit_ms"] == 2000
    assert incident["hang"]["processes"][0]["heartbeats"] == 3
    assert incident["hang"]["gpus"] == [{"bdf": "0000:0b:00.0", "busy_percent": 99}]


def test_it_is_started_again_as_after_a_hang(runs):
    code = """
if os.environ["ROCMFIX_ATTEMPT"] == "2":
    print(os.environ.get("ROCMFIX_RESUME"), "MIOPEN_DEBUG_CONV_GEMM" in os.environ); sys.exit(0)
time.sleep(60)
"""
    run = hangs(runs, code, "--retries", "3")
    assert run.returncode == 0
    assert run.stdout.splitlines()[2] == "1 False", "no mitigation of a memory fault"
    assert "attempt 2 of at most 4" in run.stderr


def test_an_abort_that_is_no_hang_shows_no_stacks(runs):
    run = hangs(runs, "os.abort()")
    assert run.returncode == ABORTED and "stack" not in run.stderr.lower()


def test_stacks_are_those_at_the_abort_without_a_heartbeat_or_when_the_user_wants_them(runs):
    for code, env in (("import os; os.abort()", {}), (BEGIN + "os.abort()", {"PYTHONFAULTHANDLER": "1"})):
        run = runs.launcher("--root", runs.root, "--hang-after", "9s", sys.executable, "-c", code,
                            env={**runs.env, **env})
        assert run.returncode == ABORTED and "Fatal Python error: Aborted" in run.stderr


def test_without_the_option_nothing_is_ended(runs):
    code = BEGIN + "time.sleep(3)\nprint(os.environ.get('PYTHONFAULTHANDLER'))"
    for options in ([], ["--hang-after", "off"], ["--hang-after", "0"]):
        run = runs.launcher("--root", runs.root, *options, "--retries", "1", sys.executable, "-c",
                            code, env=runs.env)
        assert (run.returncode, run.stderr) == (0, ""), options
        assert run.stdout.splitlines()[1] == "None"


@pytest.mark.parametrize("code", [
    "for i in range(50): rocmfix.alive(); time.sleep(0.1)",
    "if os.fork() == 0:\n    for i in range(50): rocmfix.alive(); time.sleep(0.1)\n    os._exit(0)\n"
    "os.wait()",
], ids=["beats", "a child's beats"])
def test_who_gives_signs_of_life_goes_on(runs, code):
    run = hangs(runs, code, after="2s")
    assert (run.returncode, run.stderr) == (0, "")


def test_who_never_sent_a_heartbeat_is_not_expected_to(runs):
    run = runs.launcher("--root", runs.root, "--hang-after", "1s", "sleep", "4", env=runs.env)
    assert (run.returncode, run.stderr) == (0, "")


def start(runs, code, *options, after="2s"):
    command = runs.launcher.command("--root", runs.root, "--hang-after", after, *options,
                                    sys.executable, "-c", BEGIN + code)
    return subprocess.Popen(command, env={**runs.launcher.base, **runs.env}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.parametrize("what", ["worker", "rocmfix-run"])
def test_time_in_which_it_is_stopped_does_not_count(runs, what):
    with start(runs, "for i in range(1000): rocmfix.alive(); time.sleep(0.05)") as process:
        worker = int(process.stdout.readline())
        stopped = worker if what == "worker" else process.pid
        os.kill(stopped, signal.SIGSTOP)
        if what == "rocmfix-run":
            os.kill(worker, signal.SIGSTOP)
        time.sleep(4)
        os.kill(worker, signal.SIGCONT)
        os.kill(stopped, signal.SIGCONT)
        time.sleep(1)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM)
        _, stderr = process.communicate(timeout=30)
    assert "rocmfix-run: hang" not in stderr


def test_a_process_that_the_others_wait_for_holds_them_when_it_is_stopped(runs):
    """As a loader of data: it sends no heartbeats itself. The user is told once why nothing happens."""
    code = """
ready, end = os.pipe()
if (child := os.fork()) == 0:
    os.write(end, b"1"); time.sleep(0.2); os.write(end, b"2"); time.sleep(60)
os.read(ready, 1); os.kill(child, signal.SIGSTOP)
print(child, flush=True)
os.read(ready, 1)
os.kill(child, signal.SIGKILL); os.wait()
for i in range(20): rocmfix.alive(); time.sleep(0.05)
"""
    with start(runs, code) as process:
        process.stdout.readline()
        child = process.stdout.readline().strip()
        time.sleep(6)
        assert process.poll() is None
        os.kill(int(child), signal.SIGCONT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 0
    (told,) = stderr.splitlines()
    assert told.startswith("rocmfix-run: no sign of life for ")
    assert f"this is no hang: process {child} (python3" in told and f"(kill -CONT {child} continues " in told


def test_a_job_that_ctrl_z_has_stopped_is_no_hang(runs, tmp_path):
    script = tmp_path / "beats.py"
    script.write_text(BEGIN + "for i in range(90): rocmfix.alive(); time.sleep(0.05)\nprint('do' + 'ne')")
    line = f"{runs.launcher.program} --root {runs.root} --hang-after 2s {sys.executable} {script}"
    with Shell(runs.launcher, tmp_path) as shell:
        shell.type(line)
        shell.terminal.expect(b"\n")
        shell.terminal.expect(b"\n")  # its number: it beats
        shell.terminal.type(b"\x1a")
        shell.terminal.expect(b"Stopped")
        shell.terminal.expect(shell.PROMPT)
        time.sleep(4)
        shell.type("fg")
        shell.terminal.expect(b"done")
        shell.terminal.expect(shell.PROMPT)
        assert shell.run("echo $?") == "0\n"
        assert b"no sign of life" not in shell.terminal.output


def test_a_thread_that_waits_in_the_kernel_is_named(runs):
    """The parent of vfork(2) waits so, until its child is gone; of signals, only SIGKILL ends it."""
    code = "import ctypes\nif ctypes.PyDLL(None).vfork() == 0: time.sleep(60)"
    run = hangs(runs, code, after="2s")
    assert run.returncode == -signal.SIGKILL
    pid = int(run.stdout)
    (told,) = [line for line in run.stderr.splitlines() if "waits in the kernel" in line]
    assert told.startswith(f"rocmfix-run:   process {pid} (python3")
    assert f", thread {pid}: waits in the kernel, where no signal reaches it" in told
    (incident,) = runs.incidents()
    assert [one["pid"] for one in incident["hang"]["uninterruptible"]] == [pid]


def test_time_under_a_debugger_does_not_count(runs, needs):
    needs("gdb")
    with start(runs, "time.sleep(8)") as process:
        worker = process.stdout.readline().strip()
        with subprocess.Popen(["gdb", "-q", "-nx", "-batch", "-p", worker, "-ex", "shell sleep 4",
                               "-ex", "detach"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as gdb:
            output = gdb.communicate(timeout=60)[0]
            assert "ptrace: Operation not permitted" not in output
            assert process.poll() is None, "for twice the limit"
        process.kill()
        assert "rocmfix-run: hang" not in process.communicate(timeout=30)[1]


def test_who_does_not_die_from_abort_is_killed(runs):
    code = "signal.signal(signal.SIGABRT, lambda *_: None)\nfor i in range(600): time.sleep(0.1)"
    run = hangs(runs, code)
    assert run.returncode == -signal.SIGKILL
    assert "after SIGABRT: SIGKILL to process " in run.stderr
    (incident,) = runs.incidents()
    assert incident["kind"] == "gpu_hang" and incident["ended_by"] == "SIGKILL"


def test_a_reset_in_the_log_while_it_waits_is_enough(runs):
    code = f"""
with open({str(runs.kmsg)!r}, "a") as out:
    out.write("6,9,%d,-;amdgpu 0000:0b:00.0: amdgpu: GPU reset begin!\\n" % (time.monotonic() * 1e6))
    out.write("6,9,%d,-;amdgpu 0000:0b:00.0: amdgpu: GPU reset(2) succeeded!\\n" % (time.monotonic() * 1e6))
time.sleep(60)
"""
    began = time.monotonic()
    run = hangs(runs, code, after="16s")
    assert run.returncode == ABORTED and 4 <= time.monotonic() - began < 14
    assert "and the kernel log has a reset of the GPU" in run.stderr
    (incident,) = runs.incidents()
    assert incident["hang"]["gpu_reset_in_log"] is True
    assert any("GPU reset begin" in line["text"] for line in incident["lines"]), "not lost"


JOURNALCTL = """#!/bin/sh
echo "$*" >>"$0.asked"
[ -e "$0.lines" ] && cat "$0.lines" && rm "$0.lines"
exit 0
"""


@pytest.fixture
def journal(runs, tmp_path):
    """A machine whose kernel log may not be read: its GPUs, and a journalctl of the test's."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount another /sys")
    stub = tmp_path / "bin/journalctl"
    stub.parent.mkdir()
    stub.write_text(JOURNALCTL)
    stub.chmod(0o755)
    unreadable = socket.socket(socket.AF_UNIX)
    unreadable.bind(str(tmp_path / "kmsg"))

    def launch(code, after):
        script = 'mount --bind "$1" /sys && mount --bind "$2" /dev/kmsg && shift 2 && exec "$@"'
        command = runs.launcher.command("--hang-after", after, sys.executable, "-c", BEGIN + code)
        env = {**runs.launcher.base, **runs.env, "PATH": f"{stub.parent}:{os.defpath}"}
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
             runs.root / "sys", tmp_path / "kmsg", *command],
            env=env, text=True, capture_output=True, timeout=60)

    launch.stub = stub
    with unreadable:
        yield launch


def test_where_the_kernel_log_may_not_be_read_the_journal_is_asked_while_it_waits(runs, journal):
    code = f"""
with open("{journal.stub}.lines", "w") as out:
    out.write("[  100.000001] amdgpu 0000:0b:00.0: amdgpu: GPU reset begin!\\n"
              "[  100.000002] amdgpu 0000:0b:00.0: amdgpu: GPU reset(2) succeeded!\\n")
time.sleep(60)
"""
    began = time.monotonic()
    run = journal(code, "16s")
    assert run.returncode == ABORTED and 4 <= time.monotonic() - began < 14, run.stderr
    assert "and the kernel log has a reset of the GPU" in run.stderr
    asked = Path(f"{journal.stub}.asked").read_text().splitlines()
    assert all(line.startswith("-k -q --no-pager -o short-monotonic --since=@") for line in asked)
    (incident,) = runs.incidents()
    assert incident["hang"]["gpu_reset_in_log"] is True
    assert any(line["source"] == "journal" and "GPU reset begin" in line["text"]
               for line in incident["lines"]), "not lost"


def test_a_journal_that_says_nothing_is_asked_now_and_then_and_changes_nothing(runs, journal):
    run = journal("time.sleep(60)", "8s")
    assert run.returncode == ABORTED and "no sign of life for 8 s (--hang-after)" in run.stderr
    asked = Path(f"{journal.stub}.asked").read_text().splitlines()
    assert 3 <= len(asked) <= 5, "at a quarter of the limit, and at the end"


def test_a_reset_of_another_gpu_is_not(runs):
    code = f"""
with open({str(runs.kmsg)!r}, "a") as out:
    out.write("6,9,%d,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!\\n" % (time.monotonic() * 1e6))
time.sleep(7)
"""
    run = hangs(runs, code, after="16s")
    assert run.returncode == 0 and "hang" not in run.stderr


def test_a_suspended_gpu_is_not_woken(runs):
    device = runs.root / "sys/bus/pci/devices/0000:0b:00.0"
    (device / "power").mkdir(exist_ok=True)
    (device / "power/runtime_status").write_text("suspended\n")
    (device / "gpu_busy_percent").unlink(missing_ok=True)
    os.mkfifo(device / "gpu_busy_percent")  # who reads it waits
    run = hangs(runs, "time.sleep(60)")
    assert "GPU 0000:0b:00.0: suspended" in run.stderr


def test_a_limit_by_the_program_counts_only_with_auto(runs):
    code = "from rocmfix.alive import set_limit\nset_limit(0.001)\ntime.sleep(3)"
    assert hangs(runs, code, after="30s").returncode == 0
    # Not below ten minutes, whatever it says.
    assert hangs(runs, code, after="auto").returncode == 0
    run = hangs(runs, code.replace("sleep(3)", "sleep(60)"), after="auto:2s")
    assert run.returncode == ABORTED and "no sign of life for 2 s (--hang-after)" in run.stderr


def test_how_long_it_waits_is_in_what_would_be_done(runs):
    def what(time):
        run = runs.launcher("--root", runs.root, "--hang-after", time, "-n", "true", env=runs.env)
        return next(line for line in run.stdout.splitlines() if line.startswith("ended as a hang"))

    assert what("90s") == "ended as a hang: after 90 s without a sign of life"
    normal = ", until the program says what is normal; then after no less than "
    assert what("auto") == f"ended as a hang: after 30 min without a sign of life{normal}10 min"
    assert what("auto:2m") == f"ended as a hang: after 30 min without a sign of life{normal}2 min"
    assert what("auto:1h") == f"ended as a hang: after 1 h without a sign of life{normal}1 h"


def test_hostile_files_in_the_folder_end_nobody(runs):
    code = """
folder = os.environ["ROCMFIX_ALIVE_DIR"]
other = os.getppid()  # rocmfix-run itself
stat = open(f"/proc/{other}/stat").read().rpartition(")")[2].split()
good = bytearray(b"rfalive1" + bytes(4088)); good[64] = 1
for name in ("1-1", f"{other}-1", "x", f"{2**40}-7", f"{os.getpid()}-1"):
    open(f"{folder}/{name}", "wb").write(good)
open(f"{folder}/5-5", "wb").write(b"short")
os.mkfifo(f"{folder}/6-6")
os.symlink("/dev/zero", f"{folder}/7-7")
os.mkdir(f"{folder}/8-8")
for i in range(30): rocmfix.alive(); time.sleep(0.1)
"""
    run = hangs(runs, code)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("text", ["", "x", "-1", "5x", "1.5m", "9999999h", "99999999999999999999", "auto:",
                                  "auto:0", "auto:x", "autox"])
def test_a_time_that_is_none_is_refused(launcher, text):
    run = launcher("--hang-after", text, "true")
    assert run.returncode == 2 and "--hang-after: not understood: " in run.stderr
    assert "a time such as 30m, 90s or 2h, auto, auto:2m, or off" in run.stderr


def test_a_second_ctrl_c_ends_who_does_not_answer(runs):
    deaf = "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"
    command = runs.launcher.command("--root", runs.root, "--hang-after", "1h", sys.executable, "-c",
                                    BEGIN + deaf)
    with Terminal(command, {**runs.launcher.base, **runs.env}) as terminal:
        terminal.expect(b"\r\n")
        time.sleep(0.5)
        terminal.type(b"\x03")
        time.sleep(1)
        assert b"Ctrl-C" not in terminal.output, "the first one is the command's own"
        terminal.type(b"\x03")
        terminal.expect(b"does not answer Ctrl-C: SIGTERM (once more for SIGKILL)")
        assert terminal.end() == -signal.SIGTERM


def test_ctrl_c_of_who_sends_no_heartbeats_stays_its_own(runs):
    """As in Python's own prompt, where it is pressed again and again."""
    code = "import os, signal, time\nsignal.signal(signal.SIGINT, lambda *_: os.write(1, b'again'))\n" \
           "print('on', flush=True)\nfor i in range(20): time.sleep(0.2)"
    command = runs.launcher.command("--root", runs.root, "--hang-after", "1h", sys.executable, "-c",
                                    code)
    with Terminal(command, {**runs.launcher.base, **runs.env}) as terminal:
        terminal.expect(b"on\r\n")
        for _ in range(4):
            terminal.type(b"\x03")
            terminal.expect(b"again")
        assert terminal.end() == 0
    assert b"Ctrl-C" not in terminal.output
