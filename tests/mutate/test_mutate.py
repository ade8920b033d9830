# SPDX-License-Identifier: MIT
"""mutate itself, on a checkout with one rule and a test that sees half of it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RULE = "int f(int a, int b) {\n  return a == b && a < 7;\n}\n"
PART = """
[[part]]
name = "rule"
files = ["rule.cpp"]
prepare = "test ! -e broken"
guards = ["echo guard >>../guards; grep -q 'a == b' rule.cpp", "! grep -q true rule.cpp"]
"""


@pytest.fixture(name="checkout")
def fixture_checkout(tmp_path):
    top = tmp_path / "checkout"
    (top / "tests/mutate").mkdir(parents=True)
    for name in ("mutate", "operators.py"):
        shutil.copy(HERE / name, top / "tests/mutate")
    (top / "tests/mutate/parts.toml").write_text(PART)
    (top / "tests/mutate/accepted.toml").write_text("")
    (top / "rule.cpp").write_text(RULE)
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    return top


def mutate(checkout, *words):
    env = {k: v for k, v in os.environ.items() if not k.startswith("ROCMFIX_")}
    done = subprocess.run([checkout / "tests/mutate/mutate", *words], cwd=checkout, text=True, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


def guards_run(checkout):
    file = checkout / "build/mutate/guards"
    count = len(file.read_text().splitlines()) if file.exists() else 0
    file.unlink(missing_ok=True)
    return count


def test_what_no_guard_notices_fails_with_its_place(checkout):
    status, out = mutate(checkout)
    assert status == 1
    assert "rule.cpp:2: and\n  - return a == b && a < 7;\n  + return a == b || a < 7;\n" in out
    assert "rule.cpp:2: equal" not in out
    assert out.endswith("\n1 passed, 3 failed\n")


def test_the_checkout_is_not_touched_and_the_copy_is_as_before(checkout):
    mutate(checkout)
    assert (checkout / "rule.cpp").read_text() == RULE
    assert (checkout / "build/mutate/checkout/rule.cpp").read_text() == RULE


def test_what_is_known_to_be_noticed_is_not_tried_again(checkout):
    mutate(checkout)
    assert guards_run(checkout) == 5, "the first, unchanged, and one for each change"
    assert mutate(checkout)[1].endswith("\n1 passed, 3 failed\n")
    assert guards_run(checkout) == 4
    assert mutate(checkout, "--again")[1].endswith("\n1 passed, 3 failed\n")
    assert guards_run(checkout) == 5


def test_a_survivor_with_a_reason_passes(checkout):
    entries = "".join(
        f'[[survivor]]\nfile = "rule.cpp"\nbefore = "return a == b && a < 7;"\n'
        f"after = {json.dumps(after)}\nreason = \"nobody asks\"\n"
        for after in ("return a == b || a < 7;", "return a == b && a <= 7;"))
    (checkout / "tests/mutate/accepted.toml").write_text(entries)
    assert mutate(checkout)[1].endswith("\n3 passed, 1 failed\n")
    (checkout / "tests/mutate/accepted.toml").write_text(entries.replace("nobody asks", ""))
    status, out = mutate(checkout)
    assert status == 1
    assert "no reason" in out


def test_a_guard_that_fails_without_a_mutant_ends_the_run(checkout):
    (checkout / "rule.cpp").write_text(RULE.replace("==", "!="))
    status, out = mutate(checkout)
    assert status == 1
    assert "error: failed before anything was changed: echo guard" in out
    assert "passed" not in out


def test_preparation_that_fails_ends_the_run(checkout):
    (checkout / "broken").write_text("")
    status, out = mutate(checkout)
    assert status == 1
    assert "error: failed before anything was changed: test ! -e broken" in out


def test_a_guard_that_hangs_has_noticed(checkout):
    parts = PART.replace("grep -q 'a == b' rule.cpp", "grep -q 'a == b' rule.cpp || sleep 60")
    (checkout / "tests/mutate/parts.toml").write_text(parts + "seconds = 1\n")
    assert mutate(checkout)[1].endswith("\n1 passed, 3 failed\n")


def test_a_table_that_its_generator_refuses_was_noticed_and_code_that_does_not_compile_counts_for_nothing(
        checkout, tmp_path):
    (checkout / "rule.toml").write_text("[[rule]]\nforced = true\n")
    parts = PART.replace('["rule.cpp"]', '["rule.*"]') + 'targets = ["all"]\n'
    (checkout / "tests/mutate/parts.toml").write_text(parts)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("cmake", ""), ("ninja", "grep -q 'forced = true' rule.toml && ! grep -q '||' rule.cpp")):
        (tools / name).write_text(f"#!/bin/bash\n{text}\n")
        (tools / name).chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
        status, out = mutate(checkout)
    assert status == 1
    # noticed: two of the table, one of the code; not compiled: "or"; survived: "less", "number"
    assert [line.split()[:6] for line in out.splitlines() if line.startswith("rule ")] == [
        ["rule", "6", "3", "2", "0", "1"]]
