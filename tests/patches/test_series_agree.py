# SPDX-License-Identifier: MIT
"""The series differ in line numbers, context and a few known places; each hook does the same in all of them."""

import re
from pathlib import Path

import pytest

PATCHES = Path(__file__).resolve().parents[2] / "kernel/patches"
SERIES = sorted((path for path in PATCHES.iterdir() if path.is_dir()),
                key=lambda path: [int(number) for number in path.name.split(".")])
OURS = ("find-the-trace-header", "link-the-rocmfix-policy", "make-noretry-1-the-default",
        "let-the-rocmfix-policy-choose-the-MTYPE", "announce-rocmfix")
MAPPING, ARGUMENTS = ("6.6", "6.8", "6.12"), ("6.18", "7.2")
# How get_vm_pte() knows the VM and the BO.
CALL = {"6.1": "rocmfix_pte_apply(adev, mapping->bo_va->base.vm, mapping->bo_va->base.bo, flags);"}
CALL |= dict.fromkeys(MAPPING, "rocmfix_pte_apply(adev, mapping->bo_va->base.vm, bo, flags);")
CALL |= dict.fromkeys(ARGUMENTS, "rocmfix_pte_apply(adev, vm, bo, flags);")
HAS_RETRY_DEFAULT = "# if amdgpu/amdgpu_gmc.c lacks gc_ver >= IP_VERSION(10, 1, 0)"


def patch_of(series, hook):
    found = list(series.glob(f"*-{hook}*.patch"))
    assert len(found) == 1, f"{series.name}: {hook}"
    return found[0]


def changes(patch):
    """{file: what is removed and added}, without numbers, context and line breaks inside a statement."""
    diff = patch.read_text().partition("\n---\n")[2]
    found = {}
    for part in re.split(r"(?m)^--- a/\S+\n", diff)[1:]:
        name = re.match(r"\+\+\+ b/(\S+)\n", part)[1]
        lines = re.findall(r"(?m)^([-+])(?!\+\+)(.*)$", part)
        found[name] = re.sub(r"\s+", " ", " ".join(sign + text for sign, text in lines)).replace(", + flags", ", flags")
    return found


def message(patch):
    return patch.read_text().partition("\n---\n")[0]


@pytest.mark.parametrize("hook", OURS)
def test_each_hook_is_the_same_in_every_series(hook):
    seen = {}
    for series in SERIES:
        made = {name: text.replace(CALL[series.name], "CALL") for name, text in changes(patch_of(series, hook)).items()}
        seen.setdefault(str(made), []).append(series.name)
    assert len(seen) == 1, seen


def test_each_series_calls_with_what_its_function_has():
    for series in SERIES:
        text = str(changes(patch_of(series, "let-the-rocmfix-policy-choose-the-MTYPE")))
        assert text.count("rocmfix_pte_apply") == text.count(CALL[series.name]) == 1
        signature = (series / "source").read_text().partition("\n{")[0]
        assert ("struct amdgpu_vm *vm" in signature) == (series.name in ARGUMENTS)


@pytest.mark.parametrize("hook", OURS)
def test_each_hook_is_explained_the_same_way(hook):
    texts = {message(patch_of(series, hook)) for series in SERIES}
    if "MTYPE" in hook:
        assert len(texts) == 2
        assert len({message(patch_of(PATCHES / name, hook)) for name in ("6.1", *MAPPING)}) == 1
    else:
        assert len(texts) == 1


def test_retry_default_is_left_to_upstream_where_it_has_it():
    for series in SERIES:
        name = patch_of(series, "make-noretry-1-the-default").name
        assert f"{name} {HAS_RETRY_DEFAULT}\n" in (series / "series").read_text(), series.name


def test_each_series_is_whole():
    for series in SERIES:
        for name in ("source", "series", "livepatch", "rocmfix_compat.h"):
            assert (series / name).is_file(), f"{series.name}: {name}"
        named = re.search(r"^ \* Series ([^:]*):", (series / "rocmfix_compat.h").read_text(), re.MULTILINE)
        assert series.name in re.split(", | and ", named[1]), series.name
