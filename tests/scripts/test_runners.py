# SPDX-License-Identifier: MIT
"""The runners in bash: tap.bash, parts.bash, .ci/run. Counts of what ran are no proof of what should
have."""

import re

import pytest

TAP = """
. "$(dirname "$0")/../tap.bash"
"""
PARTS = """
set -euo pipefail
here=$(dirname "$(realpath "$0")")
. "$here/parts.bash"
"""


@pytest.fixture(name="tree")
def fixture_tree(checkout):
    checkout.take("tests/tap.bash", "tests/vm/parts.bash", ".ci/run")
    checkout.write("tests/floors", "tests/vm/one 2 0\npart 1 0\n")
    return checkout


def tap(tree, text):
    tree.script("tests/vm/one", TAP + text)
    return tree.run("tests/vm/one")


def test_tap_with_all_its_checks_passes(tree):
    status, out = tap(tree, "check a true\ncheck b true\ntap_end")
    assert (status, out) == (0, "ok 1 - a\nok 2 - b\n1..2\n2 passed, 0 failed\n")


def test_tap_with_fewer_checks_than_are_known_fails(tree):
    status, out = tap(tree, "check a true\nskip_check b 'no reason'\ntap_end")
    assert status == 1
    assert "not ok 2 - tests/vm/one: 1 tests, 2 are known (floors)\n" in out
    assert out.endswith("1 passed, 1 failed\n")


def test_tap_without_a_floor_fails(tree):
    tree.write("tests/floors", "")
    status, out = tap(tree, "check a true\ncheck b true\ntap_end")
    assert status == 1
    assert "does not know this suite" in out


def test_a_part_with_fewer_checks_fails_even_though_the_sum_is_kept(tree):
    tree.write("tests/floors", "tests/vm/one 2 0\npart 1 0\nrest 1 0\n")
    well = "check a true\ntap_part part\ncheck b true\ntap_part rest\ntap_end"
    assert tap(tree, well)[0] == 0
    status, out = tap(tree, "tap_part part\ncheck a true\ncheck b true\ntap_part rest\ntap_end")
    assert status == 1
    assert "part: 0 tests, 1 are known" in out


def parts(tree, text, end="parts_end"):
    tree.script("bin/one", text)
    tree.script("tests/vm/all", f"{PARTS}part one\n{end}")
    return tree.run("tests/vm/all", ROCMFIX_CACHE=str(tree.top / "cache"))


def test_parts_add_up(tree):
    status, out = parts(tree, "echo '3 passed, 0 failed'")
    assert status == 0
    assert out.endswith("\n3 passed, 0 failed\n")


@pytest.mark.parametrize(("text", "last"), [
    ("echo '3 passed, 0 failed'; exit 1", "3 passed, 1 failed"),
    ("echo '3 passed, 0 failed'; kill -KILL $$", "3 passed, 1 failed"),
    ("echo 'ok 1 - a'", "0 passed, 1 failed"),
    ("echo 'ok 1 - a'; echo '1..2'", "0 passed, 1 failed"),
    ("", "0 passed, 1 failed"),
    ("echo '0 passed, 0 failed'", "0 passed, 1 failed"),
    ("echo '2 passed, 1 failed'; exit 1", "2 passed, 1 failed"),
])
def test_a_part_that_is_cut_off_or_does_not_exit_well_fails(tree, text, last):
    for end in ("parts_end", "part_begin one; part_finish; parts_end"):
        status, out = parts(tree, text, end)
        assert status == 1
    status, out = parts(tree, text)
    assert out.splitlines()[-1] == last


def ci(tree, **targets):
    """.ci/run with a make whose targets print what is given."""
    said = {name: f"echo '{name}'; echo '1 passed, 0 failed'" for name in
            ("check-site", "lint", "check", "check-kernel", "check-vm", "check-suite")}
    said.update({name.replace("_", "-"): text for name, text in targets.items()})
    cases = "".join(f"{name}) {text} ;;\n" for name, text in said.items())
    tree.script("bin/make", f"case $2 in\n{cases}esac\n")
    return tree.run(".ci/run")


def test_ci_adds_up_the_closing_lines(tree):
    status, out = ci(tree)
    assert status == 0
    assert out.endswith("\n6 passed, 0 failed\n")


@pytest.mark.parametrize("text", [
    "true",
    "exit 0",
    "echo 'ok 1 - a'",
    "echo '0 passed, 0 failed'",
    "echo '1 passed, 0 failed'; exit 2",
    "echo '1 passed, 1 failed'; exit 0",
])
@pytest.mark.parametrize("target", ["check", "check-suite"])
def test_ci_fails_for_a_target_that_ran_nothing_or_ended_badly(tree, text, target):
    status, out = ci(tree, **{target.replace("-", "_"): text})
    assert status == 1
    assert re.search(f"make {target}\\b.* FAILED", out)
    assert re.search(f"\nWhat failed:\nmake {target}\\b.*:\n", out)
    assert ", 1 failed" in out.splitlines()[-1]


def test_ci_limits_what_may_be_skipped(tree):
    assert ci(tree, check='[[ $ROCMFIX_LIMIT_SKIPS == 1 ]] && echo "1 passed, 0 failed"')[0] == 0
