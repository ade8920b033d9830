# SPDX-License-Identifier: MIT
"""The command under test, and one synthetic machine that the tests change and restore.

The command is that of ROCMFIX_BUILD_DIR (build/ when unset), the machine a copy from
ROCMFIX_TEST_ROOTS (made here when unset). One copy of a root serves all tests of a run:
only etc/modprobe.d and var/lib are ever written, and a test starts with setting those.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/kernels"))
import chroot  # noqa: E402


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
        """Back to a snapshot: nothing else is left in its directories, nor the lock of a killed run."""
        for directory in (self.conf.parent, self.root / "var/lib", self.root / "run"):
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


# A chroot in mount and pid namespaces of its own: the captured machine's /sys and /etc, this
# machine's /usr under an overlay that a test adds programs to. So "/" is what is changed, and
# nothing of this machine is.
class System:
    def __init__(self, root, command):
        self.root = root
        self.build = os.path.dirname(os.path.dirname(os.path.realpath(command)))
        self.command = os.path.realpath(command)

    def run(self, *args):
        line = chroot.enter_overlaid(self.root, [self.command, *args],
                                     binds=chroot.same_path(self.build))
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    def add_program(self, path, text):
        """A program below /usr, instead of one of that name."""
        program = self.root / ".upper" / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)

    def calls(self):
        ran = self.root / "ran"
        return ran.read_text().splitlines() if ran.exists() else []


@pytest.fixture
def running_system(machine, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root, for a mount namespace")
    root = tmp_path / "system"
    shutil.copytree(machine.root, root, symlinks=True)
    shutil.rmtree(root / "usr")
    shutil.rmtree(root / "proc")
    shutil.rmtree(root / "var", ignore_errors=True)
    shutil.rmtree(root / "etc/modprobe.d")
    for name in ("usr", "proc", ".work", ".upper", "etc/modprobe.d"):
        (root / name).mkdir(parents=True)
    # The kernel is this machine's, whose default may need nothing; with this line it does.
    (root / "etc/modprobe.d/forum.conf").write_text("options amdgpu noretry=0\n")
    for name in ("bin", "lib", "lib64", "sbin"):
        if not (root / name).exists() and not (root / name).is_symlink():
            (root / name).symlink_to("usr/" + name)
    system = System(root, machine.command)
    probe = system.run("--version")
    if probe.returncode != 0:
        pytest.skip("no overlay mount here: " + probe.stderr.strip())
    return system
