# SPDX-License-Identifier: MIT
"""Where the programs look for libraries: an empty or relative element of an RPATH or RUNPATH is the
current directory, which is anybody's; what is installed needs none at all."""

import os
import re
import subprocess
from pathlib import Path

import pytest


def elf_files(directory):
    for path in sorted(Path(directory).rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF" and path.suffix not in (".o", ".ko"):
                    yield path


def search_path(path):
    """The elements of its RPATH and RUNPATH."""
    dynamic = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True,
                             env={**os.environ, "LC_ALL": "C"}).stdout  # fmt: skip
    return [part for found in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic)
            for part in found.split(":")]  # fmt: skip


def is_safe(part):
    return part.startswith(("/", "$ORIGIN")) and ".." not in part.removeprefix("$ORIGIN/..")


def test_no_program_of_the_build_tree_looks_in_the_current_directory(build):
    files = list(elf_files(build))
    assert {"rocmfix", "rocmfix-run", "librocmfix-hip.so", "librocmfix-sim.so"} <= {
        path.name for path in files
    }
    unsafe = {str(path): search_path(path) for path in files
              if not all(map(is_safe, search_path(path)))}  # fmt: skip
    assert not unsafe
    assert search_path(build / "bin/rocmfix") == [str(build / "lib")]


def test_installed_files_have_no_runpath(build, tmp_path):
    subprocess.run(["cmake", "--install", build, "--prefix", tmp_path / "usr"], check=True,
                   capture_output=True)  # fmt: skip
    files = list(elf_files(tmp_path))
    assert (tmp_path / "usr/bin/rocmfix") in files and len(files) >= 5
    assert {str(path): search_path(path) for path in files if search_path(path)} == {}


def test_rocmfix_does_not_load_a_library_of_the_current_directory(build, environment, tmp_path):
    for name in ("librocmfix.so.1", "libfmt.so.9", "libc.so.6", "libkmod.so.2"):
        (tmp_path / name).write_bytes(b"not a library")
    done = subprocess.run([build / "bin/rocmfix", "--version"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("part", "safe"), [("/a", True), ("$ORIGIN/../lib", True), ("", False),
                                            ("lib", False), (".", False), ("../lib", False)])  # fmt: skip
def test_the_rule(part, safe):
    assert is_safe(part) is safe
