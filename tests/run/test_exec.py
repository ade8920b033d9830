# SPDX-License-Identifier: MIT
"""rocmfix-run is not noticed: status, signals, streams, terminal, arguments, descriptors.

Each is tested on a machine with no GPU, where it becomes the command, and on one where variables
are set and the command is its child.
"""

import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

ROOTS = ("no-amd", "rx6700xt")
each_root = pytest.mark.parametrize("root", ROOTS)


@each_root
@pytest.mark.parametrize("status", [0, 1, 2, 42, 125, 255])
def test_the_exit_status_is_the_commands(launcher, root, status):
    assert launcher("sh", "-c", f"exit {status}", root=root).returncode == status


@each_root
@pytest.mark.parametrize("name", ["TERM", "SEGV", "ABRT", "KILL", "INT"])
def test_a_fatal_signal_is_the_commands(launcher, root, name):
    run = launcher("sh", "-c", f"ulimit -c 0; kill -{name} $$", root=root)
    assert run.returncode == -signal.Signals[f"SIG{name}"]


def test_the_process_id_is_kept_where_nothing_is_supervised(launcher):
    with subprocess.Popen(
        launcher.command("sh", "-c", "echo $$", root="no-amd"),
        env=launcher.base,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert int(process.communicate(timeout=60)[0]) == process.pid


def test_signals_sent_to_it_reach_the_command(launcher):
    script = "trap 'echo caught; exit 7' USR1; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        launcher.command("sh", "-c", script, root="rx6700xt"),
        env=launcher.base,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.communicate(timeout=60)[0] == "caught\n"
        assert process.returncode == 7


@each_root
def test_signal_dispositions_and_mask_are_passed_on(launcher, root):
    def ignore_some():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})

    options = {
        "env": {**launcher.base, "HSA_DISABLE_CACHE": "1"},  # so that a warning is written, too
        "preexec_fn": ignore_some,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    command = ["grep", "^Sig[BIC]", "/proc/self/status"]
    direct = subprocess.run(command, **options)
    through = subprocess.run(launcher.command(*command, root=root), **options)
    assert direct.stdout == through.stdout
    assert ("warning" in through.stderr) == (root == "rx6700xt")


@each_root
def test_not_found_is_127(launcher, root):
    run = launcher("no-such-program-anywhere", root=root)
    assert run.returncode == 127
    assert run.stderr.startswith("error: cannot run 'no-such-program-anywhere': No such file")
    assert "hint: is it installed" in run.stderr


def test_a_file_that_may_not_be_executed_is_126(launcher, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    for path in (plain, tmp_path):
        run = launcher(path)
        assert run.returncode == 126
        assert f"error: cannot run '{path}': Permission denied" in run.stderr
        assert "hint:" in run.stderr


def test_a_missing_interpreter_is_named_as_the_cause(launcher, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o755)
    run = launcher(script)
    assert run.returncode == 127
    assert "hint: it exists, but the interpreter" in run.stderr


def test_an_assignment_in_the_place_of_the_command_gets_a_hint(launcher):
    run = launcher("A=1", "true")
    assert run.returncode == 127
    assert "hint: to set a variable, use env" in run.stderr


def test_a_script_without_a_first_line_runs_as_with_env(launcher, tmp_path):
    script = tmp_path / "script"
    script.write_text("echo hello; exit 3\n")
    script.chmod(0o755)
    run = launcher(script)
    assert (run.stdout, run.returncode) == ("hello\n", 3)


@each_root
def test_stdin_and_stdout_pass_through(launcher, root):
    content = os.urandom(300_000)
    run = launcher("cat", root=root, text=False, stdin=None, input=content)
    assert run.stdout == content
    assert run.stderr == b""


def test_stdout_and_stderr_stay_apart(launcher):
    run = launcher("sh", "-c", "echo out; echo err >&2", root="rx6700xt")
    assert (run.stdout, run.stderr) == ("out\n", "err\n")


def test_a_closed_stdin_stdout_or_stderr_harms_nothing(launcher, tmp_path):
    made = tmp_path / "made"
    for closed in (0, 1, 2):
        run = launcher(
            "touch",
            made,
            root="rx6700xt",
            env={"HSA_DISABLE_CACHE": "1"},
            stdin=None,
            stdout=None,
            stderr=None,
            preexec_fn=lambda closed=closed: os.close(closed),
        )
        assert run.returncode == 0
        assert made.exists()
        made.unlink()


def test_a_stderr_without_a_reader_does_not_stop_the_command(launcher):
    reader, writer = os.pipe()
    os.close(reader)
    run = launcher(
        "sh", "-c", "echo ran", root="rx6700xt", env={"HSA_DISABLE_CACHE": "1"}, stderr=writer
    )
    os.close(writer)
    assert (run.stdout, run.returncode) == ("ran\n", 0)


def on_a_terminal(command, env, act):
    """Runs `command` on a new terminal; `act(master)` may type. Returns (output, wait status)."""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {os.fsencode(k): os.fsencode(v) for k, v in env.items()})
    output = b""
    act(master)
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:  # EIO: the other side has gone
            break
        if not chunk:
            break
        output += chunk
    os.close(master)
    return output, os.waitpid(pid, 0)[1]


@each_root
def test_a_terminal_stays_a_terminal(launcher, root):
    script = (
        "test -t 0 && test -t 1 && test -t 2 && echo all-three;"
        " cut -d' ' -f8 /proc/$$/stat; cut -d' ' -f5 /proc/$$/stat"
    )
    output, status = on_a_terminal(
        launcher.command("sh", "-c", script, root=root), launcher.base, lambda _: None
    )
    assert status == 0
    words = output.split()
    assert words[0] == b"all-three"
    assert words[1] == words[2], "the command is not in the terminal's foreground group"


def test_ctrl_c_reaches_the_command(launcher):
    def press_ctrl_c(master):
        assert os.read(master, 100).strip() == b"ready"
        os.write(master, b"\x03")

    command = launcher.command("sh", "-c", "echo ready; exec sleep 60", root="rx6700xt")
    start = time.monotonic()
    _, status = on_a_terminal(command, launcher.base, press_ctrl_c)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGINT
    assert time.monotonic() - start < 30


ODD_WORDS = (b"", b" ", b"two words", b"-x", b"--json", b"--", b"*", b"a\nb", b"\xff\xfe", b"'\"$")


@each_root
@pytest.mark.parametrize("separator", [(), ("--",)])
def test_arguments_arrive_as_they_were_given(launcher, root, separator):
    run = launcher(*separator, "printf", r"%s\0", *ODD_WORDS, root=root, text=False)
    assert run.stdout == b"".join(word + b"\0" for word in ODD_WORDS)


def test_the_commands_own_options_are_not_rocmfix_runs(launcher):
    run = launcher("echo", "--help", "--version", "-n", "--dry-run", "--root")
    assert run.stdout == "--help --version -n --dry-run --root\n"


def test_a_command_after_two_dashes_may_begin_with_a_dash(launcher, tmp_path):
    script = tmp_path / "-odd"
    script.write_text("#!/bin/sh\necho odd\n")
    script.chmod(0o755)
    assert launcher("--", "-odd", env={"PATH": f"{tmp_path}:{os.defpath}"}).stdout == "odd\n"


@each_root
def test_no_descriptor_leaks_and_inherited_ones_stay(launcher, root):
    code = (
        "import os\n"
        "for name in sorted(os.listdir('/proc/self/fd'), key=int):\n"
        "    try: print(name, os.readlink(f'/proc/self/fd/{name}'))\n"
        "    except OSError: pass\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    reader, writer = os.pipe()
    options = {
        "env": launcher.base,
        "pass_fds": (reader, writer),
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "text": True,
    }
    direct = subprocess.run(command, **options).stdout
    through = subprocess.run(launcher.command(*command, root=root), **options).stdout
    os.close(reader)
    os.close(writer)
    hide = re.compile(r"pipe:\[\d+\]")  # stdout is another pipe each time
    lines = hide.sub("pipe", through).splitlines()
    # Where there is a layer it has a descriptor for what it has to report, out of everybody's way.
    own = [line for line in lines if line not in hide.sub("pipe", direct).splitlines()]
    assert [line for line in lines if line not in own] == hide.sub("pipe", direct).splitlines()
    assert len(own) == (0 if root == "no-amd" else 1)
    assert all(re.fullmatch(r"(\d+) pipe", line) and int(line.split()[0]) >= 64 for line in own)
    assert f"\n{reader} pipe" in hide.sub("pipe", through)


def test_working_directory_umask_and_limits_are_passed_on(launcher, tmp_path):
    script = "pwd; umask; ulimit -a; cat /proc/self/oom_score_adj"
    options = {
        "env": launcher.base,
        "cwd": tmp_path,
        "umask": 0o027,
        "stdout": subprocess.PIPE,
        "text": True,
    }
    direct = subprocess.run(["sh", "-c", script], **options)
    through = subprocess.run(launcher.command("sh", "-c", script, root="rx6700xt"), **options)
    assert through.stdout == direct.stdout
    assert str(tmp_path) in through.stdout


def test_it_loads_nothing_but_the_language_runtime(program, needs):
    needs("readelf")
    dynamic = subprocess.run(
        ["readelf", "-d", program], capture_output=True, text=True, check=True
    ).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    assert "libc.so.6" in needed
    runtime = re.compile(r"(libc|libm|libgcc_s|libstdc\+\+|libasan|libubsan|libtsan|ld-linux-.*)\.so\.\d+")
    assert [name for name in needed if not runtime.fullmatch(name)] == []
