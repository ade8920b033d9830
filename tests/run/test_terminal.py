# SPDX-License-Identifier: MIT
"""Supervised or not, the terminal is the command's: bytes, Ctrl-C, Ctrl-Z, fg, window size.

Each is done on a real pty, most of them by a person's way: a shell with job control, typed at.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terminal import Terminal

SUPERVISED = "rx6700xt"
PYTHON = (sys.executable, "-I", "-S", "-u", "-c")

# What tqdm does: asks whether it is a terminal and how wide it is, and writes over its line.
PROGRESS = r"""
import os, sys, time
assert sys.stderr.isatty() and sys.stdout.isatty() and sys.stdin.isatty()
width = os.get_terminal_size(2).columns
for i in range(101):
    head = f"\x1b[32m{i:3d}/100\x1b[0m  2.1G "
    sys.stderr.write("\r" + head + "\u2588" * ((width - 20) * i // 100) + "\x1b[K")
    if i % 25 == 0:
        print(f"\nepoch {i // 25}", flush=True)
sys.stderr.write("\n")
"""

# Two of a kind that come at once may be merged into one. So it is many presses, and the command is
# busy, so that it takes the first before a second could come.
PRESSES = 15
COUNTS_SIGNALS = r"""
import os, signal, sys, time
count = 0
def seen(*_):
    global count
    count += 1
signal.signal(getattr(signal, sys.argv[1]), seen)
os.write(1, b"ready\n")
deadline = time.monotonic() + 60
told = 0
while told < int(sys.argv[2]) and time.monotonic() < deadline:
    if count > told:
        told = count
        time.sleep(0.02)
        os.write(1, b"next\n")
time.sleep(0.3)
os.write(1, b"seen %d times\n" % count)
"""


def through(launcher, *words):
    return launcher.command(*words, root=SUPERVISED)


def env(launcher):
    return {**launcher.base, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}


def processes(session):
    """(pid, parent, group, state, name) of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "stat").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        match = re.match(r"(\d+) \((.*)\) (\S) (\d+) (\d+) (\d+) ", text, re.DOTALL)
        if match and int(match[6]) == session:
            found.append((int(match[1]), int(match[4]), int(match[5]), match[3], match[2]))
    return found


# Between the fork and the exec of a shell's own child (vfork) Ctrl-Z stops that child only, and the
# shell waits for it, with or without us: so what is stopped here is not a shell that starts things.
def wait_until(check, seconds=20):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


class Shell:
    """bash with job control, on a terminal, and a prompt that nothing else prints."""

    PROMPT = b"@@ "

    def __init__(self, launcher, tmp_path):
        home = {**env(launcher), "PS1": "@@ ", "HOME": str(tmp_path), "HISTFILE": "/dev/null",
                "R": " ".join(os.fsdecode(word) for word in through(launcher))}
        self.terminal = Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], home)
        self.terminal.expect(self.PROMPT)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.terminal.__exit__(*failure)

    def type(self, line):
        self.terminal.type(line.encode() + b"\n")

    def run(self, line):
        """What it printed until the next prompt."""
        self.type(line)
        self.terminal.expect(b"\r\n")
        return self.terminal.expect(self.PROMPT).replace(b"\r\n", b"\n").decode()

    def jobs_processes(self):
        """Those of the session, the shell apart."""
        return [p for p in processes(self.terminal.pid) if p[0] != self.terminal.pid]


@pytest.fixture
def shell(launcher, tmp_path):
    with Shell(launcher, tmp_path) as made:
        yield made


def test_a_progress_bar_is_the_same_byte_for_byte(launcher):
    outputs = []
    for command in ([*PYTHON, PROGRESS], through(launcher, *PYTHON, PROGRESS)):
        with Terminal(command, env(launcher), size=(40, 133)) as terminal:
            assert terminal.end() == 0
            outputs.append(terminal.output)
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\r") > 100 and "\u2588".encode() * 113 in outputs[0]


def test_tqdms_own_bar_is_the_same(launcher, needs_tqdm):
    code = (
        "import tqdm\n"
        "for _ in tqdm.tqdm(range(50), mininterval=0, bar_format='{l_bar}{bar}|{n}'): pass"
    )
    outputs = []
    for command in (needs_tqdm(code), through(launcher, *needs_tqdm(code))):
        with Terminal(command, env(launcher)) as terminal:
            assert terminal.end() == 0
            outputs.append(terminal.output)
    assert outputs[0] == outputs[1]
    assert b"100%" in outputs[0]


@pytest.fixture
def needs_tqdm():
    python = next((p for p in ("/usr/bin/python3", sys.executable)
                   if os.path.exists(p) and os.system(f"{p} -c 'import tqdm' 2>/dev/null") == 0),
                  None)
    if python is None:
        pytest.skip("tqdm is not installed")
    return lambda code: [python, "-c", code]


