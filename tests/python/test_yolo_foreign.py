# SPDX-License-Identifier: MIT
"""What a report, a journal or the environment holds is made fit for use by one rule."""

import os
import subprocess
import sys

import pytest

from rocmfix.yolo import incident, on_fault
from rocmfix.yolo.foreign import state_home, text_of

PRINT_WHAT = [sys.executable, "-c", "import os; print(ascii(os.environ['ROCMFIX_FAULT_WHAT']))"]


@pytest.mark.parametrize("value, text", [
    ("GPU memory fault", "GPU memory fault"), ("", ""), (None, ""), (7, ""), (["x"], ""), ({}, ""),
    ("a\0b", "ab"), ("half \ud800 of a pair", "half  of a pair"), ("x" * 201, "x" * 200),
    ("a path's byte \udcff", "a path's byte \udcff"), ("\x1b[2J", "\x1b[2J"),
])  # fmt: skip
def test_text_is_cut_and_fit_for_a_variable(value, text):
    assert text_of(value) == text
    os.fsencode(text_of(value))


def test_a_path_may_be_longer_than_other_text():
    event = {"what": "w" * 5000, "report": "/" + "r" * 4095, "mitigations": ["m"], "time": 1.0}
    facts = on_fault.facts_of(event, "run", 1, False)
    assert len(facts["ROCMFIX_FAULT_REPORT"]) == 4096 and len(facts["ROCMFIX_FAULT_WHAT"]) == 200


@pytest.mark.parametrize("what", ["a\0b", "\ud800", "x" * 300_000], ids=["NUL", "surrogate", "long"])
def test_no_text_of_a_journal_keeps_a_command_from_being_told(what):
    facts = on_fault.facts_of({"what": what, "time": 1.0}, "run", 1, False)
    done = subprocess.run(PRINT_WHAT, env={**os.environ, **facts}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{text_of(what)!a}\n")


def test_what_names_a_cause_is_cut_as_everywhere(tmp_path):
    found = incident._cause({"incidents": [{"causes": [{"id": "c" * 300, "confidence": "likely\0"}]}]})
    assert found == "c" * 200 + ", likely"


@pytest.mark.parametrize("named, home", [
    ("/var/state", "/var/state/rocmfix"), ("", "/home/u/.local/state/rocmfix"),
    ("relative/state", "/home/u/.local/state/rocmfix"),
    ("~/state", "/home/u/.local/state/rocmfix"),
])  # fmt: skip
def test_a_state_home_counts_if_it_is_absolute(named, home, monkeypatch):
    """As the XDG Base Directory Specification has it, and rocmfix-run."""
    monkeypatch.setenv("HOME", "/home/u")
    monkeypatch.setenv("XDG_STATE_HOME", named)
    monkeypatch.delenv("ROCMFIX_INCIDENT_DIR", raising=False)
    assert str(state_home()) == home
    assert str(incident.directory()) == home + "/incidents"


def test_sessions_are_there_too(tmp_path, monkeypatch):
    """In the one before, a relative one made a folder wherever the training was started."""
    from rocmfix.yolo import launcher
    from rocmfix.yolo.errors import Failure
    from rocmfix.yolo.session import Session

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setattr(launcher, "find_launcher", lambda: "/bin/true")

    def seen(named):
        assert len(list((tmp_path / "home/.local/state/rocmfix/yolo").glob("*.json"))) == 1
        raise Failure("seen", "")

    monkeypatch.setattr(launcher, "find_python", seen)
    with pytest.raises(Failure, match="seen"):
        launcher.launch(Session("train", {"model": "m"}), 1, None, None)
    assert not (tmp_path / "relative").exists()
