# SPDX-License-Identifier: MIT
"""ultralytics' training on two GPUs under rocmfix-yolo, with two processes and gloo on the CPU.

ultralytics trains on several GPUs only: the places where it names them are replaced, and one that gloo
cannot do (faulty/sitecustomize.py). NCCL, RCCL and real GPUs are not tested by this.
"""

import subprocess

import pytest

from lab import Run

GPUS = {"ROCMFIX_TEST_GPUS": "2"}
SHORT = {"device": "0,1", "batch": 4, "epochs": 3, "seed": 3}
COMPARE = """
import sys, torch
a, b = (torch.load(f"{run}/weights/last.pt", weights_only=False)["model"].state_dict() for run in sys.argv[1:])
assert a.keys() == b.keys() and all(torch.allclose(a[key].float(), b[key].float(), atol=2e-2) for key in a)
"""


@pytest.fixture(scope="module")
def whole(lab):
    run = lab.train("two", hints=GPUS, **SHORT)
    assert run.statuses == [0], run.outputs[-1]
    return run


def test_two_processes_train_one_run(lab, whole):
    assert whole.epochs == [1, 2, 3]
    assert [event["event"] for event in whole.events] == ["launch", "start", "epoch", "epoch", "epoch", "end", "exit"]
    assert [path.name for path in whole.directory.parent.glob("run*")] == ["run"]
    assert "rocmfix-yolo: one process for each of 2 GPUs" in whole.outputs[0]
    assert whole.outputs[0].count("epoch 2/3 kept") == 1  # the first one speaks


@pytest.mark.parametrize("rank", [0, 1])
def test_a_fault_in_either_ends_both_and_both_resume_from_the_checkpoint(lab, whole, rank):
    """The weights, the optimizer and the order of the images are those of the undisturbed run; how the images
    are varied is drawn again in the second process."""
    fault = {"kind": "abort", "event": "on_train_batch_start", "count": 5, "rank": rank}
    run = lab.train(f"two-{rank}", [fault], hints=GPUS, **SHORT)
    assert run.statuses == [0], run.outputs[-1]
    assert lab.struck(f"two-{rank}") == 1
    assert run.epochs == [1, 2, 3]
    assert [event["first"] for event in run.event("start")] == [1, 2]
    assert run.rows[0] == whole.rows[0]
    assert "after epoch 1: GPU memory fault" in run.outputs[0] and "; 1 GPU fault, " in run.outputs[0]
    subprocess.run([lab.python, "-c", COMPARE, run.directory, whole.directory], check=True, timeout=240,
                   env=lab.environment(lab.directory))  # fmt: skip


def test_a_refusal_of_one_gpu_ends_all_with_the_reason(lab):
    oom = {"kind": "raise", "event": "on_train_batch_start", "count": 5, "rank": 1,
           "text": "HIP out of memory. Tried to allocate 64.00 MiB"}  # fmt: skip
    run = lab.train("two-oom", [oom], hints=GPUS, **SHORT)
    assert run.statuses == [1], run.outputs[-1]
    assert "error: GPU 1 refused: HIP out of memory" in run.outputs[0]
    assert isinstance(run, Run) and "not finished: 1 of 3 epochs" in run.outputs[0]
