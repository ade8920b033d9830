# SPDX-License-Identifier: MIT
"""TERM and INT work at once, whatever the supervisor is doing; and kill -9 of it ends the command.

Its work after the command's end is to end what was left behind, to ask for an explanation, to write
on stderr and to wait for the next attempt.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from test_faults import ABORTED, Runs
from test_supervision import PYTHON, SUPERVISED, alive, wait_until

@contextlib.contextmanager
def running(command, **options):
    """Like subprocess.Popen, but a test that fails waits for nobody."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


AT_ONCE = 3  # seconds, on a busy machine; the waits that are cut short are 10 s and longer


def ends_at_once(process, number=signal.SIGTERM):
    start = time.monotonic()
    process.send_signal(number)
    status = process.wait(timeout=20)
    assert time.monotonic() - start < AT_ONCE
    return status


@pytest.fixture
def runs(launcher, roots, tmp_path):
    return Runs(launcher, roots, tmp_path)


def start(runs, *options, plan, stderr, env=None, program=None):
    command = runs.launcher.command(*runs.command(*options, plan=plan))
    if program:
        command[0] = os.fsencode(program)
    return running(command, env={**runs.launcher.base, **runs.env, **(env or {})},
                            stdin=subprocess.DEVNULL, stderr=stderr, start_new_session=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_its_stderr_has_no_reader(runs, number):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"x" * 65536)
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    # It has nothing to say itself: how it dies is by its report alone.
    command = runs.command("--retries", "1", plan=["layer", "0"])
    at = command.index("-c") + 1
    command[at] = command[at].replace('sys.stderr.write(MESSAGE + "\\n")', "pass").replace(
        "sys.stderr.flush()", "pass")
    with running(runs.launcher.command(*command), stderr=writer, start_new_session=True,
                          env={**runs.launcher.base, **runs.env}) as process:
        wait_until(lambda: list(runs.state.glob("rocmfix/incidents/*.json")))
        time.sleep(0.3)
        assert process.poll() is None, "it waits for a reader"
        assert ends_at_once(process, number) in (ABORTED, -number)
    assert len(runs.attempts()) == 1
    os.close(reader)
    os.close(writer)


LIBRARY = r"""
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
char* rocmfix_explain_json(const char* root, const char* request) {
  const size_t most = 1 << 26;
  size_t length = 0;
  ssize_t got;
  int ends[2];
  char* text = malloc(most);
  pipe(ends);
  const pid_t script = fork();
  if (script == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], 1);
    close(ends[1]);
    execl("/bin/sh", "sh", "-c", SCRIPT, NULL);
  }
  close(ends[1]);
  while (length < most - 1 && (got = read(ends[0], text + length, most - 1 - length)) > 0)
    length += got;
  text[length] = 0;
  usleep(200000);
  if (waitpid(script, NULL, WNOHANG) == 0) {  // it has closed its output, and goes on: as this does
    close_range(3, ~0U, 0);
    waitpid(script, NULL, 0);
  }
  return text;
}
"""


def with_explainer(program, tmp_path, script):
    """A copy of the launcher, with a librocmfix.so of the test's own that answers as `script` prints."""
    home = tmp_path / "installed"
    (home / "bin").mkdir(parents=True)
    shutil.copy(program, home / "bin/rocmfix-run")
    shutil.copytree(program.parent.parent / "lib", home / "lib",
                    ignore=lambda _, names: [n for n in names if "rocmfix-hip" not in n])
    for library in (home / "lib").glob("librocmfix.so*"):
        library.unlink()
    source = tmp_path / "library.c"
    source.write_text(f"#define SCRIPT {json.dumps(script)}\n" + LIBRARY)
    subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", home / "lib/librocmfix.so.1", source],
                   check=True)
    return home / "bin/rocmfix-run"


@pytest.mark.parametrize("script", ["exec sleep 60", "exec >&-; exec sleep 60",
                                    "trap '' TERM INT; exec sleep 60"])
def test_while_the_explainer_is_slow(runs, program, tmp_path, script):
    asked = tmp_path / "asked"
    slow = with_explainer(program, tmp_path, f": >{asked}; {script}")
    with start(runs, "--retries", "1", plan=["layer", "0"], stderr=subprocess.PIPE,
               program=slow) as process:
        wait_until(asked.exists)
        assert ends_at_once(process) == ABORTED
        said = process.stderr.read().decode()
    assert "not started again: it was asked to stop by a signal" in said
    assert len(runs.attempts()) == 1
    (incident,) = runs.incidents()
    assert incident["explained"] is False and incident["fault"]["address"] == "0x7f3d7a123000"


