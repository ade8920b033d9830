# SPDX-License-Identifier: MIT
"""The supervisor is not noticed: exit status, signals, descendants, and what happens to them.

Without a GPU that can fault there is none, and rocmfix-run becomes the command.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUPERVISED = "rx6700xt"
PYTHON = (sys.executable, "-I", "-S", "-u", "-c")
# KILL and STOP cannot be handled; CHLD, CONT and the stops have a meaning of their own; 32 and 33
# are the C library's.
SPECIAL = {"SIGKILL", "SIGSTOP", "SIGCHLD", "SIGCONT", "SIGTSTP", "SIGTTIN", "SIGTTOU"}
HANDLED = sorted(
    {int(number) for number in signal.Signals if signal.Signals(number).name not in SPECIAL}
    | set(range(signal.SIGRTMIN, signal.SIGRTMAX + 1))
)
FATAL = sorted(set(HANDLED) - {signal.SIGURG, signal.SIGWINCH} | {signal.SIGKILL})


def popen(launcher, *words, **options):
    options.setdefault("env", launcher.base)
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.Popen(
        launcher.command(*words, root=SUPERVISED), text=True, start_new_session=True, **options
    )


def alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_it_is_there_only_where_a_gpu_can_fault(launcher):
    for root, words in (("no-amd", ()), ("rx7900xtx", ()), ("mi210", ())):
        with subprocess.Popen(
            launcher.command(*words, "sh", "-c", "echo $$", root=root),
            env=launcher.base, stdout=subprocess.PIPE, text=True,
        ) as process:
            assert int(process.communicate(timeout=60)[0]) == process.pid, root
    for root, words in ((SUPERVISED, ()), ("no-amd", ("--retries", "1"))):
        with subprocess.Popen(
            launcher.command(*words, "sh", "-c", "echo $PPID", root=root),
            env=launcher.base, stdout=subprocess.PIPE, text=True,
        ) as process:
            assert int(process.communicate(timeout=60)[0]) == process.pid, root


def test_every_exit_status(launcher):
    for status in range(256):
        assert launcher("sh", "-c", f"exit {status}", root=SUPERVISED).returncode == status


def test_every_fatal_signal(launcher):
    code = (
        "import os, resource, signal, sys\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "number = int(sys.argv[1])\n"
        "if number != 9: signal.signal(number, signal.SIG_DFL)\n"
        "os.kill(os.getpid(), number)\n"
    )
    for number in FATAL:
        run = launcher(*PYTHON, code, str(number), root=SUPERVISED)
        assert run.returncode == -number, signal.strsignal(number)


HANDLER = """
import os, signal, sys, time
got = []
for number in map(int, sys.argv[1].split(",")):
    signal.signal(number, lambda n, _: got.append(n))
print("ready", flush=True)
for line in sys.stdin:
    pass
