#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Judges the console of a guest that ran KUnit tests, between two marks.

Prints one TAP line a test, with what KUnit said of a failed one, and ends with
"N passed, N failed". What is missing, torn or complained about is a failure too: a plan that is
not kept, a test out of turn, a skipped test, a kernel warning, no end, fewer tests than tests/floors
knows.
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BEGIN = "=== kunit begins"
END = re.compile(r"^=== kunit ends, insmod (\d+), rmmod (\d+)$")
TIME = re.compile(r"^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
PLAN = re.compile(r"^( *)1\.\.(\d+)$")
RESULT = re.compile(r"^( *)(ok|not ok) (\d+)(?: - | )?(.*)$")
SUBTEST = re.compile(r"^( *)# Subtest: (.*)$")
REMARK = re.compile(r"^ *# ?(.*)$")
COMPLAINT = re.compile(
    r"WARNING: |BUG: |\bBUG at |Oops|Call Trace|general protection|Kernel panic|UBSAN|KASAN"
    r"|refcount_t|unable to handle|Unknown symbol|disagrees about|Invalid module format"
)
# A test says this before it makes the kernel complain on purpose.
PROVOKED = "rocmfix test: the next complaint is provoked"
COMBINATIONS = re.compile(r"\b(\d+) combinations\b")
TALLY = Path(__file__).resolve().parents[2] / "scripts/tally"
INDENT = 4
MAX_REMARKS = 40


@dataclass
class Test:
    name: str
    passed: bool
    remarks: list = field(default_factory=list)


@dataclass
class Level:
    """Tests that are listed side by side."""

    name: str = ""
    plan: int = None
    seen: int = 0

    def faults(self):
        where = self.name or "the suites"
        if self.plan is None:
            if self.seen:
                yield f"{where}: no plan"
        elif self.seen != self.plan:
            yield f"{where}: {self.plan} planned, {self.seen} ran"


class Parser:
    """Takes lines; tests and faults are what came of them."""

    def __init__(self):
        self.tests = []
        self.faults = []
        self._levels = []
        self._remarks = []
        self._names = {}

    def line(self, text):
        if match := PLAN.match(text):
            self._plan(len(match[1]) // INDENT, int(match[2]))
        elif match := RESULT.match(text):
            self._result(len(match[1]) // INDENT, match[2] == "ok", int(match[3]), match[4])
        elif match := SUBTEST.match(text):
            self._names[len(match[1]) // INDENT] = match[2]
        elif match := REMARK.match(text):
            self._remarks.append(match[1])
        elif self._remarks and text.strip():
            # KUnit's expectations take several lines
            self._remarks.append(text.strip())

    def end(self):
        self._close(0)
        if not self.tests:
            self.faults.append("no test ran")

    def _level(self, depth):
        while len(self._levels) <= depth:
            self._levels.append(Level(self._names.pop(len(self._levels), "")))
        return self._levels[depth]

    def _close(self, depth):
        """The levels from depth on are over. True when one of them had a test."""
        had_tests = any(level.seen for level in self._levels[depth:])
        while len(self._levels) > depth:
            self.faults += self._levels.pop().faults()
        return had_tests

    def _plan(self, depth, count):
        self._close(depth + 1)
        level = self._level(depth)
        if level.plan is not None or level.seen:
            self.faults.append(f"{level.name or 'the suites'}: a second plan")
        level.plan = count

    def _result(self, depth, passed, number, description):
        name, _, directive = description.partition(" # ")
        had_tests = self._close(depth + 1)
        level = self._level(depth)
        level.seen += 1
        if number != level.seen:
            self.faults.append(f"{name}: is number {number}, {level.seen} expected")
        if directive.upper().startswith("SKIP"):
            passed = False
            self._remarks.append(f"skipped: {directive}")
        # A suite's own line says no more than its tests, unless it is the only one to fail.
        if not had_tests or (not passed and self._all_passed(name)):
            parents = [above.name for above in self._levels[1 : depth + 1] if above.name]
            self.tests.append(Test(".".join([*parents, name]), passed, self._remarks))
        self._remarks = []

    def _all_passed(self, suite):
        return all(test.passed for test in self.tests if test.name.startswith(f"{suite}."))


def judge(console):
    """(tests, faults) of the console's lines."""
    parser = Parser()
    inside, ended, provoked = False, False, False
    for raw in console:
        text = TIME.sub("", raw.rstrip("\r\n"))
        if text == BEGIN:
            inside = True
        elif inside and (match := END.match(text)):
            ended = True
            if match[1] != "0" or match[2] != "0":
                parser.faults.append(f"the test module: insmod {match[1]}, rmmod {match[2]}")
            break
        elif inside:
            if COMPLAINT.search(text):
                if not provoked:
                    parser.faults.append(f"the kernel says: {text.strip()}")
                provoked = False
            provoked = (provoked or PROVOKED in text) and not RESULT.match(text)
            parser.line(text)
    parser.end()
    if not inside:
        parser.faults.append("the guest did not begin")
    elif not ended:
        parser.faults.append("the guest did not reach its end")
    return parser.tests, parser.faults


def missing(name, count):
    """A fault when the kernel's suites have fewer tests than are known."""
    done = subprocess.run([TALLY, "--counted", f"tests/kunit/run:{name}", str(count)],
                          capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines() if done.returncode else []


def main(arguments):
    if len(arguments) != 1:
        print("usage: ktap.py NAME <CONSOLE", file=sys.stderr)
        return 2
    name = arguments[0]
    tests, faults = judge(sys.stdin)
    faults += missing(name, len(tests))
    for number, test in enumerate(tests, 1):
        print(f"{'ok' if test.passed else 'not ok'} {number} - {name}: {test.name}")
        if not test.passed:
            for remark in test.remarks[:MAX_REMARKS]:
                print(f"# {remark}")
    for number, fault in enumerate(faults, len(tests) + 1):
        print(f"not ok {number} - {name}: {fault}")
    if not faults:
        print(f"ok {len(tests) + 1} - {name}: every planned test ran, the kernel complains of none")
    said = (COMBINATIONS.search(remark) for test in tests for remark in test.remarks)
    print(f"# {name}: {sum(int(match[1]) for match in said if match):,} combinations")
    failed = sum(not test.passed for test in tests) + len(faults)
    passed = sum(test.passed for test in tests) + (not faults)
    print(f"1..{passed + failed}\n{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