def popen(launcher, *words, **options):
    options.setdefault("env", launcher.base)
    options.setdefault("stdout", subprocess.PIPE)
    return running(launcher.command(*words, root=SUPERVISED), text=True, start_new_session=True,
                   **options)


def test_while_a_worker_will_not_end(launcher, tmp_path):
    left = tmp_path / "left"
    code = f"(trap '' TERM; echo >{left}; exec sleep 60) & while [ ! -e {left} ]; do sleep 0.01; done"
    with popen(launcher, "sh", "-c", code + "; exit 5", stdout=None) as process:
        wait_until(left.exists)
        time.sleep(0.4)
        start_at = time.monotonic()
        process.terminate()
        assert process.wait(timeout=30) == 5, "it had ended, and how"
        assert time.monotonic() - start_at < 1.2, "not after the two seconds for the worker"


def test_one_that_ignores_hangups_is_not_stopped_by_one(runs):
    """nohup rocmfix-run --retries: the terminal goes away, and the job has a fault after that."""
    code = "signal.signal(signal.SIGTERM, lambda *_: die())"
    command = runs.command("--retries", "1", plan=["term", "7"])
    at = command.index("-c") + 1
    command[at] = command[at].replace(code, "os.kill(os.getppid(), signal.SIGHUP); time.sleep(0.3)"
                                      "; die()")
    # Sent from below it would be nothing at all: so by another process.
    command[at] = command[at].replace("os.kill(os.getppid(), signal.SIGHUP)",
                                      "print('now', flush=True)")
    with running(runs.launcher.command(*command), stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, env={**runs.launcher.base, **runs.env},
                          preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGHUP)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 7, said
    assert len(runs.attempts()) == 2


# ---------------------------------------------------------------- SIGCONT


def test_sigcont_reaches_a_command_that_runs(launcher):
    code = ("import signal, sys, time\n"
            "signal.signal(signal.SIGCONT, lambda *_: (print('continued', flush=True), sys.exit(7)))\n"
            "print('ready', flush=True)\n"
            "time.sleep(30)\n")
    with popen(launcher, *PYTHON, code) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=30)[0] == "continued\n"
        assert process.returncode == 7


def test_sigcont_continues_a_command_that_was_stopped(launcher):
    with popen(launcher, "sh", "-c", "echo $$; sleep 0.3; exit 7") as process:
        command = int(process.stdout.readline())
        os.kill(command, signal.SIGSTOP)
        wait_until(lambda: Path(f"/proc/{command}/stat").read_text().rpartition(")")[2].split()[0]
                   == "T")
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=30) == 7


# ---------------------------------------------------------------- other users


