# SPDX-License-Identifier: MIT
"""What is printed and counted of checks, and what makes one fail."""

import pytest

import kernels_path  # noqa: F401
import expect
import tap
from expect import Done, Unexpected
from tap import Tap

LOG = "one\ntwo\n"


@pytest.fixture(name="results")
def fixture_results(tmp_path, monkeypatch):
    floors = tmp_path / "floors"
    floors.write_text("tests/package/one 2 0\n")
    monkeypatch.setenv("ROCMFIX_FLOORS", str(floors))
    monkeypatch.delenv("ROCMFIX_RAISE_FLOORS", raising=False)
    return Tap()


def check(results, name, expectation, *given):
    results.check(lambda: LOG, name, expectation, *given)


def test_results_are_numbered_and_counted(results, capsys):
    check(results, "a", expect.same, 1, 1)
    check(results, "b", expect.same, 1, 2)
    check(results, "c", expect.true, True)
    results.skip("d", "not here")
    assert results.end() == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok 1 - a", "not ok 2 - b", "#   got:  1", "#   want: 2", "# log: one", "# log: two", "ok 3 - c",
        "# skipped: d (not here)", "1..3", "2 passed, 1 failed"]


def test_well_is_0_and_nothing_at_all_is_not(results):
    assert results.end() == 1
    check(results, "a", expect.true, True)
    assert results.end() == 0


def test_of_a_long_log_the_end_is_shown(results, capsys):
    results.check(lambda: "\n".join(map(str, range(100))), "a", expect.true, False)
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("# log: ")] == [f"# log: {n}" for n in range(80, 100)]


def test_a_check_that_cannot_be_looked_at_has_failed_and_the_next_one_runs(results, tmp_path, capsys):
    check(results, "a", expect.has_not, tmp_path / "none", "x")
    check(results, "b", expect.true, True)
    said = capsys.readouterr().out
    assert said.startswith("not ok 1 - a\n#   Traceback")
    assert "FileNotFoundError" in said
    assert said.endswith("ok 2 - b\n")


def test_an_interruption_is_no_result(results):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(results, "a", interrupted)
    assert results.count == 0


def test_a_part_has_as_many_checks_as_are_known(results, capsys):
    for name in "abc":
        check(results, name, expect.true, True)
    results.end_part("tests/package/one")
    assert results.failed == 0
    check(results, "d", expect.true, True)
    results.end_part("tests/package/one")
    assert "not ok 5 - tests/package/one: 1 tests, 2 are known (floors)\n" in capsys.readouterr().out
    assert results.end() == 1


def test_a_part_that_is_not_known_is_a_failure(results, capsys):
    results.end_part("tests/package/two")
    assert "not ok 1 - tests/package/two: floors does not know this suite" in capsys.readouterr().out


def test_the_floors_are_those_of_the_checkout():
    known = tap.TALLY.parents[1] / "tests/floors"
    assert tap.TALLY.is_file()
    for part in ("trouble", "upgrade", "protection", "background", "install", "livepatch"):
        assert f"tests/package/{part} " in known.read_text()


FILE = "kernel 6.1: built\nhint: type: apt\n"


@pytest.mark.parametrize("holds", [
    lambda path: expect.exits_0(Done(0, "")),
    lambda path: expect.fails(Done(3, "")),
    lambda path: expect.prints(Done(0, "well\n"), "well"),
    lambda path: expect.has(path, "^hint: .*apt$"),
    lambda path: expect.has(Done(1, FILE), "built$"),
    lambda path: expect.has(FILE, "built$"),
    lambda path: expect.has_not(path, "built.*hint"),
    lambda path: expect.exists(path),
    lambda path: expect.absent(path / "none"),
    lambda path: expect.text_is(path, FILE),
    lambda path: expect.has_mode(path, 0o640),
])
def test_what_holds(holds, tmp_path):
    holds(made(tmp_path))


@pytest.mark.parametrize("fails", [
    lambda path: expect.exits_0(Done(3, "")),
    lambda path: expect.fails(Done(0, "")),
    lambda path: expect.prints(Done(0, "well\nand more"), "well"),
    lambda path: expect.prints(Done(1, ""), ""),
    lambda path: expect.has(path, "^apt"),
    lambda path: expect.has("", "."),
    lambda path: expect.has_not(path, "^hint"),
    lambda path: expect.exists(path.with_name("none")),
    lambda path: expect.absent(path),
    lambda path: expect.absent(linked(path)),
    lambda path: expect.text_is(path, FILE.strip()),
    lambda path: expect.has_mode(path, 0o644),
    lambda path: expect.true(False),
])
def test_what_does_not_hold(fails, tmp_path):
    with pytest.raises(Unexpected):
        fails(made(tmp_path))


def made(folder):
    path = folder / "file"
    path.write_text(FILE)
    path.chmod(0o640)
    return path


def linked(path):
    """A link to nothing is not absent."""
    link = path.with_name("link")
    link.symlink_to("nowhere")
    return link