@pytest.mark.parametrize(("name", "key"), [("SIGINT", b"\x03"), ("SIGQUIT", b"\x1c")])
def test_a_key_reaches_the_command_exactly_once(launcher, name, key):
    command = through(launcher, *PYTHON, COUNTS_SIGNALS, name, str(PRESSES))
    with Terminal(command, env(launcher)) as terminal:
        terminal.expect(b"ready")
        for _ in range(PRESSES):
            terminal.type(key)
            terminal.expect(b"next")
        terminal.expect(b"seen %d times" % PRESSES)
        assert terminal.end() == 0


def test_ctrl_c_ends_a_command_that_does_not_mind_it(launcher):
    with Terminal(through(launcher, "sh", "-c", "echo ready; exec sleep 60"),
                  env(launcher)) as terminal:
        terminal.expect(b"ready")
        terminal.type(b"\x03")
        assert terminal.end() == -signal.SIGINT


def test_ctrl_c_in_a_shell_gives_130_and_a_prompt(shell):
    shell.type("$R sh -c 'echo rea\"\"dy; exec sleep 60'")
    shell.terminal.expect(b"\nready")
    shell.terminal.type(b"\x03")
    shell.terminal.expect(shell.PROMPT)
    assert shell.run("echo $?") == "130\n"


def test_a_new_window_size_reaches_the_command_once(launcher):
    code = (
        "import os, signal, time\n"
        "sizes = []\n"
        "signal.signal(signal.SIGWINCH, lambda *_: sizes.append(tuple(os.get_terminal_size(0))))\n"
        "print('ready', tuple(os.get_terminal_size(0)), flush=True)\n"
        "while not sizes: time.sleep(0.01)\n"
        "time.sleep(0.5)\n"
        "print('sizes', sizes, flush=True)\n"
    )
    with Terminal(through(launcher, *PYTHON, code), env(launcher), size=(30, 100)) as terminal:
        terminal.expect(b"ready (100, 30)")
        terminal.resize(50, 160)
        terminal.expect(b"sizes [(160, 50)]")
        assert terminal.end() == 0


def test_ctrl_z_and_fg(shell):
    """Twice, and then it continues where it was."""
    shell.type("$R sh -c 'echo rea\"\"dy; read line; echo \"got <$line>\"; exit 5'")
    shell.terminal.expect(b"\nready")
    for _ in range(2):
        shell.terminal.type(b"\x1a")
        shell.terminal.expect(b"Stopped")
        shell.terminal.expect(shell.PROMPT)
        assert {state for *_, state, _ in shell.jobs_processes()} == {"T"}
        assert len(shell.jobs_processes()) >= 2, "the supervisor and the command"
        assert "Stopped" in shell.run("jobs")
        shell.type("fg")
        shell.terminal.expect(b"\n")
        wait_until(lambda: "T" not in {state for *_, state, _ in shell.jobs_processes()})
    shell.terminal.type(b"hello\n")
    shell.terminal.expect(b"got <hello>")
    shell.terminal.expect(shell.PROMPT)
    assert shell.run("echo $?") == "5\n"
    assert shell.jobs_processes() == []


def test_bg_lets_it_go_on_in_the_background(shell, tmp_path):
    ended = tmp_path / "ended"
    code = f"import time; print('rea' 'dy', flush=True); time.sleep(1.5); open({str(ended)!r}, 'w')"
    shell.type(f'$R {" ".join(PYTHON)} "{code}"')
    shell.terminal.expect(b"\nready")
    shell.terminal.type(b"\x1a")
    shell.terminal.expect(b"Stopped")
    shell.terminal.expect(shell.PROMPT)
    time.sleep(2)
    assert not ended.exists()
    shell.run("bg")
    wait_until(ended.exists)
    wait_until(lambda: shell.jobs_processes() == [])
    assert "Done" in shell.run("jobs")


def test_ctrl_z_in_a_command_that_tidies_up_first(shell, tmp_path):
    """As an editor does: it handles the signal, then stops itself."""
    code = (
        "import os, signal, sys\n"
        "def stop(*_):\n"
        "    os.write(1, b'tidy\\n')\n"
        "    signal.signal(signal.SIGTSTP, signal.SIG_DFL)\n"
        "    os.kill(os.getpid(), signal.SIGTSTP)\n"
        "    os.write(1, b'back\\n')\n"
        "signal.signal(signal.SIGTSTP, stop)\n"
        "os.write(1, b'rea' + b'dy\\n')\n"
        "print('line', sys.stdin.readline())\n"
    )
    script = tmp_path / "tidy.py"
    script.write_text(code)
    shell.type(f"$R {sys.executable} {script}")
    shell.terminal.expect(b"\nready")
    shell.terminal.type(b"\x1a")
    shell.terminal.expect(b"tidy")
    shell.terminal.expect(b"Stopped")
    shell.terminal.expect(shell.PROMPT)
    shell.type("fg")
    shell.terminal.expect(b"back")
    shell.terminal.type(b"x\n")
    shell.terminal.expect(b"line x")
    shell.terminal.expect(shell.PROMPT)


