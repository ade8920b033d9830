# SPDX-License-Identifier: MIT
"""Ubuntu's kernels: what the list says of them agrees with itself and with the patches, and what is typed to get one."""

from pathlib import Path

import pytest

import kernels
import ubuntu_archive
from build_environment import Environment
from commands import Failure
from ubuntu_environment import UbuntuEnvironment, environment_of

UBUNTU = kernels.read_ubuntu()
PATCHES = Path(kernels.__file__).resolve().parents[2] / "kernel/patches"


def test_there_is_one_of_each_series_that_debian_lacks_a_kernel_for():
    debians = {kernel.patches for kernel in kernels.read()}
    assert {kernel.patches for kernel in UBUNTU} >= {path.name for path in PATCHES.iterdir()} - debians
    assert len({kernel.name for kernel in [*UBUNTU, *kernels.read()]}) == len(UBUNTU) + len(kernels.read())


@pytest.mark.parametrize("kernel", UBUNTU, ids=lambda kernel: kernel.name)
def test_release_and_version_are_of_one_build(kernel):
    assert kernel.release.endswith("-generic")
    assert kernel.version.startswith(kernel.release.removesuffix("-generic") + ".")
    assert kernel.release.startswith(kernel.series + ".") and kernel.name == f"{kernel.suite}-{kernel.series}"
    assert kernel.suite in ubuntu_archive.RELEASES and (PATCHES / kernel.patches / "series").is_file()


def test_a_name_of_either_list_is_found(tmp_path):
    noble = kernels.find("noble-6.8")
    assert noble in UBUNTU
    assert isinstance(environment_of(noble, tmp_path, ""), UbuntuEnvironment)
    assert type(environment_of(kernels.find("bookworm-6.1"), tmp_path, "")) is Environment
    with pytest.raises(Failure, match="no kernel 'noble-6.1'"):
        kernels.find("noble-6.1")


def test_a_line_with_a_word_too_few_is_refused(tmp_path):
    path = tmp_path / "list"
    path.write_text("# a comment\n\nnoble-6.8 noble 6.8 6.8 6.8.0-31-generic linux 6.8.0-31.31\n")
    with pytest.raises(Failure, match=r":3: not understood: noble-6.8 "):
        kernels.read_ubuntu(path)


def test_the_image_is_of_the_exact_version_with_the_package_that_has_amdgpu(tmp_path):
    point = environment_of(kernels.find("noble-6.8"), tmp_path, "").find_newest()
    assert set(point.image) == {f"linux-{name}-6.8.0-31-generic=6.8.0-31.31"
                                for name in ("image", "modules", "modules-extra")}
    assert len(environment_of(kernels.find("resolute-7.0"), tmp_path, "").find_newest().image) == 2


def test_updates_and_security_are_looked_at_too():
    assert [line.split()[2] for line in ubuntu_archive.sources("noble").splitlines()] == [
        "noble", "noble-updates", "noble-security"]


def test_keys_that_are_not_the_known_ones_are_refused(tmp_path, monkeypatch):
    package = tmp_path / "other.deb"
    package.write_text("other keys")
    monkeypatch.setattr(ubuntu_archive, "KEYS_PACKAGE", package.as_uri())
    with pytest.raises(Failure, match="has changed"):
        ubuntu_archive.fetch_keys(tmp_path)
