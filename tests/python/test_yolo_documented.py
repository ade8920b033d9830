# SPDX-License-Identifier: MIT
"""What rocmfix-yolo --help prints is in its manual page and in its bash completion."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import SOURCE
from rocmfix.yolo.cli import HELP, VERBS, WITH_VALUE

OPTIONS = set(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", HELP, re.MULTILINE))


def complete(*words):
    script = (
        "source /usr/share/bash-completion/bash_completion\n"
        'source "$1"; shift\n'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}\n'
        "compopt() { :; }\n"  # of use only within a real completion
        '_rocmfix_yolo "$1" "${@: -1}" "${@: -2:1}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    program = SOURCE / "userspace/completions/rocmfix-yolo"
    run = subprocess.run(["bash", "--norc", "-c", script, "bash", program, "rocmfix-yolo", *words],
                         capture_output=True, text=True, timeout=60)  # fmt: skip
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_help_names_every_option():
    assert {f"--{name}" for name in WITH_VALUE} | {"--no-dynamic-batch", "--help", "--version"} == OPTIONS
    for verb in VERBS:
        assert f"rocmfix-yolo {verb}" in HELP


@pytest.mark.skipif(shutil.which("man") is None, reason="man-db is not installed")
def test_the_manual_page_has_what_help_has():
    page = subprocess.run(["man", "-l", SOURCE / "userspace/man/rocmfix-yolo.1"], text=True,
                          env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
                          capture_output=True, check=True).stdout  # fmt: skip
    page = re.sub(r".\x08", "", page).replace("\N{HYPHEN}", "-").replace("\N{MINUS SIGN}", "-")
    for option in OPTIONS:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", page), f"{option} is not in the page"
    for verb in VERBS:
        assert re.search(rf"rocmfix-yolo {verb}\b", page), f"{verb} is not in the page"
    for variable in re.findall(r"ROCMFIX_\w+", HELP):
        assert variable in page, f"{variable} is not in the page"


@pytest.mark.skipif(not Path("/usr/share/bash-completion/bash_completion").exists(),
                    reason="bash-completion is not installed")  # fmt: skip
def test_bash_completes_it():
    assert set(VERBS) <= complete("")
    assert OPTIONS - {"--help", "--version"} <= complete("train", "--")
    assert complete("train", "--profile", "o") == {"original"}


def test_the_manual_page_has_no_warnings():
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    page = SOURCE / "userspace/man/rocmfix-yolo.1"
    run = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "")
