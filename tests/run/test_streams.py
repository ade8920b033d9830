# SPDX-License-Identifier: MIT
"""Standard streams that are closed, full, or have lost their reader.

A lost stderr is no error. A result that stdout cannot take is one. The command finds its streams as
the caller left them.
"""

import os
import subprocess

import pytest
from faults import program as faulting_program
from test_faults import ABORTED, Runs

WARNS = {"HSA_OVERRIDE_GFX_VERSION": "10.3.0"}  # on gfx1010
LOST = ["2>&-", "2>/dev/full", "2>&- >&-", "<&- >&- 2>&-", "2> >(true)"]
STATES = """
import os, sys
def state(fd):
    try: return os.readlink("/proc/self/fd/%d" % fd)
    except OSError: return "closed"
open(sys.argv[1], "w").write("\\n".join(state(fd) for fd in range(3)))
"""


def redirected(launcher, redirections, *words, root="rx5600xt", env=None):
    command = launcher.command(*words, root=root)
    return subprocess.run(["bash", "-c", f'"$@" {redirections}', "bash", *command],
                          env={**launcher.base, **(env or {})}, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("root", ["no-amd", "rx5600xt"])
def test_a_lost_stderr_does_not_keep_the_command_from_running(launcher, tmp_path, root, lost):
    made = tmp_path / "made"
    run = redirected(launcher, lost, "-v", "sh", "-c", f": >{made}; exit 7", root=root, env=WARNS)
    assert run.returncode == 7 and made.exists()


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_stderr_changes_no_status_of_its_own(launcher, lost):
    assert redirected(launcher, lost, "--no-such-option", "true").returncode == 2
    assert redirected(launcher, lost, "/nonexistent").returncode == 127
    if ">&-" not in lost.replace("2>&-", ""):
        assert redirected(launcher, lost, "--version").returncode == 0
        assert redirected(launcher, lost, "-n", "true", env=WARNS).returncode == 0


@pytest.mark.parametrize("lost", [">&-", ">/dev/full", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [("--help",), ("--version",), ("-n", "true"),
                                   ("-n", "--json", "true")])
def test_a_result_that_stdout_cannot_take_is_an_error(launcher, words, lost):
    run = redirected(launcher, lost, *words)
    assert run.returncode == 125
    if "2>" not in lost:
        assert run.stderr.startswith("error: cannot write to standard output: ")


@pytest.mark.parametrize("closed", [(), (0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("root", ["no-amd", "rx5600xt", "simulated"])
def test_the_command_finds_closed_streams_closed(launcher, tmp_path, root, closed):
    states = tmp_path / "states"
    redirections = " ".join(f"{fd}>&-" for fd in closed) + "".join(
        f" {fd}>/dev/zero" for fd in range(3) if fd not in closed)
    words = ("python3", "-I", "-S", "-c", STATES, states)
    if root == "simulated":
        run = redirected(launcher, redirections, "--simulate", "rx5600xt", *words, root=None)
    else:
        run = redirected(launcher, redirections, *words, root=root)
    # python3 itself opens nothing that stays; its own file for the states comes last.
    assert run.returncode == 0
    found = states.read_text().splitlines()
    lowest = min(closed, default=None)
    for fd in range(3):
        if fd not in closed:
            assert found[fd] == "/dev/zero"
        elif fd == lowest:
            assert found[fd] in ("closed", str(states)), "the file that Python opened to say so"
        else:
            assert found[fd] == "closed"


@pytest.mark.parametrize("lost", ["2>&-", "2>/dev/full", "<&- >&- 2>&-"])
def test_a_fault_is_kept_and_retried_without_stderr(launcher, roots, tmp_path, lost):
    runs = Runs(launcher, roots, tmp_path)
    # The command's own writes to stderr must not fail: that is not the question here.
    code = faulting_program().replace('sys.stderr.write(MESSAGE + "\\n")', "pass").replace(
        "sys.stderr.flush()", "pass")
    command = launcher.command("--root", runs.root, "--retries", "1", "python3", "-I", "-S", "-c",
                               code, runs.note, runs.kmsg, "layer", "7")
    run = subprocess.run(["bash", "-c", f'"$@" {lost}', "bash", *command], timeout=60,
                         env={**launcher.base, **runs.env}, stdin=subprocess.DEVNULL)
    assert run.returncode == 7
    assert len(runs.attempts()) == 2
    (incident,) = runs.incidents()
    assert incident["explained"] is True and incident["ended_by"] == "SIGABRT"


def test_an_explanation_never_lands_in_a_file_of_the_commands(launcher, roots, tmp_path):
    """With stderr closed the command's own file is descriptor 2, and not the supervisor's."""
    runs = Runs(launcher, roots, tmp_path)
    mine = tmp_path / "mine"
    code = faulting_program().replace("how = plan", f"mine = os.open({str(mine)!r}, os.O_CREAT | "
                                      "os.O_WRONLY)\nassert mine == 2\nhow = plan", 1)
    code = code.replace('sys.stderr.write(MESSAGE + "\\n")', "pass").replace(
        "sys.stderr.flush()", "pass")
    command = launcher.command("--root", runs.root, "python3", "-I", "-S", "-c", code, runs.note,
                               runs.kmsg, "layer")
    run = subprocess.run(["bash", "-c", '"$@" 2>&-', "bash", *command], timeout=60,
                         env={**launcher.base, **runs.env}, stdin=subprocess.DEVNULL)
    assert run.returncode == ABORTED % 256 or run.returncode == 134
    assert mine.read_text() == ""


@pytest.mark.parametrize("root", ["rx5600xt", "simulated"])
def test_no_file_of_its_own_takes_the_place_of_a_closed_stream(launcher, tmp_path, root):
    """What is then written to stdout, by whatever, would go there."""
    places = tmp_path / "places"
    script = f"for fd in 0 1 2; do readlink /proc/$PPID/fd/$fd; done >{places}; exit 7"
    words = ("--simulate", "rx5600xt") if root == "simulated" else ()
    run = redirected(launcher, "<&- >&- 2>&-", *words, "sh", "-c", script,
                     root=None if root == "simulated" else root)
    assert run.returncode == 7
    assert places.read_text() == "/dev/null\n" * 3
