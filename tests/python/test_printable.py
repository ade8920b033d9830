# SPDX-License-Identifier: MIT
"""The Python layer's printable() is librocmfix's: one table of cases, tests/data/printable.json."""

import json
import os
import pty
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


# ---------------------------------------------------------------- colour

LINES = f"import sys; sys.path.insert(0, {str(SOURCE / 'userspace/python')!r})\n" + """
from rocmfix.printable import write_stderr
write_stderr("rocmfix-yolo: warning: \\x1b[31mof others")
write_stderr("error: no")
"""


def coloured_lines(on_a_terminal, **variables):
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", **variables}
    if not on_a_terminal:
        return subprocess.run([sys.executable, "-c", LINES], env=environment, capture_output=True).stderr
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", LINES], env=environment, stderr=slave):
        pass
    os.close(slave)
    return os.read(master, 4096).replace(b"\r\n", b"\n")


PLAIN = b"rocmfix-yolo: warning: \\x1b[31mof others\nerror: no\n"


def test_kinds_of_lines_are_coloured_on_a_terminal():
    assert coloured_lines(True) == (b"\x1b[36mrocmfix-yolo: \x1b[0m\x1b[33mwarning:\x1b[0m \\x1b[31mof others\n"
                         b"\x1b[1;31merror:\x1b[0m no\n")  # fmt: skip


@pytest.mark.parametrize("on_a_terminal, variables", [
    (False, {}), (True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"}),
])  # fmt: skip
def test_there_is_no_colour_where_nobody_wants_it(on_a_terminal, variables):
    assert coloured_lines(on_a_terminal, **variables) == PLAIN
