# SPDX-License-Identifier: MIT
"""The litmus test itself, with its kernel's own source on a CPU thread (tests/selftest/cpu): every outcome
is seen, by who it should be, and the tool always ends."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
LITMUS = HERE.parents[1] / "userspace/selftest/litmus"
FLAGS = ["g++", "-std=c++20", "-O1", "-g", "-Wall"]

if shutil.which("hipcc") is None:
    pytest.skip("hipcc is not installed (scripts/setup litmus)", allow_module_level=True)


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    made = tmp_path_factory.mktemp("litmus")
    build = Path(os.environ.get("ROCMFIX_BUILD_DIR", HERE.parents[1] / "build"))
    cpu = build / "selftest/libcpu-hip.so"
    subprocess.run([HERE.parent / "selftest/cpu/build", cpu], check=True)
    subprocess.run([*FLAGS, "-I", LITMUS.parent / "hip/include", LITMUS / "litmus.cpp", LITMUS / "play.cpp",
                    LITMUS / "memory.cpp", "-o", made / "litmus", cpu, "-ldl", "-pthread"], check=True)
    return made / "litmus"


def run(program, *arguments, wrong="", status=None):
    done = subprocess.run([program, "--json", "--code", "/dev/null", *arguments], text=True,
                          capture_output=True, timeout=120, check=False,
                          env={"PATH": os.defpath, "ROCMFIX_CPU_HIP": wrong})
    lines = {}
    for line in map(json.loads, done.stdout.splitlines()):
        lines[line["case"]] = line
    if status is not None:
        assert done.returncode == status, (lines, done.stderr)
    return lines


def test_on_coherent_memory_every_case_passes(program):
    lines = run(program, "--rounds", "500", "--wait", "20", status=0)
    assert len(lines) == 12
    assert {line["outcome"] for line in lines.values()} == {"coherent"}
    assert {line["detail"] for line in lines.values()} == {"500 rounds"}


OUTCOMES = {
    "stale-flag": ("not-seen", "by the GPU in round 10 of 50 (value "),
    "no-clock": ("not-seen", "by the GPU in round 10 of 50 (value "),
    "lost-flag": ("not-seen", "by the CPU in round 10 of 50 (value 9)"),
    "stale-data": ("old-data", "seen by the GPU in round 10 of 50"),
    "lost-data": ("old-data", "seen by the CPU in round 10 of 50"),
    "abort": ("fault", "ended by SIGABRT"),
    "not-run": ("not-run", "the kernel was not executed"),
}


@pytest.mark.parametrize("case", ["host", "registered-shared", "shm-cpu"])
@pytest.mark.parametrize("wrong", OUTCOMES)
def test_outcome(program, wrong, case):
    word, detail = OUTCOMES[wrong]
    if case == "shm-cpu":
        detail = detail.replace("by the CPU", "by the other process's CPU")
    (line,) = run(program, "--rounds", "50", "--wait", "1", case, wrong=wrong, status=1).values()
    assert line["outcome"] == word, line
    assert line["detail"].startswith(detail), line


@pytest.mark.parametrize("wrong, outcomes", [
    ("stale-flag", {"not-seen"}), ("lost-flag", {"not-seen"}),
    # Both processes go wrong: the one whose flag is told first.
    ("stale-data", {"old-data"}), ("lost-data", {"old-data"}), ("not-run", {"not-run"})])
def test_outcome_between_two_kernels(program, wrong, outcomes):
    lines = run(program, "--rounds", "50", "--wait", "1", "shm-gpu", wrong=wrong, status=1)
    assert {line["outcome"] for line in lines.values()} <= outcomes


def test_a_kernel_that_never_ends_is_an_outcome(program):
    start = time.monotonic()
    lines = run(program, "--rounds", "50", "--wait", "1", "--limit", "4", "host", "shm-gpu",
                wrong="never-ends", status=1)
    assert [line["outcome"] for line in lines.values()] == ["hang", "hang"]
    assert {line["detail"] for line in lines.values()} == {"did not end in 4 s"}, "it was killed"
    assert time.monotonic() - start < 60


def test_what_nothing_promises_may_fail(program):
    lines = run(program, "--rounds", "50", "--wait", "1", "host-noncoherent", "vram",
                wrong="stale-flag", status=0)
    assert {line["outcome"] for line in lines.values()} == {"not-seen"}


def test_no_gpu(program):
    begun = time.monotonic()
    lines = run(program, wrong="no-gpu", status=3)
    assert {line["outcome"] for line in lines.values()} == {"unavailable"}
    assert time.monotonic() - begun < 30, "the other process waits for its --limit, a minute"


def test_nothing_is_left_behind(program):
    before = set(os.listdir("/dev/shm"))
    run(program, "--rounds", "50", "--wait", "1", "--limit", "3", "shm-cpu", "shm-gpu",
        wrong="never-ends")
    run(program, "--rounds", "50", "shm-cpu", "shm-gpu")
    left = {name for name in set(os.listdir("/dev/shm")) - before if "rocmfix-litmus" in name}
    assert left == set()


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--rounds", "x"], ["--wait", "-1"],
                                       ["nonsense"], ["--nonsense"]])
def test_wrong_usage(program, arguments):
    run(program, *arguments, status=2)
