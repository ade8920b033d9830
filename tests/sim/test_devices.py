# SPDX-License-Identifier: MIT
"""What HIP sees of each card, and what everything else sees of none."""

import re
from pathlib import Path

import pytest

CARDS = {"rx5500xt": ("gfx1012", "RX 5500 XT", 8176), "rx5600xt": ("gfx1010", "RX 5600 XT", 6128),
         "rx5700xt": ("gfx1010", "RX 5700 XT", 8176), "rx6600xt": ("gfx1032", "RX 6600 XT", 8176),
         "rx6700xt": ("gfx1031", "RX 6700 XT", 12272), "rx6900xt": ("gfx1030", "RX 6900 XT", 16368)}


def devices(done):
    return re.findall(r'^\d+ (gfx\w+)\S* "([^"]*)" total=(\d+) free=(\d+) largebar=(\d) '
                      r'managed=(\d)', done.stdout, re.M)


@pytest.mark.parametrize("options", ["", "+largebar", "+svm", "+largebar+svm", "+kernel6.1"])
@pytest.mark.parametrize("card", CARDS)
def test_hip_sees_the_card_as_its_data_say(simulation, card, options):
    done = simulation.run("device", card=card + options)
    assert done.status == 0, done.stdout + done.stderr
    gfx, name, mib = CARDS[card]
    (found,) = devices(done)
    assert found[0] == gfx and name in found[1]
    assert int(found[2]) == mib << 20
    assert found[4] == str(int("largebar" in options))
    assert found[5] == str(int("svm" in options))
    assert "rocmfix-sim" not in done.stderr


def test_two_cards_are_two_devices(simulation):
    done = simulation.run("device", card="rx6700xt,rx5600xt")
    assert [d[0] for d in devices(done)] == ["gfx1031", "gfx1010"]


def test_a_card_next_to_an_igpu(simulation, runtime):
    done = simulation.run("device", card="rx6700xt,raphael")
    found = [d[0] for d in devices(done)]
    # ROCr 5.2.3 has no gfx1036 and says so.
    assert found == (["gfx1031"] if runtime == (5, 2) else ["gfx1031", "gfx1036"]), done.stderr
    if runtime == (5, 2):
        assert "unrecognized id" in done.stderr


def test_an_unsupported_card_is_simulated_too(simulation, runtime):
    done = simulation.run("device", card="rx7900xtx")
    if runtime == (5, 2):
        assert "unrecognized id" in done.stderr
    else:
        assert [d[0] for d in devices(done)] == ["gfx1100"]


def test_rocminfo_sees_the_card(simulation):
    done = simulation.run("/usr/bin/rocminfo")
    assert done.status == 0, done.stdout + done.stderr
    assert "gfx1010" in done.stdout and "RX 5600 XT" in done.stdout


@pytest.mark.parametrize("command", [
    ["python3", "-c", "import os; print(os.listdir('/sys/class/kfd/kfd/topology/nodes'))"],
    ["ls", "-l", "/dev/kfd"], ["cat", "/sys/class/kfd/kfd/topology/nodes/1/name"]])
def test_without_a_card_nothing_is_there(simulation, command):
    done = simulation.run("/usr/bin/" + command[0], *command[1:], card="")
    assert done.status != 0
    assert done.journal == []


def test_files_are_seen_by_ordinary_programs(simulation):
    run = lambda *c: simulation.run(*c, card="rx6700xt+largebar,rx5600xt").stdout  # noqa: E731
    assert run("/usr/bin/ls", "/sys/class/kfd/kfd/topology/nodes").split() == ["0", "1", "2"]
    assert run("/usr/bin/cat", "/sys/class/drm/renderD129/device/device") == "0x731f\n"
    assert run("/usr/bin/readlink", "-f", "/sys/bus/pci/devices/0000:03:00.0/driver") == \
        "/sys/bus/pci/drivers/amdgpu\n"
    assert run("/usr/bin/stat", "-c", "%F %t:%T", "/dev/dri/renderD128") == \
        "character special file e2:80\n"
    python = ("import os; print(sorted(os.listdir('/sys/class/drm')), "
              "os.path.isdir('/sys/class/kfd'))")
    assert run("/usr/bin/python3", "-c", python) == \
        "['card0', 'card1', 'renderD128', 'renderD129'] True\n"


@pytest.mark.parametrize("value, said", [
    ("rx9999", "there is no card 'rx9999'"), ("rx5600xt+fast", "no option 'fast'"),
    ("rx5600xt,", "there is no card ''"), ("rx5600xt+kernel5.4", "no option 'kernel5.4'")])
def test_a_wrong_card_ends_the_program_with_a_sentence(simulation, value, said):
    done = simulation.run("/usr/bin/true", card=value)
    assert done.status == 2
    assert said in done.stderr and "hint:" in done.stderr


def test_nothing_is_left_behind(simulation, tmp_path):
    for arguments in (["device"], ["fault", "command", '{"fault": "memory", "address": "@"}']):
        simulation.run(*arguments, TMPDIR=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path))
    # The runtime leaves hsakmt_* in /dev/shm, and its compiler a cache: its own affair.
    left = [path.name for path in Path("/dev/shm").iterdir() if "hsakmt" not in path.name]
    assert [name for name in left if "rocmfix" in name] == []
    assert {path.name for path in tmp_path.iterdir()} <= {"journal1", "journal2", "core", ".cache"}
