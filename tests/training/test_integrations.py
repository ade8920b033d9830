# SPDX-License-Identifier: MIT
"""rocmfix.integrations with the real Lightning, accelerate and transformers: a training that dies again and
again ends with the same weights, and with the same random number next, as one that did not."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from lab import HERE, SOURCE

KINDS = ("lightning", "accelerate", "accelerate-steps", "transformers")


@pytest.fixture(scope="module")
def python():
    """ROCMFIX_INTEGRATIONS_PYTHON, or the interpreter of the environment that is made for it."""
    named = os.environ.get("ROCMFIX_INTEGRATIONS_PYTHON")
    if named:
        return named
    made = subprocess.run([HERE / "environment", "integrations"], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        pytest.skip("no environment with the integrations' packages (tests/training/environment integrations)")
    return made.stdout.strip()


@pytest.fixture
def train(python, tmp_path):
    def run(kind, folder, *die, status=0):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1",
                       "PYTHONPATH": str(SOURCE / "userspace/python"), "PYTHONDONTWRITEBYTECODE": "1",
                       "HF_HUB_OFFLINE": "1"}  # fmt: skip
        done = subprocess.run([python, HERE / "frameworks.py", kind, tmp_path / folder, *map(str, die)], text=True,
                              env=environment, cwd=tmp_path, timeout=600, capture_output=True)  # fmt: skip
        assert done.returncode == status, done.stderr
        return done

    return run


def answer(done):
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_dies_again_and_again_is_exact(train, kind):
    whole = answer(train(kind, "whole"))
    for batch in (6, 8, 1, 9):
        train(kind, "run", batch, status=9)
    assert answer(train(kind, "run")) == whole


@pytest.mark.parametrize(("kind", "file"), [("lightning", "lightning.ckpt"), ("transformers", "optimizer.pt")])
def test_a_damaged_or_half_written_checkpoint_is_passed_over(train, tmp_path, kind, file):
    whole = answer(train(kind, "whole"))
    train(kind, "run", 14, status=9)
    newest = max((tmp_path / "run").glob("*-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    (newest / file).write_bytes((newest / file).read_bytes()[:-100])
    done = train(kind, "run")
    assert f"{newest.name}: {file} is not what was written: not used" in done.stderr
    assert answer(done) == whole


@pytest.mark.parametrize("kind", ["lightning", "transformers"])
def test_files_that_others_can_write_are_not_given_to_a_reader_of_pickles(train, tmp_path, kind):
    train(kind, "run", 14, status=9)
    newest = max((tmp_path / "run").glob("*-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    Path(newest).chmod(0o777)
    done = train(kind, "run", status=1)
    assert "CheckpointError" in done.stderr and "can be written by everyone" in done.stderr
