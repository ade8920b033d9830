# SPDX-License-Identifier: MIT
"""Runs the probe programs on the simulated card. Started by tests/sim/check-hip, which compiles
them with the suite's own headers; alone there is nothing to run."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = os.environ.get("ROCMFIX_SIM_PROGRAMS")
LIBRARY = os.environ.get("ROCMFIX_SIM_LIBRARY")
collect_ignore_glob = [] if PROGRAMS and LIBRARY else ["test_*.py"]


@dataclass
class Done:
    status: int
    stdout: str
    stderr: str
    journal: list

    def ops(self, *names: str) -> list:
        return [line for line in self.journal if line["op"] in names]

    def between_marks(self) -> dict:
        """What was journalled behind each mark, by the mark's text."""
        groups, current = {}, ""
        for line in self.journal:
            if line["op"] == "mark":
                current = line["text"]
                groups.setdefault(current, [])
            elif current:
                groups[current].append(line)
        return groups


class Simulation:
    def __init__(self, tmp: Path):
        self.tmp = tmp
        self.count = 0

    def environment(self, card: str, journal: Path, **extra) -> dict:
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.tmp), "LC_ALL": "C.UTF-8",
               "LD_PRELOAD": LIBRARY, "ROCMFIX_SIM_JOURNAL": str(journal)}
        if card:
            env["ROCMFIX_SIM"] = card
        return env | extra

    def command(self, program: str, *arguments: str) -> list:
        return [program if "/" in program else f"{PROGRAMS}/{program}", *arguments]

    def run(self, program: str, *arguments: str, card: str = "rx5600xt", timeout: int = 120,
            **extra) -> Done:
        self.count += 1
        journal = self.tmp / f"journal{self.count}"
        done = subprocess.run(self.command(program, *arguments), text=True, capture_output=True,
                              env=self.environment(card, journal, **extra), timeout=timeout,
                              check=False, cwd=self.tmp)
        return Done(done.returncode, done.stdout, done.stderr, read_journal(journal))


def read_journal(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def simulation(tmp_path):
    return Simulation(tmp_path)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory):
    """The HIP release that the programs were compiled with: (5, 2), (5, 7), (6, 4)."""
    done = Simulation(tmp_path_factory.mktemp("runtime")).run("device")
    return tuple(int(n) for n in re.search(r"^runtime (\d+)\.(\d+)$", done.stdout, re.M).groups())
