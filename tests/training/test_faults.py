# SPDX-License-Identifier: MIT
"""Real trainings, disturbed at random points, end as one that was never disturbed."""

import csv
import ctypes
import os
import re
import signal
import subprocess

import pytest

from lab import EPOCHS, Run, random_faults

COMPARE = """
import sys, torch
for name in ("last.pt", "best.pt"):
    a, b = (torch.load(f"{run}/weights/{name}", weights_only=False)["model"].state_dict()
            for run in sys.argv[1:])
    assert a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a), name
"""


def assert_same(lab, run, undisturbed):
    assert run.epochs == list(range(1, EPOCHS + 1))
    assert run.rows == undisturbed.rows
    kept = [event["epoch"] for event in run.event("epoch")]
    assert kept == sorted(set(kept)), "an epoch was counted twice"
    subprocess.run([lab.python, "-c", COMPARE, run.directory, undisturbed.directory], check=True,
                   env=lab.environment(lab.directory), timeout=240)  # fmt: skip


def test_an_undisturbed_run_is_what_ultralytics_alone_would_give(lab, undisturbed):
    """Same rows, but for the column of seconds: watching changes nothing."""
    home = lab.directory / "plain"
    home.mkdir()
    words = lab.arguments(home, amp=False)
    program = "import sys; from ultralytics.cfg import entrypoint; entrypoint()"
    subprocess.run([lab.python, "-c", program, "train", *words], check=True, cwd=home, timeout=900,
                   env=lab.environment(home), stdout=subprocess.DEVNULL)  # fmt: skip
    with open(home / "run/results.csv", newline="") as file:
        rows = [{name.strip(): value for name, value in row.items()} for row in csv.DictReader(file)]
    assert [{k: v for k, v in row.items() if k != "time"} for row in rows] == undisturbed.rows
    assert f"finished: {EPOCHS} of {EPOCHS} epochs" in undisturbed.outputs[0]
    assert "; no GPU faults" in undisturbed.outputs[0]
    assert (undisturbed.directory / "rocmfix.png").stat().st_size > 5000


def test_random_faults(lab, undisturbed, fault_seed):
    faults = random_faults(fault_seed)
    run = lab.train(f"faults-{fault_seed}", faults)
    assert run.statuses[-1] == 0, run.outputs[-1]
    assert set(run.statuses[:-1]) <= {-signal.SIGKILL}
    assert_same(lab, run, undisturbed)
    struck = lab.struck(f"faults-{fault_seed}")
    summary = run.outputs[-1].splitlines()
    told = next(line for line in summary if ": finished: " in line)
    assert f"{EPOCHS} of {EPOCHS} epochs" in told
    # Those before ultralytics had made the run's directory left no trace there.
    assert int(re.search(r"; (\d+|no) GPU faults?", told)[1].replace("no", "0")) <= struck
    print(f"seed {fault_seed}: {struck} faults of {len(faults)}; {told}")


def test_a_checkpoint_torn_in_each_of_two_epochs_and_a_fault_in_the_final_validation(lab, undisturbed):
    faults = [{"kind": "torn", "count": 2}, {"kind": "torn", "count": 1},
              {"kind": "abort", "event": "on_val_start", "count": 6}]  # fmt: skip
    run = lab.train("torn", faults)
    assert run.statuses[-1] == 0, run.outputs[-1]
    assert lab.struck("torn") == 3
    assert_same(lab, run, undisturbed)