print(*got, flush=True)
"""


def test_every_signal_sent_to_it_reaches_the_command_once(launcher):
    # Each through a handler of the command, one after the other: equal ones may be merged.
    numbers = ",".join(map(str, HANDLED))
    code = HANDLER.replace("for line in sys.stdin:\n    pass", "time.sleep(0)\n"
                           "while len(got) < len(sys.argv[1].split(',')): time.sleep(0.01)\n"
                           "time.sleep(0.2)")
    with popen(launcher, *PYTHON, code, numbers) as process:
        assert process.stdout.readline() == "ready\n"
        for number in HANDLED:
            os.kill(process.pid, number)
        got = process.communicate(timeout=30)[0].split()
    assert sorted(map(int, got)) == HANDLED


def test_term_sent_to_it_ends_the_command_by_term(launcher):
    with popen(launcher, "sh", "-c", "echo $$; exec sleep 60") as process:
        command = int(process.stdout.readline())
        process.terminate()
        assert process.wait(timeout=30) == -signal.SIGTERM
        assert not alive(command)


def test_a_signal_to_the_group_from_below_is_not_doubled(launcher):
    # One of those that are queued and never merged.
    code = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])\n"
        "os.kill(0, signal.SIGRTMIN)\n"
        "count = 0\n"
        "while signal.sigtimedwait([signal.SIGRTMIN], 0.7): count += 1\n"
        "print(count)\n"
    )
    with popen(launcher, *PYTHON, code) as process:
        assert process.communicate(timeout=30)[0] == "1\n"
        assert process.returncode == 0


def test_an_alarm_set_before_it_rings_in_the_command(launcher):
    """perl -e 'alarm 10; exec @ARGV' is an old way to have a time limit."""
    code = "import signal; signal.alarm(1); import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    command = launcher.command("sleep", "60", root=SUPERVISED)
    run = subprocess.run([*PYTHON, code, *command], env=launcher.base, timeout=30)
    assert run.returncode == -signal.SIGALRM


def test_a_caller_that_ignores_the_end_of_children_gets_the_status(launcher):
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    assert launcher("sh", "-c", "exit 7", root=SUPERVISED, preexec_fn=ignore).returncode == 7
    run = launcher("grep", "SigIgn", "/proc/self/status", root=SUPERVISED, preexec_fn=ignore)
    ignored = int(run.stdout.split()[1], 16)
    assert ignored & 1 << (signal.SIGCHLD - 1), "the command inherits it as it was"


def test_killing_it_kills_the_command(launcher):
    with popen(launcher, "sh", "-c", "echo $$; exec sleep 60") as process:
        command = int(process.stdout.readline())
        process.kill()
        assert process.wait(timeout=30) == -signal.SIGKILL
        wait_until(lambda: not alive(command))


def test_a_core_is_the_commands_alone(launcher, tmp_path):
    """Two reports of one crash would send the reader of the second astray."""
    if Path("/proc/sys/kernel/core_pattern").read_text().startswith("|"):
        pytest.skip("cores go to a program here")
    if Path("/proc/sys/kernel/core_pattern").read_text().startswith("/"):
        pytest.skip("cores go to a directory of the system's")

    def allow():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    run = launcher("sh", "-c", "kill -ABRT $$", root=SUPERVISED, cwd=tmp_path, preexec_fn=allow)
    assert run.returncode == -signal.SIGABRT
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    assert len(list(tmp_path.glob("core*"))) == (1 if hard else 0)


# ---------------------------------------------------------------- descendants

WORKER = """
import os, signal, sys, time
how = sys.argv[1]
def worker(prepare):
    if os.fork():
        return
    prepare()
    with open(sys.argv[2], "a") as out:
        out.write(f"{os.getpid()}\\n")
    os.closerange(0, 3)  # or whoever reads our output waits for this one
    time.sleep(100)
    os._exit(0)
ignore = lambda *numbers: [signal.signal(n, signal.SIG_IGN) for n in numbers]
worker({"plain": lambda: None, "stubborn": lambda: ignore(signal.SIGTERM, signal.SIGINT),
        "stopped": lambda: None,
        "daemon": os.setsid, "nohup": lambda: ignore(signal.SIGHUP)}[how])
while not os.path.exists(sys.argv[2]) or not open(sys.argv[2]).read().endswith("\\n"):
    time.sleep(0.01)
if how == "stopped":
    os.kill(int(open(sys.argv[2]).read()), signal.SIGSTOP)
end = sys.argv[3]
os.abort() if end == "abort" else os._exit(int(end))
"""


@pytest.mark.parametrize("end", ["abort", "0", "1"])
@pytest.mark.parametrize("how", ["plain", "stubborn", "stopped"])
def test_no_worker_survives(launcher, tmp_path, how, end):
    """A worker that keeps the GPU's memory keeps the next attempt from it."""
    pids = tmp_path / "pids"
    run = launcher(*PYTHON, WORKER, how, pids, end, root=SUPERVISED)
    assert run.returncode == (-signal.SIGABRT if end == "abort" else int(end))
    assert not alive(int(pids.read_text()))


