# SPDX-License-Identifier: MIT
"""dkms/livepatch-states is the one copy: the package's livepatch-switch and rocmfix(1) are shown the
same kernels, in every combination of what they can find, and both say what the table says."""

import itertools
import shutil
import subprocess

import pytest

from test_livepatch_switch import ROCMFIX, SOURCE, Computer

COLUMNS = ("module", "rocmfix", "enabled", "transition", "gpu")
PATCH = "sys/kernel/livepatch/rocmfix_livepatch"
MODULE = "sys/module/rocmfix_livepatch"


def rows():
    lines = (SOURCE / "dkms/livepatch-states").read_text(encoding="utf-8").splitlines()
    return [line.split(None, 6) for line in lines if line and not line.startswith("#")]


def state_of(facts):
    return next(row[0] for row in rows()
                if all(column in ("*", fact) for column, fact in zip(row[1:6], facts, strict=True)))


def show(computer, initstate, rocmfix, enabled, transition, gpu):
    """The files of a kernel that shows this; "-" is a file that is not there, and a module without a
    state is there all the same, as in a captured machine."""
    for directory in (PATCH, MODULE, "sys/bus"):
        shutil.rmtree(computer.path / directory, ignore_errors=True)
    files = {f"{PATCH}/enabled": enabled, f"{PATCH}/transition": transition}
    if initstate != "not loaded":
        files |= {f"{MODULE}/initstate": initstate, f"{MODULE}/parameters/rocmfix_mtype": "1",
                  f"{MODULE}/parameters/rocmfix": rocmfix}
    for name, value in files.items():
        if value != "-":
            computer.write(name, f"{value}\n")
    if gpu == "yes":
        computer.write("sys/bus/pci/drivers/amdgpu/0000:03:00.0/vendor", "0x1002\n")


def test_both_say_of_every_kernel_what_the_table_says(tmp_path):
    computer, seen, wrong = Computer(tmp_path), set(), []
    for facts in itertools.product(("live", "-", "coming", "going", "not loaded"), ("1", "0", "-"), ("1", "0", "-"),
                                   ("1", "0", "-"), ("yes", "no")):
        if facts[0] != "live" and facts[1:] not in (("1", "1", "0", "yes"), ("-", "-", "-", "no")):
            continue
        show(computer, *facts)
        expected = state_of(("yes" if facts[0] in ("live", "-") else "no", *facts[1:]))
        switch = dict(line.split("=", 1) for line in computer.run("status").stdout.splitlines())["state"]
        command = computer.state_by_rocmfix()[0]
        if not switch == command == expected:
            wrong.append((facts, {"table": expected, "livepatch-switch": switch, "rocmfix": command}))
        seen.add(expected)
    assert not wrong
    assert seen == {row[0] for row in rows()}, "every state occurs"


def test_both_explain_a_state_in_the_tables_words(tmp_path):
    computer = Computer(tmp_path)
    usage = computer.run("--help").stdout
    for name, *_, meaning in rows():
        assert [line.split(None, 1)[1] for line in usage.splitlines() if line.split()[:1] == [name]][-1] == meaning
    show(computer, "live", "1", "1", "1", "yes")
    said = subprocess.run([ROCMFIX, "--root", computer.path, "livepatch", "status"],
                          capture_output=True, text=True, check=False).stdout
    assert f"state      {rows()[2][6]}\n" in said


@pytest.mark.parametrize("line", ["on yes 1", "nonsense yes 1 1 0 * no such state"])
def test_a_wrong_table_stops_the_build(tmp_path, line):
    """Too few columns in the generator; a word that is no state in the compiler."""
    table = tmp_path / "livepatch-states"
    table.write_text((SOURCE / "dkms/livepatch-states").read_text() + line + "\n")
    made = subprocess.run(["/usr/bin/python3", SOURCE / "userspace/data/make_tables.py", "livepatch_states",
                           tmp_path / "made.cpp", table], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        made = subprocess.run(
            ["g++", "-std=c++20", "-fsyntax-only", f"-I{SOURCE}/userspace/librocmfix/include",
             f"-I{SOURCE}/userspace/librocmfix/src", tmp_path / "made.cpp"],
            capture_output=True, text=True, check=False)
        assert "nonsense" in made.stderr
    assert made.returncode != 0 and "error: " in made.stderr
