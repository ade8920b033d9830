# SPDX-License-Identifier: MIT
"""Runs the compiled programs on the simulated card, with and without the interposer. Started inside a
release's chroot by tests/hip/check."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = os.environ.get("ROCMFIX_HIP_PROGRAMS")
collect_ignore_glob = [] if PROGRAMS else ["*_test.py", "test_*.py"]


@dataclass
class Done:
    status: int
    stdout: str
    stderr: str
    journal: list
    incidents: list = field(default_factory=list)

    def lines(self):
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    def said(self):
        return [line for line in self.stderr.splitlines() if line.startswith("rocmfix: ")]


class Hip:
    """One program run is one call."""

    def __init__(self, tmp):
        self.build = Path(os.environ["ROCMFIX_BUILD_DIR"])
        self.programs = Path(PROGRAMS)
        self.layer = Path(os.environ.get("ROCMFIX_HIP_LAYER",
                                         self.build / "lib" / "librocmfix-hip.so"))
        self.simulator = self.build / "lib" / "librocmfix-sim.so"
        self.tmp = tmp
        self.count = 0
        if self.table() is None:
            pytest.fail("no HIP runtime in this chroot")

    @staticmethod
    def table():
        """ROCr's release: the version of AmdExtTable."""
        for line in subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libhsa-runtime64-1"],
                                   text=True, capture_output=True, check=False).stdout.split():
            return line
        return None

    def release(self):
        """The same as numbers, (6, 4), so that 7.0 does not count as older."""
        major, minor = self.table().split(".")[:2]
        return int(major), int(minor)

    def major(self):
        return self.release()[0]

    def environment(self, card, layer, journal, incidents, preload=()):
        before = [str(path) for path in preload]
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.tmp), "LC_ALL": "C.UTF-8"}
        if card:
            env |= {"ROCMFIX_SIM": card, "ROCMFIX_SIM_JOURNAL": str(journal)}
            before.append(str(self.simulator))
        if layer:
            before.append(str(self.layer))
            env |= {"HSA_TOOLS_LIB": str(self.layer), "ROCMFIX_INCIDENT_DIR": str(incidents)}
        env["LD_PRELOAD"] = ":".join(before)
        return env

    def run(self, *command, layer=True, card="rx5600xt+largebar", env=None, status=0, timeout=120,
            preload=(), **kwargs):
        self.count += 1
        journal = self.tmp / f"journal.{self.count}"
        incidents = self.tmp / f"incidents.{self.count}"
        program = command[0] if "/" in command[0] else str(self.programs / command[0])
        done = subprocess.run([program, *command[1:]], text=True, capture_output=True,
                              errors="replace", timeout=timeout, check=False, cwd=self.tmp,
                              env=self.environment(card, layer, journal, incidents, preload)
                              | (env or {}), **kwargs)
        lines = []
        if journal.exists():
            lines = [json.loads(line) for line in journal.read_text().splitlines()]
        documents = []
        if incidents.exists():
            assert not list(incidents.glob("*.part"))
            documents = [json.loads(path.read_text()) for path in sorted(incidents.glob("*.json"))]
        result = Done(done.returncode, done.stdout, done.stderr, lines, documents)
        if status is not None:
            assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}" \
                                              f"\n{done.stderr}"
        return result


@pytest.fixture
def hip(tmp_path):
    return Hip(tmp_path)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Programs with kernels, by Debian's own compiler."""
    if shutil.which("hipcc") is None:
        pytest.skip("there is no hipcc (scripts/setup litmus)")

    def compiled_for(source, *targets):
        program = tmp_path_factory.mktemp("program") / Path(source).stem
        subprocess.run(["hipcc", "-O2", *(f"--offload-arch={t}" for t in targets), ROOT / source, "-o", program],
                       check=True)
        return str(program)
    return compiled_for


@pytest.fixture(scope="session")
def saxpy(compiled):
    return compiled("examples/saxpy.cpp", "gfx1010", "gfx1030")
