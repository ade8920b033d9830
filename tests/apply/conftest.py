# SPDX-License-Identifier: MIT
"""The command under test, and one captured-style machine that the tests change and put back.

The command is that of ROCMFIX_BUILD_DIR (build/ when unset), the machine a copy from
ROCMFIX_TEST_ROOTS (made here when unset). One copy of a root serves all tests of a run:
only etc/modprobe.d and var/lib are ever written, and a test starts with setting those.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Machine:
    def __init__(self, root, command):
        self.root = root
        self.command = command
        self.conf = root / "etc/modprobe.d/rocmfix.conf"
        self.state = root / "var/lib/rocmfix"

    def run(self, verb, *args, prefix=()):
        line = [*prefix, self.command, verb, "--root", str(self.root), *args]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)

    def snapshot(self):
        """Every file that rocmfix may touch: path -> (bytes, mode)."""
        found = {}
        for directory in (self.conf.parent, self.state):
            for path in sorted(directory.rglob("*")) if directory.exists() else []:
                name = str(path.relative_to(self.root))
                found[name] = (path.read_bytes(), path.stat().st_mode & 0o7777)
        return found

    def restore(self, snapshot):
        """Back to a snapshot: nothing else is left in the two directories."""
        for directory in (self.conf.parent, self.root / "var/lib"):
            shutil.rmtree(directory, ignore_errors=True)
        self.conf.parent.mkdir(parents=True)
        (self.root / "var").mkdir(exist_ok=True)
        for name, (content, mode) in snapshot.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)

    def write_conf(self, content, mode=0o644):
        self.conf.write_bytes(content)
        self.conf.chmod(mode)


@pytest.fixture(scope="session")
def command():
    found = pathlib.Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")) / "bin/rocmfix"
    assert os.access(found, os.X_OK), f"no {found}: run `make build` first"
    return str(found)


@pytest.fixture(scope="session")
def machine(command, tmp_path_factory):
    work = tmp_path_factory.mktemp("machine")
    roots = os.environ.get("ROCMFIX_TEST_ROOTS")
    if roots is None:
        roots = work / "roots"
        subprocess.run([SOURCE / "tests/data/make-roots", roots], check=True, capture_output=True)
    shutil.copytree(pathlib.Path(roots) / "rx5600xt", work / "root", symlinks=True)
    return Machine(work / "root", command)
