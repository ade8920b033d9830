# SPDX-License-Identifier: MIT
"""Patch headers are in the kernel's form, and say no more than is so: who signed, upstream's commits by 12
digits and their whole subject, and no claim to be a backport but in those that are (upstream-*): these have
upstream's author, commit and subject, and what was adapted."""

import re
from pathlib import Path

import pytest

PATCHES = Path(__file__).resolve().parents[2] / "kernel/patches"
SERIES = [directory for directory in sorted(PATCHES.iterdir()) if not directory.is_symlink()]
ALL = [patch for directory in SERIES for patch in sorted(directory.glob("*.patch"))]

# Each as it is in Linux, looked up there: a new one is added with its whole subject.
UPSTREAM = {
    "b1992c3772e6": "kbuild: use $(src) instead of $(srctree)/$(src) for source directory",
    "e47b0056a08d": "drm/amdgpu: set noretry=1 as default for GFX 10.1.x (Navi10/12/14)",
    "9b4e3495d1bd": "drm/amdkfd: Make all TLB-flushes heavy-weight",
    "3666ed821832": "drm/amdgpu: Increase KIQ invalidate_tlbs timeout",
}
WIDTH = 75


def header_of(patch):
    header, found, _ = patch.read_text().partition("\n---\n")
    assert found, f"{patch}: no line of three dashes"
    return header + "\n"


def faults(name, header):
    """What is wrong with the header of a patch file of that name."""
    form = re.fullmatch(
        r"From: (?P<author>[^\n]+ <\S+@\S+>)\nSubject: (?P<subject>[^\n]+)\n\n"
        r"(?P<body>.+?)\n\nForwarded: (?P<forwarded>\S+)\nSigned-off-by: (?P<signed>[^\n]+)\n",
        header,
        re.DOTALL,
    )
    if not form:
        return ["not From, Subject, body, Forwarded, Signed-off-by"]
    found = []
    if form["author"] != form["signed"]:
        found.append(f"from {form['author']}, but signed by {form['signed']}")
    if form["forwarded"] not in ("no", "not-needed"):
        found.append(f"Forwarded: {form['forwarded']}")
    if not form["subject"].startswith("drm/amdgpu: ") or len(form["subject"]) > WIDTH:
        found.append(f"Subject: {form['subject']}")
    words = re.sub(r"[^A-Za-z0-9.]+", "-", form["subject"])
    if not re.fullmatch(rf"\d{{4}}-{re.escape(words)}\.patch", name):
        found.append(f"the name is not that of the subject: {words}")
    found += [f"too long: {line}" for line in form["body"].splitlines() if len(line) > WIDTH]
    if re.search(r"^Origin: .*backport", header, re.MULTILINE):
        found.append("none of the diffs is upstream's")
    text = " ".join(form["body"].split())
    found += [
        f"{commit} is quoted otherwise than: commit {commit} (\"{UPSTREAM.get(commit, '?')}\")"
        for commit in re.findall(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}\b", text)
        if f'commit {commit} ("{UPSTREAM.get(commit)}")' not in text
    ]
    return found


def upstream_faults(name, header):
    """The same for a fix of upstream's."""
    form = re.fullmatch(
        r"From: (?P<author>[^\n]+ <\S+@\S+>)\nDate: [^\n]+\nSubject: (?P<subject>[^\n]+)\n\n"
        r"commit (?P<commit>[0-9a-f]{40}) upstream\.\n\n(?P<body>.+?)\n\n(?P<tags>(?:[A-Z][a-z-]+: |\(cherry)[^\[]+)"
        r"\[rocmfix: (?P<adapted>[^\]]+)\]\nSigned-off-by: (?P<signed>[^\n]+)\n",
        header,
        re.DOTALL,
    )
    if not form:
        return ["not From, Date, Subject, commit, body, tags, [rocmfix: what was adapted], Signed-off-by"]
    found = []
    if f"Signed-off-by: {form['author']}\n" not in form["tags"]:
        found.append(f"{form['author']} did not sign")
    if "rocmfix maintainers" not in form["signed"]:
        found.append("who adapted it did not sign")
    commit = form["commit"][:12]
    if UPSTREAM.get(commit) != form["subject"]:
        found.append(f"{commit} is not {form['subject']}")
    words = re.sub(r"[^A-Za-z0-9._]+", "-", form["subject"])
    if name != f"upstream-{commit}-{words}.patch":
        found.append(f"the name is not that of the commit and the subject: {commit}-{words}")
    return found + [f"too long: {line}" for line in header.splitlines() if len(line) > WIDTH]


