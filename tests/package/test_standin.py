# SPDX-License-Identifier: MIT
"""The packages that are made for the tests, with the real dpkg-deb."""

import shutil
import subprocess
import tarfile

import pytest

import kernels_path  # noqa: F401
import standin
from commands import Failure
from standin import Versions, make_package, make_standin_source, make_trigger, read_product, unpack_as

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="there is no dpkg")


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout.strip()


def files(deb):
    """Path: owner and mode."""
    listed = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout
    return {line.split()[5].removeprefix("."): line.split()[:2] for line in listed.splitlines()}


def test_a_package_has_the_name_the_version_and_the_file(tmp_path):
    (tmp_path / "source").write_text("x")
    deb = make_package(tmp_path, "linux-source-6.1", "6.1.9-1", depends="a (= 1)", files=[tmp_path / "source"])
    assert deb == tmp_path / "linux-source-6.1_6.1.9-1_all.deb"
    assert [field(deb, name) for name in ("Package", "Version", "Depends")] == ["linux-source-6.1", "6.1.9-1", "a (= 1)"]
    assert "/usr/src/source" in files(deb)


def test_what_it_does_not_depend_on_is_not_named_and_something_of_it_is_left(tmp_path):
    deb = make_package(tmp_path, "some", "1")
    assert field(deb, "Depends") == ""
    assert "/usr/lib/rocmfix-tests/some" in files(deb)


def test_its_files_are_roots_and_its_folders_are_open_to_all(tmp_path):
    assert {(owner, mode) for mode, owner in files(make_trigger(tmp_path, "some")).values()} == {
        ("root/root", "drwxr-xr-x"), ("root/root", "-rw-r--r--")}


def test_a_trigger_has_a_file_in_usr_src(tmp_path):
    deb = make_trigger(tmp_path, "linux-some", "3")
    assert deb.name == "linux-some_3_all.deb"
    assert "/usr/src/of-linux-some" in files(deb)


@pytest.mark.parametrize(("version", "want"), [
    ("6.1.192-2", "6.1.192"), ("7.3.4-1~bpo13+1", "7.3.4"), ("6.12.9+deb13", "6.12.9"), ("6.1.999-1", "6.1.999")])
def test_the_point_release_of_a_version(version, want):
    assert standin.sublevel(version) == want


def test_the_standin_is_the_source_of_the_version_that_is_asked_for(tmp_path):
    source, meta = make_standin_source(tmp_path, "7.3", "7.3.4-1~bpo13+1")
    assert field(meta, "Depends") == "linux-source-7.3 (= 7.3.4-1~bpo13+1)"
    subprocess.run(["dpkg-deb", "-x", source, tmp_path / "tree"], check=True)
    with tarfile.open(tmp_path / "tree/usr/src/linux-source-7.3.tar.xz") as archive:
        makefile = archive.extractfile("linux-source-7.3/Makefile").read().decode()
        assert "linux-source-7.3/drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c" in archive.getnames()
    assert makefile == "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n"


@pytest.fixture(name="dist")
def fixture_dist(tmp_path):
    """A package as dist/ has it, with what the scripts say of its version."""
    tree = tmp_path / "tree"
    files_of = {
        "DEBIAN/control": "Package: rocmfix-dkms\nVersion: 0.1.0\nArchitecture: all\n"
                          "Maintainer: t <t@example.org>\nDescription: t\n",
        "DEBIAN/md5sums": "0 usr/src/rocmfix-0.1.0/VERSION\n",
        "usr/libexec/rocmfix-dkms/each-kernel": "version=0.1.0\n",
        "usr/src/rocmfix-0.1.0/VERSION": "0.1.0\n",
        "usr/src/rocmfix-0.1.0/dkms.conf": "PACKAGE_VERSION=0.1.0\n",
        "usr/src/rocmfix-0.1.0/Makefile": "all:\n",
        "usr/src/rocmfix-0.1.0/patches/6.1/series": "real\n",
        "usr/src/rocmfix-0.1.0/rocmfix/real.c": "",
    }
    for name, text in files_of.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    folder = tmp_path / "dist"
    folder.mkdir()
    standin.pack(tree, folder)
    return folder


def test_dist_is_read_without_debugging_symbols(dist):
    (dist / "rocmfix_0.1.0_amd64.deb").touch()
    (dist / "rocmfix-dbgsym_0.1.0_amd64.deb").touch()
    product = read_product(dist)
    assert list(product.packages) == ["rocmfix-dkms", "rocmfix"]
    assert product.version == "0.1.0"


def test_a_dist_without_the_package_or_with_two_of_them_is_refused(dist, tmp_path):
    with pytest.raises(Failure, match="no rocmfix-dkms package in ") as caught:
        read_product(tmp_path)
    assert caught.value.hint == "type: make deb"
    shutil.copy(dist / "rocmfix-dkms_0.1.0_all.deb", dist / "rocmfix-dkms_0.2.0_all.deb")
    with pytest.raises(Failure, match="two packages rocmfix-dkms in "):
        read_product(dist)


def test_another_version_says_so_everywhere(dist, tmp_path):
    unpacked = unpack_as(dist / "rocmfix-dkms_0.1.0_all.deb", "7.0.2", tmp_path / "other")
    deb = unpacked.pack(tmp_path)
    assert deb.name == "rocmfix-dkms_7.0.2_all.deb"
    assert field(deb, "Version") == "7.0.2"
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path / "seen"], check=True)
    assert subprocess.run(["grep", "-rlF", "0.1.0", tmp_path / "seen"], check=False, capture_output=True).returncode == 1
    assert (tmp_path / "seen/usr/src/rocmfix-7.0.2/VERSION").read_text() == "7.0.2\n"
    assert not (unpacked.tree / "DEBIAN/md5sums").exists()


def test_versions_build_the_standin_and_can_be_changed(dist, tmp_path):
    versions = Versions(read_product(dist), "6.1", tmp_path / "work")
    versions.make(["7.0.1", "7.0.2"])
    source = versions["7.0.1"].source
    assert (source / "patches/6.1/series").read_text() == (standin.DATA / "patches/series").read_text()
    assert not (source / "rocmfix/real.c").exists()
    assert (source / "rocmfix/rocmfix_version.c").is_file()
    versions.while_building("7.0.2", "touch /srv/building")
    assert (versions["7.0.2"].source / "Makefile").read_text() == (
        "all:\nall: during\n.PHONY: during\nduring:\n\ttouch /srv/building\n")
    subprocess.run(["dpkg-deb", "-x", versions.deb("7.0.2"), tmp_path / "seen"], check=True)
    assert "touch /srv/building" in (tmp_path / "seen/usr/src/rocmfix-7.0.2/Makefile").read_text()
    # And made again it is as in dist/.
    versions.make(["7.0.2"])
    assert (versions["7.0.2"].source / "Makefile").read_text() == "all:\n"


def test_a_package_that_cannot_be_packed_is_an_error(tmp_path, capfd):
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    (tmp_path / "tree/DEBIAN/control").write_text("Package: bad\nVersion: x\nArchitecture: all\n")
    with pytest.raises(Failure, match="failed: dpkg-deb of bad_x_all.deb"):
        standin.pack(tmp_path / "tree", tmp_path)
    assert "dpkg-deb: error" in capfd.readouterr().err