def test_a_background_job_that_reads_is_stopped_by_the_terminal(shell):
    shell.run("$R cat &")
    wait_until(lambda: {state for *_, state, _ in shell.jobs_processes()} == {"T"})
    listed = shell.run("jobs -l")
    assert "Stopped (tty input)" in listed, "it stopped by the same signal"
    shell.type("fg")
    shell.terminal.expect(b"\n")
    wait_until(lambda: "T" not in {state for *_, state, _ in shell.jobs_processes()})
    shell.terminal.type(b"abc\n")
    shell.terminal.expect(b"abc\r\nabc")
    shell.terminal.type(b"\x04")
    shell.terminal.expect(shell.PROMPT)
    assert shell.run("echo $?") == "0\n"


def test_continuing_the_launcher_alone_continues_the_command(shell, tmp_path):
    done = tmp_path / "done"
    code = f"import time; print('rea' 'dy', flush=True); time.sleep(1); open({str(done)!r}, 'w')"
    shell.type(f'$R {" ".join(PYTHON)} "{code}"')
    shell.terminal.expect(b"\nready")
    shell.terminal.type(b"\x1a")
    shell.terminal.expect(b"Stopped")
    shell.terminal.expect(shell.PROMPT)
    time.sleep(1.2)
    assert not done.exists()
    leader = next(p for p in shell.jobs_processes() if p[0] == p[2])
    os.kill(leader[0], signal.SIGCONT)
    wait_until(done.exists)


def test_a_command_that_another_process_stopped_and_continued_continues(launcher):
    """No terminal: a stop of the command alone must not leave the supervisor stopped for good."""
    with subprocess.Popen(
        through(launcher, "sh", "-c", "echo $$; sleep 0.5; exit 9"), env=launcher.base,
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:
        command = int(process.stdout.readline())
        assert command != process.pid
        os.kill(command, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(command, signal.SIGCONT)
        try:
            assert process.wait(timeout=30) == 9
        finally:
            process.kill()


def test_a_pipeline_ends_with_sigpipe(shell):
    assert shell.run("$R yes | head -n 1; echo ${PIPESTATUS[@]}") == "y\n141 0\n"


def test_an_interactive_shell_in_it_has_job_control_and_gives_the_terminal_back(shell):
    shell.type("PS1='inner> ' $R /bin/bash --norc --noprofile --noediting -i")
    shell.terminal.expect(b"inner> ")
    shell.type("sleep 60")
    shell.terminal.expect(b"sleep 60\r\n")
    time.sleep(0.3)
    shell.terminal.type(b"\x03")
    shell.terminal.expect(b"inner> ")
    shell.type("sleep 60")
    shell.terminal.expect(b"sleep 60\r\n")
    time.sleep(0.3)
    shell.terminal.type(b"\x1a")
    shell.terminal.expect(b"Stopped")
    shell.terminal.expect(b"inner> ")
    shell.type("kill -KILL %1; sleep 0.3; exit 4")
    shell.terminal.expect(shell.PROMPT)
    assert shell.run("echo $?").endswith("4\n")
    shell.type("$R sh -c 'echo rea\"\"dy; exec sleep 60'")
    shell.terminal.expect(b"\nready")
    shell.terminal.type(b"\x03")
    shell.terminal.expect(shell.PROMPT)


def test_a_terminal_that_hangs_up_signals_the_command(launcher, tmp_path):
    told = tmp_path / "told"
    code = (
        "import signal, sys, time\n"
        f"signal.signal(signal.SIGHUP, lambda *_: (open({str(told)!r}, 'a').write('x'), sys.exit()))\n"
        "print('ready', flush=True)\n"
        "time.sleep(30)\n"
    )
    with Terminal(through(launcher, *PYTHON, code), env(launcher)) as terminal:
        terminal.expect(b"ready\r\n")
        terminal.hang_up()
        wait_until(told.exists)
    assert told.read_text() == "x"


def test_the_command_is_in_the_foreground_group(launcher):
    code = "import os; print('same' if os.tcgetpgrp(0) == os.getpgrp() else 'other', flush=True)"
    with Terminal(through(launcher, *PYTHON, code), env(launcher)) as terminal:
        terminal.expect(b"same\r\n")
        assert terminal.end() == 0
