# SPDX-License-Identifier: MIT
"""The mails in docs/upstream: they change what rocmfix's own patches and tables say, and no more."""

import re
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MAILS = TOP / "docs/upstream"
ALL = sorted(MAILS.glob("*/*.patch"))
STABLE = sorted((MAILS / "stable-noretry").glob("000[1-9]-*.patch"))
CHANGE = tomllib.loads((TOP / "userspace/data/kernel_changes.toml").read_text())["change"][0]


def changed(patch):
    """Its lines with + and -."""
    _, _, diff = patch.read_text().partition("\n--- a/")
    return re.findall(r"^[-+](?![-+]{2}).*\S.*$", diff.partition("\n-- \n")[0], re.MULTILINE)


def series_of(patch):
    return re.search(r"(\d+\.\d+)\.y\.patch$", patch.name)[1]


def test_there_is_a_mail_for_each_series_that_lacks_the_change():
    asked = {series_of(patch) for patch in STABLE}
    assert asked == {"6.1", "6.6", "6.12"}
    assert not asked & {".".join(version.split(".")[:2]) for version in CHANGE["since"]}


@pytest.mark.parametrize("patch", STABLE, ids=series_of)
def test_stable_mail_names_the_commit_and_changes_one_number(patch):
    text = patch.read_text()
    assert re.search(rf"^Subject: \[PATCH {re.escape(series_of(patch))}\.y\] ", text, re.MULTILINE)
    subject = re.search(r"^Subject: \[[^]]*\] (.*(?:\n .*)*)", text, re.MULTILINE)[1]
    assert " ".join(subject.split()) == CHANGE["title"]
    assert re.search(rf"^commit {CHANGE['commit']}[0-9a-f]{{28}} upstream\.$", text, re.MULTILINE)
    assert changed(patch) == ["-\t\t\t\tgc_ver >= IP_VERSION(10, 3, 0));",
                              "+\t\t\t\tgc_ver >= IP_VERSION(10, 1, 0));"]


def test_cover_letter_asks_for_what_the_mails_bring():
    text = (MAILS / "stable-noretry/0000-cover-letter.patch").read_text()
    assert f'{CHANGE["commit"]} ("{CHANGE["title"]}")' in " ".join(text.split())
    assert re.search(rf"^Subject: \[PATCH .* 0/{len(STABLE)}\] ", text, re.MULTILINE)
    for patch in STABLE:
        assert f"{series_of(patch)}.y" in text
    for version in CHANGE["since"]:
        assert re.search(rf"\b{re.escape(version)}\b", text)


def test_trace_mail_is_our_own_patch():
    [mail] = (MAILS / "trace-include-path").glob("*.patch")
    ours = next((TOP / "kernel/patches/7.2").glob("*trace-header*.patch"))
    assert changed(mail) == changed(ours) != []


@pytest.mark.parametrize("patch", ALL, ids=lambda patch: f"{patch.parent.name}/{patch.name}")
def test_mail_is_in_its_form(patch):
    head, _, rest = patch.read_text().partition("\n\n")
    assert head.startswith("From: ") and "\nSubject: [PATCH" in head
    assert all(len(line) <= 75 for line in rest.partition("\n---\n")[0].splitlines())
    if not patch.name.startswith("0000-"):
        assert "\nSigned-off-by: SENDER <sender@example.invalid>\n---\n" in rest
