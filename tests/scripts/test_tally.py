# SPDX-License-Identifier: MIT
"""scripts/tally: what did not run, or not whole, has not passed."""

import pytest

CASE = '<testcase classname="c" name="{}"/>'


def report(*cases):
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


WHOLE = report(CASE.format("one"), CASE.format("two"))
SKIPPED = '<testcase classname="c" name="two"><skipped message="no root"/></testcase>'


@pytest.fixture(name="tally")
def fixture_tally(checkout):
    checkout.write("tests/floors", "# suite tests skips\nfirst 2 0\nsecond 1 1\n")

    def run(*words, **variables):
        return checkout.run("scripts/tally", *words, **variables)

    run.write = checkout.write
    run.floors = checkout.floors
    return run


def test_whole_reports_pass(tally):
    tally.write("first.xml", WHOLE)
    tally.write("second@sid.xml", WHOLE)
    assert tally("first.xml", "second@sid.xml") == (0, "4 passed, 0 failed\n")


def test_a_failed_test_is_named(tally):
    tally.write("first.xml", report(CASE.format("one"),
                                    '<testcase classname="c" name="two"><failure/></testcase>'))
    assert tally("first.xml") == (1, "FAILED c two\n1 passed, 1 failed\n")


def test_a_missing_report_fails(tally):
    tally.write("first.xml", WHOLE)
    status, out = tally("first.xml", "second.xml")
    assert status == 1
    assert "FAILED second: no report: " in out
    assert out.endswith("2 passed, 1 failed\n")


@pytest.mark.parametrize("text", ["", report(), WHOLE[: len(WHOLE) // 2], "<testsuites/>"])
def test_an_empty_or_torn_report_fails(tally, text):
    tally.write("first.xml", text)
    tally.write("second.xml", WHOLE)
    status, out = tally("first.xml", "second.xml")
    assert status == 1
    assert "FAILED first: " in out


def test_fewer_tests_than_are_known_fail(tally):
    tally.write("first.xml", report(CASE.format("one")))
    status, out = tally("first.xml")
    assert status == 1
    assert out == "FAILED first: 1 tests, 2 are known (floors)\n1 passed, 1 failed\n"


def test_some_tests_may_be_asked_for(tally):
    tally.write("first.xml", report(CASE.format("one")))
    assert tally("--part", "first.xml") == (0, "1 passed, 0 failed\n")


def test_a_suite_without_a_floor_fails(tally):
    tally.write("third.xml", WHOLE)
    status, out = tally("third.xml")
    assert status == 1
    assert "FAILED third: floors does not know this suite (ROCMFIX_RAISE_FLOORS=1 adds it)" in out


def test_a_suite_of_skipped_tests_only_fails_unless_all_may_be(tally):
    tally.write("first.xml", report(SKIPPED, SKIPPED))
    tally.write("second.xml", report(SKIPPED))
    status, out = tally("first.xml", "second.xml")
    assert status == 1
    assert "FAILED first: no test passed\n" in out
    assert "FAILED second" not in out


def test_skipped_tests_count_where_everything_is_installed(tally):
    tally.write("first.xml", report(CASE.format("one"), SKIPPED))
    tally.write("second.xml", report(CASE.format("one"), SKIPPED))
    assert tally("first.xml", "second.xml")[0] == 0
    status, out = tally("first.xml", "second.xml", ROCMFIX_LIMIT_SKIPS="1")
    assert status == 1
    assert "FAILED first: 1 tests skipped, 0 may be (floors)\n" in out
    assert "FAILED second" not in out


def test_no_report_at_all_is_a_usage_error(tally):
    assert tally()[0] == 2


def test_floors_are_raised_and_never_lowered(tally):
    tally.write("first.xml", report(*(CASE.format(n) for n in "abc")))
    tally.write("second.xml", report(CASE.format("one")))
    tally.write("third.xml", WHOLE)
    assert tally("first.xml", "second.xml", "third.xml", ROCMFIX_RAISE_FLOORS="1")[0] == 0
    lines = [" ".join(line.split()) for line in tally.floors.read_text().splitlines()]
    assert lines == ["# suite tests skips", "first 3 0", "second 1 1", "third 2 0"]
    tally.write("first.xml", WHOLE)
    assert tally("first.xml", ROCMFIX_RAISE_FLOORS="1")[0] == 1


def test_a_report_with_a_failure_raises_no_floor(tally):
    tally.write("third.xml", report(CASE.format("one"), '<testcase name="two"><error/></testcase>'))
    assert tally("third.xml", ROCMFIX_RAISE_FLOORS="1")[0] == 1
    assert "third" not in tally.floors.read_text()


@pytest.mark.parametrize("line", ["first 2", "first two 0", "first 2 0\nfirst 3 0", "first -1 0"])
def test_floors_that_cannot_be_read_are_an_error(tally, line):
    tally.write("tests/floors", line + "\n")
    tally.write("first.xml", WHOLE)
    status, out = tally("first.xml")
    assert status == 1
    assert "not understood" in out


def test_counted_is_silent_when_all_is_well(tally):
    assert tally("--counted", "first", "2") == (0, "")
    assert tally("--counted", "first", "1") == (1, "FAILED first: 1 tests, 2 are known (floors)\n")
    assert tally("--counted", "fourth", "1")[0] == 1
    assert tally("--counted", "first", "")[0] == 2
