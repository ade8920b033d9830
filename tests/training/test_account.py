# SPDX-License-Identifier: MIT
"""What a run says about itself: at a fault, at a restart, at its end. And models other than YOLO."""

import csv
import re
import subprocess

import pytest

from lab import EPOCHS

FAULT = {"kind": "abort", "event": "on_train_batch_start", "count": 5}
NOTE = "--on-fault=sh -c 'echo \"$ROCMFIX_FAULT_WHAT, $ROCMFIX_FAULT_EPOCH\" >>told'"
RTDETR = """
nc: 2
scales:
  l: [1.00, 1.00, 512]
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
head:
  - [[2, 3, 4], 1, RTDETRDecoder, [nc, 64, 30, 4, 4, 2, 128]]
"""


@pytest.fixture(scope="module")
def given_up(lab):
    """A fault, a restart, and a death that is none: then nothing is started again."""
    run = lab.train("account", [FAULT, {**FAULT, "kind": "kill"}], once=True, options=[NOTE])
    assert run.statuses == [-9], run.outputs
    return run


def test_a_summary_names_faults_by_what_rocmfix_run_knew_and_a_kill_is_none_of_them(given_up):
    lines = [line.removeprefix("rocmfix-yolo: ") for line in given_up.outputs[0].splitlines()]
    (told,) = [line for line in lines if line.startswith("not finished: ")]
    assert re.search(r"not finished: \d of 6 epochs in .*; 1 GPU fault, 1 killed process, .* lost$", told)
    events = [line for line in lines[lines.index(told) + 1 :] if "after epoch" in line]
    assert re.search(r"after epoch 1: GPU memory fault; .* lost; cause: ", events[0])
    assert re.search(r"after epoch \d: SIGKILL; .* lost$", events[1])


def test_the_command_of_on_fault_has_run_once(given_up):
    assert (given_up.directory.parent / "told").read_text() == "GPU memory fault, 1\n"


def test_a_run_that_gives_up_has_its_picture(given_up):
    assert (given_up.directory / "rocmfix.png").read_bytes().startswith(b"\x89PNG")


def test_a_restart_takes_few_lines(given_up):
    """ultralytics alone prints about sixty before it trains."""
    lines = given_up.outputs[0].splitlines()
    begins = next(n for n, line in enumerate(lines) if "rocmfix-yolo: epoch 2 of 6 begins: batch 4, cpu" in line)
    before = next(n for n in range(begins, 0, -1) if "Memory access fault" in lines[n])
    assert begins - before <= 12, lines[before : begins + 1]
    assert not [line for line in lines[before:begins] if "parameters, " in line]
    # After it, the epochs look as always.
    assert any("Epoch" in line and "box_loss" in line for line in lines[begins + 1 :])


def test_a_limit_of_time_is_that_of_all_processes(lab):
    run = lab.train("time", [{**FAULT, "count": 8}], time=0.008)
    assert run.statuses == [0], run.outputs
    with open(run.directory / "results.csv", newline="") as file:
        seconds = [float(row["time"]) for row in csv.DictReader(file)]
    assert lab.struck("time") == 1 and len(run.event("start")) == 2
    assert seconds == sorted(seconds), "the second process has counted from zero"
    (end,) = run.event("end")
    assert end["why"] == "time" and end["epoch"] == len(seconds)
    assert f"finished: {len(seconds)} epochs, up to the limit of time=0.008 h" in run.outputs[0]


def test_a_gpu_that_cannot_be_opened_is_replaced_by_the_cpu(lab):
    lost = {"kind": "raise", "event": "on_pretrain_routine_start", "count": 1, "early": True,
            "text": "No HIP GPUs are available"}  # fmt: skip
    run = lab.train("lost-gpu", [lost], epochs=1)
    assert run.statuses == [0], run.outputs[-1]
    assert "RUNNING ON THE CPU from now on" in run.outputs[0]


def test_rt_detr_from_yaml_is_trained_resumed_and_exported(lab, tmp_path):
    (tmp_path / "rtdetr-tiny.yaml").write_text(RTDETR)
    run = lab.train("rtdetr", [FAULT], model=tmp_path / "rtdetr-tiny.yaml", epochs=2)
    assert run.statuses == [0], run.outputs[-1]
    assert run.epochs == [1, 2] and lab.struck("rtdetr") == 1
    best = run.directory / "weights/best.pt"
    done = subprocess.run(["rocmfix-yolo", "export", "--model", best, "format=torchscript", "imgsz=64", "device=cpu"],
                          cwd=tmp_path, env=lab.environment(tmp_path), timeout=240,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert best.with_suffix(".torchscript").stat().st_size > 100_000


def test_an_undisturbed_run_says_that_no_fault_was_met(undisturbed):
    assert f"finished: {EPOCHS} of {EPOCHS} epochs" in undisturbed.outputs[0]
    assert "on the CPU" not in undisturbed.outputs[0]
