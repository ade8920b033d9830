# SPDX-License-Identifier: MIT
"""A simulated card changes nothing on the machine: verbs that write refuse."""

import os
import re
import shutil
import subprocess

import pytest

CARD = ("--simulate", "rx5600xt")
# What a failure of these tests would write to is not the machine's own.
ELSEWHERE = """
mount -t tmpfs none /etc/modprobe.d && mount -t tmpfs none /var/lib || exit 99
for program in update-initramfs dracut; do
  file=$(command -v $program) && { mount --bind /bin/true "$file" || exit 99; }
done
echo "options amdgpu noretry=1" >/etc/modprobe.d/before.conf
"$@"
status=$?
cd /etc/modprobe.d && sha256sum * .[!.]* 2>/dev/null
exit $status
"""


@pytest.fixture
def rocmfix(program):
    return program.parent / "rocmfix"


@pytest.fixture
def elsewhere(launcher):
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("no new mount namespace here")

    def run(*words):
        return subprocess.run(["unshare", "--mount", "bash", "-c", ELSEWHERE, "bash",
                               *launcher.command(*words)], capture_output=True, text=True,
                              env={**launcher.base, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
                              timeout=60)

    return run


@pytest.mark.parametrize("verb", [("apply",), ("apply", "--force"), ("revert",),
                                  ("--root", "/", "apply"), ("livepatch", "on"),
                                  ("livepatch", "off")])
def test_a_verb_that_writes_refuses_and_says_how_it_is_done(elsewhere, rocmfix, verb):
    run = elsewhere(*CARD, rocmfix, *verb)
    assert run.returncode == 1, run.stderr
    name = " ".join(word for word in verb if not word.startswith("-") and word != "/")
    assert re.search(rf"^error: {name} would change this machine for a GPU that is only simulated\n"
                     r"hint: rocmfix --root DIR ", run.stderr, re.MULTILINE)
    files = [line.split()[1] for line in run.stdout.splitlines()]
    assert files == ["before.conf"]


@pytest.mark.parametrize("verb", ["apply", "revert"])
def test_what_only_shows_is_as_it_was(launcher, rocmfix, verb):
    run = launcher(*CARD, rocmfix, verb, "--dry-run")
    assert run.returncode == 0, run.stderr
    assert "simulated" not in run.stderr


def test_another_root_may_be_changed(launcher, rocmfix, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(launcher.roots / "rx5600xt", root, symlinks=True)
    run = launcher(*CARD, rocmfix, "--root", root, "apply")
    assert run.returncode == 0, run.stderr
    assert (root / "etc/modprobe.d/rocmfix.conf").exists()
    assert launcher(*CARD, rocmfix, "--root", root, "revert").returncode == 0
    assert not (root / "etc/modprobe.d/rocmfix.conf").exists()


def test_the_answer_is_a_document_with_json(elsewhere, rocmfix):
    run = elsewhere(*CARD, rocmfix, "apply", "--json")
    assert run.returncode == 1
    assert '"error"' in run.stdout and "only simulated" in run.stdout
