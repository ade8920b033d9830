# SPDX-License-Identifier: MIT
"""apply and revert on the running system: when update-initramfs is run, and what if it fails."""

import os

import pytest

STAND_IN = """#!/bin/sh
echo "$*" >>/ran
echo "on stdout"
[ ! -e /fail ] || exit 4
"""


@pytest.fixture
def system(running_system):
    running_system.add_program("sbin/update-initramfs", STAND_IN)
    return running_system


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


def test_a_failure_says_what_is_in_place_and_the_next_run_completes_it(system):
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


def hide_update_initramfs(system):
    """By overlay's whiteout, which hides the real one."""
    hidden = system.root / ".upper/sbin/update-initramfs"
    hidden.unlink()
    os.mknod(hidden, 0o020000, os.makedev(0, 0))


def test_dracut_is_run_where_it_makes_the_initramfs(system):
    hide_update_initramfs(system)
    system.add_program("bin/dracut", STAND_IN)
    done = system.run("apply")
    assert done.returncode == 0, done.stderr
    assert system.calls() == ["--quiet --regenerate-all --force"]
    (system.root / "fail").touch()
    failed = system.run("revert")
    assert failed.returncode == 1
    assert "dracut failed with exit status 4" in failed.stderr
    assert "sudo dracut --quiet --regenerate-all --force" in failed.stderr


def test_without_either_program_there_is_a_note(system):
    hide_update_initramfs(system)
    done = system.run("apply")
    assert done.returncode == 0, done.stderr
    assert "neither update-initramfs nor dracut is installed" in done.stdout
