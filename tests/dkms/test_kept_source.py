# SPDX-License-Identifier: MIT
"""The source that keep-source keeps for the next version, and what find-source makes
of it when linux-source is gone."""

import os
import subprocess
import tarfile

import pytest

from lab import KERNEL, SERIES, SOURCE_VERSION, TOP, make_tree

SKIPPED = 77


@pytest.fixture(name="cache")
def fixture_cache(lab):
    return lab.directory / "cache"


def keep(lab, cache, *options, source=None, version=SOURCE_VERSION):
    return subprocess.run(
        [TOP / "dkms/keep-source", "--source", source or lab.sources / f"linux-source-{SERIES}.tar.xz",
         "--version", version, "--kernel", KERNEL, "--cache", cache, *options],
        capture_output=True, text=True, check=False)


def find(lab, cache, *options):
    return subprocess.run(
        [lab.rocmfix / "find-source", "--kernel", KERNEL, "--source-tree", lab.sources, "--kept", cache, *options],
        env=dict(os.environ, DPKG_ADMINDIR=str(lab.admin)), capture_output=True, text=True, check=False)


def test_kept_source_is_found_when_linux_source_is_gone(lab, cache):
    run = keep(lab, cache)
    assert run.returncode == 0 and "MiB in" in run.stdout, run.stderr
    kept = cache / KERNEL / "amdgpu.tar.xz"
    lab.remove_linux_source()
    run = find(lab, cache)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"series={SERIES}\nversion={SOURCE_VERSION}\nsource={kept}\n"


def test_linux_source_comes_before_what_is_kept(lab, cache):
    keep(lab, cache)
    assert f"source={lab.sources}/linux-source-{SERIES}.tar.xz\n" in find(lab, cache).stdout


def test_damaged_kept_source_is_refused(lab, cache):
    keep(lab, cache)
    lab.remove_linux_source()
    kept = cache / KERNEL / "amdgpu.tar.xz"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    run = find(lab, cache)
    assert run.returncode == SKIPPED
    assert f"{kept} is damaged" in run.stderr
    assert f"hint: type: apt install linux-source-{SERIES}={SOURCE_VERSION}\n" in run.stderr


def test_kept_source_of_another_version_is_not_used(lab, cache):
    keep(lab, cache, version=f"{SERIES}.1-1")
    lab.remove_linux_source()
    run = find(lab, cache)
    assert run.returncode == SKIPPED and "installed: none" in run.stderr


def test_source_without_registers_is_for_the_livepatch_alone(lab, cache):
    tree = make_tree(lab.directory / "linux", SOURCE_VERSION)
    registers = tree / "drivers/gpu/drm/amd/include/asic_reg"
    registers.mkdir(parents=True)
    (registers / "gc.h").write_text("#define REGISTER 1\n")
    assert keep(lab, cache, "--no-registers", source=tree).returncode == 0
    kept = cache / KERNEL / "amdgpu-headers.tar.xz"
    names = tarfile.open(kept).getnames()
    assert "linux/Makefile" in names and not [name for name in names if "asic_reg" in name]
    lab.remove_linux_source()
    assert find(lab, cache).returncode == SKIPPED
    (lab.rocmfix / "livepatch").mkdir()
    assert f"source={kept}\n" in find(lab, cache).stdout


def test_source_is_kept_once(lab, cache):
    keep(lab, cache)
    run = keep(lab, cache)
    assert run.returncode == 0 and run.stdout == ""


def test_unreadable_source_leaves_nothing(lab, cache):
    broken = lab.directory / "broken.tar.xz"
    broken.write_text("no archive")
    run = keep(lab, cache, source=broken)
    assert run.returncode == 1 and run.stderr.splitlines()[-1].startswith("error: ")
    assert list((cache / KERNEL).iterdir()) == []


def test_wanted_source_is_printed(lab, cache):
    lab.remove_linux_source()
    run = find(lab, cache, "--print-wanted")
    assert (run.returncode, run.stdout) == (0, f"{SOURCE_VERSION}\n")
