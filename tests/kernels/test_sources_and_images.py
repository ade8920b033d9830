# SPDX-License-Identifier: MIT
"""amdgpu's source and a kernel's image, unpacked in the cache whole or not at all."""

import subprocess

import pytest

import amdgpu_source
import kernel_image
from commands import Failure

FILES = {"Makefile": "VERSION = 6\n", "drivers/gpu/drm/amd/amdgpu/gmc_v10_0.c": "int x;\n",
         "lib/kunit/test.c": "int y;\n", "include/kunit/test.h": "int z;\n",
         "drivers/gpu/drm/i915/i915.c": "int w;\n", "tools/lib/kunit": "not it\n"}


def make_tarball(folder, files):
    tree = folder / "linux-source-6.1"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(["tar", "-C", folder, "-cJf", folder / "source.tar.xz", tree.name], check=True)
    return folder / "source.tar.xz"


@pytest.fixture(name="tarball")
def fixture_tarball(tmp_path):
    return make_tarball(tmp_path, FILES)


def names_in(tree):
    return {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}


def test_what_a_build_of_amdgpu_and_kunit_needs_is_kept(tarball, tmp_path):
    source = amdgpu_source.unpack(tarball, tmp_path / "sources")
    assert names_in(source) == {"Makefile", "drivers/gpu/drm/amd/amdgpu/gmc_v10_0.c", "lib/kunit/test.c",
                                "include/kunit/test.h"}
    assert source.stat().st_mode & 0o777 == 0o755


def test_a_source_is_named_by_what_sha256sum_says_of_it(tarball, tmp_path):
    source = amdgpu_source.unpack(tarball, tmp_path / "sources")
    said = subprocess.run("find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum",
                          shell=True, cwd=source, check=True, capture_output=True, text=True).stdout
    assert source.name == said[:16]


def test_the_same_source_is_kept_once(tarball, tmp_path):
    first = amdgpu_source.unpack(tarball, tmp_path / "sources")
    (first / "mark").touch()
    assert amdgpu_source.unpack(tarball, tmp_path / "sources") == first
    assert (first / "mark").exists()
    assert list((tmp_path / "sources").iterdir()) == [first]


def test_a_tarball_without_amdgpu_is_refused_and_leaves_nothing(tmp_path, capsys):
    tarball = make_tarball(tmp_path, {name: text for name, text in FILES.items() if "amdgpu" not in name}
                           | {"drivers/gpu/drm/amd/Kconfig": ""})
    with pytest.raises(Failure, match="no amdgpu in"):
        amdgpu_source.unpack(tarball, tmp_path / "sources")
    assert not list((tmp_path / "sources").iterdir())
    assert capsys.readouterr().err == ""


def test_a_truncated_tarball_is_refused_and_leaves_nothing(tarball, tmp_path, capsys):
    tarball.write_bytes(tarball.read_bytes()[:-40])
    with pytest.raises(Failure, match="failed: unpacking"):
        amdgpu_source.unpack(tarball, tmp_path / "sources")
    assert not list((tmp_path / "sources").iterdir())
    assert "tar: " in capsys.readouterr().err


def test_sources_that_no_record_names_are_dropped(tmp_path):
    sources, records = tmp_path / "sources", tmp_path / "kernels"
    for name in ("used", "old", ".new.x"):
        (sources / name).mkdir(parents=True)
    records.mkdir()
    (records / "k.env").write_text(f"name=k\npristine={sources}/used\n")
    amdgpu_source.drop_unused(sources, records)
    assert [path.name for path in sources.iterdir()] == ["used"]


def test_an_image_belongs_to_one_version(tmp_path):
    assert not kernel_image.is_whole(tmp_path, "1")
    (tmp_path / "version").write_text("1\n")
    assert kernel_image.is_whole(tmp_path, "1")
    assert not kernel_image.is_whole(tmp_path, "2")


def test_an_image_of_later_debian_gets_boot_and_lib(tmp_path):
    modules = tmp_path / "usr/lib/modules/7.3"
    modules.mkdir(parents=True)
    (modules / "vmlinuz").touch()
    (modules / "modules.builtin").touch()
    kernel_image.arrange(tmp_path, "7.3")
    assert (tmp_path / "boot/vmlinuz-7.3").is_file()
    assert (tmp_path / "lib/modules/7.3/modules.builtin").is_file()


def test_an_image_of_debian_12_stays_as_it_is(tmp_path):
    for folder in ("lib/modules/6.1", "usr/lib", "boot"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "boot/vmlinuz-6.1").touch()
    kernel_image.arrange(tmp_path, "6.1")
    assert not (tmp_path / "lib").is_symlink()
    assert (tmp_path / "boot/vmlinuz-6.1").is_file()