@pytest.mark.parametrize("patch", ALL, ids=lambda patch: f"{patch.parent.name}/{patch.name}")
def test_header_has_the_form(patch):
    check = upstream_faults if patch.name.startswith("upstream-") else faults
    assert check(patch.name, header_of(patch)) == []


@pytest.mark.parametrize("directory", SERIES, ids=lambda directory: directory.name)
def test_upstream_s_fixes_come_first_and_the_livepatch_knows_them(directory):
    """So that they apply to the kernel's own source; and a source that has one can be told."""
    lines = (directory / "series").read_text().splitlines()
    count = sum(line.startswith("upstream-") for line in lines)
    assert all(re.match(r"upstream-\S+\.patch # if ", line) for line in lines[:count])
    ids = {line.split("-")[1] for line in lines[:count]}
    functions = [line.split() for line in (directory / "livepatch").read_text().splitlines() if line[0] != "#"]
    assert {one for words in functions if words[3:] for one in words[3].split(",")} <= ids
    assert {words[3] for words in functions if words[2] == "fix"} == ids


def test_there_are_patches_of_every_series():
    assert {patch.parent for patch in ALL} == set(SERIES) and len(SERIES) >= 3


NAME = "0001-drm-amdgpu-do-it.patch"
GOOD = """\
From: Us <us@example.org>
Subject: drm/amdgpu: do it

Like commit e47b0056a08d ("drm/amdgpu: set noretry=1 as default for GFX
10.1.x (Navi10/12/14)").

Forwarded: no
Signed-off-by: Us <us@example.org>
"""


def test_a_good_header_has_no_fault():
    assert faults(NAME, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("From: Us <us@example.org>\n", ""),
        ("Signed-off-by: Us <us@example.org>\n", ""),
        ("Signed-off-by: Us", "Signed-off-by: Them"),
        ("Forwarded: no\n", ""),
        ("Forwarded: no", "Forwarded: maybe"),
        ("Forwarded: no", "Origin: backport\nForwarded: no"),
        ("Subject: drm/amdgpu: do it", "Subject: do it"),
        ("Subject: drm/amdgpu: do it", "Subject: drm/amdgpu: do something else"),
        ("e47b0056a08d", "e47b0056"),
        ("e47b0056a08d", "e47b0056a08dc70430ffc44bbf62197e7d1ff8ea"),
        ("drm/amdgpu: set", "set"),
        (" (Navi10/12/14)", ""),
        ("commit e47b0056a08d", "e47b0056a08d"),
        ("e47b0056a08d", "628e1ace2379"),
        ("Like ", "Like this, and in many more words than there is room for in it, "),
    ],
)
def test_a_header_without_the_form_has_a_fault(old, new):
    assert GOOD.count(old) >= 1
    assert faults(NAME, GOOD.replace(old, new, 1)) != []


UPSTREAM_NAME = "upstream-9b4e3495d1bd-drm-amdkfd-Make-all-TLB-flushes-heavy-weight.patch"
UPSTREAM_GOOD = """\
From: A <a@example.org>
Date: Mon, 20 Apr 2026 11:58:22 -0400
Subject: drm/amdkfd: Make all TLB-flushes heavy-weight

commit 9b4e3495d1bd2469bf94b74930c153c2d534ddb7 upstream.

Because.

Signed-off-by: A <a@example.org>
Reviewed-by: B <b@example.org>
[rocmfix: in another file.]
Signed-off-by: rocmfix maintainers <us@example.org>
"""


def test_a_good_upstream_header_has_no_fault():
    assert upstream_faults(UPSTREAM_NAME, UPSTREAM_GOOD) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("From: A", "From: C"),
        ("Date: Mon, 20 Apr 2026 11:58:22 -0400\n", ""),
        ("flushes heavy", "flushes light"),
        ("9b4e3495d1bd2469bf94b74930c153c2d534ddb7", "9b4e3495d1bd"),
        ("9b4e3495d1bd2469", "3666ed8218322469"),
        ("upstream.", "somewhere."),
        ("[rocmfix: in another file.]\n", ""),
        ("rocmfix maintainers", "Someone"),
        ("Because.", "Because, and in many more words than there is room for in it, since a line is 75 wide"),
    ],
)
def test_an_upstream_header_without_the_form_has_a_fault(old, new):
    assert UPSTREAM_GOOD.count(old) >= 1
    assert upstream_faults(UPSTREAM_NAME, UPSTREAM_GOOD.replace(old, new, 1)) != []
