# SPDX-License-Identifier: MIT
"""The way for distributions without a package: `make dkms-tarball`, and dkms alone."""

import os
import subprocess
import tarfile

import pytest

from lab import DATA, KERNEL, SERIES, SOURCE_VERSION, TOP, VERSION, make_tree

RELEASE = SOURCE_VERSION.split("-")[0]


@pytest.fixture(scope="module", name="packed")
def fixture_packed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([TOP / "scripts/build-dkms-tarball", "--version", VERSION, "--output", directory], check=True)
    return directory / f"rocmfix-dkms-{VERSION}.tar.xz"


def test_tarball_is_complete_and_the_same_every_time(packed, tmp_path):
    with tarfile.open(packed) as opened:
        members = opened.getmembers()
    names = {entry.name for entry in members}
    top = f"rocmfix-{VERSION}"
    for name in ("dkms.conf", "README", "LICENSE", "LICENSES/GPL-2.0", "build-module", f"patches/{SERIES}/series"):
        assert f"{top}/{name}" in names
    assert {entry.name.split("/")[0] for entry in members} == {top}
    assert {(entry.uid, entry.gid) for entry in members} == {(0, 0)}
    subprocess.run([TOP / "scripts/build-dkms-tarball", "--version", VERSION, "--output", tmp_path], check=True)
    assert (tmp_path / packed.name).read_bytes() == packed.read_bytes()


def test_kernel_of_any_distribution_is_built_for_from_the_tarball(lab, packed, tmp_path):
    """dkms add of the unpacked tree, headers that name no distribution, and a source of one's own. The
    source is the stand-in's, and so are the patches."""
    subprocess.run(["tar", "-C", tmp_path, "-xf", packed], check=True)
    tree = tmp_path / f"rocmfix-{VERSION}"
    lab.remove_linux_source()
    subprocess.run(["rm", "-rf", lab.rocmfix, tree / "patches", tree / "rocmfix"], check=True)
    subprocess.run(["cp", "-r", DATA / "rocmfix", tree / "rocmfix"], check=True)
    subprocess.run(["cp", TOP / "kernel/rocmfix/rocmfix_version.c", tree / "rocmfix"], check=True)
    (tree / "patches").mkdir()
    subprocess.run(["cp", "-r", DATA / "patches", tree / "patches" / SERIES], check=True)
    headers = tmp_path / "headers"
    subprocess.run(["cp", "-rs", os.path.realpath(f"/lib/modules/{KERNEL}/build"), headers], check=True)
    (headers / "include/generated/package.h").unlink()
    environment = {**os.environ, "DPKG_ADMINDIR": str(lab.admin)}
    added = subprocess.run(["dkms", "add", tree, "--dkmstree", lab.dkms_tree, "--sourcetree", lab.sources],
                           env=environment, capture_output=True, text=True, check=False)
    assert added.returncode == 0, added.stdout + added.stderr
    status, output = lab.dkms("install", "--kernelsourcedir", headers)
    assert status == 77 and "set ROCMFIX_KERNEL_SOURCE=TREE to its source" in output, output
    lab.assert_stock()
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(make_tree(tmp_path / "linux", RELEASE))
    status, output = lab.dkms("install", "--kernelsourcedir", headers)
    assert status == 0, output
    assert lab.modinfo("rocmfix") == f"series={SERIES} patches=1 source={RELEASE} fixes=none"
