# SPDX-License-Identifier: MIT
"""each-kernel alone: two runs at once. dkms is the real one, in a private tree; its `add` is made
slow, so that the runs do meet. There is no kernel to build for."""

import os
import shutil
import stat
import subprocess
import time

import pytest

from parts import Installed

DKMS = shutil.which("dkms", path="/usr/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(DKMS is None, reason="dkms is not installed")
SLOW_DKMS = """
[[ $1 != add ]] || sleep 0.5
[[ $1 != add ]] || echo add >>{tmp}/adds
exec {dkms} "$@" --dkmstree {tmp}/dkms --sourcetree {tmp}/src
"""


@pytest.fixture
def each_kernel(tmp_path):
    """Gives a function that starts one, and the file of the lock."""
    installed = Installed(tmp_path)
    (installed.source / "dkms.conf").write_text(
        'PACKAGE_NAME="rocmfix"\nPACKAGE_VERSION="7.0.1"\nBUILT_MODULE_NAME[0]="amdgpu"\n'
        'DEST_MODULE_LOCATION[0]="/updates"\n')
    installed.program("dkms", SLOW_DKMS.format(tmp=tmp_path, dkms=DKMS))

    def start(verb="build"):
        return installed.start(verb)

    return start, tmp_path / "lock"


def holds(lock, timeout=30):
    """Waits until somebody has the lock."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if lock.exists() and subprocess.run(["flock", "--nonblock", lock, "true"], check=False).returncode:
            return True
        time.sleep(0.02)
    return False


def test_two_builds_at_once_come_one_after_the_other(each_kernel, tmp_path):
    start, lock = each_kernel
    first = start()
    assert holds(lock)
    second = start()
    for run in (first, second):
        output = run.communicate(timeout=60)[0]
        assert run.returncode == 0
        assert "dkms refuses" not in output
    assert f"another build is running (process {first.pid}): waiting for it" in output
    assert (tmp_path / "adds").read_text() == "add\n", "the second finds what the first has added"
    assert (tmp_path / "dkms/rocmfix/7.0.1/source").exists()


def test_the_lock_can_be_held_by_root_alone(each_kernel):
    start, lock = each_kernel
    lock.touch(0o666)
    start().communicate(timeout=60)
    assert stat.S_IMODE(os.stat(lock).st_mode) == 0o600


def test_a_removal_waits_for_a_build(each_kernel):
    start, lock = each_kernel
    first = start()
    assert holds(lock)
    removal = start("remove")
    output = removal.communicate(timeout=60)[0]
    assert first.wait(60) == removal.returncode == 0
    assert "another build is running" in output
