# SPDX-License-Identifier: MIT
"""The source distribution of this work tree: it has what the wheel is built from. `make check-wheel` builds it."""

import hashlib
import os
import re
import subprocess
import tarfile
from email.parser import HeaderParser

import pytest

from conftest import CHECKOUT


def build(folder):
    done = subprocess.run([CHECKOUT / "scripts/build-wheel", "--sdist", folder / "dist"],
                          env={**os.environ, "ROCMFIX_WHEEL_WORK": str(folder / "work")},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (built,) = (folder / "dist").glob("rocmfix-*.tar.gz")
    return built


@pytest.fixture(name="made", scope="module")
def fixture_made(tmp_path_factory):
    return build(tmp_path_factory.mktemp("sdist"))


@pytest.fixture(name="source", scope="module")
def fixture_source(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(made) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def test_its_version_is_that_of_the_changelog(source):
    version = re.match(r"rocmfix \(([\d.]+)", (CHECKOUT / "debian/changelog").read_text()).group(1)
    assert source.name == f"rocmfix-{version}"
    assert HeaderParser().parsestr((source / "PKG-INFO").read_text())["Version"] == version


def test_cmake_finds_all_that_the_wheel_is_made_of(source, tmp_path):
    """A source file that is named and missing is an error of this step."""
    places = [f"-DSKBUILD_{name}_DIR={tmp_path}/{name}" for name in ("SCRIPTS", "DATA", "PLATLIB", "METADATA")]
    done = subprocess.run(["cmake", "-S", source, "-B", tmp_path / "build", "-G", "Ninja", "-DROCMFIX_WHEEL=ON",
                           "-DBUILD_TESTING=OFF", *places], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout
    tables = subprocess.run(["ninja", "-C", tmp_path / "build", "-n", "rocmfix_cli_installed", "rocmfix-run",
                             "rocmfix-hip", "rocmfix-sim", "rocmfix"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    assert tables.returncode == 0, tables.stdout[-2000:]


def test_each_module_of_the_package_is_in_it(source):
    package = "userspace/python/rocmfix"
    assert ({path.relative_to(source) for path in (source / package).rglob("*.py")}
            == {path.relative_to(CHECKOUT) for path in (CHECKOUT / package).rglob("*.py")})


def test_nothing_else_is_in_it(source):
    assert {path.name for path in source.iterdir()} == {
        "CHANGELOG.md", "CMakeLists.txt", "LICENSE", "PKG-INFO", "README.md", "debian", "dkms", "kernel",
        "pyproject.toml", "userspace"}
    assert not [path for path in source.rglob("*") if path.is_symlink() or path.suffix in (".pyc", ".ko", ".o")]


def test_the_same_files_make_the_same_one(made, tmp_path):
    assert hashlib.sha256(build(tmp_path).read_bytes()).digest() == hashlib.sha256(made.read_bytes()).digest()
