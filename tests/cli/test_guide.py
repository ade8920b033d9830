# SPDX-License-Identifier: MIT
"""Every command of rocmfix that README, the guide and the issue forms name exists, with its options."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from test_documented import BIN, SOURCE, first_words, help_of, options_in, verbs_in

ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BIN.parent / "roots"))
PROGRAMS = ("rocmfix", "rocmfix-run", "rocmfix-yolo")
# ultralytics' own keys, which rocmfix-yolo passes on.
ULTRALYTICS = {"--model", "--data", "--epochs", "--device", "--source", "--format", "--amp"}
# docs/newcomers-trial.md is about a verb that somebody added to try.
PAGES = sorted([SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", SOURCE / "SECURITY.md",
                *set((SOURCE / "docs").rglob("*.md")) - {SOURCE / "docs/newcomers-trial.md"}, *(SOURCE / "kernel").glob("*.md"),
                *(SOURCE / ".github").rglob("*.yml")])  # fmt: skip


def lines_of_code(text):
    """Commands in fenced and indented blocks, and code spans. In a block with prompts, what follows one."""
    fenced = re.findall(r"^ *```([a-z]*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    blocks = [body for language, body in fenced if language in ("", "bash", "sh")]
    blocks += re.findall(r"(?:^ {4,}\S.*\n)+", rest, re.MULTILINE)
    for block in blocks:
        lines = re.sub(r"\\\n\s*", "", block).splitlines()
        prompted = [line.strip()[2:] for line in lines if line.strip().startswith("$ ")]
        yield from prompted or lines
    yield from re.findall(r"`([^`\n]+)`", rest)


def split_line(line):
    """Its commands, as words; none if it is no shell's line."""
    lexer = shlex.shlex(line.strip(), posix=True, punctuation_chars="|&;()")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        words = list(lexer)
    except ValueError:
        return
    command = []
    for word in [*words, ";"]:
        if set(word) <= set("|&;()"):
            yield command
            command = []
        else:
            command.append(word)


def commands_of(text, programs):
    """(program, its words), also behind sudo, a wrapper, or rocmfix-run itself."""
    for line in lines_of_code(text):
        for words in split_line(line):
            for place, word in enumerate(words):
                # As a word alone, rocmfix is a package or a directory, too.
                leads = place == 0 or words[0] in ("sudo", "docker", "torchrun", "journalctl", "rocmfix-run")
                if word in programs and leads and words[place + 1 :]:
                    yield word, words[place + 1 :]


@cache
def help_text(*command):
    if command[0] == "rocmfix-yolo":
        script = "from rocmfix.yolo.cli import HELP; print(HELP)"
        return subprocess.run([sys.executable, "-c", script], cwd=SOURCE / "userspace/python",
                              capture_output=True, text=True, check=True).stdout  # fmt: skip
    return help_of(*command)


def own_words(words, text):
    """(options, others) up to the command that a program is to run, without the options' values."""
    with_value = set(re.findall(r"(--[\w-]+|-\w) (?=[A-Z])", text))
    options, others = [], []
    words = iter(words)
    for word in words:
        if word == "--":
            break
        if not word.startswith("-"):
            others.append(word)
            continue
        name, given, _ = word.partition("=")
        options.append(name)
        if name in with_value and not given:
            next(words, None)
    return options, others


def wrong_with(program, words):
    """What does not exist of a command, or None."""
    if program == "rocmfix-run":
        # The command's own options are not its own.
        text = help_text(program)
        options, _ = own_words(before_command(words, text), text)
        return next((option for option in options if option not in options_in(text)), None)
    if program == "rocmfix-yolo":
        text = help_text(program)
        options, others = own_words(words, text)
        if not others or f"rocmfix-yolo {others[0]}" not in text:
            return None if not others and set(options) <= options_in(text) else (others or words)[0]
        return next((option for option in options if option not in options_in(text) | ULTRALYTICS), None)
    if words[0].startswith("-"):
        return None if words[0] in options_in(help_text(program)) else words[0]
    if words[0] not in verbs_in(help_text(program)):
        return words[0]
    text = help_text(program, words[0])
    options, others = own_words(words[1:], text)
    unknown = [option for option in options if option not in options_in(text)]
    if words[0] == "doctor":
        checks = first_words("doctor", "--list")
        unknown += [word for word in others if word not in checks and re.fullmatch(r"[a-z-]+", word)]
    if words[0] == "livepatch":
        unknown += [word for word in others if not {*word.split("|")} <= {"on", "off", "status"}]
    return unknown[0] if unknown else None


def before_command(words, text):
    """Of rocmfix-run's words, those in front of the command."""
    with_value = set(re.findall(r"(--[\w-]+|-\w) (?=[A-Z])", text))
    kept, words = [], iter(words)
    for word in words:
        if not word.startswith("-") or word == "--":
            break
        kept.append(word)
        if word in with_value:
            kept.append(next(words, ""))
    return kept


def test_this_test_notices_what_does_not_exist():
    text = ("```\nsudo rocmfix plan --nonsense | cat\nrocmfix-run --retry 5 python3 x --own\n```\n"
            "`rocmfix frobnicate now`, `rocmfix doctor isa-programs`, `rocmfix livepatch up`,\n"
            "`rocmfix-yolo trian --model x`, `rocmfix-yolo train --retires 5`\n")  # fmt: skip
    wrong = [wrong_with(*command) for command in commands_of(text, PROGRAMS)]
    assert wrong == ["--nonsense", "--retry", "frobnicate", "isa-programs", "up", "trian", "--retires"]
    good = "`rocmfix-run --retries 5 python3 x --own`, `rocmfix doctor --program PYTHON isa-program`"
    assert [wrong_with(*command) for command in commands_of(good, PROGRAMS)] == [None, None]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(SOURCE)))
def test_what_a_page_says_to_type_exists(page):
    wrong = [(program, *words) for program, words in commands_of(page.read_text(), PROGRAMS)
             if wrong_with(program, words)]  # fmt: skip
    assert not wrong


def test_what_readme_shows_of_the_doctor_is_what_it_says(tmp_path):
    shown = re.search(r"^\$ rocmfix (doctor .*)\n((?:.*\n)*?)```", (SOURCE / "README.md").read_text(), re.MULTILINE)
    root = tmp_path / "root"
    shutil.copytree(ROOTS / "rx5600xt", root, symlinks=True)
    subprocess.run([SOURCE / "tests/carried.py", "tree", root, "gfx900", "gfx1030"], check=True)
    said = subprocess.run([BIN / "rocmfix", *shown[1].split(), "--root", root], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (1, shown[2])


def test_the_guide_has_commands_to_test():
    found = [command for page in (SOURCE / "docs/guide").glob("*.md")
             for command in commands_of(page.read_text(), PROGRAMS)]  # fmt: skip
    assert len(found) > 80
    assert {words[0] for program, words in found if program == "rocmfix"} >= {"doctor", "plan", "verify"}


def test_every_target_of_make_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):.*##", (SOURCE / "Makefile").read_text(), re.MULTILINE))
    named = {(page.name, words[0]) for page in PAGES for _, words in commands_of(page.read_text(), ("make",))
             if re.fullmatch(r"[a-z-]+", words[0]) and not words[0].startswith("-")}  # fmt: skip
    assert len(named) > 20
    assert {name for name in named if name[1] not in targets} == set()
