# SPDX-License-Identifier: MIT
"""TAP for tests that are one long story on one machine: numbered results, and the closing count.

It judges nothing itself. A check has passed when what was expected (expect.py) raised nothing; one
that could not even be looked at has failed, and the story continues. How many checks a part has to
have is in tests/floors, which scripts/tally reads.
"""

from __future__ import annotations

import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

from expect import Unexpected

TALLY = Path(__file__).resolve().parents[2] / "scripts/tally"
# Of a check's own account, and of the log of what ran before it.
LAST_LINES = 20

Given = ParamSpec("Given")


def last_lines(text: str, prefix: str) -> list[str]:
    return [prefix + line for line in text.rstrip("\n").split("\n")[-LAST_LINES:]] if text.strip() else []


class Tap:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.before_part = 0

    @property
    def count(self) -> int:
        return self.passed + self.failed

    def say(self, *lines: str) -> None:
        print(*lines, sep="\n", flush=True)

    def check(self, log: Callable[[], str], name: str, expectation: Callable[Given, None],
              *given: Given.args, **options: Given.kwargs) -> None:
        """One result. When it has failed, why, and the end of `log`."""
        try:
            expectation(*given, **options)
        except Unexpected as unexpected:
            self.fail(name, str(unexpected), log())
        except Exception:  # a file that is not there, a command that cannot be started
            self.fail(name, traceback.format_exc(), log())
        else:
            self.passed += 1
            self.say(f"ok {self.count} - {name}")

    def fail(self, name: str, why: str = "", log: str = "") -> None:
        self.failed += 1
        self.say(f"not ok {self.count} - {name}", *last_lines(why, "#   "), *last_lines(log, "# log: "))

    def skip(self, name: str, reason: str) -> None:
        """Neither passed nor failed."""
        self.say(f"# skipped: {name} ({reason})")

    def end_part(self, suite: str) -> None:
        """The checks since the last call are those of `suite`; fewer than are known are a failure."""
        counted = subprocess.run([TALLY, "--counted", suite, str(self.count - self.before_part)],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if counted.returncode != 0:
            self.fail(counted.stdout.strip().removeprefix("FAILED "))
        self.before_part = self.count

    def end(self) -> int:
        """The closing lines, and the exit status: 1 when a check failed, or none ran."""
        self.say(f"1..{self.count}", f"{self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1