@pytest.fixture
def shared(program):
    """A place that everybody reaches, with the launcher, and programs that are setuid root."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "bin").mkdir()
        shutil.copy(program, place / "bin/rocmfix-run")
        shutil.copy(program.parent / "rocmfix", place / "bin/rocmfix")
        shutil.copytree(program.parent.parent / "lib", place / "lib", symlinks=True,
                        ignore=lambda _, names: [n for n in names if ".so" not in n])
        shutil.copy(shutil.which("setpriv"), place / "become-root")
        (place / "become-root").chmod(0o4755)
        check = subprocess.run([*AS_NOBODY, place / "become-root", *TO_ROOT, "id", "-u"],
                               capture_output=True, text=True)
        if check.stdout != "0\n":
            pytest.skip("no setuid programs here")
        yield place


AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
TO_ROOT = ("--reuid=0", "--regid=0", "--clear-groups")


def as_nobody(launcher, shared, *words):
    shutil.copytree(launcher.roots / SUPERVISED, shared / "root", symlinks=True)
    return [*AS_NOBODY, str(shared / "bin/rocmfix-run"), "--root", str(shared / "root"), *words]


def test_a_setuid_process_that_was_left_behind_is_named_and_not_waited_for(launcher, shared):
    pid_file = shared / "pid"
    pid_file.touch()
    pid_file.chmod(0o666)
    script = f"{shared}/become-root {' '.join(TO_ROOT)} sleep 60 >/dev/null 2>&1 & echo $! >{pid_file}; " \
             "sleep 0.5; exit 7"
    start_at = time.monotonic()
    run = subprocess.run(as_nobody(launcher, shared, "sh", "-c", script), capture_output=True,
                         text=True, env=launcher.base, timeout=60)
    took = time.monotonic() - start_at
    pid = int(pid_file.read_text())
    try:
        assert run.returncode == 7
        assert alive(pid)
        assert took < 4, "5.5 s with the patience for processes that can be ended"
        assert f"warning: process {pid} (sleep), which the command left behind, runs as another " \
               "user: it was not killed" in run.stderr
        assert "stuck" not in run.stderr and len(run.stderr.splitlines()) == 1
    finally:
        os.kill(pid, signal.SIGKILL)


def test_term_ends_it_when_the_command_may_not_be_signalled(launcher, shared):
    """rocmfix-run sudo ...: the command cannot be ended from here, and that is said."""
    words = as_nobody(launcher, shared, str(shared / "become-root"), *TO_ROOT, "sh", "-c",
                      "echo $$; exec sleep 60")
    with running(words, env=launcher.base, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                 text=True) as process:
        command = int(process.stdout.readline())
        try:
            assert subprocess.run([*AS_NOBODY, "kill", str(process.pid)]).returncode == 0
            process.wait(timeout=20)
            said = os.read(process.stderr.fileno(), 4096).decode()
            assert process.returncode == -signal.SIGTERM
            assert said == f"rocmfix-run: warning: the command, process {command}, runs as another " \
                           "user and cannot be signalled: it is left running\n"
            assert alive(command)
        finally:
            os.kill(command, signal.SIGKILL)


def test_killing_it_kills_a_command_that_became_another_user(launcher, shared):
    """As gosu and setpriv do in containers: the kernel then forgets PR_SET_PDEATHSIG."""
    words = [*AS_NOBODY, "sh", "-c", "echo $$; exec sleep 60"]
    with popen(launcher, *words) as process:
        command = int(process.stdout.readline())
        assert os.stat(f"/proc/{command}").st_uid == 65534
        process.kill()
        assert process.wait(timeout=30) == -signal.SIGKILL
        wait_until(lambda: not alive(command))


def test_the_command_begins_when_it_is_guarded(launcher, shared):
    """Killed in between, on a busy machine, it would leave one that became another user."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    slow = [strace, "-f", "-o", "/dev/null", "-e", "trace=pidfd_open",
            "-e", "inject=pidfd_open:delay_enter=400000"]
    words = [*AS_NOBODY, "sh", "-c", "echo $$ $PPID; exec sleep 60"]
    # LeakSanitizer does not work in a process that is traced.
    env = {**launcher.base, "ASAN_OPTIONS": "detect_leaks=0"}
    with running([*slow, *launcher.command(*words, root=SUPERVISED)], env=env,
                 stdout=subprocess.PIPE, text=True) as process:
        command, supervisor = (int(word) for word in process.stdout.readline().split())
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: not alive(command))


def test_killing_it_kills_a_command_that_a_thread_executed(launcher):
    """As Go programs do; the signal was for the first thread."""
    code = ("import os, sys, threading\n"
            "threading.Thread(target=lambda: os.execv('/bin/sh', "
            "['sh', '-c', 'echo $$; exec sleep 60'])).start()\n"
            "threading.Event().wait()\n")
    with popen(launcher, *PYTHON, code) as process:
        command = int(process.stdout.readline())
        process.kill()
        assert process.wait(timeout=30) == -signal.SIGKILL
        wait_until(lambda: not alive(command))


def test_the_guardian_ends_with_the_command_and_holds_nothing(launcher, tmp_path):
    """No process more after the end, and no stream that somebody waits for."""
    def helpers():
        return [pid for pid in os.listdir("/proc") if pid.isdigit() and
                named(pid) == "rocmfix-guard" and parent(pid) == process.pid]

    def named(pid):
        try:
            return Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            return ""

    def parent(pid):
        try:
            return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return 0

    with popen(launcher, "sh", "-c", "echo ready; read line; exit 3", stdin=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until(helpers)
        (guard,) = helpers()
        wait_until(lambda: set(os.readlink(f"/proc/{guard}/fd/{fd}")
                               for fd in os.listdir(f"/proc/{guard}/fd")) == {"anon_inode:[pidfd]"})
        process.communicate("\n", timeout=30)
        assert process.returncode == 3
        assert not alive(int(guard))
