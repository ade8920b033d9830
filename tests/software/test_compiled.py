# SPDX-License-Identifier: MIT
"""Files that Debian's own HIP compiler and clang-offload-bundler make."""

import shutil
import subprocess

import pytest

if not shutil.which("hipcc"):
    pytest.skip("no hipcc: scripts/setup check", allow_module_level=True)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("compiled")
    script = request.path.parent / "compile-bundles"
    names = subprocess.run([script, folder], capture_output=True, text=True, timeout=300,
                           check=True).stdout.split()
    assert {"fat-binary", "code-object", "library"} <= set(names)
    return {name: folder / name for name in names}


def test_a_fat_binary_of_genco_has_both_targets(compiled, read_targets):
    (document,) = read_targets(compiled["fat-binary"])
    assert document["targets"] == ["gfx1010", "gfx1030"]
    assert document["bundles"] == 1
    assert document["complete"]


def test_a_code_object_alone_has_its_own(compiled, read_targets):
    (document,) = read_targets(compiled["code-object"])
    assert document["targets"] == ["gfx1030"]
    assert document["complete"]


def test_a_library_registers_a_bundle_for_each_source(compiled, read_targets):
    (document,) = read_targets(compiled["library"])
    assert document["targets"] == ["gfx1010", "gfx1030"]
    assert document["bundles"] == document["wrappers"] == 2
    assert document["complete"]


def test_packed_bundles_are_read(compiled, read_targets):
    packed = sorted(name for name in compiled if name.startswith("packed-"))
    if not packed:
        pytest.skip("no clang-offload-bundler from LLVM 17 on; make check-software has one")
    for document in read_targets(*(compiled[name] for name in packed)):
        assert document["targets"] == ["gfx1010", "gfx1030"], document
        assert document["complete"], document


def test_a_library_that_lost_a_bundle_is_incomplete(compiled, read_targets, tmp_path):
    damaged = tmp_path / "library"
    content = compiled["library"].read_bytes()
    second = content.rindex(b"__CLANG_OFFLOAD_BUNDLE__")
    damaged.write_bytes(content[:second] + b"\0" * 24 + content[second + 24:])
    (document,) = read_targets(damaged)
    assert (document["bundles"], document["wrappers"]) == (1, 2)
    assert not document["complete"]


def test_programs_without_device_code_have_none(read_targets):
    for document in read_targets("/bin/sh", "/usr/bin/python3"):
        assert document["targets"] == []
        assert document["complete"]