def test_a_workers_own_children_do_not_survive_either(launcher, tmp_path):
    pids = tmp_path / "pids"
    script = f"(sh -c 'echo $$ >{pids}; sleep 100 & echo $! >>{pids}; wait' & wait) & " \
             f"while [ $(cat {pids} 2>/dev/null | wc -l) -lt 2 ]; do sleep 0.05; done; kill -ABRT $$"
    assert launcher("sh", "-c", script, root=SUPERVISED).returncode == -signal.SIGABRT
    for pid in pids.read_text().split():
        assert not alive(int(pid))


@pytest.mark.parametrize("how", ["daemon", "nohup"])
def test_deliberately_detached_processes_are_left_running(launcher, tmp_path, how):
    pids = tmp_path / "pids"
    assert launcher(*PYTHON, WORKER, how, pids, "0", root=SUPERVISED).returncode == 0
    pid = int(pids.read_text())
    try:
        assert alive(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_under_nohup_everything_ignores_hangups_and_workers_are_still_ended(
    launcher, tmp_path
):
    pids = tmp_path / "pids"
    run = launcher(*PYTHON, WORKER, "plain", pids, "abort", root=SUPERVISED,
                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert run.returncode == -signal.SIGABRT
    assert not alive(int(pids.read_text()))


def test_orphans_are_reaped_while_the_command_runs(launcher):
    script = "for i in 1 2 3 4 5; do (true & ) ; done; sleep 0.5; " \
             "grep -l '^State:.*Z' /proc/[0-9]*/status 2>/dev/null | while read f; do " \
             "grep -q \"^PPid:.$PPID\\$\" $f && echo zombie; done; true"
    run = launcher("sh", "-c", script, root=SUPERVISED)
    assert (run.stdout, run.returncode) == ("", 0)


def test_it_waits_for_no_daemon_that_holds_the_report_descriptor(launcher):
    start = time.monotonic()
    run = launcher("sh", "-c", "setsid sleep 30 >/dev/null 2>&1 </dev/null & exit 3",
                   root=SUPERVISED)
    assert run.returncode == 3
    assert time.monotonic() - start < 20


# ---------------------------------------------------------------- odd places


def test_as_process_1_of_a_container(launcher):
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare")
    inside = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*inside, "true"], capture_output=True).returncode != 0:
        pytest.skip("no new process namespace here")

    def run(script):
        command = launcher.command("sh", "-c", script, root=SUPERVISED)
        return subprocess.run([*inside, *command], env=launcher.base, capture_output=True,
                              text=True, timeout=60)

    assert run("exit 5").returncode == 5
    # Process 1 cannot die of a signal that it sends itself: the status says it.
    assert run("kill -TERM $$").returncode == 128 + signal.SIGTERM
    command = launcher.command("sh", "-c", "trap 'exit 6' TERM; echo ready; "
                               "while :; do sleep 0.05; done", root=SUPERVISED)
    with subprocess.Popen([*inside, *command], env=launcher.base, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline() == "ready\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)  # as `docker stop` does
        assert process.wait(timeout=30) == 6


def test_a_low_limit_of_open_files(launcher):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

    run = launcher("sh", "-c", "exit 3", root=SUPERVISED, preexec_fn=limit)
    assert (run.returncode, run.stderr) == (3, "")


@pytest.mark.skipif("SANITIZED" in os.environ, reason="a sanitizer's own memory is larger")
def test_it_is_small(launcher):
    """It stays in memory next to a job that runs for days."""
    with popen(launcher, "sh", "-c", "echo $$; read line", stdin=subprocess.PIPE) as process:
        process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.communicate("\n", timeout=30)
    own = int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)[1])
    assert own < 4096, f"{own} KiB"
