# SPDX-License-Identifier: MIT
"""ktap.py passes a whole output, in the dialects of all series, and nothing less."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

KTAP = Path(__file__).parent / "ktap.py"

# 6.1 to 7.3 differ in "KTAP version" lines and the dash.
WHOLE = """\
[    0.000000] WARNING: this is from before the tests
=== kunit begins
[    4.000001] KTAP version 1
[    4.000001] 1..2
[    4.000002]     KTAP version 1
[    4.000003]     # Subtest: first
[    4.000004]     # module: rocmfix_kunit
[    4.000005]     1..2
[    4.000006]     # one: 57920 combinations, 7 of them not as stock
[    4.000007]     ok 1 one
[    4.000008]  rocmfix_fake: amdgpu: rocmfix: off (amdgpu.rocmfix=0)
[    4.000009]     # two: 80 combinations
[    4.000010]     ok 2 - two
[    4.000011] # first: pass:2 fail:0 skip:0 total:2
[    4.000012] ok 1 - first
[    4.000013]     # Subtest: second
[    4.000014]     1..1
[    4.000015]     ok 1 - three
[    4.000016] ok 2 second
=== kunit ends, insmod 0, rmmod 0
=== end of guest
"""


def judge(console, floor=3):
    with tempfile.NamedTemporaryFile("w") as floors:
        floors.write(f"tests/kunit/run:k {floor} 0\n")
        floors.flush()
        done = subprocess.run(
            [sys.executable, KTAP, "k"], input=console, capture_output=True, text=True, check=False,
            env={**os.environ, "ROCMFIX_FLOORS": floors.name},
        )
    assert done.stderr == ""
    return done.returncode, done.stdout


def changed(old, new):
    assert WHOLE.count(old) == 1
    return WHOLE.replace(old, new)


def test_whole_output_passes():
    status, out = judge(WHOLE)
    assert status == 0
    for line in ("ok 1 - k: first.one", "ok 2 - k: first.two", "ok 3 - k: second.three"):
        assert line in out.splitlines()
    assert "# k: 58,000 combinations" in out
    assert out.endswith("4 passed, 0 failed\n")


@pytest.mark.parametrize("keep", range(1, WHOLE.count("\n") - 1))
def test_every_truncation_fails(keep):
    status, out = judge("".join(WHOLE.splitlines(keepends=True)[:keep]))
    assert status == 1
    assert "did not" in out
    assert not out.endswith(" 0 failed\n")


def test_fewer_tests_than_are_known_fail():
    status, out = judge(WHOLE, floor=4)
    assert status == 1
    assert "not ok 4 - k: FAILED tests/kunit/run:k: 3 tests, 4 are known" in out
    assert out.endswith("3 passed, 1 failed\n")


def test_a_failed_test_fails_with_what_kunit_said():
    said = """\
    # two: EXPECTATION FAILED at f.c:46
    Expected a == b, but
        a == 1
[    4.000010]     not ok 2 - two"""
    status, out = judge(changed("[    4.000010]     ok 2 - two", said))
    assert status == 1
    assert "not ok 2 - k: first.two\n# two: 80 combinations\n# two: EXPECTATION FAILED" in out
    assert "# a == 1" in out
    assert out.endswith("3 passed, 1 failed\n")


def test_a_suite_that_fails_outside_its_tests_fails():
    status, out = judge(changed("] ok 2 second", "] not ok 2 second"))
    assert status == 1
    assert "not ok" in out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[    4.000001] 1..2\n", ""),
        ("[    4.000014]     1..1\n", ""),
        ("[    4.000014]     1..1\n", "[    4.000014]     1..2\n"),
        ("[    4.000001] 1..2\n", "[    4.000001] 1..3\n"),
        ("[    4.000007]     ok 1 one\n", ""),
        ("[    4.000016] ok 2 second\n", ""),
        ("     ok 2 - two", "     ok 3 - two"),
    ],
)
def test_a_plan_that_is_missing_or_not_kept_fails(old, new):
    status, _ = judge(changed(old, new))
    assert status == 1


def test_nothing_planned_fails():
    status, _ = judge("=== kunit begins\n1..0\n=== kunit ends, insmod 0, rmmod 0\n")
    assert status == 1


def test_a_skipped_test_fails():
    status, out = judge(changed("     ok 2 - two", "     ok 2 - two # SKIP no reason"))
    assert status == 1
    assert "not ok 2 - k: first.two" in out


@pytest.mark.parametrize(
    "complaint",
    [
        "WARNING: CPU: 0 PID: 1 at x.c:1",
        "BUG: kernel NULL pointer dereference, address: 0000000000000008",
        "Oops: 0000 [#1] PREEMPT SMP",
        "Call Trace:",
        "Kernel panic - not syncing: Fatal exception",
        "rocmfix_kunit: Unknown symbol foo (err -2)",
    ],
)
def test_a_complaint_of_the_kernel_fails(complaint):
    status, out = judge(changed("     ok 2 - two", f"     ok 2 - two\n[    5.1] {complaint}"))
    assert status == 1
    assert f"the kernel says: {complaint}" in out


def test_only_the_one_complaint_that_was_announced_passes():
    announced = "[    4.1] rocmfix test: the next complaint is provoked\n[    4.2] Call Trace:\n"
    line = "[    4.000010]     ok 2 - two"
    assert judge(changed(line, announced + line))[0] == 0
    assert judge(changed(line, announced + "[    4.3] Call Trace:\n" + line))[0] == 1
    late = announced.splitlines(keepends=True)
    assert judge(changed(line, late[0] + line + "\n" + late[1]))[0] == 1


@pytest.mark.parametrize("status", ["insmod 1, rmmod 0", "insmod 0, rmmod 1"])
def test_a_module_that_does_not_load_or_unload_fails(status):
    assert judge(changed("insmod 0, rmmod 0", status))[0] == 1
