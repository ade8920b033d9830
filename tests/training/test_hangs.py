# SPDX-License-Identifier: MIT
"""A real training that hangs in a batch is ended, told, started again, and ends as one that does not."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab import BUILD, EPOCHS, SOURCE
from test_faults import assert_same

IN_EPOCH_2 = {"event": "on_train_batch_start", "count": 5}


def disturbed(lab, undisturbed, name, faults, hang_after):
    run = lab.train(name, faults, options=[f"--hang-after={hang_after}"])
    assert run.statuses == [0], run.outputs
    assert lab.struck(name) == len(faults)
    assert_same(lab, run, undisturbed)
    folder = lab.directory / name / ".local/state/rocmfix/incidents"
    return run.outputs[0], [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def assert_one_hang_in(function, output, incidents):
    head, colon, tail = output.partition("rocmfix-run: hang: no sign of life for ")
    assert colon and "rocmfix-run: hang: " not in head + tail
    lines = tail.splitlines()
    assert "in no HIP call that the HIP interposer sees; heartbeats so far: " in lines[1]
    assert sum("(most recent call first)" in line for line in lines) >= 1, "no stacks"
    assert sum(line.endswith(f" in {function}") for line in lines) == 1
    assert sum("resuming after epoch 1 of 6, from a verified checkpoint" in line for line in lines) == 1
    (incident,) = incidents
    assert incident["kind"] == "gpu_hang" and incident["ended_by"] == signal.SIGABRT.name
    summary = tail.partition("rocmfix-yolo: finished: ")[2]
    assert summary.startswith(f"{EPOCHS} of {EPOCHS} epochs")
    assert "; no GPU faults, 1 hang, " in summary.splitlines()[0]
    assert "after epoch 1: hang; " in summary.splitlines()[1]


def test_a_worker_that_spins_is_ended_after_what_is_normal_for_it(lab, undisturbed):
    """The first epoch says how long a silence is normal. It is twenty times as long as one between batches."""
    output, incidents = disturbed(lab, undisturbed, "spins", [{"kind": "spin", **IN_EPOCH_2}], "auto:3s")
    assert_one_hang_in("spin_here", output, incidents)
    hang = incidents[0]["hang"]
    assert 3000 <= hang["limit_ms"] < 1800_000, "measured, and not the limit before that"
    assert hang["silent_ms"] >= hang["limit_ms"]


def test_a_worker_that_sleeps_is_ended_and_one_that_is_stopped_is_not(lab, undisturbed):
    """Stopped for longer than the limit, and then continued."""
    faults = [{"kind": "wait", **IN_EPOCH_2}, {"kind": "stop", **IN_EPOCH_2, "seconds": 18}]
    output, incidents = disturbed(lab, undisturbed, "sleeps", faults, "10s")
    assert_one_hang_in("wait_here", output, incidents)


LOADER = """
import os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
import rocmfix
from torch.utils.data import DataLoader

class Numbers:
    def __len__(self): return 40
    def __getitem__(self, i): return i

batches = iter(DataLoader(Numbers(), num_workers=1, prefetch_factor=2))
for i, batch in enumerate(batches):
    rocmfix.alive()
    if i == 5:
        worker = batches._workers[0].pid
        os.kill(worker, signal.SIGSTOP)
        subprocess.Popen(["sh", "-c", f"sleep 8; kill -CONT {worker}"])
print("batches", i + 1)
"""


def test_a_loader_process_that_is_stopped_is_no_hang_of_the_training(lab):
    command = ["rocmfix-run", "--hang-after", "4s", "--", lab.python, "-c", LOADER, SOURCE / "userspace/python"]
    done = subprocess.run(command, env=lab.environment(lab.directory), text=True, capture_output=True, timeout=240)
    assert (done.returncode, done.stdout) == (0, "batches 40\n"), done.stderr
    assert "and this is no hang: process " in done.stderr


SILENT = """
import sys
sys.path.insert(0, sys.argv[1])
import rocmfix
sys.modules["rocmfix.alive"]._offer_stacks = lambda words: None  # as a program that sends heartbeats by other means
rocmfix.alive()
import time
def stuck_here(): time.sleep(60)
stuck_here()
"""


def test_py_spy_shows_the_stacks_of_a_program_that_does_not(lab):
    """As another user than root, where everybody can read."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become a user who owns nothing here")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "bin").mkdir()
        for program in (BUILD / "bin/rocmfix-run", BUILD / "bin/rocmfix", Path(lab.python).parent / "py-spy"):
            shutil.copy(program, place / "bin")
        for name, source in (("lib", BUILD / "lib"), ("python", SOURCE / "userspace/python"), ("root", lab.root)):
            shutil.copytree(source, place / name, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        (place / "state").mkdir()
        (place / "state").chmod(0o777)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", place / "bin/rocmfix-run",
                   "--root", place / "root", "--hang-after", "3s", "--", "/usr/bin/python3", "-c", SILENT,
                   place / "python"]  # fmt: skip
        env = {"PATH": f"{place}/bin:/usr/bin:/bin", "HOME": "/nonexistent", "XDG_STATE_HOME": f"{place}/state"}
        done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=120)
        (path,) = (place / "state/rocmfix/incidents").glob("*.json")
        (process,) = json.loads(path.read_text())["hang"]["processes"]
    assert done.returncode == -signal.SIGABRT
    assert process["stacks"][0].startswith("Thread "), done.stderr
    assert any("stuck_here (<string>:" in line for line in process["stacks"])
