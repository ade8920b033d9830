# SPDX-License-Identifier: MIT
"""Patch headers are in the kernel's form, and say no more than is so: who signed, upstream's
commits by 12 digits and their whole subject, no claim to be a backport."""

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


@pytest.mark.parametrize("patch", ALL, ids=lambda patch: f"{patch.parent.name}/{patch.name}")
def test_header_has_the_form(patch):
    assert faults(patch.name, header_of(patch)) == []


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
