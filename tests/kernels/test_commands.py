# SPDX-License-Identifier: MIT
"""What runs other programs waits for them, passes their status on, and shows what failed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import commands
from commands import Failure

HERE = Path(commands.__file__).parent


def test_of_a_long_step_only_a_failure_is_shown(capfd):
    commands.quietly("well", ["sh", "-c", "echo out; echo err >&2"])
    assert capfd.readouterr() == ("", "")
    with pytest.raises(Failure, match="failed: it") as caught:
        commands.quietly("it", ["sh", "-c", "seq 100; echo why >&2; exit 3"], hint="do that")
    assert caught.value.hint == "do that"
    said = capfd.readouterr().err.splitlines()
    assert said == [*map(str, range(72, 101)), "why"]


@pytest.mark.parametrize(("body", "status", "said"), [
    ("return 4", 4, ""),
    ("raise commands.Failure('what', 'do')", 1, "error: what\nhint: do\n"),
    ("raise KeyboardInterrupt", 130, ""),
])
def test_a_command_ends_with_a_status_and_no_traceback(body, status, said):
    text = f"import commands\ndef run(words):\n    {body}\ncommands.main(run)"
    done = subprocess.run([sys.executable, "-B", "-c", text], cwd=HERE, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (status, said)


def test_a_reader_that_goes_away_ends_it_quietly_and_what_it_becomes_too():
    for text in ("import commands\ndef run(words):\n    while True: print('y')\ncommands.main(run)",
                 "import commands, os\ncommands.main(lambda words: os.execvp('yes', ['yes']))"):
        done = subprocess.run(["bash", "-c", '"$@" | head -n 1; echo ${PIPESTATUS[0]}', "bash",
                               sys.executable, "-B", "-c", text],
                              cwd=HERE, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("y\n141\n", "")


def test_what_a_command_becomes_ignores_no_signal_that_the_caller_does_not():
    words = ["grep", "SigIgn", "/proc/self/status"]
    text = f"import commands, os\ncommands.main(lambda _: os.execvp('grep', {words!r}))"
    plain, become = (subprocess.run(line, cwd=HERE, capture_output=True, text=True, check=True).stdout
                     for line in (words, [sys.executable, "-B", "-c", text]))
    assert become == plain


def test_the_error_and_the_hint(capsys):
    assert commands.report(Failure("what", "do")) == 1
    assert capsys.readouterr().err == "error: what\nhint: do\n"
    commands.report(Failure("what"))
    assert capsys.readouterr().err == "error: what\n"


def test_output_of_a_program_that_fails_is_no_output():
    assert commands.output_of("it", ["printf", "a\\nb"]) == "a\nb"
    with pytest.raises(Failure, match="failed: it"):
        commands.output_of("it", ["sh", "-c", "echo half; exit 1"])


def test_a_program_gets_no_input_but_what_is_given():
    text = "import commands\nprint(commands.call(['cat'])[0], commands.call(['cat'], text='given', output=-1)[1])"
    done = subprocess.run([sys.executable, "-B", "-c", text], cwd=HERE, input="the caller's", capture_output=True,
                          text=True, check=False)
    assert (done.stdout, done.stderr) == ("0 given\n", "")


@pytest.mark.parametrize(("text", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_the_status_is_that_of_the_command(text, status):
    assert commands.foreground(["sh", "-c", text]) == status


def started(text):
    """A Python program with this module, once it has said "ready"."""
    process = subprocess.Popen([sys.executable, "-B", "-c", text], cwd=HERE, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_signal_for_this_program_alone_reaches_the_command():
    process = started("import sys, commands\nsys.exit(commands.foreground(['sh', '-c', 'trap \"echo got it; exit 5\" "
                      "TERM; echo ready; sleep 20 >/dev/null 2>&1 & wait']))")
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == ("got it\n", "")
    assert process.returncode == 5


def test_a_signal_that_comes_while_the_command_is_begun_is_not_lost(monkeypatch):
    real = subprocess.Popen

    def begin(*words, **options):
        process = real(*words, **options)
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    monkeypatch.setattr(subprocess, "Popen", begin)
    assert commands.foreground(["sleep", "20"]) == 143


def test_an_interrupt_from_the_terminal_is_the_commands_to_decide():
    process = started("import sys, commands\nsys.exit(commands.foreground("
                      "['sh', '-c', 'echo ready; sleep 0.5; exit 6']))")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 6


def test_one_that_is_terminated_ends_its_step_waits_for_it_and_removes_its_files(tmp_path):
    process = started(
        "import commands, sys, tempfile\n"
        "with commands.terminated_by_exception(), tempfile.TemporaryDirectory(dir=sys.argv[1]):\n".replace(
            "sys.argv[1]", repr(str(tmp_path)))
        + "    commands.call(['sh', '-c', 'trap \"sleep 0.3; touch "
        + f"{tmp_path}/ended; exit 1\" TERM; sleep 0.5; echo ready; sleep 20 >/dev/null 2>&1 & wait'])")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert os.listdir(tmp_path) == ["ended"]


def test_root_is_needed_and_cannot_be_had(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Failure, match="there is no sudo") as caught:
        commands.need_root("that as root")
    assert caught.value.hint == "type as root: that as root"


def test_who_is_not_root_asks_sudo_for_the_command(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert commands.as_root("true", "x") == ["sudo", "true", "x"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert commands.as_root("true", "x") == ["true", "x"]


def test_sudo_is_asked_once_and_in_time(monkeypatch, tmp_path, capsys):
    sudo = tmp_path / "sudo"
    sudo.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n[ "$1" != -n ] || exit 1\n[ ! -e {tmp_path}/no ]\n')
    sudo.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    commands.need_root("x")
    assert (tmp_path / "asked").read_text() == "-n true\n-v\n"
    assert capsys.readouterr().err == "chroots need root: asking sudo\n"
    (tmp_path / "no").touch()
    with pytest.raises(Failure, match="sudo refuses"):
        commands.need_root("x")


def test_bytes_that_are_no_text_do_not_end_a_command():
    assert commands.call([sys.executable, "-c", r"import os; os.write(1, b'\xff')"], output=subprocess.PIPE) == (0, "�")
