# SPDX-License-Identifier: MIT
"""Apply and Undo on a machine that is its own root: through the real pkexec and polkitd, and the actions that the
package installs. What an administrator's password would be is a rule of polkit's here."""

import os
import shutil
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import BUILD, ROOTS, SOURCE, USER, wait_for

ALLOWED = """polkit.addRule(function(action, subject) {
  return action.id == "org.rocmfix.%s" ? polkit.Result.YES : polkit.Result.NOT_HANDLED;
});
"""


class Machine:
    def __init__(self, top, window):
        self.top = top
        self.window = window
        self.conf = top / "modprobe.d/rocmfix.conf"
        shutil.copytree(ROOTS / "rx5600xt/sys", top / "sys", symlinks=True)
        shutil.copytree("/usr/share/polkit-1/actions", top / "actions")
        policy = BUILD / "userspace/gui/org.rocmfix.policy"
        shutil.copy(policy, top / "actions")
        for name in ("modprobe.d", "rules.d", "local/bin", "local/lib"):
            (top / name).mkdir(parents=True)
        paths = {one.text for one in ElementTree.parse(policy).iter("annotate") if one.get("key").endswith(".path")}
        assert paths == {"/usr/local/bin/rocmfix"}, "configured for /usr/local, the default"
        for name in ("rocmfix", "rocmfix-run", "rocmfix-gui"):
            shutil.copy(BUILD / "bin" / name, top / "local/bin")

    def allow(self, *actions):
        (self.top / "rules.d/50-test.rules").write_text("".join(ALLOWED % one for one in actions), encoding="utf-8")

    def command(self, *words):
        return [SOURCE / "tests/gui/with-polkit", self.top, "setpriv", f"--reuid={USER}", f"--regid={USER}",
                "--clear-groups", *words]

    def run(self, *words):
        return subprocess.run(self.command(*words), env=self.window.env, capture_output=True, text=True, timeout=120,
                              check=False)

    def open_window(self):
        self.window.own()
        self.window.process = subprocess.Popen(self.command("/usr/local/bin/rocmfix-gui", "--page", "settings"),
                                               env=self.window.env, cwd=self.window.home)
        self.window.display.window("rocmfix")
        self.window.display.keys("alt+p", "End")


@pytest.fixture(name="machine")
def fixture_machine(window, tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    top.chmod(0o755)
    return Machine(top, window)


def test_apply_and_undo_in_the_window_write_and_remove_roots_file(machine, display):
    machine.allow("apply", "revert")
    machine.open_window()

    def press(key, done):
        display.keys(key)
        time.sleep(1)
        return done()

    wait_for(lambda: press("alt+a", machine.conf.exists), "the file that Apply writes")
    assert machine.conf.stat().st_uid == 0
    assert "options amdgpu " in machine.conf.read_text(encoding="utf-8")
    wait_for(lambda: press("alt+u", lambda: not machine.conf.exists()), "Undo")


def test_without_permission_nothing_is_written(machine, display):
    machine.allow("revert")
    machine.open_window()
    for _ in range(5):
        display.keys("alt+a")
        time.sleep(1)
    assert not machine.conf.exists()
    assert machine.window.process.poll() is None


def test_each_command_has_an_action_of_its_own(machine):
    """A permission for one is none for another, nor for another program."""
    machine.allow("apply")
    applied = machine.run("pkexec", "/usr/local/bin/rocmfix", "apply", "--profile", "original", "--json")
    assert applied.returncode == 0, applied.stderr
    assert machine.conf.exists()
    for words in (["/usr/local/bin/rocmfix", "revert"], ["/usr/local/bin/rocmfix", "status"],
                  ["/usr/local/bin/rocmfix-run", "true"]):
        denied = machine.run("pkexec", *words)
        assert denied.returncode == 127, denied.stderr
    assert machine.conf.exists()


def test_the_rest_of_this_machine_is_left_alone(machine):
    before = os.listdir("/etc/modprobe.d")
    machine.allow("apply")
    machine.run("pkexec", "/usr/local/bin/rocmfix", "apply", "--profile", "original", "--json")
    assert machine.conf.exists()
    assert os.listdir("/etc/modprobe.d") == before
