# SPDX-License-Identifier: MIT
"""The Python layer's printable() is librocmfix's: one table of cases, tests/data/printable.json."""

import json
import os
import subprocess
import sys

import pytest

from conftest import SOURCE
from rocmfix.printable import printable

CASES = json.loads((SOURCE / "tests/data/printable.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_as_the_table_says(case):
    text = os.fsdecode(bytes.fromhex(case["hex"]))
    assert printable(text) == case["shown"]


def test_a_surrogate_that_is_not_a_byte():
    assert printable("a\ud800b") == r"a\xed\xa0\x80b"


def python(program, redirection=""):
    line = f'"{sys.executable}" -c \'{program}\' {redirection}'
    environment = {**os.environ, "PYTHONPATH": str(SOURCE / "userspace/python"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(["bash", "-c", line], env=environment, text=True, capture_output=True,
                          timeout=60)  # fmt: skip


SAY = """
from rocmfix.yolo.errors import Failure, report, say
say("a\\x1b[31m\\nerror: forged")
raise SystemExit(report(Failure("b\\u202e", "c\\x9b")))
"""


def test_messages_stay_on_their_lines():
    done = python(SAY)
    assert done.returncode == 1
    assert done.stderr == (
        "rocmfix-yolo: a\\x1b[31m\\x0aerror: forged\nerror: b\\u202e\nhint: c\\u009b\n"
    )


@pytest.mark.parametrize("lost", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_a_lost_stderr_is_not_an_error_and_does_not_go_to_stdout(lost):
    done = python(SAY, lost)
    assert (done.returncode, done.stdout) == (1, ""), done
