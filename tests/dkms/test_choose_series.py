# SPDX-License-Identifier: MIT
"""Which series of patches is for a source: dkms/choose-series on series and sources made here, and on the
repository's own series. Real sources are the business of tests/patches/check."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SERIES = sorted(path.parent.name for path in (TOP / "kernel/patches").glob("*/source"))
AMD = "drivers/gpu/drm/amd"
OLD = "static void gmc_v10_0_get_vm_pte(struct amdgpu_device *adev,\n\t\t\t\t uint64_t *flags)\n{\n\t*flags |= 1;\n}\n"
NEW = OLD.replace("|= 1", "|= 2")
PATCHES = "one.patch\n# a comment\ntwo.patch # if amdgpu/amdgpu_gmc.c lacks IP_VERSION(10, 1, 0)\n"


class Source:
    def __init__(self, folder):
        self.tree, self.patches = folder / "linux", folder / "patches"
        self.amd = self.tree / AMD
        self.write("amdgpu/gmc_v10_0.c", "#include <a.h>\n\n" + OLD)
        self.write("amdgpu/amdgpu_gmc.c", "\treturn gc_ver >= IP_VERSION(10, 3, 0);\n")
        self.add("1.0", OLD)
        self.add("1.2", "amdgpu/amdgpu_gmc.c lacks new_way()\n" + NEW)
        self.add("1.4", "# newer\namdgpu/amdgpu_gmc.c has new_way()\n" + NEW)

    def write(self, name, text):
        (self.amd / name).parent.mkdir(parents=True, exist_ok=True)
        (self.amd / name).write_text(text)

    def add(self, series, source):
        (self.patches / series).mkdir(parents=True)
        (self.patches / series / "source").write_text(source)
        (self.patches / series / "series").write_text(PATCHES)

    def choose(self, *words):
        return subprocess.run([TOP / "dkms/choose-series", "--source", self.tree, "--patches", self.patches, *words],
                              capture_output=True, text=True, check=False)


@pytest.fixture(name="source")
def fixture_source(tmp_path):
    return Source(tmp_path)


def chosen(run):
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()[0]


def test_function_decides(source):
    assert chosen(source.choose()) == "series=1.0"
    source.write("amdgpu/gmc_v10_0.c", NEW)
    assert chosen(source.choose()) == "series=1.2"


def test_condition_decides_between_two_series_with_the_same_function(source):
    source.write("amdgpu/gmc_v10_0.c", NEW)
    source.write("amdgpu/amdgpu_gmc.c", "\tnew_way();\n")
    assert chosen(source.choose()) == "series=1.4"


@pytest.mark.parametrize("same", [
    OLD.replace("\t", "    "), OLD.replace("|= 1;", "|=\n\t\t1; /* **why** */"), OLD.replace("{", "/*\n * more\n */\n{", 1),
])
def test_spacing_and_comments_do_not_count(source, same):
    source.write("amdgpu/gmc_v10_0.c", same)
    assert chosen(source.choose()) == "series=1.0"


def test_patch_is_left_out_where_upstream_has_the_same(source):
    assert source.choose().stdout == "series=1.0\npatch=one.patch\npatch=two.patch\n"
    source.write("amdgpu/amdgpu_gmc.c", "\treturn gc_ver >= IP_VERSION(10, 1, 0);\n")
    assert source.choose().stdout == "series=1.0\npatch=one.patch\nleft_out=two.patch\n"


def test_patches_of_a_named_series(source):
    assert chosen(source.choose("--series", "1.4")) == "series=1.4"
    assert source.choose("--series", "1.6").returncode == 1


def test_unknown_function_is_refused_with_the_lines_that_differ(source):
    source.write("amdgpu/gmc_v10_0.c", NEW.replace("}", "\tif (*flags)\n\t\treturn;\n}"))
    run = source.choose()
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "  this source only: if (*flags) return;\n"
        f"error: no series of patches is for {source.tree}: its gmc_v10_0_get_vm_pte() is not one that rocmfix knows; "
        "nearest is series 1.2; lines that differ: 1\n"
        "hint: the stock driver stays; please report the kernel and the lines above\n")


@pytest.mark.parametrize("text", ["", OLD + "\n" + OLD])
def test_source_without_the_function_or_with_two_is_refused(source, text):
    source.write("amdgpu/gmc_v10_0.c", text)
    run = source.choose()
    assert run.returncode == 1 and "has no gmc_v10_0_get_vm_pte(), or more than one" in run.stderr


def test_tree_without_amdgpu_is_refused(source):
    (source.amd / "amdgpu/gmc_v10_0.c").unlink()
    run = source.choose()
    assert run.returncode == 1 and f"no amdgpu/gmc_v10_0.c in {source.amd}" in run.stderr


def test_known_function_in_a_source_that_is_otherwise_unknown_is_refused(source):
    source.write("amdgpu/gmc_v10_0.c", NEW)
    (source.patches / "1.2/source").write_text("amdgpu/amdgpu_gmc.c has other_way()\n" + NEW)
    run = source.choose()
    assert run.returncode == 1 and "has the function of series 1.2, and not what" in run.stderr


def test_two_series_for_one_source_are_refused(source):
    source.add("1.1", OLD)
    run = source.choose()
    assert run.returncode == 1 and "more than one series of patches is for" in run.stderr


def test_condition_that_is_not_understood_is_refused(source):
    (source.patches / "1.0/series").write_text("one.patch # if amdgpu/amdgpu_gmc.c contains x\n")
    run = source.choose()
    assert run.returncode == 1 and "not understood: amdgpu/amdgpu_gmc.c contains x" in run.stderr


# --- the repository's own ------------------------------------------------------------------------


def known(series):
    text = (TOP / f"kernel/patches/{series}/source").read_text()
    function = text[text.index("\nstatic ") + 1:]
    return "".join(line for line in text.splitlines(True) if re.match("[a-z]+/", line)), function


@pytest.mark.parametrize("series", SERIES)
def test_each_series_chooses_itself(tmp_path, series):
    source = Source(tmp_path)
    source.patches = TOP / "kernel/patches"
    conditions, function = known(series)
    source.write("amdgpu/gmc_v10_0.c", function)
    for line in conditions.splitlines():
        file, verb, text = line.split(" ", 2)
        if verb == "has":
            source.write(file, text)
    assert chosen(source.choose()) == f"series={series}"


def test_there_are_the_series_that_the_documents_name():
    assert SERIES == ["6.1", "6.12", "6.18", "6.6", "6.8", "7.2"]
