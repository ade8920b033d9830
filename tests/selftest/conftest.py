# SPDX-License-Identifier: MIT
"""rocmfix-selftest on the simulated card: with the real HIP runtime and kernels for its targets, or with
this CPU for a GPU (cpu/), where every kind of mistake can be made."""

import functools
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", CHECKOUT / "build"))
SELFTEST = CHECKOUT / "userspace/selftest"
PROGRAM = BUILD / "bin/rocmfix-selftest"
SIMULATOR = BUILD / "lib/librocmfix-sim.so"
# make check compiles for two targets; the package, and make check-evidence, for all.
TARGETS = os.environ.get("ROCMFIX_SELFTEST_TARGETS", "gfx1010 gfx1030").split()
LONG = "ROCMFIX_SELFTEST_LONG" in os.environ


def llvm_tool(name):
    """Of the LLVM that hipcc uses."""
    depends = subprocess.run(["dpkg-query", "-W", "-f", "${Depends}", "hipcc"], text=True,
                             capture_output=True, check=True).stdout
    return f"/usr/lib/llvm-{re.search(r'llvm-([0-9]+)', depends).group(1)}/bin/{name}"


@functools.cache
def kernels():
    file = BUILD / "selftest" / f"kernels-{len(TARGETS)}.co"
    subprocess.run([SELFTEST / "build-kernels", file, *TARGETS], check=True)
    return file


@functools.cache
def cpu_hip():
    file = BUILD / "selftest/libcpu-hip.so"
    subprocess.run([CHECKOUT / "tests/selftest/cpu/build", file], check=True)
    return file


@dataclass
class Done:
    status: int
    stdout: str
    stderr: str
    document: dict = field(default_factory=dict)

    def outcomes(self):
        return {test["name"]: test["outcome"] for test in self.document["tests"]}

    def details(self):
        return {test["name"]: test["detail"] for test in self.document["tests"]}

    def complaints(self):
        return {name for name, outcome in self.outcomes().items()
                if outcome not in ("right", "unavailable", "skipped")}


class Selftest:
    def __init__(self, tmp):
        self.tmp = tmp

    def run(self, *arguments, card="rx5700xt", env=None, timeout=900):
        report = self.tmp / "report.json"
        report.unlink(missing_ok=True)
        simulated = {"LD_PRELOAD": str(SIMULATOR), "ROCMFIX_SIM": card} if card else {}
        done = subprocess.run(
            [PROGRAM, *([] if "--seed" in arguments else ["--seed", "1"]), "--json", report, *arguments], text=True,
            capture_output=True, timeout=timeout, check=False, cwd=self.tmp,
            env={"PATH": os.defpath, "HOME": str(self.tmp)} | simulated | (env or {}))
        document = json.loads(report.read_text()) if report.exists() else {}
        return Done(done.returncode, done.stdout, done.stderr, document)

    def on_cpu(self, *arguments, wrong="", env=None):
        """One pass of each test, with this CPU for the GPU."""
        return self.run("--hip", cpu_hip(), "--code", "/dev/null", "--time", "0", "--memory", "1",
                        *arguments, env={"ROCMFIX_CPU_HIP": wrong} | (env or {}))

    def on_card(self, *arguments, card="rx5700xt", env=None):
        """The same with the real HIP runtime on a simulated card."""
        return self.run("--code", kernels(), "--time", "0", "--memory", "1", "--limit", "300", *arguments,
                        card=card, env=env)


@pytest.fixture
def selftest(tmp_path):
    if shutil.which("hipcc") is None:
        pytest.skip("hipcc is not installed (scripts/setup litmus)")
    return Selftest(tmp_path)
