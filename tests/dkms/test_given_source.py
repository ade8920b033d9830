# SPDX-License-Identifier: MIT
"""Sources that users give (ROCMFIX_KERNEL_SOURCE), wrong in every way: refused with one line that says
what is wrong; the stock driver stays, and nothing is left behind."""

import io
import os
import signal
import subprocess
import tarfile
import time

import pytest

from lab import KERNEL, SERIES, SOURCE_VERSION, VERSION, make_tree

RELEASE = SOURCE_VERSION.split("-")[0]
AMD = "drivers/gpu/drm/amd"


def member(name, content=b"", kind=tarfile.REGTYPE, target="", claimed=None):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    made.size = len(content) if claimed is None else claimed
    return made, content


def tarball(lab, *members, name="given.tar"):
    """The stand-in's tree, and after it these members."""
    path = lab.directory / name
    tree = make_tree(lab.directory / "linux", RELEASE)
    with tarfile.open(path, "w") as made:
        made.add(tree, "linux")
        for info, content in members:
            # One that claims a size that it does not have ends the archive.
            made.fileobj.write(info.tobuf()) if info.size != len(content) else made.addfile(info, io.BytesIO(content))
    return path


def refused(lab, given, *words):
    lab.remove_linux_source()
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(given)
    status, output = lab.install()
    assert status != 0, output
    build = lab.dkms_tree / "rocmfix" / VERSION / "build"
    said = lab.make_log() if (build / "make.log").exists() else output
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said
    for word in words:
        assert word in errors[0], said
    assert "hint: " in said
    lab.assert_stock()
    lab.assert_no_build_tree()
    assert not list(build.glob(".prepare-source.*"))
    assert not (lab.modules / KERNEL / "updates").exists()


@pytest.mark.parametrize("name", [
    f"linux/{AMD}/../../../../../../escaped", f"../{AMD}/amdgpu/escaped", f"linux/{AMD}/..",
    "/escaped", f"/linux/{AMD}/amdgpu/escaped",
])
def test_tarball_with_a_path_out_of_it_is_refused(lab, name):
    given = tarball(lab, member(name, b"out"))
    refused(lab, given, f"{given} has a member with a path that leads out of it: {name}")
    assert not list(lab.directory.rglob("escaped"))


@pytest.mark.parametrize("kind, target", [
    (tarfile.SYMTYPE, "/etc"), (tarfile.SYMTYPE, "../../../../../.."), (tarfile.LNKTYPE, "linux/Makefile"),
    (tarfile.FIFOTYPE, ""), (tarfile.CHRTYPE, ""),
])
def test_tarball_with_a_link_or_a_device_is_refused(lab, kind, target):
    given = tarball(lab, member(f"linux/{AMD}/amdgpu/include", kind=kind, target=target))
    refused(lab, given, "has a link or a device among the files of amdgpu: linux/drivers")


def test_links_elsewhere_in_a_kernel_are_not_in_the_way(lab):
    """As scripts/dtc/include-prefixes has them."""
    given = tarball(lab, member("linux/scripts/dtc/include-prefixes/arm", kind=tarfile.SYMTYPE,
                                target="../../../arch/arm/boot/dts"))
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(given)
    status, output = lab.install()
    assert status == 0, output


def test_tree_with_a_link_is_refused(lab):
    tree = make_tree(lab.directory / "linux", RELEASE)
    (tree / AMD / "include").symlink_to("/usr/include")
    refused(lab, tree, f"has a link or a device among the files of amdgpu: {AMD}/include")


def test_huge_tarball_is_refused_before_it_is_unpacked(lab):
    given = tarball(lab, member(f"linux/{AMD}/amdgpu/huge.h", claimed=3 << 30))
    refused(lab, given, f"is no source of amdgpu: there are more than 2048 MiB in {AMD}")


def test_huge_tree_is_refused_before_it_is_copied(lab):
    tree = make_tree(lab.directory / "linux", RELEASE)
    subprocess.run(["fallocate", "-l", "2100M", tree / AMD / "amdgpu/huge.h"], check=True)
    try:
        refused(lab, tree, f"is no source of amdgpu: there are more than 2048 MiB in {AMD}")
    finally:
        (tree / AMD / "amdgpu/huge.h").unlink()


def test_truncated_tarball_is_refused(lab):
    given = tarball(lab)
    subprocess.run(["xz", given], check=True)
    packed = given.with_suffix(".tar.xz")
    packed.write_bytes(packed.read_bytes()[:-200])
    refused(lab, packed, f"failed while unpacking {packed}")


def test_tree_without_amdgpu_is_refused(lab):
    tree = make_tree(lab.directory / "linux", RELEASE)
    (tree / AMD).rename(tree / "elsewhere")
    refused(lab, tree, f"no Makefile or no {AMD} in {tree}")


def test_partial_tree_is_refused(lab):
    tree = make_tree(lab.directory / "linux", RELEASE)
    (tree / AMD / "amdgpu/Makefile").unlink()
    refused(lab, tree, "patch 0001-link-rocmfix.patch does not apply")


def test_patched_tree_is_refused_where_a_patch_of_ours_would_go(lab):
    tree = make_tree(lab.directory / "linux", RELEASE)
    makefile = tree / AMD / "amdgpu/Makefile"
    makefile.write_text(makefile.read_text().replace("amdgpu_drv.o", "amdgpu_drv.o other.o"))
    refused(lab, tree, "patch 0001-link-rocmfix.patch does not apply")


def test_fifo_is_refused(lab):
    os.mkfifo(lab.directory / "fifo")
    refused(lab, lab.directory / "fifo", "no such file or directory")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_interrupted_preparation_leaves_nothing(lab, number):
    tools, output = lab.directory / "bin", lab.directory / "work/tree"
    tools.mkdir()
    (tools / "patch").write_text(f"#!/bin/sh\ntouch {lab.directory}/started\nexec sleep 30\n")
    (tools / "patch").chmod(0o755)
    running = subprocess.Popen(
        [lab.rocmfix / "prepare-source", "--source", lab.sources / f"linux-source-{SERIES}.tar.xz",
         "--patches", lab.rocmfix / "patches", "--rocmfix", lab.rocmfix / "rocmfix", "--series", SERIES,
         "--source-version", SOURCE_VERSION, "--version", VERSION, "--output", output],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}, start_new_session=True)
    end = time.monotonic() + 30
    while not (lab.directory / "started").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(running.pid, number)
    assert running.wait(timeout=120) == 128 + number
    assert list(output.parent.iterdir()) == []