def test_when_every_try_faults_the_status_is_the_faults_and_resume_finishes(lab, undisturbed):
    again = {"kind": "abort", "event": "on_train_batch_start", "count": 5}
    run = lab.train("given-up", [again, again, again], retries=1)
    assert run.statuses == [-signal.SIGABRT]
    assert "; 2 GPU faults, " in run.outputs[0] and "not finished: " in run.outputs[0]
    assert f"rocmfix-yolo resume {run.directory}" in run.outputs[0]
    done = subprocess.run(["rocmfix-yolo", "resume", str(run.directory)], cwd=lab.directory,
                          env=lab.environment(lab.directory / "given-up"), timeout=900,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert_same(lab, run, undisturbed)
    assert "finished: 6 of 6 epochs" in done.stderr


def test_out_of_memory_halves_the_batch_and_training_continues(lab):
    """From the second epoch on ultralytics itself gives up."""
    oom = {"kind": "raise", "event": "on_train_batch_start", "count": 5,
           "text": "HIP out of memory. Tried to allocate 64.00 MiB"}  # fmt: skip
    run = lab.train("oom", [oom], epochs=3)
    assert run.statuses == [0], run.outputs[-1]
    assert run.epochs == [1, 2, 3]
    assert [event["batch"] for event in run.event("start")] == [4, 2]
    assert "out of memory on the GPU with batch 4: continuing with 2" in run.outputs[0]


def test_a_lost_context_is_a_fault_and_a_python_error_is_not(lab, undisturbed):
    lost = {"kind": "raise", "event": "on_train_batch_start", "count": 5,
            "text": "HIP error: an illegal memory access was encountered"}  # fmt: skip
    run = lab.train("lost", [lost])
    assert run.statuses == [0], run.outputs[-1]
    assert_same(lab, run, undisturbed)
    wrong = {**lost, "text": "The size of tensor a (3) must match the size of tensor b (4)"}
    run = lab.train("wrong", [wrong, lost])
    assert run.statuses == [1]
    assert lab.struck("wrong") == 1
    assert "The size of tensor a (3)" in run.outputs[0]


FAULT = {"kind": "abort", "event": "on_train_batch_start", "count": 5}
# After FAULT, which an epoch was kept before: only a fault without progress is followed by a mitigation.
AGAIN = {**FAULT, "count": 1}


def measured(lab, name, mitigation, faults, **more):
    hints = {"ROCMFIX_ROOT": str(lab.make_root(f"{name}-root", (mitigation,)))}
    if more.get("amp"):
        hints["ROCMFIX_TEST_AMP"] = "1"
    run = lab.train(name, faults, hints=hints, **more)
    assert run.statuses == [0], run.outputs[-1]
    return run


def test_a_smaller_batch_is_adopted_and_the_run_continues(lab):
    run = measured(lab, "half", "batch-half", [FAULT, AGAIN], epochs=3)
    assert run.epochs == [1, 2, 3]
    assert [(event["first"], event["batch"]) for event in run.event("start")] == [(1, 4), (2, 4), (2, 2)]
    assert "batch 2 instead of 4, after a fault" in run.outputs[0]


def test_full_precision_begins_a_new_run_from_the_weights_and_says_so(lab):
    run = measured(lab, "precision", "full-precision", [FAULT, AGAIN, FAULT], epochs=4, amp=True)
    new = Run(run.directory.parent / "run-fp32")
    assert run.epochs[:1] == [1]
    (start, *later) = new.event("start")
    assert (start["amp"], start["epochs"], start["first"]) == (False, 3, 1)
    assert [event["first"] for event in later] == [2]  # the third fault: within the new run
    assert new.epochs == [1, 2, 3]
    assert "Precision cannot change within a run: a new run, 'run-fp32', begins with the weights of "\
           "epoch 1 and has the 3 epochs that are left" in run.outputs[0]
    assert "finished: 4 of 4 epochs" in run.outputs[0] and "; 3 GPU faults, " in run.outputs[0]


def test_the_cpu_is_announced(lab):
    run = measured(lab, "cpu", "cpu", [FAULT, AGAIN], epochs=2)
    assert "ON THE CPU from now on" in run.outputs[0]
    assert run.epochs == [1, 2]


def hip_runtime():
    for name in ("libamdhip64.so.5", "libamdhip64.so.6", "libamdhip64.so.7"):
        try:
            ctypes.CDLL(name)
            return name
        except OSError:
            pass
    return None


def test_an_abort_of_rocr_itself_on_a_simulated_card(lab, undisturbed):
    """The real HIP runtime in the training process, our layer in it, a memory fault of the card."""
    if hip_runtime() is None:
        pytest.skip("no HIP runtime (apt install libamdhip64-dev)")
    hints = {"ROCMFIX_SIM": "rx5600xt", "ROCMFIX_ROOT": "", "ROCMFIX_TEST_HIP": hip_runtime()}
    run = lab.train("rocr", [{**FAULT, "kind": "rocr"}], hints=hints)
    assert run.statuses == [0], run.outputs[-1]
    assert lab.struck("rocr") == 1
    assert "Memory access fault by GPU node-1" in run.outputs[0]
    assert "; 1 GPU fault, " in run.outputs[0]
    assert_same(lab, run, undisturbed)


@pytest.mark.parametrize("arguments, status, what", [
    (["epochs=3", "epoch=3"], 2, "'epoch' is not a valid YOLO argument"),
    (["device=0,1"], 2, "PyTorch sees 0 GPUs"),
    (["device=-1,-1"], 2, "looks for idle GPUs by NVIDIA's library"),
    (["data=/nowhere.yaml"], 1, "/nowhere.yaml"),
    (["resume=True"], 2, "resume is rocmfix-yolo's own"),
])  # fmt: skip
def test_wrong_arguments_are_reported_and_not_retried(lab, arguments, status, what):
    home = lab.directory / f"wrong-{status}-{len(what)}"
    home.mkdir()
    words = [word for word in lab.arguments(home) if word.split("=")[0] != arguments[-1].split("=")[0]]
    done = subprocess.run(["rocmfix-yolo", "train", *words, *arguments], cwd=home, timeout=240,
                          env=lab.environment(home), capture_output=True, text=True)  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    assert what in done.stderr
    assert "not finished" not in done.stderr



def test_val_and_predict_are_handed_to_ultralytics(lab, undisturbed):
    home = lab.directory / "use"
    home.mkdir()
    model = f"model={undisturbed.directory / 'weights/best.pt'}"
    for words in (["val", model, f"data={lab.data / 'data.yaml'}", "imgsz=64", "plots=False"],
                  ["predict", model, f"source={lab.data / 'images/val'}", "imgsz=64"]):  # fmt: skip
        done = subprocess.run(["rocmfix-yolo", *words, "device=cpu", f"project={home}", f"name={words[0]}"],
                              cwd=home, env=lab.environment(home), timeout=240,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((home / "predict").glob("*.*"))) == 4
    assert os.path.isdir(home / "val")
