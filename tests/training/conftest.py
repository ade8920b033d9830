# SPDX-License-Identifier: MIT
"""The laboratory, with an interpreter that has ultralytics."""

import os
import subprocess
from pathlib import Path

import pytest

from lab import BUILD, Lab

HERE = Path(__file__).resolve().parent
# Minutes each: in `make check-training`, or by name.
LONG = ("test_account.py", "test_hangs.py", "test_integrations.py", "test_ranks.py", "test_runs.py",
        "test_several_gpus.py")  # fmt: skip


def pytest_addoption(parser):
    parser.addoption("--runs", type=int, default=2, help="disturbed runs with random faults (2)")
    parser.addoption("--all", action="store_true", help="the long files, too, when none is named")


def pytest_ignore_collect(collection_path, config):
    """pytest does not ask for a file that is named."""
    return True if collection_path.name in LONG and not config.getoption("--all") else None


def pytest_generate_tests(metafunc):
    if "fault_seed" in metafunc.fixturenames:
        metafunc.parametrize("fault_seed", range(1, metafunc.config.getoption("runs") + 1))


@pytest.fixture(scope="session")
def python():
    """ROCMFIX_TRAINING_PYTHON, or the interpreter of the environment that is made for it."""
    named = os.environ.get("ROCMFIX_TRAINING_PYTHON")
    if named:
        return named
    made = subprocess.run([HERE / "environment"], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        pytest.skip("no environment with ultralytics could be made (tests/training/environment)")
    return made.stdout.strip()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, python):
    assert (BUILD / "bin/rocmfix-yolo").exists(), "run 'make build', or set ROCMFIX_BUILD_DIR"
    return Lab(tmp_path_factory.mktemp("lab"), python)


@pytest.fixture(scope="session")
def undisturbed(lab):
    run = lab.train("undisturbed")
    assert run.statuses == [0], run.outputs[-1]
    return run
