# SPDX-License-Identifier: MIT
"""The changes that `make mutate` makes are in code, one at a time, and each is another text."""

import subprocess
import sys
from pathlib import Path

import pytest

from operators import blanked, mutate

HERE = Path(__file__).parent


def changes(source, file="a.cpp"):
    return [(mutant.operator, mutant.after) for mutant in mutate(file, source)]


@pytest.mark.parametrize(("line", "other"), [
    ("  x = a == b;", ("equal", "x = a != b;")),
    ("  x = a < b;", ("less", "x = a <= b;")),
    ("  x = a >= b;", ("greater or equal", "x = a > b;")),
    ("  x = a && b;", ("and", "x = a || b;")),
    ("  x = !a;", ("not", "x = a;")),
    ("  return true;", ("true", "return false;")),
    ("  x = f(0x1f);", ("number", "x = f(32);")),
    ("  x = f(9);", ("number", "x = f(10);")),
    ("  if (a(b)) {", ("always", "if (true) {")),
    ("  if (a(b)) {", ("never", "if (false) {")),
    ("  row.effect = found->effect;", ("no statement", ";")),
    ("  judge(row, setting);", ("no statement", ";")),
    ("  flags |= 4;", ("no statement", ";")),
    ("  x = std::any_of(a, b);", ("any", "x = std::all_of(a, b);")),
])
def test_code_is_changed(line, other):
    assert other in changes(line + "\n")


@pytest.mark.parametrize("line", [
    "// a == b && true",
    "/* 1 < 2 */",
    '#define A (B == 1)',
    '  f("a == b", \'0\');',
    "  std::vector<int> values;",
    "  void f(int&& value);",
    "  return value;",
    '  R"(1 == 2)";',
])
def test_lines_that_are_not_code_are_unchanged(line):
    assert [change for change in changes(line + "\n") if change[0] != "no statement"] == []


def test_blanks_keep_every_line_and_column():
    source = 'a /* one\ntwo */ b // c\n#if X \\\n  Y\n"d\\"e" f\n'
    assert [len(line) for line in blanked(source).splitlines()] == [len(x) for x in source.splitlines()]
    assert blanked(source).split() == ["a", "b", "f"]


def test_one_line_is_changed_and_its_number_is_right():
    source = "int f() {\n  return a == b;\n}\n"
    (mutant,) = mutate("a.cpp", source)
    assert (mutant.line, mutant.before, mutant.text) == (
        2, "return a == b;", "int f() {\n  return a != b;\n}\n")


TABLE = """[[setting]]
name = "one"

[[setting.judge]]
effect = "useful"
when = { value = ["1", "2"], patched = true, kernel_below = "7.2" }
reason = "1 is true"
"""


def test_tables_lose_entries_words_and_conditions():
    found = changes(TABLE, "a.toml")
    assert ("no entry", "") in found
    assert ("word", 'effect = "harmful"') in found
    for operator, when in [
        ("fewer words", '{ value = ["2"], patched = true, kernel_below = "7.2" }'),
        ("bool", '{ value = ["1", "2"], patched = false, kernel_below = "7.2" }'),
        ("version", '{ value = ["1", "2"], patched = true, kernel_below = "7.3" }'),
        ("no condition", '{ patched = true, kernel_below = "7.2" }'),
        ("no condition", '{ value = ["1", "2"], kernel_below = "7.2" }'),
        ("no condition", '{ value = ["1", "2"], patched = true }'),
    ]:
        assert (operator, f"when = {when}") in found
    # Prose is not changed, and an entry is not taken from those below that belong to it.
    assert not any("reason" in after for _, after in found)
    assert len([after for operator, after in found if operator == "no entry"]) == 1


def test_every_part_has_changes():
    done = subprocess.run([sys.executable, HERE / "mutate", "--list"], capture_output=True, text=True,
                          check=True)
    parts = {line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")}
    assert parts == {"plan", "faults", "coherence", "doctor", "kernel"}


def test_a_sample_is_the_same_every_time():
    def listed(*words):
        said = subprocess.run([sys.executable, HERE / "mutate", "--list", "--sample", "5", *words],
                              capture_output=True, text=True, check=True).stdout
        return [line for line in said.splitlines() if not line.startswith(" ")]

    assert listed("plan") == listed("plan")
    assert listed("plan") != listed("plan", "--seed", "2")
    assert len(listed("plan")) == 5


def test_a_part_that_is_not_there_is_a_usage_error():
    assert subprocess.run([sys.executable, HERE / "mutate", "nothing"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 2
