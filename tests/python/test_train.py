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

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "train.py"
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
    run = subprocess.run([PYTHON, broken, *QUICK], capture_output=True, text=True, timeout=240)
    assert run.returncode == 1, run.stdout


def test_the_loss_falls_and_the_same_seed_gives_the_same_run():
    first = result_of(*QUICK)
    assert first["losses"][1] < first["losses"][0] * 0.7
    assert result_of(*QUICK) == first
    assert result_of(*QUICK, "--seed", 2)["losses"] != first["losses"]


def test_a_resumed_run_ends_as_one_that_never_stopped(tmp_path):
    whole = result_of(*QUICK)
    checkpoint = tmp_path / "c.pt"
    result_of(*QUICK, "--epochs", 1, "--save", checkpoint)
    resumed = result_of(*QUICK, "--resume", checkpoint)
    assert resumed["first_epoch"] == 2
    assert resumed["losses"] == whole["losses"][1:]
    assert resumed["accuracy"] == whole["accuracy"]


def test_a_checkpoint_replaces_the_old_one_whole_and_leaves_nothing_next_to_it(tmp_path):
    checkpoint = tmp_path / "c.pt"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not to be touched")
    checkpoint.symlink_to(elsewhere)
    assert train(*QUICK, "--min-accuracy", 0, "--save", checkpoint).returncode == 0
    assert not checkpoint.is_symlink()
    assert elsewhere.read_text() == "not to be touched"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["c.pt", "elsewhere"]


def test_an_unfinished_write_leaves_the_old_checkpoint(tmp_path):
    checkpoint = tmp_path / "c.pt"
    checkpoint.write_text("the old one")
    # A file size limit makes the write itself fail, as a full disk would (SIGXFSZ is ignored by
    # Python, so it is an OSError).
    limit = "import resource,sys,runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    code = limit + "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    run = subprocess.run(
        [PYTHON, "-c", code, SCRIPT, *QUICK, "--save", checkpoint],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 1
    assert "error: cannot save" in run.stderr
    assert "Traceback" not in run.stderr
    assert checkpoint.read_text() == "the old one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.pt"]


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


@pytest.mark.parametrize("content", [None, b"no checkpoint at all", b"PK\x03\x04 nor this"])
def test_a_bad_checkpoint(tmp_path, content):
    checkpoint = tmp_path / "c.pt"
    if content is not None:
        checkpoint.write_bytes(content)
    run = train(*QUICK, "--resume", checkpoint)
    assert run.returncode == 1
    assert str(checkpoint) in run.stderr
    assert run.stderr.startswith("error:")
    assert "Traceback" not in run.stderr


def test_a_checkpoint_cannot_run_code(tmp_path):
    checkpoint = tmp_path / "c.pt"
    made = tmp_path / "made"
    code = (
        "import os, sys, torch\n"
        "class Evil:\n"
        "    def __reduce__(self): return os.mkdir, (sys.argv[2],)\n"
        "torch.save(Evil(), sys.argv[1])\n"
    )
    subprocess.run([PYTHON, "-c", code, checkpoint, made], check=True)
    assert train(*QUICK, "--resume", checkpoint).returncode == 1
    assert not made.exists()


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    checkpoint = tmp_path / "c.pt"
    result_of(*QUICK, "--epochs", 1, "--save", checkpoint)
    run = train(*QUICK, "--resume", checkpoint, "--seed", 9)
    assert run.returncode == 1
    assert "hint: add --seed 1" in run.stderr


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
    assert "hint: apt install python3-torch" in run.stderr
