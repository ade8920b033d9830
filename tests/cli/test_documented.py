# SPDX-License-Identifier: MIT
"""Every verb and option that --help prints is in the manual page and in the bash completion."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import test_hostile_text
import test_streams

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")) / "bin"
PAGES = SOURCE / "userspace" / "man"
COMPLETIONS = SOURCE / "userspace" / "completions"


def help_of(*command):
    run = subprocess.run(
        [BIN / command[0], *command[1:], "--help"], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def first_words(*command):
    run = subprocess.run([BIN / "rocmfix", *command], capture_output=True, text=True, timeout=60, check=True)
    return {line.split()[0] for line in run.stdout.splitlines() if line}


def options_in(text):
    """-x and --long, where a line of help begins with them."""
    found = set()
    for line in text.splitlines():
        match = re.match(r"\s+((?:-\w\b,? ?)?(?:--[\w-]+)?)", line)
        if match:
            found.update(re.findall(r"--[a-z][\w-]*|-\w\b", match[1]))
    return found


def verbs_in(text):
    """None for a verb that has none below it."""
    section = text.partition("Subcommands:")[2]
    return set(re.findall(r"^  ([\w-]+) ", section, re.MULTILINE))


def page_text(name):
    """As a reader sees it, without the font changes that backspaces stand for."""
    shown = subprocess.run(
        ["man", "-l", PAGES / f"{name}.1"],
        capture_output=True,
        text=True,
        env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
        check=True,
    ).stdout
    return re.sub(r".\x08", "", shown).replace("\N{HYPHEN}", "-").replace("\N{MINUS SIGN}", "-")


def complete(program, *words):
    """What bash offers for the last of `words`."""
    script = (
        "source /usr/share/bash-completion/bash_completion\n"
        'source "$1"; shift\n'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}\n'
        "COMP_TYPE=9; COMP_KEY=9\n"
        '"_${1//-/_}" "$1" "${@: -1}" "${@: -2:1}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    run = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", COMPLETIONS / program, program, *words],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


needs_man = pytest.mark.skipif(shutil.which("man") is None, reason="man-db is not installed")
needs_completion = pytest.mark.skipif(
    not Path("/usr/share/bash-completion/bash_completion").exists(),
    reason="bash-completion is not installed",
)


def test_help_is_understood_by_this_test():
    assert {"-q", "--quiet", "--profile", "--dry-run", "--version"} <= options_in(
        help_of("rocmfix-run")
    )
    assert {"status", "plan", "apply", "revert", "verify", "env"} <= verbs_in(help_of("rocmfix"))
    assert {"--json", "--root", "-h"} <= options_in(help_of("rocmfix", "status"))


@pytest.mark.parametrize("tests", [test_streams, test_hostile_text], ids=lambda tests: tests.__name__)
def test_the_output_of_each_verb_is_tested(tests):
    words = [verb.split() if isinstance(verb, str) else verb for verb in tests.VERBS]
    assert verbs_in(help_of("rocmfix")) <= {first for first, *_ in words}


@needs_man
def test_rocmfix_run_is_in_its_manual_page():
    page = page_text("rocmfix-run")
    text = help_of("rocmfix-run")
    for option in options_in(text):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", page), f"{option} is not in the page"
    for variable in re.findall(r"ROCMFIX_\w+", text):
        assert variable in page, f"{variable} is not in the page"


@needs_man
def test_rocmfix_is_in_its_manual_page():
    page = page_text("rocmfix")
    options = options_in(help_of("rocmfix"))
    for verb in verbs_in(help_of("rocmfix")):
        assert re.search(rf"^ +{verb}\b", page, re.MULTILINE), f"{verb} is not in the page"
        options |= options_in(help_of("rocmfix", verb))
    for option in options:
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", page), f"{option} is not in the page"


@needs_man
def test_the_synopsis_has_each_verbs_options():
    source = (PAGES / "rocmfix.1").read_text()
    synopsis = source.split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
    for verb in verbs_in(help_of("rocmfix")):
        part = synopsis.split(f".Cm {verb}\n")[1].split(".Nm")[0]
        documented = {f"-{name}" for name in re.findall(r"Fl (-?\w[\w-]*)", part)}
        assert documented == options_in(help_of("rocmfix", verb)) - {"-h", "--help"}, verb


@needs_completion
def test_bash_completes_rocmfix():
    verbs = verbs_in(help_of("rocmfix"))
    assert complete("rocmfix", "") == verbs | options_in(help_of("rocmfix"))
    for verb in verbs:
        text = help_of("rocmfix", verb)
        checks = first_words("doctor", "--list") if verb == "doctor" else set()
        assert complete("rocmfix", verb, "") == options_in(text) | verbs_in(text) | checks, verb
    assert complete("rocmfix", "plan", "--profile", "") == {"safe", "original"}
    assert complete("rocmfix", "plan", "--profile", "o") == {"original"}
    assert complete("rocmfix", "recommend", "--for", "com") == {"comfyui"}
    assert "env" in complete("rocmfix", "plan", "--all", "--", "en")
    assert "env" in complete("rocmfix", "env", "--", "nice", "en")


@needs_completion
def test_bash_completes_rocmfix_run_and_then_the_command():
    options = options_in(help_of("rocmfix-run"))
    assert complete("rocmfix-run", "-") == options | {"--"}
    assert complete("rocmfix-run", "--profile", "") == {"safe", "original"}
    assert complete("rocmfix-run", "--oom", "h") == {"host"}
    assert "env" in complete("rocmfix-run", "-q", "en")
    assert "env" in complete("rocmfix-run", "--simulate", "rx5600xt", "en")
    assert "env" in complete("rocmfix-run", "--profile", "safe", "--", "en")


@pytest.mark.parametrize("name", ["rocmfix", "rocmfix-run"])
def test_the_manual_pages_have_no_warnings(name):
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed")
    run = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", PAGES / f"{name}.1"], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, "")
