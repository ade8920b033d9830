# SPDX-License-Identifier: MIT
"""`rocmfix livepatch on` and `off` on the running system: the package's program does it."""

import json

SWITCH = "libexec/rocmfix-livepatch-dkms/livepatch-switch"
STAND_IN = """#!/bin/sh
echo "$*" >>/ran
[ ! -e /fail ] || { printf 'error: no\\nhint: so\\n' >&2; exit 1; }
"""


def test_without_the_package_there_is_its_name(running_system):
    done = running_system.run("livepatch", "on")
    assert done.returncode == 1
    assert done.stderr == ("error: the livepatch is not installed\n"
                           "hint: sudo apt install rocmfix-livepatch-dkms\n")  # fmt: skip


def test_the_program_is_asked_and_the_state_is_reported(running_system):
    running_system.add_program(SWITCH, STAND_IN)
    for word in ("on", "off"):
        done = running_system.run("livepatch", word)
        assert done.returncode == 0, done.stderr
        # No kernel was patched by the stand-in.
        assert done.stdout == "rocmfix livepatch: off\n"
    assert running_system.calls() == ["on", "off"]
    done = running_system.run("livepatch", "on", "--json")
    assert json.loads(done.stdout)["livepatch"]["in_force"] is False


def test_its_refusal_is_ours(running_system):
    running_system.add_program(SWITCH, STAND_IN)
    (running_system.root / "fail").touch()
    done = running_system.run("livepatch", "on")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "error: no\nhint: so\n")
    done = running_system.run("livepatch", "off", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == "livepatch-switch failed"
