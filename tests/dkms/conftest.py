# SPDX-License-Identifier: MIT
"""The stock stand-in is compiled once; every test gets a machine of its own."""

import shutil
import subprocess

import pytest

import lab as laboratory


@pytest.fixture(scope="session", name="stock")
def fixture_stock(tmp_path_factory):
    assert laboratory.KERNEL, "no headers of a Debian kernel: apt install linux-headers-amd64"
    tree = laboratory.make_tree(tmp_path_factory.mktemp("stock") / "linux", f"{laboratory.SERIES}.1")
    amdgpu = tree / "drivers/gpu/drm/amd/amdgpu"
    headers = f"/lib/modules/{laboratory.KERNEL}/build"
    subprocess.run(
        ["make", "-C", headers, f"M={amdgpu}", "CONFIG_DRM_AMDGPU=m", "modules"],
        check=True, capture_output=True,
    )
    return amdgpu / "amdgpu.ko"


@pytest.fixture(name="lab")
def fixture_lab(tmp_path, stock):
    yield laboratory.Lab(tmp_path / "machine", stock)
    shutil.rmtree(tmp_path / "machine", ignore_errors=True)
