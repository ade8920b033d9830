# SPDX-License-Identifier: MIT
"""apply and revert on the running system: when update-initramfs is run, and what if it fails.

The system is a chroot in mount and pid namespaces of its own: the captured machine's /sys and
/etc, this machine's /usr under an overlay that holds a stand-in for update-initramfs. So "/" is
what is changed, and nothing of this machine is.
"""

import os
import shutil
import subprocess

import pytest

STAND_IN = """#!/bin/sh
echo "$*" >>/ran
echo "on stdout"
[ ! -e /fail ] || exit 4
"""

ENTER = """
set -e
mount -t overlay overlay -o "lowerdir=/usr,upperdir=$1/.upper,workdir=$1/.work" "$1/usr"
mount -t proc proc "$1/proc"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
root=$1 command=$3
shift 3
exec chroot "$root" "$command" "$@"
"""


class System:
    def __init__(self, root, command):
        self.root = root
        self.build = os.path.dirname(os.path.dirname(os.path.realpath(command)))
        self.command = os.path.realpath(command)

    def run(self, *args):
        line = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", ENTER, "enter",
                str(self.root), self.build, self.command, *args]
        return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)

    def calls(self):
        ran = self.root / "ran"
        return ran.read_text().splitlines() if ran.exists() else []


@pytest.fixture
def system(machine, tmp_path, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("needs root, for a mount namespace")
    root = tmp_path / "system"
    shutil.copytree(machine.root, root, symlinks=True)
    shutil.rmtree(root / "usr")
    shutil.rmtree(root / "proc")
    shutil.rmtree(root / "var", ignore_errors=True)
    shutil.rmtree(root / "etc/modprobe.d")
    for name in ("usr", "proc", ".work", ".upper/sbin", "etc/modprobe.d"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        if not (root / name).exists() and not (root / name).is_symlink():
            (root / name).symlink_to("usr/" + name)
    program = root / ".upper/sbin/update-initramfs"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    system = System(root, machine.command)
    probe = system.run("--version")
    if probe.returncode != 0:
        pytest.skip("no overlay mount here: " + probe.stderr.strip())
    return system


def test_it_runs_for_every_kernel_and_only_when_something_changed(system):
    done = system.run("apply", "--json")
    assert done.returncode == 0, done.stderr
    assert system.calls() == ["-u -k all"]
    assert '"initramfs_updated": true' in done.stdout
    assert "on stdout" in done.stderr and "on stdout" not in done.stdout
    assert system.run("apply").returncode == 0
    assert len(system.calls()) == 1
    assert system.run("apply", "--dry-run", "--profile", "original").returncode == 0
    assert len(system.calls()) == 1
    assert system.run("revert").returncode == 0
    assert len(system.calls()) == 2
    assert not (system.root / "var/lib/rocmfix").exists()


def test_a_failure_says_what_is_in_place_and_the_next_run_makes_it_good(system):
    (system.root / "fail").touch()
    done = system.run("apply")
    assert done.returncode == 1
    assert "update-initramfs failed with exit status 4" in done.stderr
    assert "/etc/modprobe.d/rocmfix.conf is in place" in done.stderr
    assert "hint: " in done.stderr
    assert (system.root / "etc/modprobe.d/rocmfix.conf").exists()
    (system.root / "fail").unlink()
    again = system.run("apply")
    assert again.returncode == 0
    assert "Unchanged" in again.stdout
    assert len(system.calls()) == 2
    assert not (system.root / "var/lib/rocmfix").exists()


def test_without_the_program_there_is_a_note(system):
    (system.root / ".upper/sbin/update-initramfs").unlink()
    hidden = system.root / ".upper/sbin/update-initramfs"
    os.mknod(hidden, 0o020000, os.makedev(0, 0))  # overlay's whiteout: hides the real one
    done = system.run("apply")
    assert done.returncode == 0, done.stderr
    assert "no update-initramfs here" in done.stdout
    assert "dracut" in done.stdout
