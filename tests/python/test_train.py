# SPDX-License-Identifier: MIT
"""examples/train.py: it trains for real, and says so truthfully."""

import importlib.util
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
SCRIPT = SOURCE / "examples" / "train.py"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE / "userspace" / "python")}
# Debian's python3-torch belongs to Debian's interpreter, whichever runs pytest.
PYTHON = os.environ.get("ROCMFIX_TEST_PYTHON", "/usr/bin/python3")

# "3" is the script's own answer to "is there PyTorch at all?": no other status means that.
if subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode != 0:
    pytest.skip(f"{PYTHON} has no torch (apt install python3-torch)", allow_module_level=True)

QUICK = ("--device", "cpu", "--epochs", "2", "--samples", "640")


def train(*arguments, **options):
    return subprocess.run(
        [PYTHON, str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        env=ENVIRONMENT,
        **options,
    )


def result_of(*arguments):
    run = train("--json", *arguments)
    assert run.returncode in (0, 1), run.stderr
    return json.loads(run.stdout)


def test_it_learns_with_the_defaults():
    run = train("--device", "cpu")
    assert run.returncode == 0, run.stderr
    assert "epoch 5/5" in run.stdout
    assert "accuracy 0.9" in run.stdout


def test_a_training_that_changes_no_weight_is_a_failure():
    run = train(*QUICK, "--lr", "0")
    assert run.returncode == 1
    assert "error: it did not learn" in run.stderr
    assert "hint:" in run.stderr


def test_a_broken_optimizer_step_is_noticed(tmp_path):
    broken = tmp_path / "broken.py"
    source = SCRIPT.read_text()
    assert source.count("optimizer.step()") == 1
    broken.write_text(source.replace("optimizer.step()", "pass"))
    run = subprocess.run([PYTHON, broken, *QUICK], capture_output=True, text=True, timeout=240,
                         env=ENVIRONMENT)  # fmt: skip
    assert run.returncode == 1, run.stdout


def test_the_loss_falls_and_the_same_seed_gives_the_same_run():
    first = result_of(*QUICK)
    assert first["losses"][1] < first["losses"][0] * 0.7
    assert result_of(*QUICK) == first
    assert result_of(*QUICK, "--seed", 2)["losses"] != first["losses"]


def test_a_resumed_run_ends_as_one_that_never_stopped(tmp_path):
    whole = result_of(*QUICK)
    first = result_of(*QUICK, "--epochs", 1, "--run", tmp_path / "run")
    assert first["losses"] == whole["losses"][:1]
    assert result_of(*QUICK, "--run", tmp_path / "run") == whole
    assert result_of(*QUICK, "--run", tmp_path / "run") == whole  # nothing is left to train


def test_a_full_disk_is_reported_and_the_training_ends_as_usual(tmp_path):
    # A file size limit makes the write itself fail, as a full disk would (SIGXFSZ is ignored by
    # Python, so it is an OSError).
    limit = "import resource,sys,runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    code = limit + "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    run = subprocess.run(
        [PYTHON, "-c", code, SCRIPT, *QUICK, "--min-accuracy", "0", "--run", tmp_path / "run"],
        capture_output=True,
        text=True,
        timeout=240,
        env=ENVIRONMENT,
    )
    assert run.returncode == 0
    assert "no checkpoint was made" in run.stderr
    assert "Traceback" not in run.stderr
    assert [entry.name for entry in (tmp_path / "run").iterdir()] == ["lock"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--epochs", "0"),
        ("--batch", "1"),
        ("--lr", "nan"),
        ("--min-accuracy", "2"),
        ("--device", "tpu"),
        ("--frobnicate",),
    ],
)
def test_bad_arguments(arguments):
    run = train(*arguments)
    assert run.returncode == 2
    assert arguments[0] in run.stderr
    assert "Traceback" not in run.stderr


def test_checkpoints_that_are_damaged_or_elsewhere_are_errors(tmp_path):
    run = tmp_path / "run"
    result_of(*QUICK, "--epochs", 1, "--run", run)
    (run / "checkpoint-00001/state.pt").write_bytes(b"PK\x03\x04 nor this")
    (tmp_path / "file").touch()
    for directory, what in ((run, "no checkpoint in"), (tmp_path / "file", "cannot keep checkpoints in")):
        done = train(*QUICK, "--run", directory)
        assert done.returncode == 1
        assert f"error: {what}" in done.stderr
        assert str(directory) in done.stderr
        assert "Traceback" not in done.stderr


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    result_of(*QUICK, "--epochs", 1, "--run", tmp_path / "run")
    run = train(*QUICK, "--run", tmp_path / "run", "--seed", 9)
    assert run.returncode == 1
    assert "it was trained with --seed 1, not 9" in run.stderr
    assert "hint: name another run" in run.stderr


def test_no_gpu_for_device_cuda_is_not_applicable():
    if has_gpu():
        pytest.skip("this machine has a GPU that PyTorch can use")
    run = train("--device", "cuda")
    assert run.returncode == 3
    assert "error: --device cuda: PyTorch sees no GPU" in run.stderr


def has_gpu():
    code = "import sys, torch; sys.exit(not torch.cuda.is_available())"
    return subprocess.run([PYTHON, "-c", code], capture_output=True).returncode == 0


def test_it_can_be_executed():
    assert SCRIPT.stat().st_mode & stat.S_IXUSR
    assert sys.version_info >= (3, 9)


def test_a_missing_torch_is_reported_clearly():
    run = subprocess.run(
        [PYTHON, "-I", "-S", str(SCRIPT)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 1
    assert "error: cannot import PyTorch" in run.stderr
    assert "hint: the command rocmfix recommend prints the line" in run.stderr


def test_a_missing_rocmfix_is_reported_clearly():
    run = subprocess.run([PYTHON, "-c", HIDDEN, str(SCRIPT)], capture_output=True, text=True, timeout=60,
                         env=ENVIRONMENT)  # fmt: skip
    assert run.returncode == 1
    assert "error: cannot import rocmfix" in run.stderr
    assert "hint: install rocmfix (docs/guide/install.md)" in run.stderr


HIDDEN = "import runpy, sys; sys.modules['rocmfix'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
