# SPDX-License-Identifier: MIT
"""stdout and stderr that cannot be written: a lost stdout is an error, a lost stderr is not, and
neither ever ends the command by a signal."""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

# Every verb, with the status that it has on the synthetic RX 5600 XT when both streams work.
VERBS = {
    "doctor driver-build": 0,
    "status": 0,
    "recommend": 0,
    "recommend --list": 0,
    "plan --profile original": 0,
    "plan -- python3 train.py": 0,
    "apply --dry-run": 0,
    "revert --dry-run": 0,
    "verify": 1,
    "env --profile original": 0,
    "explain {src}/tests/data/logs/linux-6.1.dmesg": 0,
    "report --preview": 0,
    "livepatch status": 1,
    "trial --list": 0,
    "--help": 0,
    "--version": 0,
    "status --help": 0,
    "kernel-source --help": 0,
}
ERRORS = {
    "nonsense": 2,
    "status --nonsense": 2,
    "status --root /nonexistent": 1,
    "explain /nonexistent": 1,
    "livepatch on --root {root}": 1,
    "kernel-source --root {root}": 1,
}
LOST_STDERR = ("2>&-", "2>/dev/full", "2> >(true)")
LOST_STDOUT = (">&-", ">/dev/full", "1</dev/null")


def command(verb, root, source, json=False):
    words = verb.format(src=source, root=root)
    if verb in VERBS and not words.startswith("-"):
        first, _, rest = words.partition(" -- ")
        words = f"{first} --root {root}{' --json' if json else ''}{' -- ' + rest if rest else ''}"
    return f"rocmfix {words}"


def shell(line, environment):
    return subprocess.run(["bash", "-c", line], env=environment, text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=60)  # fmt: skip


@pytest.fixture
def harmful(environment):
    """With a variable that makes `env` print a warning, too."""
    return {**environment, "HSA_OVERRIDE_GFX_VERSION": "10.3.0"}


@pytest.mark.parametrize("verb", [*VERBS, *ERRORS])
def test_a_lost_stderr_changes_nothing(verb, roots, source, harmful):
    line = command(verb, roots / "rx5600xt", source)
    whole = shell(line, harmful)
    assert whole.returncode == {**VERBS, **ERRORS}[verb], whole.stderr
    for lost in LOST_STDERR:
        done = shell(f"{line} {lost}", harmful)
        assert (done.returncode, done.stdout) == (whole.returncode, whole.stdout), (lost, done)


@pytest.mark.parametrize("json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_lost_stdout_is_a_reported_error(verb, json, roots, source, harmful):
    for lost in LOST_STDOUT:
        done = shell(f"{command(verb, roots / 'rx5600xt', source, json)} {lost}", harmful)
        assert done.returncode == 1, (lost, done)
        assert done.stderr.count("error: cannot write to standard output: ") == 1, (lost, done)
        gone = "Bad file descriptor" if lost != ">/dev/full" else "No space left on device"
        assert gone in done.stderr, (lost, done)


@pytest.mark.parametrize("lost", [*LOST_STDOUT, ">&- 2>&-", ">/dev/full 2>/dev/full", "<&- >&- 2>&-"])
def test_apply_and_revert_have_done_their_work(lost, roots, environment, tmp_path):
    root = tmp_path / "r"
    shutil.copytree(roots / "rx5600xt", root, symlinks=True)
    conf = root / "etc/modprobe.d/rocmfix.conf"
    done = shell(f"rocmfix apply --profile original --root {root} {lost}", environment)
    assert done.returncode == 1 and conf.read_text().startswith("# Written by rocmfix"), done
    assert "error" not in conf.read_text()
    done = shell(f"rocmfix revert --root {root} {lost}", environment)
    assert done.returncode == 1 and not conf.exists(), done


def test_a_file_that_is_opened_later_is_not_mistaken_for_stderr(roots, environment, tmp_path):
    """With 0 to 2 closed the file that is written would become one of them."""
    root = tmp_path / "r"
    shutil.copytree(roots / "rx5600xt", root, symlinks=True)
    (root / "etc/modprobe.d/rocmfix.conf").mkdir()  # an error, after files have been opened
    shell(f"rocmfix apply --profile original --root {root} <&- >&- 2>&-", environment)
    written = [p for p in Path(root).rglob("*") if p.is_file() and b"error:" in p.read_bytes()]
    assert not written


def test_a_stdout_that_does_not_block_loses_nothing(roots, environment):
    """Whoever shares it may have made it so: asyncio, node, ssh."""
    command = ["rocmfix", "plan", "--all", "--json", "--root", roots / "rx5600xt"]
    whole = subprocess.run(command, env=environment, capture_output=True, timeout=60).stdout
    mine, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(theirs, False)
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        time.sleep(0.5)  # its pipe is full by now
        with os.fdopen(mine, "rb") as pipe:
            assert pipe.read() == whole and len(whole) > 4096
        assert (process.wait(timeout=60), process.stderr.read()) == (0, b"")


def test_a_closed_stdin_is_not_an_empty_log(environment):
    done = shell("rocmfix explain <&-", environment)
    assert done.returncode == 1 and "Bad file descriptor" in done.stderr, done
