# SPDX-License-Identifier: MIT
"""PyTorch's part on this CPU, with mistakes in what is computed on the "GPU"."""

import importlib.util
import subprocess

import jsonschema
import pytest

from conftest import CHECKOUT, LONG, PROGRAM, SELFTEST
from test_reports import SCHEMA

MUTANT = CHECKOUT / "tests/selftest/mutant-python"
SPEC = importlib.util.spec_from_file_location("cases", SELFTEST / "torch/cases.py")
CASES = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(CASES)
# A convolution, a reduction, a product and a copy; all of them in make check-evidence.
SOME = list(CASES.CASES) if LONG else ["torch-conv-neck", "torch-batch-norm", "torch-matmul", "torch-pinned"]

HAS_TORCH = subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True, check=False).returncode == 0
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="python3-torch is not installed")


def run(selftest, *cases, wrong="", more=()):
    return selftest.on_cpu("--torch", MUTANT, "--limit", "300", *more, *cases, env={"ROCMFIX_TORCH_WRONG": wrong})


def test_both_lists_of_cases_are_the_same():
    listed = subprocess.run([PROGRAM, "--list"], text=True, capture_output=True, check=True).stdout
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("torch-")] == list(CASES.CASES)


@needs_torch
def test_without_a_mistake_all_are_right(selftest):
    done = run(selftest, *SOME)
    assert done.status == 0, done.stdout
    jsonschema.validate(done.document, SCHEMA)
    assert {done.outcomes()[name] for name in SOME} == {"right"}
    # Far from the limit: what is allowed is for other solvers, not for this one.
    for test in done.document["tests"]:
        assert test["figures"].get("error_of_allowed", 0) < 0.5


@needs_torch
@pytest.mark.parametrize("wrong", ["tile", "nan"])
def test_one_wrong_element_is_wrong(selftest, wrong):
    done = run(selftest, *SOME, wrong=wrong)
    assert done.status == 1 and done.complaints() == set(SOME), done.stdout
    assert {done.outcomes()[name] for name in SOME} == {"wrong"}


@needs_torch
@pytest.mark.parametrize("wrong, outcome, said", [
    ("fault", "fault", "0x7f00dead0000"), ("error", "failed", "invalid device function"), ("slow", "slow", "right, in 2"),
    ("solver", "right", "MIOpen: FW ConvDirectNaiveConvFwd")])
def test_how_it_ends_is_told_apart(selftest, wrong, outcome, said):
    done = run(selftest, "torch-conv-neck", wrong=wrong)
    assert done.outcomes()["torch-conv-neck"] == outcome, done.stdout
    assert said in done.details()["torch-conv-neck"]
    assert done.status == (0 if outcome in ("right", "slow") else 1)


def test_a_python_without_torch_and_one_that_is_none(selftest):
    done = selftest.on_cpu("--torch", "/usr/bin/false", "torch-matmul")
    assert done.outcomes()["torch-matmul"] == "failed"
    done = selftest.on_cpu("--torch", "/nowhere", "torch-matmul")
    assert "cannot run /nowhere" in done.details()["torch-matmul"]


def test_without_python_it_is_not_among_the_tests(selftest):
    assert "torch" not in {test["group"] for test in selftest.on_cpu("lanes").document["tests"]}
    done = selftest.on_cpu("torch-matmul")
    assert done.status == 2 and "--torch" in done.stderr
