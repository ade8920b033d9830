# SPDX-License-Identifier: MIT
"""The environments that are in the cache: the real chroot, record and kernel. Where there are none yet,
tests/kernels/environment makes one; no test does, since that downloads 300 MB."""

import os
import subprocess
from pathlib import Path

import pytest

import cache
from build_environment import Environment
from kernels import read

SOURCE = Path(__file__).resolve().parents[2]
COMMAND = SOURCE / "tests/kernels/environment"


def cached():
    there = [Environment(kernel, cache.directory(), "") for kernel in read()]
    return next((environment for environment in there if environment.is_whole()), None)


@pytest.fixture(name="environment", scope="module")
def fixture_environment():
    found = cached()
    if found is None:
        pytest.skip(f"no kernel in {cache.directory()}: tests/kernels/environment get bookworm-6.1")
    if os.geteuid() != 0 and subprocess.run(["sudo", "-n", "true"], capture_output=True,
                                            check=False).returncode != 0:
        pytest.skip("chroots need root, and sudo would ask for a password")
    return found


def run(environment, *words, **options):
    return subprocess.run([COMMAND, "run", *words[:-1], environment.kernel.name, "sh", "-euc", words[-1]],
                          capture_output=True, text=True, check=False, **options)


def test_a_command_runs_as_the_caller_with_the_headers_and_the_compiler(environment):
    values = environment.record.values()
    done = run(environment, "--as-caller",
               f"id -u; test -e {values['headers']}/Makefile; gcc --version | head -n 1; ls {values['pristine']}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == str(os.getuid())
    assert lines[1].startswith("gcc ")
    assert "Makefile" in lines


def test_it_begins_in_the_callers_directory_and_sees_the_checkout_and_what_is_bound(environment, tmp_path):
    (tmp_path / "file").write_text("seen\n")
    done = run(environment, "--bind", str(tmp_path), f"pwd; test -x {COMMAND}; cat {tmp_path}/file",
               cwd=SOURCE / "tests")
    assert (done.returncode, done.stdout) == (0, f"{SOURCE}/tests\nseen\n"), done.stderr


def test_nothing_of_the_callers_environment_and_no_mount_is_left(environment):
    mounts = Path("/proc/self/mounts").read_text()
    done = run(environment, "echo ${SECRET-none}; test -c /dev/null; grep -q ' /sys sysfs ro' /proc/mounts",
               env=os.environ | {"SECRET": "x"})
    assert (done.returncode, done.stdout) == (0, "none\n"), done.stderr
    assert Path("/proc/self/mounts").read_text() == mounts


def test_the_status_is_that_of_the_command(environment):
    assert run(environment, "exit 41").returncode == 41


def test_get_prints_the_record(environment):
    if not environment.is_fresh(False):
        pytest.skip("older than six hours: it would ask the archive")
    done = subprocess.run([COMMAND, "get", environment.kernel.name], capture_output=True, text=True, check=True)
    assert done.stdout == environment.record.text()
    assert done.stderr == ""
