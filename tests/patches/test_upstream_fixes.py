# SPDX-License-Identifier: MIT
"""kernel/upstream-fixes.toml agrees with the patches, the kernels that are tested, and the document; and what
looks for a fix in a source finds it, and only there."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import upstream_fixes  # noqa: E402

FIXES = upstream_fixes.read()
PATCHES = TOP / "kernel/patches"
KERNELS = [line.split()[0] for name in ("list", "ubuntu-list")
           for line in (TOP / "tests/kernels" / name).read_text().splitlines() if line.strip() and line[0] != "#"]
FIX = {"title": "t", "files": ["gone.c", "a.c"], "function": "flush", "marker": "HEAVY"}
SOURCE = """\
static int other(void)
{
	return HEAVY;
}

void flush(struct vm *vm,
	   int type)
{
	ask(vm, %s);
}
"""


def test_what_is_carried_as_a_patch_is_there_and_nothing_else():
    said = {(series, fix["commit"]) for fix in FIXES for series, kind in fix.get("carried", {}).items()
            if kind == "patch"}  # fmt: skip
    there = {(patch.parent.name, patch.name.split("-")[1]) for patch in PATCHES.glob("*/upstream-*.patch")}
    assert said == there and there


def test_what_is_carried_by_the_policy_is_of_a_series():
    for fix in FIXES:
        for series in fix.get("carried", {}):
            assert (PATCHES / series / "series").is_file(), fix["title"]


@pytest.mark.parametrize("fix", FIXES, ids=lambda fix: fix["title"][:40])
def test_each_entry_is_whole(fix):
    assert len(fix["commit"]) in (0, 12)
    assert fix["effect"] and fix["why"] and fix["files"]
    named = fix.get("lacks", []) + fix.get("apart", [])
    assert named and set(named) <= set(KERNELS)
    assert not set(fix.get("lacks", [])) & set(fix.get("apart", []))
    assert fix.get("lacks") or not fix.get("carried")


def test_the_document_has_the_table():
    assert upstream_fixes.table(FIXES) in upstream_fixes.DOCUMENT.read_text()


@pytest.mark.parametrize(("argument", "lacks", "good"), [("HEAVY", [], True), ("type", ["k"], True),
                                                         ("HEAVY", ["k"], False), ("type", [], False)])
def test_a_source_that_is_not_as_the_data_say_is_a_fault(tmp_path, argument, lacks, good):
    (tmp_path / "a.c").write_text(SOURCE % argument)
    assert (upstream_fixes.faults("k", tmp_path, [FIX | {"lacks": lacks}]) == []) == good


def test_a_kernel_that_does_not_have_the_fault_lacks_the_fix_too(tmp_path):
    (tmp_path / "a.c").write_text(SOURCE % "type")
    assert upstream_fixes.faults("k", tmp_path, [FIX | {"apart": ["k"]}]) == []
    assert upstream_fixes.main(["check", "k"]) == 2
